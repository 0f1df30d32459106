"""What was sent and has no answer, as ``reconcile.missing`` asks for it.

Set-based and small: only what still waits is read row by row; answers are counted by payer and day.
"""

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final

from attrs import frozen
from sqlalchemy import ColumnElement, Connection, Row, and_, exists, func, select
from sqlalchemy.orm import aliased

from reconcile.keys import stem
from reconcile.ledger import bulk, keeping
from reconcile.ledger.convert import to_date
from reconcile.ledger.kept import KeptAnswer
from reconcile.ledger.tables import sent_claim, sent_file, written_file
from reconcile.ledger.tables_answered import (
    acknowledged,
    acknowledgement,
    claim_state,
    delivered_file,
    resent_claim,
    unsent_file,
)
from reconcile.ledger.tables_received import claim_payment, remittance
from reconcile.lifecycle import EVENTS
from reconcile.missing import Answered, Neighbours, SentClaim, SentFile

UNDECIDED: Final = ("sent", "received", "accepted")  # states of ``reconcile.lifecycle``
ANSWERED: Final = tuple(row.kind for row in EVENTS if row.work)  # an 835 that decides nothing came
UNANSWERED: Final = ("ready", "sent")
REPORTS: Final = ("277CA", "report", "hand")  # kinds that speak of claims
_DAY: Final = 10  # characters of a moment that are its day
_NO_DAY: Final = "0001-01-01"  # of a payment without a readable date
_ISA: Final = re.compile(  # ISA01 to ISA15 have their length: the mark stands between them
    rb"ISA(?P<m>[^A-Za-z0-9\s])..(?P=m).{10}(?P=m)..(?P=m).{10}(?P=m)..(?P=m)(?P<from>.{15})(?P=m)"
    rb"..(?P=m).{15}(?P=m).{6}(?P=m).{4}(?P=m).(?P=m).{5}(?P=m)(?P<no>\d{9})(?P=m).(?P=m)"
    rb"(?P<use>.)(?P=m)",
    re.DOTALL,
)
_C: Final = sent_claim.c
_S: Final = sent_file.c


def local(moment: str, zone: dt.tzinfo) -> dt.datetime:
    """A moment of the tables in local time, without its zone."""
    at = dt.datetime.fromisoformat(moment)
    return at.astimezone(zone).replace(tzinfo=None)


def _newest_file() -> ColumnElement[int]:
    """The file a claim went in last."""
    again = select(func.max(resent_claim.c.file_id)).where(resent_claim.c.sent_claim_id == _C.id)
    return func.coalesce(again.correlate(sent_claim).scalar_subquery(), _C.file_id)


def files(
    connection: Connection, usage: str, *, since: dt.date, zone: dt.tzinfo
) -> dict[int, SentFile]:
    """The files of claims made from a day on that were not taken back, by row number."""
    told = exists().where(acknowledged.c.file_id == _S.file_id)
    query = (
        select(sent_file, delivered_file.c.recorded_at.label("delivered"),
               written_file.c.recorded_at.label("written"), told.label("told"))
        .outerjoin(delivered_file, delivered_file.c.file_id == _S.file_id)
        .outerjoin(written_file, written_file.c.file_id == _S.file_id)
        .where(
            _S.usage == usage,
            _S.recorded_at >= since.isoformat(),
            ~exists().where(unsent_file.c.file_id == _S.file_id),
        )
        .order_by(_S.file_id)
    )  # fmt: skip
    rows = connection.execute(query).fetchall()
    sums = _sums(connection, [row.file_id for row in rows])
    return {row.file_id: _file(row, sums.get(row.file_id, _NO_SUM), zone) for row in rows}


_Sum = tuple[int, int, int]  # claims, cents, how many are beyond sent
_NO_SUM: Final[_Sum] = (0, 0, 0)


