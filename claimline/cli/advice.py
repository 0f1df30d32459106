"""``claimline advice``: a remittance advice to read, print, and send to the next payer."""

from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import click

from claimline.cli.options import (
    book_option,
    format_option,
    ledger_option,
    may_show_patient,
    output_option,
    show_patient_option,
)
from claimline.errors import DONE, NEEDS_PERSON

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from claimline.render.advice import Block
    from reconcile.ledger import Ledger


@click.command()
@click.argument("what", metavar="TRACE|FILE")
@click.option(
    "--claim",
    "claims",
    multiple=True,
    metavar="CLAIM",
    help="Only this claim (our number or the payer's), for the patient's next payer: one patient "
    "to a page, nothing of others. Several times for several.",
)
@show_patient_option
@book_option
@ledger_option
@format_option("text", "html")
@output_option
def advice(
    *,
    what: str,
    claims: tuple[str, ...],
    show_patient: bool,
    test: bool | None,
    ledger: str,
    shape: str,
    output: Path | None,
) -> int:
    r"""Print a remittance advice: a payment with its claims and lines, in words.

    TRACE is the check or EFT number of a payment that was received, FILE an 835. Each line with
    what was billed, allowed, left to the patient, adjusted and paid; the totals against the check.
    With --output the advice names the patients: it goes to a payer or into a file. On the screen
    they are masked, but for --show-patient. Each patient shown is recorded as looked at. Exit
    status 1 where it does not add up.

    \b
    Example:
      claimline advice EFT884213
      claimline advice remit.835 --output remit.html
      claimline advice EFT884213 --claim CP7K2MWQ4XTRB9DEF --output to-medigap.html
    """
    from claimline import settings
    from claimline.render.advice import html_lines, text_lines
    from claimline.render.output import show_lines
    from claimline.services.advice import Advice, Viewer, sources

    seen = output is not None or (show_patient and may_show_patient())
    opened = _opened(ledger, what)
    try:
        made = Advice(
            sources=sources(what, opened, None if test is None else "T" if test else "P"),
            claims=claims,
            ledger=opened,
            viewer=Viewer(user=settings.user(), now=settings.now()) if seen else None,
        )
        blocks = _begun(made.blocks(), whole=bool(claims))
        lines = html_lines(blocks, "Remittance advice") if shape == "html" else text_lines(blocks)
        show_lines(lines, output)
    finally:
        if opened is not None:
            opened.close()
    return NEEDS_PERSON if made.outcome.unbalanced else DONE


def _begun(blocks: "Iterator[Block]", *, whole: bool) -> "Iterable[Block]":
    """The blocks, the first one made: what cannot be made at all leaves no file behind.

    Chosen claims are few and all looked for before a file is written.
    """
    if whole:
        return list(blocks)
    first = next(blocks)
    return chain([first], blocks)


def _opened(given: str, what: str) -> "Ledger | None":
    """The ledger; none where a file is asked for and no ledger is there.

    Raises:
        LedgerError: a payment is asked for by number, or the ledger cannot be opened.
    """
    from claimline import settings
    from reconcile.ledger import LedgerMissing, open_ledger

    try:
        return open_ledger(settings.ledger_url(given))
    except LedgerMissing:
        if Path(what).is_file() or what == "-":
            return None
        raise
