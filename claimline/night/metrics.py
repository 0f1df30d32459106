"""Figures for Prometheus, in the text format of the node exporter's textfile collector.

Source: prometheus.io, "Exposition formats", text-based format 0.0.4. No patient data: states,
steps and kinds of notes are our own words.
"""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

from claimline.night.report import Report

Sample = tuple[Mapping[str, str], str]
PREFIX: Final = "claimline_night_"


def metrics_text(report: Report) -> str:
    """The figures of one night."""
    return "".join(f"{line}\n" for line in _lines(report))


def _lines(report: Report) -> Iterator[str]:
    ended = dt.datetime.fromisoformat(report["ended"])
    notes, steps = report["notes"], report["steps"]
    needs = [note for note in notes if note["urgency"] != "know"]
    yield from _one("last_run_timestamp_seconds", "When the last night ended", ended.timestamp())
    yield from _one("status", "Exit status of the last night: 0, 1, 2 or 3", report["status"])
    yield from _one("needs_person", "Things that need a person", len(needs))
    for urgency in ("now", "today", "soon"):
        yield from _sample(
            "notes", {"urgency": urgency}, sum(note["urgency"] == urgency for note in notes),
            about="Notes by urgency" if urgency == "now" else "",
        )  # fmt: skip
    yield from _family(
        "step_duration_seconds", "How long each step took",
        (({"step": step["name"]}, step["seconds"]) for step in steps),
    )  # fmt: skip
    yield from _family(
        "step_status", "What each step ended with",
        (({"step": step["name"]}, str(step["status"])) for step in steps),
    )  # fmt: skip
    yield from _family("step_count", "What each step counted", _counts(steps))
    yield from _money(report)
    yield from _family(
        "missing", "Things missing, by kind",
        (({"kind": kind}, str(count)) for kind, count in sorted(_missing(notes).items())),
    )  # fmt: skip


def _missing(notes: Iterable[Mapping[str, Any]]) -> Counter[str]:
    """How many things of each kind: a line of figures may stand only once."""
    counts: Counter[str] = Counter()
    for note in notes:
        if note["step"] == "missing":
            counts[note["kind"]] += note["count"]
    return counts


def _counts(steps: Iterable[Mapping[str, Any]]) -> Iterator[Sample]:
    for step in steps:
        for what, count in step["counts"].items():
            if isinstance(count, int):
                yield {"step": step["name"], "what": what}, str(count)


def _money(report: Report) -> Iterator[str]:
    """Claims and money by state; what is not explained."""
    states = report["states"]
    yield from _family(
        "claims", "Claims ever sent, by state",
        (({"state": row["state"]}, str(row["claims"])) for row in states),
    )  # fmt: skip
    yield from _family(
        "open_cents", "Cents the payers have not decided, by state",
        (({"state": row["state"]}, _cents(row["open"])) for row in states),
    )  # fmt: skip
    proof = report["proof"]
    if proof:
        about = "Cents that the proof cannot explain"
        yield from _one("not_explained_cents", about, _cents(proof["not_explained"]))


def _one(name: str, about: str, value: float | str) -> Iterator[str]:
    return _sample(name, {}, value, about=about)


def _family(name: str, about: str, samples: Iterable[Sample]) -> Iterator[str]:
    """A metric with its samples; nothing where there is none."""
    for labels, value in samples:
        yield from _sample(name, labels, value, about=about)
        about = ""


def _sample(
    name: str, labels: Mapping[str, str], value: float | str, *, about: str
) -> Iterator[str]:
    if about:
        yield f"# HELP {PREFIX}{name} {about}."
        yield f"# TYPE {PREFIX}{name} gauge"
    told = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels.items())
    yield f"{PREFIX}{name}{{{told}}} {value}" if told else f"{PREFIX}{name} {value}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _cents(money: str) -> str:
    return str(int(Decimal(money) * 100))