def _sums(connection: Connection, numbers: list[int]) -> dict[int, _Sum]:
    """What stands in each file, also what went in it again."""
    found: dict[int, _Sum] = {}
    for batch in bulk.batches(numbers):
        first = select(_C.file_id, _C.id.label("claim")).where(_C.file_id.in_(batch))
        again = select(resent_claim.c.file_id, resent_claim.c.sent_claim_id).where(
            resent_claim.c.file_id.in_(batch)
        )
        went = first.union(again).subquery()
        beyond = claim_state.c.state.not_in(UNANSWERED)
        query = (
            select(
                went.c.file_id,
                func.count(),
                func.sum(_C.charge),
                func.count(claim_state.c.sent_claim_id).filter(beyond),
            )
            .join(sent_claim, _C.id == went.c.claim)
            .outerjoin(claim_state, claim_state.c.sent_claim_id == _C.id)
            .group_by(went.c.file_id)
        )
        for number, claims, cents, answered in connection.execute(query):
            found[number] = int(claims), int(cents), int(answered)
    return found


def _file(row: Row[Any], sums: _Sum, zone: dt.tzinfo) -> SentFile:
    claims, cents, beyond = sums
    left = row.delivered or ("" if row.profile else row.written or "")
    return SentFile(
        id=row.file_id,
        name=row.name,
        profile=row.profile,
        receiver=row.receiver,
        recorded=local(row.recorded_at, zone),
        left=local(left, zone) if left else None,
        answered=bool(row.told or beyond),
        claims=claims,
        cents=cents,
    )


def _is_undecided(usage: str) -> ColumnElement[bool]:
    """Of claims with their state: that they left and no payer has decided them."""
    return and_(
        _C.usage == usage,
        claim_state.c.state.in_(UNDECIDED),
        claim_state.c.event.not_in(ANSWERED),
    )


def undecided_in(connection: Connection, usage: str) -> frozenset[tuple[int, str]]:
    """The files that the claims of ``undecided`` went in last, each with their payers."""
    query = (
        select(_newest_file(), _C.payer)
        .join(claim_state, claim_state.c.sent_claim_id == _C.id)
        .where(_is_undecided(usage))
        .distinct()
    )
    return frozenset((number, payer) for number, payer in connection.execute(query))


def undecided(
    connection: Connection,
    usage: str,
    found: Mapping[int, SentFile],
    *,
    zone: dt.tzinfo,
    cut: Mapping[str, KeptAnswer] = MappingProxyType({}),
) -> Iterator[SentClaim]:
    """The claims that left and that no payer has decided, in the order of recording.

    ``cut``: the answers in payments that are not whole (``kept.cut_off``).
    """
    report = (
        exists()
        .where(
            acknowledged.c.sent_claim_id == _C.id,
            acknowledgement.c.id == acknowledged.c.acknowledgement_id,
            acknowledgement.c.kind.in_(REPORTS),
        )
        .label("reported")
    )
    newest = _newest_file()
    last = aliased(sent_file)
    columns = (
        _C.id, _C.control, _C.payer, _C.payer_name, _C.charge, claim_state.c.state, report,
        newest.label("newest"), last.c.recorded_at.label("recorded"), _C.recorded_at.label("known"),
        delivered_file.c.recorded_at.label("delivered"),
    )  # fmt: skip
    query = (
        select(*columns)
        .join(claim_state, claim_state.c.sent_claim_id == _C.id)
        .outerjoin(last, last.c.file_id == newest)
        .outerjoin(delivered_file, delivered_file.c.file_id == newest)
        .where(_is_undecided(usage))
        .order_by(_C.id)
    )
    for row in connection.execute(query.execution_options(yield_per=bulk.BATCH)):
        answer = cut.get(stem(row.control)) if cut else None
        yield SentClaim(
            control=row.control,
            payer=row.payer,
            payer_name=row.payer_name,
            file=found.get(row.newest),
            file_id=row.newest,
            sent=local(row.delivered or row.recorded or row.known, zone).date(),
            cents=row.charge,
            reported=bool(row.reported),
            accepted=row.state == "accepted",
            cut=answer.place if answer else "",
        )


