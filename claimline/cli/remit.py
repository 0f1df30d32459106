"""``claimline remit``: remittances that came on paper, by a portal or by phone."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from claimline.cli.options import (
    book_option,
    format_option,
    ledger_option,
    output_option,
    practice_option,
)
from claimline.errors import DONE, NEEDS_PERSON, WrongUsageError

if TYPE_CHECKING:
    from claimline.services.receive_values import FileResult
    from claimline.services.remit import Entry
    from claimline.services.remit_known import KnownPayer
    from claimline.services.remit_listed import Wanted
    from claimline.services.remit_read import Typed
    from reconcile.ledger import Ledger, Usage

SOURCES: Final = ("paper", "portal", "phone")


@click.group()
def remit() -> None:
    r"""Remittances that came on paper, by a portal or by phone: enter, list, take back.

    What is entered must add up like an 835. When the real 835 comes, it takes the place of what was
    entered; nothing is posted twice, and where the two differ it is told.

    \b
    Example:
      claimline remit enter --template > paper.csv
      claimline remit enter paper.csv --source paper
      claimline remit list
    """


@remit.command()
@click.argument("file", type=click.Path(), default="")
@click.option("--template", is_flag=True, help="Print a CSV with all columns and an example.")
@click.option(
    "--source",
    type=click.Choice(SOURCES),
    default=None,
    help="How it came; needed with a FILE, else asked for.",
)
@click.option("--by", default="", help="Who enters it. [default: who runs this]")
@click.option("--reason", default="", help="A word about it; it is kept.")
@click.option(
    "--unknown", is_flag=True, help="Claims and lines that were never sent from here may be in it."
)
@click.option("--new-payer", is_flag=True, help="Nobody of that name paid or was billed before.")
@click.option("--another", is_flag=True, help="It is no payment that stands already, though alike.")
@practice_option
@book_option
@ledger_option
@format_option("table", "json")
def enter(
    *,
    file: str,
    template: bool,
    source: str | None,
    by: str,
    reason: str,
    unknown: bool,
    new_payer: bool,
    another: bool,
    practice: str,
    test: bool | None,
    ledger: str,
    shape: str,
) -> int:
    r"""Enter a remittance from a CSV FILE, or, without one, by answering questions.

    One row is one line of service; the payment's own columns (payer, number of the check, date,
    amount) stand in the first row. Adjustments are written as "CO-45 40.00; PR-3 20.00". Nothing is
    kept unless each line, each claim and the whole add up; the difference is named. Exit status 1
    where something of it needs a person, as of every remittance.

    \b
    Example:
      claimline remit enter paper.csv --source paper
      claimline remit enter --source portal
    """
    from claimline import settings
    from claimline.cli import remit_ask
    from claimline.services import remit as service
    from claimline.services.remit_read import TEMPLATE

    if template:
        click.echo("\n".join(TEMPLATE))
        return DONE
    if not file and not _on_terminal():
        raise WrongUsageError(
            "name a CSV file; questions are asked on a terminal only",
            todo="claimline remit enter --template prints one",
        )
    came = _source(source, file)
    with _open(ledger) as opened:
        about = service.Entry(
            name=file or remit_ask.NAME,
            usage=_book(opened, test=test),
            source=came,  # type: ignore[arg-type]  # click let none but these pass
            user=by or settings.user(),
            now=settings.now(),
            reason=reason,
            unknown=unknown,
            another=another,
            new_payer=new_payer,
            payers=_payers(practice),
        )
        result, typed = _read_or_asked(opened, file, about)
    _show(result, typed, shape)
    return result.status


def _on_terminal() -> bool:
    import sys

    return sys.stdin is not None and sys.stdin.isatty()


def _source(source: str | None, file: str) -> str:
    """How it came, asked for where questions are asked.

    Raises:
        WrongUsageError: nobody said, and nobody can be asked.
    """
    if source:
        return source
    if file or not _on_terminal():
        raise WrongUsageError("say how it came", todo=f"--source {'|'.join(SOURCES)}")
    return str(click.prompt("How it came", type=click.Choice(SOURCES)))


def _payers(practice: str) -> "tuple[KnownPayer, ...]":
    """The payers of the practice file, where one is named."""
    from claimline.services.practice import load
    from claimline.services.remit_known import KnownPayer

    if not practice:
        return ()
    return tuple(
        KnownPayer(name=one.name.upper(), id=one.id, key=one.key)
        for one in load(practice).payers.values()
    )


def _read_or_asked(ledger: "Ledger", file: str, about: "Entry") -> "tuple[FileResult, Typed]":
    """Enter the remittance of the file, or of the answers."""
    from claimline import files
    from claimline.cli import remit_ask
    from claimline.services import remit as service
    from claimline.services.practice import text_of
    from claimline.services.remit_read import read

    if not file:
        return remit_ask.enter(ledger, about)
    typed = read(file, text_of(file, files.content(file)))
    return service.enter(ledger, typed, about), typed


def _show(result: "FileResult", typed: "Typed", shape: str) -> None:
    from claimline.cli.receive import _data, _notes
    from claimline.render import Result, counted, show

    lines = []
    payer = next((one.payer for one in result.payments), typed.payer)  # as it is known
    what = f"{payer}, {typed.number or 'no number'}, {typed.date}: {typed.amount:.2f}"
    if result.state == "known":
        lines.append(f"{what}: entered before; nothing changed")
    for one in result.payments:
        if result.state != "known":
            lines.append(f"{what}: {counted(one.claims, 'claim')}, {one.stored or one.state}")
        lines += [f"  {note}" for note in _notes(one)]
    show(Result(data={"files": [_data(result)]}, text=tuple(lines)), shape)


@remit.command("list")
@book_option
@ledger_option
@format_option("table", "json", "csv", "xlsx")
@output_option
def list_(*, test: bool | None, ledger: str, shape: str, output: Path | None) -> int:
    r"""List what was entered by hand, and where it stands.

    posted: on the books. replaced: the real 835 is here and took its place. undone: taken back.
    Exit status 1 where the 835 differs from what was entered, or may be the same payment.

    \b
    Example:
      claimline remit list
    """
    from claimline.render import Column, Result, Table, show
    from claimline.services import remit_listed as service
    from reconcile.ledger import by_hand_remit

    with _open(ledger) as opened:
        found = [service.data(one) for one in service.listed(opened, _book(opened, test=test))]
    table = Table(
        columns=(
            Column(key="id", title="Id", kind="id"),
            Column(key="number", title="Number", kind="id"),
            Column(key="date", title="Date", kind="date"),
            Column(key="amount", title="Amount", kind="money"),
            Column(key="source", title="From"),
            Column(key="user", title="By", kind="id"),
            Column(key="state", title="State"),
            Column(key="payer", title="payer", place="below", heading="Payer"),
            Column(key="why", title="because", place="below"),
            Column(key="recorded_at", title="Entered", place="file"),
        ),
        rows=found,
        empty="Nothing was entered by hand.",
        tight=True,
    )
    show(Result(data=found, tables=(table,)), shape, output)
    waits = any(
        by_hand_remit.needs_person(one["why"])
        for one in found
        if one["state"] in {"posted", by_hand_remit.REPLACED}
    )
    return NEEDS_PERSON if waits else DONE


@remit.command()
@click.argument("id")
@click.option("--by", default="", help="Who takes it back. [default: who runs this]")
@click.option("--reason", required=True, help="Why; it is kept.")
@book_option
@ledger_option
def undo(*, id: str, by: str, reason: str, test: bool | None, ledger: str) -> int:
    r"""Take back what was entered: ID or number stand in claimline remit list.

    Its payments leave the books; what was entered is kept. The same may be entered again.

    \b
    Example:
      claimline remit undo 0012345 --reason "wrong check"
    """
    from claimline.services import remit_listed as service

    with _open(ledger) as opened:
        gone = service.undo(opened, _wanted(opened, id, by, reason, test=test))
    click.echo(f"{gone.id}: taken back ({gone.payer}, {gone.number or 'no number'}, {gone.amount})")
    return DONE


@remit.command()
@click.argument("id")
@click.option("--by", default="", help="Who decides. [default: who runs this]")
@click.option("--reason", required=True, help="Why; it is kept.")
@book_option
@ledger_option
def keep(*, id: str, by: str, reason: str, test: bool | None, ledger: str) -> int:
    r"""Say that what was entered is another payment than the 835 it may be: both stand.

    ID or number stand in claimline remit list. Where they are one: claimline remit undo.

    \b
    Example:
      claimline remit keep 0012345 --reason "two checks: called 3/2"
    """
    from claimline.render import counted
    from claimline.services import remit_listed as service

    with _open(ledger) as opened:
        kept, others = service.keep(opened, _wanted(opened, id, by, reason, test=test))
    what = f"{kept.payer}, {kept.number or 'no number'}, {kept.amount}"
    click.echo(f"{kept.id}: stands beside {counted(others, '835')} ({what})")
    return DONE


def _wanted(ledger: "Ledger", id: str, by: str, reason: str, *, test: bool | None) -> "Wanted":
    from claimline import settings
    from claimline.services.remit_listed import Wanted

    if not reason.strip():
        raise WrongUsageError("--reason must not be empty: it is kept")
    return Wanted(
        id=id,
        usage=_book(ledger, test=test),
        user=by or settings.user(),
        reason=reason.strip(),
        now=settings.now(),
    )


def _book(ledger: "Ledger", *, test: bool | None) -> "Usage":
    return ledger.book() if test is None else "T" if test else "P"


def _open(ledger: str) -> Any:
    from claimline import settings
    from reconcile.ledger import open_ledger

    return open_ledger(settings.ledger_url(ledger))
