"""835 to values, tolerant: by segment id and a small state, whatever order a payer chose.

The header comes out first, each claim as soon as it is complete, the trailer last, so that one
transaction of any size stays flat in memory. Nothing raises and nothing is dropped: what cannot be
read is a Problem, named in ``faults`` where it is money that would be posted, and kept as it came.
What payers break (SVC06 holding units, ST03, N103=PI, no LX, group CR of 4010, PLB before the last
claim) is read. Guides: 005010X221A1, and 004010X091A1 as far as it is the same.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from edi.claim import Reference
from edi.elements import read_date, read_money, read_number
from edi.envelope import Transaction
from edi.remittance import (
    Adjustment,
    Amount,
    ClaimPayment,
    Name,
    ProviderAdjustment,
    RemittanceHeader,
    RemittanceTrailer,
    ServicePayment,
)
from edi.shared_segments import read_per, read_ref
from edi.x835_parts import (
    PAD,
    PARTY_LENGTHS,
    SHORT_PAD,
    Loop,
    Part,
    Party,
    Reading,
    date_text,
    information,
    one_adjustment,
    procedure,
    remarks_of,
    trimmed,
)


class Reader(Reading):
    """Reads one transaction: a small function per segment."""

    __slots__ = ("table",)

    def __init__(self, transaction: Transaction) -> None:
        super().__init__(transaction)
        self.table: Mapping[str, _Handler] = _HEADER

    def parts(self, numbered: Iterable[tuple[int, list[str]]] | None = None) -> Iterator[Part]:
        """Header, claims, trailer, each when it is complete.

        Args:
            numbered: segments with their place in the transaction (ST = 1), where not all of them
                are to be read.
        """
        ready = self.ready
        for position, segment in numbered or enumerate(self.transaction.segments(), 1):
            self.position = position
            handler = self.table.get(segment[0])
            if handler is None:
                self.loop.other.append(self.raw(segment))
            else:
                handler(self, segment)
                if ready:
                    yield from ready
                    ready.clear()
        self.end_claim()
        self.end_header()
        yield from ready
        yield self.last()

    # -- segments that any loop may have

    def dtm(self, segment: list[str]) -> None:
        """DTM: a date of the current loop."""
        if len(segment) < 3:
            self.loop.other.append(self.raw(segment))
            return
        dated = date_text(segment[1], segment[2])
        if dated.date is None:
            self.tell("remit.date", "DTM02", dated.text, "is no date (CCYYMMDD).", "warning")
        if len(segment) > 3:
            self.keep(segment)
        self.loop.dates.append(dated)

    def ref(self, segment: list[str]) -> None:
        """REF: a number of the current loop."""
        if len(segment) == 3:
            reference = Reference(qualifier=segment[1], value=segment[2])
        else:
            reference = read_ref(segment + PAD)
            if len(segment) > 4:
                self.keep(segment)
        self.loop.references.append(reference)

    def amt(self, segment: list[str]) -> None:
        """AMT: for information."""
        amount = information(segment[1], segment[2]) if len(segment) == 3 else None
        if amount is None:
            self.odd_information(segment, self.loop.amounts)
        else:
            self.loop.amounts.append(amount)

    def qty(self, segment: list[str]) -> None:
        """QTY: for information."""
        amount = information(segment[1], segment[2]) if len(segment) == 3 else None
        if amount is None:
            self.odd_information(segment, self.loop.quantities)
        else:
            self.loop.quantities.append(amount)

    def odd_information(self, segment: list[str], into: list[Amount]) -> None:
        """AMT and QTY are in no equation, so this is never a fault (RFI 1324, 2601)."""
        text = segment[2] if len(segment) > 2 else ""
        amount = information(segment[1], text) if text else None
        if amount is None:
            self.tell("remit.information", f"{segment[0]}02", text, "is no number.", "warning")
            self.loop.other.append(self.raw(segment))
        else:
            into.append(amount)
            self.keep(segment)

    def per(self, segment: list[str]) -> None:
        """PER in a claim."""
        self.loop.contacts.append(read_per(segment + PAD))
        if len(segment) > 9:
            self.keep(segment)

    def cas(self, segment: list[str]) -> None:
        """CAS with one triplet, as most are; others go the longer way."""
        if len(segment) == 4:
            adjustment = one_adjustment(segment[1], segment[2], segment[3])
            if adjustment is not None:
                self.loop.adjustments.append(adjustment)
                return
        self.wide_cas(segment)

    def wide_cas(self, segment: list[str]) -> None:
        """A CAS of several triplets, with quantities, or with something odd in it."""
        group, into = (segment[1] if len(segment) > 1 else ""), self.loop.adjustments
        faults = len(self.faults)
        for at in range(2, len(segment), 3):
            reason, text, units = (*segment[at : at + 3], "", "")[:3]
            if not (reason or text or units):
                continue
            amount = self.money(text, f"CAS{at + 1:02}")
            quantity = self.units(units, f"CAS{at + 2:02}") if units else None
            into.append(Adjustment(group=group, reason=reason, amount=amount, quantity=quantity))
        if len(self.faults) > faults:
            self.keep(segment)

    # -- header

    def first(self, segment: list[str]) -> None:
        """ST, BPR, TRN: kept until the header is made; a second one stays as it came."""
        if segment[0] in self.segments:
            self.loop.other.append(self.raw(segment))
        else:
            self.segments[segment[0]] = segment

    def n1(self, segment: list[str]) -> None:
        """N1: the payer, the payee, or one we have no field for."""
        if segment[1:2] in (["PR"], ["PE"]) and all(
            party.head[1] != segment[1] for party in self.organisations
        ):
            self.organisations.append(Party(segment + PAD))
            if len(segment) > 5:
                self.keep(segment)
        else:
            self.organisations.append(Party([*segment, *PAD], known=False))
            self.top.other.append(self.raw(segment))

    def of_party(self, segment: list[str]) -> None:
        """N3, N4, REF, PER after an N1 belong to it."""
        party = self.organisations[-1] if self.organisations else None
        if party is None and segment[0] == "REF":
            self.ref(segment)
        elif party is None or not party.take(segment):
            self.top.other.append(self.raw(segment))
        elif len(segment) > PARTY_LENGTHS[segment[0]]:
            self.keep(segment)

    def end_header(self) -> None:
        """Hand out the header, once."""
        if self.loop is not self.top:
            return
        st = (self.segments.get("ST", []) + PAD)[:4]
        bpr = self.segments.get("BPR", [])
        trn = (self.segments.get("TRN", []) + PAD)[:6]
        payment = (bpr + PAD)[:17]
        paid = self.money(payment[2], "BPR02")
        if paid < 0:
            words = "is below zero: a balance is carried forward in PLB."
            self.tell("remit.negative-payment", "BPR02", payment[2], words, "warning")
        date = read_date(payment[16])
        if date is None and bpr:
            self.tell("remit.date", "BPR16", payment[16], "is no date (CCYYMMDD).", "warning")
        if st[3] or trn[5] or trn[1] not in ("", "1") or len(self.segments.get("TRN", [])) > 5:
            self.top.longer += [
                self.raw(self.segments[n]) for n in ("ST", "TRN") if n in self.segments
            ]
        known = {p.head[1]: p.organisation() for p in self.organisations if p.known}
        header = RemittanceHeader(
            transaction=self.transaction.control,
            handling=payment[1],
            paid=paid,
            credit_or_debit=payment[3],
            method=payment[4],
            payment=self.raw(bpr),
            payment_date=date,
            trace=trn[2],
            originator=trn[3],
            originator_supplement=trn[4],
            dates=tuple(self.top.dates),
            references=tuple(self.top.references),
            payer=known.get("PR"),
            payee=known.get("PE"),
            other=tuple(self.top.other),
            longer=tuple(self.top.longer),
            faults=tuple(self.header_faults),
        )
        self.ready.append(header)
        self.loop = self.trailer

    # -- claims

    def lx(self, segment: list[str]) -> None:
        """LX: the claims that follow have this number."""
        self.end_claim()
        self.end_header()
        self.table = _BETWEEN
        self.group_number = segment[1] if len(segment) > 1 else ""
        if len(segment) > 2:
            self.claim_other.append(self.raw(segment))

    def ts(self, segment: list[str]) -> None:
        """TS2, TS3: totals of an LX loop, kept with its first claim."""
        self.end_claim()
        self.end_header()
        self.table = _BETWEEN
        self.claim_other.append(self.raw(segment))

    def clp(self, segment: list[str]) -> None:
        """CLP: a claim begins."""
        self.end_claim()
        self.end_header()
        self.claim = self.loop = claim = Loop()
        claim.head, claim.position = segment + PAD, self.position
        claim.other, self.claim_other = self.claim_other, []
        self.table = _CLAIM
        if len(segment) > 14 or claim.head[10]:
            self.keep(segment)

    def end_claim(self) -> None:
        """Hand out the claim that is open, if there is one."""
        claim = self.claim
        if claim is None:
            return
        self.end_line()
        self.loop = claim
        here, self.position = self.position, claim.position
        head = claim.head
        faults = len(self.faults)
        charge, paid = self.money(head[3], "CLP03"), self.money(head[4], "CLP04")
        patient = self.money(head[5], "CLP05") if head[5] else None
        if len(self.faults) > faults:
            self.keep(trimmed(head))
        self.ready.append(
            ClaimPayment(
                control=head[1],
                status=head[2],
                charge=charge,
                paid=paid,
                patient_responsibility=patient,
                filing_indicator=head[6],
                payer_control=head[7],
                place_of_service=head[8],
                frequency=head[9],
                drg=head[11],
                drg_weight=head[12],
                discharge_fraction=head[13],
                group_number=self.group_number,
                adjustments=tuple(claim.adjustments) if claim.adjustments else (),
                names=tuple(claim.names) if claim.names else (),
                remarks=(*remarks_of(self.inpatient), *remarks_of(self.outpatient), *claim.remarks),
                outpatient=self.outpatient,
                inpatient=self.inpatient,
                references=tuple(claim.references) if claim.references else (),
                dates=tuple(claim.dates) if claim.dates else (),
                contacts=tuple(claim.contacts) if claim.contacts else (),
                amounts=tuple(claim.amounts) if claim.amounts else (),
                quantities=tuple(claim.quantities) if claim.quantities else (),
                lines=tuple(self.lines),
                other=tuple(claim.other) if claim.other else (),
                longer=tuple(claim.longer) if claim.longer else (),
                position=claim.position,
                faults=tuple(self.faults),
            )
        )
        self.position, self.claim, self.loop = here, None, self.trailer
        self.lines.clear()
        self.faults.clear()
        self.outpatient = self.inpatient = ()

    def nm1(self, segment: list[str]) -> None:
        """NM1: a person or organisation of the claim."""
        _, role, kind, last, first, middle, prefix, suffix, qualifier, ident = (segment + PAD)[:10]
        self.loop.names.append(
            Name(
                role=role,
                is_person=kind == "1",
                last=last,
                first=first,
                middle=middle,
                suffix=suffix,
                id_qualifier=qualifier,
                id=ident,
            )
        )
        if prefix or len(segment) > 10 or kind not in ("1", "2"):
            self.keep(segment)

    def moa(self, segment: list[str]) -> None:
        """MOA: outpatient adjudication."""
        if self.outpatient:
            self.second(segment)
        else:
            self.outpatient = self.raw(segment)

    def mia(self, segment: list[str]) -> None:
        """MIA: inpatient adjudication."""
        if self.inpatient:
            self.second(segment)
        else:
            self.inpatient = self.raw(segment)

    def second(self, segment: list[str]) -> None:
        """A further MOA or MIA: kept as it came, its remark codes with the others."""
        self.loop.other.append(self.raw(segment))
        self.loop.remarks += remarks_of(segment)

    # -- lines

    def svc(self, segment: list[str]) -> None:
        """SVC: a line begins."""
        self.end_line()
        self.line = self.loop = line = Loop()
        line.head, line.position = segment + SHORT_PAD, self.position
        self.table = _LINE
        if len(segment) > 8:
            self.keep(segment)

    def end_line(self) -> None:
        """Put the line that is open, if there is one, to its claim."""
        line = self.line
        if line is None:
            return
        here, self.position, self.loop = self.position, line.position, line
        head = line.head
        faults = len(self.faults)
        charge, paid = read_money(head[2]), read_money(head[3])
        if charge is None or paid is None:
            charge = self.money(head[2], "SVC02")
            paid = self.money(head[3], "SVC03")
        paid_units = read_number(head[5]) or self.units(head[5], "SVC05")
        submitted, submitted_units = None, None
        if head[6] or head[7]:
            submitted, submitted_units = self.submitted(head[6], head[7])
        if len(self.faults) > faults:
            self.keep(trimmed(head))
        self.lines.append(
            ServicePayment(
                procedure=procedure(head[1], self.component) or self.odd_procedure(head[1]),
                charge=charge,
                paid=paid,
                revenue_code=head[4],
                paid_units=paid_units,
                submitted=submitted,
                submitted_units=submitted_units,
                dates=tuple(line.dates) if line.dates else (),
                adjustments=tuple(line.adjustments) if line.adjustments else (),
                references=tuple(line.references) if line.references else (),
                amounts=tuple(line.amounts) if line.amounts else (),
                quantities=tuple(line.quantities) if line.quantities else (),
                remarks=tuple(line.remarks) if line.remarks else (),
                other=tuple(line.other) if line.other else (),
                longer=tuple(line.longer) if line.longer else (),
                position=line.position,
            )
        )
        self.position, self.line = here, None

    def lq(self, segment: list[str]) -> None:
        """LQ: a remark code of the line."""
        if len(segment) == 3 and segment[1] == "HE":
            self.loop.remarks.append(segment[2])
        else:
            self.loop.other.append(self.raw(segment))

    # -- trailer

    def plb(self, segment: list[str]) -> None:
        """PLB: up to six pairs of reason and amount."""
        self.end_claim()
        self.end_header()
        self.table = _BETWEEN
        provider, fiscal_date = (*segment[1:3], "", "")[:2]
        faults = len(self.trailer_faults)
        for at in range(3, len(segment), 2):
            reason, text = (*segment[at : at + 2], "")[:2]
            if not (reason or text):
                continue
            parts = reason.split(self.component) if self.component else [reason]
            if len(parts) > 2:
                self.keep(segment)
            self.provider_adjustments.append(
                ProviderAdjustment(
                    provider=provider,
                    fiscal_date=fiscal_date,
                    reason=parts[0],
                    reference=parts[1] if len(parts) > 1 else "",
                    amount=self.money(text, f"PLB{at + 1:02}"),
                )
            )
        if len(self.trailer_faults) > faults:
            self.keep(segment)

    def se(self, segment: list[str]) -> None:
        """SE: its count and number are the envelope's business."""

    def last(self) -> RemittanceTrailer:
        """PLB, and what stood outside of any claim."""
        return RemittanceTrailer(
            provider_adjustments=tuple(self.provider_adjustments),
            other=(*self.claim_other, *self.trailer.other),
            longer=tuple(self.trailer.longer),
            complete=self.transaction.complete,
            faults=tuple(self.trailer_faults),
        )


