"""``receive``: files from the clearinghouse into the ledger.

Each file is looked over and kept first (its bytes once, its payments still to be posted), in one
transaction of the ledger; then its payments are posted, each whole or not at all. A run that was
cut off goes on where it stopped when the file is given again; a file given twice changes nothing.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from attrs import define, evolve, field

from claimline.errors import CommandError
from claimline.services.collector import rarely_collected
from claimline.services.receive_acknowledge import acknowledge
from claimline.services.receive_adopt import adopt
from claimline.services.receive_ahead import Ready
from claimline.services.receive_faults import alone, unforeseen
from claimline.services.receive_group import Group
from claimline.services.receive_look import NOTHING, Look, look
from claimline.services.receive_post import post
from claimline.services.receive_values import FileResult, FileState
from claimline.services.receive_workers import files_ahead
from claimline.services.report_profile import ReportProfile
from claimline.services.report_take import KIND as REPORT
from claimline.services.report_take import receive_report
from edi import envelope
from edi.problem import Place, Problem, declare
from reconcile.ledger import LedgerError, LedgerFull, LedgerLocked, keeping, received

if TYPE_CHECKING:
    from reconcile.ledger import Ledger, Run, StoredFile

Source = Callable[[], Iterable[bytes]]

_REPORT: Final = "the other files are not touched by this; tell the makers of Claimline the place"
ACKNOWLEDGEMENTS: Final = frozenset({"999", "997", "277CA", "TA1"})
READ: Final = frozenset({"835", "837P", *ACKNOWLEDGEMENTS})
OTHERS: Final = {  # what the kinds are that nobody meant to receive here
    "837I": "institutional claims (837I)",
    "837D": "dental claims (837D)",
    "837": "claims of a kind that is not known",
    "277": "answers to claim status requests (277)",
    "270": "eligibility requests (270)",
    "271": "eligibility answers (271)",
    "276": "claim status requests (276)",
    "278": "services reviews (278)",
    "820": "premium payments (820)",
    "834": "enrolments (834)",
}

declare(
    {
        "file.more-problems": (
            "The file has very many problems; not every one of them is kept.",
            "Look at the first ones; ask the sender for the file again.",
        ),
        "file.other-kind": (
            "The file holds transactions of a kind that is not read here; it was kept.",
            "Give it to the program it is meant for.",
        ),
        "payment.not-whole": (
            "A payment is cut off or its count is wrong; it was kept and not posted.",
            "Ask the sender for the file again. The file's other payments were posted.",
        ),
        "payment.aside": (
            "A payment has the number of an earlier one, but other content.",
            "Compare the two and ask the payer which one holds.",
        ),
        "sent.same-number": (
            "A claim has the number of a claim sent before for that day, but other content.",
            "The one in the ledger stays. Look at both; resend under a number of its own.",
        ),
        "sent.not-whole": (
            "A transaction of claims is cut off or miscounted; none of it was taken over.",
            "Get the file again from the system it comes from.",
        ),
        "sent.no-date": (
            "A claim has no line with a date of service and was not taken over.",
            "Correct it in the system it comes from.",
        ),
    }
)


def receive(
    ledger: "Ledger",
    run: "Run",
    names: Iterable[str],
    source: Callable[[str], Source],
    report: ReportProfile | None = None,
) -> Iterator[FileResult]:
    """Receive files one after the other; one that cannot be read does not stop the others.

    Args:
        ledger: open.
        run: this start of the command.
        names: of the files, as given.
        source: gives for a name a function that opens its bytes anew.
        report: how to read files that are no X12: a clearinghouse's own reports.
    """
    given = list(names)
    door = _Door(ledger, run, source, report)
    group = Group(ledger, run, door.take)
    with files_ahead(ledger, given, source) as ahead:
        for place, name in enumerate(given):
            found = None if door.locked else ahead(place)
            if isinstance(found, Ready):
                group.add(name, found)
                if group.is_full:
                    yield from group.results()
                continue
            yield from group.results()
            result = door.take(name)
            if found is not None:
                result = evolve(result, problems=(*result.problems, alone(name, found.what)))
            yield result
        yield from group.results()


class _Door:
    """Receives one file after the other; whatever is wrong with one is told.

    Once the ledger stayed in use by another command for as long as we wait, the files that are left
    are told so at once: each would wait as long again.
    """

    def __init__(
        self,
        ledger: "Ledger",
        run: "Run",
        source: Callable[[str], Source],
        report: ReportProfile | None,
    ) -> None:
        self._ledger = ledger
        self._run = run
        self._source = source
        self._report = report
        self.locked: LedgerLocked | None = None

    def take(self, name: str) -> FileResult:
        """Receive one file."""
        try:
            if self.locked is not None:
                return _later(name, self.locked)
            return _receive_any(self._ledger, self._run, name, self._source(name), self._report)
        except envelope.NotX12 as error:
            return FileResult(file=name, state="unreadable", message=f"{name}: {error}")
        except (CommandError, LedgerError) as error:
            self.locked = error if isinstance(error, LedgerLocked) else None
            return _later(name, error)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with one file, the others go on
            message = f"{name}: {unforeseen(error)}"
            return FileResult(
                file=name, state="unreadable", message=message, todo=_REPORT, later=True
            )


def _later(name: str, error: CommandError | LedgerError) -> FileResult:
    """A file that could not be taken now, through no fault of its own."""
    message = error.message if name in error.message else f"{name}: {error.message}"
    full = isinstance(error, LedgerFull)
    return FileResult(
        file=name, state="unreadable", message=message, todo=error.todo, later=True, full=full
    )


def _receive_any(
    ledger: "Ledger", run: "Run", name: str, source: Source, report: ReportProfile | None
) -> FileResult:
    """Receive one file; where it is no X12, as a report if a profile says how to read one.

    A report that is known is read again: its profile may have been mended since.
    """
    if report is None:
        return receive_file(ledger, run, name, source)
    with suppress(envelope.NotX12):
        found = receive_file(ledger, run, name, source)
        stored = ledger.file(found.digest) if found.state == "known" else None
        if stored is None or stored.kind != REPORT:
            return found
    return receive_report(ledger, run, name, source(), report)


def receive_file(ledger: "Ledger", run: "Run", name: str, source: Source) -> FileResult:
    """Receive one file.

    Raises:
        NotX12: where it is no X12 file; then nothing of it is kept.
        CommandError: where it cannot be read.
    """
    with rarely_collected():
        return _receive(ledger, run, name, source)


def _receive(ledger: "Ledger", run: "Run", name: str, source: Source) -> FileResult:
    digest = _digest(source())
    stored = ledger.file(digest)
    if stored is None:
        looked = _keep(ledger, run, name, digest, source)
        return _finish(ledger, run, name, looked, state="resumed" if looked.kept else "received")
    looked = _Looked(stored=stored, kept=True)
    if stored.direction == "out":
        return FileResult(
            file=name,
            state="known",
            digest=digest,
            message="this file was made by claimline bill; its claims are in the ledger",
        )
    return _finish(ledger, run, name, looked, state="resumed")


def _digest(chunks: Iterable[bytes]) -> str:
    whole = hashlib.sha256()
    for chunk in chunks:
        whole.update(chunk)
    return whole.hexdigest()


@define(kw_only=True)
class _Looked:
    """What the first look at a file gave."""

    stored: "StoredFile"
    kept: bool = False  # it was in the ledger before
    look: Look = field(factory=Look)


def _keep(ledger: "Ledger", run: "Run", name: str, digest: str, source: Source) -> _Looked:
    """Look a file over while its bytes are kept."""
    with ledger.begin(run) as writer:
        known = keeping.find_file(writer.connection, digest)
        if known is not None:  # another run kept it after we asked
            return _Looked(stored=known, kept=True)
        file_id, keeper = writer.new_file(digest=digest, name=short(name), direction="in")
        found = look(keeper.through(source()), name)
        found.problems += _others(found.kinds, name)
        stored = keeper.done(digest=digest, kind=found.kind)
        received.add(writer, file_id, found.payments)
        received.add_problems(writer, file_id, found.problems)
    return _Looked(stored=stored, look=found)


def _others(kinds: Counter[str], name: str) -> Iterator[Problem]:
    """A problem for each kind that is neither read nor an acknowledgement."""
    for kind, count in kinds.items():
        if kind in READ:
            continue
        what = OTHERS.get(kind, f"transactions of type {kind}")
        yield Problem(
            code="file.other-kind",
            message=f"The file holds {what}, {count} of them: Claimline reads remittances (835), "
            "acknowledgements (TA1, 999, 997, 277CA) and professional claims (837P). The file was "
            "kept, nothing was taken from it.",
            where=Place(file=name),
        )


def short(name: str) -> str:
    """The name without its folder."""
    return name.replace("\\", "/").rpartition("/")[2]


def _finish(
    ledger: "Ledger", run: "Run", name: str, looked: _Looked, *, state: FileState
) -> FileResult:
    """Post and adopt what of the file is not yet; tell what became of it."""
    stored = looked.stored
    payments, problems = post(ledger, run, stored, name)
    adopted, more = adopt(ledger, run, stored, name)
    acknowledged, odd = acknowledge(ledger, run, stored, name)
    states = [*(one.state for one in payments), *(one.state for one in acknowledged)]
    changed = any(state != "known" for state in states) or any(one.adopted for one in adopted)
    still = _still_wrong(ledger, stored, name) if looked.kept else []
    if state == "resumed" and not changed:
        state = "known"
    return FileResult(
        file=name,
        state=state,
        digest=stored.digest,
        payments=payments,
        adopted=adopted,
        acknowledged=acknowledged,
        unread=tuple((kind, n) for kind, n in looked.look.kinds.items() if kind not in READ),
        problems=(*looked.look.problems, *still, *problems, *more, *odd),
        nothing_in_it=stored.kind == NOTHING,
    )


def _still_wrong(ledger: "Ledger", stored: "StoredFile", name: str) -> list[Problem]:
    """What was found in the file when it came, and waits for a person as long as it is here."""
    with ledger.reading() as connection:
        found = received.kept_problems(connection, stored.id, "file.other-kind")
    return [evolve(one, where=Place(file=name)) for one in found]
