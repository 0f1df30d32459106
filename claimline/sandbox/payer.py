"""From claims to payments: which scenario each claim meets, and which remittance carries it."""

import datetime as dt
import random
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Final

from attrs import define, evolve, field, frozen

from claimline.sandbox.case import ZERO, Case, Reply, date_text, digits
from claimline.sandbox.payments import FISCAL_YEAR_END, RECOVERED_AFTER
from claimline.sandbox.scenarios import PAID, SCENARIOS, Scenario
from edi.claim import Address, Claim, Contact, Reference
from edi.remittance import (
    ClaimPayment,
    Organisation,
    ProviderAdjustment,
    Remittance,
    RemittanceHeader,
    RemittanceTrailer,
)

DELAY: Final = dt.timedelta(days=14)  # from the last date of service to the first payment
NAMED_AMONG: Final = 2000  # the named scenarios are dealt out among this many first claims
PAID_SHARE: Final = 0.8  # of the claims after the named scenarios
ADDRESS: Final = Address(line1="1 SANDBOX WAY", city="SPRINGFIELD", state="IL", zip="627010000")
HELP_DESK: Final = Contact(function="BL", name="SANDBOX HELP DESK", numbers=(("TE", "2175550100"),))
BANK: Final = ("01", "999999992", "DA", "123456")


@frozen(kw_only=True)
class Answer:
    """One remittance and how often it is sent. ``payer_id`` names the file."""

    payer_id: str
    date: dt.date
    copies: int
    remittance: Remittance = field(repr=False)


@define(kw_only=True)
class _Batch:
    """What one payment will hold, while it is put together."""

    payer: Organisation
    payer_id: str
    payee: Organisation
    date: dt.date
    copies: int = 1
    payments: list[ClaimPayment] = field(factory=list)
    adjustments: list[ProviderAdjustment] = field(factory=list)

    @property
    def balance(self) -> Decimal:
        """BPR02: what is paid for claims, less what PLB takes."""
        claims = sum((payment.paid for payment in self.payments), ZERO)
        return claims - sum((a.amount for a in self.adjustments), ZERO)


def answer(
    claims: Sequence[Claim], *, seed: int = 1, date: dt.date | None = None, scenario: str = ""
) -> Iterator[Answer]:
    """The payers' remittances for these claims, in the order in which they are paid.

    Args:
        claims: what was sent, in the order of sending.
        seed: of what is left to chance; the same seed gives the same answers.
        date: the first payment's date; 14 days after the last date of service where None.
        scenario: the name of one scenario for all claims; empty deals all of them out.

    Raises:
        KeyError: no scenario has that name.
    """
    if not claims:
        return
    batches: dict[tuple[str, str, int, int], _Batch] = {}
    for case, chosen in _deal(cases_of(claims, date), seed, scenario):
        for reply in chosen.replies(case):
            _add(batches, case, reply)
    _cover_recoveries(batches)
    for number, key in enumerate(sorted(batches, key=lambda key: (key[2], key)), 1):
        yield _answer(batches[key], number)


def cases_of(claims: Sequence[Claim], date: dt.date | None) -> list[Case]:
    """The claims as cases, numbered in the order of sending; see ``answer`` for ``date``."""
    start = date or _last_day(claims) + DELAY
    return [Case(claim=c, serial=n, date=start) for n, c in enumerate(claims, 1)]


def _last_day(claims: Iterable[Claim]) -> dt.date:
    """The last date of service of all claims; the epoch of 5010 where none has one."""
    days = [line.date for claim in claims for line in claim.lines if line.date is not None]
    return max(days, default=dt.date(2012, 1, 1))


def by_name(name: str) -> Scenario:
    """The scenario of that name.

    Raises:
        KeyError: there is none.
    """
    return {scenario.name: scenario for scenario in SCENARIOS}[name]


def _deal(cases: list[Case], seed: int, name: str) -> Iterator[tuple[Case, Scenario]]:
    """A scenario for each case: the named ones first, what is hard to fit before what is easy."""
    if name:
        only = by_name(name)
        yield from ((case, only if only.fits(case) else PAID) for case in cases)
        return
    named = _named(cases[:NAMED_AMONG])
    chance = random.Random(seed)  # noqa: S311 - a simulation that must repeat itself, no secret
    for case in cases:
        yield case, named.get(case.serial) or _filler(case, chance)


def _named(cases: list[Case]) -> dict[int, Scenario]:
    """Each scenario once, where any case fits it: case serial to scenario."""
    fitting = {s.name: [case.serial for case in cases if s.fits(case)] for s in SCENARIOS}
    dealt: dict[int, Scenario] = {}
    for scenario in sorted(SCENARIOS, key=lambda s: len(fitting[s.name])):
        free = next((serial for serial in fitting[scenario.name] if serial not in dealt), None)
        if free is not None:
            dealt[free] = scenario
    return dealt


