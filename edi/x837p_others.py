"""Other payers of a claim and what they decided: loops 2320, 2330A, 2330B and 2430, both ways.

The reader gathers these loops as kept segments; ``take_others`` and ``take_adjudications`` make
values of them. Where the values, written again, are what the file said, nothing more is kept.
Else its segments stay beside the values, and are written as they were while the values still say
the same. Source of the places: TR3 005010X222A1.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from attrs import evolve

from edi import elements
from edi import x837p_segments as segments
from edi.claim import (
    Adjustment,
    Claim,
    Kept,
    LineAdjudication,
    OtherPayer,
    Party,
    ServiceLine,
    Subscriber,
)
from edi.shared_segments import Segment, flat, ref
from edi.x837p_levels import PartyDraft
from edi.x837p_segments import Number, Values

CLAIM_LEVEL: Final = ("2320", "2330")  # how the ids of these loops begin
LINE_LEVEL: Final = "2430"
_PER_CAS: Final = 6  # reasons with their amounts in one CAS
_AMOUNTS: Final[Mapping[str, str]] = MappingProxyType(
    {"D": "paid", "A8": "not_covered", "EAF": "patient_owes"}  # AMT01 -> field of OtherPayer
)


class Written(NamedTuple):
    """The segments of one repeat of a loop, in its order."""

    loop: str
    occurrence: int
    segments: list[Segment]


# --- values to segments ----------------------------------------------------------------------


def write_others(others: Iterable[OtherPayer], number: Number) -> Iterator[Written]:
    """Loop 2320 with 2330A and 2330B of each payer."""
    for n, other in enumerate(others):
        yield Written("2320", n, list(_claim_level(other, number)))
        yield Written("2330A", n, list(_party(other.subscriber.party)))
        yield Written("2330B", n, list(_payer(other)))


def write_adjudications(
    adjudications: Iterable[LineAdjudication], number: Number
) -> Iterator[Written]:
    """Loop 2430 of each payer."""
    for n, one in enumerate(adjudications):
        yield Written(LINE_LEVEL, n, list(_adjudication(one, number)))


def _claim_level(other: OtherPayer, number: Number) -> Iterator[Segment]:
    yield segments.sbr(other.subscriber)
    yield from _cas(other.adjustments, number)
    for qualifier, name in _AMOUNTS.items():
        amount = getattr(other, name)
        if amount is not None:
            yield ("AMT", qualifier, number(amount))
    yield ("OI", "", "", other.benefits_assigned, other.signature_source, "", other.release)
    if other.outpatient:
        yield other.outpatient


def _party(party: Party) -> Iterator[Segment]:
    yield segments.nm1(party)
    address = party.address
    if address:
        if address.line1 or address.line2:
            yield segments.n3(address.line1, address.line2)
        yield segments.n4(address.city, address.state, address.zip, address.country)
    for reference in party.references:
        yield ref(reference)


def _payer(other: OtherPayer) -> Iterator[Segment]:
    """2330B; its date stands before its references."""
    made = list(_party(other.payer))
    if other.date is not None:
        place = len(made) - len(other.payer.references)
        made.insert(place, segments.dtp("573", other.date, other.date))
    yield from made


def _adjudication(one: LineAdjudication, number: Number) -> Iterator[Segment]:
    bundled = str(one.bundled_into) if one.bundled_into else ""
    code = segments.procedure(one.procedure)
    yield ("SVD", one.payer, number(one.paid), code, "", number(one.units), bundled)
    yield from _cas(one.adjustments, number)
    if one.date is not None:
        yield segments.dtp("573", one.date, one.date)
    if one.patient_owes is not None:
        yield ("AMT", "EAF", number(one.patient_owes))


def _cas(adjustments: Sequence[Adjustment], number: Number) -> Iterator[Segment]:
    """A CAS for each group with all its reasons; six fit, more go into one more CAS."""
    groups: dict[str, list[str]] = {}
    for one in adjustments:
        quantity = "" if one.quantity is None else number(one.quantity)
        groups.setdefault(one.group, []).extend((one.reason, number(one.amount), quantity))
    for group, told in groups.items():
        for start in range(0, len(told), 3 * _PER_CAS):
            yield ("CAS", group, *told[start : start + 3 * _PER_CAS])


# --- segments to values ----------------------------------------------------------------------


def take_others(kept: Sequence[Kept]) -> tuple[tuple[OtherPayer, ...], tuple[Kept, ...]]:
    """The other payers among a claim's kept segments, and what has to stay kept."""
    own = [one for one in kept if one.loop.startswith(CLAIM_LEVEL)]
    if not own:
        return (), tuple(kept)
    drafts: list[_Other] = []
    left: list[Kept] = []
    for one in own:
        if one.segment[0] == "SBR" and one.loop == "2320":
            drafts.append(_Other())
        taken = bool(drafts) and drafts[-1].take(one.loop, segments.filled(one.segment))
        left.append(evolve(one, restates=taken))
    others = tuple(draft.made() for draft in drafts)
    if _says_all(write_others(others, segments.exact), own):
        left = []
    return others, (*(k for k in kept if not k.loop.startswith(CLAIM_LEVEL)), *left)


