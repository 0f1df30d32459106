"""Acknowledgements joined anew: when claims come that they may speak of, and by ``rebuild``."""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, bindparam, func, select, update

from reconcile.acknowledgements_match import Named
from reconcile.keys import stem
from reconcile.ledger import bulk
from reconcile.ledger.acknowledgements_join import TRIED, Context, Joiner, Joiners
from reconcile.ledger.acknowledgements_settle import settle
from reconcile.ledger.convert import from_json
from reconcile.ledger.tables import decision, sent_claim
from reconcile.ledger.tables_answered import acknowledged, acknowledgement

if TYPE_CHECKING:
    from reconcile.ledger.writer import Writer
    from reconcile.values import SentClaim

_ACK: Final = acknowledgement.c
_SAID: Final = acknowledged.c
UNDO: Final = "undo rejection"  # a decision, whose detail has the mark of the entry by hand
_NOTHING: Final = {
    "file_id": None, "transaction_control": "", "sent_claim_id": None, "sent_line_id": None,
    "method": "",
}  # fmt: skip


def after_sent(writer: "Writer", claims: Sequence["SentClaim"]) -> set[str]:
    """Join anew what may speak of these new claims or their file; as ``join_again``.

    Nothing yet while the writer does so later, for a whole file: see ``after_file``.
    """
    connection = writer.connection
    if writer.joins_later or connection.execute(select(_ACK.id).limit(1)).first() is None:
        return set()
    found = _waiting(connection)
    for batch in bulk.batches(sorted({stem(claim.control) for claim in claims} - {""})):
        rows = connection.execute(
            select(_SAID.acknowledgement_id).where(_SAID.stem.in_(batch)).distinct()
        )
        found.update(row[0] for row in rows)
    return join_again(writer, sorted(found))


def after_file(writer: "Writer", file_id: int) -> set[str]:
    """As ``after_sent``, of all claims of a file at once: each time all that waits is tried."""
    connection = writer.connection
    spoken = (
        select(_SAID.acknowledgement_id)
        .join(sent_claim, sent_claim.c.stem == _SAID.stem)
        .where(sent_claim.c.file_id == file_id, _SAID.stem != "")
        .distinct()
    )
    found = _waiting(connection) | set(connection.execute(spoken).scalars())
    return join_again(writer, sorted(found))


def _waiting(connection: Connection) -> set[int]:
    query = select(_ACK.id).where(_ACK.state.in_(("partly", "unmatched")))
    return set(connection.execute(query).scalars())


def join_again(writer: "Writer", ids: Iterable[int]) -> set[str]:
    """Join these acknowledgements anew; gives the payer claim numbers of claims of ours."""
    learned: set[str] = set()
    for batch in bulk.batches(iter(ids)):
        query = select(acknowledgement).where(_ACK.id.in_(batch), _ACK.state.in_(TRIED))
        heads = writer.connection.execute(query.order_by(_ACK.id)).fetchall()
        joiners = Joiners(writer.connection)
        alike: dict[Context, list[int]] = {}
        for head in heads:
            alike.setdefault(_context(head), []).append(head.id)
        for context, some in alike.items():
            learned |= _join(writer, joiners.of(context), some)
        settle(writer.connection, [head.id for head in heads])
    return learned


def _context(head: Any) -> Context:
    return Context(
        usage=head.usage,
        sender=head.sender,
        receiver=head.receiver,
        date=head.date,
        known=head.recorded_at,
    )


def _join(writer: "Writer", joiner: Joiner, ids: Sequence[int]) -> set[str]:
    """Join acknowledgements of one context."""
    learned: set[str] = set()
    changed: set[int] = set()
    for rows in _said(writer.connection, ids):
        joined = joiner.join([named_of(row) for row in rows])
        new = []
        for row, found in zip(rows, joined, strict=True):
            if found.claim_id is not None and row.payer_control:
                learned.add(row.payer_control)
            before = (row.file_id, row.transaction_control, row.sent_claim_id, row.sent_line_id,
                      row.method)  # fmt: skip
            if found.columns != before:
                new.append({"number": row.id, **dict(zip(_NOTHING, found.columns, strict=True))})
                if row.sent_claim_id is not None:
                    changed.add(row.sent_claim_id)
        _write(writer.connection, new)
    writer.changed(changed.union(*joiner.take()))
    return learned


