"""The terms of a line: what its payer's contract says, or Medicare's fee schedule.

Fee of a unit: (work x GPCI + practice expense x GPCI + malpractice x GPCI) x conversion factor,
rounded half up to cents; for a unit that MPPR cuts, half the practice expense (Claims Processing
Manual ch. 12 20.1, ch. 5 10.7). All that depends on payer and day alone is a ``Basis``.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from decimal import ROUND_HALF_UP, Decimal
from types import MappingProxyType
from typing import Final, Literal, NamedTuple

from attrs import evolve, frozen

from edi.expected import Kind, Terms, percent
from mapping import medicare as table
from mapping.contracts import Contract
from mapping.day import Day
from mapping.policy import Policy
from mapping.practice_values import Entity, Location
from mapping.reference import Factor, FeeRow, Locality, ReferenceTables

PRICED: Final = frozenset({"A", "R", "T"})  # status codes that are paid by relative values
BUNDLED: Final = "B"  # status code of what Medicare never pays by itself
UNPAID: Final = MappingProxyType(
    {
        "GY": "stated as no benefit of Medicare, which pays nothing",
        "GZ": "stated as not necessary without a notice: Medicare denies it",
    }
)
ASSISTANT: Final = frozenset({"CQ", "CO"})
_CENT: Final = Decimal("0.01")
_ONE: Final = Decimal(1)
_HUNDRED: Final = Decimal(100)
MET: Final = "the deductible is taken as met"


class Coded(NamedTuple):
    """What the terms of a line depend on."""

    code: str
    modifiers: tuple[str, ...]
    units: int


class Rival(NamedTuple):
    """A code of another claim of the day, for the rank. ``fee`` is ``None`` without a table."""

    code: str
    rank: Decimal
    fee: Decimal | None
    is_earlier: bool  # its claim was made before this one


@frozen(kw_only=True, cache_hash=True)
class Basis:
    """What holds for all lines of a payer, a day and a place. ``why``: nothing is expected."""

    why: str = ""
    kind: Kind = "medicare"
    day: dt.date
    entity: str = ""  # key of the billing provider
    contract: Contract | None = None
    factor: Factor | None = None
    place: Locality | None = None
    share: Decimal = _HUNDRED  # percent of the fee schedule: contract, or not participating
    ranks: bool = False  # MPPR applies
    lesser: bool = True
    per_visit: Decimal | None = None
    per_day: Decimal | None = None
    coinsurance: Decimal | None = None
    assistant: Decimal = Decimal(0)  # percent cut from CQ/CO lines
    base: Literal["payment", "allowed"] = "payment"
    mips: Decimal = Decimal(0)  # percent added to the payment, or cut
    sequestration: Decimal = Decimal(0)
    doubt: str = ""  # a yearly rule that one source alone gives, as it is cited
    notes: tuple[str, ...] = ()


def basis(day: Day) -> Basis:
    """What the lines of a day are expected to be paid by."""
    where = day.location.key if day.location is not None else ""
    key = ("expected", day.reference, day.payer.key, day.date, where)
    remembered = day.practice.remembered
    found: Basis | None = remembered.get(key)
    if found is None:
        found = remembered[key] = _basis(day)
    return found


def _basis(day: Day) -> Basis:
    payer, on, location = day.payer, day.date, day.location
    contract = day.practice.contract(payer.key, on)
    if day.policy.payment_basis == "capitation":
        return Basis(day=on, why=f"{payer.key} pays by capitation, not by claim")
    if contract is None and payer.family != "medicare-b":
        return Basis(day=on, why=f"no contract with {payer.key} in the practice file")
    if contract is not None and contract.kind == "case rate":
        return Basis(day=on, why=f"{contract} pays {contract.amount} a case, not by claim")
    entity = day.practice.entity_of(location) if location is not None else None
    found = (
        _part_b(day.reference, on, day.policy, location, entity)
        if contract is None
        else _of_contract(day.reference, contract, on, day.policy, location)
    )
    return evolve(found, entity=entity.key) if entity is not None else found


def _part_b(
    reference: ReferenceTables,
    day: dt.date,
    policy: Policy,
    location: Location | None,
    entity: Entity | None,
) -> Basis:
    """The fee schedule as it holds for a billing provider at a place."""
    found = medicare(
        reference,
        day,
        locality=location.locality if location is not None else "",
        qualifying=entity is not None and entity.medicare_qualifying,
    )
    if entity is not None and not entity.medicare_participating:
        rate = _rule("non-participating", day)
        found = evolve(found, share=rate, notes=(*found.notes, f"not participating: {rate} %"))
    mips = entity.mips(day.year) if entity is not None else Decimal(0)
    found = evolve(found, mips=mips, doubt=_doubt("sequestration", day))
    if policy.assistant_reduction_percent is not None:
        cut = Decimal(policy.assistant_reduction_percent)
        found = evolve(found, assistant=cut, base=policy.assistant_reduction_base or "payment")
    return found


def medicare(
    reference: ReferenceTables, day: dt.date, *, locality: str = "", qualifying: bool = False
) -> Basis:
    """Part B's fee schedule on a day, national without a locality."""
    factor = reference.factor(day, qualifying=qualifying)
    place = reference.locality(locality, day) if locality else None
    if factor is None:
        return Basis(day=day, why=f"no conversion factor for {day} in the tables")
    if locality and place is None:
        return Basis(day=day, why=f"locality {locality} is in no table for {day}: import the GPCI")
    return Basis(
        day=day,
        factor=factor,
        place=place,
        ranks=bool(_rule("multiple procedure", day)),
        coinsurance=_rule("coinsurance", day),
        assistant=_rule("assistant", day),
        sequestration=_rule("sequestration", day),
    )


