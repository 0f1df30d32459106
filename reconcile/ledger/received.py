"""Payments as they were received: their rows, and which of them are the same payment."""

import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Sequence
from decimal import Decimal
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final, cast

from attrs import asdict, frozen
from sqlalchemy import ColumnElement, Connection, and_, or_, select, update

from edi.envelope import Transaction
from edi.problem import Place, Problem
from edi.remittance import ProviderAdjustment, RemittanceHeader
from edi.x835 import read_835
from reconcile.ledger import bulk
from reconcile.ledger.convert import from_date, from_json, to_cents, to_json
from reconcile.ledger.payments import PROBLEMS_KEPT, Digest, HeaderReading, bounded_header
from reconcile.ledger.tables import file
from reconcile.ledger.tables_received import problem, provider_adjustment, remittance

if TYPE_CHECKING:
    from reconcile.ledger.writer import Writer

_MORE: Final = "file.more-problems"
_SCANNED_AT_ONCE: Final = 1000  # segments
_AFTER_HEADER: Final = frozenset({"LX", "CLP", "TS2", "TS3", "PLB", "SE"})
_NEVER: Final = dt.date(1, 1, 1)
ZEROS_TO: Final = 16  # digits up to which a payment number is looked for with zeros before it
_COLUMNS: Final = tuple(remittance.columns.keys())
INCOMPLETE: Final = "incomplete"  # the state of a payment that is not whole
BY_HAND: Final = "CLAIMLINEHAND"  # ISA06 of what a person entered: see ``by_hand_remit``


@frozen(kw_only=True)
class Scanned:
    """One 835 transaction looked over: whose payment it is, and whether it is whole."""

    number: int  # of the transaction in its file, from 1
    interchange: str  # ISA13
    group: str  # GS06
    usage: str
    header: RemittanceHeader
    date: dt.date  # BPR16; where missing, that of DTM*405 or the interchange
    digest: str
    complete: bool
    claims: int
    origin: str = ""  # hand: entered by a person; empty: an 835

    @property
    def key(self) -> str:
        """What makes it the same payment (CAQH CORE 370): TRN03, TRN02, BPR02, BPR16, usage."""
        header = self.header
        day = from_date(header.payment_date) if header.payment_date else ""
        cents = to_cents(header.paid)
        return to_json([header.originator, header.trace, cents, day, self.usage])


def scan(transaction: Transaction, number: int) -> Scanned:
    """Look an 835 over: its header, a digest of its content, whether it is complete."""
    head: list[list[str]] = []
    digest = Digest(transaction.separators)
    claims = 0
    element = transaction.separators.element
    for texts in _without_ends(transaction, element):
        digest.add(texts)
        claims += "\n".join(["", *texts]).count(f"\nCLP{element}")
        head = head or list(_header(texts, element))
    parts = read_835(cast("Transaction", HeaderReading(transaction, head)))
    header = bounded_header(next(p for p in parts if isinstance(p, RemittanceHeader)))
    interchange = transaction.interchange
    return Scanned(
        number=number,
        interchange=interchange.control,
        group=transaction.group.control,
        usage="T" if interchange.usage.upper() == "T" else "P",
        header=header,
        date=_date(header, interchange.header),
        digest=digest.hexdigest(),
        complete=transaction.complete,
        claims=claims,
        origin="hand" if interchange.sender[1] == BY_HAND else "",
    )


def _without_ends(transaction: Transaction, element: str) -> Iterator[list[str]]:
    """The segments between ST and SE, a thousand at a time."""
    held: list[str] = []
    for texts in bulk.batches(transaction.texts(), _SCANNED_AT_ONCE):
        if held:
            yield held
        held = texts[1:] if texts[0].startswith(f"ST{element}") else texts
    if held and held[-1].startswith(f"SE{element}"):
        held.pop()
    yield held


def _header(texts: Iterable[str], element: str) -> Iterator[list[str]]:
    """The segments before the first claim, split."""
    for text in texts:
        split = text.split(element)
        if split[0] in _AFTER_HEADER:
            return
        yield split


