"""``claimline remit``: remittances that came on paper, by a portal or by phone."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from claimline.cli.options import book_option, format_option, ledger_option, output_option
from claimline.errors import DONE, NEEDS_PERSON, WrongUsageError

if TYPE_CHECKING:
    from claimline.services.receive_values import FileResult
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
@click.option("--source", type=click.Choice(SOURCES), default=None, help="How it came.")
@click.option("--by", default="", help="Who enters it. [default: who runs this]")
@click.option("--reason", default="", help="A word about it; it is kept.")
@click.option("--unknown", is_flag=True, help="Claims that were never sent from here may be in it.")
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
    from claimline.services import remit as service
    from claimline.services.remit_read import TEMPLATE

    if template:
        click.echo("\n".join(TEMPLATE))
        return DONE
    if source is None:
        raise WrongUsageError("say how it came", todo=f"--source {'|'.join(SOURCES)}")
    with _open(ledger) as opened:
        usage = _book(opened, test=test)
        rows: list[dict[str, str]] = []
        if not file:
            _answers(opened, usage, rows)
        about = service.Entry(
            name=file or ANSWERS,
            usage=usage,
            source=source,  # type: ignore[arg-type]  # click let none but these pass
            user=by or settings.user(),
            now=settings.now(),
            reason=reason,
            unknown=unknown,
        )
        try:
            typed = _typed(file, rows)
            result = service.enter(opened, typed, about)
        except WrongUsageError:
            _keep(rows)
            raise
    _show(result, typed, shape)
    return result.status


ANSWERS: Final = "what was typed"


def _answers(ledger: "Ledger", usage: "Usage", rows: list[dict[str, str]]) -> None:
    """Fill in rows by questions, on a terminal; where a person stops, what is there is shown."""
    import sys

    if sys.stdin is None or not sys.stdin.isatty():
        raise WrongUsageError(
            "name a CSV file; questions are asked on a terminal only",
            todo="claimline remit enter --template prints one",
        )
    try:
        rows.extend(_asked(ledger, usage))
    except click.Abort:
        click.echo()
        _keep(rows)
        raise


def _typed(file: str, rows: Sequence[dict[str, str]]) -> "Typed":
    """The remittance of the file, or of the answers."""
    from claimline import files
    from claimline.services.practice import text_of
    from claimline.services.remit_read import read, typed

    if file:
        return read(file, text_of(file, files.content(file)))
    return typed(ANSWERS, list(enumerate(rows, 2)))


def _keep(rows: Sequence[dict[str, str]]) -> None:
    """Show what was typed, so that it can be mended in a file and need not be typed again."""
    from claimline.services.remit_read import as_csv

    if rows:
        click.echo("What was typed, for a file:")
        click.echo(as_csv(rows), nl=False)


def _asked(ledger: "Ledger", usage: "Usage") -> Iterator[dict[str, str]]:
    """Rows by questions: the payment, then each claim with its lines as they were sent."""
    from claimline.services.remit_read import (
        check_amount,
        check_date,
        check_provider_adjustments,
    )

    payment = {
        "payer": click.prompt("Payer"),
        "number": click.prompt("Number of the check or EFT (empty: none)", default="",
                               show_default=False),
        "date": click.prompt("Date of the payment (2026-03-20)", value_proc=_by(check_date)),
        "amount": click.prompt("Amount", value_proc=_by(check_amount)),
        "provider_adjustments": click.prompt("Provider adjustments (WO:A1001 50.00; empty: none)",
                                             default="", show_default=False,
                                             value_proc=_by(check_provider_adjustments)),
    }  # fmt: skip
    while True:
        claim = click.prompt("Claim number (empty: done)", default="", show_default=False).strip()
        if not claim:
            return
        about = {"claim": claim, "payer_claim": click.prompt(
            "  Payer's claim number (empty: none)", default="", show_default=False)}  # fmt: skip
        lines = list(_sent_lines(ledger, claim, usage))
        if not lines:
            click.echo("  No claim of that number was sent from here; code by code, empty ends it.")
            lines = list(_own_lines())
        for line in lines:
            words = (line["code"], line["modifiers"], line["service_date"], line["charge"])
            click.echo(f"  {' '.join(filter(None, words))}")
            yield {**payment, **about, **line, **_amounts(line)}


def _amounts(line: dict[str, str]) -> dict[str, str]:
    """Paid, adjustments and remarks of a line, asked again until it adds up."""
    from claimline.services.remit_read import check_amount, off

    said = {"paid": "0.00", "adjustments": "", "remarks": ""}
    while True:
        said = {
            "paid": click.prompt("    Paid", default=said["paid"], value_proc=_by(check_amount)),
            "adjustments": click.prompt("    Adjustments (CO-45 40.00; PR-3 20.00)",
                                        default=said["adjustments"],
                                        show_default=bool(said["adjustments"])),
            "remarks": click.prompt("    Remarks (N130 M15)", default=said["remarks"],
                                    show_default=bool(said["remarks"])),
        }  # fmt: skip
        wrong = off({**line, **said})
        if not wrong:
            return said
        click.echo(f"    {wrong}: once more")


def _sent_lines(ledger: "Ledger", claim: str, usage: "Usage") -> Iterator[dict[str, str]]:
    """The lines of a claim as they were sent."""
    for found in ledger.find(claim):
        if found.kind != "patient control number" or found.usage != usage:
            continue
        for family in found.families:
            for story in ledger.story(family, usage=usage):
                if story.sent.claim.control.upper() == claim.upper():
                    for line in story.sent.claim.lines:
                        yield {
                            "code": line.code,
                            "modifiers": " ".join(line.modifiers),
                            "service_date": line.date.isoformat(),
                            "charge": f"{line.charge:.2f}",
                            "line": line.control,
                        }
                    return


def _by(check: Callable[[str], None]) -> Callable[[str], str]:
    """What is typed, asked again where it cannot be read."""

    def checked(text: str) -> str:
        try:
            check(text)
        except ValueError as error:
            raise click.UsageError(str(error)) from None
        return text

    return checked


def _own_lines() -> Iterator[dict[str, str]]:
    from claimline.services.remit_read import check_amount, check_date

    while code := click.prompt("  Code", default="", show_default=False).strip():
        yield {
            "code": code,
            "modifiers": click.prompt("    Modifiers", default="", show_default=False),
            "service_date": click.prompt("    Day of service", value_proc=_by(check_date)),
            "charge": click.prompt("    Charge", value_proc=_by(check_amount)),
        }


def _show(result: "FileResult", typed: "Typed", shape: str) -> None:
    from claimline.cli.receive import _data, _notes
    from claimline.render import Result, counted, show

    lines = []
    what = f"{typed.payer}, {typed.number or 'no number'}, {typed.date}: {typed.amount:.2f}"
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

    \b
    Example:
      claimline remit list
    """
    from claimline.render import Column, Result, Table, show
    from claimline.services import remit as service

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
    waits = any(one["state"] == "replaced" and "; it differs: " in one["why"] for one in found)
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
    from claimline import settings
    from claimline.services import remit as service

    if not reason.strip():
        raise WrongUsageError("--reason must not be empty: it is kept")
    with _open(ledger) as opened:
        gone = service.undo(
            opened,
            id,
            usage=_book(opened, test=test),
            user=by or settings.user(),
            reason=reason.strip(),
            now=settings.now(),
        )
    click.echo(f"{gone.id}: taken back ({gone.payer}, {gone.number or 'no number'}, {gone.amount})")
    return DONE


def _book(ledger: "Ledger", *, test: bool | None) -> "Usage":
    return ledger.book() if test is None else "T" if test else "P"


def _open(ledger: str) -> Any:
    from claimline import settings
    from reconcile.ledger import open_ledger

    return open_ledger(settings.ledger_url(ledger))
