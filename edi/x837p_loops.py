"""Which loop of an 837P a segment opens, as a table, for files that may break the guide.

An area is a stretch of the hierarchy in which an NM1 means one thing: ``claim`` until the first
SBR of another payer, then ``other``, then ``line``. Loops are named as in TR3 005010X222A1; a
party that it does not have (4010, or a slip) gets the name of its kin with an X: ``2310X``.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final, NamedTuple


class Opened(NamedTuple):
    """The loop a segment opens and the area it leaves us in."""

    loop: str
    area: str


LEVELS: Final[Mapping[str, Opened]] = MappingProxyType(
    {  # HL03
        "20": Opened("2000A", "billing"),
        "22": Opened("2000B", "subscriber"),
        "23": Opened("2000C", "patient"),
    }
)
_PARTIES: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {  # area -> NM101 -> loop
        "header": {"41": "1000A", "40": "1000B"},
        "billing": {"85": "2010AA", "87": "2010AB", "PE": "2010AC"},
        "subscriber": {"IL": "2010BA", "PR": "2010BB"},
        "patient": {"QC": "2010CA"},
        "claim": {
            "DN": "2310A",
            "P3": "2310A",
            "82": "2310B",
            "77": "2310C",
            "DQ": "2310D",
            "PW": "2310E",
            "45": "2310F",
            "FA": "2310C",
            "LI": "2310C",
            "TL": "2310C",  # 4010
        },
        "other": {
            "IL": "2330A",
            "PR": "2330B",
            "DN": "2330C",
            "P3": "2330C",
            "82": "2330D",
            "77": "2330E",
            "DQ": "2330F",
            "85": "2330G",
        },
        "line": {
            "82": "2420A",
            "QB": "2420B",
            "77": "2420C",
            "DQ": "2420D",
            "DK": "2420E",
            "DN": "2420F",
            "P3": "2420F",
            "PW": "2420G",
            "45": "2420H",
        },
    }
)
_UNKNOWN: Final[Mapping[str, str]] = MappingProxyType(
    {
        "header": "1000X",
        "billing": "2010AX",
        "subscriber": "2010BX",
        "patient": "2010CX",
        "claim": "2310X",
        "other": "2330X",
        "line": "2420X",
    }
)
_OTHERS: Final[Mapping[str, Mapping[str, Opened]]] = MappingProxyType(
    {  # area -> segment id -> what it opens
        "claim": {"SBR": Opened("2320", "other")},
        "other": {"SBR": Opened("2320", "other")},
        "line": {
            "LIN": Opened("2410", "line"),
            "SVD": Opened("2430", "line"),
            "LQ": Opened("2440", "line"),
        },
    }
)
# Segments that belong to the claim or line itself also where a file has them after a party.
_OWN: Final[Mapping[str, tuple[str, frozenset[str]]]] = {
    "2310": ("2300", frozenset({"DTP", "HI", "AMT", "NTE"})),
    "2420": ("2400", frozenset({"SV1", "DTP", "NTE"})),
}


def opened(area: str, segment: Sequence[str]) -> Opened | None:
    """What a segment other than HL, CLM and LX opens where we are; None where nothing."""
    name = segment[0]
    if name == "NM1":
        role = segment[1] if len(segment) > 1 else ""
        return Opened(_PARTIES[area].get(role, _UNKNOWN[area]), area)
    others = _OTHERS.get(area)
    return others.get(name) if others else None


def owner(loop: str, name: str) -> str:
    """The loop a segment belongs to, standing in ``loop``."""
    own = _OWN.get(loop[:4])
    return own[0] if own and name in own[1] else loop
