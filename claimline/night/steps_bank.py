"""Deposits: the bank's files into the ledger, each deposit once, whatever files tell of it."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from claimline import files
from claimline.errors import DONE, NEEDS_PERSON, CommandError
from claimline.night.config import named_files
from claimline.night.context import Night
from claimline.night.cut_off import untold_deposits
from claimline.night.values import Note, Step
from claimline.render.words import counted
from claimline.services.bank import MEND, Imported, take

TOLD: Final = 3  # sentences of one file; the JSON page has all
UNSURE: Final = "could be known as"  # how ``bank_same`` says that a person must decide


def bank_step(night: Night, _before: Sequence[Step]) -> Step:
    """Read the bank's files; one that cannot be read does not stop the others."""
    names = named_files(night.config.bank_files)
    if not names:
        return Step(name="bank", counts={"files": len(names)})
    done: list[Imported] = []
    notes: list[Note] = []
    with night.ledger() as ledger:
        before = untold_deposits(night, ledger)
        for name in names:
            try:
                found = take(
                    ledger,
                    name,
                    files.content(name),
                    profile=night.config.bank_profile,
                    user=night.user,
                    now=night.now,
                )
            except CommandError as error:
                notes.append(_unreadable(name, error))
                continue
            done.append(found)
            notes += (*_faults(found), *_met(found))
    return Step(
        name="bank",
        status=NEEDS_PERSON if any(note.urgency != "know" for note in notes) else DONE,
        counts=_counts(done, before),
        notes=tuple(notes),
        detail={"files": [_row(one) for one in done]},
    )


def _counts(done: Sequence[Imported], before: int) -> dict[str, int]:
    """What was new; the files themselves may lie there for weeks, and are told with it only."""
    new, back = before + sum(one.new for one in done), sum(one.back for one in done)
    if not new and not back:
        return {"new": new}
    return {
        "files": len(done),
        "deposits": sum(one.deposits for one in done),
        "new": new,
        "taken back": back,
    }


def _unreadable(name: str, error: CommandError) -> Note:
    file = Path(name).name
    return Note(
        kind="bank.unreadable",
        urgency="today",
        what=f"bank file {file} could not be read: {error.message.removeprefix(f'{name}: ')}",
        todo=error.todo or "have the bank write it again",
        ids=(file,),
    )


def _faults(found: Imported) -> Iterator[Note]:
    if found.faults:
        file = Path(found.file).name
        rows = counted(len(found.faults), "row")
        yield Note(
            kind="bank.rows",
            urgency="soon",
            what=f"{rows} of bank file {file} could not be read; the others were taken",
            todo=f"claimline bank import FILE names each; {MEND[found.kind]}",
            count=len(found.faults),
            ids=(file,),
        )


def _met(found: Imported) -> Iterator[Note]:
    """What new deposits meet: told by another file before, or a payment the bank turned back."""
    if found.notes:
        file = Path(found.file).name
        more = len(found.notes) - TOLD
        told = [*found.notes[:TOLD], *([f"and {more:,} more (JSON page)"] if more > 0 else [])]
        yield Note(
            kind="bank.met",
            urgency="soon" if any(UNSURE in note for note in found.notes) else "know",
            what=f"bank file {file}: {'; '.join(told)}",
            todo="claimline bank list shows the deposits; what was joined wrongly is parted by "
            "claimline bank match ID --undo",
            count=len(found.notes),
            ids=(file,),
        )


def _row(found: Imported) -> dict[str, Any]:
    """A bank file for the report."""
    return {
        "file": Path(found.file).name,
        "deposits": found.deposits,
        "new": found.new,
        "returned": found.returned,
        "told": list(found.notes),
    }
