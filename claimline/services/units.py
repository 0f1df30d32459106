"""Minutes to units for somebody who asks: by a rule, or as a payer of the practice wants it."""

import datetime as dt
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Final

from attrs import frozen

from claimline.errors import WrongUsageError
from mapping.assistants import (
    FIRST_DAY,
    MIDPOINT_SINCE,
    Spent,
    is_further,
    is_unclear,
    judge,
    lent,
)
from mapping.codes import CODES, DISCIPLINE_MODIFIERS
from mapping.derive_assistant import ASSISTANT_MODIFIERS
from mapping.policy import Policy, TieBreak, UnitRule
from mapping.practice_values import Practice
from mapping.structure import nearest
from mapping.units import UnitResult, assign, compare

NO_POLICY: Final = Policy()


@frozen(kw_only=True)
class Minutes:
    """Minutes of one code: the therapist's, joint ones included, and the assistant's alone."""

    code: str
    therapist: int
    assistant: int = 0

    @property
    def total(self) -> int:
        """Both together."""
        return self.therapist + self.assistant


@frozen(kw_only=True)
class Terms:
    """By what the minutes are counted."""

    rule: UnitRule
    tie_break: TieBreak
    discipline: str = "PT"
    day: dt.date
    policy: Policy = NO_POLICY
    version: str = ""  # of the payer's policy
    payer: str = ""
    practice: Practice | None = None

    @property
    def divides(self) -> bool:
        """Whether the assistant's units carry CQ or CO: always where no payer is named."""
        wanted = not self.payer or self.policy.assistant_modifiers == "required"
        return wanted and self.day >= FIRST_DAY and self.discipline in ASSISTANT_MODIFIERS

    def charge(self, code: str, modifiers: tuple[str, ...] = ()) -> Decimal | None:
        """The fee schedule's charge of one unit."""
        if self.practice is None:
            return None
        found = self.practice.charge(self.payer, code, modifiers, self.day)
        return found[0] if found else None


@frozen(kw_only=True)
class UnitLine:
    """What a claim's line would say; ``charge`` is of the line, ``None`` where none is known."""

    code: str
    modifier: str  # CQ, CO or nothing
    units: int
    charge: Decimal | None
    because: str


@frozen(kw_only=True)
class Counted:
    """The units by the rule asked for, the lines they make, and what other rules give."""

    terms: Terms
    minutes: tuple[Minutes, ...]
    result: UnitResult
    lines: tuple[UnitLine, ...]
    by_rule: Mapping[UnitRule, UnitResult]
    charges: Mapping[UnitRule, Decimal | None]  # None: no charge of a code is known
    notes: tuple[str, ...]


def terms_of(
    practice: Practice | None,
    payer: str,
    day: dt.date,
    *,
    rule: UnitRule | None,
    tie_break: TieBreak | None,
    discipline: str,
) -> Terms:
    """What is asked for, completed by the payer's policy of the day.

    Raises:
        WrongUsageError: the practice has no such payer, or nobody says its unit rule.
    """
    if practice is None or not payer:
        return Terms(
            rule=rule or "cms",
            tie_break=tie_break or "first listed",
            discipline=discipline,
            day=day,
            practice=practice,
        )
    if payer not in practice.payers:
        hint = nearest(payer, practice.payers)
        raise WrongUsageError(f"payer {payer} is not in the practice file{hint}")
    resolved = practice.resolve(payer, day)
    policy = resolved.policy
    if rule is None and policy.unit_rule is None:
        raise WrongUsageError(
            f"payer {payer}: nobody says unit_rule for {day}",
            todo="add it to the payer's policy, or give --rule",
        )
    return Terms(
        rule=rule or policy.unit_rule or "cms",
        tie_break=tie_break or policy.tie_break,
        discipline=discipline,
        day=day,
        policy=policy,
        version=resolved.version,
        payer=payer,
        practice=practice,
    )