def _date(header: RemittanceHeader, isa: tuple[str, ...]) -> dt.date:
    if header.payment_date:
        return header.payment_date
    produced = next((d.date for d in header.dates if d.qualifier == "405" and d.date), None)
    if produced:
        return produced
    text = isa[8] if len(isa) > 8 else ""
    try:
        return dt.datetime.strptime(text, "%y%m%d").replace(tzinfo=dt.UTC).date()
    except ValueError:
        return _NEVER


def unseen(connection: Connection, traces: Iterable[str]) -> set[str]:
    """Those of some payment numbers (TRN02) that no payment has, however many zeros lead them."""
    asked: dict[str, list[str]] = {}
    for trace in dict.fromkeys(trace for trace in traces if trace):
        asked.setdefault(_plain(trace), []).append(trace)
    new = {plain: some[0] for plain, some in asked.items() if len(some) == 1}
    spelled = {spelling for trace in new.values() for spelling in _spellings(trace)}
    for batch in bulk.batches(sorted(spelled)):
        query = select(remittance.c.trace).where(bulk.among(connection, remittance.c.trace, batch))
        for trace in connection.execute(query).scalars():
            new.pop(_plain(trace), None)
    return set(new.values())


def _plain(trace: str) -> str:
    """A payment number without the zeros before it: banks and clearinghouses drop and add them."""
    return trace.lstrip("0") if trace.isdigit() else trace


def _spellings(trace: str) -> list[str]:
    """How a payment number may be spelled: itself, and with fewer or more zeros before it."""
    plain = _plain(trace)
    if not (plain and plain.isdigit()):
        return [trace]
    some = (plain.zfill(length) for length in range(len(plain), max(ZEROS_TO, len(plain)) + 1))
    return list(dict.fromkeys((trace, *some)))


def add(
    writer: "Writer", file_id: int, found: Sequence[Scanned], new: Collection[str] = ()
) -> list[Any]:
    """Record the payments of a file, still to be posted.

    Args:
        writer: the open transaction.
        file_id: of the file.
        found: its payments.
        new: payment numbers that are known to be in no file recorded before.

    Returns:
        The rows as ``rows_of`` gives them.
    """
    if any(one.origin for one in found):
        writer.may_have(BY_HAND)
    first = writer.ids(remittance, len(found))
    rows = []
    firsts: dict[str, int] = {}
    traces: set[str] = set()
    for number, one in enumerate(found, first):
        if one.key not in firsts:
            is_new = one.header.trace in new and _plain(one.header.trace) not in traces
            known = None if is_new else _first_of(writer.connection, one)
            firsts[one.key] = known or number
        traces.add(_plain(one.header.trace))
        rows.append(_row(number, file_id, firsts[one.key], one, writer.recorded))
    writer.add(remittance, rows)
    return [SimpleNamespace(**dict(zip(_COLUMNS, row, strict=True))) for row in rows]


def _first_of(connection: Connection, one: Scanned) -> int | None:
    """The payment that this is, if it was received before.

    A copy whose date (BPR16) is missing or cannot be read is of the payment of that number and
    amount, and so is one of the same day whose number has other zeros before it: two payments of
    them would count its money twice. Their claims are compared.
    """
    c, header = remittance.c, one.header
    if not header.trace:
        exact = select(c.payment_id).where(c.payment_key == one.key).limit(1)
        return connection.execute(exact).scalar()
    alike = select(c.payment_id, c.payment_key).where(
        c.trace.in_(_spellings(header.trace)),
        c.originator == header.originator,
        c.paid == to_cents(header.paid),
        c.usage == one.usage,
    )
    rows = connection.execute(alike.order_by(c.id)).fetchall()
    same = next((payment for payment, key in rows if key == one.key), None)
    if same is not None:
        return int(same)
    day = from_date(header.payment_date) if header.payment_date else ""
    same = next((payment for payment, key in rows if day and from_json(key)[3] == day), None)
    if same is not None:
        return int(same)
    dated: dict[int, bool] = {}
    for payment, key in rows:
        dated[payment] = dated.get(payment, False) or bool(from_json(key)[3])
    if header.payment_date is None:
        return next(iter(dated), None)
    return next((payment for payment, has_date in dated.items() if not has_date), None)


