"""JSON Schema (2020-12) of the page of a night as programs read it.

Fields are added, never renamed or removed while ``version`` stays. Money is text with two decimals.
"""

from collections.abc import Mapping
from typing import Any, Final

from claimline.night.report import URGENCIES, VERSION

DRAFT: Final = "https://json-schema.org/draft/2020-12/schema"
Made = dict[str, Any]
COUNT: Final = {"type": "integer", "minimum": 0}
MONEY: Final = r"^-?[0-9]+\.[0-9]{2}$"


def night_schema() -> Made:
    """The schema of what ``claimline night --format json`` prints and the reports folder keeps."""
    return {
        "$schema": DRAFT,
        "title": "Claimline night",
        "description": "What a night did, what needs a person, and the proof. No patient is named.",
        **_object(
            {
                "version": {"const": VERSION, "description": "of this shape"},
                "claimline": _text("version of the program"),
                "practice": _text("its name"),
                "book": {"enum": ["production", "test"]},
                "day": _text("of the practice's time zone", format="date"),
                "number": COUNT | {"description": "of the run among those of its day; 0: dry run"},
                "dry_run": {"type": "boolean"},
                "started": _text("with its offset", format="date-time"),
                "ended": _text("with its offset", format="date-time"),
                "time_zone": _text("of the practice"),
                "status": {"enum": [0, 1, 3], "description": "exit status"},
                "headline": _text("the first line of the page"),
                "needs_person": COUNT | {"description": "notes that ask for somebody"},
                "left_out": _list({"type": "string"}, "steps that were not asked for"),
                "notes": _list(_note(), "the most urgent first"),
                "steps": _list(_step(), "in their order"),
                "states": _list(_state(), "all claims ever sent, by state"),
                "proof": {"oneOf": [{"type": "null"}, _proof()]},
            },
            earlier=_earlier(),
        ),
    }


def _note() -> Made:
    return _object(
        {
            "step": _text("that told it"),
            "kind": _text("our code: docs/night.md, transfer.md and missing.md say what to do"),
            "urgency": {"enum": list(URGENCIES), "description": "know: nothing to do"},
            "what": _text("one sentence"),
            "todo": _text("what to do"),
            "call": _text("whom"),
            "count": COUNT | {"description": "how many things"},
            "days": {"type": ["integer", "null"], "description": "how old the oldest is"},
            "money": _money("at stake", null=True),
            "ids": _list({"type": "string"}, "all claims, files, traces to look further"),
        },
        run=COUNT | {"description": "of the run that told it, where it was an earlier one"},
    )


def _step() -> Made:
    return _object(
        {
            "name": _text("collect, receive ..."),
            "status": {"enum": [0, 1, 3]},
            "seconds": _text("how long it took"),
            "counts": {"type": "object", "additionalProperties": {"type": ["integer", "string"]}},
            "notes": _list({"type": "string"}, "kinds of its notes"),
        },
        files=_list({"type": "object"}, "that came, were made or went: see file"),
        left_out=_text("why it was not done"),
        recovered=_list({"type": "string"}, "files a run before recorded and did not write"),
        tables=_list({"type": "string"}, "reference tables that were used"),
        quarantined=_list({"type": "string"}, "names in the quarantine"),
        not_let_in=_list({"type": "string"}, "profiles whose login was refused"),
    )


def _state() -> Made:
    return _object(
        {
            "state": _text("of the life of a claim"),
            "claims": COUNT,
            "charge": _money("charged"),
            "open": _money("no payer has decided"),
            "since": _text("of the one longest in it", format="date"),
        }
    )


def _proof() -> Made:
    item = {"type": "object", "description": "a claim, line, payment or file at fault"}
    equation = _object(
        {
            "key": _text("our code"),
            "name": _text("what must be equal"),
            "left": _text("one side"),
            "right": _text("the other"),
            "difference": _text("must be nothing"),
            "broken": COUNT,
            "closes": {"type": "boolean"},
            "items": _list(item, "the first of what is at fault"),
        }
    )
    return _object(
        {
            "closes": {"type": "boolean"},
            "told": _text("in one sentence"),
            "not_explained": _money("of the payers' own figures"),
            "equations": _list(equation, "each must close"),
            "places": _list({"type": "object"}, "where every cent of BPR02 is"),
            "unexplained": _list(item, "payers' figures that do not add up"),
            "accepted": _list(item, "differences a person accepted"),
            "journal": _text("entries of the journal of facts, and its head: claimline verify"),
        }
    )


def _earlier() -> Made:
    run = _object(
        {
            "number": COUNT | {"description": "0: it was cut off and left no page"},
            "started": _text("with its offset", format="date-time"),
            "status": {"type": ["integer", "null"]},
            "headline": _text("its first line"),
        }
    )
    return _object(
        {
            "runs": _list(run, "before this one"),
            "came": _list({"type": "object"}, "files they received"),
            "made": _list({"type": "object"}, "files of claims they built"),
            "went": _list({"type": "object"}, "files they sent"),
        }
    ) | {"description": "what earlier runs of the same night did"}


def _object(properties: Mapping[str, Made], **more: Made) -> Made:
    """An object: what it always has, and what it may have."""
    return {
        "type": "object",
        "properties": {**properties, **more},
        "required": list(properties),
    }


def _list(items: Made, about: str) -> Made:
    return {"type": "array", "items": items, "description": about}


def _text(about: str, **more: str) -> Made:
    return {"type": "string", "description": about, **more}


def _money(about: str, *, null: bool = False) -> Made:
    kinds = ["string", "null"] if null else ["string"]
    return {"type": kinds, "pattern": MONEY, "description": about}
