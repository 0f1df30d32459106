"""The visits of one patient, day, payer and discipline, gathered for one claim.

Rows of one code merge unless their modifiers, place or clinician differ.
"""

import datetime as dt
import hashlib
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import evolve, field

from mapping.codes import DISCIPLINE_MODIFIERS
from mapping.draft import DayKey, History
from mapping.policy import Policy
from mapping.practice_values import Location, Payer, Person, Practice
from mapping.reference import BilledLine, PairEdit, ReferenceTables
from mapping.starter import STARTER
from mapping.totals import Reckoning, RunningTotal
from mapping.units import UnitResult
from mapping.visit import Block, Coverage, Procedure, Visit

if TYPE_CHECKING:  # frozen to the reader and to mypy; cheap to make by the million at run time
    from attrs import frozen as value
else:
    from attrs import define as value


@value(kw_only=True)
class Row:
    """Procedures of one code that go on one line."""

    code: str
    explicit: tuple[str, ...]  # modifiers the visit states
    place_of_service: str
    rendering: str  # key of the person
    therapist_minutes: int
    assistant_minutes: int
    blocks: tuple[Block, ...]
    timed_throughout: bool  # every procedure has its blocks
    separate: bool  # every procedure is attested a block of its own
    units: int | None  # stated
    units_mixed: bool  # stated on some procedures only
    charges: tuple[Decimal, ...]  # stated for one unit, different ones
    charges_mixed: bool  # stated on some procedures only
    pointers: tuple[int, ...]  # into the day's diagnoses
    note: str = field(repr=False)

    @property
    def minutes(self) -> int:
        """Therapist's and assistant's together."""
        return self.therapist_minutes + self.assistant_minutes


@value(kw_only=True)
class Separation:
    """An edit pair of the day, and what shows that its codes were separate services.

    Both codes may be on this claim, or the other one on another claim of the day (``beside``).
    """

    pair: PairEdit
    evidence: str  # "times 09:16-09:24", "separate block attested", or empty
    explicit: bool  # the visit (or the line sent) states the modifier, on a line where it counts
    beside: str = ""  # where the other code is: "the OT visit V2", "claim CT..."; empty: here
    ours: str = ""  # the code that is on this claim where the other one is beside it
    is_sent: bool = False  # the other code went before: its line cannot take a modifier any more

    @property
    def marks(self) -> str:
        """The code of this claim that takes the modifier; empty where none does."""
        return self.pair.column2 if self.ours in {"", self.pair.column2} else ""


@value(kw_only=True, slots=False)  # copied often: see ``changed``
class Share:
    """Units of a row that go on one line: all, or the therapist's, or the assistant's."""

    row: Row
    units: int
    therapist_minutes: int
    assistant_minutes: int
    of_units: int = 0  # of the whole row, where it was divided
    by_assistant: str = ""  # why these units are the assistant's; empty: they are not
    because: tuple[str, ...] = ()  # how the units were split


@value(kw_only=True, slots=False)  # copied often: see ``changed``
class Line:
    """A share worked out: units, modifiers, charge."""

    row: Row
    units: int
    therapist_minutes: int  # of this line
    assistant_minutes: int
    modifiers: tuple[str, ...]
    charge: Decimal | None  # of the line; None: no charge is known
    because: tuple[str, ...]
    evidence: tuple[str, ...]
    expected: Any = None  # what the payer should pay, where that was worked out


