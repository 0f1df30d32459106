"""``claimline timely``: proof of timely filing."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from claimline.cli.options import (
    book_option,
    format_option,
    ledger_option,
    may_show_patient,
    placed_identifiers,
    practice_option,
    show_patient_option,
)
from claimline.errors import DONE, NEEDS_PERSON, CommandError, WrongUsageError

if TYPE_CHECKING:
    from claimline.services.timely import Answer


@click.command()
@click.argument("claims", nargs=-1, required=True, metavar="CLAIM...")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write each sheet into this folder, as text and HTML, with the patient's name.",
)
@show_patient_option
@practice_option
@book_option
@ledger_option
@format_option("table", "json")
def timely(
    *,
    claims: tuple[str, ...],
    out: Path | None,
    show_patient: bool,
    practice: str,
    test: bool | None,
    ledger: str,
    shape: str,
) -> int:
    r"""Print the proof that claims were filed in time, from stored acknowledgements alone.

    The sheet tells in which file a claim went (name, ISA13, ST02, BHT03), who accepted it when,
    with the codes and the segments as they came. A rejection is no proof; a clearinghouse's
    acceptance alone is told as such. With --out the sheets are written for the payer and name the
    patient; on the screen the patient is masked. Each view is recorded. Exit status 1 where there
    is no proof, or it is of a day after the payer's filing limit.

    \b
    Example:
      claimline timely CP7K2MWQ4XTRB9DEF --out sheets --practice practice.toml
    """
    from claimline import settings
    from claimline.files import complain
    from claimline.render import Result, show
    from claimline.services import timely as service
    from claimline.services.practice import load
    from reconcile.ledger import open_ledger

    seen = show_patient and may_show_patient()
    known = load(practice) if practice else None
    status, rows, texts = DONE, [], []
    with open_ledger(settings.ledger_url(ledger)) as opened:
        for place, identifier in placed_identifiers(claims):
            question = service.Question(
                identifier=identifier,
                on=settings.today(),
                now=settings.now(),
                user=settings.user(),
                usage=None if test is None else "T" if test else "P",
            )
            try:
                answer = service.timely(opened, question, known)
            except WrongUsageError as error:
                complain(f"{place}: {error.message}", error.todo)
                status = NEEDS_PERSON
                continue
            status = status if answer.is_proven else NEEDS_PERSON
            row, text = _told(answer, out, seen=seen)
            rows.append(row)
            texts.append(text)
    show(Result(data=rows, text=tuple(texts)), shape)
    return status


def _told(answer: "Answer", out: Path | None, *, seen: bool) -> tuple[dict[str, Any], str]:
    """The JSON of one claim, and what is printed of it."""
    from claimline.render.sheet import WIDTH, as_text
    from claimline.render.table import make_console
    from claimline.services.correct_sheet import write
    from claimline.services.timely import data
    from claimline.services.timely_sheet import sheet_of

    row = data(answer)
    if out is None:
        width = min(make_console(sys.stdout).width, WIDTH)
        return {**row, "sheets": []}, as_text(sheet_of(answer, show_patient=seen), width)
    sheet = sheet_of(answer, show_patient=True)
    try:
        written = write(sheet, row["claim"], "timely", out, dry_run=False)
    except OSError as error:
        raise CommandError(f"{out}: the sheet could not be written: {error.strerror}") from error
    before = " (there before, unchanged)" if written.before else ""
    text = f"{row['claim']}: {answer.words}\n  {', '.join(written.paths)}{before}"
    return {**row, "sheets": list(written.paths)}, text
