"""Receiving: the files of the inbox into the ledger, and what earlier runs left unfinished."""

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Sequence
from contextlib import suppress
from decimal import Decimal
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Final

from attrs import evolve

from claimline import files, settings
from claimline.errors import COULD_NOT_RUN, DONE, NEEDS_PERSON, worst
from claimline.night.context import HaltedError, Night
from claimline.night.cut_off import as_new, untold
from claimline.night.logs import log_received
from claimline.night.received_notes import (
    conflicts,
    named,
    other_book,
    problem_notes,
    slow_notes,
    taken_over,
)
from claimline.night.report import MACHINE
from claimline.night.values import Note, Step
from claimline.render.words import counted
from claimline.services.receive import Source, receive
from claimline.services.receive_values import FileResult
from claimline.services.report_profile import ReportProfile
from claimline.transfer import PutAway, inbox_files, plainly_named, put_away
from claimline.transfer.disk import digest_of
from claimline.transfer.names import ID, OURS, UNFINISHED, ends_whole, house_name, name_fault
from claimline.transfer.put_away import kind_of
from reconcile.ledger import Ledger, LedgerError, nights, transfers
from reconcile.ledger.nights import NightFile

SETTLED: Final = 60  # seconds without a change: nobody is writing the file any more
ZERO: Final = Decimal("0.00")
TAIL: Final = 200  # bytes that hold the end of an interchange


def receive_step(night: Night, before: Sequence[Step]) -> Step:
    """Receive what lies in the inbox: each file kept first, then posted, then put away."""
    renamed = plainly_named(night.config.folders)
    waiting, growing = _inbox(night, before)
    names = [name for name in waiting if not name_fault(Path(name).name)]
    results: list[FileResult] = []
    with night.ledger() as ledger:
        cut = untold(night, ledger)
        for report, some in _by_report(night, names):
            for result in receive(ledger, night.run, some, _source, report):
                log_received(night, result)
                results.append(as_new(ledger, result) if result.digest in cut else result)
                if result.later:
                    _check_ledger(night, ledger, results)
        put = _put_away(night, results)
        seen = {one.digest for one in results}
        results += _cut_off(night, ledger, [one for one in cut.values() if one.digest not in seen])
    step = _with_calls(night, _told(night, results, put, cut))
    more = (*renamed, *_ahead(night, growing))
    status = max(step.status, *(NEEDS_PERSON for one in more if one.urgency != "know"), DONE)
    return evolve(step, status=status, notes=(*more, *step.notes))


def _cut_off(
    night: Night, ledger: Ledger, files_before: Iterable[NightFile]
) -> Iterator[FileResult]:
    """What became of the files that a run put away before it was cut off."""
    for one in files_before:
        for report, some in _by_report(night, [one.name]):
            for result in receive(ledger, night.run, some, _kept(ledger, one.digest), report):
                yield as_new(ledger, result)


def _with_calls(night: Night, step: Step) -> Step:
    """The step; beside each note of a file that a clearinghouse brought, whom to call there."""
    calls = {one.key: one.call for one in night.config.profiles if one.call}
    ids = {name[:ID] for note in step.notes for name in note.ids if OURS.match(name)}
    if not calls or not ids:
        return step
    with night.ledger() as ledger, ledger.reading() as connection:
        came = transfers.brought(connection, sorted(ids))
    notes = []
    for note in step.notes:
        if note.kind.startswith(MACHINE):
            notes.append(note)
            continue
        keys = dict.fromkeys(came[name[:ID]] for name in note.ids if name[:ID] in came)
        call = "; ".join(calls[key] for key in keys if key in calls)
        notes.append(evolve(note, call=note.call or call))
    return evolve(step, notes=tuple(notes))


