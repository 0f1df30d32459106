"""A remittance (835 005010X221A1) as values; the X12 place stands by each field.

The reader keeps everything a payer sends, also where it breaks the guide; checking is another
pass. Money is ``Decimal`` dollars with the file's sign. Fields that may hold patient data never
appear in a repr. The classes made by the million are frozen to the type checker only.

What does not fit the fields is kept beside them: ``other`` holds segments that have no field at
all, ``longer`` those that have one but say more than it holds (NM106, CLP10, REF04, or an amount
that cannot be read), as they came, components joined with ``:``.
"""

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING

from attrs import field

from edi.claim import Address, Adjustment, Contact, Elements, Procedure, Reference

if TYPE_CHECKING:
    from attrs import frozen as value
else:
    from attrs import define as value

__all__ = [
    "Adjustment",
    "Amount",
    "ClaimPayment",
    "DateText",
    "Name",
    "Organisation",
    "Procedure",
    "ProviderAdjustment",
    "Reference",
    "Remittance",
    "RemittanceHeader",
    "RemittanceTrailer",
    "ServicePayment",
]


@value(kw_only=True)
class DateText:
    """DTM as it came: ``text`` is CCYYMMDD, ``date`` None where it is no date."""

    qualifier: str  # DTM01: 405 232 233 036 050 150 151 472
    text: str = field(repr=False)
    date: dt.date | None = field(repr=False)


@value(kw_only=True)
class Amount:
    """AMT or QTY: information only, never part of an equation (RFI 1324, 2601)."""

    qualifier: str
    amount: Decimal


@value(kw_only=True)
class Name:
    """NM1 in loop 2100: patient QC, insured IL, corrected 74, rendering 82, crossover TT ..."""

    role: str  # NM101
    is_person: bool
    last: str = field(default="", repr=False)  # NM103
    first: str = field(default="", repr=False)  # NM104
    middle: str = field(default="", repr=False)  # NM105
    suffix: str = field(default="", repr=False)  # NM107
    id_qualifier: str = ""  # NM108
    id: str = field(default="", repr=False)  # NM109


@value(kw_only=True)
class Organisation:
    """N1 loop: payer (1000A, PR) or payee (1000B, PE)."""

    role: str  # N101
    name: str  # N102
    id_qualifier: str = ""  # N103
    id: str = ""  # N104
    address: Address | None = None
    references: tuple[Reference, ...] = ()
    contacts: tuple[Contact, ...] = ()


@value(kw_only=True)
class ServicePayment:
    """Loop 2110: one adjudicated line."""

    procedure: Procedure  # SVC01, the adjudicated one
    charge: Decimal  # SVC02
    paid: Decimal  # SVC03
    revenue_code: str = ""  # SVC04
    paid_units: Decimal | None = None  # SVC05; absent means 1 (RFI 2163)
    submitted: Procedure | None = None  # SVC06, where it differs from SVC01
    submitted_units: Decimal | None = None  # SVC07; absent means as paid (RFI 958)
    dates: tuple[DateText, ...] = ()  # DTM 472, 150, 151
    adjustments: tuple[Adjustment, ...] = ()  # CAS
    references: tuple[Reference, ...] = ()  # REF, 6R included
    amounts: tuple[Amount, ...] = ()  # AMT: B6 allowed ...
    quantities: tuple[Amount, ...] = ()  # QTY
    remarks: tuple[str, ...] = ()  # LQ*HE: RARCs
    other: tuple[Elements, ...] = field(default=(), repr=False)  # what we do not model, kept
    longer: tuple[Elements, ...] = field(default=(), repr=False)  # segments with more in them
    position: int = 0  # of the SVC in its transaction, ST = 1

    @property
    def control(self) -> str:
        """REF*6R, the line control number we sent, or an empty string."""
        for reference in self.references:
            if reference.qualifier == "6R":
                return reference.value
        return ""

    @property
    def service_date(self) -> dt.date | None:
        """First day of service as the line says it (472, else 150), or None."""
        for wanted in ("472", "150"):
            for dated in self.dates:
                if dated.qualifier == wanted:
                    return dated.date
        return None


