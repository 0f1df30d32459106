"""What other claims of a family do to a claim: replace it, void it, or carry its answer."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, and_, or_, select

from edi.claim import FREQUENCY_VOID
from reconcile.ledger import bulk
from reconcile.ledger.records import Usage
from reconcile.ledger.tables import file, sent_claim
from reconcile.ledger.tables_received import claim_payment, remittance
from reconcile.lifecycle_values import Cause, Event, EventKind
from reconcile.post import REVERSAL
from reconcile.turns import FIRST
from reconcile.values import SentClaim

_CLAIM: Final = sent_claim.c


class Beside:
    """The other claims of the families of some claims, and the answers that stand on them."""

    def __init__(
        self, connection: Connection, usage: Usage, claims: Mapping[int, SentClaim]
    ) -> None:
        self._connection = connection
        self._followers = self._named(usage, claims)
        self._answers = self._carried(usage, claims)

    def event(self, number: int, claim: SentClaim, kind: EventKind | None) -> Event | None:
        """What happened to a claim by another of its family; None for nothing.

        Args:
            number: its row number.
            claim: it, with its followers.
            kind: what its own answers come to: replaced, voided, or None for nothing.
        """
        if kind is not None:
            follower = self._followers.get(claim.replaced_by or claim.voided_by)
            return None if follower is None else _by_claim(kind, follower)
        answer = self._answers.get(number)
        return None if answer is None else _by_answer(answer)

    def _named(self, usage: Usage, claims: Mapping[int, SentClaim]) -> dict[str, Any]:
        """The followers of these claims by control number; a void has that of what it voids."""
        controls = {name for one in claims.values() for name in (one.replaced_by, one.voided_by)}
        found: dict[str, Any] = {}
        for batch in bulk.batches(sorted(controls - {""})):
            query = (
                select(
                    _CLAIM.control, _CLAIM.transaction_control, _CLAIM.position,
                    _CLAIM.recorded_at, file.c.name,
                )
                .join(file, file.c.id == _CLAIM.file_id)
                .where(_CLAIM.control.in_(batch), _CLAIM.usage == usage)
                .order_by(_CLAIM.id)
            )  # fmt: skip
            found |= {row.control: row for row in self._connection.execute(query)}
        return found

    def _carried(self, usage: Usage, claims: Mapping[int, SentClaim]) -> dict[int, Any]:
        """The answers to later payers' claims and to voids, which stand on the first claims."""
        waiting = {
            number: one
            for number, one in claims.items()
            if one.follows or one.frequency == FREQUENCY_VOID
        }
        found: dict[int, Any] = {}
        c = claim_payment.c
        for batch in bulk.batches(sorted({one.family for one in waiting.values()})):
            query = (
                select(
                    _CLAIM.family, _CLAIM.control, _CLAIM.id, c.rank, c.payer, c.status,
                    c.control.label("named"), c.position, remittance.c.transaction_control,
                    remittance.c.recorded_at, remittance.c.payer_name, file.c.name,
                )
                .join(claim_payment, c.sent_claim_id == _CLAIM.id)
                .join(remittance, remittance.c.id == c.remittance_id)
                .join(file, file.c.id == remittance.c.file_id)
                .where(
                    _CLAIM.family.in_(batch),
                    _CLAIM.usage == usage,
                    c.state == "posted",
                    or_(c.status == REVERSAL, and_(c.rank != FIRST)),
                )
                .order_by(remittance.c.payment_date, remittance.c.trace, c.position, c.id)
            )  # fmt: skip
            rows = self._connection.execute(query).fetchall()
            later = self._later(usage, batch)
            for number, one in waiting.items():
                for row in rows:
                    if row.family == one.family and _answers(row, number, one, later):
                        found[number] = row
        return found

    def _later(self, usage: Usage, families: Sequence[str]) -> dict[str, str]:
        """All claims of families to payers after the first: when recorded, by number."""
        query = select(_CLAIM.control, _CLAIM.recorded_at).where(
            _CLAIM.family.in_(families), _CLAIM.usage == usage, _CLAIM.payer_rank != FIRST
        )
        return {row.control: row.recorded_at for row in self._connection.execute(query)}


def _answers(row: Any, number: int, claim: SentClaim, later: Mapping[str, str]) -> bool:
    """Whether a claim payment on another claim of the family answers this one.

    ``later``: when the claims to later payers were recorded, by number.

    One that names another claim to a later payer answers that, whoever sent it. One that came in
    its turn after it was sent is the forwarded claim's: the payer has decided.
    """
    if row.id == number:
        return False
    if claim.frequency == FREQUENCY_VOID:
        return bool(row.status == REVERSAL)
    if row.status == REVERSAL or row.rank == FIRST:
        return False
    if row.named in later:
        return bool(row.named == claim.control)
    if row.payer == claim.payer:
        return True
    sent = later.get(claim.control)
    return bool(sent and row.rank == claim.payer_rank and row.recorded_at > sent)


def _by_claim(kind: EventKind, row: Any) -> Event:
    cause = Cause(
        file=row.name,
        kind="837P",
        transaction=row.transaction_control,
        segment=row.position,
        codes=f"claim {row.control}",
    )
    return Event(kind=kind, at=row.recorded_at, cause=cause)


def _by_answer(row: Any) -> Event:
    cause = Cause(
        file=row.name,
        kind="835",
        transaction=row.transaction_control,
        segment=row.position,
        source=row.payer_name,
        codes=f"on claim {row.control}",
    )
    return Event(kind="answered elsewhere", at=row.recorded_at, cause=cause)
