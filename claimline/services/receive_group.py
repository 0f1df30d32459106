"""Small files that were read ahead, written together: an fsync for each would take the longest.

Each is kept and posted whole or not at all, and none before the commit of all; where anything goes
wrong, nothing of them is written, and each is received by itself.
"""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from attrs import define, evolve, field

from claimline.services.receive_faults import FORESEEN, alone, unforeseen
from claimline.services.receive_look import transactions
from claimline.services.receive_odd import oddities, told_new
from claimline.services.receive_post import TOGETHER, post_row
from claimline.services.receive_values import FileResult
from reconcile.ledger import keeping, received

if TYPE_CHECKING:
    from claimline.services.receive_ahead import Ready
    from claimline.services.receive_odd import Oddities
    from claimline.services.receive_values import PaymentResult
    from edi.envelope import Transaction
    from edi.problem import Problem
    from reconcile.ledger import Ledger, Run, StoredFile, Writer


@define
class _File:
    """One file of a group."""

    name: str
    ready: "Ready"
    stored: "StoredFile | None" = None  # None: it is to be received by itself
    payments: "dict[int, PaymentResult]" = field(factory=dict)
    problems: "list[Problem]" = field(factory=list)


class Group:
    """Collects small files until they are worth a commit."""

    def __init__(self, ledger: "Ledger", run: "Run", alone: Callable[[str], FileResult]) -> None:
        self._ledger = ledger
        self._run = run
        self._alone = alone  # receives a file by itself
        self._files: list[_File] = []
        self._claims = 0
        self._plain = True  # of what was written last: nothing can be odd

    def add(self, name: str, ready: "Ready") -> None:
        """One more file."""
        self._files.append(_File(name, ready))
        self._claims += ready.claims

    @property
    def is_full(self) -> bool:
        """Whether it is time to ask for the results."""
        return self._claims >= TOGETHER

    def results(self) -> Iterator[FileResult]:
        """Write all that was added, and tell what became of each file, in order."""
        files, self._files, self._claims = self._files, [], 0
        if not files:
            return
        fault = self._write(files)
        with self._ledger.reading() as connection:
            written = [one.stored.id for one in files if one.stored and not self._plain]
            odd = oddities(connection, written) if written else {}
        for one in files:
            if one.stored:
                yield _told(one, one.stored, odd)
            else:
                result = self._alone(one.name)
                more = (alone(one.name, fault),) if fault else ()
                yield evolve(result, problems=(*result.problems, *more))

    def _write(self, files: list[_File]) -> str:
        """Write them in one transaction, or none of them; gives the fault that nobody foresaw."""
        fault = ""
        try:
            with self._ledger.begin(self._run) as writer:
                known = keeping.known(writer.connection, [one.ready.packed.digest for one in files])
                new = received.unseen(writer.connection, _traces(files))
                for one in files:
                    if one.ready.packed.digest not in known:
                        _write(writer, one, new)
                        known.add(one.ready.packed.digest)
                        new.difference_update(_traces([one]))
                self._plain = writer.is_plain
        except FORESEEN:  # each by itself: what is wrong is told with its file
            pass
        except Exception as error:  # noqa: BLE001 - as above, and told with each
            fault = unforeseen(error)
        else:
            return ""
        for one in files:
            one.stored = None
        return fault


def _told(one: _File, stored: "StoredFile", odd: "dict[int, Oddities]") -> FileResult:
    return FileResult(
        file=one.name,
        state="received",
        digest=stored.digest,
        payments=tuple(told_new(one.payments, odd)),
        problems=(*one.ready.looked.problems, *one.problems),
    )


def _traces(files: list[_File]) -> Iterator[str]:
    """The numbers of the payments of files."""
    for one in files:
        for payment in one.ready.looked.payments:
            yield payment.header.trace


def _write(writer: "Writer", one: _File, new: set[str]) -> None:
    """Keep a file and post its payments.

    Args:
        writer: the open transaction.
        one: a file whose bytes are not in the ledger.
        new: payment numbers that are in no file recorded before.
    """
    found, looked = one.ready.packed, one.ready.looked
    name = one.name.replace("\\", "/").rpartition("/")[2]
    stored = keeping.keep(writer, found, kind=looked.kind, name=name, direction="in")
    rows = received.add(writer, stored.id, looked.payments, new)
    received.add_problems(writer, stored.id, looked.problems)
    here = _transactions(writer, stored.digest, one.name)
    for row in rows:
        answers = iter(one.ready.answers[row.number - 1])
        one.payments[row.id], problems = post_row(writer, row, stored, here, answers, fresh=True)
        one.problems += problems
    one.stored = stored


def _transactions(writer: "Writer", digest: str, name: str) -> Iterator[tuple[int, "Transaction"]]:
    """The transactions of a kept file, read only where they are asked for."""
    yield from transactions(keeping.file_bytes(writer.connection, digest), name)
