"""What a payer does differently than it did before: told with its own earlier answers beside it.

Counted by week of payment: lines whose modifiers or code came back changed, reasons and remarks
given, lines denied. For each of these the week is looked for that parts its answers best into
before and since; it is told only where both parts have enough lines, the share changed by some
points of a hundred, and the difference could hardly be chance. Whole numbers only.
"""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, Literal

from attrs import define, evolve, field, frozen

from reconcile.buckets import is_duplicate
from reconcile.denial_case import refusing
from reconcile.look import OTHER_PAYER
from reconcile.reports.values import Case
from reconcile.values import Adjudication, LineShare, SentLine

Kind = Literal["modifier", "code", "reason", "remark", "denied"]
LEAST_LINES: Final = 20  # before, and since
LEAST_HITS: Final = 5
POINTS: Final = 5  # of a hundred, that a share must have changed by
CHANCE: Final = 16  # the square of four standard errors of the difference of two shares
EXAMPLES: Final = 3

Thing = tuple[Kind, str]  # ("modifier", "59"), ("code", "97530 as 97110"), ("reason", "CO-97")


@frozen(kw_only=True)
class Change:
    """One thing a payer began to do, or does more or less often."""

    payer: str
    kind: Kind
    what: str
    since: dt.date
    hits: int  # lines since then
    lines: int  # that it could have happened to, since then
    hits_before: int
    lines_before: int
    examples: tuple[str, ...]  # claim numbers, the newest first

    @property
    def is_more(self) -> bool:
        """Whether it happens more often than before."""
        return self.hits * self.lines_before > self.hits_before * self.lines

    @property
    def is_new(self) -> bool:
        """Whether it never happened before."""
        return not self.hits_before


@frozen
class _Told:
    answer: Adjudication
    share: LineShare


@define
class _Week:
    hits: int = 0
    first: dt.date = dt.date.max
    examples: list[tuple[dt.date, str]] = field(factory=list)


class Drift:
    """Counts what payers do, week by week."""

    def __init__(self, *, least: int = LEAST_LINES) -> None:
        self._least = least
        self._bases: dict[tuple[str, str], Counter[dt.date]] = {}  # (payer, base): week to lines
        self._weeks: dict[tuple[str, Thing], dict[dt.date, _Week]] = {}

    def add(self, case: Case) -> None:
        """Add what the first payer answered to a claim.

        What another payer that we bill said as if it were the first (CLP02 1) is not the first
        payer's way.
        """
        lines = {line.control: line for line in case.claim.lines}
        for answer in case.answers:
            if answer.rank != "P" or answer.is_reversal or OTHER_PAYER in answer.notes:
                continue
            for share in answer.lines:
                if share.charge > 0:
                    line = lines[share.line]
                    self._add(case.payer, case.claim.control, line, _Told(answer, share))

    def _add(self, payer: str, control: str, line: SentLine, told: _Told) -> None:
        day = told.answer.date
        week = day - dt.timedelta(days=day.weekday())
        for base in _bases(line):
            self._bases.setdefault((payer, base), Counter())[week] += 1
        for thing in _things(line, told.answer, told.share):
            weeks = self._weeks.setdefault((payer, thing), {})
            one = weeks.setdefault(week, _Week())
            one.hits += 1
            one.first = min(one.first, day)
            if len(one.examples) < EXAMPLES:
                one.examples.append((day, control))

    def changes(self) -> tuple[Change, ...]:
        """What changed, by payer, the newest change first."""
        found = []
        for (payer, thing), weeks in self._weeks.items():
            lines = self._bases[payer, _base_of(thing)]
            change = _change(payer, thing, lines, weeks, self._least)
            if change is not None:
                found.append(change)
        return tuple(sorted(found, key=lambda c: (c.payer, dt.date.max - c.since, c.kind, c.what)))


def _bases(line: SentLine) -> Iterator[str]:
    """What a line counts for: all lines, those of its code, those with each modifier."""
    yield ""
    yield f"code {line.code}"
    for modifier in line.modifiers:
        yield f"modifier {modifier}"