def take_adjudications(
    kept: Sequence[Kept],
) -> tuple[tuple[LineAdjudication, ...], tuple[Kept, ...]]:
    """What other payers decided among a line's kept segments, and what has to stay kept."""
    own = [one for one in kept if one.loop == LINE_LEVEL]
    if not own:
        return (), tuple(kept)
    drafts: list[_Line] = []
    left: list[Kept] = []
    for one in own:
        if one.segment[0] == "SVD":
            drafts.append(_Line())
        taken = bool(drafts) and drafts[-1].take(segments.filled(one.segment))
        left.append(evolve(one, restates=taken))
    found = tuple(draft.made() for draft in drafts)
    if _says_all(write_adjudications(found, segments.exact), own):
        left = []
    return found, (*(k for k in kept if k.loop != LINE_LEVEL), *left)


def _says_all(written: Iterable[Written], own: Sequence[Kept]) -> bool:
    """Whether the values, written again, are these very segments in their order."""
    again = [(one.loop, flat(segment)) for one in written for segment in one.segments]
    return again == [(one.loop, one.segment) for one in own]


def as_they_were(kept: Sequence[Kept], values: Claim | ServiceLine) -> list[Kept] | None:
    """The kept segments to be written in place of the values; None where the values are written.

    That is where a file said more than the values hold, and nobody has changed these since.
    """
    if isinstance(values, Claim):
        own = [one for one in kept if one.loop.startswith(CLAIM_LEVEL)]
        same = bool(own) and take_others(own)[0] == values.others
    else:
        own = [one for one in kept if one.loop == LINE_LEVEL]
        same = bool(own) and take_adjudications(own)[0] == values.adjudications
    if not same:
        return None
    mine = frozenset(map(id, own))
    return [evolve(one, restates=False) if id(one) in mine else one for one in kept]


