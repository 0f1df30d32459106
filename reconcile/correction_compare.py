"""Two claims compared by claim and line, in a biller's words; the order of segments never matters.

Lines are paired by what they say (code, modifiers, day, units, charge), the surest first; what is
left over was added or removed.
"""

import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Final, Generic, Literal, TypeVar

from attrs import field as attribute
from attrs import frozen

from edi.claim import Address, Adjustment, Claim, Party, ServiceLine

# What kind of change it is: a reopening takes the clerical ones only.
Kind = Literal["clerical", "line added", "line removed", "billing provider", "year", "payer"]
FREQUENCY: Final = "frequency"
T = TypeVar("T")
PAYER_NUMBER: Final = "payer's claim number (F8)"
REFERENCES: Final = {
    "G1": "prior authorization",
    "9F": "referral number",
    "F8": PAYER_NUMBER,
    "EA": "medical record number",
    "D9": "clearinghouse trace",
    "F5": "Medicare version",
    "X4": "laboratory number",
}
DATES: Final = {
    "431": "onset date",
    "454": "first treatment date",
    "304": "last seen date",
    "439": "accident date",
    "463": "therapy begin date",
}


@frozen(kw_only=True)
class Difference:
    """One thing that is not the same. ``before`` or ``after`` is empty where there is nothing."""

    place: str  # "claim", "line 2, 97530"
    field: str  # "units", "modifiers", "rendering provider" ...
    before: str = attribute(repr=False)
    after: str = attribute(repr=False)
    kind: Kind = "clerical"
    private: bool = False  # tells of the patient: masked where names are


@frozen
class _Field(Generic[T]):
    """What is compared: its name, how it is read, what a change of it is."""

    name: str
    read: Callable[[T], str]
    kind: Kind = "clerical"
    private: bool = False


def compare(
    before: Claim, after: Claim, *, without: frozenset[str] = frozenset()
) -> tuple[Difference, ...]:
    """What differs, the claim first, then line by line in the order of the lines.

    Args:
        before: as it was.
        after: as it is now.
        without: names of fields that are not compared.
    """
    found = [*_fields(_CLAIM, "claim", before, after)]
    found += _named("claim", _references(before), _references(after))
    found += _named("claim", _dates(before), _dates(after))
    found += _named("claim", _other_payers(before), _other_payers(after))
    found += _lines(before, after)
    return tuple(one for one in found if one.field not in without)


def _fields(table: Iterable[_Field[T]], place: str, one: T, other: T) -> Iterator[Difference]:
    """The fields of a table that are not the same."""
    for each in table:
        was, now = each.read(one), each.read(other)
        if _as_written(was) != _as_written(now):
            yield Difference(
                place=place,
                field=each.name,
                before=was,
                after=now,
                kind=each.kind,
                private=each.private,
            )


