"""Tried again: claim payments that new evidence may match, or match otherwise.

New evidence is a claim billed or adopted, or a payer claim number learned. So the books do not
depend on the order in which files came. A claim payment is tried again by making all that was
derived of it anew.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import ColumnElement, Connection, delete, or_, select

from edi.envelope import Transaction, read
from edi.remittance import RemittanceHeader, RemittanceTrailer
from reconcile.balance import claim_differences
from reconcile.keys import SHORTEST, STEM_LENGTH, normal, stem
from reconcile.ledger import acknowledgements_again, bulk, by_hand, keeping, named, posting
from reconcile.ledger.payments import Kept, Reading, again, segments_at
from reconcile.ledger.posting import Item, claim_difference
from reconcile.ledger.received import Context, context_of
from reconcile.ledger.tables import file, sent_claim
from reconcile.ledger.tables_received import awaiting, claim_payment, line_share, remittance
from reconcile.ledger.tables_received import posting as posting_table
from reconcile.turns import is_later_turn
from reconcile.values import SentClaim

if TYPE_CHECKING:
    from reconcile.ledger.writer import Writer

ROUNDS: Final = 8  # of learning; each round needs a number learned in the one before


def after_sent(writer: "Writer", claims: Sequence[SentClaim], *, first: int) -> int:
    """Try again what these new claims may be the answer to. Returns how many were tried.

    Args:
        writer: the open transaction.
        claims: just added to the ledger.
        first: the row number of the first of them; older claims have smaller ones.
    """
    keys: dict[str, set[str]] = {"stem": set(), "line": set(), "payer": set()}
    for claim in claims:
        key = stem(claim.control)
        keys["stem"].update(key[:length] for length in range(SHORTEST, STEM_LENGTH + 1))
        keys["stem"].add(key)
        keys["line"].update(line.control for line in claim.lines)
    keys["payer"] = acknowledgements_again.after_sent(writer, claims)
    found = _awaiting(writer.connection, keys)
    found |= _of_relatives(writer.connection, claims, first)
    found |= by_hand.parked_like(writer.connection, claims)
    return retry(writer, found)


def after_learned(writer: "Writer", controls: Iterable[str]) -> int:
    """Try again what waits for one of these payer claim numbers, in whatever spelling."""
    known = set(controls)
    keys = {"payer": known | {normal(control) for control in known}}
    if not (known and writer.has_any(awaiting.name, select(awaiting.c.value))):
        return 0
    return retry(writer, _awaiting(writer.connection, keys))


def _awaiting(connection: Connection, keys: dict[str, set[str]]) -> set[int]:
    """The claim payments that wait for one of these keys."""
    if connection.execute(select(awaiting.c.value).limit(1)).first() is None:
        return set()
    found: set[int] = set()
    for kind, values in keys.items():
        for batch in bulk.batches(sorted(values)):
            rows = connection.execute(
                select(awaiting.c.claim_payment_id).where(
                    awaiting.c.value.in_(batch), awaiting.c.kind == kind
                )
            )
            found.update(row[0] for row in rows)
    return found


def _of_relatives(connection: Connection, claims: Sequence[SentClaim], first: int) -> set[int]:
    """Claim payments of older claims that share a family or a stem with the new ones.

    A claim to a next payer takes no answer from the one before: its own stand there too.
    """
    found: set[int] = set()
    c = sent_claim.c
    claims = [claim for claim in claims if not is_later_turn(claim)]
    if not claims or connection.execute(select(claim_payment.c.id).limit(1)).first() is None:
        return found
    for batch in bulk.batches(claims):
        conditions: list[ColumnElement[bool]] = [
            c.family.in_({claim.family for claim in batch}),
            c.stem.in_({stem(claim.control) for claim in batch}),
        ]
        older = connection.execute(select(c.id).where(or_(*conditions), c.id < first))
        numbers = [row[0] for row in older]
        for some in bulk.batches(numbers):
            rows = connection.execute(
                select(claim_payment.c.id).where(claim_payment.c.sent_claim_id.in_(some))
            )
            found.update(row[0] for row in rows)
    return found


def release(writer: "Writer", payment_id: int) -> int:
    """Post what was kept aside of a payment, now that it is certain. Returns how many."""
    c = claim_payment.c
    aside = select(c.id).where(c.payment_id == payment_id, c.state == "aside").order_by(c.id)
    ids = [row[0] for row in writer.connection.execute(aside)]
    learned: set[str] = set()
    for batch in bulk.batches(ids):
        learned |= _again(writer, batch)
    after_learned(writer, learned)
    return len(ids)


def retry(writer: "Writer", ids: set[int]) -> int:
    """Make these claim payments anew, and those that wait for what they teach."""
    done: set[int] = set()
    for _ in range(ROUNDS):
        new = ids - done
        if not new:
            break
        done |= new
        learned: set[str] = set()
        for batch in bulk.batches(sorted(new)):
            learned |= _again(writer, batch)
        ids = _awaiting(writer.connection, {"payer": learned}) if learned else set()
    return len(done)


def _again(writer: "Writer", ids: list[int]) -> set[str]:
    items = list(_items(writer.connection, ids))
    forget(writer, [item.id for item in items])
    learned: set[str] = set()
    for usage in sorted({item.context.usage for item in items}):
        book = [item for item in items if item.context.usage == usage]
        learned |= posting.post(writer, book).learned
    return learned


def forget(writer: "Writer", ids: list[int]) -> None:
    """Remove what was derived of these claim payments, and their rows, to be written anew."""
    connection = writer.connection
    c = claim_payment.c
    stood_on = select(c.sent_claim_id).where(c.id.in_(ids), c.sent_claim_id.is_not(None))
    writer.changed(connection.execute(stood_on.distinct()).scalars())
    writer.names_changed(named.forgotten(connection, ids))
    connection.execute(delete(posting_table).where(posting_table.c.claim_payment_id.in_(ids)))
    connection.execute(delete(line_share).where(line_share.c.claim_payment_id.in_(ids)))
    connection.execute(delete(awaiting).where(awaiting.c.claim_payment_id.in_(ids)))
    connection.execute(delete(claim_payment).where(claim_payment.c.id.in_(ids)))


def _items(connection: Connection, ids: list[int]) -> Iterator[Item]:
    """These claim payments as they came."""
    c = claim_payment.c
    query = (
        select(claim_payment, remittance, file.c.digest.label("file_digest"))
        .join(remittance, remittance.c.id == c.remittance_id)
        .join(file, file.c.id == remittance.c.file_id)
        .where(c.id.in_(ids))
        .order_by(remittance.c.file_id, remittance.c.number, c.position)
    )
    rows = connection.execute(query).fetchall()
    texts = _texts(connection, [row for row in rows if row.segments is None])
    for row in rows:
        segments = row.segments or texts[row.id]
        yield _item(row, segments)


def _item(row: Any, segments: str) -> Item:
    payment = again(segments, row.position)
    return Item(
        id=row.id,
        context=_context(row),
        payment=payment,
        fingerprint=row.fingerprint,
        occurrence=row.occurrence,
        difference=claim_difference(claim_differences(payment)),
        segments=lambda: segments,
    )


def _context(row: Any) -> Context:
    return context_of(_Named(row))


class _Named:
    """The columns of ``remittance`` in a row that also holds a claim payment's."""

    def __init__(self, row: Any) -> None:
        mapping = row._mapping  # noqa: SLF001 - SQLAlchemy's public name for it
        for column in remittance.columns:
            setattr(self, column.name, mapping[column])


