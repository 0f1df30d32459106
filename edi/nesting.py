"""What may stand in what: interchange, group, transaction; and what is said where it does not.

The standard's codes: TA1 note (TA105), AK905 for a group, IK502 for a transaction (X12.6; 999
005010X231A1).
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from edi.problem import declare

_ASK: Final = "Ask the sender for the file again; what could be read was read."

declare(
    {
        "interchange.unclosed": ("The interchange has no IEA segment at its end.", _ASK),
        "interchange.control": ("IEA02 and ISA13, the interchange's number, differ.", _ASK),
        "interchange.count": ("IEA01 does not say how many groups the interchange has.", _ASK),
        "interchange.duplicate": (
            "The file holds two interchanges of the same number.",
            "See that nothing is processed twice; downloads put together often look so.",
        ),
        "group.missing": ("A transaction stands outside of a group (GS and GE are missing).", _ASK),
        "group.unclosed": ("A group has no GE segment at its end.", _ASK),
        "group.unopened": ("A GE segment stands where no group is open.", _ASK),
        "group.control": ("GE02 and GS06, the group's number, differ.", _ASK),
        "group.count": ("GE01 does not say how many transactions the group has.", _ASK),
        "group.duplicate": (
            "The interchange holds two groups of the same number.",
            "See that nothing is processed twice.",
        ),
        "transaction.unclosed": ("A transaction has no SE segment at its end.", _ASK),
        "transaction.unopened": ("An SE segment stands where no transaction is open.", _ASK),
        "transaction.control": ("SE02 and ST02, the transaction's number, differ.", _ASK),
        "transaction.count": ("SE01 does not say how many segments the transaction has.", _ASK),
        "transaction.duplicate": (
            "The group holds two transactions of the same number.",
            "See that nothing is processed twice.",
        ),
        "segment.outside": (
            "A segment stands outside of any transaction.",
            "Look at it: it was not read as part of anything.",
        ),
    }
)

# What a control segment means where: {where we are: {segment: what to do}}. "up" closes the level
# as unfinished and lets the one above look at the same segment.
NESTING: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "interchange": {
            "GS": "open",
            "ST": "imply",
            "TA1": "acknowledge",
            "GE": "stray",
            "SE": "stray",
            "IEA": "close",
        },
        "group": {
            "ST": "open",
            "TA1": "acknowledge",
            "SE": "stray",
            "GE": "close",
            "GS": "up",
            "IEA": "up",
        },
        "implied group": {
            "ST": "open",
            "TA1": "acknowledge",
            "SE": "stray",
            "GE": "close",
            "GS": "leave",
            "IEA": "leave",
        },
        "transaction": {
            "SE": "close",
            "TA1": "content",
            "ST": "up",
            "GS": "up",
            "GE": "up",
            "IEA": "up",
        },
    }
)
STRAY: Final = {
    "GE": ("group.unopened", "A GE segment stands where no group is open."),
    "SE": ("transaction.unopened", "An SE segment stands where no transaction is open."),
}