def _row(
    number: int, file_id: int, payment_id: int, one: Scanned, recorded: tuple[int, str]
) -> bulk.Row:
    header = one.header
    payer = header.payer
    return (
        number,
        file_id,
        one.number,
        one.interchange,
        one.group,
        header.transaction,
        one.usage,
        one.key,
        payment_id,
        one.digest,
        header.originator,
        header.trace,
        header.method,
        to_cents(header.paid),
        from_date(one.date),
        payer.name if payer else "",
        to_json(payer_ids(header)),
        int(one.complete),
        one.claims,
        None,
        None,
        None,
        "pending",
        "",
        one.origin,
        *recorded,
    )


def payer_ids(header: RemittanceHeader) -> list[str]:
    """All that identifies the payer: N104, its REFs, TRN03 with and without its 1, TRN04.

    Where nothing of it is said, its name.
    """
    payer = header.payer
    found = [payer.id] if payer else []
    if payer:
        found += [r.value for r in payer.references if r.qualifier in ("2U", "NF", "EO")]
    found += [header.originator, header.originator[1:], header.originator_supplement]
    ids = list(dict.fromkeys(text.strip() for text in found if text.strip("0 ")))
    return ids or ([payer.name] if payer and payer.name else [])  # on paper the name is all


def with_more(found: Sequence[Problem], more: int) -> list[Problem]:
    """The first problems, and one that says how many more there were, if any."""
    if not more:
        return list(found)
    words = f"{more} more problems like these."
    return [*found, Problem(code=_MORE, message=words, where=Place(file=found[0].where.file))]


def add_problems(
    writer: "Writer", file_id: int, found: list[Problem], *, remittance_id: int | None = None
) -> None:
    """Keep the problems of a file; of very many the first, and how many more there were."""
    kept = found
    if len(found) > PROBLEMS_KEPT and found[-1].code != _MORE:
        kept = with_more(found[:PROBLEMS_KEPT], len(found) - PROBLEMS_KEPT)
    first = writer.ids(problem, len(kept))
    rows = [
        (
            number,
            file_id,
            remittance_id,
            one.code,
            one.level,
            one.message,
            one.standard,
            to_json(place_fields(one)),
            one.value,
            *writer.recorded,
        )
        for number, one in enumerate(kept, first)
    ]
    writer.add(problem, rows)


def new_problems(connection: Connection, file_id: int, found: list[Problem]) -> list[Problem]:
    """Those that are not kept yet for this file."""
    c = problem.c
    rows = connection.execute(select(c.code, c.message).where(c.file_id == file_id))
    known = {(code, message) for code, message in rows}
    return [one for one in found if (one.code, one.message) not in known]


def kept_problems(connection: Connection, file_id: int, code: str) -> list[Problem]:
    """The problems of a kind that were found in a file when it was received."""
    c = problem.c
    query = select(c.code, c.level, c.message).where(c.file_id == file_id, c.code == code)
    return [
        Problem(code=row.code, level=row.level, message=row.message)
        for row in connection.execute(query.order_by(c.id))
    ]


def place_fields(one: Problem) -> dict[str, Any]:
    """A problem's place without what does not apply."""
    return {name: value for name, value in asdict(one.where).items() if value}


@frozen(kw_only=True)
class Context:
    """What the posting of a claim payment needs to know of its payment."""

    remittance_id: int
    payment_id: int
    payment_key: str
    usage: str
    trace: str
    date: dt.date
    payer_ids: tuple[str, ...]
    paid: Decimal

    @property
    def payer(self) -> str:
        """The id the payer is named by where it is none of the claim's."""
        return self.payer_ids[0] if self.payer_ids else ""


def rows_of(connection: Connection, file_id: int) -> Iterator[Any]:
    """The payments of a file, in its order."""
    query = select(remittance).where(remittance.c.file_id == file_id)
    yield from connection.execute(query.order_by(remittance.c.number)).fetchall()


def context_of(row: Any) -> Context:
    """The context of a row of ``remittance``."""
    return Context(
        remittance_id=row.id,
        payment_id=row.payment_id,
        payment_key=row.payment_key,
        usage=row.usage,
        trace=row.trace,
        date=dt.date.fromisoformat(row.payment_date),
        payer_ids=tuple(from_json(row.payer_ids)),
        paid=Decimal(row.paid).scaleb(-2),
    )