@value(kw_only=True)
class ClaimPayment:
    """Loop 2100: one adjudication of one claim."""

    control: str  # CLP01
    status: str  # CLP02
    charge: Decimal  # CLP03
    paid: Decimal  # CLP04
    patient_responsibility: Decimal | None = None  # CLP05
    filing_indicator: str = ""  # CLP06
    payer_control: str = ""  # CLP07
    place_of_service: str = ""  # CLP08
    frequency: str = ""  # CLP09
    drg: str = ""  # CLP11
    drg_weight: str = ""  # CLP12
    discharge_fraction: str = ""  # CLP13
    group_number: str = ""  # LX01 of the 2000 loop it stands in
    adjustments: tuple[Adjustment, ...] = ()  # CAS in 2100
    names: tuple[Name, ...] = ()  # NM1
    remarks: tuple[str, ...] = ()  # MOA and MIA remark codes
    outpatient: Elements = ()  # MOA as it came
    inpatient: Elements = ()  # MIA as it came
    references: tuple[Reference, ...] = ()  # REF
    dates: tuple[DateText, ...] = ()  # DTM 232 233 036 050
    contacts: tuple[Contact, ...] = ()  # PER
    amounts: tuple[Amount, ...] = ()  # AMT
    quantities: tuple[Amount, ...] = ()  # QTY
    lines: tuple[ServicePayment, ...] = ()
    other: tuple[Elements, ...] = field(default=(), repr=False)
    longer: tuple[Elements, ...] = field(default=(), repr=False)  # segments with more in them
    position: int = 0  # of the CLP in its transaction, ST = 1
    faults: tuple[str, ...] = ()  # elements that could not be read: such a claim is never posted

    @property
    def service_date(self) -> dt.date | None:
        """The claim's first day (DTM*232), or None."""
        return next((d.date for d in self.dates if d.qualifier == "232"), None)


@value(kw_only=True)
class ProviderAdjustment:
    """One pair of a PLB segment. Positive takes money away, negative gives it."""

    provider: str  # PLB01
    fiscal_date: str  # PLB02
    reason: str  # PLB03-1: WO FB 72 L6 ...
    reference: str  # PLB03-2
    amount: Decimal  # PLB04


@value(kw_only=True)
class RemittanceHeader:
    """ST to the first LX: one payment."""

    transaction: str  # ST02
    handling: str = ""  # BPR01
    paid: Decimal  # BPR02
    credit_or_debit: str = ""  # BPR03
    method: str = ""  # BPR04: ACH CHK NON ...
    payment: Elements = ()  # BPR as it came
    payment_date: dt.date | None = None  # BPR16
    trace: str = ""  # TRN02
    originator: str = ""  # TRN03, "1" and the payer's TIN
    originator_supplement: str = ""  # TRN04
    dates: tuple[DateText, ...] = ()  # DTM*405
    references: tuple[Reference, ...] = ()  # REF EV, F2
    payer: Organisation | None = None  # 1000A
    payee: Organisation | None = None  # 1000B
    other: tuple[Elements, ...] = field(default=(), repr=False)
    longer: tuple[Elements, ...] = field(default=(), repr=False)  # segments with more in them
    faults: tuple[str, ...] = ()


@value(kw_only=True)
class RemittanceTrailer:
    """PLB and SE."""

    provider_adjustments: tuple[ProviderAdjustment, ...] = ()
    other: tuple[Elements, ...] = field(default=(), repr=False)
    longer: tuple[Elements, ...] = field(default=(), repr=False)  # segments with more in them
    complete: bool = True  # the SE is there and its count and number are right
    faults: tuple[str, ...] = ()


@value(kw_only=True)
class Remittance:
    """A whole transaction, for use where it is known to be small (tests, the writer, ``read``)."""

    header: RemittanceHeader
    claims: tuple[ClaimPayment, ...]
    trailer: RemittanceTrailer
