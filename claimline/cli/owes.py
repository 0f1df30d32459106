"""``claimline owes``: what the patient owes now, and why."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from claimline.cli.options import (
    book_option,
    format_option,
    ledger_option,
    output_option,
    placed_identifiers,
    practice_option,
)
from claimline.errors import DONE, NEEDS_PERSON, WrongUsageError

if TYPE_CHECKING:
    from claimline.render import Table
    from reconcile.ledger import Usage

LEGEND: Final = {
    "due": "Due: ask the patient for this, and for no more.",
    "later": "Later: a payer decides first; do not ask the patient before.",
    "check": "Check: a person looks first (claimline trace says at what).",
    "credit": "Credit: collected and not owed, and the claim is decided: to be given back.",
}


@click.command()
@click.argument("ids", nargs=-1, required=True, metavar="ID...")
@book_option
@practice_option
@ledger_option
@format_option("table", "json", "csv")
@output_option
def owes(
    *,
    ids: tuple[str, ...],
    test: bool | None,
    practice: str,
    ledger: str,
    shape: str,
    output: Path | None,
) -> int:
    r"""Say what the patient owes now for a claim or for all claims of a patient, and why.

    ID is any number that claimline trace knows; a patient's own number gives all claims. - reads
    ids from standard input, one a line: that keeps them out of the shell's history. Only "due" may
    be asked from the patient: "later" waits for a payer, "check" for a person's look.

    \b
    Example:
      claimline owes CP7K2MWQ4XTRB9DEF
      echo P-1042 | claimline owes - --format json
    """
    from claimline import settings
    from claimline.files import complain
    from claimline.render import Result, show
    from claimline.render.words import masked
    from claimline.services.owes import owes as find
    from claimline.services.practice import load
    from reconcile.ledger import open_ledger

    known = load(practice) if practice else None
    usage: Usage | None = None if test is None else "T" if test else "P"
    answers: list[dict[str, Any]] = []
    tables: list[Table] = []
    with open_ledger(settings.ledger_url(ledger)) as opened:
        for place, identifier in placed_identifiers(ids):
            found = find(opened, identifier, known, on=settings.today(), usage=usage)
            if not found.kind:
                held = f": the visit is held, {', '.join(found.held)}" if found.held else ""
                todo = "claimline held list shows why" if held else ""
                complain(f"{place} ({masked(identifier)}) leads to no claim{held}", todo)
            answers.append(
                {
                    "found_by": found.kind or None,
                    "claims": list(found.claims),
                    "total": found.total,
                }
            )
            if found.claims:
                tables.append(_table(found.kind, found.claims, found.total))
    if not answers:
        raise WrongUsageError("no id was given", todo="give one: claimline owes ID")
    show(Result(data={"owes": answers}, tables=tuple(tables)), shape, output)
    return DONE if all(one["claims"] for one in answers) else NEEDS_PERSON


def _table(kind: str, claims: tuple[dict[str, Any], ...], total: dict[str, str]) -> "Table":
    from claimline.render import Column, Table

    return Table(
        title=f"What the patient owes ({len(claims)} by {kind})",
        columns=(
            Column(key="claim", title="Claim", kind="id"),
            Column(key="date", title="Date", kind="date"),
            Column(key="payer", title="Payer"),
            Column(key="charge", title="Charge", kind="money"),
            Column(key="collected", title="Collected", kind="money"),
            Column(key="due", title="Due", kind="money"),
            Column(key="later", title="Later", kind="money"),
            Column(key="check", title="Check", kind="money"),
            Column(key="credit", title="Credit", kind="money"),
            Column(key="because", title="because", kind="list", place="below"),
            Column(key="not_yet", title="not yet", kind="list", place="below"),
        ),
        rows=claims,
        totals={"claim": "total", **total} if len(claims) > 1 else None,
        notes=_legend(total),
    )


def _legend(total: dict[str, str]) -> tuple[str, ...]:
    """What the amounts ask for: Due always, the others where there is any of them."""
    return tuple(w for key, w in LEGEND.items() if key == "due" or total[key] != "0.00")
