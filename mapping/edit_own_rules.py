"""The practice's own rules as a check like the others."""

from collections.abc import Iterator

from edi.problem import Problem, declare
from mapping.day import Day
from mapping.edit_found import hold, warn

declare(
    {
        "hold.own-rule": (
            "a rule of the practice's own holds the claim",
            "do what the rule says, or let a named person override it",
        ),
        "warn.own-rule": ("a rule of the practice's own warns", "do what the rule says"),
    }
)


def check_own_rules(day: Day) -> Iterator[Problem]:
    """Each rule of the practice file that fires, in the file's order."""
    for outcome in day.practice.own_rules.outcomes(day):
        if outcome.fired:
            rule = outcome.rule
            found = hold if rule.effect == "hold" else warn
            yield found(day, "own-rule", f'{rule.message} (your rule "{rule.name}": {outcome.why})')
