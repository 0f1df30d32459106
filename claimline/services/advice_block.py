"""The blocks of a remittance advice: the payment, each claim with its lines, the totals."""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Final

from attrs import define, evolve, field

from claimline.render.advice import Block, Line
from claimline.render.words import counted, shown_number
from claimline.services import plb_reference
from claimline.services.plain import money, number
from edi import codes
from edi.remittance import (
    Adjustment,
    Amount,
    ClaimPayment,
    Organisation,
    RemittanceHeader,
    RemittanceTrailer,
    ServicePayment,
)
from reconcile.reports.parts import Parts, parts_of
from reconcile.values import ZERO

MASKED: Final = "***"
HEADS: Final = (
    "Date", "Code", "Units", "Billed", "Allowed", "Deduct.", "Coins.", "Copay", "Adjusted", "Paid",
)  # fmt: skip
METHODS: Final = {
    "ACH": "EFT", "CHK": "check", "NON": "no payment", "FWT": "wire", "BOP": "financial "
    "institution's choice",
}  # fmt: skip
NOT_SAID: Final = "not said"  # what is allowed, and it cannot be worked out
WORKED_OUT: Final = (
    "Allowed, where the payer does not say it: paid, deductible, coinsurance, copay, sequestration "
    "and an assistant's cut of the payment together."
)
UNSAID: Final = (
    "Allowed, not said: the payer does not say it, and its answer does not tell: an earlier "
    "payer's part is in OA-23, or an assistant's cut hides in another reason."
)
OF_CLAIM: Final = (
    "Allowed is told for the claim as a whole: the payer adjusted the claim, not its lines."
)
BELOW_ZERO: Final = "nothing (below zero: no 835 may say that; ask the payer)"
OTHERS: Final = "Other claims of this payment are not shown."


@define
class Totals:
    """The sums of the claims of a payment, added up as they go by."""

    claims: int = 0
    charge: Decimal = ZERO
    paid: Decimal = ZERO
    deductible: Decimal = ZERO
    coinsurance: Decimal = ZERO
    copay: Decimal = ZERO
    other: Decimal = ZERO  # left to the patient for other reasons
    worked_out: bool = False
    unsaid: bool = False
    members: set[str] = field(factory=set, repr=False)  # ids of persons, in capitals

    def add(self, payment: ClaimPayment, sums: "Sums") -> None:
        """Add one claim."""
        self.members.update(plb_reference.of_payment(payment))
        self.claims += 1
        self.charge += payment.charge
        self.paid += payment.paid
        self.deductible += sums.deductible
        self.coinsurance += sums.coinsurance
        self.copay += sums.copay
        self.other += sums.other
        self.worked_out = self.worked_out or (sums.worked_out and sums.allowed is not None)
        self.unsaid = self.unsaid or sums.unsaid


@define
class Sums:
    """The sums of one claim's lines and of its own adjustments."""

    billed: Decimal = ZERO
    allowed: Decimal | None = ZERO  # None: not said, and it cannot be worked out
    deductible: Decimal = ZERO
    coinsurance: Decimal = ZERO
    copay: Decimal = ZERO
    rest: Decimal = ZERO
    other: Decimal = ZERO  # of the rest: the patient's
    worked_out: bool = False
    said: bool = False
    unsaid: bool = False
    lines: list[Line] = field(factory=list)

    def add(self, parts: Parts) -> None:
        """Add what one line, or the claim itself, was split into."""
        if self.allowed is not None:
            self.allowed = None if parts.allowed is None else self.allowed + parts.allowed
        self.said = self.said or parts.is_said
        self.worked_out = self.worked_out or not parts.is_said
        self.unsaid = self.unsaid or parts.allowed is None
        self.deductible += parts.deductible
        self.coinsurance += parts.coinsurance
        self.copay += parts.copay
        self.rest += sum((a.amount for a in parts.rest), ZERO)
        self.other += sum((a.amount for a in parts.rest if a.group == "PR"), ZERO)


def head(
    header: RemittanceHeader,
    file: str,
    *,
    new_page: bool = False,
    apart: bool = False,
    by_hand: str = "",
) -> Block:
    """The payment: who pays whom, how, when and how much.

    Args:
        header: of the 835.
        file: its name, for people.
        new_page: whether a page begins.
        apart: for chosen claims: the sum of the payment is that of others too, and left out.
        by_hand: who entered it from what; empty: it is the payer's own.
    """
    payer = header.payer.name if header.payer else "payer not named"
    return Block(
        title=f"Remittance as entered by hand: {payer}"
        if by_hand
        else f"Remittance advice: {payer}",
        facts=tuple(_head_facts(header, file, apart=apart)),
        warnings=(f"No document of the payer: {by_hand}.",) if by_hand else (),
        is_head=True,
        new_page=new_page,
    )