def _rule(name: str, day: dt.date) -> Decimal:
    found = table.rule(name, day)
    return found.value if found is not None else Decimal(0)


def _doubt(name: str, day: dt.date) -> str:
    """How a rule is cited that nobody has confirmed; empty for one that is, or does not hold."""
    found = table.rule(name, day)
    if found is None or found.confirmed:
        return ""
    return f"{name} {found.value.normalize():f} % ({found.source}, {table.UNCONFIRMED})"


def _of_contract(
    reference: ReferenceTables,
    contract: Contract,
    day: dt.date,
    policy: Policy,
    location: Location | None,
) -> Basis:
    made = Basis(
        day=day,
        kind=contract.kind if contract.kind != "case rate" else "schedule",
        contract=contract,
        lesser=contract.lesser_of_charge,
        per_visit=contract.amount if contract.kind == "per visit" else None,
        per_day=contract.amount if contract.kind == "per diem" else None,
        coinsurance=contract.coinsurance_percent,
        sequestration=_rule("sequestration", day) if contract.sequestration else Decimal(0),
        doubt=_doubt("sequestration", day) if contract.sequestration else "",
    )
    if contract.assistant_reduction:
        cut, base = policy.assistant_reduction_percent, policy.assistant_reduction_base
        if cut is None or base is None:
            key = "assistant_reduction_percent" if cut is None else "assistant_reduction_base"
            return Basis(day=day, why=f"{contract} cuts CQ and CO, and no policy says {key}")
        made = evolve(made, assistant=Decimal(cut), base=base)
    if contract.percent is None:
        return made
    fees = medicare(reference, day, locality=location.locality if location is not None else "")
    if fees.why:
        return fees
    return evolve(
        made,
        factor=fees.factor,
        place=fees.place,
        share=contract.percent,
        ranks=contract.multiple_procedure and fees.ranks,
    )


