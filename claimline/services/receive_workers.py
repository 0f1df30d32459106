"""Processes beside the one that writes, which read and match what it is to write next.

They are forked while no connection to the ledger is open, look at it through one of their own, and
answer with rows. What one of them cannot do, or does not get done, is done by the first process
itself, which also tells what is wrong: so nothing depends on them but the time it takes. An error
that nobody foresaw is sent on, to be told.
"""

import os
import pickle
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any, Final

from attrs import frozen

from claimline.services.collector import rarely_collected
from claimline.services.receive_ahead import Ahead, Ready, answers, is_last, merged, ready
from claimline.services.receive_faults import FORESEEN, unforeseen
from claimline.services.receive_look import transactions
from reconcile.ledger import received
from reconcile.ledger.bulk import BATCH
from reconcile.ledger.payments import Share

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from reconcile.ledger import Ledger, StoredFile

Source = Callable[[], Iterable[bytes]]
Send = Callable[[bytes], None]

WORKERS: Final = 2
FROM_FILES: Final = 8  # with fewer, starting them costs more than they save
FROM_CLAIMS: Final = 4000  # of one file: as above
SHARED: Final = 2 * BATCH  # claims of a payment that more than one process reads
_PIPE: Final = 1 << 20  # bytes a process may be ahead; what Linux grants everybody
_SET_PIPE_SIZE: Final = 1031  # F_SETPIPE_SZ of Linux
_FAULT: Final = b"!"  # how an answer begins that is none: see ``Fault``


class Unusable(Exception):  # noqa: N818 - named by what is wrong
    """Another process ended before it was done; what it made is dropped.

    ``fault`` is the error that ended it, where nobody foresaw it; empty where it was killed.
    """

    def __init__(self, fault: str = "") -> None:
        super().__init__(fault)
        self.fault = fault


@frozen
class Fault:
    """An error nobody foresaw, in a process that reads ahead: its kind and place."""

    what: str


def can_fork(ledger: "Ledger") -> bool:
    """Whether processes can be forked safely and have a processor to run on."""
    return (
        sys.platform == "linux"
        and len(os.sched_getaffinity(0)) >= WORKERS
        and threading.active_count() == 1
        and ledger.let_go()
    )


@contextmanager
def files_ahead(
    ledger: "Ledger", names: Sequence[str], source: Callable[[str], Source]
) -> Iterator[Callable[[int], Ready | Fault | None]]:
    """Reads small files ahead; gives for the place of a name what was made of it.

    None for a file that is to be received as a whole by the first process: a large one, one that
    was received before, one with anything but remittances, or with something wrong in it. A fault
    where the other process failed in a way nobody foresaw; such a file too.
    """
    if len(names) < FROM_FILES or not can_fork(ledger):
        yield lambda _: None
        return
    with ExitStack() as stack:
        lines = [
            stack.enter_context(_beside(_files(ledger, names[n::WORKERS], source)))
            for n in range(WORKERS)
        ]

        def fetch(place: int) -> Ready | Fault | None:
            line = lines[place % WORKERS]
            try:
                answer = line.recv_bytes()
            except (EOFError, OSError):
                return None
            if answer.startswith(_FAULT):
                return Fault(_fault_of(answer))
            found = pickle.loads(answer)  # noqa: S301 - of our own child
            assert found is None or isinstance(found, Ready)
            return found

        yield fetch


def _files(
    ledger: "Ledger", names: Sequence[str], source: Callable[[str], Source]
) -> Callable[[Send], None]:
    def work(send: Send) -> None:
        with ledger.again() as own:
            ahead = Ahead(own)
            for name in names:
                try:
                    answer = pickle.dumps(ready(ahead, name, source(name)))
                except (*FORESEEN, OSError):  # the first process meets it too, and tells
                    answer = pickle.dumps(None)
                except Exception as error:  # noqa: BLE001 - it is told, and the file received
                    answer = _as_answer(error)
                send(answer)

    return work


def _as_answer(error: Exception) -> bytes:
    return _FAULT + unforeseen(error).encode()


def _fault_of(answer: bytes) -> str:
    return answer.removeprefix(_FAULT).decode()


@frozen(kw_only=True)
class Asked:
    """A payment of a kept file that is to be read beside the first process."""

    number: int  # of the transaction in its file
    context: received.Context
    shares: Mapping[int, Share | None]  # by the process that reads; None: all of it