def _by_report(
    night: Night, names: Iterable[str]
) -> Iterator[tuple[ReportProfile | None, list[str]]]:
    """The files, by how each is read where it is no X12 but a clearinghouse's own report."""
    groups: dict[int, list[str]] = {}
    profiles = night.config.reports
    for name in names:
        file = Path(name).name.lower()
        fits = (n for n, one in enumerate(profiles) if fnmatchcase(file, one.files.lower() or "*"))
        groups.setdefault(next(fits, len(profiles)), []).append(name)
    for place, some in sorted(groups.items(), reverse=True):  # X12 first: it says more
        yield (profiles[place] if place < len(profiles) else None), some


def post_step(night: Night, _before: Sequence[Step]) -> Step:
    """Finish what a run before was cut off in: payments kept and not posted."""
    with night.ledger() as ledger:
        with ledger.reading() as connection:
            waiting = {one.digest: one for one in nights.unfinished(connection)}
        if not waiting:
            return Step(name="post", counts={"unfinished files": len(waiting)})
        results = [
            result
            for digest, stored in waiting.items()
            for result in receive(ledger, night.run, [stored.name], _kept(ledger, digest))
        ]
    for result in results:
        log_received(night, result)
    return Step(
        name="post",
        status=worst(*(COULD_NOT_RUN for one in results if one.state == "unreadable")),
        counts={"unfinished files": len(waiting), "claims posted": _posted(results)},
        notes=tuple(problem_notes(results, night.usage)),
        detail={"files": [file_row(one) for one in results]},
    )


def _check_ledger(night: Night, ledger: Ledger, results: Sequence[FileResult]) -> None:
    """Go on with the next file only if it was not the ledger that failed.

    Raises:
        HaltedError: the ledger cannot be written; the files stay in the inbox.
    """
    try:
        with ledger.begin(night.run):
            pass
    except LedgerError as error:
        put = _put_away(night, results)
        raise HaltedError(_told(night, results, put), error) from error


def _put_away(night: Night, results: Sequence[FileResult]) -> PutAway:
    """What was received leaves the inbox; what could not be taken now stays."""
    pairs = ((Path(one.file), one) for one in results)
    return put_away(night.config.folders, pairs, night.local)


def _inbox(night: Night, before: Sequence[Step]) -> tuple[list[str], list[Path]]:
    """The files that wait in the inbox, and those somebody is still writing.

    What was collected came whole: it was looked at over there.
    """
    came = {name for step in before for name in step.detail.get("came", ())}
    waiting, growing = [], []
    for path in inbox_files(night.config.folders):
        if path.suffix.lower() in UNFINISHED:
            continue
        if path.name not in came and _is_growing(path, night.now.timestamp()):
            growing.append(path)
        else:
            waiting.append(str(path))
    return waiting, growing


def _ahead(night: Night, growing: Iterable[Path]) -> Iterator[Note]:
    """Files without an end whose time lies ahead: they are left, maybe for many nights."""
    found = []
    for path in growing:
        with suppress(OSError):  # it is gone meanwhile: whoever writes it gave it its name
            ahead = path.stat().st_mtime - night.now.timestamp()
            if ahead >= SETTLED and not settings.clock_stands():
                found.append((house_name(digest_of(path), path.name), ahead))
    if found:
        longest = max(ahead for _, ahead in found)
        yield Note(
            kind="receive.ahead",
            urgency="soon",
            what=f"{counted(len(found), 'file')} without an end left in the inbox: their time lies "
            f"up to {longest / 3600:,.1f} hours ahead, so somebody may still be writing them",
            todo="set the clock of the machine that writes there. If they are written to their "
            "end, copy them anew into the inbox: the next run takes them",
            count=len(found),
            ids=tuple(name for name, _ in found),
        )


def _is_growing(path: Path, now: float) -> bool:
    """Whether a file is young and has no end of an interchange: the next night takes it.

    A time that lies ahead is young: of a share whose clock is ahead, or of a copy that keeps times.
    One that cannot be read is not growing: receiving it tells why.
    """
    try:
        found = path.stat()
        age = now - found.st_mtime
        if (abs(age) if settings.clock_stands() else age) >= SETTLED:
            return False
        with path.open("rb") as stream:
            stream.seek(max(0, found.st_size - TAIL))
            return not ends_whole(stream.read())
    except OSError:
        return False


