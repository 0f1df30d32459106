"""The fields that a practice's own rules may ask, of the claim and of each of its lines.

A field gives all its values at once (a line has several modifiers); what is empty gives none.
Fields that are about the patient never show their value in a reason.
"""

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Literal

from attrs import field, frozen

if TYPE_CHECKING:
    from mapping.day import Day, Line
    from mapping.visit import Visit

Kind = Literal["word", "number", "flag"]
Values = tuple[Any, ...]  # str, int or Decimal, bool: as the field's kind says
DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@frozen(kw_only=True)
class Field:
    """A field: what it is, what kind of value it has, and how it is read."""

    words: str
    kind: Kind = "word"
    shape: str = ""  # the kind its values are written in: hcpcs, modifier, pos, state ...
    choices: tuple[str, ...] = ()  # the only values there are
    table: str = ""  # or the keys of a table of the practice file
    private: bool = False  # about the patient: its value is never shown
    read: Callable[..., Iterable[Any]] = field(repr=False)  # of (day,), or of (day, line)


def _visits(read: "Callable[[Visit], Any]") -> "Callable[[Day], Iterable[Any]]":
    """What each visit of the day says, without the empty ones."""

    def values(day: "Day") -> Iterable[Any]:
        return (found for visit in day.visits if (found := read(visit)) not in {None, ""})

    return values


def _any(read: "Callable[[Visit], Any]") -> "Callable[[Day], Iterable[bool]]":
    """Whether a visit of the day says it."""

    def values(day: "Day") -> Iterable[bool]:
        return (any(bool(read(visit)) for visit in day.visits),)

    return values


def _lines(read: "Callable[[Line], Iterable[Any]]") -> "Callable[[Day], Iterable[Any]]":
    """What the lines say, all together."""

    def values(day: "Day") -> Iterable[Any]:
        return (found for line in day.lines for found in read(line))

    return values


def _total(read: "Callable[[Line], Any]") -> "Callable[[Day], Iterable[Any]]":
    """A sum over the lines."""

    def values(day: "Day") -> Iterable[Any]:
        return (sum(found for line in day.lines if (found := read(line)) is not None),)

    return values


def _age(day: "Day") -> Iterable[int]:
    born = day.visits[0].patient.birth_date
    return (day.date.year - born.year - ((day.date.month, day.date.day) < (born.month, born.day)),)


def _minutes(line: "Line") -> int:
    return line.therapist_minutes + line.assistant_minutes


