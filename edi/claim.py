"""A professional claim (837P 005010X222A1) in a biller's words; the X12 place stands by each field.

All values are immutable. Empty string and empty tuple mean "none"; dates are ``datetime.date``;
money is ``Decimal`` dollars made by ``edi.elements.money``; units are ``Decimal``.
Fields that may hold patient data never appear in a repr.
"""

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from attrs import field

if TYPE_CHECKING:  # frozen to the reader and to mypy; cheap to make by the million at run time
    from attrs import frozen as value
else:
    from attrs import define as value

__all__ = [
    "FREQUENCY_ORIGINAL",
    "FREQUENCY_REPLACEMENT",
    "FREQUENCY_VOID",
    "Address",
    "Adjustment",
    "Claim",
    "Contact",
    "Dated",
    "Diagnosis",
    "Elements",
    "Kept",
    "LineAdjudication",
    "OtherPayer",
    "Party",
    "Patient",
    "Procedure",
    "Reference",
    "ServiceLine",
    "Submission",
    "Subscriber",
]

Elements = tuple[str, ...]  # a segment as (id, element 1, element 2, ...), components unsplit

FREQUENCY_ORIGINAL: Final = "1"
FREQUENCY_REPLACEMENT: Final = "7"
FREQUENCY_VOID: Final = "8"


@value(kw_only=True)
class Kept:
    """A segment we do not model, kept with the loop it stood in, so that nothing is dropped.

    Components are joined with ``:`` and repetitions with ``^`` whatever the file used.
    """

    loop: str  # "2320", "2430", ...
    segment: Elements = field(repr=False)
    occurrence: int = 0  # which repeat of that loop within its parent, from 0
    restates: bool = False  # the values hold it too: it is its exact form, while they say the same


@value(kw_only=True)
class Reference:
    """REF: a number with its qualifier."""

    qualifier: str  # REF01
    value: str = field(repr=False)  # REF02
    description: str = field(default="", repr=False)  # REF03


@value(kw_only=True)
class Dated:
    """DTP or DTM: a date or a range, with its qualifier. ``until`` equals ``date`` for one day."""

    qualifier: str  # DTP01
    date: dt.date = field(repr=False)
    until: dt.date = field(repr=False)


@value(kw_only=True)
class Address:
    """N3 and N4."""

    line1: str = field(repr=False)  # N301
    line2: str = field(default="", repr=False)  # N302
    city: str = field(repr=False)  # N401
    state: str = field(default="", repr=False)  # N402
    zip: str = field(default="", repr=False)  # N403, digits only
    country: str = field(default="", repr=False)  # N404, empty for the United States


@value(kw_only=True)
class Contact:
    """PER: a name and up to three ways to reach it, as (qualifier, number): TE, FX, EM, EX, UR."""

    function: str = "IC"  # PER01
    name: str = field(default="", repr=False)  # PER02
    numbers: tuple[tuple[str, str], ...] = field(default=(), repr=False)  # PER03..08


@value(kw_only=True)
class Party:
    """NM1 and what follows it: a person or an organisation in one role."""

    role: str  # NM101: 41 40 85 87 IL QC PR DN P3 82 77 DQ DK ...
    is_person: bool  # NM102: 1 person, 2 organisation
    name: str = field(default="", repr=False)  # NM103 last name or organisation
    first: str = field(default="", repr=False)  # NM104
    middle: str = field(default="", repr=False)  # NM105
    suffix: str = field(default="", repr=False)  # NM107
    id_qualifier: str = ""  # NM108: XX, 46, MI, II, PI, XV
    id: str = field(default="", repr=False)  # NM109
    address: Address | None = None  # N3, N4
    taxonomy: str = ""  # PRV03 (PXC)
    references: tuple[Reference, ...] = ()  # REF
    contacts: tuple[Contact, ...] = ()  # PER


@value(kw_only=True)
class Subscriber:
    """2000B SBR and 2010BA: who holds the coverage."""

    payer_rank: str = "P"  # SBR01: P primary, S secondary, T tertiary, A..H, U
    relationship: str = ""  # SBR02: 18 when the patient is the subscriber, else empty
    group_number: str = field(default="", repr=False)  # SBR03
    group_name: str = field(default="", repr=False)  # SBR04
    insurance_type: str = ""  # SBR05: 12 13 14 15 16 41 42 43 47
    filing_indicator: str = ""  # SBR09: MB MC CI BL CH WC ...
    party: Party  # 2010BA NM1*IL
    birth_date: dt.date | None = field(default=None, repr=False)  # DMG02
    gender: str = field(default="", repr=False)  # DMG03


@value(kw_only=True)
class Patient:
    """2000C PAT and 2010CA: the patient where that is not the subscriber."""

    relationship: str  # PAT01: 01 spouse, 19 child, 20 employee, G8 other ...
    party: Party  # 2010CA NM1*QC
    birth_date: dt.date | None = field(default=None, repr=False)  # DMG02
    gender: str = field(default="", repr=False)  # DMG03


@value(kw_only=True)
class Diagnosis:
    """One HI composite: code without its dot."""

    qualifier: str  # ABK principal, ABF other (BK, BF for ICD-9)
    code: str = field(repr=False)


@value(kw_only=True)
class Procedure:
    """A medical procedure composite: SV101, SVC01, SVC06, SVD03."""

    qualifier: str = "HC"  # -1
    code: str = ""  # -2
    modifiers: tuple[str, ...] = ()  # -3..-6
    description: str = ""  # -7


@value(kw_only=True)
class Adjustment:
    """One triplet of a CAS segment. Positive reduces the payment."""

    group: str  # CAS01: CO OA PI PR (CR in 4010)
    reason: str  # CARC
    amount: Decimal
    quantity: Decimal | None = None


