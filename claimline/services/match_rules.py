"""``match rule``: payments of an old system's claims, parked."""

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from attrs import evolve, frozen
from sqlalchemy import select

from claimline.errors import WrongUsageError
from claimline.services.match import SHORT, Wanted, claim_payments, decide, short, too_short
from reconcile.ledger import Ledger, by_hand
from reconcile.ledger.by_hand import OldRule
from reconcile.ledger.convert import dollars, from_json
from reconcile.ledger.payments import again
from reconcile.ledger.tables_received import remittance

if TYPE_CHECKING:
    from reconcile.ledger import Usage

_R: Final = remittance.c


@frozen(kw_only=True)
class Parked:
    """A rule, and what it parks now."""

    rule: OldRule
    count: int
    paid: Decimal


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
    return next(one for one in rules(ledger, wanted.usage) if one.rule.id == rule.id)


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
