"""What the codes of a remittance or acknowledgement mean, in our own short words.

The tables lie beside this file as CSV with ``tables.toml`` naming their date and source; they are
read once. The official wording is not shipped. A code we do not know is ``None``: it is shown as
it came and never stops anything.
"""

import csv
import datetime as dt
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Final, Literal

from attrs import frozen

__all__ = [
    "Entry",
    "Kind",
    "Refusal",
    "Road",
    "Table",
    "advice",
    "is_known",
    "lookup",
    "refusal",
    "table",
    "without_patient",
]

Kind = Literal[
    "carc", "rarc", "group", "claim_status", "plb", "status", "status_category",
    "TA105", "IK304", "IK403", "IK502", "AK905",
]  # fmt: skip
Refusal = Literal["yes", "no", "pending", "unknown"]
Road = Literal["", "fix", "records"]

BILL_PATIENT: Final = "bill the patient"
NOT_THE_PATIENT: Final = frozenset({"CO", "PI"})
UNIT_CAPS: Final = frozenset({"35", "119", "151", "222"})  # no assistant cut, whatever N851 says


@frozen(kw_only=True)
class Entry:
    """One code in our words. ``todo`` may be empty."""

    code: str
    meaning: str
    todo: str = ""
    patient_todo: str = ""  # CARC: what to do where the group is PR, if that differs
    never: tuple[str, ...] = ()  # what must not be done
    road: Road = ""  # how ``todo`` reaches the payer: a correction, an appeal with records
    group: str = ""  # CARC: the usual groups (CO, CO/PR); RARC: the reasons it goes with
    refusal: str = ""  # CARC only: yes, no, pending
    until: dt.date | None = None  # last day of use, for a retired code


@frozen(kw_only=True)
class Table:
    """A code table with the day it was made and where it comes from."""

    kind: str
    title: str
    date: dt.date
    source: str
    entries: Mapping[str, Entry]


def _entry(row: Mapping[str, Any]) -> Entry:
    """An entry from a row of its table; a table has the columns it needs."""
    return Entry(
        **dict(row)
        | {
            "until": dt.date.fromisoformat(row["until"]) if row["until"] else None,
            "never": tuple(row["never"].split("; ")) if row.get("never") else (),
        }
    )


@cache
def table(kind: Kind) -> Table:
    """The table of that kind, read once from package data.

    Raises:
        KeyError: for a kind that does not exist.
    """
    here = files(__package__)
    about = tomllib.loads(here.joinpath("tables.toml").read_text(encoding="utf-8"))[kind]
    rows = csv.DictReader(here.joinpath(about["file"]).read_text(encoding="utf-8").splitlines())
    entries = {row["code"]: _entry(row) for row in rows}
    return Table(
        kind=kind,
        title=about["title"],
        date=about["date"],
        source=about["source"],
        entries=MappingProxyType(entries),
    )


def lookup(kind: Kind, code: str, on: dt.date | None = None) -> Entry | None:
    """What the code means, or None where we do not know it.

    ``on`` is a day the code must still be in use on; without it a retired code (group CR of 4010)
    is known too, since old files are read. Codes are compared without case or spaces.
    """
    entry = table(kind).entries.get(code.strip().upper())
    if entry is None or (on is not None and entry.until is not None and on > entry.until):
        return None
    return entry


def is_known(kind: Kind, code: str) -> bool:
    """Whether our tables have words for the code."""
    return lookup(kind, code) is not None


@cache
def _by_reason(group: str, reason: str) -> Refusal:
    entry = lookup("carc", reason)
    if entry is None or lookup("group", group) is None:
        return "unknown"
    if group.upper() == "PR" and entry.code in {"1", "2", "3", "45"}:
        return "no"
    return "yes" if entry.refusal == "yes" else "pending" if entry.refusal == "pending" else "no"


def refusal(
    group: str, reason: str, *, remarks: frozenset[str] = frozenset(), paid: bool = False
) -> Refusal:
    """Whether an adjustment refuses payment, by group and reason, never by group alone.

    "unknown" where we know the reason or the group not at all: a person must see it.
    On a paid line that carries N851 the CO reductions are the assistant's, whatever the reason
    (payers differ), but for unit caps.
    """
    if paid and group == "CO" and "N851" in remarks and reason not in UNIT_CAPS:
        return "no"
    return _by_reason(group, reason)


def advice(group: str, reason: str) -> tuple[str, tuple[str, ...]]:
    """What to do about a reason under its group, and what never; both empty where not known.

    A refusal under CO (contract) or PI (payer's own) is never the patient's to pay.
    """
    entry = lookup("carc", reason)
    if entry is None:
        return "", ()
    if group == "PR":
        return entry.patient_todo or entry.todo, entry.never
    if group in NOT_THE_PATIENT and entry.refusal == "yes":
        return entry.todo, without_patient(entry.never)
    return entry.todo, entry.never


def without_patient(never: tuple[str, ...]) -> tuple[str, ...]:
    """The never-do where the patient owes nothing: plainly "bill the patient", said once."""
    return (*(text for text in never if not text.startswith(BILL_PATIENT)), BILL_PATIENT)
