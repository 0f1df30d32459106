"""What was said of sent claims: of each all words of all its sendings."""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, and_, or_, select, tuple_

from edi.acknowledgement import Status
from edi.acknowledgement_words import meaning
from reconcile.acknowledgements import OWN, Code, Heard, in_order, refuses_group, verdict_of
from reconcile.acknowledgements_match import Sending
from reconcile.acknowledgements_place import Fault, PlacedClaim, is_at_fault
from reconcile.ledger import bulk
from reconcile.ledger.acknowledgements_join import resendings
from reconcile.ledger.convert import from_json
from reconcile.ledger.tables import file, sent_claim
from reconcile.ledger.tables_answered import acknowledged, acknowledgement, resent_claim

_CLAIM: Final = sent_claim.c
_SAID: Final = acknowledged.c
_ACK: Final = acknowledgement.c
_COLUMNS: Final = (
    acknowledged, _ACK.kind, _ACK.source, _ACK.source_name, _ACK.number, _ACK.reference,
    _ACK.interchange_control, _ACK.transaction_control.label("their_transaction"),
    _ACK.recorded_at, file.c.name.label("file_name"), file.c.digest.label("file_digest"),
)  # fmt: skip


def heard_of(connection: Connection, claims: Iterable[int]) -> dict[int, tuple[Heard, ...]]:
    """All that was said of these claims, in order, by row number; of some hundred at a time.

    What was said of a file or transaction is said of each of its claims, where the same
    acknowledgement does not speak of the claim (or its transaction) itself.
    """
    found: dict[int, tuple[Heard, ...]] = {}
    for batch in bulk.batches(list(dict.fromkeys(claims))):
        found.update(_heard(connection, batch))
    return found


def sendings_of(connection: Connection, claims: Sequence[int]) -> dict[int, tuple[Sending, ...]]:
    """The sendings of these claims, the first is the one they were made for, by row number."""
    found: dict[int, tuple[Sending, ...]] = {}
    for batch in bulk.batches(list(claims)):
        again = resendings(connection, batch)
        query = select(
            _CLAIM.id, _CLAIM.file_id, _CLAIM.transaction_control, _CLAIM.position,
            _CLAIM.recorded_at,
        ).where(_CLAIM.id.in_(batch))  # fmt: skip
        for row in connection.execute(query.order_by(_CLAIM.id)):
            first = Sending(
                row.file_id, row.transaction_control, row.position, row.recorded_at[:10]
            )
            found[row.id] = (first, *again.get(row.id, ()))
    return found


def _heard(connection: Connection, claims: Sequence[int]) -> dict[int, tuple[Heard, ...]]:
    sendings = sendings_of(connection, claims)
    own = _rows(connection, _SAID.sent_claim_id.in_(claims))
    by_claim: dict[int, list[Any]] = {}
    for row in own:
        by_claim.setdefault(row.sent_claim_id, []).append(row)
    wholes = _wholes(connection, sendings.values())
    providers = _providers(connection, claims) if wholes else {}
    neighbours = _Positions(connection)
    return {
        number: in_order(
            _of_claim(sent, by_claim.get(number, []), wholes, providers.get(number, ""), neighbours)
        )
        for number, sent in sendings.items()
    }


def _rows(connection: Connection, condition: ColumnElement[bool]) -> list[Any]:
    query = (
        select(*_COLUMNS)
        .join(acknowledgement, _ACK.id == _SAID.acknowledgement_id)
        .outerjoin(file, file.c.id == _ACK.file_id)
        .where(condition)
        .order_by(_SAID.id)
    )
    return list(connection.execute(query))


def _wholes(
    connection: Connection, sendings: Iterable[Sequence[Sending]]
) -> dict[tuple[int, str], list[Any]]:
    """What was said of the files and transactions, by (file, ST02); of a file under no ST02."""
    pairs = {(one.file, one.transaction) for some in sendings for one in some}
    found: dict[tuple[int, str], dict[int, Any]] = {}
    for batch in bulk.batches(sorted(pairs)):
        files = sorted({file_id for file_id, _ in batch})
        condition = and_(
            _SAID.sent_claim_id.is_(None),
            or_(
                and_(_SAID.file_id.in_(files), _SAID.transaction_control == ""),
                tuple_(_SAID.file_id, _SAID.transaction_control).in_(batch),
            ),
        )
        for row in _rows(connection, condition):
            found.setdefault((row.file_id, row.transaction_control), {})[row.id] = row
    return {key: list(rows.values()) for key, rows in found.items()}


def _providers(connection: Connection, claims: Sequence[int]) -> dict[int, str]:
    query = select(_CLAIM.id, _CLAIM.billing_npi).where(_CLAIM.id.in_(claims))
    return {row.id: row.billing_npi for row in connection.execute(query)}