def reported_files(connection: Connection, numbers: Iterable[int]) -> frozenset[int]:
    """Those files of which a report speaks of at least one claim."""
    found: set[int] = set()
    for batch in bulk.batches(sorted(numbers)):
        query = (
            select(acknowledged.c.file_id)
            .join(acknowledgement, acknowledgement.c.id == acknowledged.c.acknowledgement_id)
            .where(
                acknowledged.c.file_id.in_(batch),
                acknowledged.c.sent_claim_id.is_not(None),
                acknowledgement.c.kind.in_(REPORTS),
            )
            .distinct()
        )
        found.update(connection.execute(query).scalars())
    return frozenset(found)


def neighbours(
    connection: Connection, wanted: Iterable[tuple[int, str]]
) -> dict[tuple[int, str], Neighbours]:
    """How many claims of these files went to these payers, how many are answered, and when last."""
    keys = set(wanted)
    found: dict[tuple[int, str], Neighbours] = {}
    for batch in bulk.batches(sorted({number for number, _ in keys})):
        paid = and_(claim_payment.c.sent_claim_id == _C.id, claim_payment.c.state == "posted")
        query = (
            select(_C.file_id, _C.payer, func.count(_C.id.distinct()),
                   func.count(claim_payment.c.sent_claim_id.distinct()),
                   func.max(remittance.c.payment_date))
            .outerjoin(claim_payment, paid)
            .outerjoin(remittance, remittance.c.id == claim_payment.c.remittance_id)
            .where(_C.file_id.in_(batch))
            .group_by(_C.file_id, _C.payer)
        )  # fmt: skip
        for number, payer, claims, answered, last in connection.execute(query):
            if (number, payer) in keys:
                found[number, payer] = Neighbours(
                    claims=claims, answered=answered, last=to_date(last) if last else None
                )
    return found


def answers(
    connection: Connection, usage: str, *, since: dt.date, zone: dt.tzinfo
) -> Iterator[Answered]:
    """When claims were sent, paid first, and when that 835 came, counted.

    Only claims made here: of one that was taken over it is not known when it was sent.
    """
    left = func.substr(func.coalesce(delivered_file.c.recorded_at, _C.recorded_at), 1, _DAY)
    first = (
        select(_C.id, _C.payer, left.label("sent"),
               func.min(remittance.c.payment_date).label("paid"),
               func.min(remittance.c.recorded_at).label("came"))
        .join(claim_payment, claim_payment.c.sent_claim_id == _C.id)
        .join(remittance, remittance.c.id == claim_payment.c.remittance_id)
        .outerjoin(delivered_file, delivered_file.c.file_id == _C.file_id)
        .where(
            _C.usage == usage,
            _C.origin == "billed",
            _C.recorded_at >= since.isoformat(),
            claim_payment.c.state == "posted",
            remittance.c.payment_date > _NO_DAY,
        )
        .group_by(_C.id, _C.payer, left)
        .subquery()
    )  # fmt: skip
    f = first.c
    query = (
        select(f.payer, f.sent, f.paid, f.came, func.count().label("claims"))
        .group_by(f.payer, f.sent, f.paid, f.came)
        .order_by(f.payer, f.sent, f.paid, f.came)
    )
    for row in connection.execute(query):
        yield Answered(
            payer=row.payer,
            sent=to_date(row.sent),
            paid=to_date(row.paid),
            came=local(row.came, zone).date(),
            claims=row.claims,
        )


@frozen(kw_only=True)
class Unsent:
    """Claim payments of one payer that fit nothing that was sent."""

    payer: str  # name in the 835
    count: int
    cents: int
    since: dt.date  # the oldest was received


