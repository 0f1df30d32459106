"""Claims found by what was received about them: an acknowledgement's numbers, our batch's."""

from typing import Final

from sqlalchemy import ColumnElement, Select, or_, select

from reconcile.acknowledgements_match import batch_numbers
from reconcile.ledger.tables import file, sent_claim, sent_file
from reconcile.ledger.tables_answered import (
    acknowledged,
    acknowledgement,
    adopted_transaction,
    resent_claim,
)

_ACK: Final = acknowledgement.c
_CLAIM: Final = sent_claim.c
_AGAIN: Final = resent_claim.c
_SAID: Final = acknowledged.c
_MADE: Final = adopted_transaction.c
_LONGEST: Final = 9  # digits of ISA13


def in_file(name: str, digest: str) -> ColumnElement[bool]:
    """Claims that the acknowledgements of a received file speak of."""
    here = select(_ACK.id).join(file, file.c.id == _ACK.file_id)
    return spoken_of(here.where((file.c.name == name) | (file.c.digest == digest)))


def by_reference(word: str) -> ColumnElement[bool]:
    """Claims of a 277CA by its own number (BHT03)."""
    return spoken_of(select(_ACK.id).where(_ACK.reference == word, _ACK.kind == "277CA"))


def by_interchange(word: str) -> ColumnElement[bool] | None:
    """Claims of acknowledgements by the ISA13 they came in; None where it is no such number."""
    if not (word.isascii() and word.isdigit() and len(word) <= _LONGEST):
        return None
    return spoken_of(select(_ACK.id).where(_ACK.interchange_control == word.zfill(_LONGEST)))


def by_batch(word: str) -> ColumnElement[bool]:
    """Claims of a transaction of ours, by its batch number (BHT03)."""
    numbers = batch_numbers(word)
    elsewhere = select(_MADE.file_id, _MADE.transaction_control).where(_MADE.reference == word)
    queries = [elsewhere]
    if numbers is not None:
        interchange, transaction = numbers
        own = select(_CLAIM.file_id, _CLAIM.transaction_control)
        again = select(_AGAIN.file_id, _AGAIN.transaction_control)
        for query, column in ((own, _CLAIM), (again, _AGAIN)):
            queries.append(
                query.join(sent_file, sent_file.c.file_id == column.file_id).where(
                    sent_file.c.interchange_control == interchange,
                    column.transaction_control == transaction,
                )
            )
    return or_(*(_in_transactions(query) for query in queries))


def _in_transactions(wanted: Select[tuple[int, str]]) -> ColumnElement[bool]:
    """Claims sent in these transactions (file, ST02), first or again."""
    w = wanted.distinct().subquery()
    first = select(_CLAIM.id).join(
        w, (w.c.file_id == _CLAIM.file_id) & (w.c.transaction_control == _CLAIM.transaction_control)
    )
    again = select(_AGAIN.sent_claim_id).join(
        w, (w.c.file_id == _AGAIN.file_id) & (w.c.transaction_control == _AGAIN.transaction_control)
    )
    return _CLAIM.id.in_(first.union(again))


def spoken_of(some: Select[tuple[int]]) -> ColumnElement[bool]:
    """Claims these acknowledgements speak of: by themselves, or with all of a file or transaction.

    Args:
        some: row numbers of acknowledgements.
    """
    named = select(_SAID.sent_claim_id).where(
        _SAID.acknowledgement_id.in_(some), _SAID.sent_claim_id.is_not(None)
    )
    whole = (
        select(_SAID.file_id, _SAID.transaction_control)
        .where(
            _SAID.acknowledgement_id.in_(some),
            _SAID.sent_claim_id.is_(None),
            _SAID.file_id.is_not(None),
        )
        .distinct()
        .subquery()
    )
    inside = [
        select(number).join(
            whole,
            (whole.c.file_id == table.file_id)
            & (
                (whole.c.transaction_control == "")
                | (whole.c.transaction_control == table.transaction_control)
            ),
        )
        for number, table in ((_CLAIM.id, _CLAIM), (_AGAIN.sent_claim_id, _AGAIN))
    ]
    return _CLAIM.id.in_(named.union(*inside))
