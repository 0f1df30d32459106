"""What was sent, what came back for it, and the books of a line: the words ``reconcile`` speaks.

Pure values. Money is ``Decimal`` dollars. Nothing here holds a patient's name; member ids never
appear in a repr. The ledger hands ``SentClaim`` values to the matchers and stores what they say.
"""

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Final, Literal

from attrs import field, frozen

from edi.claim import Reference
from edi.remittance import Adjustment

if TYPE_CHECKING:
    from attrs import frozen as value
else:
    from attrs import define as value

LineStatus = Literal[
    "paid", "denied", "reduced", "reversed", "unmatched", "open", "replaced", "voided", "elsewhere"
]
PostingKind = Literal["paid", "adjustment", "not explained"]
ZERO: Final = Decimal("0.00")


@value(kw_only=True)
class SentLine:
    """One service line as it was sent (837P loop 2400)."""

    control: str  # REF*6R
    number: int  # LX01
    code: str
    modifiers: tuple[str, ...]
    charge: Decimal
    units: Decimal
    date: dt.date = field(repr=False)
    until: dt.date = field(repr=False)
    evidence: tuple[str, ...] = ()  # what the visit showed: "times 09:16-09:24", no patient data
    expected: Decimal | None = None  # payment expected from the payer; None: not known
    expected_allowed: Decimal | None = None  # what it should allow; None: not known
    terms: str = ""  # how these were worked out, or why not: ``edi.expected.of_text``


@value(kw_only=True)
class Neighbour:
    """What the rules ask of the other lines of a patient's day: which code, on which day."""

    code: str
    date: dt.date = field(repr=False)


@frozen(kw_only=True)
class EarlierAnswer:
    """An answer that stands on a claim, as a reversal of it would name it."""

    payer_control: str  # CLP07
    charge: Decimal
    paid: Decimal


@value(kw_only=True)
class SentClaim:
    """One claim as it was sent, with what the matchers confirm a weak match by."""

    control: str  # CLM01
    family: str  # CLM01 of the original; its own for an original
    frequency: str = "1"
    payer: str  # key of the payer in the practice file, or its 2010BB id for an adopted 837P
    payer_id: str = ""  # 2010BB NM109
    payer_rank: str = "P"  # SBR01
    member_id: str = field(default="", repr=False)
    patient: str = field(default="", repr=False)  # opaque key: same patient, same key
    billing_npi: str = ""
    charge: Decimal
    date: dt.date = field(repr=False)
    until: dt.date = field(repr=False)
    collected: Decimal = Decimal("0.00")  # paid by the patient at the visit
    references: tuple[Reference, ...] = ()  # G1, 9F, F8 as sent
    payer_controls: tuple[str, ...] = field(default=(), repr=False)  # CLP07 and 1K seen so far
    answered: tuple[EarlierAnswer, ...] = ()  # looked up where a reversal names no number of ours
    replaced_by: str = ""  # CLM01 of a replacement that the payer decided
    voided_by: str = ""  # CLM01 of a void that was sent for it
    follows: str = ""  # to a second payer: CLM01 of the claim on whose lines its answers stand
    lines: tuple[SentLine, ...]


@value(kw_only=True)
class LineShare:
    """What one adjudication says of one sent line. ``charge == paid + sum(adjustments)``.

    ``charge`` is the sent line's charge, negative in a reversal; for a merged or split line the
    amounts are this line's share. ``method`` names the matcher. Where the payer's own line does not
    balance, the rest is ``not_explained`` and belongs to the sum.
    """

    line: str  # SentLine.control
    method: str
    code: str  # adjudicated code (SVC01)
    modifiers: tuple[str, ...]
    charge: Decimal
    paid: Decimal
    units: Decimal | None  # paid units
    adjustments: tuple[Adjustment, ...]
    remarks: tuple[str, ...]  # RARCs of the line; the claim's are in Adjudication.remarks
    allowed: Decimal | None = None  # AMT*B6
    bundled_into: str = ""  # control of the line that was paid in its place (RFI 2320, 2551)
    number: int = 0  # SentLine.number
    not_explained: Decimal = ZERO  # where the payer's line does not balance
    of_claim: tuple[Adjustment, ...] = ()  # this line's part of the claim's own CAS, in the above


@value(kw_only=True)
class UnmatchedLine:
    """A paid line (SVC) that fits no sent line for certain; its money stays on the claim."""

    position: int  # of the SVC in its transaction
    code: str  # as submitted where the payer says so, else as adjudicated
    modifiers: tuple[str, ...]
    date: dt.date | None = field(repr=False)
    charge: Decimal
    paid: Decimal
    units: Decimal | None
    adjustments: tuple[Adjustment, ...]
    remarks: tuple[str, ...]
    candidates: tuple[str, ...]  # SentLine.control of lines it could be
    why: str
    not_explained: Decimal = ZERO


