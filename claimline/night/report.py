"""What a night tells, as one JSON object: docs/night.md says what each field is.

The text page, the HTML page and the metrics are made of it, also of one kept long ago.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any, Final

from attrs import evolve

from claimline import __version__
from claimline.errors import DONE, NEEDS_PERSON, worst
from claimline.night.context import Night
from claimline.night.values import Note, Step
from claimline.render.words import counted

VERSION: Final = 1  # of this shape
URGENCIES: Final = ("now", "today", "soon", "know")
APART: Final = frozenset({"states", "proof", "came"})  # of the steps' details: not told there
MACHINE: Final = (  # kinds of notes that are not for the billing desk
    "night.",
    "proof.",
    "transfer.disk",
    "transfer.damaged",
    "transfer.left",
    "transfer.not-installed",
    "transfer.secret",
    "build.no-folder",
    "receive.alone",
)
BOOKS: Final = {"P": "production", "T": "test"}

Report = dict[str, Any]


def report_of(
    night: Night,
    steps: Sequence[Step],
    *,
    number: int,
    ended: dt.datetime,
    left_out: Sequence[str] = (),
    clock: Sequence[Note] = (),
) -> Report:
    """The report of a night.

    Args:
        night: it.
        steps: what each did, in order.
        number: of the night among those of its day, from 1; 0 in a dry run.
        ended: when it was done.
        left_out: steps that were not asked for.
        clock: what is said of the machine's clock.
    """
    told = [("", note) for note in clock] + [(s.name, note) for s in steps for note in s.notes]
    rows = (note_row(called(night, note), name) for name, note in told)
    notes = sorted_notes(each_once(rows))
    needs = [note for note in notes if note["urgency"] != "know"]
    status = worst(DONE, *(step.status for step in steps), NEEDS_PERSON if needs else DONE)
    made = {
        "version": VERSION,
        "claimline": __version__,
        "practice": night.practice.name,
        "book": BOOKS[night.usage],
        "day": night.day.isoformat(),
        "number": number,
        "dry_run": night.dry_run,
        "started": local(night, night.now),
        "ended": local(night, ended),
        "time_zone": night.practice.time_zone,
        "status": status,
        "headline": headline(needs, status, left_out=left_out),
        "needs_person": len(needs),
        "left_out": list(left_out),
        "notes": notes,
        "steps": [step_row(step) for step in steps],
        "states": next((s.detail["states"] for s in steps if "states" in s.detail), []),
        "proof": next((s.detail["proof"] for s in steps if "proof" in s.detail), None),
    }
    report: Report = _writable(made)
    return report


def _writable(value: Any) -> Any:
    """The same with every text such as UTF-8 and a database take: a file's name may be neither."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode().replace("\0", "?")
    if isinstance(value, dict):
        return {_writable(key): _writable(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_writable(one) for one in value]
    return value


def could_not_run(night: Night, note: Note, *, status: int) -> Report:
    """The report of a night that could not begin: why, and what to do."""
    row = note_row(called(night, note), "")
    return report_of(night, (), number=0, ended=night.now) | {
        "status": status,
        "notes": [row],
        "needs_person": 1,
        "headline": headline([row], status),
    }


def called(night: Night, note: Note) -> Note:
    """The note with whom to call: who is named in it, else who night.toml names for its kind."""
    if note.call or note.urgency == "know":
        return note
    machine = note.kind.startswith(MACHINE)
    return evolve(note, call=night.config.call_machine if machine else night.config.call_desk)


def local(night: Night, moment: dt.datetime) -> str:
    """A moment in the practice's time zone, to the second, with its offset."""
    return moment.astimezone(night.zone).isoformat(timespec="seconds")


def headline(needs: Sequence[dict[str, Any]], status: int, *, left_out: Sequence[str] = ()) -> str:
    """The first line of the page."""
    if not needs:
        if left_out:
            return f"Done. Left out, as asked: {', '.join(left_out)}."
        return "All well."
    now = sum(note["urgency"] == "now" for note in needs)
    urgent = f", {now} of them now" if now and now < len(needs) else " now" if now else ""
    verb = "needs" if len(needs) == 1 else "need"
    told = f"{counted(len(needs), 'thing')} {verb} a person{urgent}."
    return told if status <= NEEDS_PERSON else f"Not all of the night could run. {told}"


def sorted_notes(notes: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The most urgent first; of those the most money, then the oldest."""
    return sorted(
        notes,
        key=lambda note: (
            URGENCIES.index(note["urgency"]),
            -abs(_number(note["money"])),
            -(note["days"] or 0),
            note["kind"],
            note["what"],
        ),
    )


def each_once(notes: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """All notes; what two steps say of one thing (a password that expires) is said once.

    Of two that begin alike the longer one stays: a login refused, and what was not sent for it.
    """
    told: list[dict[str, Any]] = []
    for note in notes:
        for place, other in enumerate(told):
            if note["kind"] != other["kind"]:
                continue
            if other["what"].startswith(note["what"]):
                break
            if note["what"].startswith(other["what"]):
                told[place] = note
                break
        else:
            told.append(note)
    return told


def note_row(note: Note, step: str) -> dict[str, Any]:
    """A note, for the report."""
    return {
        "step": step,
        "kind": note.kind,
        "urgency": note.urgency,
        "what": note.what,
        "todo": note.todo,
        "call": note.call,
        "count": note.count,
        "days": note.days,
        "money": None if note.money is None else f"{note.money:.2f}",
        "ids": list(note.ids),
    }


def step_row(step: Step) -> dict[str, Any]:
    """A step, for the report."""
    return {
        "name": step.name,
        "status": step.status,
        "seconds": f"{step.seconds:.3f}",
        "counts": dict(step.counts),
        "notes": [note.kind for note in step.notes],
        **{key: told for key, told in step.detail.items() if key not in APART},
    }


def _number(money: str | None) -> int:
    """Cents, to sort by."""
    return int(money.replace(".", "")) if money else 0
