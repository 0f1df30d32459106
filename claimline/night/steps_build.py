"""Building: the claims that are ready, from visits and to the payers after the first."""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any, Final

from claimline.errors import DONE, NEEDS_PERSON
from claimline.night.config import missing_folders, named_files
from claimline.night.context import Night
from claimline.night.cut_off import untold_made
from claimline.night.values import Note, Step
from claimline.render.words import counted
from claimline.services import secondary
from claimline.services.bill import bill
from claimline.services.bill_values import BillRequest, BillResult, MadeFile
from claimline.services.outgoing import OutgoingResult
from reconcile.ledger.convert import dollars
from reconcile.ledger.nights import NightSent

FURTHER: Final = "secondary bill"  # the command whose runs make claims to next payers
ZERO: Final = Decimal("0.00")


def build_step(night: Night, _before: Sequence[Step]) -> Step:
    """Bill the visits, released holds among them, and what is ready for the next payer."""
    with night.ledger() as ledger:
        before = untold_made(night, ledger)
    billed = bill(_request(night))
    further = _further(night)
    made = (*map(_of_cut_off, before), *map(_file_row, (*billed.files, *further.files)))
    names = {one.name for one in before}
    notes = (*_no_folder(night), *_notes(billed), *_refused(further))
    return Step(
        name="build",
        status=NEEDS_PERSON if any(note.urgency != "know" for note in notes) else DONE,
        counts={
            "claims": sum(row["claims"] for row in made),
            "charge": f"{sum((Decimal(row['charge']) for row in made), ZERO):,.2f}",
            "files": len(made),
            "held": len(billed.held),
            "visits billed before": sum(one.file not in names for one in billed.already),
            "to next payers": len(further.claims)
            + sum(one.claims for one in before if one.command == FURTHER),
        },
        notes=notes,
        detail={
            "files": list(made),
            "recovered": list(billed.recovered),
            "tables": list(billed.tables),
        },
    )


def _no_folder(night: Night) -> Iterator[Note]:
    """Folders of visits that are not there: nothing of them is billed, and nobody would know."""
    for folder in missing_folders(night.config.visits):
        short = folder.removeprefix(f"{night.config.beside}/")
        yield Note(
            kind="build.no-folder",
            urgency="today",
            what=f"the folder of visits {short} is not there: no visit in it is billed",
            todo="mend visits in night.toml, or make the folder; claimline night --check looks",
        )


def _request(night: Night) -> BillRequest:
    config = night.config
    return BillRequest(
        visits=named_files(config.visits),
        practice=str(config.practice),
        out=config.folders.outbox,
        ledger=config.ledger,
        production=config.production,
        tables=config.tables,
        profiles=night.profiles,
        now=night.now,
        user=night.user,
    )


def _further(night: Night) -> OutgoingResult:
    """The claims to the next payers that are ready."""
    request = secondary.SecondaryRequest(
        out=night.config.folders.outbox,
        usage=night.usage,
        profiles=night.profiles,
        on=night.day,
        now=night.now,
        user=night.user,
    )
    with night.ledger() as ledger:
        return secondary.bill(ledger, night.practice, request).outgoing


def _file_row(made: MadeFile) -> dict[str, Any]:
    return {
        "file": made.file.rpartition("/")[2],
        "receiver": made.receiver,
        "control": f"{made.control:09d}",
        "usage": made.usage,
        "claims": made.claims,
        "charge": str(made.charge),
    }


def _of_cut_off(sent: NightSent) -> dict[str, Any]:
    """A file that a run made which was cut off before it could tell."""
    return {
        "file": sent.name,
        "receiver": sent.receiver,
        "control": f"{sent.control:09d}",
        "usage": sent.usage,
        "claims": sent.claims,
        "charge": f"{dollars(sent.charge):.2f}",
        "run": 0,
    }


def _notes(billed: BillResult) -> Iterator[Note]:
    """What of the visit files could not be billed at all. Held claims are told with the others."""
    for name, why in billed.unreadable:
        file = name.rpartition("/")[2]
        yield Note(
            kind="build.unreadable",
            urgency="now",
            what=f"visit file {file} could not be read: {why}",
            todo="mend the file, or have it written again; its visits go with the next night",
            ids=(file,),
        )
    unread = [one for one in billed.unread() if one.visit or one.row]
    if unread:
        files = dict.fromkeys(one.file.rpartition("/")[2] for one in unread)
        yield Note(
            kind="build.visits-unread",
            urgency="today",
            what=f"{counted(len(unread), 'visit')} in {', '.join(files)} could not be read",
            todo="claimline edits FILE names row and field; mend them: they go with the next night",
            count=len(unread),
            ids=tuple(files),
        )
    if billed.practice_warnings:
        yield Note(
            kind="build.practice-warnings",
            urgency="know",
            what=f"the practice file has {counted(len(billed.practice_warnings), 'warning')}",
            todo="claimline practice check FILE names them",
            count=len(billed.practice_warnings),
        )


def _refused(further: OutgoingResult) -> Iterator[Note]:
    """Claims to a next payer that would be wrong."""
    if further.refused:
        families = [one.family for one, _ in further.refused]
        yield Note(
            kind="build.secondary-refused",
            urgency="today",
            what=f"{counted(len(families), 'claim')} to the next payer would be wrong, and was "
            f"not made: {_codes(further)}",
            todo="claimline secondary bill --dry-run names the faults",
            count=len(families),
            ids=tuple(families),
        )


def _codes(further: OutgoingResult) -> str:
    problems: Iterable[Sequence[Any]] = (problems for _, problems in further.refused)
    return ", ".join(dict.fromkeys(one.code for some in problems for one in some))