@value(kw_only=True)
class Adjudication:
    """One claim payment (CLP) matched to one sent claim."""

    id: str  # unique in the ledger; stable whatever the order of receipt
    claim: str  # SentClaim.control
    method: str  # how the claim was matched
    payer: str  # who paid: SentClaim.payer, or the remittance's payer id for another payer
    rank: Literal["P", "S", "T"]  # from CLP02: 1/19 primary, 2/20 secondary, 3/21 tertiary
    status: str  # CLP02
    payer_control: str  # CLP07
    trace: str  # TRN02
    date: dt.date  # BPR16, the payment date
    charge: Decimal
    paid: Decimal
    remarks: tuple[str, ...]  # MOA and MIA
    crossover: bool = False  # forwarded: CLP02 19-21, or MA18, N89, MA07
    lines: tuple[LineShare, ...]
    unmatched: tuple[UnmatchedLine, ...] = ()
    difference: Decimal = ZERO  # CLP04 minus what its lines were paid: kept on the claim
    position: int = 0  # of the CLP in its transaction: order within one payment
    notes: tuple[str, ...] = ()  # what a person should know of how the amounts were read

    @property
    def is_reversal(self) -> bool:
        """CLP02 22."""
        return self.status == "22"


@value(kw_only=True)
class ClaimMatch:
    """The sent claim a payment belongs to, or None with the claims it could be."""

    claim: SentClaim | None
    method: str  # one of ``reconcile.match.CLAIM_METHODS``, empty where unmatched
    candidates: tuple[str, ...] = ()  # SentClaim.control, sorted; empty where matched
    why: str = ""  # why unmatched


@value(kw_only=True)
class Posting:
    """One amount of one adjudication. All of an adjudication's postings sum to CLP03."""

    claim: str  # SentClaim.control
    line: str  # SentLine.control; empty for what stays on the claim
    payer: str
    adjudication: str  # Adjudication.id
    kind: PostingKind  # the paid ones of an adjudication sum to CLP04
    group: str  # CAS01, empty for paid
    reason: str  # CARC, empty for paid
    cents: int


@frozen(kw_only=True)
class Twice:
    """What of a line stands in its books only by an answer that a newer one corrects, in dollars.

    Its reversal has not come. In the same parts of ``LineBooks``; what was paid is money and is
    not here.
    """

    denied: Decimal = ZERO
    patient: Decimal = ZERO
    contractual: Decimal = ZERO


@frozen(kw_only=True)
class LineBooks:
    """Where one sent line stands, after everything received, whatever the order of arrival.

    ``charge == paid + contractual + patient + denied + transferred + other + open
    + not_explained``. ``prior_payer`` restates what others paid and moves nothing.
    """

    line: str  # SentLine.control
    status: LineStatus
    charge: Decimal
    paid: Decimal = ZERO  # by all payers
    contractual: Decimal = ZERO
    patient: Decimal = ZERO  # left to the patient; the newest payer in turn decides
    denied: Decimal = ZERO
    transferred: Decimal = ZERO  # moved between lines of the claim by bundling, sums to zero
    other: Decimal = ZERO  # neither contractual nor the patient's: pending, QMB, on a replacement
    prior_payer: Decimal = ZERO  # OA-23 of a secondary payer
    open: Decimal = ZERO  # not decided by the payer; negative: decided twice
    not_explained: Decimal = ZERO
    patient_credit: Decimal = ZERO  # collected at the visit and not owed
    flags: tuple[str, ...] = ()
    twice: Twice = Twice()
    current: LineShare | None = None  # the share that decides the status
    decided_by: Adjudication | None = field(default=None, repr=False)


@frozen(kw_only=True)
class Finding:
    """What a denied or reduced line means and what to do about it."""

    category: str
    cause: str
    next_step: str
    never: tuple[str, ...] = ()
    who: str = "billing"  # billing, front desk, clinician, payer call, patient
    deadline: dt.date | None = None
    deadline_for: str = ""  # first appeal, reopening, corrected claim, new claim
    deadline_source: str = ""  # what it is for and who says so; empty where there is no deadline
    or_deadline: dt.date | None = None  # of the other road, where the next step names two
    or_deadline_for: str = ""
    or_deadline_source: str = ""
    or_road: str = ""
    road: str = ""  # what the next step is: appeal, reopening, corrected, filing; or none of them
    confidence: str = "low"  # high, medium, low
    row: str = ""  # key of the row of the denial table that decided
    table: str = ""  # name and date of that table


@frozen(kw_only=True)
class PayerFacts:
    """What a payer allows, as ``claimline`` reads it from policy. None or empty: not known."""

    key: str
    name: str
    family: str  # medicare-b, medicare-advantage, medicaid, commercial, bcbs, workers-comp, ...
    appeal1_days: int | None = None  # first appeal, counted from the remittance date
    appeal1_source: str = ""
    reopening_days: int | None = None
    corrected_claim_days: int | None = None
    timely_filing_days: int | None = None  # of a new claim, counted from the day of service
    takes_replacement: bool | None = None  # frequency 7
    takes_new_claim: bool | None = None  # for what was decided and not paid
    takes_void: bool | None = None  # frequency 8
    appeal1_from: str = "remittance"  # or "receipt of the remittance", "day of service"
    reopening_from: str = "remittance"
    corrected_claim_from: str = "remittance"
    secondary_filing_days: int | None = None
    secondary_filing_from: str = "primary's remittance"  # or "day of service"
    payment_basis: str = "by line"  # per visit, per diem, case rate, capitation
    payer_id: str = ""  # 2010BB NM109
    # Of days of service the basis that is not by line: first day, last day (or empty), basis.
    payment_bases: tuple[tuple[str, str, str], ...] = ()
    secondary_co45: str | None = None  # as a secondary: restates, adjusts
    qmb_billing: str | None = None  # Medicaid for a QMB: forwarded, bill, never
    crossover_wait_days: int | None = None  # working days