def _write(connection: Connection, new: Sequence[dict[str, Any]]) -> None:
    if not new:
        return
    values: dict[str, Any] = {key: bindparam(f"new_{key}") for key in _NOTHING}
    statement = update(acknowledged).where(_SAID.id == bindparam("number")).values(values)
    connection.execute(
        statement,
        [{"number": one["number"], **{f"new_{key}": one[key] for key in _NOTHING}} for one in new],
    )


def _said(connection: Connection, owners: Sequence[int]) -> Iterator[list[Any]]:
    """What acknowledgements say, some hundred rows at a time: small ones together."""
    query = (
        select(_SAID.acknowledgement_id, func.count())
        .where(_SAID.acknowledgement_id.in_(owners))
        .group_by(_SAID.acknowledgement_id)
        .order_by(_SAID.acknowledgement_id)
    )
    small: list[int] = []
    room = bulk.BATCH
    for owner, count in connection.execute(query).fetchall():
        if count > bulk.BATCH:
            yield from _paged(connection, owner)
            continue
        if count > room:
            yield _of(connection, small)
            small, room = [], bulk.BATCH
        small.append(owner)
        room -= count
    if small:
        yield _of(connection, small)


def _of(connection: Connection, owners: Sequence[int]) -> list[Any]:
    """All that these say."""
    query = select(acknowledged).where(_SAID.acknowledgement_id.in_(owners))
    return list(connection.execute(query.order_by(_SAID.id)).fetchall())


def _paged(connection: Connection, owner: int) -> Iterator[list[Any]]:
    last = 0
    while True:
        query = select(acknowledged).where(_SAID.acknowledgement_id == owner, _SAID.id > last)
        rows = connection.execute(query.order_by(_SAID.id).limit(bulk.BATCH)).fetchall()
        if not rows:
            return
        last = rows[-1].id
        yield list(rows)


def named_of(row: Any) -> Named:
    """What a kept row names."""
    interchange, group, transaction, batch, claim, line = from_json(row.key)
    detail = json.loads(row.detail) if row.detail else {}
    return Named(
        level=row.level,
        interchange=interchange,
        group=group,
        functional_id=detail.get("functional_id", ""),
        transaction=transaction,
        batch=batch,
        provider=detail.get("provider", ""),
        claim=claim,
        line=line,
        procedure=detail.get("procedure", ""),
        service_date=detail.get("service_date", ""),
        cents=row.cents,
        date=row.date,
        refuses=row.verdict == "rejected",
        made=detail.get("made", ""),
        parties=tuple(detail.get("parties", ())),
    )


def forget(connection: Connection) -> None:
    """Remove all joins, to be made anew by ``join_all``."""
    connection.execute(update(acknowledged).values(**_NOTHING))
    tried = (*TRIED, "undone")
    connection.execute(
        update(acknowledgement).where(_ACK.state.in_(tried)).values(state="unmatched", why="")
    )


def join_all(writer: "Writer") -> None:
    """Join every acknowledgement anew; those by hand that were taken back stay so."""
    mark_undone(writer)
    ids = [row[0] for row in writer.connection.execute(select(_ACK.id).order_by(_ACK.id))]
    join_again(writer, ids)


def mark_undone(writer: "Writer") -> None:
    """What a person entered and took back again stands on no claim."""
    details = writer.connection.execute(
        select(decision.c.detail).where(decision.c.kind == UNDO).order_by(decision.c.id)
    )
    for batch in bulk.batches([json.loads(row[0])["mark"] for row in details]):
        rows = writer.connection.execute(select(_ACK.id).where(_ACK.digest.in_(batch)))
        undo(writer, [row[0] for row in rows])


def undo(writer: "Writer", ids: Sequence[int]) -> None:
    """Take these acknowledgements by hand off the claims they stand on."""
    connection = writer.connection
    stood_on = select(_SAID.sent_claim_id).where(
        _SAID.acknowledgement_id.in_(ids), _SAID.sent_claim_id.is_not(None)
    )
    writer.changed(connection.execute(stood_on.distinct()).scalars())
    connection.execute(
        update(acknowledged).where(_SAID.acknowledgement_id.in_(ids)).values(**_NOTHING)
    )
    connection.execute(update(acknowledgement).where(_ACK.id.in_(ids)).values(state="undone"))
