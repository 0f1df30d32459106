"""``claimline acknowledge``: answer received files with 999 and TA1."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from claimline.cli.options import format_option, ledger_option
from claimline.errors import DONE, NEEDS_PERSON

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from claimline.render import Table
    from claimline.services.acknowledge import Answered


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(), metavar="FILE...")
@click.option(
    "--out",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Where the answers go.",
)
@click.option("--ta1", is_flag=True, help="A TA1 too where the file's ISA14 does not ask for one.")
@ledger_option
@format_option("table", "json", "csv")
def acknowledge(*, files: tuple[str, ...], out: Path, ta1: bool, ledger: str, shape: str) -> int:
    r"""Answer received files (835, 277CA, 837P) with a 999, and a TA1 where one is asked for.

    A transaction that is whole is accepted; one with faults of an 835 or 277CA is accepted with
    errors, since it is taken all the same; one that is cut off or miscounted is rejected, and so
    are faulty claims. An acknowledgement is never answered. The same file again gives the same
    bytes. Exit status 1 where something was rejected.

    \b
    Example:
      claimline acknowledge inbox/*.835 --out outbox
      claimline acknowledge era.835 --out outbox --ta1
    """
    from attrs import asdict

    from claimline import __version__, settings
    from claimline import files as reading
    from claimline.errors import worst
    from claimline.render import Result, show
    from claimline.services import acknowledge as service
    from reconcile.ledger import Run, open_ledger

    now = settings.now()
    run = Run(command="acknowledge", version=__version__, started=now, user=settings.user())
    request = service.AckRequest(out=out, now=now, ta1=ta1)
    made: list[Answered] = []
    with open_ledger(settings.ledger_url(ledger, make_folder=True), create=True) as opened:

        def work(name: str) -> int:
            answered = list(service.acknowledge(opened, run, name, _source(name), request))
            made.extend(answered)
            refused = any(one.rejected or one.code == "R" for one in answered)
            return NEEDS_PERSON if refused else DONE

        status = worst(DONE, reading.each(files, work))
    data = {"answers": [asdict(one) for one in made]}
    show(Result(data=data, tables=(_table(made),)), shape)
    return status


def _source(name: str) -> "Callable[[], Iterable[bytes]]":
    """The bytes, again and again; standard input is read once and kept."""
    from claimline import files as reading

    if name == reading.STDIN:
        data = reading.content(name)
        return lambda: [data]
    return lambda: reading.chunks(name)


def _table(made: "list[Answered]") -> "Table":
    from claimline.render import Column, Table

    columns = (
        Column(key="received", title="Received"),
        Column(key="sender", title="From", kind="id"),
        Column(key="interchange", title="Number", kind="id"),
        Column(key="says", title="Answer"),
        Column(key="file", title="written", place="below", heading="Written"),
    )
    return Table(columns=columns, rows=[_row(one) for one in made], empty="Nothing to answer.")


def _row(one: "Answered") -> dict[str, Any]:
    said = []
    if "TA1" in one.kinds:
        words = {"A": "accepted", "E": "accepted with errors", "R": "rejected"}[one.code]
        said.append(f"TA1 {words}" + (f" ({one.note})" if one.note != "000" else ""))
    if "999" in one.kinds:
        said.append(f"999: {one.accepted} accepted, {one.rejected} rejected")
        said += [f"{one.noted} with errors"] if one.noted else []
    return {
        "received": Path(one.received).name,
        "sender": one.sender,
        "interchange": one.interchange,
        "says": ", ".join(said) or one.why,
        "file": f"{one.file}{' (again, the same bytes)' if one.known else ''}",
    }
