"""Which units of a row are the assistant's: CQ under a PT plan, CO under an OT plan.

Judged for each unit of a timed code and for the whole of an untimed service (Social Security Act
1834(v); 83 FR 59654; 84 FR 62702). Minutes of both at once are the therapist's. A unit
is the assistant's where the assistant furnished it alone, or more than a tenth of it. Since 2022
the last unit is the therapist's where 8 of its minutes are, and two last units are divided where
each has 9 to 14 minutes (CMS billing examples using CQ and CO).

Where no CMS text was found the reason says "decided by policy".
"""

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Final

from attrs import frozen

from mapping.codes import CODES, half
from mapping.day import Day, Row, Share, changed
from mapping.derive_assistant import ASSISTANT_MODIFIERS

FIRST_DAY: Final = dt.date(2020, 1, 1)  # CQ and CO on claims
MIDPOINT_SINCE: Final = dt.date(2022, 1, 1)
VERSION: Final = "83 FR 59654, 84 FR 62702, CMS billing examples using CQ and CO"
BY_POLICY: Final = "decided by policy: no CMS text speaks of it"
Spent = tuple[int, int]  # minutes of the therapist, and of the assistant alone
_NONE: Final[Spent] = (0, 0)
_UNIT: Final = 15
_TWO_LEFT: Final = range(9, 15)  # minutes of each, where two units are left
_TWO_LEFT_TOGETHER: Final = 23
_TENTH: Final = 10  # percent that does not count yet


@frozen(kw_only=True)
class Split:
    """Units of a row: the therapist's and the assistant's, and why."""

    plain: int
    assistant: int
    because: str


def split(day: Day) -> Day:
    """The day with each share divided that an assistant had a part in, where the payer wants CQ/CO.

    The therapist's share comes first. A row that states CQ or CO itself stays whole.
    """
    if day.policy.assistant_modifiers != "required" or day.date < FIRST_DAY:
        return day
    if day.visits[0].discipline not in ASSISTANT_MODIFIERS:
        return day
    if not any(share.assistant_minutes for share in day.shares):
        return day
    return changed(day, shares=tuple(part for share in day.shares for part in _parts(day, share)))


def told(day: Day) -> Iterator[str]:
    """By which rule the assistant's units were judged, for the reasons of the claim."""
    if any(share.by_assistant for share in day.shares):
        modifier = ASSISTANT_MODIFIERS[day.visits[0].discipline]
        rules = "midpoint and two-remaining-units rules" if day.date >= MIDPOINT_SINCE else "10 %"
        yield f"{modifier} by unit: {rules} ({VERSION})"


def _parts(day: Day, share: Share) -> tuple[Share, ...]:
    row = share.row
    therapist_minutes, assistant_minutes = share.therapist_minutes, share.assistant_minutes
    if is_further(row.code) and not therapist_minutes:
        assistant_minutes = lent(row.code, minutes_by_code(day)) or assistant_minutes
    if not assistant_minutes or _states_it(row):
        return (share,)
    found = judge(
        row.code,
        therapist_minutes,
        assistant_minutes,
        share.units,
        modifier=ASSISTANT_MODIFIERS[day.visits[0].discipline],
        midpoint=day.date >= MIDPOINT_SINCE,
    )
    if not found.assistant:
        return (changed(share, because=(*share.because, found.because)),)
    if not found.plain:
        return (changed(share, by_assistant=found.because),)
    therapist = changed(
        share,
        units=found.plain,
        of_units=share.units,
        assistant_minutes=0,
        because=(*share.because, f"these are the therapist's: {found.because}"),
    )
    assistant = changed(
        share,
        units=found.assistant,
        of_units=share.units,
        therapist_minutes=0,
        by_assistant=found.because,
    )
    return (therapist, assistant)


def minutes_by_code(day: Day) -> dict[str, Spent]:
    """The therapist's and the assistant's minutes of each code of the day."""
    found: dict[str, Spent] = {}
    for row in day.rows:
        therapist, assistant = found.get(row.code, (0, 0))
        found[row.code] = therapist + row.therapist_minutes, assistant + row.assistant_minutes
    return found


def is_further(code: str) -> bool:
    """Whether the code is an add-on whose units may come of its first code's minutes."""
    known = CODES.get(code)
    return known is not None and known.shape == "further"


def lent(code: str, spent: Mapping[str, Spent]) -> int:
    """Minutes of an add-on and its first code, where the assistant furnished all of them.

    0 where the therapist had a part, or the first code's own time takes up its minutes.
    """
    pair = (spent.get(code, _NONE), _beyond(code, spent))
    if not any(pair[1]) or any(therapist for therapist, _ in pair):
        return 0
    return sum(assistant for _, assistant in pair)


