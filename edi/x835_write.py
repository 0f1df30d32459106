"""Values to 835 (005010X221A1), strict: what X12 forbids raises ``WriteError``.

Whether the sums close is for ``edi.check`` to say; a value read with faults is never written.
"""

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from itertools import groupby
from typing import Final

from edi.check_envelope import check_written
from edi.claim import Elements, Procedure
from edi.elements import encode_money, encode_number, read_date, read_money, read_number
from edi.guide import load
from edi.remittance import (
    Adjustment,
    Amount,
    ClaimPayment,
    DateText,
    Name,
    Organisation,
    ProviderAdjustment,
    Remittance,
    RemittanceHeader,
    ServicePayment,
)
from edi.shared_segments import Segment, flat, per, ref
from edi.writing import (
    Element,
    Envelope,
    WriteError,
    interchange,
    kept_writer,
    segment_writer,
    transaction,
)
from edi.x835_parts import remarks_of

VERSION: Final = "005010X221A1"  # GS08
_GROUPS: Final = ("CO", "OA", "PI", "PR")  # CAS01; CR went with 4010
_PER_CAS: Final = 6  # triplets in a CAS, pairs in a PLB
_REMARKS: Final = 5  # places for remark codes in an MOA
_MODIFIERS: Final = 4
_BEFORE_CLAIM: Final = ("LX", "TS2", "TS3")


def write_835(envelope: Envelope, remittances: Sequence[Remittance]) -> bytes:
    """One interchange with one group and one ST per remittance, numbered as its header says.

    Raises:
        WriteError: naming claim and field where a value is not legal in an 835.
    """
    check_written(envelope, load("835"), "HP")
    controls = [remittance.header.transaction for remittance in remittances]
    if len(set(controls)) != len(controls):
        raise WriteError("", "ST02", "two transactions have the same number")
    write, write_kept = _writers(envelope)
    transactions = []
    for remittance in remittances:
        control = remittance.header.transaction
        if not 4 <= len(control) <= 9:
            raise WriteError("", "ST02", "must have 4 to 9 characters")
        body = [_text(built, write, write_kept) for built in remittance_segments(remittance)]
        transactions.append(transaction(envelope.separators, "835", control, body))
    return interchange(envelope, "HP", VERSION, transactions)


class _Kept(tuple[str, ...]):
    """A segment that is written as it came."""

    __slots__ = ()


def _writers(envelope: Envelope) -> tuple[Callable[..., str], Callable[[Sequence[str]], str]]:
    return segment_writer(envelope.separators), kept_writer(envelope.separators)


def _text(
    built: Segment, write: Callable[..., str], write_kept: Callable[[Sequence[str]], str]
) -> str:
    return write_kept(built) if isinstance(built, _Kept) else write(*built)


def remittance_segments(remittance: Remittance) -> Iterator[Segment]:
    """The segments between ST and SE.

    Raises:
        WriteError: where a value is not legal.
    """
    yield from _header(remittance.header)
    number = ""
    for payment in remittance.claims:
        before = [other for other in payment.other if other[0] in _BEFORE_CLAIM]
        if payment.group_number != number and not any(other[0] == "LX" for other in before):
            yield ("LX", payment.group_number)
        number = payment.group_number
        yield from map(_Kept, before)
        yield from _of_claim(payment, _claim)
    trailer = remittance.trailer
    if trailer.faults:
        raise WriteError("", trailer.faults[0], "could not be read and is not written")
    yield from _extended(_provider_adjustments(trailer.provider_adjustments), trailer.longer)
    yield from map(_Kept, trailer.other)


def claim_segments(payment: ClaimPayment) -> list[tuple[str, ...]]:
    """Loops 2100 and 2110 of one claim as segments, components joined with ``:``.

    Raises:
        WriteError: where a value is not legal.
    """
    return [flat(built) for built in _of_claim(payment, _claim)]


def _of_claim(
    payment: ClaimPayment, build: Callable[[ClaimPayment], Iterator[Segment]]
) -> Iterator[Segment]:
    """The claim's segments; a WriteError on the way learns which claim it is about."""
    try:
        yield from build(payment)
    except WriteError as error:
        raise WriteError(payment.control, error.field, error.reason) from None


# -- header


def _header(header: RemittanceHeader) -> Iterator[Segment]:
    if header.faults:
        raise WriteError("", header.faults[0], "could not be read and is not written")
    if header.payer is None or header.payee is None:
        raise WriteError("", "N1", "an 835 names its payer and its payee")
    other = header.other
    built = [_payment(header), _trace(header)]
    yield from _extended(built, header.longer)
    yield from (_Kept(kept) for kept in other if kept[0] == "CUR")
    rest = [*map(ref, header.references), *_dates(header.dates)]
    yield from _extended([*rest, *_party(header.payer), *_party(header.payee)], header.longer)
    yield from (_Kept(kept) for kept in other if kept[0] != "CUR")


