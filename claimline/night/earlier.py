"""What earlier runs of the same night did: one page tells all of it, however many runs it took.

From what the ledger keeps: the pages of the day's earlier runs, and what runs recorded that were
cut off before they could write one.
"""

import datetime as dt
import json
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any, Final

from attrs import frozen

from claimline.errors import DONE, NEEDS_PERSON, worst
from claimline.night.context import Night
from claimline.night.page_files import file_key, is_taken
from claimline.night.received_notes import Faulty, fault_notes
from claimline.night.report import (
    Report,
    called,
    each_once,
    headline,
    local,
    note_row,
    sorted_notes,
)
from claimline.transfer.names import house_name
from reconcile.ledger import nights
from reconcile.ledger.convert import dollars
from reconcile.ledger.nights import NightFile, NightSent

HAPPENED: Final = frozenset(  # told by the run in which it happened alone; the rest is looked for
    {  # by each run anew
        "receive.problems",
        "receive.report-rows",
        "receive.not-taken-over",
        "receive.other-kind",
        "receive.strangers",
        "receive.taken-over",
        "receive.other-book",
        "bank.met",
        "transfer.renamed",
        "transfer.vanished",
        "transfer.too-late",
    }
)
NO_PAGE: Final = "cut off before it could write a page; what it did stands here"
KINDS: Final = ("came", "made", "went")
RUN: Final = ("number", "started", "status", "headline")  # of an earlier run


@frozen(kw_only=True)
class Earlier:
    """What the ledger says of the runs before this one."""

    pages: tuple[Report, ...] = ()  # of this day, oldest first
    cut: tuple[str, ...] = ()  # when runs began that left none, oldest first
    received: tuple[NightFile, ...] = ()  # by all runs since the last page of an earlier day
    sent: tuple[NightSent, ...] = ()


def cut_off(night: Night) -> tuple[str, ...]:
    """When runs began that left no page.

    To be asked before this run records anything: with a clock that stands (``CLAIMLINE_NOW``) it
    began at the same second, and all have one row in the ledger.

    Raises:
        LedgerError: the ledger cannot be read.
    """
    with night.ledger() as ledger, ledger.reading() as connection:
        after = nights.before(connection, night.day.isoformat())
        return tuple(began for _, began in nights.cut_off(connection, after, night.run.command))


def earlier(night: Night, cut: tuple[str, ...]) -> Earlier:
    """Read it.

    Args:
        night: this one.
        cut: what ``cut_off`` said.

    Raises:
        LedgerError: the ledger cannot be read.
    """
    day, command = night.day.isoformat(), night.run.command
    with night.ledger() as ledger, ledger.reading() as connection:
        after = nights.before(connection, day)
        return Earlier(
            pages=tuple(json.loads(one) for one in nights.pages_of(connection, day)),
            cut=cut,
            received=nights.received_since(connection, after, command),
            sent=nights.sent_since(connection, after, command),
        )


def whole(night: Night, report: Report, before: Earlier) -> Report:
    """The report of a run with what the earlier ones of its night did."""
    files = {kind: _rows(report, kind) for kind in KINDS}
    looked = any(s["name"] == "receive" and "left_out" not in s for s in report["steps"])
    told = _files_before(night, files, before, looked=looked)
    notes = sorted_notes(each_once([*report["notes"], *_notes(night, report, before, told)]))
    asked = "run" if report["left_out"] else ""  # a part of a night answers for itself
    needs = [note for note in notes if note["urgency"] != "know" and asked not in note]
    status = worst(report["status"], NEEDS_PERSON if needs else DONE)
    return {
        **report,
        "status": status,
        "headline": headline(needs, status, left_out=report["left_out"]),
        "needs_person": len(needs),
        "notes": notes,
        "earlier": {"runs": _runs(night, before), **told},
    }


def _runs(night: Night, before: Earlier) -> list[dict[str, Any]]:
    """The earlier runs in order: with a page, cut off, or such as could not begin."""
    moments = (dt.datetime.fromisoformat(began) for began in before.cut)
    runs = [
        *_not_begun(night, before),
        *({"number": 0, "started": local(night, one), "status": None, "headline": NO_PAGE}
          for one in moments),
        *({key: page[key] for key in RUN} for page in before.pages),
    ]  # fmt: skip
    return sorted(runs, key=lambda one: dt.datetime.fromisoformat(one["started"]))


