"""Which file of ours an acknowledgement means by a control number, and what speaks against it.

A number alone is no proof: each receiver has its own row of numbers, test and production have
theirs, and the system before this one counted from 1 too. So what else is said is compared, as far
as it is said: sender and receiver (ISA06, ISA08; of a 999 also GS02, GS03), the book (ISA15), and
of a TA1 the day and time of the interchange it answers (TA102, TA103, which are ISA09, ISA10 of
ours). What contradicts is joined to nothing, and says why.
"""

from collections.abc import Iterator, Sequence
from itertools import permutations
from typing import Any, Final, Literal

from attrs import frozen
from sqlalchemy import Connection, func, select

from edi import envelope
from edi.envelope import NotX12
from reconcile.acknowledgements_match import CONTROL_NUMBERS, NUMBER_ALONE
from reconcile.ledger import keeping
from reconcile.ledger.tables import sent_file
from reconcile.ledger.tables_answered import adopted_transaction

Kind = Literal["interchange_control", "group_control"]  # ISA13, GS06
NO_FILE: Final = "no file of that number was sent from here"
OTHER_BOOK: Final = (
    "the file of that number is in the {} book, the answer is marked as one for the {} book"
)
OTHER_DAY: Final = (
    "the file of that number was made at another time than the answer says (TA102, TA103)"
)
OTHER_RECEIVER: Final = (
    "the file of that number went to another receiver; other files went to this one"
)
SEVERAL_FILES: Final = "several files have that number, none of them between these two"
_BOOKS: Final = {"P": "production", "T": "test"}
UNKNOWN: Final = (  # why there is no file: said once, of the file
    NO_FILE,
    OTHER_DAY,
    OTHER_RECEIVER,
    SEVERAL_FILES,
    *(OTHER_BOOK.format(one, other) for one, other in permutations(_BOOKS.values())),
)
GROUP_NAMES: Final = "control numbers, by the names of the group (GS02, GS03)"
BY_TIME: Final = "control number, day and time: sender and receiver are not ours turned round"
OTHER_HOUR: Final = "control numbers; the answer gives another time of that day (TA103)"
_LONGEST: Final = 9  # digits of ISA13 and GS06
_DATE: Final = 6  # YYMMDD
_TIME: Final = 4  # HHMM


@frozen(kw_only=True)
class Between:
    """Between whom an acknowledgement went, and in which book."""

    usage: str
    sender: str  # ISA06 it came with
    receiver: str  # ISA08


@frozen(kw_only=True)
class Meant:
    """A number as an acknowledgement gives it, with what else it says of the file."""

    kind: Kind
    control: str
    made: str = ""  # TA102 and TA103: "260303 0800"
    parties: tuple[str, ...] = ()  # GS02, GS03 of a 999, where they are not ISA06, ISA08


@frozen(kw_only=True)
class _Header:
    """The envelope of a file of ours: when it was made, and its group's names."""

    date: str  # ISA09, YYMMDD
    time: str  # ISA10, HHMM
    sender: str = ""  # GS02
    receiver: str = ""  # GS03


