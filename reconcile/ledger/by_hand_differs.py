"""How what was entered by hand differs from the 835 that took its place.

One payment may be entered on several sheets: together they are compared with it.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Final

from reconcile.ledger.convert import dollars
from reconcile.same_payment import Payment

Figures = Counter[tuple[str, int, int]]  # claim, charge, paid
SHOWN: Final = 5  # differences that are told


def differences(sheets: Sequence[Payment], came: Payment) -> list[tuple[str, ...]]:
    """For each sheet what was entered otherwise than it came; of sheets that agree nothing.

    Sheets without a number may be a part of a payment: what they leave out is no difference.
    """
    every: Figures = Counter()
    for sheet in sheets:
        every += sheet.figures
    agreeing = _agreeing(every, came.figures)
    left = {key: n for key, n in (came.figures - every).items() if key[0] not in agreeing}
    theirs: dict[str, list[tuple[int, int]]] = {}
    for number, charge, paid in Counter(left).elements():
        theirs.setdefault(number, []).append((charge, paid))
    strange = {key: n for key, n in (every - came.figures).items() if key[0] not in agreeing}
    own = [tuple(_own(sheet.figures & Counter(strange), theirs)) for sheet in sheets]
    common = tuple(_common(sheets, came, theirs)) if any(one.number for one in sheets) else ()
    return [_first((*common[:1], *one, *common[1:])) for one in own]


def _agreeing(entered: Figures, came: Figures) -> set[str]:
    """The claims of which all that was entered comes to all that came, on however many sheets."""
    sums = _sums(entered), _sums(came)
    return {number for number in sums[0] if sums[0][number] == sums[1].get(number)}


def _sums(figures: Figures) -> dict[str, tuple[int, int]]:
    found: dict[str, tuple[int, int]] = {}
    for number, charge, paid in figures.elements():
        before = found.get(number, (0, 0))
        found[number] = before[0] + charge, before[1] + paid
    return found


def _own(figures: Figures, theirs: dict[str, list[tuple[int, int]]]) -> Iterator[str]:
    """Claims of one sheet with other amounts; what they are compared with is taken out."""
    for number, charge, paid in sorted(figures.elements()):
        other = theirs.get(number)
        if not other:
            yield f"claim {number} did not come"
            continue
        came_charge, came_paid = other.pop(0)
        if charge != came_charge:
            yield f"claim {number} charge {_money(charge)}, came {_money(came_charge)}"
        if paid != came_paid:
            yield f"claim {number} paid {_money(paid)}, came {_money(came_paid)}"


def _common(
    sheets: Sequence[Payment], came: Payment, left: dict[str, list[tuple[int, int]]]
) -> Iterator[str]:
    """The sum of all sheets, first, empty where it fits; then what is on none of them."""
    paid = sum(one.paid for one in sheets)
    several = f" on {len(sheets)} sheets" if len(sheets) > 1 else ""
    yield f"payment {_money(paid)} entered{several}, {_money(came.paid)} came" * (paid != came.paid)
    yield from (f"claim {number} was not entered" for number, some in left.items() if some)


def _first(told: Sequence[str]) -> tuple[str, ...]:
    said = tuple(filter(None, told))
    return (*said[:SHOWN], f"and {len(said) - SHOWN} more") if len(said) > SHOWN else said


def _money(cents: int) -> Decimal:
    return dollars(cents)
