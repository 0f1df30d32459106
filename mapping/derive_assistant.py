"""CQ, CO: the units of a line that the assistant furnished in whole or in part."""

from types import MappingProxyType
from typing import Final

from mapping.day import Day, Share

# No modifier exists for speech-language assistants.
ASSISTANT_MODIFIERS: Final = MappingProxyType({"PT": "CQ", "OT": "CO"})


def derive(day: Day, share: Share) -> tuple[str, str] | None:
    """The modifier of an assistant's share; the split before says which units are one."""
    if not share.by_assistant:
        return None
    return ASSISTANT_MODIFIERS[day.visits[0].discipline], share.by_assistant
