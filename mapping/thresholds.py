"""The therapy thresholds: where a patient's year stands with a claim, and whether KX is due.

Amounts accrue in the order in which claims are sent, not by day of service: a late claim for an
earlier day carries KX when the bucket is already full (CMS Pub. 100-04 ch. 5 sec. 10.3). KX goes
on the claim that crosses the threshold and on those after it, and only where the therapist states
that the record supports it. The amounts of each year are data; a year without one is said.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from mapping import derive_kx
from mapping.codes import group
from mapping.day import Day, Line, changed
from mapping.modifiers import added
from mapping.threshold_table import NO_TABLE, SHIPPED, VERSION, Table, Threshold
from mapping.totals import NOTHING_YET, Bucket, Reckoning, RunningTotal, State, bucket

NEAR: Final = Decimal("0.9")  # of the threshold: from there on it is said


def threshold(year: int, of: Bucket, own: Table = NO_TABLE) -> Threshold | None:
    """The amounts of a year, the practice's own before those shipped; ``None``: nobody has them."""
    return own.get((year, of)) or SHIPPED.get((year, of))


def version(day: Day) -> str:
    """The table that decided, as it is kept with the claim."""
    found = threshold(day.date.year, bucket(day.key[3]), day.practice.thresholds)
    return found.version if found is not None else VERSION


def apply(day: Day) -> Day:
    """The day with its bucket reckoned, and KX on its lines where the threshold is crossed.

    Payers whose policy says ``kx = "never"`` are left alone.
    """
    if day.policy.kx != "threshold" or not day.lines:
        return day
    reckoned = changed(day, reckoning=_reckoned(day))
    found = [derive_kx.derive(reckoned, line) for line in day.lines]
    if not any(found):
        return reckoned
    lines = [
        line if kx is None else _with(line, *kx, reckoned)
        for line, kx in zip(day.lines, found, strict=True)
    ]
    return changed(reckoned, lines=tuple(lines))


def _with(line: Line, modifier: str, why: str, day: Day) -> Line:
    return changed(
        line,
        modifiers=added(line.modifiers, modifier, day.policy.modifier_order),
        because=(*line.because, f"{modifier}: {why}"),
    )


def accrues(modifiers: tuple[str, ...]) -> bool:
    """Whether a line counts toward a bucket: it names a therapy plan (GP, GO, GN)."""
    return any(group(modifier) == "discipline" for modifier in modifiers)


def _reckoned(day: Day) -> Reckoning:
    before = day.total or NOTHING_YET
    own, bound, unknown = amounts(day)
    after = before.plus(own, bound, unknown)
    year, of = day.date.year, bucket(day.key[3])
    limit = threshold(year, of, day.practice.thresholds)
    state: State = "no table"
    if limit is not None:
        is_under = after.at_most <= limit.amount
        state = "over" if after.at_least > limit.amount else "under" if is_under else "unsure"
    return Reckoning(
        year=year,
        bucket=of,
        state=state,
        threshold=limit.amount if limit else None,
        review=limit.review if limit else None,
        after=after,
        because=_because(day, before, after, limit, state),
    )


def amounts(day: Day) -> tuple[Decimal, Decimal, int]:
    """What the claim's lines are expected to be allowed; the charge and number of unknown ones."""
    own = bound = Decimal(0)
    unknown = 0
    for line in day.lines:
        if not accrues(line.modifiers):
            continue
        allowed = line.expected.allowed if line.expected is not None else None
        if allowed is None:
            unknown += 1
            bound += line.charge or Decimal(0)
        else:
            own += allowed
    return own, bound, unknown


def _because(
    day: Day, before: RunningTotal, after: RunningTotal, limit: Threshold | None, state: State
) -> str:
    """One sentence: where the bucket stands, of what it is made, what follows."""
    name = f"{bucket(day.key[3])} {day.date.year}"
    if limit is None:
        return f"KX: no threshold is known for {name}: nothing is decided"
    follows = {
        "under": "KX is not due",
        "over": "KX is due",
        "unsure": "whether KX is due cannot be said",
        "no table": "",
    }[state]
    stands = f"{after.at_least:.2f}"
    if after.bound:
        stands += f" to {after.at_most:.2f}"
    parts = ", ".join(_parts(day, before, after))
    return (
        f"KX: {name} stands at {stands} of {limit.amount:.2f} with this claim ({parts}): {follows}"
    )


def _parts(day: Day, before: RunningTotal, after: RunningTotal) -> Iterator[str]:
    if before.figure is None:
        yield "no eligibility figure entered, other providers are not counted"
        yield f"own claims of the year {before.own:.2f}"
    else:
        yield figure_words(before, day)
        yield f"own claims since {before.own:.2f}"
    yield f"this claim {after.own - before.own:.2f}"
    if after.unknown:
        lines = "1 line" if after.unknown == 1 else f"{after.unknown} lines"
        yield f"{lines} without a known amount at most {after.bound:.2f}, the charge"


def figure_words(total: RunningTotal, day: Day) -> str:
    """``eligibility figure 1234.56 of 2026-03-01 (HETS 271), 21 days old``."""
    words = f"eligibility figure {total.figure:.2f} of {total.as_of}"
    if total.source:
        words += f" ({total.source})"
    if day.today is not None and total.as_of is not None:
        age = (day.today - total.as_of).days
        words += ", of today" if age == 0 else f", {age} day{'s' * (age != 1)} old"
    return words
