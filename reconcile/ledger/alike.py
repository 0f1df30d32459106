"""Two ledgers side by side: what was kept, and what was made again from the same facts.

Row numbers of facts are the same in both; those of derived rows are not looked at. Rows are read in
the order of a key of whole numbers, so that both databases sort alike, and compared group by group:
memory stays flat.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from types import MappingProxyType
from typing import Any, Final

from attrs import frozen
from sqlalchemy import Connection, Select, func, or_, select

from reconcile.ledger.facts import READ_AGAIN
from reconcile.ledger.orphans import orphans
from reconcile.ledger.tables import run, sent_claim, sent_line
from reconcile.ledger.tables_answered import acknowledged, acknowledgement, claim_state
from reconcile.ledger.tables_received import (
    awaiting,
    claim_payment,
    line_share,
    posting,
    provider_adjustment,
    remittance,
)

_R: Final = remittance.c
_C: Final = claim_payment.c
_ROWS_AT_ONCE: Final = 1000
_NEVER: Final = frozenset(  # row numbers of derived rows, and when they were made
    {"id", "run_id", "recorded_at", "remittance_id", "payment_id", "claim_payment_id",
     "line_share_id", "acknowledgement_id"}
)  # fmt: skip
LONGEST: Final = 60  # characters that are told of a content
SECRET: Final = frozenset({"segments", "unmatched_lines", "text", "detail"})  # may name a patient

ALONE: Final = "rows that belong to nothing"
MOMENTS: Final = "moments of claim payments"
SHOWN: Final = 20  # of these moments
Key = tuple[int, ...]


@frozen(kw_only=True)
class Differs:
    """One thing that is not the same: where it is, which column, and both contents."""

    what: str
    which: str  # claim, payment, line: by numbers people know
    column: str
    kept: str
    made: str


@frozen(kw_only=True)
class Compared:
    """One kind of rows in both ledgers."""

    what: str
    kept: int
    made: int
    broken: int  # groups of rows that are not the same

    @property
    def equal(self) -> bool:
        """Whether all are the same."""
        return not self.broken and self.kept == self.made


@frozen(kw_only=True)
class _Kind:
    """How one kind of rows is read: the first ``key`` columns say which, the others what."""

    query: Select[Any]
    key: int
    names: tuple[str, ...]  # of the others


def compare(here: Connection, there: Connection, *, shown: int) -> Iterator[Compared | Differs]:
    """Compare kind after kind.

    Args:
        here: the ledger that is kept.
        there: the one made again.
        shown: at most so many differences are given.

    Yields:
        The differences of a kind, then what it came to.
    """
    given = 0
    for what, kind in _kinds().items():
        kept = made = broken = 0
        for key, old, new in _side_by_side(_groups(here, kind), _groups(there, kind)):
            kept += len(old)
            made += len(new)
            if old == new:
                continue
            broken += 1
            for one in _differences(here, what, kind, key, (old, new)) if given < shown else ():
                given += 1
                yield one
        yield Compared(what=what, kept=kept, made=made, broken=broken)
    yield from _moments(here)
    yield from _alone(here, there)


def _moments(here: Connection) -> Iterator[Compared | Differs]:
    """Claim payments are recorded with the moment of their run; which run it was may differ."""
    query = (
        select(_R.trace, _C.control, _C.recorded_at, run.c.started_at)
        .join(remittance, _R.id == _C.remittance_id)
        .join(run, run.c.id == _C.run_id)
        .where(_C.recorded_at != run.c.started_at)
        .order_by(_C.id)
    )
    broken = 0
    for broken, row in enumerate(here.execute(query), 1):
        if broken <= SHOWN:
            which = f"payment {row.trace}, claim {row.control}"
            yield Differs(what=MOMENTS, which=which, column="recorded_at", kept=row.recorded_at,
                          made=row.started_at)  # fmt: skip
    if broken:
        yield Compared(what=MOMENTS, kept=broken, made=broken, broken=broken)


def _alone(here: Connection, there: Connection) -> Iterator[Compared | Differs]:
    """What belongs to nothing was in no group."""
    found = list(orphans(here))
    for one in found:
        yield Differs(what=ALONE, which=f"{one.what} {one.first}", column=f"its {one.of}",
                      kept=one.told, made="missing")  # fmt: skip
    kept, made = sum(one.count for one in found), sum(one.count for one in orphans(there))
    if kept or made:
        yield Compared(what=ALONE, kept=kept, made=made, broken=max(kept, made))


def _groups(connection: Connection, kind: _Kind) -> Iterator[tuple[Key, list[tuple[Any, ...]]]]:
    """The rows of each key; within one their order says nothing."""
    query = kind.query.execution_options(yield_per=_ROWS_AT_ONCE)
    with connection.execute(query) as rows:  # also where not all of them are wanted
        for key, some in groupby(map(tuple, rows), key=lambda row: row[: kind.key]):
            yield key, sorted((row[kind.key :] for row in some), key=repr)


def _side_by_side(
    left: Iterator[tuple[Key, list[Any]]], right: Iterator[tuple[Key, list[Any]]]
) -> Iterator[tuple[Key, list[Any], list[Any]]]:
    """Both in the order of their keys; a key that is on one side alone has nothing on the other."""
    one, other = next(left, None), next(right, None)
    while one is not None or other is not None:
        if other is None or (one is not None and one[0] < other[0]):
            assert one is not None
            yield one[0], one[1], []
            one = next(left, None)
        elif one is None or other[0] < one[0]:
            yield other[0], [], other[1]
            other = next(right, None)
        else:
            yield one[0], one[1], other[1]
            one, other = next(left, None), next(right, None)


def _differences(
    connection: Connection, what: str, kind: _Kind, key: Key, sides: tuple[list[Any], list[Any]]
) -> Iterator[Differs]:
    old, new = sides
    which = _which(connection, what, key)
    gone = sorted((Counter(old) - Counter(new)).elements(), key=repr)
    more = sorted((Counter(new) - Counter(old)).elements(), key=repr)
    for before, after in zip(gone, more, strict=False):
        for name, was, now in zip(kind.names, before, after, strict=True):
            if was != now:
                yield Differs(what=what, which=which, column=name, kept=_told(name, was),
                              made=_told(name, now))  # fmt: skip
    for rows, kept, made in ((gone[len(more) :], "there", "missing"),
                             (more[len(gone) :], "missing", "there")):  # fmt: skip
        for row in rows:
            yield Differs(what=what, which=which, column=_summary(kind, row), kept=kept, made=made)


def _told(name: str, value: Any) -> str:
    if name in SECRET:
        return "other content"
    text = "nothing" if value is None or value == "" else str(value)
    return _cut(text)


def _summary(kind: _Kind, row: tuple[Any, ...]) -> str:
    """The first few contents of a row that is on one side alone."""
    told = [f"{name} {value}" for name, value in zip(kind.names, row, strict=True)
            if name not in SECRET and value not in (None, "", 0)]  # fmt: skip
    return _cut(", ".join(told[:4])) or "a row"


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."


def _which(connection: Connection, what: str, key: Key) -> str:
    """What a key is, by numbers people know."""
    if what in _BY_CLAIM:
        query = select(sent_claim.c.control).where(sent_claim.c.id == key[0])
        return f"claim {connection.execute(query).scalar() or key[0]}"
    if what in _BY_NUMBER:
        return f"acknowledgement {key[0]}"
    if what in _BY_ACKNOWLEDGEMENT:
        return f"file {key[0]}, number {key[1]}"
    query = select(_R.trace, _C.control).outerjoin(
        claim_payment,
        (_C.remittance_id == _R.id) & (_C.position == (key[2] if len(key) > 2 else -1)),
    )
    row = connection.execute(query.where(_R.file_id == key[0], _R.number == key[1])).first()
    if row is None:
        return f"file {key[0]}, payment {key[1]}"
    parts = (f"payment {row.trace}", f"claim {row.control}" if row.control else "")
    return ", ".join(filter(None, (*parts, _line(connection, what, key))))


def _line(connection: Connection, what: str, key: Key) -> str:
    """The sent line that a share or posting stands on."""
    if what not in _BY_LINE or not key[3]:
        return ""
    query = select(sent_line.c.control).where(sent_line.c.id == key[3])
    return f"line {connection.execute(query).scalar() or key[3]}"


_BY_CLAIM: Final = frozenset({"states"})
_BY_LINE: Final = frozenset({"line shares", "postings"})
BY_HAND: Final = "rejections by hand and from reports"
_BY_NUMBER: Final = frozenset({BY_HAND, "what these say"})
_BY_ACKNOWLEDGEMENT: Final = frozenset({"acknowledgements", "what they say"})


def _kinds() -> Mapping[str, _Kind]:
    at = (_R.file_id, _R.number)
    of = (*at, _C.position)
    first = remittance.alias()
    payment = _kind(
        at, [*_others(remittance), first.c.file_id.label("copy_of_file"),
             first.c.number.label("copy_of")],
        lambda q: q.outerjoin(first, first.c.id == _R.payment_id),
    )  # fmt: skip
    share = _kind(
        (*of, line_share.c.sent_line_id), _others(line_share, "sent_line_id"),
        lambda q: q.join(claim_payment, _C.id == line_share.c.claim_payment_id)
        .join(remittance, _R.id == _C.remittance_id),
        line_share,
    )  # fmt: skip
    line = func.coalesce(line_share.c.sent_line_id, 0)
    amounts = _kind(
        (*of, line), _others(posting),
        lambda q: q.join(claim_payment, _C.id == posting.c.claim_payment_id)
        .join(remittance, _R.id == _C.remittance_id)
        .outerjoin(line_share, line_share.c.id == posting.c.line_share_id),
        posting,
    )  # fmt: skip
    waits = _kind(
        of, _others(awaiting),
        lambda q: q.join(claim_payment, _C.id == awaiting.c.claim_payment_id)
        .join(remittance, _R.id == _C.remittance_id),
        awaiting,
    )  # fmt: skip
    adjusted = _kind(
        (*at, provider_adjustment.c.position), _others(provider_adjustment, "position"),
        lambda q: q.join(remittance, _R.id == provider_adjustment.c.remittance_id),
        provider_adjustment,
    )  # fmt: skip
    return MappingProxyType({
        "payments": payment,
        "claim payments": _kind(
            of, [*_others(claim_payment, "position"), first.c.file_id.label("payment's file"),
                 first.c.number.label("payment's number")],
            lambda q: q.join(remittance, _R.id == _C.remittance_id)
            .outerjoin(first, first.c.id == _C.payment_id),
            claim_payment,
        ),
        "line shares": share,
        "postings": amounts,
        "keys by which new evidence finds claims": waits,
        "provider adjustments": adjusted,
        **_acknowledged(),
        "states": _kind((claim_state.c.sent_claim_id,), _others(claim_state, "sent_claim_id"),
                        lambda q: q, claim_state),

    })  # fmt: skip


def _acknowledged() -> dict[str, _Kind]:
    """Acknowledgements read again from kept files; of the others what they are joined to."""
    ack, said = acknowledgement.c, acknowledged.c
    read = ack.file_id.is_not(None) & ack.kind.in_(READ_AGAIN)
    other = or_(ack.file_id.is_(None), ack.kind.not_in(READ_AGAIN))
    return {
        "acknowledgements": _kind(
            (ack.file_id, ack.number), _others(acknowledgement, "file_id", "number"),
            lambda q: q.where(read), acknowledgement,
        ),
        "what they say": _kind(
            (ack.file_id, ack.number, said.position), _others(acknowledged, "position"),
            lambda q: q.join(acknowledgement, ack.id == said.acknowledgement_id).where(read),
            acknowledged,
        ),
        BY_HAND: _kind(
            (ack.id,), _others(acknowledgement, "file_id", "number"), lambda q: q.where(other),
            acknowledgement,
        ),
        "what these say": _kind(
            (ack.id, said.position), _others(acknowledged, "position"),
            lambda q: q.join(acknowledgement, ack.id == said.acknowledgement_id).where(other),
            acknowledged,
        ),
    }  # fmt: skip


def _others(table: Any, *besides: str) -> list[Any]:
    """The columns of a table that say what a row is, not where it stands."""
    leave = {*_NEVER, *besides}
    return [column for column in table.columns if column.name not in leave]


def _kind(key: Iterable[Any], others: Iterable[Any], joined: Any, table: Any = remittance) -> _Kind:
    keys, rest = tuple(key), tuple(others)
    query = joined(select(*keys, *rest).select_from(table)).order_by(*keys)
    return _Kind(query=query, key=len(keys), names=tuple(column.name for column in rest))