def of_line(reference: ReferenceTables, basis: Basis, line: Coded) -> Terms:
    """The terms of a line before the rank of the day is known."""
    if basis.why:
        return Terms(why=basis.why)
    if basis.contract is not None and basis.contract.kind == "schedule":
        return _by_schedule(basis, basis.contract, line)
    row = reference.fee(line.code, basis.day)
    stated = _stated_unpaid(line) if basis.kind == "medicare" else ""
    why = stated or _unpriced(row, line.code, basis.day)
    if row is None or why:
        is_bundled = row is not None and row.status == BUNDLED and basis.kind == "medicare"
        return Terms(why=why, unpaid=bool(stated) or is_bundled)
    cut_to = _ONE - _rule("multiple procedure", basis.day) / _HUNDRED
    notes = basis.notes
    if basis.kind == "medicare":
        notes = (*notes, MET)
    return Terms(
        kind=basis.kind,
        unit=_fee(basis, row, _ONE),
        further=_fee(basis, row, cut_to) if basis.ranks and row.multiple else None,
        rank=row.practice if basis.ranks and row.multiple else Decimal(0),
        lesser=basis.lesser,
        coinsurance=basis.coinsurance,
        assistant=basis.assistant if not ASSISTANT.isdisjoint(line.modifiers) else Decimal(0),
        base=basis.base,
        mips=basis.mips,
        sequestration=basis.sequestration,
        version=_version(basis, row),
        notes=notes,
    )


def _stated_unpaid(line: Coded) -> str:
    """What the line itself says of Medicare not paying it; empty: nothing."""
    return next((f"{m}: {words}" for m, words in UNPAID.items() if m in line.modifiers), "")


def _unpriced(row: FeeRow | None, code: str, day: dt.date) -> str:
    """Why a code has no amount; empty where it has one."""
    if row is None:
        return f"no table for {day.year} and code {code}"
    if row.status == BUNDLED:
        return f"{code} is bundled (status {BUNDLED}): Medicare never pays it by itself"
    if row.status not in PRICED:
        return f"{code} is not priced by relative values (status {row.status})"
    if not row.work + row.practice + row.malpractice:
        return f"{code} has no relative values in {row.version}"
    return ""


def whole(amount: Decimal) -> Decimal:
    """Dollars rounded half up to cents."""
    return amount.quantize(_CENT, ROUND_HALF_UP)


def _fee(basis: Basis, row: FeeRow, practice_share: Decimal) -> Decimal:
    """One unit: geographic indices, conversion factor, then the contract's percentage."""
    place, factor = basis.place, basis.factor
    assert factor is not None  # a basis without one has a ``why``
    practice = row.practice * practice_share
    if place is None:
        values = row.work + practice + row.malpractice
    else:
        values = (
            row.work * place.work + practice * place.practice + row.malpractice * place.malpractice
        )
    fee = whole(values * factor.amount)
    return fee if basis.share == _HUNDRED else percent(fee, basis.share)


def _version(basis: Basis, row: FeeRow) -> str:
    factor, place = basis.factor, basis.place
    assert factor is not None
    where = f"{place.key} of {place.version}" if place is not None else "national"
    tables = f"{row.version}; factor {factor.amount} ({factor.version}); {where}"
    if basis.contract is not None:
        tables = f"{basis.contract}, {basis.share.normalize():f} % of {tables}"
    return _doubted(basis, tables)


def _doubted(basis: Basis, cited: str) -> str:
    return f"{cited}; {basis.doubt}" if basis.doubt else cited


def _by_schedule(basis: Basis, contract: Contract, line: Coded) -> Terms:
    """An amount for the code with one of its modifiers, CQ and CO first, else for the code."""
    ordered = sorted(line.modifiers, key=lambda modifier: modifier not in ASSISTANT)
    names = (*(f"{line.code}-{modifier}" for modifier in ordered), line.code)
    name = next((name for name in names if name in contract.amounts), "")
    if not name:
        return Terms(why=f"no amount for {line.code} in {contract}")
    is_own = name[6:] in ASSISTANT  # an amount of its own for CQ is cut already
    is_cut = not is_own and not ASSISTANT.isdisjoint(line.modifiers)
    return Terms(
        kind="schedule",
        unit=contract.amounts[name],
        lesser=basis.lesser,
        coinsurance=basis.coinsurance,
        assistant=basis.assistant if is_cut else Decimal(0),
        base=basis.base,
        sequestration=basis.sequestration,
        version=_doubted(basis, str(contract)),
        notes=basis.notes,
    )