class _Other:
    """One other payer while it is read. What stands a second time is not taken."""

    def __init__(self) -> None:
        self._sbr: Values = {}
        self._values: Values = {}
        self._adjustments: list[Adjustment] = []
        self._parties: dict[str, PartyDraft] = {}

    def take(self, loop: str, s: list[str]) -> bool:
        """Whether the segment found its place."""
        if loop == "2320":
            read = _OF_CLAIM.get(s[0])
            return read is not None and read(self, s)
        if s[0] == "NM1" and loop in ("2330A", "2330B") and loop not in self._parties:
            self._parties[loop] = PartyDraft(loop)
        if loop not in self._parties:
            return False
        if loop == "2330B" and s[0] == "DTP":
            day = segments.read_date(s[3]) if s[1:3] == ["573", "D8"] else None
            return day is not None and _once(self._values, "date", day)
        return s[0] in ("NM1", "N3", "N4", "REF") and self._parties[loop].take(s)

    def sbr(self, s: list[str]) -> bool:
        """SBR."""
        first, self._sbr = not self._sbr, self._sbr or segments.read_sbr(s)
        return first

    def cas(self, s: list[str]) -> bool:
        """CAS of the claim."""
        return _read_cas(s, self._adjustments)

    def amt(self, s: list[str]) -> bool:
        """AMT of the three kinds."""
        name, amount = _AMOUNTS.get(s[1], ""), elements.read_money(s[2])
        return bool(name) and amount is not None and _once(self._values, name, amount)

    def oi(self, s: list[str]) -> bool:
        """OI."""
        first = _once(self._values, "benefits_assigned", s[3])
        if first:
            self._values |= {"signature_source": s[4], "release": s[6]}
        return first

    def moa(self, s: list[str]) -> bool:
        """MOA as it came."""
        return _once(self._values, "outpatient", tuple("*".join(s).rstrip("*").split("*")))

    def made(self) -> OtherPayer:
        """What was gathered; a payer without a name where the file has none."""
        insured = self._parties.get("2330A")
        payer = self._parties.get("2330B")
        party = insured.party() if insured else Party(role="IL", is_person=False)
        return OtherPayer(
            subscriber=Subscriber(party=party, **self._sbr),
            payer=payer.party() if payer else Party(role="PR", is_person=False),
            adjustments=tuple(self._adjustments),
            **self._values,
        )


class _Line:
    """What one payer decided of a line, while it is read."""

    def __init__(self) -> None:
        self._values: Values = {}
        self._adjustments: list[Adjustment] = []

    def take(self, s: list[str]) -> bool:
        """Whether the segment found its place."""
        if s[0] == "SVD":
            return self._svd(s)
        if s[0] == "CAS":
            return _read_cas(s, self._adjustments)
        if s[0] == "DTP" and s[1:3] == ["573", "D8"]:
            day = segments.read_date(s[3])
            return day is not None and _once(self._values, "date", day)
        if s[:2] == ["AMT", "EAF"]:
            amount = elements.read_money(s[2])
            return amount is not None and _once(self._values, "patient_owes", amount)
        return False

    def _svd(self, s: list[str]) -> bool:
        paid, units = elements.read_money(s[2]), elements.read_number(s[5])
        bundled = segments.count(s[6]) if s[6] else 0
        self._values |= {
            "payer": s[1],
            "paid": paid or Decimal(0),
            "procedure": segments.read_procedure(s[3]),
            "units": units or Decimal(0),
            "bundled_into": bundled or 0,
        }
        return paid is not None and units is not None and bundled is not None

    def made(self) -> LineAdjudication:
        """What was gathered."""
        return LineAdjudication(adjustments=tuple(self._adjustments), **self._values)


def _once(values: Values, name: str, value: Any) -> bool:
    """Take a value; False where there is one already."""
    first = name not in values
    values.setdefault(name, value)
    return first


def _read_cas(s: list[str], into: list[Adjustment]) -> bool:
    """The triplets of a CAS; False, and nothing taken, where an amount cannot be read."""
    found = []
    for at in range(2, 2 + 3 * _PER_CAS, 3):
        reason, amount, units = s[at : at + 3]
        if not (reason or amount or units):
            continue
        money = elements.read_money(amount)
        quantity = elements.read_number(units) if units else None
        if money is None or (units and quantity is None):
            return False
        found.append(Adjustment(group=s[1], reason=reason, amount=money, quantity=quantity))
    into += found
    return True


_OF_CLAIM: Final[Mapping[str, Callable[[_Other, list[str]], bool]]] = MappingProxyType(
    {"SBR": _Other.sbr, "CAS": _Other.cas, "AMT": _Other.amt, "OI": _Other.oi, "MOA": _Other.moa}
)