def _base_of(thing: Thing) -> str:
    kind, what = thing
    if kind == "modifier":
        return f"modifier {what}"
    return f"code {what.partition(' ')[0]}" if kind == "code" else ""


def _things(line: SentLine, answer: Adjudication, share: LineShare) -> Iterator[Thing]:
    """What the answer to a line is an instance of, each once."""
    returned = set(share.modifiers)
    for modifier in line.modifiers:
        if modifier not in returned:
            yield "modifier", modifier
    if share.code and share.code.upper() != line.code:
        yield "code", f"{line.code} as {share.code.upper()}"
    for reason in {f"{a.group}-{a.reason}" for a in share.adjustments if a.amount}:
        yield "reason", reason
    remarks = frozenset((*share.remarks, *answer.remarks))
    for remark in remarks:
        yield "remark", remark
    if not share.paid and refusing(share, remarks) and not is_duplicate(answer, share):
        yield "denied", ""


def _change(
    payer: str, thing: Thing, lines: Counter[dt.date], weeks: dict[dt.date, _Week], least: int
) -> Change | None:
    """The change of one thing, where there is one that is worth telling."""
    order = sorted(lines)
    split = _split([(lines[w], weeks[w].hits if w in weeks else 0) for w in order], least)
    if split is None:
        return None
    change = _told((payer, *thing), lines, weeks, order=order, split=split)
    if not change.is_more:
        return change if thing[0] == "denied" else None
    while order[split] not in weeks:  # nothing of it in that week yet
        split += 1
    change = _told((payer, *thing), lines, weeks, order=order, split=split)
    if change.hits < LEAST_HITS or change.lines < least or _is_over(lines, weeks, order, least):
        return None
    return evolve(change, since=min(one.first for w, one in weeks.items() if w >= order[split]))


def _told(
    what: tuple[str, Kind, str],
    lines: Counter[dt.date],
    weeks: dict[dt.date, _Week],
    *,
    order: Sequence[dt.date],
    split: int,
) -> Change:
    """The counts before and since a week."""
    since, before = order[split:], order[:split]
    own = [weeks[week] for week in since if week in weeks]
    return Change(
        payer=what[0],
        kind=what[1],
        what=what[2],
        since=since[0],
        hits=sum(one.hits for one in own),
        lines=sum(lines[week] for week in since),
        hits_before=sum(weeks[week].hits for week in before if week in weeks),
        lines_before=sum(lines[week] for week in before),
        examples=_examples(own),
    )


def _split(weeks: Sequence[tuple[int, int]], least: int) -> int | None:
    """Where the weeks part best into before and since; None where they do not.

    Args:
        weeks: (lines, hits) of each, in order of time.
        least: lines that each part must have.
    """
    n = sum(lines for lines, _ in weeks)
    h = sum(hits for _, hits in weeks)
    best: tuple[int, int, int] | None = None  # square of the difference and its scale, place
    lines_before = hits_before = 0
    for place, (lines, hits) in enumerate(weeks):
        since = n - lines_before
        if lines_before >= least and since >= least:
            difference = (h - hits_before) * lines_before - hits_before * since
            square, scale = difference * difference, lines_before * since
            told = abs(difference) * 100 >= POINTS * scale and square * n >= CHANCE * scale * (
                h * (n - h)
            )
            if told and difference and (best is None or square * best[1] > best[0] * scale):
                best = (square, scale, place)
        lines_before += lines
        hits_before += hits
    return best[2] if best is not None else None


def _is_over(
    lines: Counter[dt.date], weeks: dict[dt.date, _Week], order: Sequence[dt.date], least: int
) -> bool:
    """Whether the newest lines do not show it any more."""
    seen = 0
    for week in reversed(order):
        if week in weeks:
            return False
        seen += lines[week]
        if seen >= least:
            return True
    return True


def _examples(weeks: Iterable[_Week]) -> tuple[str, ...]:
    newest = sorted((one for week in weeks for one in week.examples), reverse=True)
    return tuple(dict.fromkeys(control for _, control in newest))[:EXAMPLES]
