"""Deposits of the bank: facts once by content, and the payments they may be."""

import datetime as dt
import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from attrs import asdict, evolve, frozen
from sqlalchemy import Connection, func, select

from reconcile.deposits import Deposit, Paid, plain
from reconcile.ledger import bulk
from reconcile.ledger.convert import from_json, to_date, to_json
from reconcile.ledger.tables import file
from reconcile.ledger.tables_answered import bank_deposit
from reconcile.ledger.tables_received import remittance

if TYPE_CHECKING:
    from reconcile.ledger.writer import Writer


@frozen(kw_only=True)
class Row:
    """A deposit as it stands in the bank's file. Account numbers are left out before."""

    number: int  # of its row in the file, from 1
    date: dt.date
    cents: int  # below zero: a claim payment taken back
    trace: str = ""
    originator: str = ""
    payer: str = ""
    is_claim: bool = False
    text: str = ""
    again: int = 0  # its turn: another deposit, or another day, of the same number


def marks(rows: Iterable[Row]) -> list[str]:
    """What makes each row the same in another file: its content, and how many equal ones precede.

    Two deposits of one amount on a day are two, also where nothing else tells them apart; the same
    day exported twice is the same. A whole TRN says which deposit it is in whatever kind of file,
    whose days and words may differ.
    """
    seen: Counter[str] = Counter()
    found = []
    for one in rows:
        content = to_json(_content(one))
        text = f"{content} {seen[content]}"
        seen[content] += 1
        found.append(hashlib.sha256(text.encode()).hexdigest())
    return found


def _content(one: Row) -> list[object]:
    if one.trace and one.originator:
        again = [one.again] if one.again else []
        return [one.cents, plain(one.trace), plain(one.originator), *again]
    return [one.date.isoformat(), one.cents, one.trace, one.originator, one.payer, one.text]


def with_turns(connection: Connection, rows: Sequence[Row]) -> tuple[Row, ...]:
    """The rows of a file, each with its turn among those of its number, payer and amount.

    A payment that the bank turned back is often sent once more with the same number and amount.
    So what is told of another day gets a turn of its own, whatever came first: whether it is the
    same deposit is seen from the returns between them. A return told of another day is the same
    one, unless a deposit lies between.
    """
    known: _Turns = {}
    for kept in connection.execute(select(bank_deposit).order_by(bank_deposit.c.id)):
        one = _deposit(kept)
        if one.trace and one.originator:
            turn = from_json(kept.detail).get("again", 0)
            known.setdefault(_number(one), {}).setdefault(one.date, turn)
    here = {key: dict(days) for key, days in known.items()}
    found = dict(enumerate(rows))
    for n, row in sorted(found.items(), key=lambda item: (item[1].date, -item[1].cents)):
        if row.trace and row.originator:
            turn = _turn(row, known, here)
            here.setdefault(_number(row), {}).setdefault(row.date, turn)
            found[n] = evolve(row, again=turn)
    return tuple(found.values())


_Number = tuple[str, str, int]  # number and payer (TRN02, TRN03), cents
_Turns = dict[_Number, dict[dt.date, int]]  # the turn of each day


def _number(one: Row | Deposit) -> _Number:
    return plain(one.trace), plain(one.originator), one.cents


def _turn(row: Row, known: _Turns, here: _Turns) -> int:
    """That of its day; of a return also that of a day with no deposit between; else a new one."""
    trace, originator, cents = key = _number(row)
    if row.date in here.get(key, {}):
        return here[key][row.date]
    came = here.get((trace, originator, -cents), {})
    for day, turn in known.get(key, {}).items() if cents < 0 else ():
        first, last = sorted((day, row.date))
        if not any(first < one <= last for one in came):
            return turn
    return max(here.get(key, {}).values(), default=-1) + 1


def as_kept(rows: Sequence[Row], digest: str) -> bytes:
    """What the ledger keeps of a bank's file: its deposits, one in a line, and its digest.

    The file itself is not kept: it holds account numbers, and what has nothing to do with claims.
    """
    head = {"sha256": digest}
    return "".join(f"{to_json(one)}\n" for one in (head, *map(_as_dict, rows))).encode()


def _as_dict(one: Row) -> dict[str, Any]:
    """A deposit as JSON holds it."""
    said = asdict(one) | {"date": one.date.isoformat()}
    if not one.again:
        del said["again"]
    return said


def of_kept(data: bytes) -> Iterator[Row]:
    """The deposits of a bank's file, from what is kept of it.

    Raises:
        ValueError: it is not what ``as_kept`` makes.
    """
    for line in data.decode().splitlines()[1:]:
        said = from_json(line)
        yield Row(**{**said, "date": to_date(said["date"])})


