"""The cases that the denial table tells apart, for reasons and remarks given together."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final

from attrs import frozen

from edi import codes

if TYPE_CHECKING:
    from reconcile.denial_table import Row

GENERAL: Final = {  # for the words that a real line fills in
    "times": "start and stop times",
    "partner": "the other service",
    "target": "the right line (97530 beside 97140; else the 97116, 97164 or 97168)",
    "other": "the other line",
    "modifier": "59 or X",
    "authorization": "number",
    "code": "line",
    "excess": "the excess",
    "correction": "replacement",
    "appeal": "appeal",
    "fix": "correct it",
    "advice": "do what the remark code asks; none: call and ask for the rule",
}
FAMILIES: Final = {
    "medicare-b": "Part B",
    "medicare-advantage": "Medicare Advantage",
    "medicaid": "Medicaid",
    "workers-comp": "workers' compensation",
}


@frozen(kw_only=True)
class Case:
    """What a refusal turns out to be under certain facts."""

    category: str
    when: str
    next_step: str
    never: tuple[str, ...] = ()


def cases(adjustments: Iterable[tuple[str, str]], remarks: Iterable[str] = ()) -> Iterator[Case]:
    """What lines with these reasons turn out to be: the denial table's rows, in order.

    Args:
        adjustments: group and reason, of one line.
        remarks: of the line or its claim; none: not known, and then all cases are told.
    """
    given = frozenset(remarks)
    pairs = tuple(adjustments)
    refusing = [pair for pair in pairs if codes.refusal(*pair) != "no"]
    names = {f"{group}-{reason}" for group, reason in pairs}
    names |= {f"*-{reason}" for _, reason in pairs} | ({"*"} if refusing else set())
    free = all(codes.refusal(*pair) == "yes" and pair[0] in codes.NOT_THE_PATIENT for pair in pairs)
    covered = _Covered()
    for row in _rows():
        by_reason = not row.codes.isdisjoint(names)
        by_remark = not given.isdisjoint(row.or_remarks)
        if not (by_reason or by_remark) or not _fits(row, given) or covered.has(row):
            continue
        road = "reopening" if row.families == {"medicare-b"} else "replacement"
        words = defaultdict(str, GENERAL | _advised(given) | {"correction": road})
        never = tuple(text.format_map(words) for text in row.never)
        yield Case(
            category=row.category,
            when=_when(row, given, by_reason=by_reason),
            next_step=row.next_step.format_map(words),
            never=codes.without_patient(never) if free else never,
        )
        if given and covered.add(row):
            return


def decisive(remarks: Iterable[str]) -> frozenset[str]:
    """Those of these remarks that any row of the denial table asks for."""
    asked = frozenset().union(*(r.remarks | r.or_remarks | r.not_remarks for r in _rows()))
    return asked & frozenset(remarks)


def _rows() -> "tuple[Row, ...]":
    from reconcile.denial_table import shipped_table

    return shipped_table().rows


def _fits(row: "Row", given: frozenset[str]) -> bool:
    """Whether the remarks given, where any are, leave the row possible."""
    wanted = row.remarks and row.remarks.isdisjoint(given) and row.or_remarks.isdisjoint(given)
    return not given or not (wanted or not row.not_remarks.isdisjoint(given))


class _Covered:
    """The families for which a row without a further condition has been told."""

    def __init__(self) -> None:
        self.families: frozenset[str] = frozenset()
        self.left: frozenset[str] | None = None  # None: any family may be left

    def has(self, row: "Row") -> bool:
        """Whether the row comes too late for all of its families."""
        return bool(row.families) and row.families <= self.families

    def add(self, row: "Row") -> bool:
        """Count a row; whether nothing is left for the rows after it."""
        if not _is_plain(row):
            return False
        self.families |= row.families
        if not row.families:
            self.left = row.not_families if self.left is None else self.left & row.not_families
        return self.left is not None and self.left <= self.families


def _is_plain(row: "Row") -> bool:
    """Whether a row asks for nothing but family, reason and remark."""
    asks = (row.sent, row.not_sent, row.beside, row.references, row.lines)
    return not (any(asks) or row.units or row.twin or row.misplaced or row.paid or row.status)


def _advised(given: frozenset[str]) -> dict[str, str]:
    """What to correct, as the remarks given say it."""
    entries = (codes.lookup("rarc", remark) for remark in sorted(given))
    fixes = [entry.todo for entry in entries if entry is not None and entry.road == "fix"]
    return {"fix": fixes[0], "advice": fixes[0]} if fixes else {}


def _remarks(row: "Row", given: frozenset[str], *, by_reason: bool) -> str:
    """The remarks a row asks for, those given first of all."""
    wanted = row.remarks if by_reason else row.or_remarks
    named = sorted(wanted & given or wanted)
    reason = " whatever the reason" if not by_reason or "*" in row.codes else ""
    return f"with {', '.join(named)}{reason}" if named else ""


def _when(row: "Row", given: frozenset[str], *, by_reason: bool) -> str:
    """What must be so for a row to decide, in a biller's words; nothing of remarks given."""
    asks = [FAMILIES.get(name, name) for name in sorted(row.families)]
    asks += [f"not {FAMILIES.get(name, name)}" for name in sorted(row.not_families)]
    asks += [f"code {', '.join(sorted(row.lines))}"] if row.lines else []
    asks += [_remarks(row, given, by_reason=by_reason)]
    asks += [f"beside {', '.join(sorted(row.beside))}"] if row.beside else []
    asks += [f"{_modifiers(row.sent)} sent"] if row.sent else []
    asks += [f"{_modifiers(row.not_sent)} not sent"] if row.not_sent else []
    asks += ["59 on the other line of the pair"] if row.misplaced else []
    asks += ["the plain or assistant line of the code was paid"] if row.twin else []
    asks += [f"REF {reference} sent" for reference in sorted(row.references)]
    asks += [{"one": "one unit", "more": "more units"}[row.units]] if row.units else []
    asks += [{"part": "paid in part", "zero": "paid nothing"}[row.paid]] if row.paid else []
    return ", ".join(filter(None, asks)) or "otherwise"


def _modifiers(wanted: frozenset[str]) -> str:
    """A set of modifiers in short."""
    return "59 or X" if "59" in wanted else " ".join(sorted(wanted))
