"""``claimline trace``: the story of a claim or a line."""

import re
from typing import TYPE_CHECKING, Any, Final

import click

from claimline.cli.options import (
    book_option,
    format_option,
    ledger_option,
    may_show_patient,
    output_option,
    placed_identifiers,
    practice_option,
    show_patient_option,
)
from claimline.errors import DONE, NEEDS_PERSON, WrongUsageError

if TYPE_CHECKING:
    from pathlib import Path

    from claimline.services.trace import Answer

SHORTENED: Final = re.compile(r"\d([.,]\d+)?E\+?\d+", re.IGNORECASE)
NUMBERS: Final = "make its column a text column there and copy the number from the remittance"


@click.command()
@click.argument("ids", nargs=-1, required=True, metavar="ID...")
@book_option
@click.option(
    "--explain", is_flag=True, help="At the end: every decision, from minutes to the segments sent."
)
@click.option("--segments", is_flag=True, help="The same, and all segments of the claim as sent.")
@show_patient_option
@practice_option
@ledger_option
@format_option("table", "json", "html")
@output_option
def trace(
    *,
    ids: tuple[str, ...],
    test: bool | None,
    explain: bool,
    segments: bool,
    show_patient: bool,
    practice: str,
    ledger: str,
    shape: str,
    output: "Path | None",
) -> int:
    r"""Tell the story of a claim: what was sent, what came back, what to do next.

    ID is a patient control number, a line control number, the payer's claim number, a check or
    EFT number, a visit id, a patient or member id, or a file. - reads ids from standard input, one
    a line: that keeps a member id out of the shell's history. Of a visit every decision is told,
    of the others with --explain. Each view is recorded. Exit status 1 where an id is not known.
    Names and beginnings of numbers are not searched. A caller who gives a name and a day: look up
    the visit or patient id in your practice's system and give that; or claimline claims --state
    all --since DAY --until DAY --payer NAME lists the claims of the day.

    \b
    Example:
      claimline trace CP7K2MWQ4XTRB9DEF
      echo W123456789 | claimline trace -
    """
    from claimline import settings
    from claimline.files import complain
    from claimline.render import Result, show
    from claimline.render.story import stories
    from claimline.render.words import masked
    from claimline.services import trace as service
    from claimline.services.practice import load
    from reconcile.ledger import open_ledger

    seen = show_patient and may_show_patient(output)
    known = load(practice) if practice else None
    answers: list[dict[str, Any]] = []
    with open_ledger(settings.ledger_url(ledger)) as opened:
        for place, identifier in placed_identifiers(ids):
            question = service.Question(
                identifier=identifier,
                on=settings.today(),
                now=settings.now(),
                user=settings.user(),
                usage=None if test is None else "T" if test else "P",
                show_patient=seen,
                explain=explain or segments,
            )
            answer = service.trace(opened, question, known)
            answers.append(
                {
                    "found_by": answer.kind or None,
                    "payments": list(answer.payments),
                    "claims": list(answer.claims),
                    "held": list(answer.held),
                    "unmatched": list(answer.unmatched),
                    "more": answer.more,
                }
            )
            if not answer.claims:
                complain(f"{place} ({masked(identifier)}) leads to no claim: {_why(answer)}")
                if SHORTENED.fullmatch(identifier):
                    complain(f"{place}: a spreadsheet has shortened this number", NUMBERS)
    if not answers:
        raise WrongUsageError("no id was given", todo="give one: claimline trace ID")
    tables = tuple(stories(answers, segments=segments))
    show(Result(data={"traces": answers}, tables=tables), shape, output)
    return DONE if all(answer["claims"] for answer in answers) else NEEDS_PERSON


def _why(answer: "Answer") -> str:
    """What an id without a claim is."""
    if answer.held:
        return f"the visit is held: claimline held list shows {', '.join(answer.held)}"
    if answer.unmatched:
        return "a payer used it for something that nobody here sent"
    if answer.kind:
        return f"it is a {answer.kind}, but no claim of ours hangs on it"
    return (
        "it is not known: no claim, line, payment, visit, patient or file has it whole; claimline "
        "claims --state all --since DAY --until DAY lists the claims of a day"
    )