@value(kw_only=True)
class OtherPayer:
    """Loops 2320, 2330A and 2330B: another payer of the patient, and what it decided before us."""

    subscriber: Subscriber  # SBR (SBR02 always said here), 2330A
    payer: Party  # 2330B; REF*F8 among its references is its claim number
    adjustments: tuple[Adjustment, ...] = ()  # CAS of the claim, not of its lines
    paid: Decimal | None = None  # AMT*D
    not_covered: Decimal | None = None  # AMT*A8
    patient_owes: Decimal | None = None  # AMT*EAF, what it leaves to the patient
    benefits_assigned: str = "Y"  # OI03
    signature_source: str = ""  # OI04
    release: str = "Y"  # OI06
    outpatient: Elements = ()  # MOA with its id, as in a remittance
    date: dt.date | None = None  # 2330B DTP*573, only where no line has one


@value(kw_only=True)
class LineAdjudication:
    """Loop 2430: what another payer decided of a line. Charge = paid + adjustments."""

    payer: str  # SVD01, the id (NM109) of its 2330B
    paid: Decimal  # SVD02
    procedure: Procedure  # SVD03
    units: Decimal  # SVD05
    bundled_into: int = 0  # SVD06, the LX01 of the line it was paid in
    adjustments: tuple[Adjustment, ...] = ()  # CAS
    date: dt.date | None = None  # DTP*573
    patient_owes: Decimal | None = None  # AMT*EAF


@value(kw_only=True)
class ServiceLine:
    """Loop 2400."""

    number: int  # LX01, from 1 for each claim
    procedure: Procedure  # SV101
    charge: Decimal  # SV102
    unit_basis: str = "UN"  # SV103: UN units, MJ minutes
    units: Decimal  # SV104
    place_of_service: str = ""  # SV105, only where it differs from the claim's
    pointers: tuple[int, ...] = ()  # SV107, positions in the claim's diagnoses, from 1
    emergency: str = ""  # SV109
    epsdt: str = ""  # SV111
    family_planning: str = ""  # SV112
    copay_status: str = ""  # SV115
    date: dt.date | None = field(default=None, repr=False)  # DTP*472
    until: dt.date | None = field(default=None, repr=False)  # end of an RD8 range, else = date
    control: str = ""  # REF*6R, at most 30
    dates: tuple[Dated, ...] = ()  # DTP other than 472
    references: tuple[Reference, ...] = ()  # REF other than 6R
    note: str = field(default="", repr=False)  # NTE*ADD
    rendering: Party | None = None  # 2420A
    supervising: Party | None = None  # 2420D
    ordering: Party | None = None  # 2420E
    referring: tuple[Party, ...] = ()  # 2420F
    adjudications: tuple[LineAdjudication, ...] = ()  # 2430, at most 15
    kept: tuple[Kept, ...] = ()


@value(kw_only=True)
class Claim:
    """Loop 2300 with all it hangs under: billing provider, subscriber, patient, payer."""

    control: str  # CLM01 patient control number, ours at most 20
    charge: Decimal  # CLM02
    place_of_service: str  # CLM05-1
    facility_qualifier: str = "B"  # CLM05-2
    frequency: str = FREQUENCY_ORIGINAL  # CLM05-3
    provider_signature: str = "Y"  # CLM06
    assignment: str = "A"  # CLM07: A assigned, B lab only, C not assigned
    benefits_assigned: str = "Y"  # CLM08
    release: str = "Y"  # CLM09
    signature_source: str = ""  # CLM10
    related_causes: tuple[str, ...] = ()  # CLM11-1..3: AA EM OA
    accident_state: str = ""  # CLM11-4
    accident_country: str = ""  # CLM11-5
    special_program: str = ""  # CLM12
    delay_reason: str = ""  # CLM20
    billing: Party  # 2010AA with taxonomy 2000A PRV and REF*EI
    pay_to: Party | None = None  # 2010AB
    subscriber: Subscriber
    patient: Patient | None = None  # None: the patient is the subscriber
    payer: Party  # 2010BB
    diagnoses: tuple[Diagnosis, ...] = ()  # HI, principal first, at most 12
    dates: tuple[Dated, ...] = ()  # DTP 431 454 304 439 ...
    references: tuple[Reference, ...] = ()  # REF G1 F8 9F EA D9 ...
    amount_paid_by_patient: Decimal | None = None  # AMT*F5
    note: str = field(default="", repr=False)  # NTE02
    note_code: str = ""  # NTE01, ADD where empty
    referring: tuple[Party, ...] = ()  # 2310A, at most 2
    rendering: Party | None = None  # 2310B
    facility: Party | None = None  # 2310C
    supervising: Party | None = None  # 2310D
    property_casualty_claim: str = field(default="", repr=False)  # REF*Y4, 2010BA or 2010CA
    others: tuple[OtherPayer, ...] = ()  # 2320, at most 10
    lines: tuple[ServiceLine, ...]
    kept: tuple[Kept, ...] = ()

    def reference(self, qualifier: str) -> str:
        """The claim's reference number of that qualifier, or an empty string."""
        return next((r.value for r in self.references if r.qualifier == qualifier), "")


@value(kw_only=True)
class Submission:
    """One ST of an 837P: who sends it to whom, and its claims."""

    reference: str  # BHT03, comes back in 277CA 2200B TRN02
    created: dt.datetime  # BHT04, BHT05
    purpose: str = "00"  # BHT02: 00 original, 18 reissue
    kind: str = "CH"  # BHT06: CH chargeable, RP reporting
    submitter: Party  # 1000A, with at least one contact
    receiver: Party  # 1000B
    claims: tuple[Claim, ...]
    kept: tuple[Kept, ...] = ()
