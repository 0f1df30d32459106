"""Which claim probably caused a provider adjustment: hints with their evidence, never postings."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from attrs import frozen
from sqlalchemy import Connection, func, select

from reconcile.ledger import bulk
from reconcile.ledger.convert import to_cents
from reconcile.ledger.records import Usage
from reconcile.ledger.tables import sent_claim
from reconcile.ledger.tables_answered import acknowledged
from reconcile.ledger.tables_received import claim_payment, provider_adjustment, remittance
from reconcile.plb import CARRIED_FORWARD, RECOVERY, Receivable, numbers_in
from reconcile.post import REVERSAL

MOST: Final = 3  # hints of one kind
MEMBER: Final = 6  # characters that a member id has at least
LEAST: Final = 8  # characters of a number that is run together with it; a shorter one is chance
RUN_APART: Final = (
    "the reference has the payer's claim number {}",
    "the reference has its patient control number",
    "the reference has the payer's claim number {} of its 277CA",
)
RUN_ON: Final = (
    "in the reference the payer's claim number {} is run together with more",
    "in the reference its patient control number is run together with more",
    "in the reference the payer's claim number {} of its 277CA is run together with more",
)
_C: Final = claim_payment.c
_R: Final = remittance.c
_S: Final = sent_claim.c
_SAID: Final = acknowledged.c


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
    named = _named(connection, usage, dict(enumerate(map(words_of, book))), RUN_APART)
    rest = {n: packed_in(one) for n, one in enumerate(book) if not named[n]}
    named |= _named(connection, usage, rest, RUN_ON)
    reversals = _reversals(connection, usage, book)
    carried = _taken_back_in(connection, usage, book)
    found: dict[int, tuple[Hint, ...]] = {}
    for place, one in enumerate(book):
        own = named[place]
        if not own and one.kind == RECOVERY:
            own = {hint.claim: hint for hint in _same_amount(one, reversals)}
        elif not own and one.kind == CARRIED_FORWARD:
            own = {hint.claim: hint for hint in carried.get((one.payer, one.entries[0].trace), ())}
        found[place] = tuple(own.values())
    return found


def _named(
    connection: Connection,
    usage: Usage,
    words: Mapping[int, Sequence[str]],
    evidence: tuple[str, str, str],
) -> dict[int, dict[str, Hint]]:
    """For each place the claims that its words name, by the payer's number first, else by ours.

    A number that only a 277CA told counts where no payment taught it (RFI 1808).
    """
    wanted = {word for some in words.values() for word in some}
    by_payer = _by_payer_number(connection, usage, wanted)
    by_own = _by_own_number(connection, usage, wanted)
    told = _by_told_number(connection, usage, (w for w in wanted if plain(w) not in by_payer))
    found: dict[int, dict[str, Hint]] = {}
    for place, some in words.items():
        own = found.setdefault(place, {})
        for word in some:
            for numbers, said in zip((by_payer, by_own, told), evidence, strict=True):
                for claim in numbers.get(plain(word), ())[:MOST]:
                    own.setdefault(claim, Hint(claim=claim, evidence=said.format(word)))
    return found


def words_of(one: Receivable) -> tuple[str, ...]:
    """What may be a number of a claim: each reference as a whole, however short, and its words."""
    references = [" ".join(e.adjustment.reference.upper().split()) for e in one.entries]
    return tuple(dict.fromkeys((*filter(None, references), *numbers_in(" ".join(references)))))


def packed_in(one: Receivable) -> tuple[str, ...]:
    """What a word of its references begins or ends with, beside what may be a member id.

    Medicare's Part B runs the claim's number and the member id together. The longest first.
    """
    words = (word for e in one.entries for word in e.adjustment.reference.upper().split())
    sizes = ((word, size) for word in words for size in range(len(word) - MEMBER, LEAST - 1, -1))
    return tuple(
        dict.fromkeys(part for word, size in sizes for part in (word[:size], word[-size:]))
    )


def plain(number: str) -> str:
    """A number to compare: upper case, without zeros before it."""
    return number.upper().lstrip("0")


def _by_payer_number(
    connection: Connection, usage: Usage, words: Iterable[str]
) -> dict[str, list[str]]:
    """Claims by the number the payer answered them under (CLP07), as ``plain`` writes it."""
    found: dict[str, list[str]] = {}
    query = (
        select(_C.payer_control, _S.control)
        .join(sent_claim, _S.id == _C.sent_claim_id)
        .where(_S.usage == usage)
        .distinct()
        .order_by(_C.payer_control, _S.control)
    )
    number = func.upper(func.ltrim(_C.payer_control, "0"))
    filled_up = (_C.payer_control >= "0") & (_C.payer_control < "1")  # found by the index
    for batch in bulk.batches(sorted(_written(words))):
        rows = set(connection.execute(query.where(_C.payer_control.in_(batch))).fetchall())
        rows |= set(connection.execute(query.where(filled_up, number.in_(batch))).fetchall())
        for payer_control, control in sorted(tuple(row) for row in rows):
            some = found.setdefault(plain(payer_control), [])
            if control not in some:
                some.append(control)
    return found


def _by_told_number(
    connection: Connection, usage: Usage, words: Iterable[str]
) -> dict[str, list[str]]:
    """Claims by the payer's number that a 277CA told (REF*1K), as ``plain`` writes it."""
    found: dict[str, list[str]] = {}
    for batch in bulk.batches(sorted(_written(words))):
        query = (
            select(_SAID.payer_control, _S.control)
            .join(sent_claim, _S.id == _SAID.sent_claim_id)
            .where(_S.usage == usage, _SAID.payer_control.in_(batch))
            .distinct()
            .order_by(_SAID.payer_control, _S.control)
        )
        for told, control in connection.execute(query):
            some = found.setdefault(plain(told), [])
            if control not in some:
                some.append(control)
    return found


def _written(words: Iterable[str]) -> set[str]:
    """Numbers as they may be written: as they stand, without zeros, in small letters."""
    every = {one for word in words for one in (word, plain(word)) if one}
    return every | {one.lower() for one in every}


def _by_own_number(
    connection: Connection, usage: Usage, words: Iterable[str]
) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for batch in bulk.batches(sorted(words)):
        query = select(_S.control).where(_S.usage == usage, _S.control.in_(batch)).distinct()
        for control in connection.execute(query.order_by(_S.control)).scalars():
            found.setdefault(plain(control), []).append(control)
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