def _payment(header: RemittanceHeader) -> Segment:
    """BPR: as it came where it agrees with the fields, else from the fields."""
    bpr = header.payment
    date = header.payment_date
    if not bpr:
        if date is None:
            raise WriteError("", "BPR16", "the payment date is missing")
        day = f"{date:%Y%m%d}"
        paid = _money(header.paid, "BPR02")
        head = (header.handling, paid, header.credit_or_debit, header.method)
        return ("BPR", *head, *[""] * 11, day)
    padded = (*bpr, *[""] * 17)[:17]
    said = (padded[1], read_money(padded[2]), padded[3], padded[4], read_date(padded[16]))
    fields = (header.handling, header.paid, header.credit_or_debit, header.method, date)
    if bpr[0] != "BPR" or said != fields:
        raise WriteError("", "BPR", "the kept segment and the fields beside it do not agree")
    return _Kept(bpr)


def _trace(header: RemittanceHeader) -> Segment:
    for field, value in (("TRN02", header.trace), ("TRN03", header.originator)):
        if not value:
            raise WriteError("", field, "must not be empty")
    return ("TRN", "1", header.trace, header.originator, header.originator_supplement)


def _party(party: Organisation) -> Iterator[Segment]:
    yield ("N1", party.role, party.name, party.id_qualifier, party.id)
    address = party.address
    if address is not None:
        if address.line1 or address.line2:
            yield ("N3", address.line1, address.line2)
        if address.city or address.state or address.zip or address.country:
            yield ("N4", address.city, address.state, address.zip, address.country)
    yield from map(ref, party.references)
    yield from map(per, party.contacts)


# -- claim


def _claim(payment: ClaimPayment) -> Iterator[Segment]:
    if payment.faults:
        raise WriteError("", payment.faults[0], "could not be read and is not written")
    for field, value in (("CLP01", payment.control), ("CLP02", payment.status)):
        if not value:
            raise WriteError("", field, "must not be empty")
    if len(payment.control) > 38:
        raise WriteError("", "CLP01", "must have at most 38 characters")
    yield from _extended(_claim_level(payment), payment.longer)
    yield from (_Kept(kept) for kept in payment.other if kept[0] not in _BEFORE_CLAIM)
    for line in payment.lines:
        yield from _extended(_line(line), line.longer)
        yield from map(_Kept, line.other)


def _claim_level(payment: ClaimPayment) -> Iterator[Segment]:
    yield (
        *("CLP", payment.control, payment.status),
        _money(payment.charge, "CLP03"),
        _money(payment.paid, "CLP04"),
        _optional(payment.patient_responsibility, "CLP05", _money),
        *(payment.filing_indicator, payment.payer_control),
        *(payment.place_of_service, payment.frequency, ""),
        *(payment.drg, payment.drg_weight, payment.discharge_fraction),
    )
    yield from _adjustments(payment.adjustments)
    yield from map(_name, payment.names)
    yield from _outcome(payment)
    yield from map(ref, payment.references)
    yield from _dates(payment.dates)
    yield from map(per, payment.contacts)
    yield from _amounts("AMT", payment.amounts)
    yield from _amounts("QTY", payment.quantities)


def _outcome(payment: ClaimPayment) -> Iterator[Segment]:
    """MIA and MOA as they came, or an MOA made of the remark codes."""
    kept = [*remarks_of(payment.inpatient), *remarks_of(payment.outpatient)]
    kept += [
        code for other in payment.other if other[0] in ("MIA", "MOA") for code in remarks_of(other)
    ]
    if payment.inpatient:
        yield _Kept(payment.inpatient)
    if payment.outpatient:
        yield _Kept(payment.outpatient)
    if kept:
        if tuple(kept) != payment.remarks:
            raise WriteError("", "MOA", "the kept segment and the remark codes do not agree")
    elif payment.remarks:
        if payment.outpatient or len(payment.remarks) > _REMARKS:
            raise WriteError("", "MOA03", "has room for five remark codes and stands once")
        yield ("MOA", "", "", *payment.remarks)


def _name(name: Name) -> Segment:
    kind = "1" if name.is_person else "2"
    words = (name.last, name.first, name.middle, "", name.suffix)
    return ("NM1", name.role, kind, *words, name.id_qualifier, name.id)


# -- line


def _line(line: ServicePayment) -> Iterator[Segment]:
    submitted = "" if line.submitted is None else _procedure(line.submitted, "SVC06")
    yield (
        *("SVC", _procedure(line.procedure, "SVC01")),
        _money(line.charge, "SVC02"),
        _money(line.paid, "SVC03"),
        line.revenue_code,
        _optional(line.paid_units, "SVC05", _number),
        submitted,
        _optional(line.submitted_units, "SVC07", _number),
    )
    yield from _dates(line.dates)
    yield from _adjustments(line.adjustments)
    yield from map(ref, line.references)
    yield from _amounts("AMT", line.amounts)
    yield from _amounts("QTY", line.quantities)
    for code in line.remarks:
        yield ("LQ", "HE", code)