def counted(given: Iterable[Minutes], terms: Terms) -> Counted:
    """Units of the minutes of one patient, day and discipline, with their reasons."""
    minutes = _summed(given)
    own = {each.code: each.therapist for each in minutes}
    own_of = {each.code: (each.therapist, each.assistant) for each in minutes}
    spent = [(each.code, each.total) for each in minutes]
    more: dict[str, Any] = {
        "tie_break": terms.tie_break,
        "therapist_minutes": own,
        "pool_cognitive": terms.policy.pool_cognitive,
    }
    result = assign(spent, terms.rule, **more)
    by_rule = compare(spent, **more)
    return Counted(
        terms=terms,
        minutes=minutes,
        result=result,
        lines=tuple(line for each in minutes for line in _lines(each, own_of, result, terms)),
        by_rule=by_rule,
        charges={rule: _total(found.units, terms) for rule, found in by_rule.items()},
        notes=(
            *result.notes,
            *_notes(minutes, terms),
            *_unclear(own_of, result, terms),
            *_lone(minutes, result),
        ),
    )


def _summed(given: Iterable[Minutes]) -> tuple[Minutes, ...]:
    """Codes given twice are one."""
    found: dict[str, Minutes] = {}
    for each in given:
        before = found.get(each.code, Minutes(code=each.code, therapist=0))
        found[each.code] = Minutes(
            code=each.code,
            therapist=before.therapist + each.therapist,
            assistant=before.assistant + each.assistant,
        )
    return tuple(found.values())


def _lines(
    spent: Minutes, own_of: Mapping[str, Spent], result: UnitResult, terms: Terms
) -> Iterable[UnitLine]:
    number, assistant = result.units.get(spent.code, 0), spent.assistant
    if not number:
        return
    if is_further(spent.code) and not spent.therapist:
        assistant = lent(spent.code, own_of) or assistant
    if not (assistant and terms.divides):
        yield _line(spent.code, "", number, terms, "")
        return
    modifier = ASSISTANT_MODIFIERS[terms.discipline]
    found = judge(
        spent.code,
        spent.therapist,
        assistant,
        number,
        modifier=modifier,
        midpoint=terms.day >= MIDPOINT_SINCE,
    )
    if found.plain:
        yield _line(spent.code, "", found.plain, terms, found.because)
    if found.assistant:
        yield _line(spent.code, modifier, found.assistant, terms, found.because)


def _line(code: str, modifier: str, number: int, terms: Terms, because: str) -> UnitLine:
    modifiers = (DISCIPLINE_MODIFIERS[terms.discipline], *([modifier] if modifier else []))
    each = terms.charge(code, modifiers)
    return UnitLine(
        code=code,
        modifier=modifier,
        units=number,
        charge=None if each is None else each * number,
        because=because,
    )


def _total(units: Mapping[str, int], terms: Terms) -> Decimal | None:
    """What the units cost by the fee schedule; nothing where a code has no charge."""
    total = Decimal(0)
    for code, number in units.items():
        each = terms.charge(code) if number else Decimal(0)
        if each is None:
            return None
        total += each * number
    return total


def _unclear(own_of: Mapping[str, Spent], result: UnitResult, terms: Terms) -> Iterable[str]:
    """Add-ons whose units come of minutes of both clinicians, given with the first code."""
    if not terms.divides:
        return
    for code in filter(is_further, own_of):
        if is_unclear(code, result.units.get(code, 0), own_of):
            yield (
                f"{code} gets units from minutes given with {CODES[code].pair}, of therapist and "
                "assistant: a visit like this is held"
            )


def _lone(minutes: tuple[Minutes, ...], result: UnitResult) -> Iterable[str]:
    """Add-ons asked for without the code they go with."""
    codes = {each.code for each in minutes}
    for code in sorted(codes & CODES.keys()):
        known = CODES[code]
        if known.shape == "further" and known.pair not in codes and result.units.get(code):
            yield f"{code} is an add-on: it is billed beside {known.pair} of the day only"


def _notes(minutes: tuple[Minutes, ...], terms: Terms) -> Iterable[str]:
    if not any(each.assistant for each in minutes) or terms.divides:
        return
    if terms.day < FIRST_DAY:
        yield f"no CQ or CO before {FIRST_DAY}: the assistant's minutes count like the therapist's"
    elif terms.discipline not in ASSISTANT_MODIFIERS:
        yield "there is no modifier for a speech-language assistant"
    elif terms.policy.assistant_modifiers == "none":
        yield f"payer {terms.payer} takes no CQ or CO"
    else:
        yield (
            f"nobody says whether payer {terms.payer} wants CQ or CO (assistant_modifiers): "
            "a visit like this is held"
        )
