"""The check of code pairs (NCCI PTP): paid together only as separate services, or never."""

from collections.abc import Iterator

from edi.problem import Problem, declare
from mapping import separations
from mapping.codes import group
from mapping.day import Day, Separation
from mapping.edit_found import hold, warn

declare(
    {
        "hold.pair": ("two codes are paid together only as separate services, and nothing shows it",
            "give start and end times, or attest separate_block, and bill the visit again"),
        "hold.pair-never": ("two codes of a day are never paid together; no modifier helps",
            "take one of the two out of the visit, the record decides which"),
        "warn.pair": ("a code pair may need a modifier", "check the payer's table"),
        "warn.pair-sent": ("a line that was sent needs a modifier for what is billed now",
            "correct the claim that was sent: its line takes the modifier"),
    }
)  # fmt: skip


def check_pairs(day: Day) -> Iterator[Problem]:
    """An edit pair has its evidence, or the visit's own modifier; else the claim waits."""
    for found in day.separations:
        if not found.pair.decides:
            message = f"{_names(found)} may be an edit pair{_note(found)}"
            yield warn(day, "pair", message, source=found.pair.version)
        elif found.pair.indicator == "0":
            yield _never(day, found)
        elif not found.marks:
            yield from _column2_beside(day, found)
        else:
            yield from _with_modifier(day, found)
            yield from _on_both(day, found)
    wanted = separations.table(day)
    asks = wanted not in {"none", ""} and (len(day.lines) > 1 or day.siblings or day.others)
    if asks and not day.reference.version("ptp", wanted, day.date):
        message = f"no table of code pairs speaks of {day.date}: pairs were not checked"
        yield warn(day, "pair", message)


def _names(found: Separation) -> str:
    """``97530 with 97140``, the one that takes the modifier first."""
    first, second = found.pair.column2, found.pair.column1
    if not found.beside:
        return f"{first} with {second}"
    if found.ours == first:
        return f"{first} with {second} of {found.beside}"
    return f"{second} with {first} of {found.beside}"


def _note(found: Separation) -> str:
    return f" ({found.pair.note})" if found.pair.note else ""


def _never(day: Day, found: Separation) -> Problem:
    """Indicator 0: the payer denies column 2, so the claim with that code is held."""
    message = f"{_names(found)}: never paid together on a day, and no modifier changes it"
    if found.marks:
        return hold(day, "pair-never", message, source=found.pair.version)
    message += f"; {found.pair.column2} of {found.beside} will not be paid"
    return warn(day, "pair", message, source=found.pair.version)


def _column2_beside(day: Day, found: Separation) -> Iterator[Problem]:
    """This claim has column 1: the other claim's line takes the modifier, if it still can."""
    if not found.is_sent or found.explicit or day.policy.distinct_modifier == "none":
        return
    if day.policy.distinct_modifier and separations.marked(day, found):
        return  # it stands on column 1 here
    modifier = day.policy.distinct_modifier or "the modifier"
    message = (
        f"{_names(found)}: {found.pair.column2} was sent without {modifier} and will be denied or "
        "taken back; "
    )
    if found.evidence:
        message += f"the services were separate ({found.evidence}): correct that claim"
    else:
        message += "nothing shows that the services were separate"
    yield warn(day, "pair-sent", message, source=found.pair.version)


def _with_modifier(day: Day, found: Separation) -> Iterator[Problem]:
    """Indicator 1: the modifier with evidence, or the claim waits."""
    policy, source, names = day.policy, found.pair.version, _names(found)
    if policy.ncci is None or policy.distinct_modifier is None:
        key = "ncci" if policy.ncci is None else "distinct_modifier"
        message = uncovered(day) or f"payer {day.payer.key}: say {key} in its policy"
        yield hold(day, "policy-silent", f"{message} ({names})", source=source)
    elif found.explicit:
        if not found.evidence:
            message = f"{names}: the stated modifier is kept, but no separate times show it"
            yield warn(day, "evidence", message, source=source)
    elif not found.evidence:
        message = (
            f"{names} are paid together only as separate services: no separate times of both "
            "codes and no separate_block in the visit"
        )
        yield hold(day, "pair", message, source=source)
    elif policy.distinct_modifier == "none":
        message = f"{names}: payer {day.payer.key} takes no modifier for it"
        yield warn(day, "pair", message, source=source)
    elif found.pair.note:
        yield warn(day, "pair", f"{names}{_note(found)}", source=source)


def _on_both(day: Day, found: Separation) -> Iterator[Problem]:
    """The visit states a distinct modifier for both codes of a pair, and no other pair asks it."""
    first, second = found.pair.column1, found.pair.column2
    others = {
        c for p in day.separations if p is not found for c in (p.pair.column1, p.pair.column2)
    }
    if (
        day.policy.distinct_column != "either"
        or found.beside
        or not others.isdisjoint((first, second))
    ):
        return  # where column 2 alone takes it, check_modifiers says that nothing asks for it
    marked = {
        row.code: modifier
        for row in day.rows
        for modifier in row.explicit
        if group(modifier) == "distinct"
    }
    if first in marked and second in marked:
        message = (
            f"{_names(found)}: {marked[second]} is stated on both lines of the pair; one is "
            f"enough: leave it on {second}"
        )
        yield warn(day, "pair", message, source=found.pair.version)


def uncovered(day: Day) -> str:
    """That the payer has policies and none of them speaks of the day, or nothing."""
    policies = day.payer.policies
    if not policies or any(row.span.holds(day.date) for row in policies):
        return ""
    return f"no policy of payer {day.payer.key} covers {day.date}"