def _head_facts(header: RemittanceHeader, file: str, *, apart: bool) -> Iterator[tuple[str, str]]:
    if header.payer is not None:
        yield "Payer", _organisation(header.payer)
        telephone = next(_telephones(header.payer), "")
        if telephone:
            yield "Telephone", telephone
    if header.payee is not None:
        yield "Paid to", _organisation(header.payee)
    yield "Paid by" if apart else "Payment", _payment(header, apart=apart)
    yield "Check or EFT", header.trace
    yield "Date", header.payment_date.isoformat() if header.payment_date else "not said"
    yield "From file", file


def _payment(header: RemittanceHeader, *, apart: bool) -> str:
    how = METHODS.get(header.method, header.method)
    if apart:
        return how
    if header.paid < ZERO:
        return f"{money(header.paid)}, {BELOW_ZERO}"
    return "0.00, none" if header.method == "NON" else f"{money(header.paid)} by {how}"


def _organisation(one: Organisation) -> str:
    words = [one.name]
    if one.id:
        words.append(f"{'NPI' if one.id_qualifier == 'XX' else 'id'} {one.id}")
    if one.address is not None:
        a = one.address
        words += [
            part for part in (a.line1, a.line2, f"{a.city} {a.state} {a.zip}".strip()) if part
        ]
    return ", ".join(words)


def _telephones(one: Organisation) -> Iterator[str]:
    for contact in one.contacts:
        yield from (told for kind, told in contact.numbers if kind == "TE")


def claim(
    payment: ClaimPayment, totals: Totals, *, show_patient: bool, new_page: bool = False
) -> Block:
    """One claim with its lines; its sums are added to the totals."""
    sums = Sums()
    is_told = _is_told_by_line(payment)
    for line in payment.lines:
        _add_line(line, sums, payment.remarks, is_told=is_told)
    _add_claim_level(payment, sums)
    totals.add(payment, sums)
    control = payment.control if show_patient else shown_number(payment.control)
    return Block(
        title=f"Claim {control}",
        facts=tuple(_claim_facts(payment, show_patient=show_patient)),
        heads=HEADS,
        lines=tuple(sums.lines),
        sums=(
            "claim", "", "", money(payment.charge), _told(sums.allowed), money(sums.deductible),
            money(sums.coinsurance), money(sums.copay), money(sums.rest), money(payment.paid),
        ),
        notes=(
            *(_words("rarc", code) for code in payment.remarks),
            *(() if is_told else (OF_CLAIM,)),
        ),
        warnings=tuple(_differences(payment, sums)),
        new_page=new_page,
    )  # fmt: skip


def _claim_facts(payment: ClaimPayment, *, show_patient: bool) -> Iterator[tuple[str, str]]:
    person = next((one for one in payment.names if one.role == "QC"), None)
    insured = next((one for one in payment.names if one.role == "IL"), None)
    if person is not None:
        name = ", ".join(filter(None, (person.last, person.first)))
        yield "Patient", name if show_patient else MASKED
    member = next((one.id for one in (insured, person) if one is not None and one.id), "")
    if member:
        yield "Member id", member if show_patient else MASKED
    if payment.payer_control:
        yield "Payer's number", payment.payer_control
    entry = codes.lookup("claim_status", payment.status)
    yield "Decided", f"{payment.status} {entry.meaning}" if entry else payment.status
    for one in payment.names:
        if one.role == "TT":
            yield "Forwarded to", one.last
        elif one.role == "82" and one.id:
            yield "Treating", f"NPI {one.id}"
    if payment.patient_responsibility is not None:
        yield "Patient's part", money(payment.patient_responsibility)


def _is_told_by_line(payment: ClaimPayment) -> bool:
    """Whether what is allowed can be told line by line: the claim as a whole lost none of it."""
    if not payment.lines or not payment.adjustments:
        return True
    return _of_claim(payment).allowed == ZERO or all(
        _allowed(one.amounts) is not None for one in payment.lines
    )


def _of_claim(payment: ClaimPayment) -> Parts:
    """What was adjusted on the claim as a whole, beside its lines: it lessens the payment."""
    taken = sum((a.amount for a in payment.adjustments), ZERO)
    paid = -taken if payment.lines else payment.paid
    return parts_of(paid, payment.adjustments, None, payment.remarks)


def _add_line(line: ServicePayment, sums: Sums, remarks: Iterable[str], *, is_told: bool) -> None:
    of_line = (*line.remarks, *remarks)
    parts = parts_of(line.paid, line.adjustments, _allowed(line.amounts), of_line)
    sums.add(parts)
    sums.billed += line.charge
    sums.lines.append(
        Line(
            cells=(
                line.service_date.isoformat() if line.service_date else "",
                " ".join((line.procedure.code, *filter(None, line.procedure.modifiers))),
                number(line.paid_units) if line.paid_units is not None else "1",
                money(line.charge), _told(parts.allowed) if is_told else "", *_amounts(parts),
                money(line.paid),
            ),
            below=tuple(_below(line, parts)),
        )
    )  # fmt: skip


def _told(allowed: Decimal | None) -> str:
    return NOT_SAID if allowed is None else money(allowed)


