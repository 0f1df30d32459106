"""Claims received, and what is said of them, to a 277CA (005010X214). For the simulated payer.

Each batch (one ST of an 837P) becomes one ST*277 with its source, the submitter, the billing
providers and the claims. TRN02 of a claim is its CLM01 exactly (RFI 1926), of the batch its BHT03.
"""

import datetime as dt
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Final, Literal

from attrs import field, frozen

from edi.claim import Claim, Party
from edi.elements import encode_date, encode_money
from edi.writing import (
    Element,
    Envelope,
    WriteError,
    control_number,
    interchange,
    segment_writer,
    transaction,
)

__all__ = ["BatchVerdict", "ClaimVerdict", "Status", "write_277ca"]

FUNCTIONAL_ID: Final = "HN"
VERSION: Final = "005010X214"
_REJECTS: Final = "U"


@frozen(kw_only=True)
class Status:
    """STC01 to STC03 and STC12."""

    category: str  # A2
    status: str  # 20
    entity: str = ""  # 85
    action: Literal["WQ", "U"] = "WQ"  # accepted, rejected
    text: str = field(default="", repr=False)  # STC12


@frozen(kw_only=True)
class ClaimVerdict:
    """A claim and what is said of it. ``payer_control`` is its number there, REF*1K."""

    claim: Claim = field(repr=False)
    statuses: tuple[Status, ...]
    payer_control: str = ""

    @property
    def rejected(self) -> bool:
        """Whether any status rejects it."""
        return any(status.action == _REJECTS for status in self.statuses)


@frozen(kw_only=True)
class BatchVerdict:
    """One ST of an 837P. A batch that is rejected itself says nothing of its claims."""

    source: Party  # 2100A: role PR or AY
    reference: str  # BHT03 of the 277CA
    submitter: Party  # 1000A of the 837P
    batch: str  # BHT03 of the 837P
    received: dt.date
    processed: dt.date
    status: Status = Status(category="A1", status="19")
    claims: tuple[ClaimVerdict, ...]


def write_277ca(envelope: Envelope, batches: Iterable[BatchVerdict]) -> bytes:
    """An interchange with a 277CA for each batch.

    Raises:
        WriteError: there is no batch, or a value is not legal.
    """
    made = [
        transaction(
            envelope.separators, "277", control_number(number), list(_batch(envelope, one)), VERSION
        )
        for number, one in enumerate(batches, 1)
    ]
    return interchange(envelope, FUNCTIONAL_ID, VERSION, made)


def _batch(envelope: Envelope, one: BatchVerdict) -> Iterator[str]:
    """BHT to the last claim."""
    write = segment_writer(envelope.separators)
    if not one.claims:
        raise WriteError("", "QTY02", "a batch has at least one claim")
    whole = one.status.action != _REJECTS
    created = envelope.created
    yield write("BHT", "0085", "08", one.reference, f"{created:%Y%m%d}", f"{created:%H%M}", "TH")
    yield write("HL", "1", "", "20", "1")
    yield _name(envelope, one.source, one.source.role)
    yield write("TRN", "1", one.reference)
    yield write("DTP", "050", "D8", encode_date(one.received))
    yield write("DTP", "009", "D8", encode_date(one.processed))
    yield write("HL", "2", "1", "21", "1" if whole else "0")
    yield _name(envelope, one.submitter, "41")
    yield write("TRN", "2", one.batch)
    yield _stc(envelope, one.status, one.processed, _charge(one.claims))
    yield from _totals(envelope, one.claims, ("90", "AA"), all_rejected=not whole)
    if whole:
        yield from _providers(envelope, one)


def _providers(envelope: Envelope, one: BatchVerdict) -> Iterator[str]:
    """HL 19 and the claims below, in the order of the first claim of each provider."""
    write = segment_writer(envelope.separators)
    providers: dict[tuple[str, str], list[ClaimVerdict]] = {}
    for verdict in one.claims:
        billing = verdict.claim.billing
        providers.setdefault((billing.id, billing.name), []).append(verdict)
    level = 2
    for some in providers.values():
        level += 1
        above = str(level)
        yield write("HL", above, "2", "19", "1")
        yield _name(envelope, some[0].claim.billing, "85")
        yield write("TRN", "1", "0")
        yield _stc(envelope, one.status, None, _charge(some))
        yield from _totals(envelope, some, ("QA", "QC"))
        for verdict in some:
            level += 1
            yield write("HL", str(level), above, "PT")
            yield from _claim(envelope, verdict, one.processed)


def _claim(envelope: Envelope, verdict: ClaimVerdict, day: dt.date) -> Iterator[str]:
    """NM1*QC, TRN*2 and what follows."""
    write = segment_writer(envelope.separators)
    claim = verdict.claim
    member = claim.subscriber.party
    person = claim.patient.party if claim.patient else member
    yield write(
        "NM1", "QC", "1", person.name, person.first, person.middle, "", person.suffix,
        "MI" if member.id else "", member.id,
    )  # fmt: skip
    yield write("TRN", "2", claim.control)
    for status in verdict.statuses:
        yield _stc(envelope, status, day, claim.charge)
    if verdict.payer_control:
        yield write("REF", "1K", verdict.payer_control)
    sent = next((r.value for r in claim.references if r.qualifier == "D9"), "")
    if sent:
        yield write("REF", "D9", sent)
    days = sorted(d for x in claim.lines for d in (x.date, x.until) if d is not None)
    if days and days[0] != days[-1]:
        yield write("DTP", "472", "RD8", f"{encode_date(days[0])}-{encode_date(days[-1])}")
    elif days:
        yield write("DTP", "472", "D8", encode_date(days[0]))


def _name(envelope: Envelope, party: Party, role: str) -> str:
    write = segment_writer(envelope.separators)
    kind = "1" if party.is_person else "2"
    return write(
        "NM1", role, kind, party.name, party.first, party.middle, "", party.suffix,
        party.id_qualifier, party.id,
    )  # fmt: skip


def _stc(envelope: Envelope, status: Status, day: dt.date | None, amount: Decimal) -> str:
    """STC; the guide takes no date (STC02) for a billing provider."""
    codes: Element = (status.category, status.status, status.entity)
    text = ("", "", "", "", "", "", "", status.text) if status.text else ()
    return segment_writer(envelope.separators)(
        "STC", codes, encode_date(day) if day else "", status.action, encode_money(amount), *text
    )


def _charge(verdicts: Iterable[ClaimVerdict]) -> Decimal:
    return sum((verdict.claim.charge for verdict in verdicts), Decimal(0))


def _totals(
    envelope: Envelope,
    verdicts: Iterable[ClaimVerdict],
    names: tuple[str, str],
    *,
    all_rejected: bool = False,
) -> Iterator[str]:
    """QTY and AMT of what was accepted and rejected; zero is left out."""
    write = segment_writer(envelope.separators)
    some = list(verdicts)
    rejected = [verdict for verdict in some if all_rejected or verdict.rejected]
    accepted = [verdict for verdict in some if not (all_rejected or verdict.rejected)]
    counted = ((names[0], "YU", accepted), (names[1], "YY", rejected))
    yield from (write("QTY", name, str(len(part))) for name, _, part in counted if part)
    yield from (
        write("AMT", name, encode_money(_charge(part))) for _, name, part in counted if part
    )