class _Positions:
    """Where the claims of a transaction stand, asked once for each."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._known: dict[tuple[int, str], tuple[PlacedClaim, ...]] = {}
        self._named: dict[int, tuple[Code, ...] | None] = {}

    def claims(self, sending: Sending) -> tuple[PlacedClaim, ...]:
        """The claims of the sending's transaction, by position."""
        key = (sending.file, sending.transaction)
        if key not in self._known:
            r = resent_claim.c
            own = select(_CLAIM.position, _CLAIM.member_id, _CLAIM.billing_npi).where(
                _CLAIM.file_id == sending.file, _CLAIM.transaction_control == sending.transaction
            )
            again = (
                select(r.position, _CLAIM.member_id, _CLAIM.billing_npi)
                .join(sent_claim, _CLAIM.id == r.sent_claim_id)
                .where(r.file_id == sending.file, r.transaction_control == sending.transaction)
            )
            found = [
                PlacedClaim(position=position, member=member, npi=npi)
                for query in (own, again)
                for position, member, npi in self._connection.execute(query)
            ]
            self._known[key] = tuple(sorted(found, key=lambda one: one.position))
        return self._known[key]

    def named(self, row: Any) -> tuple[Code, ...] | None:
        """What a 999 says of the claims of the transaction that it names by number (CTX).

        None where it names a claim that is not found.
        """
        if row.id not in self._named:
            query = (
                select(_SAID.sent_claim_id, _SAID.codes)
                .where(
                    _SAID.acknowledgement_id == row.acknowledgement_id,
                    _SAID.level == "claim",
                    _SAID.verdict == "rejected",
                    or_(
                        _SAID.sent_claim_id.is_(None),
                        and_(
                            _SAID.file_id == row.file_id,
                            _SAID.transaction_control == row.transaction_control,
                        ),
                    ),
                )
                .order_by(_SAID.id)
            )
            found = self._connection.execute(query).fetchall()
            told = tuple(code for each in found for code in codes_of(each.codes))
            self._named[row.id] = None if any(e.sent_claim_id is None for e in found) else told
        return self._named[row.id]


def _of_claim(
    sendings: Sequence[Sending],
    own: Sequence[Any],
    wholes: dict[tuple[int, str], list[Any]],
    npi: str,
    positions: _Positions,
) -> Iterator[Heard]:
    """The words of one claim."""
    spoken = {row.acknowledgement_id for row in own}
    numbers = {(one.file, one.transaction): n for n, one in enumerate(sendings)}
    for row in own:
        at = numbers.get((row.file_id, row.transaction_control), 0)
        yield _word(row, at, own_fault=True if row.kind in ("999", "997") else None)
    for number, sending in enumerate(sendings):
        of_transaction = wholes.get((sending.file, sending.transaction), [])
        told = spoken | {row.acknowledgement_id for row in of_transaction}
        refused = {row.acknowledgement_id for row in (*own, *of_transaction) if _refuses(row)}
        for row in of_transaction:
            if row.acknowledgement_id in spoken or not _is_of(row, npi):
                continue
            yield _word(row, number, own_fault=_own_fault(row, sending, positions))
        for row in wholes.get((sending.file, ""), []) if sending.transaction else ():
            of_all = refuses_group(row.level, row.verdict) and row.acknowledgement_id not in refused
            if row.acknowledgement_id not in told or of_all:
                yield _word(row, number)


def _refuses(row: Any) -> bool:
    return bool(row.verdict == "rejected" and row.level != "line")


def _is_of(row: Any, npi: str) -> bool:
    """Whether what is said of a billing provider is said of the claim's."""
    if row.level != "provider":
        return True
    said = json.loads(row.detail).get("provider", "") if row.detail else ""
    return said in ("", npi)


def _own_fault(row: Any, sending: Sending, positions: _Positions) -> bool | None:
    """Whether the fault a 999 names is in this claim; None where it does not say for certain.

    A place told of a claim by its number may lie above it (2010BA), and so be that of others too.
    """
    if row.verdict != "rejected" or not sending.position:
        return None
    named = positions.named(row)
    if named is None:
        return None
    faults = [
        Fault(position=code.position, loop=code.loop, segment=code.segment)
        for code in (*codes_of(row.codes), *named)
        if code.position
    ]
    return is_at_fault(sending.position, faults, positions.claims(sending)) if faults else None


def codes_of(text: str) -> tuple[Code, ...]:
    """The codes of a row of ``acknowledged``."""
    return tuple(_code(*each) for each in from_json(text))


def _code(name: str, code: str, places: dict[str, Any]) -> Code:
    """A code with our words of today: the tables of words may have been mended since it came."""
    words = "" if name == OWN else meaning(Status(list=name, code=code, **places))
    return Code(list=name, code=code, words=words, **places)


def _word(row: Any, sending: int, *, own_fault: bool | None = None) -> Heard:
    _, _, _, _, claim, line = from_json(row.key)
    return Heard(
        id=row.id,
        acknowledgement=row.acknowledgement_id,
        kind=row.kind,
        source=row.source,
        source_name=row.source_name,
        level=row.level,
        verdict=verdict_of(row.level, row.verdict, row.detail),
        codes=codes_of(row.codes),
        text=row.text,
        payer_control=row.payer_control,
        date=row.date,
        recorded_at=row.recorded_at,
        file=row.file_name or "",
        file_digest=row.file_digest or "",
        number=row.number,
        interchange=row.interchange_control,
        transaction=row.their_transaction,
        position=row.position,
        reference=row.reference,
        sending=sending,
        sent_file=row.file_id or 0,
        sent_transaction=row.transaction_control,
        claim=claim,
        line=line,
        method=row.method,
        own_fault=own_fault,
    )
