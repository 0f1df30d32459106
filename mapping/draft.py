"""What the mapper makes of visits: drafts of claims with the reasons of every line, and holds.

A draft is a whole claim but for its numbers; ``claims.finish`` gives it those. Reasons and
evidence name codes, minutes and times of day, never a patient.
"""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from attrs import field, frozen

from edi.claim import Claim
from edi.problem import Problem
from mapping.authorization_use import AuthorizationKey, Use
from mapping.one_on_one import Shared
from mapping.reference import BilledLine
from mapping.totals import DeductibleLeft, RunningTotal, TotalKey
from mapping.visit import Coverage

if TYPE_CHECKING:  # frozen to the reader and to mypy; cheap to make by the million at run time
    from attrs import frozen as value
else:
    from attrs import define as value

TreatedKey = tuple[str, str]  # patient key, discipline
DayKey = tuple[str, dt.date, str, str]  # patient key, day, payer key, discipline


@frozen(kw_only=True)
class History:
    """What was billed before, as far as a new claim depends on it.

    ``billed`` gives, for a patient's day with a payer in a discipline, the patient control numbers
    of the claims already sent (test and production books apart: pass one of them). ``lines`` gives
    the lines already sent for a patient key and day, to any payer and in any discipline. ``totals``
    gives what a patient's therapy bucket of a year holds, ``deductibles`` what is left of a year's
    deductible, where somebody entered it. ``shared`` gives, by visit id, the minutes in which its
    clinician treats another patient (``one_on_one.shared_times`` over all visits of the run).
    ``authorized`` gives what claims billed earlier took of an authorization, ``days`` the days on
    which a patient was treated in a discipline before. ``treated`` gives, by visit id, which
    treatment day since the last progress report a visit is, at least.
    """

    billed: Mapping[DayKey, tuple[str, ...]] = field(
        factory=lambda: MappingProxyType({}), repr=False
    )
    lines: Mapping[tuple[str, dt.date], tuple[BilledLine, ...]] = field(
        factory=lambda: MappingProxyType({}), repr=False
    )
    totals: Mapping[TotalKey, RunningTotal] = field(
        factory=lambda: MappingProxyType({}), repr=False
    )
    deductibles: Mapping[tuple[str, int], DeductibleLeft] = field(
        factory=lambda: MappingProxyType({}), repr=False
    )
    shared: Mapping[str, tuple[Shared, ...]] = field(
        factory=lambda: MappingProxyType({}), repr=False
    )
    authorized: Mapping[AuthorizationKey, tuple[Use, ...]] = field(
        factory=lambda: MappingProxyType({}), repr=False
    )
    days: Mapping[TreatedKey, frozenset[dt.date]] = field(
        factory=lambda: MappingProxyType({}), repr=False
    )
    treated: Mapping[str, int] = field(factory=lambda: MappingProxyType({}), repr=False)


NO_HISTORY: Final = History()


@value(kw_only=True)
class LineDecision:
    """Why a line is what it is: from minutes to units to modifiers to charge."""

    number: int  # LX01
    code: str
    modifiers: tuple[str, ...]
    therapist_minutes: int
    assistant_minutes: int
    units: int
    charge: Decimal
    because: tuple[str, ...]
    evidence: tuple[str, ...] = ()  # what the visit shows: "times 09:16-09:24"
    expected: Any = None  # what the payer should pay, where that was worked out


@value(kw_only=True)
class ClaimDraft:
    """A claim but for its numbers, with what led to it."""

    visit_ids: tuple[str, ...]
    patient: str = field(repr=False)  # opaque key: same patient, same key
    payer: str  # key in the practice file
    receiver: str  # key in the practice file
    entity: str  # key in the practice file
    discipline: str
    date: dt.date = field(repr=False)
    claim: Claim = field(repr=False)  # control numbers empty
    decisions: tuple[LineDecision, ...]  # one for each line of the claim, in its order
    because: tuple[str, ...]  # of the claim: total minutes, rule, units, what other rules give
    versions: tuple[str, ...]  # tables and policy spans that decided
    warnings: tuple[Problem, ...] = ()
    other_coverages: tuple[Coverage, ...] = field(default=(), repr=False)  # not billed yet
    qmb: bool = False  # a coverage says so: the patient owes nothing
    location: str = ""  # key in the practice file
    authorized: tuple[tuple[AuthorizationKey, Use], ...] = field(default=(), repr=False)


@value(kw_only=True)
class Held:
    """Visits that wait for a fix or a decision, and why."""

    visit_ids: tuple[str, ...]
    patient: str = field(repr=False)
    payer: str
    discipline: str
    date: dt.date = field(repr=False)
    problems: tuple[Problem, ...]  # at least one error, and the warnings
    charge: Decimal | None = None  # what would have been billed, where that could be worked out


@value(kw_only=True)
class Drafts:
    """All that came of a set of visits: every visit is in exactly one of the two."""

    drafts: tuple[ClaimDraft, ...]
    held: tuple[Held, ...]
