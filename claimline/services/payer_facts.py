"""What a payer allows: from the practice file, or as ``bill`` last recorded it in the ledger.

``bill`` records the facts of the payers it bills whenever they change, so that ``denials`` and
``trace`` know a payer's family and deadlines without the practice file.
"""

import datetime as dt
import json
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Final

import attrs
from attrs import evolve
from sqlalchemy import select

from mapping.practice import Practice
from reconcile.ledger import Decision
from reconcile.ledger.bases import BY_LINE, KIND, answered_by, basis_on, of_detail
from reconcile.ledger.payers import names_told
from reconcile.ledger.tables import decision
from reconcile.values import Adjudication, PayerFacts, SentClaim

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from reconcile.ledger import Ledger, Run, Usage, Writer

DAY: Final = dt.timedelta(days=1)
FAMILIES: Final = {  # SBR09, where it alone says the family: HM and OF, say, do not
    "MB": "medicare-b", "16": "medicare-advantage", "MC": "medicaid", "CI": "commercial",
    "BL": "commercial", "WC": "workers-comp", "AM": "auto", "CH": "tricare", "VA": "va",
}  # fmt: skip


def from_practice(practice: Practice, key: str, on: dt.date) -> PayerFacts:
    """The facts of one payer of the practice file, as its policy has them on a day.

    Raises:
        KeyError: the file has no such payer.
    """
    payer = practice.payers[key]
    policy = practice.policy(key, on)
    return PayerFacts(
        key=key,
        name=payer.name,
        family=payer.family,
        appeal1_days=policy.appeal1_days,
        appeal1_source=policy.appeal1_source,
        reopening_days=policy.reopening_days,
        corrected_claim_days=policy.corrected_claim_days,
        timely_filing_days=policy.timely_filing_days,
        takes_replacement=policy.takes_replacement,
        takes_new_claim=policy.takes_new_claim,
        takes_void=policy.takes_void,
        appeal1_from=policy.appeal1_from,
        reopening_from=policy.reopening_from,
        corrected_claim_from=policy.corrected_claim_from,
        secondary_filing_days=policy.secondary_filing_days,
        secondary_filing_from=policy.secondary_filing_from,
        payment_basis=policy.payment_basis,
        payer_id=payer.id,
        payment_bases=_bases(practice, key),
        secondary_co45=policy.secondary_co45,
        qmb_billing=policy.qmb_billing,
        crossover_wait_days=policy.crossover_wait_days,
    )


def _bases(practice: Practice, key: str) -> tuple[tuple[str, str, str], ...]:
    """The bases of payment that are not by line, each with its days of service."""
    spans = [row.span for layer in practice.payers[key].layers for row in layer.rows]
    starts = {one.first for one in spans if one.first}
    starts |= {one.last + DAY for one in spans if one.last}
    days = [dt.date.min, *sorted(starts)]
    ends = [(start - DAY).isoformat() for start in days[1:]]
    return tuple(
        (first.isoformat(), last, basis)
        for first, last in zip(days, [*ends, ""], strict=True)
        if (basis := practice.policy(key, first).payment_basis) != BY_LINE
    )


def remember(writer: "Writer", practice: Practice, keys: Iterable[str], on: dt.date) -> None:
    """Record the facts of these payers where they differ from what the ledger has.

    Where a contract pays for something else than was known, the states of the payer's claims are
    made anew: what was denied may be paid with the visit, the day or the month.
    """
    known = _recorded(writer.connection)
    for key in sorted(set(keys)):
        facts = from_practice(practice, key, on)
        if known.get(key) != facts:
            detail = json.dumps(attrs.asdict(facts))
            source = f"practice file, policy of {on.isoformat()}"
            writer.decide(Decision(kind=KIND, subject=key, user="", reason=source, detail=detail))
            before = known[key].payment_bases if key in known else ()
            if before != facts.payment_bases:
                writer.changed(answered_by(writer.connection, {key, facts.payer_id} - {""}))


def refresh(ledger: "Ledger", run: "Run", practice: Practice, on: dt.date) -> int:
    """Record what changed in the policies of payers that the ledger knows; gives how many.

    So a contract that is entered later is in force without a new claim to the payer.

    Raises:
        LedgerError: the ledger cannot be read or written.
    """
    with ledger.reading() as connection:
        known = _recorded(connection)
    changed = [
        key
        for key in sorted(known.keys() & practice.payers.keys())
        if known[key] != from_practice(practice, key, on)
    ]
    if changed:
        with ledger.begin(run) as writer:
            remember(writer, practice, changed, on)
    return len(changed)


