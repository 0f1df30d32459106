"""The state of a claim that has one plain answer, made of the rows in hand while they are posted.

Nearly every claim payment is such. ``states_paid`` would read the same rows back and come to the
same; it does so for whatever is not plain, and for all claims when the states are made anew.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import delete, select

from edi.claim import FREQUENCY_ORIGINAL
from reconcile.ledger import bulk
from reconcile.ledger.bases import KIND, Bases
from reconcile.ledger.convert import number_text, to_cents
from reconcile.ledger.states_facts import CLOSE, within
from reconcile.ledger.states_paid import cause_start, quick
from reconcile.ledger.tables import decision, sent_claim
from reconcile.ledger.tables_answered import claim_state
from reconcile.ledger.tables_received import claim_payment
from reconcile.lifecycle_table import NEXT
from reconcile.lifecycle_values import EventKind
from reconcile.values import SentClaim

if TYPE_CHECKING:
    from reconcile.ledger.writer import Writer

Plain = tuple[EventKind, int]  # the event, and the cents that are open
Answer = tuple[int, str, int, Plain]  # sent claim, its number, position of the CLP, what it decides
_DECIDED: Final = {event: to for (state, event), to in NEXT.items() if state == "sent"}
_PAID: Final = claim_payment.c


def plain(claim: SentClaim, row: bulk.Row, shares: Sequence[bulk.Row]) -> Plain | None:
    """What an answer decides, if it is the only one to a claim without relatives.

    Args:
        claim: the only one of its family.
        row: of ``posting.Made.claims``: the answer.
        shares: of ``posting.Made.shares``: what it says of each line, in the order of the lines.

    Returns:
        None where it is not plain: then the books must tell.
    """
    _, _, status, charge, paid, _, _, remarks, _, _, _, _, rank, _, _, _, _, notes, left, _ = row
    is_alone = claim.frequency == FREQUENCY_ORIGINAL and claim.family == claim.control
    if not is_alone or charge != to_cents(claim.charge) or len(shares) != len(claim.lines):
        return None
    lines = [
        (
            None, to_cents(line.charge), number_text(line.units), line.code,
            share[5], share[6], share[7], share[3], share[8], share[9], share[11], share[12],
        )
        for line, share in zip(claim.lines, shares, strict=True)
    ]  # fmt: skip
    answer = (None, None, status, rank, paid, remarks, left, notes)
    return quick(claim.payer_rank, to_cents(claim.collected), answer, lines)


class Source:
    """The payment that answers come from: when it came, and how its place is written."""

    def __init__(self, row: Any, file_name: str) -> None:
        """Of a row of ``remittance``, and the name its file is kept under."""
        self.since: str = row.recorded_at
        self._told, self._source = cause_start(row, file_name)

    def cause(self, position: int) -> str:
        """The place of an answer, as ``states.cause_text`` writes it."""
        return f'{self._told},"segment":{position}{self._source}'


def first_answers(
    writer: "Writer", answers: Sequence[Answer], times: Mapping[int, int]
) -> list[Answer]:
    """Those of plain answers that nothing came before: no other answer, and no person closed it.

    Nor those of payers whose contract pays for more than a line: what is denied, the books tell.

    To be asked before these answers are written.

    Args:
        writer: the open transaction.
        answers: the plain ones of some that are to be written.
        times: how many of all of them there are to a sent claim: of two no one stands alone.
    """
    numbers = sorted({answer[0] for answer in answers})
    if not numbers:
        return []
    known = select(_PAID.sent_claim_id).where(
        within(_PAID.sent_claim_id, numbers), _PAID.state == "posted"
    )
    answered = set(writer.connection.execute(known).scalars())
    closed = _closed(writer, [answer[1] for answer in answers])
    answered |= _at_a_rate(writer, numbers)
    return [
        answer
        for answer in answers
        if times[answer[0]] == 1 and answer[0] not in answered and answer[1] not in closed
    ]


def _at_a_rate(writer: "Writer", numbers: Sequence[int]) -> set[int]:
    """Which of these claims are to a payer that pays by visit, day, case or capitation."""
    if not writer.has_any(KIND, select(decision.c.id).where(decision.c.kind == KIND)):
        return set()
    payers = Bases(writer.connection).payers
    if not payers:
        return set()
    query = select(sent_claim.c.id).where(
        within(sent_claim.c.id, numbers), sent_claim.c.payer.in_(sorted(payers))
    )
    return set(writer.connection.execute(query).scalars())


def _closed(writer: "Writer", controls: Sequence[str]) -> set[str]:
    """Which of these claims a person closed, at any time."""
    c = decision.c
    if not writer.has_any(CLOSE, select(c.id).where(c.kind == CLOSE)):
        return set()
    query = select(c.subject).where(c.subject.in_(controls), c.kind == CLOSE)
    return set(writer.connection.execute(query).scalars())


def write(writer: "Writer", answers: Sequence[Answer], source: Source) -> None:
    """Write the states that these first answers lead to."""
    if not answers:
        return
    numbers = [answer[0] for answer in answers]
    old = delete(claim_state).where(within(claim_state.c.sent_claim_id, numbers))
    writer.connection.execute(old)
    rows = [
        (number, _DECIDED[kind], kind, source.since, source.cause(position), cents)
        for number, _, position, (kind, cents) in answers
    ]
    bulk.insert(writer.connection, claim_state, rows)
