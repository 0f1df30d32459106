"""Deposits: the bank's files into the ledger, each deposit once, whatever files tell of it."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from claimline import files
from claimline.errors import DONE, NEEDS_PERSON, CommandError
from claimline.night.config import named_files
from claimline.night.context import Night
from claimline.night.values import Note, Step
from claimline.render.words import counted
from claimline.services.bank import Imported, take


def bank_step(night: Night, _before: Sequence[Step]) -> Step:
    """Read the bank's files; one that cannot be read does not stop the others."""
    names = named_files(night.config.bank_files)
    if not names:
        return Step(name="bank", counts={"files": len(names)})
    done: list[Imported] = []
    notes: list[Note] = []
    with night.ledger() as ledger:
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
            notes += _faults(found)
    return Step(
        name="bank",
        status=NEEDS_PERSON if notes else DONE,
        counts={
            "files": len(names),
            "deposits": sum(one.deposits for one in done),
            "new": sum(one.new for one in done),
        },
        notes=tuple(notes),
    )


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
            todo="claimline bank import FILE names each; mend the row, or read it by hand",
            count=len(found.faults),
            ids=(file,),
        )