def _filler(case: Case, chance: random.Random) -> Scenario:
    """Mostly paid, now and then any other scenario that fits and balances."""
    if chance.random() < PAID_SHARE:
        return PAID
    fitting = [s for s in SCENARIOS if s.balances and s.fits(case)]
    return chance.choice(fitting)


def _add(batches: dict[tuple[str, str, int, int], _Batch], case: Case, reply: Reply) -> None:
    """Put a reply into the payment it belongs to: by payer, payee and day, or one of its own."""
    claim = case.claim
    payer_id = claim.payer.id or "UNKNOWN"
    payer = Organisation(
        role="PR",
        name=claim.payer.name or "SANDBOX PAYER",
        address=ADDRESS,
        references=(Reference(qualifier="2U", value=payer_id),),
        contacts=(HELP_DESK,),
    )
    if reply.payer is not None:
        payer_id = f"SUP{payer_id}"
        payer = evolve(payer, name=reply.payer.name, references=())
    key = (payer_id, claim.billing.id, reply.after, case.serial if reply.alone else 0)
    if key not in batches:
        day = case.date + dt.timedelta(days=reply.after)
        batches[key] = _Batch(payer=payer, payer_id=payer_id, payee=_payee(claim), date=day)
    batch = batches[key]
    batch.copies = max(batch.copies, reply.copies)
    batch.adjustments += reply.provider_adjustments
    if reply.payment is not None:
        batch.payments.append(reply.payment)


def _payee(claim: Claim) -> Organisation:
    """N1*PE: the billing provider."""
    return Organisation(
        role="PE", name=claim.billing.name or "PROVIDER", id_qualifier="XX", id=claim.billing.id
    )


def _cover_recoveries(batches: dict[tuple[str, str, int, int], _Batch]) -> None:
    """Let no payment fall below zero (RFI 1756, 1114).

    Claims of the same payer are paid later, with the recovery; where they do not suffice, a
    forwarding balance (PLB FB) carries the rest.
    """
    for key, batch in list(batches.items()):
        payer_id, payee, after, _ = key
        early = batches.get((payer_id, payee, 0, 0))
        if after == RECOVERED_AFTER and early is not None:
            _move(early, batch)
        if batch.balance < 0:
            batch.adjustments.append(_forwarded_balance(batch, key))


def _move(early: _Batch, late: _Batch) -> None:
    """Pay untroubled claims late until the recovery is covered; one payment stays early."""
    counts: dict[str, int] = defaultdict(int)
    for payment in early.payments:
        counts[payment.control] += 1
    movable = [p for p in early.payments if p.status == "1" and p.paid > 0]
    for payment in movable:
        if late.balance >= 0 or len(early.payments) == 1:
            return
        if counts[payment.control] == 1 and not _is_recovered(payment, late):
            early.payments.remove(payment)
            late.payments.append(payment)


def _is_recovered(payment: ClaimPayment, late: _Batch) -> bool:
    """Whether the recovery is about this claim: it cannot be paid after it was taken back."""
    return any(a.reference == payment.payer_control for a in late.adjustments)


def _forwarded_balance(batch: _Batch, key: tuple[str, str, int, int]) -> ProviderAdjustment:
    """PLB FB that brings the payment to zero."""
    return ProviderAdjustment(
        provider=key[1],
        fiscal_date=f"{batch.date.year}{FISCAL_YEAR_END}",
        reason="FB",
        reference=_trace(batch, 0),
        amount=batch.balance,
    )


def _trace(batch: _Batch, number: int) -> str:
    """TRN02: the number of the payment."""
    return f"{batch.date:%y%m%d}{digits(batch.payer_id, 4)}{number:04d}"


def _answer(batch: _Batch, number: int) -> Answer:
    """The remittance of a batch."""
    paid = batch.balance
    tax_id = f"1{digits(batch.payer_id, 9)}"
    moves = paid > 0
    header = RemittanceHeader(
        transaction=f"{number:04d}",
        handling="I" if moves else "H",
        paid=paid,
        credit_or_debit="C",
        method="ACH" if moves else "NON",
        payment=_bpr(batch, tax_id),
        payment_date=batch.date,
        trace=_trace(batch, number),
        originator=tax_id,
        dates=(date_text("405", batch.date),),
        payer=batch.payer,
        payee=batch.payee,
    )
    trailer = RemittanceTrailer(provider_adjustments=tuple(batch.adjustments))
    whole = Remittance(header=header, claims=tuple(batch.payments), trailer=trailer)
    return Answer(payer_id=batch.payer_id, date=batch.date, copies=batch.copies, remittance=whole)


def _bpr(batch: _Batch, tax_id: str) -> tuple[str, ...]:
    """BPR: bank details only where money moves."""
    amount = f"{batch.balance.normalize():f}" if batch.balance else "0"
    day = f"{batch.date:%Y%m%d}"
    if batch.balance > 0:
        return ("BPR", "I", amount, "C", "ACH", "CCP", *BANK, tax_id, "", *BANK, day)
    return ("BPR", "H", amount, "C", "NON", *[""] * 11, day)