CLAIM: Final[Mapping[str, Field]] = MappingProxyType(
    {
        "payer": Field(words="key of the payer", table="payers", read=lambda day: (day.payer.key,)),
        "family": Field(
            words="family of the payer, ours or your own",
            table="families",
            read=lambda day: (day.payer.family, *filter(None, (day.payer.group,))),
        ),
        "state": Field(
            words="state of the payer",
            shape="state",
            read=lambda day: filter(None, (day.payer.state,)),
        ),
        "discipline": Field(
            words="discipline of the plan of care",
            choices=("PT", "OT", "SLP"),
            read=lambda day: (day.key[3],),
        ),
        "location": Field(
            words="key of the location", table="locations", read=_visits(lambda v: v.location)
        ),
        "place_of_service": Field(
            words="place of service of a line",
            shape="pos",
            read=_lines(lambda line: (line.row.place_of_service,)),
        ),
        "clinician": Field(
            words="key of who the claim is billed under",
            table="people",
            read=_visits(lambda v: v.billing_clinician or v.treating_clinician),
        ),
        "treating_clinician": Field(
            words="key of who treated", table="people", read=_visits(lambda v: v.treating_clinician)
        ),
        "assistant": Field(
            words="key of the assistant", table="people", read=_visits(lambda v: v.assistant)
        ),
        "diagnosis": Field(
            words="a diagnosis of the visit, without its point",
            shape="diagnosis",
            private=True,
            read=lambda day: day.diagnoses,
        ),
        "weekday": Field(
            words="day of the week", choices=DAYS, read=lambda day: (DAYS[day.date.weekday()],)
        ),
        "codes": Field(
            words="a code of a line", shape="hcpcs", read=_lines(lambda line: (line.row.code,))
        ),
        "modifiers": Field(
            words="a modifier of a line", shape="modifier", read=_lines(lambda line: line.modifiers)
        ),
        "telehealth": Field(
            words="video or audio, where not in person",
            choices=("video", "audio"),
            read=_visits(lambda v: v.telehealth),
        ),
        "filing_indicator": Field(
            words="SBR09 of the coverage, else of the payer",
            read=lambda day: (day.coverage.filing_indicator or day.payer.filing_indicator,),
        ),
        "relationship": Field(
            words="the patient is the subscriber's ...",
            choices=("self", "spouse", "child", "employee", "life partner", "unknown", "other"),
            private=True,
            read=lambda day: (day.coverage.relationship,),
        ),
        "member_id": Field(
            words="member number", private=True, read=lambda day: (day.coverage.member_id,)
        ),
        "group_number": Field(
            words="group number of the coverage",
            private=True,
            read=lambda day: filter(None, (day.coverage.group_number,)),
        ),
        "age": Field(
            words="full years on the day of service", kind="number", private=True, read=_age
        ),
        "units": Field(
            words="units of all lines", kind="number", read=_total(lambda line: line.units)
        ),
        "minutes": Field(words="minutes of all lines", kind="number", read=_total(_minutes)),
        "charge": Field(
            words="charge of all lines, in dollars",
            kind="number",
            read=_total(lambda line: line.charge),
        ),
        "lines": Field(words="how many lines", kind="number", read=lambda day: (len(day.lines),)),
        "visits": Field(
            words="how many visits of the day", kind="number", read=lambda day: (len(day.visits),)
        ),
        "qmb": Field(
            words="the coverage is a QMB's", kind="flag", read=lambda day: (day.coverage.qmb,)
        ),
        "second_coverage": Field(
            words="there is a further coverage",
            kind="flag",
            read=_any(lambda v: len(v.coverages) > 1),
        ),
        "accident": Field(
            words="an accident is named", kind="flag", read=_any(lambda v: v.accident)
        ),
        "referring": Field(
            words="who referred is named", kind="flag", read=_any(lambda v: v.referring)
        ),
        "authorization": Field(
            words="an authorization is named", kind="flag", read=_any(lambda v: v.authorizations)
        ),
        "plan_of_care": Field(
            words="a plan of care is named", kind="flag", read=_any(lambda v: v.plan_of_care)
        ),
        "note_signed": Field(
            words="the note's signing day is given", kind="flag", read=_any(lambda v: v.note_signed)
        ),
        "abn": Field(words="an advance notice was given", kind="flag", read=_any(lambda v: v.abn)),
        "kx": Field(words="support for KX is stated", kind="flag", read=_any(lambda v: v.kx)),
        "home_health": Field(
            words="a home health episode", kind="flag", read=_any(lambda v: v.home_health)
        ),
        "snf_part_a": Field(
            words="a Part A skilled nursing stay", kind="flag", read=_any(lambda v: v.snf_part_a)
        ),
        "hospice": Field(words="hospice", kind="flag", read=_any(lambda v: v.hospice)),
    }
)

LINE: Final[Mapping[str, Field]] = MappingProxyType(
    {
        "code": Field(words="the code", shape="hcpcs", read=lambda _, line: (line.row.code,)),
        "modifiers": Field(
            words="a modifier of the line", shape="modifier", read=lambda _, line: line.modifiers
        ),
        "units": Field(words="units", kind="number", read=lambda _, line: (line.units,)),
        "minutes": Field(
            words="minutes of therapist and assistant",
            kind="number",
            read=lambda _, line: (_minutes(line),),
        ),
        "therapist_minutes": Field(
            words="minutes of the therapist",
            kind="number",
            read=lambda _, line: (line.therapist_minutes,),
        ),
        "assistant_minutes": Field(
            words="minutes of the assistant alone",
            kind="number",
            read=lambda _, line: (line.assistant_minutes,),
        ),
        "charge": Field(
            words="charge of the line, in dollars",
            kind="number",
            read=lambda _, line: () if line.charge is None else (line.charge,),
        ),
        "place_of_service": Field(
            words="place of service", shape="pos", read=lambda _, line: (line.row.place_of_service,)
        ),
        "clinician": Field(
            words="key of who the line is billed under",
            table="people",
            read=lambda _, line: (line.row.rendering,),
        ),
        "diagnosis": Field(
            words="a diagnosis the line points to, without its point",
            shape="diagnosis",
            private=True,
            read=lambda day, line: (
                day.diagnoses[n - 1] for n in line.row.pointers if n <= len(day.diagnoses)
            ),
        ),
        "times": Field(
            words="start and end times are given",
            kind="flag",
            read=lambda _, line: (line.row.timed_throughout,),
        ),
        "separate_block": Field(
            words="a separate time block is attested",
            kind="flag",
            read=lambda _, line: (line.row.separate,),
        ),
        "units_stated": Field(
            words="the visit states the units itself",
            kind="flag",
            read=lambda _, line: (line.row.units is not None,),
        ),
    }
)


def shown(values: Iterable[Any]) -> str:
    """Values in a reason: ``97530``, ``59, GP``, ``yes``."""
    words = (("yes" if v else "no") if isinstance(v, bool) else _plain(v) for v in values)
    return ", ".join(dict.fromkeys(words)) or "nothing"


def _plain(value: Any) -> str:
    return f"{value:f}" if isinstance(value, Decimal) else str(value)