def _as_written(text: str) -> str:
    """As a file has it: capitals without accents, so that only what a payer sees differs."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return " ".join(plain.upper().split())


def _named(place: str, before: dict[str, str], after: dict[str, str]) -> Iterator[Difference]:
    """Values that go by a name, such as references."""
    for name in dict.fromkeys((*before, *after)):
        was, now = before.get(name, ""), after.get(name, "")
        if was != now:
            yield Difference(place=place, field=name, before=was, after=now)


def _references(given: Claim | ServiceLine) -> dict[str, str]:
    """Reference numbers by their name, in no order."""
    found: dict[str, list[str]] = {}
    for one in given.references:
        name = REFERENCES.get(one.qualifier, f"reference {one.qualifier}")
        found.setdefault(name, []).append(one.value)
    return {name: ", ".join(sorted(values)) for name, values in found.items()}


def _dates(given: Claim | ServiceLine) -> dict[str, str]:
    """Dates by their name; a range as both its ends."""
    return {
        DATES.get(one.qualifier, f"date {one.qualifier}"): one.date.isoformat()
        if one.date == one.until
        else f"{one.date} to {one.until}"
        for one in given.dates
    }


def _other_payers(claim: Claim) -> dict[str, str]:
    """What payers before this one decided of the claim."""
    found: dict[str, str] = {}
    for one in claim.others:
        name = f"{one.payer.name or one.payer.id},"
        found[f"{name} paid"] = _money(one.paid)
        found[f"{name} left to the patient"] = _money(one.patient_owes)
        found[f"{name} adjustments"] = _adjustments(one.adjustments)
    return found


def _decided(line: ServiceLine) -> dict[str, str]:
    """What payers before this one decided of a line."""
    found: dict[str, str] = {}
    for one in line.adjudications:
        found[f"paid by {one.payer}"] = _money(one.paid)
        found[f"adjustments of {one.payer}"] = _adjustments(one.adjustments)
    return found


def _adjustments(given: Sequence[Adjustment]) -> str:
    return "; ".join(sorted(f"{a.group}-{a.reason} {_money(a.amount)}" for a in given))


def _money(amount: Decimal | None) -> str:
    return "" if amount is None else f"{amount:.2f}"


def _provider(party: Party | None) -> str:
    """A provider by number and name."""
    return "" if party is None else " ".join(filter(None, (party.id, party.name, party.first)))


def _person(party: Party) -> str:
    return ", ".join(
        filter(None, (party.name, " ".join(filter(None, (party.first, party.middle)))))
    )


def _address(given: Address | None) -> str:
    if given is None:
        return ""
    return ", ".join(filter(None, (given.line1, given.line2, given.city, given.state, given.zip)))


def _patient_name(claim: Claim) -> str:
    return _person(claim.patient.party if claim.patient else claim.subscriber.party)


def _patient_birth(claim: Claim) -> str:
    born = (claim.patient or claim.subscriber).birth_date
    return born.isoformat() if born else ""


def _tax_number(claim: Claim) -> str:
    return next((r.value for r in claim.billing.references if r.qualifier in {"EI", "SY"}), "")


_CLAIM: Final[tuple[_Field[Claim], ...]] = (
    _Field("payer", lambda c: c.payer.id, "payer"),
    _Field("payer's name", lambda c: c.payer.name),
    _Field("payer's turn", lambda c: c.subscriber.payer_rank, "payer"),
    _Field(FREQUENCY, lambda c: c.frequency),
    _Field("charge", lambda c: _money(c.charge)),
    _Field("billing provider", lambda c: c.billing.id, "billing provider"),
    _Field("billing provider's name", lambda c: c.billing.name),
    _Field("tax number", _tax_number, "billing provider"),
    _Field("billing address", lambda c: _address(c.billing.address)),
    _Field("pay-to address", lambda c: _address(c.pay_to.address if c.pay_to else None)),
    _Field("rendering provider", lambda c: _provider(c.rendering)),
    _Field("referring provider", lambda c: "; ".join(map(_provider, c.referring))),
    _Field("supervising provider", lambda c: _provider(c.supervising)),
    _Field("facility", lambda c: _provider(c.facility)),
    _Field("place of service", lambda c: c.place_of_service),
    _Field("member id", lambda c: c.subscriber.party.id, private=True),
    _Field("subscriber", lambda c: _person(c.subscriber.party), private=True),
    _Field("group number", lambda c: c.subscriber.group_number, private=True),
    _Field("insurance type", lambda c: c.subscriber.insurance_type),
    _Field("kind of payer", lambda c: c.subscriber.filing_indicator),
    _Field("patient's name", _patient_name, private=True),
    _Field("patient's birth date", _patient_birth, private=True),
    _Field("patient's sex", lambda c: (c.patient or c.subscriber).gender, private=True),
    _Field("relationship", lambda c: c.patient.relationship if c.patient else "18", private=True),
    _Field("diagnoses", lambda c: " ".join(d.code for d in c.diagnoses), private=True),
    _Field("related causes", lambda c: " ".join(c.related_causes)),
    _Field("accident state", lambda c: c.accident_state),
    _Field("claim number of the injury", lambda c: c.property_casualty_claim, private=True),
    _Field("paid by the patient", lambda c: _money(c.amount_paid_by_patient)),
    _Field("note", lambda c: c.note, private=True),
)


def _units(line: ServiceLine) -> str:
    return f"{line.units.normalize():f}"


def _day(line: ServiceLine) -> str:
    if line.date is None:
        return ""
    same = line.until in {None, line.date}
    return line.date.isoformat() if same else f"{line.date} to {line.until}"


def _pointed(claim: Claim, line: ServiceLine) -> str:
    """The diagnoses a line points to, by their codes: positions move when one is added."""
    known = claim.diagnoses
    return " ".join(known[n - 1].code if n <= len(known) else f"#{n}" for n in line.pointers)


_LINE: Final[tuple[_Field[ServiceLine], ...]] = (
    _Field("code", lambda x: x.procedure.code),
    _Field("modifiers", lambda x: " ".join(x.procedure.modifiers)),
    _Field("units", _units),
    _Field("charge", lambda x: _money(x.charge)),
    _Field("place of service", lambda x: x.place_of_service),
    _Field("rendering provider", lambda x: _provider(x.rendering)),
    _Field("ordering provider", lambda x: _provider(x.ordering)),
    _Field("note", lambda x: x.note, private=True),
    _Field("description", lambda x: x.procedure.description, private=True),
)

Same = Callable[[ServiceLine], object]
_PAIRED_BY: Final[tuple[Same, ...]] = (  # the surest first
    lambda x: (x.procedure.code, x.procedure.modifiers, x.date, x.units, x.charge),
    lambda x: (x.procedure.code, x.procedure.modifiers, x.date),
    lambda x: (x.procedure.code, x.date, x.units, x.charge),
    lambda x: (x.procedure.code, x.date),
    lambda x: x.procedure.code,
    lambda x: x.number,
)


def _lines(before: Claim, after: Claim) -> Iterator[Difference]:
    """Line by line; those removed and added at the end."""
    pairs, gone, new = paired(before.lines, after.lines)
    for one, other in pairs:
        place = f"line {one.number}, {one.procedure.code}"
        yield from _fields(_LINE, place, one, other)
        yield from _day_of(place, one, other)
        was, now = _pointed(before, one), _pointed(after, other)
        if was != now:
            yield Difference(
                place=place, field="diagnoses pointed to", before=was, after=now, private=True
            )
        yield from _named(place, _references(one), _references(other))
        yield from _named(place, _dates(one), _dates(other))
        yield from _named(place, _decided(one), _decided(other))
    for line in gone:
        yield _whole(line, "line removed", before=True)
    for line in new:
        yield _whole(line, "line added", before=False)


def _day_of(place: str, one: ServiceLine, other: ServiceLine) -> Iterator[Difference]:
    """The day of service; another year is no clerical matter."""
    was, now = _day(one), _day(other)
    if was != now:
        kind: Kind = "clerical" if was[:4] == now[:4] else "year"
        yield Difference(place=place, field="day of service", before=was, after=now, kind=kind)


def _whole(line: ServiceLine, kind: Kind, *, before: bool) -> Difference:
    """A line that stands on one side only."""
    code = line.procedure
    text = f"{' '.join((code.code, *code.modifiers))} x{_units(line)} {_money(line.charge)}"
    return Difference(
        place=f"line {line.number}, {code.code}",
        field=kind,
        before=text if before else "",
        after="" if before else text,
        kind=kind,
    )


Pairs = tuple[
    list[tuple[ServiceLine, ServiceLine]], tuple[ServiceLine, ...], tuple[ServiceLine, ...]
]


def paired(before: Sequence[ServiceLine], after: Sequence[ServiceLine]) -> Pairs:
    """The lines that belong together, those only before, those only after."""
    left, right = list(before), list(after)
    pairs: list[tuple[ServiceLine, ServiceLine]] = []
    for same in _PAIRED_BY:
        waiting: dict[object, list[ServiceLine]] = {}
        for line in right:
            waiting.setdefault(same(line), []).append(line)
        new = [(x, found.pop(0)) for x in left if (found := waiting.get(same(x)))]
        taken = {id(line) for pair in new for line in pair}
        left = [line for line in left if id(line) not in taken]
        right = [line for line in right if id(line) not in taken]
        pairs += new
    pairs.sort(key=lambda pair: pair[0].number)
    return pairs, tuple(left), tuple(right)