_Handler = Callable[[Reader, list[str]], None]
_ANYWHERE: Final[dict[str, _Handler]] = {
    "CLP": Reader.clp,
    "LX": Reader.lx,
    "TS2": Reader.ts,
    "TS3": Reader.ts,
    "PLB": Reader.plb,
    "SE": Reader.se,
}
_HEADER: Final[dict[str, _Handler]] = {
    **_ANYWHERE,
    "ST": Reader.first,
    "BPR": Reader.first,
    "TRN": Reader.first,
    "DTM": Reader.dtm,
    "N1": Reader.n1,
    "N3": Reader.of_party,
    "N4": Reader.of_party,
    "REF": Reader.of_party,
    "PER": Reader.of_party,
}
_BETWEEN: Final[dict[str, _Handler]] = {**_ANYWHERE}
_LOOP: Final[dict[str, _Handler]] = {
    **_ANYWHERE,
    "SVC": Reader.svc,
    "CAS": Reader.cas,
    "REF": Reader.ref,
    "DTM": Reader.dtm,
    "AMT": Reader.amt,
    "QTY": Reader.qty,
}
_CLAIM: Final[dict[str, _Handler]] = {
    **_LOOP,
    "NM1": Reader.nm1,
    "MOA": Reader.moa,
    "MIA": Reader.mia,
    "PER": Reader.per,
}
_LINE: Final[dict[str, _Handler]] = {**_LOOP, "LQ": Reader.lq}