def file_row(result: FileResult, name: str = "") -> dict[str, Any]:
    """A received file, for the report, by its name here; the one it came with is not told."""
    return {
        "file": name or named(result),
        "digest": result.digest,
        "kind": kind_of(result),
        "state": result.state,
        "left": result.later,  # it stays in the inbox
        "empty": result.nothing_in_it,  # in quarantine, though it is X12
        "status": result.status,
        "payers": list(dict.fromkeys(one.payer for one in result.payments if one.payer)),
        "payments": len(result.payments),
        "posted": sum(one.posted for one in result.payments),
        "waiting": sum(one.unmatched + one.aside + one.not_posted for one in result.payments),
        "paid": f"{_paid(result):.2f}",
        "adopted": sum(one.adopted for one in result.adopted),
        "told": [one.words for one in result.acknowledged],
        "said": _said(result),
        "problems": len(result.problems),
        "why": result.message.removeprefix(f"{result.file}: ").replace(result.file, "the file"),
    }


def _paid(result: FileResult) -> Decimal:
    """What the posted payments of a file come to: one that came in parts counts once."""
    return sum((one.paid for one in result.payments if one.posted and not one.counted), ZERO)


def _said(result: FileResult) -> dict[str, dict[str, int]]:
    """What the acknowledgements of a file say: by level, how many have each verdict."""
    found: dict[str, Counter[str]] = {}
    for one in result.acknowledged:
        for level, verdicts in one.said.items():
            found.setdefault(level, Counter()).update(verdicts)
    return {level: dict(counts) for level, counts in found.items()}


def _source(name: str) -> Source:
    return lambda: files.chunks(name)


def _kept(ledger: Ledger, digest: str) -> Any:
    """The bytes of a kept file, whatever its name."""
    return lambda _name: lambda: ledger.file_bytes(digest)


def _told(
    night: Night, results: Sequence[FileResult], put: PutAway, cut: Container[str] = ()
) -> Step:
    """The step; ``cut``: digests of files that runs received which were cut off."""
    new = [one for one in results if one.state in {"received", "resumed"}]
    notes = (
        *put.notes,
        *problem_notes(results, night.usage),
        *slow_notes(results),
        *conflicts(results),
        *taken_over(night, new),
        *other_book(night, new),
    )
    paid = sum((_paid(one) for one in new), ZERO)
    return Step(
        name="receive",
        status=_status(results, notes),
        counts={
            "files": len(results),
            "known": sum(one.state == "known" for one in results),
            "payments": sum(len(one.payments) for one in new),
            "claims posted": _posted(new),
            "paid": f"{paid:,.2f}",
            "acknowledgements": sum(len(one.acknowledged) for one in new),
            "quarantined": len(put.quarantined),
            "left in the inbox": len(put.left),
        },
        notes=notes,
        detail={
            "files": [
                file_row(one, put.names.get(Path(one.file), ""))
                | ({"run": 0} if one.digest in cut else {})
                for one in results
            ],
            "quarantined": [path.name for path in put.quarantined],
        },
    )


def _status(results: Iterable[FileResult], notes: Sequence[Note]) -> int:
    """3 where a file could not be taken or put away now, 1 where a person is needed.

    What of the content waits for a person (not matched, rejected, aside) the step "waiting" tells.
    """
    if any(one.later for one in results) or any(note.kind == "transfer.disk" for note in notes):
        return COULD_NOT_RUN
    return NEEDS_PERSON if any(note.urgency != "know" for note in notes) else DONE


def _posted(results: Iterable[FileResult]) -> int:
    return sum(payment.posted for one in results for payment in one.payments)
