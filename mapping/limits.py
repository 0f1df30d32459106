"""The most units of a code on a day that serve until an MUE table is imported.

Each row says whether it decides (several sources agree) or only warns.
"""

import datetime as dt
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal

from attrs import frozen

from mapping.codes import rows, span
from mapping.policy import Span
from mapping.reference import UnitLimit

VERSION: Final = "starter unit limits 2026-11"  # kept with each claim

_MAI: Final[Mapping[str, Literal["1", "2", "3"]]] = MappingProxyType({"1": "1", "2": "2", "3": "3"})


@frozen(kw_only=True)
class DatedLimit:
    """A limit and the days it is known for."""

    limit: UnitLimit
    span: Span


def _limits() -> Mapping[str, DatedLimit]:
    return MappingProxyType(
        {
            row["code"]: DatedLimit(
                limit=UnitLimit(
                    code=row["code"],
                    most=int(row["most"]),
                    mai=_MAI[row["mai"]],
                    decides=row["effect"] == "decides",
                    rationale=row["source"],
                    version=VERSION,
                ),
                span=span(row),
            )
            for row in rows("limits.csv")
        }
    )


LIMITS: Final = _limits()
FIRST_DAY: Final = min(one.span.first or dt.date.min for one in LIMITS.values())
