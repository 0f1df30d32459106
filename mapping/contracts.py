"""What a payer's contract pays: tables ``[[contracts]]`` of the practice file, dated.

Kinds: ``schedule`` (an amount for each code, or code and modifier), ``percent of medicare``, ``per
visit``, ``per diem`` (one amount for a day, whatever its lines) and ``case rate``. What the
contract does not say is not assumed: no reduction, no sequestration, and the patient's part is what
the payer says.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final, Literal

from attrs import evolve, field, frozen

from mapping.fields import doc
from mapping.identifiers import HCPCS, MODIFIER
from mapping.kinds import KINDS, Fault, Notes, Unfit
from mapping.policy import ALWAYS, Span
from mapping.policy_read import clash, days, is_tables, under
from mapping.structure import Reader

ContractKind = Literal["schedule", "percent of medicare", "per visit", "per diem", "case rate"]
_HUNDRED: Final = Decimal(100)


@frozen(kw_only=True, eq=False)  # one of a practice file: it is itself, and quick to look up
class Contract:
    """What some payers have agreed to pay, within a span of days."""

    name: str = field(metadata=doc("name, shown with each amount"))
    payers: tuple[str, ...] = field(metadata=doc("keys of the payers it is with"))
    kind: ContractKind = field(
        metadata=doc("schedule, percent of medicare, per visit, per diem or case rate")
    )
    percent: Decimal | None = field(
        default=None, metadata=doc("kind percent of medicare: 110 is 10 percent more", "money")
    )
    amount: Decimal | None = field(
        default=None,
        metadata=doc("kind per visit, per diem or case rate: dollars for a visit, a day or a case"),
    )
    day_of: Literal["patient", "discipline"] | None = field(
        default=None,
        metadata=doc(
            "kind per diem: the amount is for the patient's day, or for each discipline of it"
        ),
    )
    lesser_of_charge: bool = field(
        default=True, metadata=doc("never more than the charge of the line")
    )
    multiple_procedure: bool = field(
        default=False,
        metadata=doc("kind percent of medicare: further units of the day are cut as Medicare does"),
    )
    assistant_reduction: bool = field(
        default=False,
        metadata=doc(
            "CQ/CO lines are cut by the policy's assistant_reduction_percent and _base; leave it "
            "out where the schedule has amounts for CQ and CO"
        ),
    )
    sequestration: bool = field(
        default=False, metadata=doc("the plan takes Medicare's sequestration off its payment")
    )
    coinsurance_percent: Decimal | None = field(
        default=None,
        metadata=doc("the patient's percentage, where it is always the same", "money"),
    )
    source: str = ""
    span: Span = ALWAYS
    amounts: Mapping[str, Decimal] = field(
        factory=lambda: MappingProxyType({}),
        metadata=doc('kind schedule: `97530 = 38.50`, `"97530-CQ" = 32.70`'),
    )

    def __str__(self) -> str:
        """Name and days, as it is cited."""
        return f"contract {self.name}, {self.span}"


_read: Final = Reader(unknown="error", skip=frozenset({"span", "amounts", "source"})).of(Contract)


def contracts(tables: Any, notes: Notes) -> tuple[Contract, ...]:
    """The contracts of the tables ``[[contracts]]``; faults are noted with their place."""
    if not is_tables(tables):
        message = "expected tables [[contracts]], each with payers and kind"
        notes.append(Fault(code="input.invalid", message=message, path=("contracts",)))
        return ()
    found: list[Contract] = []
    for number, table in enumerate(tables):
        start = len(notes)
        made = _contract(dict(table), notes)
        under(notes, start, ("contracts", number))
        if made is None:
            continue
        same = [one.span for one in found if not {*one.payers}.isdisjoint(made.payers)]
        clash(made.span, same, ("contracts", number), notes)
        found.append(made)
    return tuple(found)


def _contract(table: dict[str, Any], notes: Notes) -> Contract | None:
    stated = table.pop("amounts", {})
    amounts = _amounts(stated, notes)
    dated = days(table, notes)
    if dated is None:
        return None
    span, source, rest = dated
    made: Contract | None = _read(rest, notes)
    if made is None:
        return None
    start = len(notes)
    notes += _lacking(made, has_amounts=bool(stated))  # those that are no amounts are noted above
    if len(notes) > start:
        return None
    return evolve(made, span=span, source=source, amounts=MappingProxyType(amounts))


def _amounts(table: Any, notes: Notes) -> dict[str, Decimal]:
    """``97530`` or ``97530-CQ`` to dollars for one unit."""
    if not isinstance(table, dict):
        message = "expected a table: 97530 = 38.50 ..."
        notes.append(Fault(code="input.invalid", message=message, path=("amounts",)))
        return {}
    found: dict[str, Decimal] = {}
    for name, raw in table.items():
        code, _, modifier = name.upper().partition("-")
        wrong = ""
        if not HCPCS.is_valid(code) or (modifier and not MODIFIER.is_valid(modifier)):
            wrong = "a code as 97530, or 97530-CQ"
        else:
            try:
                found[name.upper()] = KINDS["money"].convert(raw, notes)
            except Unfit as unfit:
                wrong = str(unfit)
        if wrong:
            path = ("amounts", name)
            notes.append(Fault(code="input.invalid", message=f"expected {wrong}", path=path))
    return found


def _lacking(made: Contract, *, has_amounts: bool) -> Iterator[Fault]:
    """Keys that the kind of the contract needs, and those that mean nothing in it."""
    needs: dict[str, tuple[str, bool]] = {
        "schedule": ("amounts", has_amounts),
        "percent of medicare": ("percent", bool(made.percent)),
        "per visit": ("amount", made.amount is not None),
        "per diem": ("amount", made.amount is not None),
        "case rate": ("amount", made.amount is not None),
    }
    key, given = needs[made.kind]
    if not given:
        yield _missing(key, made)
    if made.kind == "per diem" and made.day_of is None:
        yield _missing("day_of", made)
    elif made.kind != "per diem" and made.day_of is not None:
        yield _fault("day_of", f"means nothing in a contract of kind {made.kind}")
    if not made.payers:
        yield _fault("payers", "is empty: name the payers it is with", "input.missing")
    stated = {
        "amounts": has_amounts,
        "percent": made.percent is not None,
        "amount": made.amount is not None,
    }
    for name, is_there in stated.items():
        if is_there and name != key:
            yield _fault(name, f"means nothing in a contract of kind {made.kind}")
    if made.multiple_procedure and made.kind != "percent of medicare":
        message = "needs Medicare's practice expense: only of kind percent of medicare"
        yield _fault("multiple_procedure", message)
    if made.coinsurance_percent is not None and made.coinsurance_percent > _HUNDRED:
        yield _fault("coinsurance_percent", "expected a percentage up to 100")


def _missing(name: str, made: Contract) -> Fault:
    message = f"is missing: a contract of kind {made.kind} needs it"
    return _fault(name, message, "input.missing")


def _fault(name: str, message: str, code: str = "input.invalid") -> Fault:
    return Fault(code=code, message=message, path=(name,))


def of_day(found: Iterable[Contract], payer: str, day: dt.date) -> Contract | None:
    """The contract with the payer that holds on the day."""
    return next((c for c in found if payer in c.payers and c.span.holds(day)), None)
