"""Which claim probably caused a provider adjustment: hints with their evidence, never postings."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from attrs import frozen
from sqlalchemy import Connection, select

from reconcile.ledger import bulk
from reconcile.ledger.convert import to_cents
from reconcile.ledger.records import Usage
from reconcile.ledger.tables import sent_claim
from reconcile.ledger.tables_received import claim_payment, provider_adjustment, remittance
from reconcile.plb import CARRIED_FORWARD, RECOVERY, Receivable, numbers_in
from reconcile.post import REVERSAL

MOST: Final = 3  # hints of one kind
_C: Final = claim_payment.c
_R: Final = remittance.c
_S: Final = sent_claim.c


@frozen(kw_only=True)
class Hint:
    """A claim that a provider adjustment may come from, and what speaks for it."""

    claim: str  # CLM01 of ours
    evidence: str


def names(connection: Connection, usage: Usage) -> dict[str, str]:
    """The name of each payer in the book, by what ``ProviderEntry.payer`` says."""
    query = (
        select(_R.originator, _R.payer_name)
        .join(provider_adjustment, provider_adjustment.c.remittance_id == _R.id)
        .where(_R.usage == usage)
        .distinct()
        .order_by(_R.originator, _R.payer_name)
    )
    found: dict[str, str] = {}
    for originator, name in connection.execute(query):
        found.setdefault(originator or name, name)
    return found


def hints(
    connection: Connection, usage: Usage, book: Sequence[Receivable]
) -> dict[int, tuple[Hint, ...]]:
    """The hints of each receivable, by its place in ``book``."""
    wanted = {word for one in book for word in words_of(one)}
    by_payer = _by_payer_number(connection, usage, wanted)
    by_own = _by_own_number(connection, usage, wanted)
    reversals = _reversals(connection, usage, book)
    carried = _taken_back_in(connection, usage, book)
    found: dict[int, tuple[Hint, ...]] = {}
    for place, one in enumerate(book):
        own: dict[str, Hint] = {}
        for word in words_of(one):
            for claim in by_payer.get(word, ())[:MOST]:
                words = f"the reference has the payer's claim number {word}"
                own.setdefault(claim, Hint(claim=claim, evidence=words))
            for claim in by_own.get(word, ())[:MOST]:
                words = "the reference has its patient control number"
                own.setdefault(claim, Hint(claim=claim, evidence=words))
        if not own and one.kind == RECOVERY:
            own = {hint.claim: hint for hint in _same_amount(one, reversals)}
        elif not own and one.kind == CARRIED_FORWARD:
            own = {hint.claim: hint for hint in carried.get((one.payer, one.entries[0].trace), ())}
        found[place] = tuple(own.values())
    return found


def words_of(one: Receivable) -> tuple[str, ...]:
    """What may be a number of a claim: each reference as a whole, however short, and its words."""
    references = [" ".join(e.adjustment.reference.upper().split()) for e in one.entries]
    return tuple(dict.fromkeys((*filter(None, references), *numbers_in(" ".join(references)))))


def _by_payer_number(
    connection: Connection, usage: Usage, words: Iterable[str]
) -> dict[str, list[str]]:
    """Claims by the number the payer answered them under (CLP07)."""
    found: dict[str, list[str]] = {}
    for batch in bulk.batches(sorted(words)):
        query = (
            select(_C.payer_control, _S.control)
            .join(sent_claim, _S.id == _C.sent_claim_id)
            .where(_S.usage == usage, _C.payer_control.in_(batch))
            .distinct()
            .order_by(_C.payer_control, _S.control)
        )
        for number, control in connection.execute(query):
            found.setdefault(number.upper(), []).append(control)
    return found


def _by_own_number(
    connection: Connection, usage: Usage, words: Iterable[str]
) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for batch in bulk.batches(sorted(words)):
        query = select(_S.control).where(_S.usage == usage, _S.control.in_(batch)).distinct()
        for control in connection.execute(query.order_by(_S.control)).scalars():
            found.setdefault(control.upper(), []).append(control)
    return found


def _reversals(
    connection: Connection, usage: Usage, book: Sequence[Receivable]
) -> Mapping[tuple[str, int], list[Any]]:
    """Decisions taken back, by payer and amount: those with an amount of the book."""
    amounts = {-abs(to_cents(e.adjustment.amount)) for one in book if one.kind == RECOVERY
               for e in one.entries}  # fmt: skip
    found: dict[tuple[str, int], list[Any]] = {}
    for batch in bulk.batches(sorted(amounts)):
        query = (
            select(_R.originator, _R.payer_name, _R.payment_date, _C.paid, _S.control)
            .join(claim_payment, _C.remittance_id == _R.id)
            .join(sent_claim, _S.id == _C.sent_claim_id)
            .where(_R.usage == usage, _C.status == REVERSAL, _C.paid.in_(batch))
            .order_by(_R.payment_date, _C.id)
        )
        for row in connection.execute(query):
            found.setdefault((row.originator or row.payer_name, -row.paid), []).append(row)
    return found


def _taken_back_in(
    connection: Connection, usage: Usage, book: Sequence[Receivable]
) -> dict[tuple[str, str], list[Hint]]:
    """The claims taken back in the remittances that first carried a balance."""
    traces = {one.entries[0].trace for one in book if one.kind == CARRIED_FORWARD}
    found: dict[tuple[str, str], list[Hint]] = {}
    for batch in bulk.batches(sorted(traces)):
        query = (
            select(_R.originator, _R.payer_name, _R.trace, _S.control)
            .join(claim_payment, _C.remittance_id == _R.id)
            .join(sent_claim, _S.id == _C.sent_claim_id)
            .where(_R.usage == usage, _C.status == REVERSAL, _R.trace.in_(batch))
            .order_by(_C.id)
        )
        for row in connection.execute(query):
            some = found.setdefault((row.originator or row.payer_name, row.trace), [])
            if len(some) < MOST:
                words = f"taken back in payment {row.trace}, which carried the balance on"
                some.append(Hint(claim=row.control, evidence=words))
    return found


def _same_amount(one: Receivable, reversals: Mapping[tuple[str, int], list[Any]]) -> list[Hint]:
    """Claims taken back with just that amount, not after the first entry's day."""
    first = one.entries[0]
    amounts = {abs(to_cents(entry.adjustment.amount)) for entry in one.entries}
    rows = [row for cents in sorted(amounts) for row in reversals.get((one.payer, cents), ())]
    words = "its payment of that amount was taken back on {}"
    return [
        Hint(claim=row.control, evidence=words.format(row.payment_date))
        for row in rows
        if row.payment_date <= first.date.isoformat()
    ][:MOST]
