"""Claims that another system sent, taken over from its 837P: added, never overwritten."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

from attrs import evolve, frozen
from sqlalchemy import Connection, select

from edi.claim import FREQUENCY_ORIGINAL
from reconcile.ledger import bulk, sent, settle
from reconcile.ledger.candidates import TEACHING
from reconcile.ledger.records import SentRecord, Usage
from reconcile.ledger.tables import sent_claim
from reconcile.ledger.tables_received import claim_payment
from reconcile.values import SentClaim

if TYPE_CHECKING:
    from reconcile.ledger.writer import Writer

_CLAIM: Final = sent_claim.c


@frozen(kw_only=True)
class Adopted:
    """What became of some claims, by control number."""

    new: tuple[str, ...]
    known: tuple[str, ...]  # the very same claim is in the ledger
    conflicting: tuple[str, ...]  # the number is in the ledger with other content for that day


def adopt(
    writer: "Writer", records: Sequence[SentRecord], *, file_id: int, usage: Usage
) -> Adopted:
    """Take over claims another system sent; some hundred at a time.

    A number used before for another day of service is another claim: some systems number by
    account. The same number for the same day with other content is left out and told.
    """
    records = _with_families(writer.connection, records, usage)
    there = _there(writer.connection, [record.claim for record in records], usage)
    new: dict[tuple[str, str, str], SentRecord] = {}
    known: list[str] = []
    conflicting: list[str] = []
    for record in records:
        claim = record.claim
        key = _key(claim)
        before = there.get(key) or (new[key].claim if key in new else None)
        if before is None:
            new[key] = record
        elif _content(before) == _content(claim) or _is_next_payer(before, claim):
            known.append(claim.control)
        else:
            conflicting.append(claim.control)
    fresh = list(new.values())
    if fresh:
        first = writer.ids(sent_claim, 0)
        sent.add_claims(writer, fresh, file_id=file_id, usage=usage, origin="adopted")
        writer.changed(range(first, first + len(fresh)))  # a number may be used for several days
        settle.after_sent(writer, [record.claim for record in fresh], first=first)
    return Adopted(
        new=tuple(record.claim.control for record in fresh),
        known=tuple(known),
        conflicting=tuple(conflicting),
    )


def _key(claim: SentClaim) -> tuple[str, str, str]:
    return claim.control, claim.frequency, claim.date.isoformat()


def _content(claim: SentClaim) -> SentClaim:
    """What makes it the same claim: not who made it, nor what came back since."""
    nothing: dict[str, Any] = {"evidence": (), "expected": None, "expected_allowed": None}
    lines = tuple(evolve(line, control="", terms="", **nothing) for line in claim.lines)
    return evolve(
        claim, payer="", patient="", family="", references=(), payer_controls=(), lines=lines
    )


def _is_next_payer(before: SentClaim, claim: SentClaim) -> bool:
    """The same claim on its way to the patient's next payer (SBR01 S or T).

    It is the claim that is there: answers of all its payers come under its number, and CLP02 says
    whose turn it was.
    """
    if claim.payer_rank == before.payer_rank or claim.payer_id == before.payer_id:
        return False
    same = evolve(
        claim,
        payer_id=before.payer_id,
        payer_rank=before.payer_rank,
        member_id=before.member_id,
        collected=before.collected,
    )
    return _content(same) == _content(before)


def _there(
    connection: Connection, claims: Sequence[SentClaim], usage: str
) -> dict[tuple[str, str, str], SentClaim]:
    """The claims of these numbers that are in the ledger."""
    found: dict[tuple[str, str, str], SentClaim] = {}
    for batch in bulk.batches(list({claim.control for claim in claims})):
        condition = (_CLAIM.usage == usage) & _CLAIM.control.in_(batch)
        for claim in sent.load(connection, condition).values():
            found[_key(claim)] = claim
    return found


def _with_families(
    connection: Connection, records: Sequence[SentRecord], usage: str
) -> list[SentRecord]:
    """Replacements and voids under a number of their own join the claim whose number F8 names."""
    numbers = {
        record.claim.control: number
        for record in records
        if record.claim.frequency != FREQUENCY_ORIGINAL and (number := _original(record.claim))
    }
    families = _families(connection, set(numbers.values()), usage)
    joined = []
    for record in records:
        family = families.get(numbers.get(record.claim.control, ""))
        if family and record.claim.frequency != FREQUENCY_ORIGINAL:
            record = evolve(record, claim=evolve(record.claim, family=family))  # noqa: PLW2901 - the same record, with its family
        joined.append(record)
    return joined


def _original(claim: SentClaim) -> str:
    return next((r.value for r in claim.references if r.qualifier == "F8"), "")


def _families(connection: Connection, numbers: Iterable[str], usage: str) -> dict[str, str]:
    c = claim_payment.c
    found: dict[str, str] = {}
    for batch in bulk.batches(sorted(numbers)):
        query = (
            select(c.payer_control, _CLAIM.family)
            .join(sent_claim, _CLAIM.id == c.sent_claim_id)
            .where(_CLAIM.usage == usage, c.payer_control.in_(batch), c.method.in_(TEACHING))
            .order_by(_CLAIM.id)
        )
        for number, family in connection.execute(query):
            found.setdefault(number, family)
    return found