def _not_begun(night: Night, before: Earlier) -> Iterator[dict[str, Any]]:
    """Nights of the day that could not begin: the ledger has nothing of them, the folder has."""
    known = {page["number"] for page in before.pages}
    for path in sorted(night.config.folders.reports.glob(f"{night.day}-*.json")):
        with suppress(OSError, ValueError, TypeError, KeyError):  # not one of ours, or harmed
            page = json.loads(path.read_text(encoding="utf-8"))
            if not page["steps"] and page["number"] not in known:
                yield {key: page[key] for key in RUN}


def _rows(report: Mapping[str, Any], kind: str) -> list[dict[str, Any]]:
    """The files that a run tells of itself."""
    of: Mapping[str, Callable[[str, Mapping[str, Any]], bool]] = {
        "came": lambda step, _: step in {"receive", "post"},
        "made": lambda step, _: step == "build",
        "went": lambda step, row: step == "send" and row["state"] in {"sent", "answered"},
    }
    return [
        row
        for step in report["steps"]
        for row in step.get("files", ())
        if of[kind](step["name"], row)
    ]


def _files_before(
    night: Night,
    files: Mapping[str, Collection[Mapping[str, Any]]],
    before: Earlier,
    *,
    looked: bool,
) -> dict[str, list[dict[str, Any]]]:
    """The files of earlier runs that this one does not tell: by their pages, else by the ledger.

    Args:
        night: this one.
        files: what this run tells.
        before: the earlier runs.
        looked: whether this run looked into the inbox.
    """
    told: dict[str, list[dict[str, Any]]] = {}
    for kind in KINDS:
        known = {file_key(row) for row in files[kind] if row.get("state") != "known"}
        rows = [
            {**row, "run": page["number"]} for page in before.pages for row in _rows(page, kind)
        ]
        ledger = {"came": _came, "made": _made, "went": _went}[kind](night, before)
        found: dict[str, dict[str, Any]] = {}
        for row in (*rows, *ledger):
            key = file_key(row)
            if key in known or (row.get("left") and looked):  # what stayed was looked at again
                continue
            if key not in found or (kind == "came" and is_taken(row) > is_taken(found[key])):
                found[key] = row
        told[kind] = list(found.values())
    return told


def _came(_night: Night, before: Earlier) -> Iterator[dict[str, Any]]:
    for one in before.received:
        yield {
            "file": house_name(one.digest, one.name, one.kind),
            "digest": one.digest,
            "kind": one.kind,
            "state": "received",
            "status": NEEDS_PERSON if one.faults else DONE,
            "told": ["its run was cut off; claimline receive FILE tells what is in it"],
            "problems": one.faults,
            "run": 0,
        }


def _made(_night: Night, before: Earlier) -> Iterator[dict[str, Any]]:
    for one in before.sent:
        yield {
            "file": one.name,
            "receiver": one.receiver,
            "control": f"{one.control:09d}",
            "usage": one.usage,
            "claims": one.claims,
            "charge": f"{dollars(one.charge):.2f}",
            "run": 0,
        }


def _went(_night: Night, before: Earlier) -> Iterator[dict[str, Any]]:
    for one in before.sent:
        if one.profile:
            yield {
                "profile": one.profile,
                "file": one.name,
                "state": "sent",
                "digest": one.digest,
                "run": 0,
            }


def _notes(
    night: Night,
    report: Report,
    before: Earlier,
    told: Mapping[str, Iterable[Mapping[str, Any]]],
) -> Iterator[dict[str, Any]]:
    """What earlier runs told and this one cannot know: what happened, steps it left out."""
    done = {step["name"] for step in report["steps"] if "left_out" not in step}
    for page in reversed(before.pages):
        looked = {step["name"] for step in page["steps"] if "left_out" not in step} - done
        for note in page["notes"]:
            if "run" not in note and (note["kind"] in HAPPENED or note["step"] in looked):
                yield {**note, "run": page["number"]}
        done |= looked
    cut = {row["digest"] for row in told["came"] if not row["run"]}
    faults = [
        Faulty(
            name=house_name(one.digest, one.name, one.kind),
            kind=one.kind,
            codes=Counter(one.codes),
        )
        for one in before.received
        if one.faults and one.digest in cut
    ]
    for note in fault_notes(faults):
        yield {**note_row(called(night, note), "receive"), "run": 0}
