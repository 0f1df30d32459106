"""The check of clock times: no minute of the patient's day counts twice.

Timed codes, evaluations and groups each take the clinician's whole attention, so their times never
meet. Supervised modalities (``attendance.csv``) run beside them. Of other untimed codes nobody
says, so those only warn.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from edi.problem import Problem, declare
from mapping.codes import CODES, is_by_minutes, rows
from mapping.day import Day
from mapping.edit_found import hold, warn
from mapping.separations import times

if TYPE_CHECKING:
    from mapping.visit import Block

_SOURCE: Final = "CMS Pub. 100-04 ch. 5 sec. 20.2: a minute of treatment is billed once"
ATTENDANCE: Final[Mapping[str, str]] = MappingProxyType(
    {row["code"]: row["attendance"] for row in rows("attendance.csv")}
)

declare(
    {
        "warn.overlap": ("two services share minutes of the clock",
            "mend the times, or check that one of them needs nobody beside the patient"),
    }
)  # fmt: skip


def check_overlap(day: Day) -> Iterator[Problem]:
    """No minute is counted for two services that each need the clinician."""
    spans = sorted(
        ((block, row.code) for row in day.rows if _counts(row.code) for block in row.blocks),
        key=lambda found: found[0].start,
    )
    if len(spans) < 2:
        return
    running: list[tuple[Block, str]] = []
    told: set[tuple[str, str]] = set()
    for block, code in spans:
        running = [one for one in running if one[0].end > block.start]
        for other, its_code in running:
            sure = _is_sure(code) and _is_sure(its_code)
            if not sure and ((its_code, code) in told or code == its_code):
                continue
            told.add((its_code, code))
            message = (
                f"{its_code} {times([other])} and {code} {times([block])} overlap: "
                "a minute counts once"
            )
            yield (hold if sure else warn)(day, "overlap", message, source=_SOURCE)
            break
        running.append((block, code))


def _counts(code: str) -> bool:
    return ATTENDANCE.get(code) != "unattended"


def _is_sure(code: str) -> bool:
    """Whether the code surely takes the clinician's whole attention, or a group's."""
    known = CODES.get(code)
    return is_by_minutes(code) or code in ATTENDANCE or (known is not None and known.evaluation)
