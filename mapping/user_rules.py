"""A practice's own rules: conditions over a claim and its lines, and what then happens.

Read once by ``user_rules_read``; here they are asked of a claim. Each rule that speaks of the payer
and the day says whether it fired and why.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final, Literal

from attrs import field, frozen

from mapping.policy import ALWAYS, Span
from mapping.user_rule_fields import CLAIM, LINE, Field, shown

if TYPE_CHECKING:
    from mapping.day import Day, Line

Operator = Literal["equals", "any", "none", "at_least", "at_most", "starts_with", "missing"]
Scope = Literal["claim", "any_line", "all_lines", "no_line"]
Effect = Literal["hold", "warn"]
WORDS: Final = {
    "equals": "is",
    "any": "is one of",
    "none": "is none of",
    "at_least": "is at least",
    "at_most": "is at most",
    "starts_with": "starts with",
}


@frozen(kw_only=True)
class Condition:
    """One question to one field: ``units is at least 5``."""

    field: str
    operator: Operator
    operand: tuple[Any, ...]  # words, one number, or one yes or no

    def __str__(self) -> str:
        """``units is at least 5``, ``modifiers is none of 59, XS``, ``telehealth is missing``."""
        name = self.field.replace("_", " ")
        if self.operator == "missing":
            return f"{name} is {'missing' if self.operand[0] else 'given'}"
        return f"{name} {WORDS[self.operator]} {shown(self.operand)}"

    def holds(self, values: tuple[Any, ...]) -> bool:
        """Whether it is true of a field's values; one of several is enough, but for ``none``."""
        wanted = self.operand
        match self.operator:
            case "equals" | "any":
                return any(value in wanted for value in values)
            case "none":
                return not any(value in wanted for value in values)
            case "at_least":
                return any(value >= wanted[0] for value in values)
            case "at_most":
                return any(value <= wanted[0] for value in values)
            case "starts_with":
                return any(str(value).startswith(wanted) for value in values)
            case "missing":
                return wanted[0] is not any(value is not False for value in values)


@frozen(kw_only=True)
class Rule:
    """A rule: whom and when it is about, what must all be true, and what then happens."""

    name: str
    span: Span = ALWAYS
    payers: tuple[str, ...] = ()  # empty: all
    families: tuple[str, ...] = ()  # empty: all
    effect: Effect
    message: str
    claim: tuple[Condition, ...] = ()
    any_line: tuple[Condition, ...] = ()  # one line of which all of these are true
    all_lines: tuple[Condition, ...] = ()
    no_line: tuple[Condition, ...] = ()  # no line of which all of these are true

    @property
    def conditions(self) -> tuple[str, ...]:
        """All that must be true, in words, one for each table of the rule."""
        tables = (
            ("the claim's", self.claim),
            ("a line whose", self.any_line),
            ("every line's", self.all_lines),
            ("no line whose", self.no_line),
        )
        return tuple(f"{of} {' and '.join(map(str, asked))}" for of, asked in tables if asked)

    def speaks_of(self, day: "Day") -> bool:
        """Whether it is about the payer and the day at all."""
        payer = day.payer
        return (
            self.span.holds(day.date)
            and (not self.payers or payer.key in self.payers)
            and (not self.families or not {payer.family, payer.group}.isdisjoint(self.families))
        )


@frozen(kw_only=True)
class OwnRules:
    """All rules of a practice, and what they were read from."""

    rules: tuple[Rule, ...] = ()
    version: str = field(default="")  # "own rules: practice.toml 5d41402a"


NO_RULES: Final = OwnRules()


@frozen(kw_only=True)
class Outcome:
    """Whether a rule fired for a claim, and why or why not."""

    rule: Rule
    fired: bool
    why: str

    def __str__(self) -> str:
        """``rule NAME: fired: line 2 97530: units is at least 5 (6)``."""
        return f"rule {self.rule.name}: {'fired' if self.fired else 'did not fire'}: {self.why}"


def outcomes(own: OwnRules, day: "Day") -> Iterator[Outcome]:
    """What each rule says that speaks of the claim's payer and day."""
    for rule in own.rules:
        if rule.speaks_of(day):
            fired, why = _asked(rule, day)
            yield Outcome(rule=rule, fired=fired, why=why)


def reasons(own: OwnRules, day: "Day") -> Iterator[str]:
    """The trace of the rules on a claim: fired, did not fire, not asked."""
    if not own.rules:
        return
    asked = [*outcomes(own, day)]
    yield from map(str, asked)
    named = {outcome.rule.name for outcome in asked}
    others = dict.fromkeys(rule.name for rule in own.rules if rule.name not in named)
    if others:
        yield f"rule of another payer or day, not asked: {', '.join(others)}"


def _asked(rule: Rule, day: "Day") -> tuple[bool, str]:
    """Whether all of a rule's parts are true, and the words for it."""
    said: list[str] = []
    for condition in rule.claim:
        values = tuple(CLAIM[condition.field].read(day))
        if not condition.holds(values):
            return False, f"not so: {_seen(condition, CLAIM[condition.field], values)}"
        said.append(_seen(condition, CLAIM[condition.field], values))
    for scope, conditions in (("any_line", rule.any_line), ("all_lines", rule.all_lines),
                              ("no_line", rule.no_line)):  # fmt: skip
        if not conditions:
            continue
        fits = [line for line in day.lines if _fits(conditions, day, line)]
        words = " and ".join(map(str, conditions))
        if scope == "any_line" and not fits:
            return False, f"no line whose {words}"
        if scope == "all_lines" and len(fits) < len(day.lines):
            first = next(line for line in day.lines if line not in fits)
            return False, f"not so of {_named(first, day)}: {words}"
        if scope == "no_line" and fits:
            return False, f"{_named(fits[0], day)} is one whose {words}"
        said.append(_line_words(scope, fits, conditions, day))
    return True, "; ".join(said) or "it is of this payer and day"


def _line_words(
    scope: str, fits: "list[Line]", conditions: tuple[Condition, ...], day: "Day"
) -> str:
    words = " and ".join(map(str, conditions))
    if scope == "no_line":
        return f"no line whose {words}"
    if scope == "all_lines":
        return f"every line's {words}"
    line = fits[0]
    seen = " and ".join(
        _seen(each, LINE[each.field], tuple(LINE[each.field].read(day, line)))
        for each in conditions
    )
    return f"{_named(line, day)}: {seen}"


def _fits(conditions: tuple[Condition, ...], day: "Day", line: "Line") -> bool:
    return all(each.holds(tuple(LINE[each.field].read(day, line))) for each in conditions)


def _named(line: "Line", day: "Day") -> str:
    return f"line {day.lines.index(line) + 1} {line.row.code}"


def _seen(asked: Condition, known: Field, values: tuple[Any, ...]) -> str:
    """The condition, and what was found where that says more; never the patient's."""
    found = frozenset(values)
    if known.private or known.kind == "flag" or not found or found == {*asked.operand}:
        return str(asked)
    return f"{asked} (here {shown(values)})"
