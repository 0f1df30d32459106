"""A practice's own rules: conditions over a claim and its lines, and what then happens.

Read once by ``user_rules_read``; here they are asked of a claim. Each rule that speaks of the payer
and the day says whether it fired and why.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final, Literal

import attrs
from attrs import frozen

from mapping.policy import ALWAYS, Span
from mapping.user_rule_fields import CLAIM, LINE, Field, Values, shown

if TYPE_CHECKING:
    from mapping.day import Day

Operator = Literal["equals", "any", "none", "at_least", "at_most", "starts_with", "missing"]
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
    operand: Values  # words, one number, or one yes or no
    words: str = attrs.field(init=False, eq=False)
    wanted: frozenset[Any] = attrs.field(init=False, eq=False, repr=False)

    @words.default
    def _words(self) -> str:
        """``units is at least 5``, ``modifiers is none of 59, XS``, ``telehealth is missing``."""
        name = self.field.replace("_", " ")
        if self.operator == "missing":
            return f"{name} is {'missing' if self.operand[0] else 'given'}"
        return f"{name} {WORDS[self.operator]} {shown(self.operand)}"

    @wanted.default
    def _wanted(self) -> frozenset[Any]:
        return frozenset(self.operand)

    def holds(self, values: Values) -> bool:
        """Whether it is true of a field's values; one of several is enough, but for ``none``."""
        operator = self.operator
        if operator in {"equals", "any"}:
            return not self.wanted.isdisjoint(values)
        if operator == "none":
            return self.wanted.isdisjoint(values)
        if operator == "at_least":
            return any(value >= self.operand[0] for value in values)
        if operator == "at_most":
            return any(value <= self.operand[0] for value in values)
        if operator == "starts_with":
            return any(str(value).startswith(self.operand) for value in values)
        return self.operand[0] is not any(value is not False for value in values)


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
        return tuple(f"{of} {_joined(asked)}" for of, asked in tables if asked)

    def speaks_of(self, day: "Day") -> bool:
        """Whether it is about the payer and the day at all."""
        payer = day.payer
        return (
            self.span.holds(day.date)
            and (not self.payers or payer.key in self.payers)
            and (not self.families or not {payer.family, payer.group}.isdisjoint(self.families))
        )


@frozen(kw_only=True)
class Outcome:
    """Whether a rule fired for a claim, and why or why not."""

    rule: Rule
    fired: bool
    why: str

    def __str__(self) -> str:
        """``rule NAME: fired: line 2 97530: units is at least 5 (here 6)``."""
        return f"rule {self.rule.name}: {'fired' if self.fired else 'did not fire'}: {self.why}"


@frozen(kw_only=True)
class OwnRules:
    """All rules of a practice, and what they were read from."""

    rules: tuple[Rule, ...] = ()
    version: str = ""  # "own rules: practice.toml 5d41402a"
    # The claim asked last and what came of it: it is asked as a check, then for its reasons.
    _last: "dict[None, tuple[Day, tuple[Outcome, ...]]]" = attrs.field(
        factory=dict, init=False, repr=False, eq=False
    )

    def outcomes(self, day: "Day") -> tuple[Outcome, ...]:
        """What each rule says that speaks of the claim's payer and day."""
        last = self._last.get(None)
        if last is not None and last[0] is day:
            return last[1]
        facts = _Facts(day)
        found = tuple(_asked(rule, facts) for rule in self.rules if rule.speaks_of(day))
        self._last[None] = (day, found)
        return found


NO_RULES: Final = OwnRules()


def reasons(own: OwnRules, day: "Day") -> Iterator[str]:
    """The trace of the rules on a claim: fired, did not fire, not asked."""
    if not own.rules:
        return
    asked = own.outcomes(day)
    yield from map(str, asked)
    named = {outcome.rule.name for outcome in asked}
    others = dict.fromkeys(rule.name for rule in own.rules if rule.name not in named)
    if others:
        yield f"rule of another payer or day, not asked: {', '.join(others)}"


class _Facts:
    """The values of a claim's fields, each read once for all rules."""

    __slots__ = ("_claim", "_lines", "day", "lines")

    def __init__(self, day: "Day") -> None:
        self.day = day
        self.lines = day.lines
        self._claim: dict[str, Values] = {}
        self._lines: dict[str, tuple[Values, ...]] = {}

    def claim(self, name: str) -> Values:
        """The values of a field of the claim."""
        found = self._claim.get(name)
        if found is None:
            found = self._claim[name] = tuple(CLAIM[name].read(self.day))
        return found

    def line(self, name: str, index: int) -> Values:
        """The values of a field of the line at an index."""
        found = self._lines.get(name)
        if found is None:
            read, day = LINE[name].read, self.day
            found = self._lines[name] = tuple(tuple(read(day, line)) for line in self.lines)
        return found[index]

    def fitting(self, conditions: tuple[Condition, ...]) -> list[int]:
        """The indexes of the lines of which all conditions are true."""
        return [
            n
            for n in range(len(self.lines))
            if all(each.holds(self.line(each.field, n)) for each in conditions)
        ]

    def named(self, index: int) -> str:
        """``line 2 97530``."""
        return f"line {index + 1} {self.lines[index].row.code}"


def _asked(rule: Rule, facts: _Facts) -> Outcome:
    """Whether all of a rule's parts are true, and the words for it."""
    for condition in rule.claim:
        values = facts.claim(condition.field)
        if not condition.holds(values):
            words = _seen(condition, CLAIM[condition.field], values)
            return Outcome(rule=rule, fired=False, why=f"not so: {words}")
    said: list[str] = []
    for ask in (_any_line, _all_lines, _no_line):
        fired, words = ask(rule, facts)
        if not fired:
            return Outcome(rule=rule, fired=False, why=words)
        said.append(words)
    claim = [_seen(c, CLAIM[c.field], facts.claim(c.field)) for c in rule.claim]
    why = "; ".join(filter(None, (*claim, *said))) or "it is of this payer and day"
    return Outcome(rule=rule, fired=True, why=why)


def _any_line(rule: Rule, facts: _Facts) -> tuple[bool, str]:
    conditions = rule.any_line
    if not conditions:
        return True, ""
    fits = facts.fitting(conditions)
    if not fits:
        return False, f"no line whose {_joined(conditions)}"
    found = (_seen(c, LINE[c.field], facts.line(c.field, fits[0])) for c in conditions)
    return True, f"{facts.named(fits[0])}: {' and '.join(found)}"


def _all_lines(rule: Rule, facts: _Facts) -> tuple[bool, str]:
    conditions = rule.all_lines
    if not conditions:
        return True, ""
    others = set(range(len(facts.lines))).difference(facts.fitting(conditions))
    if others:
        return False, f"not so of {facts.named(min(others))}: {_joined(conditions)}"
    return True, f"every line's {_joined(conditions)}"


def _no_line(rule: Rule, facts: _Facts) -> tuple[bool, str]:
    conditions = rule.no_line
    if not conditions:
        return True, ""
    fits = facts.fitting(conditions)
    if fits:
        return False, f"{facts.named(fits[0])} is one whose {_joined(conditions)}"
    return True, f"no line whose {_joined(conditions)}"


def _joined(conditions: tuple[Condition, ...]) -> str:
    return " and ".join(each.words for each in conditions)


def _seen(asked: Condition, known: Field, values: Values) -> str:
    """The condition, and what was found where that says more; never the patient's."""
    if known.private or known.kind == "flag" or not values or values == asked.operand:
        return asked.words
    return f"{asked.words} (here {shown(values)})"