def per_visit(basis: Basis, part: Decimal) -> Terms:
    """A line's part of the rate of a visit."""
    return Terms(
        kind="per visit",
        unit=part,
        lesser=False,
        coinsurance=basis.coinsurance,
        sequestration=basis.sequestration,
        version=_doubted(basis, str(basis.contract)),
        notes=(*basis.notes, "the rate is the visit's; the parts of its lines are ours"),
    )


def per_day(basis: Basis, part: Decimal, *, scope: str, elsewhere: str) -> Terms:
    """A line's part of the rate of a day.

    Args:
        basis: of the day, with its rate.
        part: of the line; nothing where the rate is expected on another claim.
        scope: the discipline whose day it is; empty: the patient's.
        elsewhere: that other claim in words; empty: the rate is expected here.
    """
    assert basis.per_day is not None
    noted = elsewhere or "the rate is the day's; the parts of its lines are ours"
    return Terms(
        kind="per diem",
        unit=part,
        rate=basis.per_day,
        scope=scope,
        lesser=basis.lesser,
        coinsurance=basis.coinsurance,
        sequestration=basis.sequestration,
        version=_doubted(basis, str(basis.contract)),
        notes=(*basis.notes, noted),
    )


def with_deductible(terms: Terms, amount: Decimal, note: str) -> Terms:
    """The terms with what is left of the deductible on this line."""
    notes = (note, *(said for said in terms.notes if said != MET))
    return evolve(terms, deductible=amount, notes=notes)


def rivals(
    reference: ReferenceTables, basis: Basis, earlier: Iterable[str], later: Iterable[str]
) -> Iterator[Rival]:
    """The codes of the day's other claims that count for the rank."""
    before = frozenset(earlier)
    for code in sorted(before.union(later)):
        row = reference.fee(code, basis.day)
        if row is None:
            if code in table.MULTIPLE_CODES:
                yield Rival(code, Decimal(0), None, code in before)
        elif row.multiple and not _unpriced(row, code, basis.day):
            yield Rival(code, row.practice, _fee(basis, row, _ONE), code in before)


def ranked(
    found: Sequence[Terms], own: Sequence[Coded], others: Iterable[Rival]
) -> tuple[Terms, ...]:
    """The terms with the day's whole unit on the line that should have it.

    The highest practice expense has it; of equal ones the highest fee, then the first.
    """
    others = tuple(others)
    cut = [n for n, terms in enumerate(found) if not terms.why and terms.further is not None]
    if not cut:
        return tuple(found)
    best = max(cut, key=lambda n: (found[n].rank, found[n].unit, -n))
    mine = (found[best].rank, found[best].unit)
    lost = any(
        other.fee is not None
        and (
            (other.rank, other.fee) > mine or (other.is_earlier and (other.rank, other.fee) == mine)
        )
        for other in others
    )
    unknown = [
        line.code
        for line, terms in zip(own, found, strict=True)
        if terms.why and not terms.unpaid and line.code in table.MULTIPLE_CODES
    ]
    unknown += [other.code for other in others if other.fee is None]
    unsure = ""
    if unknown:
        codes = ", ".join(dict.fromkeys(unknown))
        unsure = f"which unit of the day is paid in full is not certain: no values for {codes}"
    holder = -1 if lost else best
    return tuple(
        evolve(terms, full=n == holder, unsure=unsure) if n in cut else terms
        for n, terms in enumerate(found)
    )