@value(kw_only=True, slots=False)  # copied often: see ``changed``
class Day:
    """All that one claim is made of, and the lines once they are worked out."""

    key: DayKey
    date: dt.date = field(repr=False)
    visits: tuple[Visit, ...]
    practice: Practice
    payer: Payer
    policy: Policy
    version: str  # of the policy
    coverage: Coverage = field(repr=False)
    location: Location | None
    rows: tuple[Row, ...]
    diagnoses: tuple[str, ...] = field(repr=False)
    history: History = field(repr=False)
    today: dt.date | None = None  # where the practice is; None: not asked
    reference: ReferenceTables = field(default=STARTER, repr=False)
    siblings: tuple[Visit, ...] = field(default=(), repr=False)  # same patient and day, this run
    others: tuple[BilledLine, ...] = field(default=(), repr=False)  # same, on other claims
    total: RunningTotal | None = field(default=None, repr=False)  # of the bucket, before this
    result: UnitResult | None = None
    separations: tuple[Separation, ...] = ()
    shares: tuple[Share, ...] = ()
    lines: tuple[Line, ...] = ()
    reckoning: Reckoning | None = field(default=None, repr=False)  # None: no threshold

    def person(self, key: str) -> Person | None:
        """A clinician of the practice file."""
        return self.practice.people.get(key)


_T = TypeVar("_T")


def changed(given: _T, **fields: Any) -> _T:
    """A day, share or line with other fields: ``attrs.evolve``, quick enough for every claim."""
    kind: Any = type(given)
    made: _T = object.__new__(kind)
    vars(made).update(vars(given), **fields)
    return made


def patient_key(visit: Visit) -> str:
    """An opaque key of the patient: the same number of the practice gives the same key."""
    return number_key(visit.patient.id)


def number_key(number: str) -> str:
    """The opaque key of the practice's own patient number."""
    return hashlib.blake2b(number.encode(), digest_size=8).hexdigest()


def day_key(visit: Visit) -> DayKey:
    """What ``History.billed`` is asked for: patient, day, first payer, discipline."""
    payer = visit.coverages[0].payer if visit.coverages else ""
    return (patient_key(visit), visit.date, payer, visit.discipline)


def billed_under(visit: Visit) -> str:
    """Key of the clinician the visit is billed under."""
    return visit.billing_clinician or visit.treating_clinician


def diagnoses_of(visits: Sequence[Visit]) -> tuple[str, ...]:
    """All diagnoses of the visits, each once, in order."""
    if len(visits) == 1 and len(set(visits[0].diagnoses)) == len(visits[0].diagnoses):
        return visits[0].diagnoses
    return tuple(dict.fromkeys(code for visit in visits for code in visit.diagnoses))


def note_of(visits: Sequence[Visit]) -> str:
    """The note to the payer on the claim: those of the visits, each once."""
    if len(visits) == 1:
        return visits[0].note
    return "; ".join(dict.fromkeys(visit.note for visit in visits if visit.note))


def rows_of(
    visits: Sequence[Visit], diagnoses: tuple[str, ...], place: str, *, by_visit: bool = False
) -> tuple[Row, ...]:
    """The procedures of the visits, merged, in the order listed.

    ``place`` is the location's. ``by_visit``: those of different visits stay apart.
    """
    merged: dict[tuple[str, tuple[str, ...], str, str, str], list[tuple[Visit, Procedure]]] = {}
    for visit in visits:
        pos, rendering = visit.place_of_service or place, billed_under(visit)
        apart, plan = visit.visit_id if by_visit else "", DISCIPLINE_MODIFIERS[visit.discipline]
        for procedure in visit.procedures:
            stated = procedure.modifiers
            if stated:  # the plan's own modifier makes no row of its own: each would carry it
                stated = tuple(sorted(m for m in stated if m != plan))
            key = (procedure.code, stated, pos, rendering, apart)
            merged.setdefault(key, []).append((visit, procedure))
    return tuple(
        _single(pos, rendering, *found[0], diagnoses)
        if len(found) == 1
        else _row(code, pos, rendering, found, diagnoses)
        for (code, _, pos, rendering, _), found in merged.items()
    )


def _single(
    pos: str, rendering: str, visit: Visit, procedure: Procedure, diagnoses: tuple[str, ...]
) -> Row:
    """A row of one procedure, which is nearly all of them: the quick way to what ``_row`` gives."""
    own, other = minutes_of(procedure)
    charge = procedure.charge
    return Row(
        code=procedure.code,
        explicit=procedure.modifiers,
        place_of_service=pos,
        rendering=rendering,
        therapist_minutes=own,
        assistant_minutes=other,
        blocks=procedure.blocks,
        timed_throughout=bool(procedure.blocks),
        separate=procedure.separate_block,
        units=procedure.units,
        units_mixed=False,
        charges=() if charge is None else (charge,),
        charges_mixed=False,
        pointers=_pointers(visit, procedure, diagnoses),
        note=procedure.note,
    )


