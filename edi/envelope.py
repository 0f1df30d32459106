"""Interchanges, groups and transactions of a file, pulled one after the other.

``read`` gives interchanges, ``Interchange.groups`` groups, ``Group.transactions`` transactions,
``Transaction.texts`` or ``.segments`` their segments. Each is read once; going on to the next
reads what was left of the one before, so counts and control numbers are always checked. Memory
stays flat: nothing is kept but the control numbers.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from itertools import repeat
from typing import Any, Final

from edi.nesting import NESTING, STRAY
from edi.problem import Level, Place, Problem
from edi.segment_ids import KNOWN
from edi.separators import Separators
from edi.tokens import Batch, NotX12, Tokens

__all__ = ["Group", "Interchange", "NotX12", "Transaction", "read"]

_RUNS_KEPT: Final = 4096  # of a transaction, for line numbers: about 1 GB of text
_ODD_RUNS_KEPT: Final = 64  # of those whose lines must be kept one by one


def read(
    chunks: Iterable[bytes], problems: list[Problem], file: str = ""
) -> Iterator["Interchange"]:
    """The interchanges of a file; what is wrong with its envelopes is added to ``problems``.

    Raises:
        NotX12: where there is no interchange at all.
    """
    cursor = _Cursor(chunks, problems, file)
    seen: set[str] = set()
    while (header := cursor.tokens.advance()) is not None:
        cursor.restart()
        interchange = Interchange(cursor, header.elements, header.separators)
        if interchange.control in seen:
            interchange.tell(
                "interchange.duplicate",
                "An interchange of the same number (ISA13) stands earlier in this file.",
                "TA1:025",
                level="warning",
                value=interchange.control,
            )
        seen.add(interchange.control)
        yield interchange
        interchange.drain()


class _Cursor:
    """Where we are in the segments of an interchange."""

    __slots__ = ("batch", "file", "following", "index", "problems", "tokens")

    def __init__(self, chunks: Iterable[bytes], problems: list[Problem], file: str) -> None:
        self.tokens = Tokens(chunks, problems, file)
        self.problems = problems
        self.file = file
        self.restart()

    def restart(self) -> None:
        self.batch = Batch([], ())
        self.following: deque[int] = deque()
        self.index = 0

    def ready(self) -> bool:
        """Whether there is a segment at the cursor; gets the next batch where one is used up."""
        while self.index >= len(self.batch.texts):
            batch = self.tokens.batch()
            if batch is None:
                return False
            self.batch, self.index = batch, 0
            self.following = deque(batch.controls)
        return True

    def control(self) -> str:
        """The control segment at the cursor, or an empty string."""
        following = self.following
        if following and following[0] == self.index:
            return self.batch.texts[self.index]
        return ""

    def line(self) -> int:
        """The line of the segment at the cursor, or 0 at the end."""
        return self.batch.line(self.index) if self.index < len(self.batch.texts) else 0

    def step(self) -> None:
        """Take the segment at the cursor."""
        if self.following and self.following[0] == self.index:
            self.following.popleft()
        self.index += 1

    def take(self, stop: int) -> list[str]:
        """The segments from the cursor up to an index of the batch."""
        texts = self.batch.texts
        taken = texts if self.index == 0 and stop == len(texts) else texts[self.index : stop]
        self.index = stop
        while self.following and self.following[0] < stop:
            self.following.popleft()
        return taken


class Interchange:
    """ISA to IEA. ``header`` holds ISA01..ISA16 with their padding removed."""

    def __init__(self, cursor: _Cursor, header: tuple[str, ...], separators: Separators) -> None:
        self.number = cursor.tokens.number  # from 1, in the file
        self.header = header
        self.separators = separators
        self._cursor = cursor
        self._acks: list[tuple[str, ...]] = []
        self._group: Group | None = None
        self._done = False
        self._straying = False  # among segments that stand outside of any transaction
        self._seen: set[str] = set()
        self.group_count = 0
        self.line = cursor.tokens.header_line

    @property
    def sender(self) -> tuple[str, str]:
        """ISA05, ISA06: qualifier and id."""
        return self.header[4], self.header[5]

    @property
    def receiver(self) -> tuple[str, str]:
        """ISA07, ISA08: qualifier and id."""
        return self.header[6], self.header[7]

    @property
    def version(self) -> str:
        """ISA12: 00501, 00401."""
        return self.header[11]

    @property
    def control(self) -> str:
        """ISA13."""
        return self.header[12]

    @property
    def usage(self) -> str:
        """ISA15: P production, T test."""
        return self.header[14]

    @property
    def interchange_acks(self) -> tuple[tuple[str, ...], ...]:
        """The TA1 segments met so far, wherever they stand, as ("TA1", TA101, ...)."""
        return tuple(self._acks)

    def tell(
        self, code: str, words: str, standard: str, *, level: Level = "error", **more: Any
    ) -> None:
        """Add a Problem at the cursor; ``more`` are fields of Place, and ``value``."""
        value = more.pop("value", "")
        more.setdefault("line", self._cursor.line() or self.line)
        where = self.place(**more)
        problem = Problem(
            code=code, message=words, level=level, where=where, standard=standard, value=value
        )
        self._cursor.problems.append(problem)

    def place(self, **more: Any) -> Place:
        """A place in this interchange."""
        return Place(file=self._cursor.file, interchange=self.number, **more)

    def groups(self) -> Iterator["Group"]:
        """The groups; one without GS (``header`` empty) where a transaction stands alone."""
        while not self._done:
            group = self._next_group()
            if group is None:
                return
            yield group
            group.drain()

    def drain(self) -> None:
        """Read what is left, for its checks."""
        for group in self.groups():
            group.drain()

    def _next_group(self) -> "Group | None":
        if self._group is not None:
            self._group.drain()
        cursor = self._cursor
        while cursor.ready():
            text = cursor.control()
            action = NESTING["interchange"].get(_name(text, self.separators), "stray")
            if action in ("open", "imply"):
                return self._open(text, implied=action == "imply")
            if action == "close":
                self._close(text)
                return None
            self.loose(text, action)
        self._done = True
        words = "The interchange has no IEA segment at its end; the file may be cut off."
        self.tell("interchange.unclosed", words, "TA1:023")
        return None

    def loose(self, text: str, action: str) -> None:
        """Take a segment that belongs to no transaction: a TA1, or one that is out of place."""
        cursor = self._cursor
        raw = cursor.batch.texts[cursor.index]
        if action == "acknowledge":
            self._acks.append(tuple(text.split(self.separators.element)))
        elif (name := _name(text, self.separators)) in STRAY:
            code, words = STRAY[name]
            self.tell(code, words, "TA1:024", value=raw[:80])
        else:
            self._outside(raw)
            return
        self._straying = False
        cursor.step()

    def _outside(self, raw: str) -> None:
        """Pass over segments that are in no transaction, reporting a run of them once."""
        if not self._straying:
            name = _name(raw, self.separators)
            start = f", from {name} on" if name in KNOWN else ""  # else it may be data
            words = f"Segments stand outside of any transaction{start}; they were not read."
            self.tell("segment.outside", words, "TA1:024", value=raw[:80])
        self._straying = True
        cursor = self._cursor
        stop = next((at for at in cursor.following if at > cursor.index), None)
        cursor.take(len(cursor.batch.texts) if stop is None else stop)

    def _open(self, text: str, *, implied: bool) -> "Group":
        self.group_count += 1
        self._straying = False
        header = () if implied else tuple(text.split(self.separators.element)[1:])
        group = Group(self._cursor, self, header, implied=implied)
        if implied:
            words = "A transaction stands outside of a group (there is no GS segment)."
            self.tell("group.missing", words, "TA1:024", group=group.number)
        else:
            if group.control in self._seen:
                words = "A group of the same number (GS06) stands earlier in this interchange."
                self.tell("group.duplicate", words, "AK905:19", group=group.number)
            self._seen.add(group.control)
            self._cursor.step()
        self._group = group
        return group

    def _close(self, text: str) -> None:
        self._done = True
        _, count, control = _trailer(text, self.separators)
        if not _same_count(count, self.group_count):
            words = f"IEA01 does not say {self.group_count}, the number of groups."
            alone = bool(self._acks) and not self.group_count  # many write 1 below a TA1
            level: Level = "warning" if alone else "error"
            self.tell(
                "interchange.count", words, "TA1:021", level=level, element="IEA01", value=count
            )
        if control.strip() != self.control:
            words = "IEA02 does not repeat the interchange's number (ISA13)."
            self.tell("interchange.control", words, "TA1:001", element="IEA02", value=control)
        self._cursor.step()


class Group:
    """GS to GE. ``header`` holds GS01..GS08 (empty where there is no GS)."""

    def __init__(
        self, cursor: _Cursor, interchange: Interchange, header: tuple[str, ...], *, implied: bool
    ) -> None:
        self.interchange = interchange
        self.number = interchange.group_count  # from 1, in the interchange
        self.header = header
        self._cursor = cursor
        self._state = "implied group" if implied else "group"
        self._transaction: Transaction | None = None
        self._done = False
        self._seen: set[str] = set()
        self.line = cursor.line()  # of its GS
        self.transaction_count = 0

    @property
    def functional_id(self) -> str:
        """GS01: HC for 837, HP for 835, FA for 999, HN for 277."""
        return self._element(1)

    @property
    def control(self) -> str:
        """GS06."""
        return self._element(6)

    @property
    def version(self) -> str:
        """GS08, the version and guide: 005010X221A1."""
        return self._element(8)

    def _element(self, number: int) -> str:
        return self.header[number - 1].strip() if len(self.header) >= number else ""

    def transactions(self) -> Iterator["Transaction"]:
        """The transactions of the group."""
        while not self._done:
            transaction = self._next_transaction()
            if transaction is None:
                return
            yield transaction
            transaction.drain()

    def drain(self) -> None:
        """Read what is left, for its checks."""
        for transaction in self.transactions():
            transaction.drain()

    def _tell(self, code: str, words: str, standard: str, **more: Any) -> None:
        self.interchange.tell(code, words, standard, group=self.number, **more)

    def _next_transaction(self) -> "Transaction | None":
        if self._transaction is not None:
            self._transaction.drain()
        cursor, separators = self._cursor, self.interchange.separators
        while cursor.ready():
            text = cursor.control()
            action = NESTING[self._state].get(_name(text, separators), "stray")
            if action == "open":
                return self._open(text)
            if action == "close":
                self._close(text)
                return None
            if action in ("up", "leave"):
                break
            self.interchange.loose(text, action)
        self._done = True
        if self._state == "group":
            words = "A group has no GE segment at its end."
            self._tell("group.unclosed", words, "AK905:3", line=self.line)
        return None

    def _open(self, text: str) -> "Transaction":
        self.transaction_count += 1
        transaction = Transaction(self._cursor, self, text)
        if transaction.control in self._seen:
            words = "A transaction of the same number (ST02) stands earlier in this group."
            transaction.tell("transaction.duplicate", words, "IK502:23")
        self._seen.add(transaction.control)
        self._transaction = transaction
        return transaction

    def _close(self, text: str) -> None:
        self._done = True
        _, count, control = _trailer(text, self.interchange.separators)
        if self._state != "group":
            self._tell("group.unopened", "A GE segment closes a group that has no GS.", "TA1:024")
        else:
            if not _same_count(count, self.transaction_count):
                words = f"GE01 does not say {self.transaction_count}, the number of transactions."
                self._tell("group.count", words, "AK905:5", element="GE01", value=count)
            if control.strip() != self.control:
                words = "GE02 does not repeat the group's number (GS06)."
                self._tell("group.control", words, "AK905:4", element="GE02", value=control)
        self._cursor.step()


class Transaction:
    """ST to SE. ``complete`` and ``segment_count`` are final once its segments are read."""

    def __init__(self, cursor: _Cursor, group: Group, text: str) -> None:
        self.group = group
        self.interchange = group.interchange
        self.number = group.transaction_count  # from 1, in the group
        elements = [*text.split(self.interchange.separators.element), "", "", ""]
        self.type = elements[1].strip()  # ST01: 835, 837, 999, 277
        self.control = elements[2].strip()  # ST02
        self.version = group.version  # GS08
        self.implementation = elements[3].strip() or group.version  # ST03, else GS08
        self.segment_count = 0
        self.complete = False
        self._cursor = cursor
        self._runs: deque[tuple[int, int, Batch]] = deque(maxlen=_RUNS_KEPT)
        self._started = False
        self._done = False

    @property
    def separators(self) -> Separators:
        """Those of the interchange."""
        return self.interchange.separators

    def texts(self) -> Iterator[str]:
        """The segments ST to SE as texts with the file's own separators, without terminators."""
        for run in self._take():
            yield from run

    def segments(self) -> Iterator[list[str]]:
        """The segments ST to SE split into id and elements; components are left whole."""
        element = self.separators.element
        for run in self._take():
            yield from map(str.split, run, repeat(element))

    def drain(self) -> None:
        """Read what is left, for its checks."""
        for _ in self._take():
            pass

    def place(self, segment: int = 0, **more: Any) -> Place:
        """A place in this transaction; ``segment`` counts from ST = 1."""
        if "line" not in more:
            more["line"] = self._line(segment)
        return self.interchange.place(
            group=self.group.number, transaction=self.control, segment=segment, **more
        )

    def tell(self, code: str, words: str, standard: str = "", **more: Any) -> None:
        """Add a Problem at ``segment=``; more fields of Place, ``level`` and ``value`` as given."""
        level: Level = more.pop("level", "error")
        value = more.pop("value", "")
        where = self.place(**more)
        problem = Problem(
            code=code, message=words, level=level, where=where, standard=standard, value=value
        )
        self._cursor.problems.append(problem)

    def _line(self, segment: int) -> int:
        if not self._started:
            return self._cursor.line()
        for first, index, batch in reversed(self._runs):
            if first <= segment <= self.segment_count:
                return batch.line(index + segment - first)
        return 0

    def _take(self) -> Iterator[list[str]]:
        """Runs of segments up to and with SE."""
        while not self._done:
            run = self._next_run()
            if run:
                yield run

    def _next_run(self) -> list[str]:
        cursor = self._cursor
        if self._done or not cursor.ready():
            return self._unclosed()
        first = cursor.index
        stop, ends = self._stop()
        if stop == first:
            return self._unclosed()
        self._runs.append((self.segment_count + 1, first, cursor.batch.places()))
        if len(self._runs) > _ODD_RUNS_KEPT:
            self._runs[-_ODD_RUNS_KEPT - 1][2].forget()
        self._started = True
        run = cursor.take(stop)
        self.segment_count += len(run)
        if ends:
            self._close(run[-1])
        return run

    def _stop(self) -> tuple[int, bool]:
        """Up to which index of the batch this transaction goes, and whether its SE is there."""
        cursor, separators = self._cursor, self.separators
        for index in cursor.following:
            if not self._started and index == cursor.index:
                continue  # its own ST
            action = NESTING["transaction"].get(_name(cursor.batch.texts[index], separators), "")
            if action == "close":
                return index + 1, True
            if action == "up":
                return index, False
        return len(cursor.batch.texts), False

    def _unclosed(self) -> list[str]:
        if not self._done:
            self._done = True
            words = "A transaction has no SE segment at its end; it is not whole."
            self.tell("transaction.unclosed", words, "IK502:2", segment=self.segment_count)
        return []

    def _close(self, text: str) -> None:
        self._done = True
        _, count, control = _trailer(text, self.separators)
        right_count = _same_count(count, self.segment_count)
        right_control = control.strip() == self.control
        self.complete = right_count and right_control
        at = self.segment_count
        if not right_count:
            words = f"SE01 does not say {at}, the number of segments from ST to SE."
            self.tell(
                "transaction.count", words, "IK502:4", segment=at, element="SE01", value=count
            )
        if not right_control:
            words = "SE02 does not repeat the transaction's number (ST02)."
            self.tell(
                "transaction.control", words, "IK502:3", segment=at, element="SE02", value=control
            )


def _name(text: str, separators: Separators) -> str:
    """The id of a segment."""
    return text.partition(separators.element)[0]


def _trailer(text: str, separators: Separators) -> tuple[str, str, str]:
    """SE, GE or IEA: id, count, control number."""
    name, count, control = [*text.split(separators.element), "", ""][:3]
    return name, count, control


def _same_count(text: str, count: int) -> bool:
    stripped = text.strip()
    return stripped.isascii() and stripped.isdigit() and int(stripped[:20]) == count