def remember_families(
    writer: "Writer", indicators: Mapping[str, Iterable[str]], names: Mapping[str, str]
) -> None:
    """Record the families of payers of claims sent elsewhere, as their SBR09 say them.

    Args:
        writer: the open transaction.
        indicators: payer id -> the SBR09 of its claims. Where they say different families, or
            differ from what was recorded before, the payer has none: nothing is guessed.
        names: payer id -> name.
    """
    known = _recorded(writer.connection)
    for key in sorted(filter(None, indicators)):
        said = {FAMILIES.get(each.upper(), "") for each in indicators[key]}
        family = next(iter(said)) if len(said) == 1 else ""
        before = known.get(key)
        if before is not None and before.family != family:
            family = ""
        if before is None or before.family != family:
            facts = PayerFacts(key=key, name=names.get(key, ""), family=family)
            detail = json.dumps(attrs.asdict(facts))
            reason = "SBR09 of claims sent by another system"
            writer.decide(Decision(kind=KIND, subject=key, user="", reason=reason, detail=detail))


class Facts:
    """The facts of the payers of sent claims."""

    def __init__(self, ledger: "Ledger", practice: Practice | None, on: dt.date) -> None:
        with ledger.reading() as connection:
            self._known: dict[str, PayerFacts] = dict(_recorded(connection))
        self._by_id = {one.payer_id: key for key, one in self._known.items() if one.payer_id}
        self._practice = practice
        self._told: dict[str, str] = {}  # names that payers gave themselves, by id
        self._dated: dict[tuple[str, dt.date], PayerFacts] = {}
        if practice is not None:
            self._known |= {key: from_practice(practice, key, on) for key in practice.payers}
            self._by_id |= {payer.id: key for key, payer in practice.payers.items()}

    def of(self, claim: SentClaim, name: str) -> PayerFacts:
        """The facts of the payer a claim was sent to; its name alone where nothing is known."""
        ours = claim.payer in self._known and claim.payer != claim.payer_id
        key = claim.payer if ours else self._by_id.get(claim.payer_id, claim.payer)
        return self._of(key, claim.date) or PayerFacts(key=claim.payer, name=name, family="")

    def answering(self, claim: SentClaim) -> "Callable[[Adjudication], PayerFacts | None]":
        """The facts of whoever answered the claim: the payer billed, or another of the patient."""

        def found(answer: Adjudication) -> PayerFacts | None:
            if answer.payer in {claim.payer, claim.payer_id}:
                return self.of(claim, "")
            return self._of(self._by_id.get(answer.payer, answer.payer), claim.date)

        return found

    def learn(
        self,
        ledger: "Ledger",
        usage: "Usage",
        answered: "Iterable[tuple[SentClaim, Iterable[Adjudication]]]",
    ) -> None:
        """Learn how other payers than those billed call themselves in their remittances."""
        others = {
            claim.control
            for claim, answers in answered
            if any(one.payer not in {claim.payer, claim.payer_id} for one in answers)
        }
        if others:
            with ledger.reading() as connection:
                self._told |= names_told(connection, usage, others)

    def telling(
        self, claim: SentClaim, payer: str = ""
    ) -> "Callable[[Adjudication], PayerFacts | None]":
        """As ``answering``, for words: with the name that was learned where there is no other.

        Args:
            claim: as it was sent.
            payer: the name of the payer billed.
        """
        known = self.answering(claim)

        def found(answer: Adjudication) -> PayerFacts | None:
            facts = known(answer)
            if facts is not None and facts.name:
                return facts
            own = answer.payer in {claim.payer, claim.payer_id}
            name = (payer if own else "") or self._told.get(answer.payer, "")
            if facts is not None:
                return attrs.evolve(facts, name=name)
            return PayerFacts(key=answer.payer, name=name, family="") if name else None

        return found

    def named(self, key: str, day: dt.date) -> PayerFacts:
        """The facts of the payer of that key on a day of service; its key alone if not known."""
        return self._of(key, day) or PayerFacts(key=key, name="", family="")

    def _of(self, key: str, day: dt.date) -> PayerFacts | None:
        """By the policy of the day of service, where the practice file has the payer."""
        if self._practice is None or key not in self._practice.payers:
            known = self._known.get(key)
            return known and evolve(known, payment_basis=basis_on(known, day))
        dated = self._dated.get((key, day))
        if dated is None:
            dated = self._dated[key, day] = from_practice(self._practice, key, day)
        return dated


def _recorded(connection: "Connection") -> Mapping[str, PayerFacts]:
    """The newest recorded facts of each payer."""
    rows = connection.execute(
        select(decision.c.subject, decision.c.detail)
        .where(decision.c.kind == KIND)
        .order_by(decision.c.id)
    )
    return {row.subject: of_detail(row.detail) for row in rows}
