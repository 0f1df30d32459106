"""Two processes that draft and write claims while the first one reads and records.

They are forked before the ledger is opened and inherit the visits; they answer with the bytes of
files and flat rows, never with objects. What they make is what one process makes.
"""

import os
import pickle
import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any, Final

from claimline.errors import CommandError
from claimline.services import bill_flat
from claimline.services.bill_file import Context, Made, Numbers
from claimline.services.bill_make import Drafted, LocalMaker, Maker, Piece
from edi.guide import load
from mapping.practice import Practice
from mapping.visit import Visit

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

WORKERS: Final = 2
FROM_PIECES: Final = 2  # with less to do, starting them costs more than they save


@contextmanager
def maker(
    practice: Practice, visits: Mapping[str, Visit], context: Context, *, pieces: int
) -> Iterator[Maker]:
    """Who makes the claims of so many pieces: this process, or two more beside it."""
    if pieces < FROM_PIECES or not _can_fork():
        yield LocalMaker(practice, visits, context)
        return
    load("837P")  # once for all of them
    with ExitStack() as stack:
        made = LocalMaker(practice, visits, context)
        yield _Team([stack.enter_context(_worker(made)) for _ in range(WORKERS)])


def _can_fork() -> bool:
    """Whether processes can be forked safely and have a processor to run on."""
    return sys.platform == "linux" and len(os.sched_getaffinity(0)) >= WORKERS


class _Worker:
    """One process, from outside: asked in order, answers in order, fetched in any."""

    def __init__(self, line: "Connection[Any, Any]") -> None:
        self._line = line
        self._asked = 0
        self._got: dict[int, tuple[bool, bytes]] = {}
        self._last = -1

    def ask(self, name: str, *arguments: Any) -> Callable[[], bytes]:
        """Ask; the answer is fetched by the function that is returned."""
        number = self._asked
        self._asked += 1
        with _told():
            self._line.send((name, arguments))
        return lambda: self._fetch(number)

    def _fetch(self, number: int) -> bytes:
        while number not in self._got:
            with _told():
                is_error, answer = pickle.loads(self._line.recv_bytes())  # noqa: S301 - our child
            self._last += 1
            self._got[self._last] = is_error, answer
        is_error, answer = self._got.pop(number)
        if is_error:
            raise pickle.loads(answer)  # noqa: S301 - our child
        return answer


@contextmanager
def _told() -> Iterator[None]:
    """A line that breaks means a process that died: say what to do."""
    try:
        yield
    except (EOFError, ConnectionError):
        raise CommandError(
            "a helper process ended before it was done",
            todo="run the same command again; what is recorded stays recorded",
        ) from None


class _Team:
    """Workers that take the pieces in turn."""

    def __init__(self, workers: Sequence[_Worker]) -> None:
        self._workers = workers

    def add(self, visits: Sequence[Visit]) -> None:
        """See ``Maker``."""
        for worker in self._workers:
            worker.ask("add", visits)

    def draft(self, piece: Piece) -> Callable[[], Drafted]:
        """See ``Maker``."""
        fetch = self._of(piece.number).ask("draft", piece)
        return lambda: bill_flat.drafted(fetch())

    def write(
        self, piece: int, receiver: str, numbers: Numbers, gone: frozenset[str]
    ) -> Callable[[], Made]:
        """See ``Maker``."""
        fetch = self._of(piece).ask("write", piece, receiver, numbers, gone)
        return lambda: bill_flat.made(fetch())

    def forget(self, piece: int) -> None:
        """See ``Maker``."""
        self._of(piece).ask("forget", piece)

    def _of(self, piece: int) -> _Worker:
        return self._workers[piece % len(self._workers)]


@contextmanager
def _worker(made: LocalMaker) -> Iterator[_Worker]:
    """A process that works until the line to it is closed."""
    ours, theirs = get_context("fork").Pipe()
    process = get_context("fork").Process(target=_work, args=(made, ours, theirs), daemon=True)
    process.start()
    theirs.close()
    try:
        yield _Worker(ours)
    finally:
        ours.close()
        process.terminate()
        process.join()


def _work(made: LocalMaker, ours: "Connection[Any, Any]", line: "Connection[Any, Any]") -> None:
    """What the process does: answer until nobody asks any more."""
    ours.close()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the first process is told, and ends us
    with suppress(EOFError, ConnectionError):  # who asked has ended
        while True:
            name, arguments = line.recv()
            try:
                answer = False, _answer(made, name, arguments)
            except Exception as error:  # noqa: BLE001 - raised again by who asked
                answer = True, pickle.dumps(error)
            line.send_bytes(pickle.dumps(answer))


def _answer(made: LocalMaker, name: str, arguments: tuple[Any, ...]) -> bytes:
    if name == "draft":
        return bill_flat.pack_drafted(made.draft(*arguments)())
    if name == "write":
        return bill_flat.pack_made(made.write(*arguments)())
    getattr(made, name)(*arguments)
    return b""