def _row(
    code: str,
    pos: str,
    rendering: str,
    found: list[tuple[Visit, Procedure]],
    diagnoses: tuple[str, ...],
) -> Row:
    procedures = [procedure for _, procedure in found]
    spent = [minutes_of(procedure) for procedure in procedures]
    stated = [procedure.units for procedure in procedures if procedure.units is not None]
    charges = dict.fromkeys(p.charge for p in procedures if p.charge is not None)
    pointers = (_pointers(visit, procedure, diagnoses) for visit, procedure in found)
    return Row(
        code=code,
        explicit=tuple(dict.fromkeys(m for p in procedures for m in p.modifiers)),
        place_of_service=pos,
        rendering=rendering,
        therapist_minutes=sum(own for own, _ in spent),
        assistant_minutes=sum(other for _, other in spent),
        blocks=tuple(block for procedure in procedures for block in procedure.blocks),
        timed_throughout=all(procedure.blocks for procedure in procedures),
        separate=all(procedure.separate_block for procedure in procedures),
        units=sum(stated) if stated else None,
        units_mixed=0 < len(stated) < len(procedures),
        charges=tuple(charges),
        charges_mixed=bool(charges) and any(p.charge is None for p in procedures),
        pointers=tuple(dict.fromkeys(p for some in pointers for p in some))[:4],
        note="; ".join(dict.fromkeys(p.note for p in procedures if p.note)),
    )


def joined(rows: Sequence[Row]) -> Row:
    """Rows of one code whose lines came out the same, as one row."""
    if len(rows) == 1:
        return rows[0]
    stated = [row.units for row in rows if row.units is not None]
    return evolve(
        rows[0],
        explicit=tuple(dict.fromkeys(m for row in rows for m in row.explicit)),
        therapist_minutes=sum(row.therapist_minutes for row in rows),
        assistant_minutes=sum(row.assistant_minutes for row in rows),
        blocks=tuple(block for row in rows for block in row.blocks),
        timed_throughout=all(row.timed_throughout for row in rows),
        separate=all(row.separate for row in rows),
        units=sum(stated) if len(stated) == len(rows) else None,
        pointers=tuple(dict.fromkeys(p for row in rows for p in row.pointers))[:4],
        note="; ".join(dict.fromkeys(row.note for row in rows if row.note)),
    )


def minutes_of(procedure: Procedure) -> tuple[int, int]:
    """Therapist's and assistant's minutes; from the blocks where no minutes are stated."""
    if procedure.blocks and not (procedure.therapist_minutes or procedure.assistant_minutes):
        return block_minutes(procedure.blocks)
    return procedure.therapist_minutes, procedure.assistant_minutes


def block_minutes(blocks: Iterable[Block]) -> tuple[int, int]:
    """Therapist's minutes (joint ones included) and the assistant's alone, from the clock."""
    therapist = assistant = 0
    for block in blocks:
        start, end = block.start, block.end
        spent = (end.hour - start.hour) * 60 + end.minute - start.minute
        if block.who == "assistant":
            assistant += spent
        else:
            therapist += spent
    return therapist, assistant


def _pointers(visit: Visit, procedure: Procedure, diagnoses: tuple[str, ...]) -> tuple[int, ...]:
    """Pointers into the day's diagnoses; by default the visit's first four."""
    listed = procedure.diagnosis_pointers or (1, 2, 3, 4)[: len(visit.diagnoses)]
    if visit.diagnoses is not diagnoses:
        listed = tuple(
            diagnoses.index(visit.diagnoses[pointer - 1]) + 1
            for pointer in listed
            if pointer <= len(visit.diagnoses)
        )
    return listed if len(listed) == 1 else tuple(dict.fromkeys(listed))