def unmatched(connection: Connection, usage: str) -> tuple[Unsent, ...]:
    """The unmatched claim payments by payer."""
    query = (
        select(remittance.c.payer_name, func.count(), func.sum(claim_payment.c.paid),
               func.min(remittance.c.recorded_at))
        .join(remittance, remittance.c.id == claim_payment.c.remittance_id)
        .where(remittance.c.usage == usage, claim_payment.c.state == "unmatched")
        .group_by(remittance.c.payer_name)
        .order_by(remittance.c.payer_name)
    )  # fmt: skip
    return tuple(
        Unsent(payer=payer, count=count, cents=int(cents), since=to_date(since[:_DAY]))
        for payer, count, cents, since in connection.execute(query)
    )


@frozen(kw_only=True)
class SentTo:
    """What went to one payer within the time looked at."""

    payer: str  # key
    name: str
    claims: int
    cents: int
    first: dt.date
    answered: bool  # an 835 ever answered a claim to it


def payers(connection: Connection, usage: str, *, since: dt.date) -> tuple[SentTo, ...]:
    """The payers that claims were sent to from a day on."""
    query = (
        select(_C.payer, func.max(_C.payer_name), func.count(), func.sum(_C.charge),
               func.min(_C.recorded_at))
        .where(
            _C.usage == usage,
            _C.origin == "billed",
            _C.recorded_at >= since.isoformat(),
            _C.file_id.not_in(select(unsent_file.c.file_id)),
        )
        .group_by(_C.payer)
        .order_by(_C.payer)
    )  # fmt: skip
    found = []
    for payer, name, claims, cents, first in connection.execute(query).fetchall():
        came = (
            select(claim_payment.c.id)
            .join(sent_claim, _C.id == claim_payment.c.sent_claim_id)
            .join(remittance, remittance.c.id == claim_payment.c.remittance_id)
            .where(_C.usage == usage, _C.payer == payer, remittance.c.origin == "")
            .limit(1)
        )
        found.append(
            SentTo(
                payer=payer,
                name=name,
                claims=claims,
                cents=int(cents),
                first=to_date(first[:_DAY]),
                answered=connection.execute(came).first() is not None,
            )
        )
    return tuple(found)


def control_numbers(
    connection: Connection, usage: str, *, since: dt.date
) -> dict[str, tuple[int, ...]]:
    """The interchange control numbers received from each sender (ISA06) from a day on.

    Of acknowledgements they are kept; of remittances they stand in the kept files.
    """
    found: dict[str, set[int]] = {}
    for file_id in _remittance_files(connection, usage, since):
        for sender, number, of in headers(keeping.piece(connection, file_id, 0)):
            if of == usage:
                found.setdefault(sender, set()).add(number)
    a = acknowledgement.c
    rows = connection.execute(
        select(a.sender, a.interchange_control)
        .where(a.usage == usage, a.recorded_at >= since.isoformat(), a.sender != "")
        .distinct()
        .order_by(a.sender, a.interchange_control)
    )
    for sender, number in rows:
        if number.isascii() and number.isdigit():
            found.setdefault(sender, set()).add(int(number))
    return {sender: tuple(sorted(numbers)) for sender, numbers in found.items()}


def _remittance_files(connection: Connection, usage: str, since: dt.date) -> list[int]:
    """The files with remittances that came from a day on; not what was entered by hand."""
    r = remittance.c
    query = (
        select(r.file_id)
        .where(r.usage == usage, r.recorded_at >= since.isoformat(), r.origin == "")
        .distinct()
        .order_by(r.file_id)
    )
    return list(connection.execute(query).scalars())


def headers(data: bytes) -> Iterator[tuple[str, int, str]]:
    """Sender, ISA13 and book of each interchange that begins in these bytes."""
    for found in _ISA.finditer(data):
        sender, number, usage = (found[name].decode("latin-1") for name in ("from", "no", "use"))
        yield sender.strip(), int(number), "T" if usage.upper() == "T" else "P"