def is_unclear(code: str, units: int, spent: Mapping[str, Spent]) -> bool:
    """Whether an add-on has more units than its own minutes give, of both clinicians' minutes."""
    own, first = spent.get(code, _NONE), _beyond(code, spent)
    if not any(first):
        return False
    therapist, assistant = own[0] + first[0], own[1] + first[1]
    base = CODES[code].base_minutes or _UNIT
    full, rest = divmod(sum(own), base)
    return bool(therapist and assistant) and units > full + (rest >= half(base))


def _beyond(code: str, spent: Mapping[str, Spent]) -> Spent:
    """Minutes given with an add-on's first code, where they are more than that code's time."""
    first = CODES[CODES[code].pair]
    given = spent.get(first.code, _NONE)
    return given if sum(given) > (first.base_minutes or _UNIT) else _NONE


def _states_it(row: Row) -> bool:
    return any(modifier in ASSISTANT_MODIFIERS.values() for modifier in row.explicit)


def judge(
    code: str,
    therapist: int,
    assistant: int,
    units: int,
    *,
    modifier: str = "CQ",
    midpoint: bool = True,
) -> Split:
    """How many units of a code are the assistant's.

    Args:
        code: decides the length of a unit; a code that is not timed is judged as a whole.
        therapist: minutes of the therapist, joint ones included.
        assistant: minutes of the assistant alone.
        units: units that are billed.
        modifier: CQ or CO, for the words.
        midpoint: whether the midpoint and two-remaining-units rules are in force (2022 and later).
    """
    if not assistant:
        return Split(plain=units, assistant=0, because="the therapist furnished all of it")
    if not therapist:
        return Split(plain=0, assistant=units, because="the assistant furnished all of it")
    base = _base(code)
    if base is None:
        return _whole(therapist, assistant, units)
    own = min(therapist // base, units)
    theirs = min(assistant // base, units - own)
    left = units - own - theirs
    words = [f"therapist owns {own * base} -> {own} plain"] if own else []
    words += [f"assistant owns {theirs * base} -> {theirs} {modifier}"] if theirs else []
    if left:
        rest = (therapist - own * base, assistant - theirs * base)
        plain, reason = _last(rest, left, base, midpoint=midpoint)
        words.append(f"left {rest[0]} + {rest[1]} -> {reason.format(modifier=modifier)}")
    else:
        plain = 0
        if own < therapist // base or theirs < assistant // base:
            words.append(f"fewer units are billed than were furnished, {BY_POLICY}")
    if base != _UNIT:
        words.append(f"by units of {base} minutes, {BY_POLICY}")
    return Split(plain=own + plain, assistant=theirs + left - plain, because="; ".join(words))


def _base(code: str) -> int | None:
    """Minutes of a unit; ``None``: the service is judged as a whole."""
    known = CODES.get(code)
    if known is None or known.shape not in {"timed", "first", "further"}:
        return None
    return known.base_minutes


def _whole(therapist: int, assistant: int, units: int) -> Split:
    percent = percent_of(therapist, assistant)
    words = f"assistant {assistant} of {therapist + assistant} minutes, {percent} %"
    if percent > _TENTH:
        return Split(
            plain=0, assistant=units, because=f"{words}: more than 10 % of the whole service"
        )
    return Split(plain=units, assistant=0, because=f"{words}: not more than 10 %")


def percent_of(therapist: int, assistant: int) -> int:
    """The assistant's part of the minutes, in whole percent, a half rounded up.

    >>> percent_of(27, 3), percent_of(25, 5), percent_of(7, 1)
    (10, 17, 13)
    """
    total = therapist + assistant
    return (200 * assistant + total) // (2 * total)


def _last(rest: tuple[int, int], left: int, base: int, *, midpoint: bool) -> tuple[int, str]:
    """How many of the units left are plain, and why."""
    therapist, assistant = rest
    over_tenth = assistant > 0 and percent_of(therapist, assistant) > _TENTH
    reaches = midpoint and therapist >= half(base)
    if left == 1:
        return _one(base, reaches=reaches, over_tenth=over_tenth)
    both = therapist in _TWO_LEFT and assistant in _TWO_LEFT
    if midpoint and base == _UNIT and left == 2 and both and sum(rest) >= _TWO_LEFT_TOGETHER:
        return 1, "one plain, one {modifier}"
    if not over_tenth:
        return left, f"{left} plain, {BY_POLICY}"
    if reaches:
        return 1, f"one plain, {'one' if left == 2 else left - 1} {{modifier}}, {BY_POLICY}"
    return 0, f"{left} {{modifier}}, {BY_POLICY}"


def _one(base: int, *, reaches: bool, over_tenth: bool) -> tuple[int, str]:
    """The last unit, where one is left."""
    if reaches:
        return 1, f"one plain: {half(base)} minutes or more are the therapist's"
    if over_tenth:
        return 0, "one {modifier}: more than 10 % of the last unit is the assistant's"
    return 1, "one plain: not more than 10 % of the last unit is the assistant's"