def context_before(one: Scanned) -> Context:
    """The context of a payment that is not in the ledger yet: its rows have no numbers."""
    return Context(
        remittance_id=0,
        payment_id=0,
        payment_key=one.key,
        usage=one.usage,
        trace=one.header.trace,
        date=one.date,
        payer_ids=tuple(payer_ids(one.header)),
        paid=one.header.paid,
    )


def same_payment(connection: Connection, row: Any) -> list[Any]:
    """The other complete transactions of that payment that were dealt with before."""
    c = remittance.c
    condition = _of_payment(row) & (c.id != row.id) & c.state.in_(("posted", "aside"))
    return list(connection.execute(select(remittance).where(condition).order_by(c.id)))


def is_counted(connection: Connection, row: Any) -> bool:
    """Whether an earlier copy or part of that payment was posted: its amount counts there."""
    if row.id == row.payment_id:
        return False
    c = remittance.c
    earlier = _of_payment(row) & (c.id < row.id) & (c.state == "posted")
    return connection.execute(select(c.id).where(earlier).limit(1)).first() is not None


def _of_payment(row: Any) -> ColumnElement[bool]:
    """The copies and parts of a payment, found by an index: they share their number."""
    c = remittance.c
    by_number = c.trace.in_(_spellings(row.trace))
    by_index = by_number if row.trace else c.payment_key == row.payment_key
    return and_(by_index, c.payment_id == row.payment_id)


def cut_off(writer: "Writer", row: Any) -> list[Any]:
    """What was not whole and may be a copy of that payment: of its number, or of its envelope.

    What was cut off before its number (TRN) can only be known by ISA13, GS06 and ST02.
    """
    c = remittance.c
    connection = writer.connection
    if not writer.has_any(INCOMPLETE, select(c.id).where(c.state == INCOMPLETE)):
        return []
    mine = or_(c.payment_id == row.payment_id, _of_envelope(row))
    query = select(remittance).where(c.state == INCOMPLETE, c.usage == row.usage, mine)
    return list(connection.execute(query.order_by(c.id)))


def whole_of_envelope(connection: Connection, row: Any) -> list[Any]:
    """The whole payments with the control numbers of one that was cut off."""
    c = remittance.c
    counts = c.state.in_(("posted", "aside"))
    query = select(remittance).where(_of_envelope(row), c.usage == row.usage, counts)
    return list(connection.execute(query.order_by(c.id)))


def _of_envelope(row: Any) -> ColumnElement[bool]:
    c = remittance.c
    return and_(
        c.id != row.id,
        c.interchange_control == row.interchange_control,
        c.group_control == row.group_control,
        c.transaction_control == row.transaction_control,
    )


def digest_of(connection: Connection, file_id: int) -> str:
    """The digest of a kept file."""
    query = select(file.c.digest).where(file.c.id == file_id)
    return str(connection.execute(query).scalar_one())


def still_pending(connection: Connection, rows: Sequence[Any]) -> list[Any]:
    """Those of these payments that no other run has posted meanwhile."""
    c = remittance.c
    numbers = [row.id for row in rows]
    query = select(c.id).where(c.id.in_(numbers), c.state == "pending")
    pending = {row[0] for row in connection.execute(query)}
    return [row for row in rows if row.id in pending]


def settle(connection: Connection, number: int, **values: Any) -> None:
    """Set what was derived of a payment: its state, why, and its sums in cents."""
    connection.execute(update(remittance).where(remittance.c.id == number).values(**values))


def complete(connection: Connection, payment_id: int, *, aside: bool) -> None:
    """All parts of a payment are there: together they make its amount, those aside if ``aside``."""
    c = remittance.c
    states = ("posted", "aside") if aside else ("posted",)
    connection.execute(
        update(remittance)
        .where(c.payment_id == payment_id, c.state.in_(states))
        .values(state="posted", difference=0)
    )


def add_provider_adjustments(
    writer: "Writer", remittance_id: int, found: Sequence[ProviderAdjustment]
) -> None:
    """Keep the PLB pairs of a payment."""
    first = writer.ids(provider_adjustment, len(found))
    rows = [
        (
            first + position,
            remittance_id,
            position,
            one.provider,
            one.fiscal_date,
            one.reason,
            one.reference,
            to_cents(one.amount),
        )
        for position, one in enumerate(found)
    ]
    writer.add(provider_adjustment, rows)
