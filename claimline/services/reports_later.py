"""What waits at payers after the first, by age: beside what the first payers have not decided.

It is the share that the payers before left: of claims sent on to the patient's next payer, or
forwarded to it, that it has not answered. No part of the open amounts of the claims.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Final

from attrs import evolve

from claimline.services import turns
from claimline.services.owes import sent_on
from claimline.services.payer_facts import Facts
from claimline.services.reports_cases import Question, is_meant, walked
from reconcile.decided import left_to_patient
from reconcile.ledger import Ledger, bulk
from reconcile.ledger.convert import to_cents
from reconcile.ledger.further import Member
from reconcile.ledger.further import sent_on as families_sent_on
from reconcile.ledger.reading import payer_names
from reconcile.ledger.reporting import FORWARDED, Reported, Walk
from reconcile.reports.aging import Aging
from reconcile.reports.days import day_of
from reconcile.reports.values import Case, group_of
from reconcile.values import ZERO

FORWARDED_TO: Final = "(forwarded, payer not recorded)"


def waiting_later(ledger: Ledger, question: Question) -> Aging:
    """What waits at later payers, by its age; by payer: that later payer."""
    found = Aging(question.on)
    everybody = evolve(question, payer="", meant=frozenset())
    walk = Walk(at_later=True, decisions=True)
    asking = turns.Asking(
        facts=Facts(ledger, question.practice, question.on),
        on=question.on,
        practice=question.practice,
    )
    with ledger.reading() as connection:
        names = {key: name for key, _, name in payer_names(connection, question.usage) if name}
    claims = walked(ledger, everybody, walk, answered=True)
    for page in bulk.batches(claims):
        families = {case.claim.family for _, case in page}
        with ledger.reading() as connection:
            members = families_sent_on(connection, question.usage, families)
        for one, case in page:
            key, since = _at(asking, one, case, members.get(case.claim.family, ()), question)
            payer = names.get(key) or asking.facts.named(key, case.claim.date).name or key
            wanted = is_meant(payer, question) or key.lower() == question.payer.lower()
            if since is not None and wanted:
                _add(found, case, payer or FORWARDED_TO, since, question)
    return found


def _at(
    asking: turns.Asking, one: Reported, case: Case, family: Sequence[Member], question: Question
) -> tuple[str, dt.date | None]:
    """At which payer a claim waits, by its key, and since when; None: at none of them."""
    claim = case.claim
    billed = sent_on(family, claim)
    given = turns.with_billed(turns.kept(one.decisions), billed)
    at = turns.Case(
        claim=claim, books=case.books, answers=case.answers, kept=given, billed=billed
    )  # fmt: skip
    forwarded = one.state == FORWARDED
    for turn in turns.turns(asking, at):
        if turn.state == "sent" or (turn.state == "waiting" and forwarded):
            return turn.payer, _since(case, billed, turn.payer, family, question)
    return "", _since(case, billed, "", family, question) if forwarded else None


def _since(
    case: Case,
    billed: turns.SentOn,
    payer: str,
    family: Sequence[Member],
    question: Question,
) -> dt.date:
    """The day of service; from sending, when it was sent on, or the payer before forwarded it."""
    if question.counted_from != "sent":
        return case.claim.date
    control = next(iter([sent for (key, _), sent in billed.items() if key == payer][-1:]), None)
    moment = next((one.recorded_at for one in family if one.control == control), "")
    last = max(answer.date for answer in case.answers)
    return day_of(moment, question.zone) or last


def _add(found: Aging, case: Case, payer: str, since: dt.date, question: Question) -> None:
    amounts = list(_left(case))
    if question.by == "code":
        for code, cents in amounts:
            found.add(code, since, cents)
        return
    group = payer if question.by == "payer" else group_of(case, question.by)
    found.add(group, since, sum(cents for _, cents in amounts))


def _left(case: Case) -> Iterator[tuple[str, int]]:
    """What the newest answer leaves of each line: code and cents."""
    for line, books in case.pairs():
        share = books.current
        left = left_to_patient(share.adjustments) if share is not None else ZERO
        if left > ZERO:
            yield line.code, to_cents(left)
