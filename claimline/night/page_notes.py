"""The notes of the morning's page: how many of them fit, and how each is shown."""

from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from attrs import frozen

from claimline.night.report import URGENCIES, Report
from claimline.render.words import counted, listed

WHEN: Final[Mapping[str, str]] = {
    "now": "now",
    "today": "today",
    "soon": "this week",
    "know": "",
}
ALL: Final = "claimline night --show --all"
MORE: Final = f"{ALL} tells all of it"
FULL: Final = 5  # notes told with what to do
SHORT: Final = 5  # further ones of which the first sentence is told
KNOWN: Final = 4  # notes about which nothing is to be done
FEW: Final = 4  # numbers shown with a note; --all shows them all

Notes = Sequence[dict[str, Any]]


@frozen(kw_only=True)
class Shown:
    """The notes that a page has room for, the most urgent first."""

    full: Notes  # with what to do, whom to call and where to look
    short: Notes = ()
    more: str = ""  # how many stand on no page


def needs(report: Report, *, whole: bool = False) -> Shown:
    """The notes that ask for a person; all of them, or as many as one page holds."""
    found = [note for note in report["notes"] if note["urgency"] != "know"]
    if whole or len(found) <= FULL + 1:  # to fold a single one would save nothing
        return Shown(full=found)
    short, rest = found[FULL : FULL + SHORT], found[FULL + SHORT :]
    return Shown(full=found[:FULL], short=short, more=_more(rest))


def know(report: Report, *, whole: bool = False) -> Shown:
    """The notes that are to know; all of them, or as many as one page holds."""
    found = [note for note in report["notes"] if note["urgency"] == "know"]
    if whole or len(found) <= KNOWN + 1:
        return Shown(full=found)
    return Shown(full=found[:KNOWN], more=f"and {len(found) - KNOWN:,} more: {MORE}")


def _more(rest: Notes) -> str:
    """How many notes are left, by how urgent they are."""
    counts = Counter(note["urgency"] for note in rest)
    kinds = [f"{counts[one]:,} {WHEN[one]}" for one in URGENCIES if counts[one]]
    return f"and {counted(len(rest), 'more thing')} ({listed(kinds)}): {MORE}" if rest else ""


def note_cells(note: Mapping[str, Any], *, whole: bool = False) -> dict[str, Any]:
    """A note as it is shown: no amount of nothing, no age of nothing."""
    money = Decimal(note["money"]) if note["money"] is not None else None
    return {
        **note,
        "when": WHEN[note["urgency"]],
        "days": note["days"] or None,
        "money": f"{money:,.2f}" if money else None,
        "ids": list(note["ids"]) if whole else ids_shown(note["ids"]),
    }


def ids_shown(ids: Sequence[str]) -> list[str]:
    """The first few numbers, and what shows the others."""
    more = [f"and {len(ids) - FEW:,} more: {ALL}"] if len(ids) > FEW else []
    return [*ids[:FEW], *more]