def _texts(connection: Connection, rows: Sequence[Any]) -> dict[int, str]:
    """The segments of claim payments from the kept files, each file read once."""
    found: dict[int, str] = {}
    for digest, group in groupby(rows, key=lambda row: row.file_digest):
        wanted: dict[int, dict[int, int]] = {}
        for row in group:
            number = row._mapping[remittance.c.number]  # noqa: SLF001 - as above
            wanted.setdefault(number, {})[row.position] = row.id
        for number, transaction in transactions(connection, digest):
            places = wanted.pop(number, {})
            for place, segments in segments_at(transaction, places) if places else ():
                found[places[place]] = segments
            if not wanted:
                break
    return found


def claims_of(connection: Connection, digest: str, numbers: set[int]) -> Iterator[tuple[int, Kept]]:
    """The claims of some 835s of a kept file, with the number of their transaction."""
    for number, transaction in transactions(connection, digest):
        if number in numbers:
            for part in Reading(transaction).parts():
                if isinstance(part, Kept):
                    yield number, part


def parts_of(
    connection: Connection, digest: str, number: int
) -> Iterator[RemittanceHeader | Kept | RemittanceTrailer]:
    """The parts of one 835 of a kept file."""
    for found, transaction in transactions(connection, digest):
        if found == number:
            yield from Reading(transaction).parts()
            return


def transactions(connection: Connection, digest: str) -> Iterator[tuple[int, Transaction]]:
    """The transactions of a kept file, numbered from 1."""
    number = 0
    for interchange in read(keeping.file_bytes(connection, digest), []):
        for group in interchange.groups():
            for transaction in group.transactions():
                number += 1
                yield number, transaction
