"""GP, GO, GN: the discipline of the plan of care, on the codes where the payer wants it."""

from types import MappingProxyType
from typing import Final

from mapping.codes import CODES, DISCIPLINE_MODIFIERS
from mapping.day import Day, Share

_DERIVED: Final = MappingProxyType(
    {plan: (name, f"{plan} plan of care") for plan, name in DISCIPLINE_MODIFIERS.items()}
)


def derive(day: Day, share: Share) -> tuple[str, str] | None:
    """The plan of care names it, not the person who treats."""
    wanted = day.policy.discipline_modifier
    if wanted == "always" or (wanted == "therapy codes" and share.row.code in CODES):
        return _DERIVED[day.visits[0].discipline]
    return None
