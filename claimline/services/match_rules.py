"""``match rule``: payments of an old system's claims, parked."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from attrs import evolve, frozen
from sqlalchemy import select

from claimline.errors import WrongUsageError
from claimline.render.words import counted, shown_number
from claimline.services.match import SHORT, Wanted, claim_payments, decide, short, too_short
from edi.remittance import ClaimPayment
from reconcile.ledger import Ledger, by_hand
from reconcile.ledger.by_hand import OldRule
from reconcile.ledger.convert import dollars, from_json
from reconcile.ledger.payments import again
from reconcile.ledger.tables_received import remittance

if TYPE_CHECKING:
    from reconcile.ledger import Usage

NAMED: Final = 5  # numbers or payers that a rule does not fit
_R: Final = remittance.c


@frozen(kw_only=True)
class Parked:
    """A rule, and what it parks now."""

    rule: OldRule
    count: int
    paid: Decimal
    left: tuple[str, ...] = ()  # of a new rule that parks nothing: why, by condition


def rules(ledger: Ledger, usage: "Usage") -> tuple[Parked, ...]:
    """The rules that hold, each with what it parks."""
    with ledger.reading() as connection:
        standing = by_hand.load(connection, usage).rules
        rows = [
            (row.paid, again(row.segments, row.position), tuple(from_json(row.payer_ids)))
            for row in claim_payments(connection, usage, ("parked",))
        ]
    sums = dict.fromkeys((rule.id for rule in standing), (0, 0))
    for paid, payment, payers in rows:
        first = next((rule for rule in standing if rule.holds(payment, payers)), None)
        if first is not None:
            count, cents = sums[first.id]
            sums[first.id] = count + 1, cents + paid
    return tuple(
        Parked(rule=rule, count=sums[rule.id][0], paid=dollars(sums[rule.id][1]))
        for rule in standing
    )


def make_rule(ledger: Ledger, wanted: Wanted, rule: OldRule) -> Parked:
    """Park what is an old system's, now and whenever it comes.

    Raises:
        WrongUsageError: the rule says nothing, or a payer nobody knows.
    """
    says = rule.pattern.strip("*?")
    if not (says or rule.before):
        raise WrongUsageError(
            "a rule for a payer alone would park all of its payments that fit nothing, for ever"
            if rule.payer
            else "a rule without a condition would park everything",
            todo="say --before DAY (the first day billed from here) or --pattern with a part of "
            "the old numbers",
        )
    if rule.payer:
        rule = _with_payers(ledger, rule)
    decide(ledger, wanted, by_hand.RULE, rule.id, rule.detail)
    made = next(one for one in rules(ledger, wanted.usage) if one.rule.id == rule.id)
    return made if made.count else evolve(made, left=tuple(_why_none(ledger, rule)))


def _why_none(ledger: Ledger, rule: OldRule) -> Iterator[str]:
    """What a rule looked at that parks nothing, and how many each of its conditions fits."""
    with ledger.reading() as connection:
        rows = [
            (row.control, row.payer_name, again(row.segments, row.position), row.payer_ids)
            for row in claim_payments(connection, rule.usage, ("unmatched",))
        ]
    if not rows:
        yield "nothing waits that fits no claim; the rule holds for what comes"
        return
    yield f"it looked at {counted(len(rows), 'claim payment')} that {_verb(len(rows))} no claim:"
    told = {
        f"claim number {rule.pattern}": rule.pattern and evolve(rule, before=None, payers=()),
        f"service before {rule.before}": rule.before and evolve(rule, pattern="", payers=()),
        f"payer {rule.payer}": rule.payer and evolve(rule, pattern="", before=None),
    }
    held = [
        (words, [one for one in rows if alone.holds(one[2], from_json(one[3]))])
        for words, alone in told.items()
        if isinstance(alone, OldRule)
    ]
    for words, fits in held:
        yield f"{words}: fits {len(fits) or 'none'}" + ("" if fits else _instead(words, rows))
    both = sum(rule.holds(one[2], from_json(one[3])) for one in rows)
    if both:
        yield (
            f"{both} {_verb(both)} the whole rule, and may be of a claim sent from here (its "
            "number, or its day and charge): never parked, see claimline match list"
        )
    elif len(held) > 1 and all(fits for _, fits in held):
        yield "none fits all of it at once"


def _verb(number: int) -> str:
    return "fits" if number == 1 else "fit"


def _instead(words: str, rows: Sequence[tuple[str, str, ClaimPayment, str]]) -> str:
    """What stands there in place of what a condition asks for, the first of it."""
    if words.startswith("claim number"):
        found = sorted({shown_number(number) for number, *_ in rows})
    elif words.startswith("payer"):
        found = sorted({name for _, name, *_ in rows})
    else:
        return "; a day must be told, and lie before"
    more = f" and {len(found) - NAMED} more" if len(found) > NAMED else ""
    return f"; they are {', '.join(found[:NAMED])}{more}"


def _with_payers(ledger: Ledger, rule: OldRule) -> OldRule:
    """The rule with the ids its payer goes by in the remittances received."""
    word = rule.payer.upper()
    query = select(_R.payer_name, _R.payer_ids).where(_R.usage == rule.usage).distinct()
    with ledger.reading() as connection:
        rows = connection.execute(query).fetchall()
    found: set[str] = set()
    for name, text in rows:
        ids = from_json(text)
        if word in {one.upper() for one in ids}:
            found.add(rule.payer)
        elif word in name.upper():
            found.update(ids[:1])
    if not found:
        raise WrongUsageError(
            f"no remittance came from a payer {rule.payer!r}",
            todo="give its id or a part of its name, as claimline read shows it",
        )
    return evolve(rule, payers=tuple(sorted(found)))


def drop_rule(ledger: Ledger, wanted: Wanted) -> OldRule:
    """Undo a rule: what it parked is unmatched again.

    Raises:
        WrongUsageError: there is none of that id.
    """
    with ledger.reading() as connection:
        standing = by_hand.load(connection, wanted.usage).rules
    word = wanted.id.strip().lower()
    rule = next((one for one in standing if len(word) >= SHORT and one.id.startswith(word)), None)
    if rule is None and too_short(word, (one.id for one in standing)):
        raise short(wanted.id)
    if rule is None:
        raise WrongUsageError(
            f"there is no rule {wanted.id}", todo="claimline match rules shows them"
        )
    decide(ledger, wanted, by_hand.NO_RULE, rule.id, rule.detail)
    return rule