class Files:
    """Finds the files that one acknowledgement means; each is looked up once."""

    def __init__(self, connection: Connection, between: Between) -> None:
        self._connection = connection
        self._between = between
        self._found: dict[Meant, tuple[int | None, str]] = {}
        self._headers: dict[tuple[int, str], _Header | None] = {}

    def find(self, meant: Meant) -> tuple[int | None, str]:
        """The row number of the file and how it was found; None and why it was not."""
        if meant not in self._found:
            self._found[meant] = self._find(meant)
        return self._found[meant]

    def _find(self, meant: Meant) -> tuple[int | None, str]:
        number = meant.control.lstrip("0")
        if not (number.isascii() and number.isdigit() and len(number) <= _LONGEST):
            return None, NO_FILE
        usage = self._between.usage
        rows = self._rows(meant.kind, number, usage)
        if not rows:
            other = "T" if usage == "P" else "P"
            there = self._rows(meant.kind, number, other)
            return None, OTHER_BOOK.format(_BOOKS[other], _BOOKS[usage]) if there else NO_FILE
        own = self._between.receiver, self._between.sender
        exact = [row for row in rows if _same((row.sender, row.receiver), own)]
        if exact:
            return self._by_partners(meant, number, exact)
        return self._by_less(meant, number, rows)

    def _rows(self, kind: Kind, number: str, usage: str) -> list[Any]:
        """The files of that number in a book: made here, then made elsewhere."""
        c, other = sent_file.c, adopted_transaction.c
        own = select(c.file_id, c.sender, c.receiver).where(
            c.usage == usage, c.interchange_control == int(number)
        )
        elsewhere = select(other.file_id, other.sender, other.receiver).where(
            other.usage == usage, other[kind] == number
        )
        return [
            *self._connection.execute(own.order_by(c.file_id)),
            *self._connection.execute(elsewhere.distinct().order_by(other.file_id)),
        ]

    def _by_partners(
        self, meant: Meant, number: str, rows: Sequence[Any]
    ) -> tuple[int | None, str]:
        """Of the files between the two the one that was made when the answer says.

        A sender's numbers do not come again within a day: another time alone is only told.
        """
        day, time = _made(meant.made)
        for row in rows:
            header = self._header(row.file_id, meant, number) if day else None
            if header is None or header.date == day:
                differs = header is not None and time and header.time and header.time != time
                return row.file_id, OTHER_HOUR if differs else CONTROL_NUMBERS
        return None, OTHER_DAY

    def _by_less(self, meant: Meant, number: str, rows: Sequence[Any]) -> tuple[int | None, str]:
        """The file, where the two are not those of ISA06 and ISA08."""
        named = [row for row in rows if self._is_between(meant, row.file_id, number)]
        if len(named) == 1:
            return named[0].file_id, GROUP_NAMES
        if all(_made(meant.made)):
            return self._by_time(meant, number, rows)
        if len(rows) > 1:
            return None, SEVERAL_FILES
        if self._went_elsewhere(rows[0], meant.parties):
            return None, OTHER_RECEIVER
        return rows[0].file_id, NUMBER_ALONE

    def _by_time(self, meant: Meant, number: str, rows: Sequence[Any]) -> tuple[int | None, str]:
        headers = [(row, self._header(row.file_id, meant, number)) for row in rows]
        made = _made(meant.made)
        same = [row for row, head in headers if head and (head.date, head.time) == made]
        if len(same) == 1:
            return same[0].file_id, BY_TIME
        return None, SEVERAL_FILES if same else OTHER_DAY

    def _is_between(self, meant: Meant, file_id: int, number: str) -> bool:
        """Whether the group's names of the answer are those of the file turned round."""
        header = self._header(file_id, meant, number) if any(meant.parties) else None
        return header is not None and _same((header.receiver, header.sender), meant.parties)

    def _went_elsewhere(self, row: Any, parties: tuple[str, ...]) -> bool:
        """Whether who answers is one that other files went to: the number is one of those."""
        names = {_plain(one) for one in (self._between.sender, *parties[:1]) if one.strip()}
        if _plain(row.receiver) in names:
            return False
        usage = self._between.usage
        went = (
            select(c.file_id).where(c.usage == usage, func.upper(c.receiver).in_(sorted(names)))
            for c in (sent_file.c, adopted_transaction.c)
        )
        return any(self._connection.execute(one.limit(1)).first() for one in went)

    def _header(self, file_id: int, meant: Meant, number: str) -> _Header | None:
        """The envelope of that number in a kept file; None where its first piece has none."""
        interchange = number if meant.kind == "interchange_control" else ""
        key = file_id, interchange
        if key not in self._headers:
            data = keeping.piece(self._connection, file_id, 0)
            self._headers[key] = next(_headers(data, interchange), None)
        return self._headers[key]


def _headers(data: bytes, number: str) -> Iterator[_Header]:
    """The envelopes of that interchange number; of any, where none is given."""
    try:
        for interchange in envelope.read([data], []):
            if number in ("", interchange.control.strip().lstrip("0")):
                yield _of(interchange)
                return
    except NotX12:
        return


def _of(interchange: envelope.Interchange) -> _Header:
    group = next(iter(interchange.groups()), None)
    names = list(group.header[1:3]) if group is not None else []
    sender, receiver = [*names, "", ""][:2]
    _, date, time = interchange.header[7:10]
    return _Header(date=date.strip(), time=time.strip()[:_TIME], sender=sender, receiver=receiver)


def _made(said: str) -> tuple[str, str]:
    """Day and time of TA102 and TA103 as ISA09 and ISA10 have them; empty where not said."""
    date, _, time = said.partition(" ")
    date, time = date[-_DATE:], time[:_TIME]
    return (
        date if len(date) == _DATE and date.isdigit() and date.strip("0") else "",
        time if len(time) == _TIME and time.isdigit() else "",
    )


def _same(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    return tuple(map(_plain, one)) == tuple(map(_plain, other))


def _plain(name: str) -> str:
    return name.strip().upper()
