"""Edit pairs among the codes of a day, and what shows that they were separate services.

The codes of a pair may stand on one claim, or on two claims of the same patient, day, payer and
billing provider: of another discipline, visit or location, in this run or sent before.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Final

from mapping.codes import group, is_timed
from mapping.day import Day, Row, Separation, minutes_of, rows_of
from mapping.reference import BilledLine, PairEdit
from mapping.unit_count import HALF_UNIT_MINUTES
from mapping.visit import Block

if TYPE_CHECKING:  # frozen to the reader and to mypy; cheap to make by the million at run time
    from attrs import frozen as value
else:
    from attrs import define as value

TIMES: Final = "times "
SOME_TIMES: Final = "partly timed: "  # some minutes of the line have none: they show nothing
ATTESTED: Final = "separate block attested"


@value(kw_only=True)
class _Service:
    """A code furnished on the day, with what tells when."""

    code: str
    blocks: tuple[Block, ...]
    is_timed: bool  # throughout
    separate: bool  # attested a block of its own
    distinct: bool  # its line carries a distinct modifier that was stated, or sent
    beside: str = ""  # which other claim it is on
    is_sent: bool = False


def table(day: Day) -> str:
    """Which table of code pairs is asked: medicare, medicaid:OH, own:PAYER, none; or nobody says.

    Without a word in the policy the shipped table is asked, so that a claim with a pair waits.
    """
    return named(day, day.policy.ncci)


def named(day: Day, wanted: str | None) -> str:
    """The table a policy names, with the state or the payer whose it is."""
    if wanted == "medicaid" and day.policy.ncci_state:
        return f"medicaid:{day.policy.ncci_state}"
    return f"own:{day.payer.key}" if wanted == "own" else wanted or ""


def separations(day: Day, codes: Iterable[str]) -> Iterator[Separation]:
    """The edit pairs among the codes billed, each with what shows that they were separate."""
    wanted = table(day)
    if wanted == "none":
        return
    ours = tuple(dict.fromkeys(codes))
    for pair in day.reference.pairs(ours, day.date, wanted) or ():
        first = [_of(row) for row in day.rows if row.code == pair.column1]
        second = [_of(row) for row in day.rows if row.code == pair.column2]
        yield Separation(
            pair=pair, evidence=_evidence(first, second), explicit=_is_stated(day, first, second)
        )
    if ours and (day.siblings or day.others):
        yield from _beside(day, ours, wanted)


def marked(day: Day, found: Separation) -> str:
    """The code of this claim that takes the modifier: column 2; empty where none does.

    Where column 2 was sent without it, a payer that takes it on either column (Part B since
    2019-07-01, CMS CR 11168) gets it on column 1.
    """
    either = day.policy.distinct_column == "either"
    if either and found.is_sent and found.evidence and found.ours == found.pair.column1:
        return found.pair.column1
    return found.marks


def _beside(day: Day, ours: tuple[str, ...], wanted: str) -> Iterator[Separation]:
    """The pairs of which one code is on this claim and the other on another claim of the day."""
    others = tuple(_others(day))
    known = dict.fromkeys((*ours, *(service.code for service in others)))
    for pair in day.reference.pairs(known, day.date, wanted) or ():
        for code, other in ((pair.column1, pair.column2), (pair.column2, pair.column1)):
            if code in ours:
                mine = [_of(row) for row in day.rows if row.code == code]
                theirs = [service for service in others if service.code == other]
                yield from _each(day, pair, mine, theirs)


def _each(
    day: Day, pair: PairEdit, mine: list[_Service], theirs: list[_Service]
) -> Iterator[Separation]:
    """One finding for each claim that has the other code."""
    for beside in dict.fromkeys(service.beside for service in theirs):
        there = [service for service in theirs if service.beside == beside]
        first, second = (mine, there) if mine[0].code == pair.column1 else (there, mine)
        yield Separation(
            pair=pair,
            evidence=_evidence(first, second),
            explicit=_is_stated(day, first, second),
            beside=beside,
            ours=mine[0].code,
            is_sent=there[0].is_sent,
        )


def _others(day: Day) -> Iterator[_Service]:
    """What the same provider furnished and bills to the same payer on the day, on other claims.

    Lines drafted earlier in the run are those of a sibling visit, which tells more.
    """
    here = _entity(day)
    for visit in day.siblings:
        location = day.practice.locations.get(visit.location)
        entity = day.practice.entity_of(location).key if location is not None else ""
        if visit.coverages and visit.coverages[0].payer == day.payer.key and entity == here:
            beside = f"the {visit.discipline} visit {visit.visit_id}"
            for row in rows_of([visit], visit.diagnoses, ""):
                if not _gives_nothing(row, day, visit.discipline):
                    yield _of(row, beside)
    for line in day.others:
        if line.claim and is_same(day, line):
            yield _sent(line)


def _gives_nothing(row: Row, day: Day, discipline: str) -> bool:
    """Whether a row of another visit surely gets no unit: 0 stated, or under 8 minutes in all."""
    if row.units is not None or not row.minutes or not is_timed(row.code):
        return row.units == 0
    together = (v for v in day.siblings if v.discipline == discipline)
    spent = (sum(minutes_of(p)) for v in together for p in v.procedures if is_timed(p.code))
    return sum(spent) < HALF_UNIT_MINUTES


def is_same(day: Day, line: BilledLine) -> bool:
    """Whether the line is billed to the day's payer by the day's billing provider."""
    return line.payer == day.payer.key and line.entity in {"", _entity(day)}


def _entity(day: Day) -> str:
    """Key of the billing provider of the day."""
    return day.practice.entity_of(day.location).key if day.location is not None else ""


def _of(row: Row, beside: str = "") -> _Service:
    return _Service(
        code=row.code,
        blocks=row.blocks,
        is_timed=row.timed_throughout,
        separate=row.separate,
        distinct=any(group(m) == "distinct" for m in row.explicit),
        beside=beside,
    )


def _sent(line: BilledLine) -> _Service:
    """A line sent before; its evidence tells the times."""
    told = next((text for text in line.evidence if text.startswith(TIMES)), "")
    blocks = tuple(_block(span) for span in told.removeprefix(TIMES).split(", ")) if told else ()
    return _Service(
        code=line.code,
        blocks=blocks,
        is_timed=bool(blocks),
        separate=ATTESTED in line.evidence,
        distinct=any(group(m) == "distinct" for m in line.modifiers),
        beside=f"claim {line.claim}",
        is_sent=True,
    )


def _block(span: str) -> Block:
    start, _, end = span.partition("-")
    return Block(start=dt.time.fromisoformat(start), end=dt.time.fromisoformat(end))


def _is_stated(day: Day, first: Sequence[_Service], second: Sequence[_Service]) -> bool:
    """Whether all lines of the code that needs it carry a distinct modifier of the visit's own.

    That code is column 2; Part B takes either since 2019-07-01, by policy.
    """
    either = day.policy.distinct_column == "either"
    return all(one.distinct for one in second) or (either and all(one.distinct for one in first))


def _evidence(first: Sequence[_Service], second: Sequence[_Service]) -> str:
    """What shows that two codes were separate: the second's times, or an attestation.

    Times count when both codes have them throughout and none overlap; blocks may alternate
    (CMS paper on modifier 59).
    """
    if all(one.is_timed for one in (*first, *second)):
        ours = [block for one in second for block in one.blocks]
        theirs = [block for one in first for block in one.blocks]
        return "" if meet(ours, theirs) else times(ours)
    if all(one.separate for one in second) or all(one.separate for one in first):
        return ATTESTED
    return ""


def meet(ours: Iterable[Block], theirs: Iterable[Block]) -> bool:
    """Whether a minute of the one lies in the other."""
    furthest = [dt.time.min, dt.time.min]  # end of the blocks before, of each side
    sides = [(block.start, block.end, 0) for block in ours]
    sides += [(block.start, block.end, 1) for block in theirs]
    for start, end, side in sorted(sides):
        if start < furthest[1 - side]:
            return True
        furthest[side] = max(furthest[side], end)
    return False


def times_of(row: Row) -> tuple[str, ...]:
    """The times of a row as evidence that is kept; marked where not all of it has times."""
    if not row.blocks:
        return ()
    told = times(row.blocks)
    return (told if row.timed_throughout else SOME_TIMES + told.removeprefix(TIMES),)


def times(blocks: Iterable[Block]) -> str:
    """``times 09:00-09:10, 09:25-09:30``: hours and minutes, nothing of the patient."""
    spans = sorted((b.start, b.end) for b in blocks)
    shown = (f"{start.isoformat('minutes')}-{end.isoformat('minutes')}" for start, end in spans)
    return TIMES + ", ".join(shown)
