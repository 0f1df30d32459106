"""The blocks of a remittance advice: the payment, each claim with its lines, the totals."""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Final

from attrs import define, field

from claimline.render.advice import Block, Line
from claimline.render.words import counted, shown_number
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
WORKED_OUT: Final = (
    "Allowed, where the payer does not say it: paid, deductible, coinsurance, copay and "
    "sequestration together."
)
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
    worked_out: bool = False

    def add(self, payment: ClaimPayment, sums: "Sums") -> None:
        """Add one claim."""
        self.claims += 1
        self.charge += payment.charge
        self.paid += payment.paid
        self.deductible += sums.deductible
        self.coinsurance += sums.coinsurance
        self.copay += sums.copay
        self.worked_out = self.worked_out or sums.worked_out


@define
class Sums:
    """The sums of one claim's lines and of its own adjustments."""

    billed: Decimal = ZERO
    allowed: Decimal = ZERO
    deductible: Decimal = ZERO
    coinsurance: Decimal = ZERO
    copay: Decimal = ZERO
    rest: Decimal = ZERO
    worked_out: bool = False
    lines: list[Line] = field(factory=list)

    def add(self, parts: Parts) -> None:
        """Add what one line, or the claim itself, was split into."""
        self.allowed += parts.allowed
        self.deductible += parts.deductible
        self.coinsurance += parts.coinsurance
        self.copay += parts.copay
        self.rest += sum((a.amount for a in parts.rest), ZERO)


def head(header: RemittanceHeader, file: str, *, new_page: bool = False) -> Block:
    """The payment: who pays whom, how, when and how much."""
    return Block(
        title=f"Remittance advice: {header.payer.name if header.payer else 'payer not named'}",
        facts=tuple(_head_facts(header, file)),
        is_head=True,
        new_page=new_page,
    )


def _head_facts(header: RemittanceHeader, file: str) -> Iterator[tuple[str, str]]:
    if header.payer is not None:
        yield "Payer", _organisation(header.payer)
        telephone = next(_telephones(header.payer), "")
        if telephone:
            yield "Telephone", telephone
    if header.payee is not None:
        yield "Paid to", _organisation(header.payee)
    how = METHODS.get(header.method, header.method)
    yield "Payment", f"{money(header.paid)} by {how}" if header.method != "NON" else "0.00, none"
    yield "Check or EFT", header.trace
    yield "Date", header.payment_date.isoformat() if header.payment_date else "not said"
    yield "From file", file


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
    for line in payment.lines:
        _add_line(line, sums)
    _add_claim_level(payment, sums)
    totals.add(payment, sums)
    control = payment.control if show_patient else shown_number(payment.control)
    return Block(
        title=f"Claim {control}",
        facts=tuple(_claim_facts(payment, show_patient=show_patient)),
        heads=HEADS,
        lines=tuple(sums.lines),
        sums=(
            "claim", "", "", money(payment.charge), money(sums.allowed), money(sums.deductible),
            money(sums.coinsurance), money(sums.copay), money(sums.rest), money(payment.paid),
        ),
        notes=tuple(_words("rarc", code) for code in payment.remarks),
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


def _add_line(line: ServicePayment, sums: Sums) -> None:
    parts = parts_of(line.paid, line.adjustments, _allowed(line.amounts))
    sums.add(parts)
    sums.billed += line.charge
    sums.worked_out = sums.worked_out or not parts.is_said
    sums.lines.append(
        Line(
            cells=(
                line.service_date.isoformat() if line.service_date else "",
                " ".join((line.procedure.code, *filter(None, line.procedure.modifiers))),
                number(line.paid_units) if line.paid_units is not None else "1",
                money(line.charge), *_amounts(parts), money(line.paid),
            ),
            below=tuple(_below(line, parts)),
        )
    )  # fmt: skip


def _amounts(parts: Parts) -> tuple[str, ...]:
    rest = sum((a.amount for a in parts.rest), ZERO)
    every = (parts.allowed, parts.deductible, parts.coinsurance, parts.copay, rest)
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
    """What was adjusted on the claim as a whole."""
    if not payment.adjustments:
        return
    parts = parts_of(ZERO, payment.adjustments, ZERO if payment.lines else None)
    sums.add(parts)
    sums.lines.append(
        Line(
            cells=("whole claim", "", "", "", "", *_amounts(parts)[1:], ""),
            below=tuple(_adjustment(a) for a in parts.rest),
        )
    )


def _differences(payment: ClaimPayment, sums: Sums) -> Iterator[str]:
    """Where the payer's own figures do not add up: charge = paid + all adjustments."""
    adjusted = sums.deductible + sums.coinsurance + sums.copay + sums.rest
    rest = payment.charge - payment.paid - adjusted
    if rest:
        yield f"This claim does not balance: {money(rest)} of the charge is not explained."


def totals(header: RemittanceHeader, trailer: RemittanceTrailer, found: Totals) -> Block:
    """All claims, the provider adjustments, and that together they are the check."""
    taken = sum((one.amount for one in trailer.provider_adjustments), ZERO)
    rest = found.paid - taken - header.paid
    warnings = [] if trailer.complete else ["The payment is not whole: its end is missing."]
    if rest:
        warnings.append(f"Does not balance: {money(rest)} more than the payment.")
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
        notes=tuple(_notes(trailer, found, is_whole=not rest)),
        warnings=tuple(warnings),
    )


def _notes(trailer: RemittanceTrailer, found: Totals, *, is_whole: bool) -> Iterator[str]:
    for one in trailer.provider_adjustments:
        entry = codes.lookup("plb", one.reason)
        words = entry.meaning if entry is not None else "not in our tables"
        what = "takes" if one.amount > ZERO else "gives"
        reason = f"{one.reason} {one.reference}".strip()
        yield f"Provider adjustment {reason}: {what} {money(abs(one.amount))}, {words}"
    if is_whole:
        yield "Paid on claims, less provider adjustments, is the payment: it balances."
    if found.worked_out:
        yield WORKED_OUT


def apart(found: Totals, *, worked_out: bool) -> Block:
    """The end of one patient's page: what these claims come to."""
    notes = [OTHERS]
    if worked_out:
        notes.append(WORKED_OUT)
    return Block(
        title="These claims",
        facts=(
            ("Claims", counted(found.claims, "claim")),
            ("Billed", money(found.charge)),
            ("Paid", money(found.paid)),
            ("Patient's deductible", money(found.deductible)),
            ("Patient's coinsurance", money(found.coinsurance)),
            ("Patient's copay", money(found.copay)),
        ),
        notes=tuple(notes),
    )