def _procedure(procedure: Procedure, field: str) -> Element:
    if len(procedure.modifiers) > _MODIFIERS:
        raise WriteError("", field, "has room for four modifiers")
    if not procedure.code:
        raise WriteError("", f"{field}-2", "must not be empty")
    if not procedure.qualifier:
        raise WriteError("", f"{field}-1", "must not be empty")
    modifiers = procedure.modifiers
    if procedure.description:
        modifiers = (*modifiers, *[""] * _MODIFIERS)[:_MODIFIERS]
        return (procedure.qualifier, procedure.code, *modifiers, procedure.description)
    return (procedure.qualifier, procedure.code, *modifiers)


# -- what any loop may have


def _adjustments(adjustments: Sequence[Adjustment]) -> Iterator[Segment]:
    for group, run in groupby(adjustments, key=lambda adjustment: adjustment.group):
        if group not in _GROUPS:
            raise WriteError("", "CAS01", "must be CO, OA, PI or PR")
        triplets = [_triplet(adjustment) for adjustment in run]
        for start in range(0, len(triplets), _PER_CAS):
            chosen = triplets[start : start + _PER_CAS]
            yield ("CAS", group, *(element for triplet in chosen for element in triplet))


def _triplet(adjustment: Adjustment) -> tuple[str, str, str]:
    if not adjustment.reason:
        raise WriteError("", "CAS02", "an adjustment must have a reason")
    amount = _money(adjustment.amount, "CAS03")
    return adjustment.reason, amount, _optional(adjustment.quantity, "CAS04", _number)


def _provider_adjustments(adjustments: Sequence[ProviderAdjustment]) -> Iterator[Segment]:
    for head, run in groupby(adjustments, key=lambda a: (a.provider, a.fiscal_date)):
        pairs = [_pair(adjustment) for adjustment in run]
        for start in range(0, len(pairs), _PER_CAS):
            chosen = pairs[start : start + _PER_CAS]
            yield ("PLB", *head, *(element for pair in chosen for element in pair))


def _pair(adjustment: ProviderAdjustment) -> tuple[Element, Element]:
    if not adjustment.reason:
        raise WriteError("", "PLB03-1", "an adjustment must have a reason")
    if not adjustment.amount:
        raise WriteError("", "PLB04", "must not be zero (RFI 1324)")
    reference = (adjustment.reason, adjustment.reference)
    return (reference if adjustment.reference else reference[:1]), _money(
        adjustment.amount, "PLB04"
    )


def _dates(dates: Sequence[DateText]) -> Iterator[Segment]:
    for dated in dates:
        yield ("DTM", dated.qualifier, dated.text)


def _amounts(name: str, amounts: Sequence[Amount]) -> Iterator[Segment]:
    for amount in amounts:
        yield (name, amount.qualifier, _number(amount.amount, f"{name}02"))


def _money(value: Decimal, field: str) -> str:
    return _encoded(encode_money, value, field, 18)


def _number(value: Decimal, field: str) -> str:
    return _encoded(encode_number, value, field, 18)


def _encoded(encode: Callable[[Decimal], str], value: Decimal, field: str, limit: int) -> str:
    try:
        text = encode(value)
    except ValueError as error:
        raise WriteError("", field, str(error)) from None
    if len(text) > limit:
        raise WriteError("", field, f"must have at most {limit} characters")
    return text


def _optional(value: Decimal | None, field: str, encode: Callable[[Decimal, str], str]) -> str:
    return "" if value is None else encode(value, field)


# -- segments that came with more than the fields hold


def _extended(
    built: Sequence[Segment] | Iterator[Segment], longer: Sequence[Elements]
) -> Iterator[Segment]:
    """The segments, each replaced by its longer form where it came with one."""
    left = list(longer)
    for one in built:
        plain = flat(one)
        found = next((kept for kept in left if _says_all(kept, plain)), None)
        if found is None:
            yield one
        else:
            left.remove(found)
            yield _Kept(found)


def _says_all(kept: Elements, flat: Sequence[str]) -> bool:
    """Whether a kept segment holds all that a built one does."""
    padded = (*kept, *[""] * len(flat))
    return all(
        not mine or mine == theirs or (at > 1 and _same_number(mine, theirs))
        for at, (mine, theirs) in enumerate(zip(flat, padded, strict=False))
    )


def _same_number(mine: str, theirs: str) -> bool:
    number = read_number(mine)
    return number is not None and number == read_number(theirs)