def _amounts(parts: Parts) -> tuple[str, ...]:
    rest = sum((a.amount for a in parts.rest), ZERO)
    every = (parts.deductible, parts.coinsurance, parts.copay, rest)
    return tuple(money(amount) for amount in every)


def _below(line: ServicePayment, parts: Parts) -> Iterator[str]:
    """What stands below a line: adjustments and remarks in our words, the code as it was sent."""
    yield from (_adjustment(a) for a in parts.rest)
    yield from (_words("rarc", code) for code in line.remarks)
    submitted = line.submitted
    if submitted is not None:
        sent = " ".join((submitted.code, *filter(None, submitted.modifiers)))
        yield f"sent as {sent}"


def _adjustment(one: Adjustment) -> str:
    entry = codes.lookup("carc", one.reason)
    words = entry.meaning if entry is not None else "not in our tables"
    return f"{one.group}-{one.reason} {money(one.amount)}: {words}"


def _words(kind: codes.Kind, code: str) -> str:
    entry = codes.lookup(kind, code)
    return f"{code}: {entry.meaning if entry is not None else 'not in our tables'}"


def _allowed(amounts: Iterable[Amount]) -> Decimal | None:
    """AMT*B6: what the payer allows."""
    return next((one.amount for one in amounts if one.qualifier == "B6"), None)


def _add_claim_level(payment: ClaimPayment, sums: Sums) -> None:
    """What was adjusted on the claim as a whole; without lines, all of it."""
    if not payment.adjustments and payment.lines:
        return
    parts = _of_claim(payment)
    if sums.said:  # it says the end; where other lines do not, nobody knows whose the cut is
        is_whole = not sums.worked_out or parts.allowed == ZERO
        parts = evolve(parts, allowed=ZERO if is_whole else None, is_said=not sums.worked_out)
    sums.add(parts)
    if payment.adjustments:
        sums.lines.append(
            Line(
                cells=("whole claim", "", "", "", "", *_amounts(parts), ""),
                below=tuple(_adjustment(a) for a in parts.rest),
            )
        )


def _differences(payment: ClaimPayment, sums: Sums) -> Iterator[str]:
    """Where the payer's own figures do not add up: charge = paid + all adjustments."""
    adjusted = sums.deductible + sums.coinsurance + sums.copay + sums.rest
    rest = payment.charge - payment.paid - adjusted
    if rest:
        yield f"This claim does not balance: {money(rest)} of the charge is not explained."


def totals(
    header: RemittanceHeader, trailer: RemittanceTrailer, found: Totals, *, show_patient: bool
) -> Block:
    """All claims, the provider adjustments, and that together they are the check."""
    taken = sum((one.amount for one in trailer.provider_adjustments), ZERO)
    rest = found.paid - taken - header.paid
    warnings = [] if trailer.complete else ["The payment is not whole: its end is missing."]
    if rest:
        than = "more" if rest > ZERO else "less"
        warnings.append(f"Does not balance: {money(abs(rest))} {than} than the payment.")
    return Block(
        title="Totals",
        facts=(
            ("Claims", counted(found.claims, "claim")),
            ("Billed", money(found.charge)),
            ("Deductible", money(found.deductible)),
            ("Coinsurance", money(found.coinsurance)),
            ("Copay", money(found.copay)),
            ("Paid on claims", money(found.paid)),
            ("Taken by provider adjustments", money(taken)),
            ("Payment", money(header.paid)),
        ),
        notes=tuple(_notes(trailer, found, is_whole=not rest, show_patient=show_patient)),
        warnings=tuple(warnings),
    )


def _notes(
    trailer: RemittanceTrailer, found: Totals, *, is_whole: bool, show_patient: bool
) -> Iterator[str]:
    for one in trailer.provider_adjustments:
        entry = codes.lookup("plb", one.reason)
        words = entry.meaning if entry is not None else "not in our tables"
        what = "takes" if one.amount > ZERO else "gives"
        told = (
            one.reference if show_patient else plb_reference.careful(one.reference, found.members)
        )
        reason = f"{one.reason} {told}".strip()
        yield f"Provider adjustment {reason}: {what} {money(abs(one.amount))}, {words}"
    if is_whole:
        yield "Paid on claims, less provider adjustments, is the payment: it balances."
    yield from _of_allowed(found)


def _of_allowed(found: Totals) -> Iterator[str]:
    if found.worked_out:
        yield WORKED_OUT
    if found.unsaid:
        yield UNSAID


def apart(found: Totals) -> Block:
    """The end of one patient's page: what these claims come to."""
    other = (("Patient's, other reasons", money(found.other)),) if found.other else ()
    return Block(
        title="These claims",
        facts=(
            ("Claims", counted(found.claims, "claim")),
            ("Billed", money(found.charge)),
            ("Paid", money(found.paid)),
            ("Patient's deductible", money(found.deductible)),
            ("Patient's coinsurance", money(found.coinsurance)),
            ("Patient's copay", money(found.copay)),
            *other,
        ),
        notes=(OTHERS, *_of_allowed(found)),
    )