def rows_of(connection: Connection, file_id: int) -> dict[str, Row]:
    """The deposits that were taken from a file, by what makes them the same in another."""
    query = select(bank_deposit).where(bank_deposit.c.file_id == file_id)
    found = {}
    for row in connection.execute(query.order_by(bank_deposit.c.id)):
        one = _deposit(row)
        found[row.mark] = Row(
            number=row.number,
            date=one.date,
            cents=one.cents,
            trace=one.trace,
            originator=one.originator,
            payer=one.payer,
            is_claim=one.is_claim,
            text=one.text,
            again=from_json(row.detail).get("again", 0),
        )
    return found


def known(connection: Connection, keys: Sequence[str]) -> set[str]:
    """Those of these deposits that are kept, from whatever file."""
    found: set[str] = set()
    for batch in bulk.batches(keys):
        query = select(bank_deposit.c.mark).where(bank_deposit.c.mark.in_(batch))
        found.update(connection.execute(query).scalars())
    return found


def add(writer: "Writer", file_id: int, rows: Sequence[Row]) -> int:
    """Keep the deposits of a file that are not known. Returns how many were new."""
    keys = marks(rows)
    here = known(writer.connection, keys)
    new = [(one, mark) for one, mark in zip(rows, keys, strict=True) if mark not in here]
    first = writer.ids(bank_deposit, len(new))
    writer.add(
        bank_deposit,
        [
            (
                number,
                file_id,
                one.number,
                mark,
                one.date.isoformat(),
                one.cents,
                one.trace,
                one.originator,
                one.payer,
                _more(one),
                *writer.recorded,
            )
            for number, (one, mark) in enumerate(new, first)
        ],
    )
    return len(new)


def _more(one: Row) -> str:
    said: dict[str, Any] = {"claim": one.is_claim, "text": one.text}
    return to_json(said | ({"again": one.again} if one.again else {}))


def deposits(connection: Connection) -> tuple[Deposit, ...]:
    """All deposits, by date."""
    query = (
        select(bank_deposit, file.c.name.label("file_name"))
        .join(file, file.c.id == bank_deposit.c.file_id)
        .order_by(bank_deposit.c.date, bank_deposit.c.id)
    )
    return tuple(_deposit(row) for row in connection.execute(query))


def as_deposit(row: Row, mark: str) -> Deposit:
    """A deposit that is not kept yet: it has no number of its own but that of its row."""
    return Deposit(
        id=-row.number,
        date=row.date,
        cents=row.cents,
        trace=row.trace,
        originator=row.originator,
        payer=row.payer,
        is_claim=row.is_claim,
        text=row.text,
        mark=mark,
    )


def _deposit(row: Any) -> Deposit:
    detail = from_json(row.detail)
    return Deposit(
        id=row.id,
        date=to_date(row.date),
        cents=row.cents,
        trace=row.trace,
        originator=row.originator,
        payer=row.payer_name,
        is_claim=detail["claim"],
        text=detail["text"],
        file=getattr(row, "file_name", ""),
        mark=row.mark,
    )


def span(connection: Connection, until: dt.date) -> tuple[dt.date, dt.date] | None:
    """The days of the first and the last deposit known up to a day; None where there is none."""
    query = select(func.min(bank_deposit.c.date), func.max(bank_deposit.c.date))
    query = query.where(bank_deposit.c.date <= until.isoformat())
    first, last = connection.execute(query).one()
    return (to_date(first), to_date(last)) if first else None


def payments(connection: Connection, usage: str) -> tuple[Paid, ...]:
    """Each payment of a book once, whatever its copies and parts."""
    r = remittance.c
    first = (
        select(func.min(r.id))
        .where(r.usage == usage, r.state.in_(("posted", "aside")))
        .group_by(r.payment_id)
    )
    rows = connection.execute(select(remittance).where(r.id.in_(first)).order_by(r.id))
    return tuple(
        Paid(
            id=row.id,
            date=to_date(row.payment_date),
            cents=-row.paid if _is_debit(row) else row.paid,
            trace=row.trace,
            originator=row.originator,
            payer=row.payer_name,
            payer_ids=tuple(from_json(row.payer_ids)),
            method=row.method,
            state=row.state,
        )
        for row in rows
    )


def _is_debit(row: Any) -> bool:
    """Whether the payment takes money (BPR03 D): its claims and PLBs come to less than nothing."""
    if row.claims_paid is None or not row.paid:
        return False
    return bool(row.claims_paid - row.provider_adjusted - row.difference == -row.paid)