def asked_of(rows: Sequence[Any]) -> tuple[Asked, ...]:
    """Who reads what of these rows of ``remittance``: large payments are shared."""
    found = []
    for place, row in enumerate(row for row in rows if row.complete):
        shares: dict[int, Share | None] = {place % WORKERS: None}
        if row.claims > SHARED:
            shares = {n: Share(number=n, readers=WORKERS, size=BATCH) for n in range(WORKERS)}
        found.append(Asked(number=row.number, context=received.context_of(row), shares=shares))
    return tuple(found)


class _Line:
    """What one process answers for payments of a file, one after the other."""

    def __init__(self, line: "Connection[Any, Any]") -> None:
        self._line = line
        self._in_the_middle = False

    def answers(self, number: int) -> Iterator[bytes]:
        """The answers for that payment.

        Passed over is what is left of the one before, and payments that another run dealt with.
        """
        found = -1
        while found != number:
            while self._in_the_middle:
                self._next()
            found = int(self._received())
            self._in_the_middle = True
        return self._answers()

    def _answers(self) -> Iterator[bytes]:
        while self._in_the_middle:
            yield self._next()

    def _next(self) -> bytes:
        answer = self._received()
        self._in_the_middle = not is_last(answer)
        return answer

    def _received(self) -> bytes:
        try:
            answer = self._line.recv_bytes()
        except (EOFError, OSError):
            raise Unusable from None
        if answer.startswith(_FAULT):
            raise Unusable(_fault_of(answer))
        return answer


class Stream:
    """The answers for payments of one file, in their order."""

    def __init__(self, lines: Sequence["Connection[Any, Any]"], asked: Sequence[Asked]) -> None:
        self._lines = [_Line(line) for line in lines]
        self._wanted = {one.number: sorted(one.shares) for one in asked}

    def of(self, number: int) -> Iterator[bytes]:
        """The answers for that payment; none where it was not asked for.

        Raises:
            Unusable: where a process ended.
        """
        lines = [self._lines[n].answers(number) for n in self._wanted.get(number, ())]
        return merged(lines) if len(lines) > 1 else next(iter(lines), iter(()))


@contextmanager
def payments_ahead(
    ledger: "Ledger", stored: "StoredFile", name: str, rows: Sequence[Any]
) -> Iterator[Stream | None]:
    """Reads the payments of a large kept file ahead, claims by the hundred.

    Args:
        ledger: open, with no connection in use.
        stored: the file.
        name: of the file as it was given now, for its problems.
        rows: of ``remittance``, still to be posted.
    """
    asked = asked_of(rows)
    if sum(row.claims for row in rows) < FROM_CLAIMS or not can_fork(ledger):
        yield None
        return
    with ExitStack() as stack:
        lines = [
            stack.enter_context(_beside(_payments(ledger, stored, name, asked, n)))
            for n in range(WORKERS)
        ]
        yield Stream(lines, asked)


def _payments(
    ledger: "Ledger", stored: "StoredFile", name: str, asked: Sequence[Asked], reader: int
) -> Callable[[Send], None]:
    mine = {one.number: one for one in asked if reader in one.shares}

    def work(send: Send) -> None:
        with ledger.again() as own:
            ahead = Ahead(own)
            for number, transaction in transactions(own.file_bytes(stored.digest), name):
                if number in mine:
                    one = mine[number]
                    send(str(number).encode())
                    with ahead.snapshot() as snapshot:
                        for answer in answers(
                            snapshot, transaction, one.context, one.shares[reader]
                        ):
                            send(answer)

    return work


@contextmanager
def _beside(work: Callable[[Send], None]) -> Iterator["Connection[Any, Any]"]:
    """A process that works and sends; gives the line to it. It ends with the block."""
    context = get_context("fork")
    ours, theirs = context.Pipe(duplex=False)
    _widen(theirs)
    process = context.Process(target=_child, args=(work, ours, theirs), daemon=True)
    process.start()
    theirs.close()
    try:
        yield ours
    finally:
        ours.close()
        process.terminate()
        process.join()


def _widen(line: "Connection[Any, Any]") -> None:
    """Let the process be further ahead than the 64 KB of a usual pipe."""
    import fcntl

    with suppress(OSError):  # where it is not granted the usual size serves
        fcntl.fcntl(line.fileno(), _SET_PIPE_SIZE, _PIPE)


def _child(
    work: Callable[[Send], None], ours: "Connection[Any, Any]", theirs: "Connection[Any, Any]"
) -> None:
    ours.close()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the first process is told, and ends us
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    with suppress(OSError):  # nobody listens any more
        try:
            with rarely_collected():
                work(theirs.send_bytes)
        except (*FORESEEN, OSError):  # the first process does the rest, meets it too, and tells
            pass
        except Exception as error:  # noqa: BLE001 - the first process does the rest, and tells it
            theirs.send_bytes(_as_answer(error))
    theirs.close()
