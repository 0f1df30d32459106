"""What goes into the ledger and comes out of it, beside the values of ``reconcile.values``.

Fields that may hold patient data never appear in a repr.
"""

import datetime as dt
from decimal import Decimal
from typing import Literal

from attrs import field, frozen

from edi.problem import Problem
from edi.remittance import ClaimPayment
from reconcile.lifecycle_values import Chapter, Stand
from reconcile.plb import Receivable
from reconcile.values import Adjudication, ClaimMatch, Neighbour, SentClaim, SentLine

Usage = Literal["T", "P"]


@frozen(kw_only=True)
class Run:
    """One start of a command. ``started`` has a time zone; the clock is the caller's."""

    command: str
    version: str
    started: dt.datetime
    user: str = ""


@frozen(kw_only=True)
class SentRecord:
    """A claim with all the ledger keeps of it beyond what the matchers need."""

    claim: SentClaim
    transaction: str  # ST02
    position: int = 0  # of the CLM in its transaction, ST = 1
    visits: tuple[tuple[str, str], ...] = field(default=(), repr=False)  # (visit id, digest)
    discipline: str = ""
    payer_name: str = ""
    patient_id: str = field(default="", repr=False)  # the practice's own
    patient_name: str = field(default="", repr=False)
    patient_birth: str = field(default="", repr=False)  # CCYY-MM-DD
    decisions: str = field(default="", repr=False)  # JSON, opaque to the ledger
    rendering_npi: str = ""
    location: str = ""  # key in the practice file, for reports


@frozen(kw_only=True)
class SentFile:
    """A file of claims, complete, before it is written to the outbox."""

    data: bytes = field(repr=False)
    name: str  # in the outbox; no patient data
    usage: Usage
    sender: str
    receiver: str
    interchange_control: int
    profile: str = ""  # by which it is to be delivered; empty: a person sends it


@frozen(kw_only=True)
class StoredFile:
    """Bytes that the ledger keeps."""

    id: int
    digest: str  # SHA-256, hexadecimal
    name: str
    kind: str  # 835, 837P, 999, 277CA, TA1, mixed, other
    direction: str  # in: received; out: made by us
    size: int  # bytes
    recorded_at: str


@frozen(kw_only=True)
class KnownVisit:
    """What the ledger knows of a visit id: billed (then with claim and file), or held."""

    visit: str = field(repr=False)
    digest: str  # of the content it was last billed or held with
    state: Literal["billed", "held", "released", "overridden"]
    claims: tuple[str, ...] = ()  # control numbers
    file: str = ""  # name of the file it was billed in
    recorded_at: str = ""


@frozen(kw_only=True)
class HeldRecord:
    """A claim that was not billed, and why. ``reasons`` hold no patient data."""

    claim: str  # the draft's key: the same visits give the same key
    digest: str = ""  # of its content
    reasons: tuple[tuple[str, str], ...]  # (problem code, message)
    visits: tuple[tuple[str, str], ...] = field(default=(), repr=False)  # (visit id, digest)
    payer: str = ""
    patient: str = field(default="", repr=False)  # opaque key
    patient_name: str = field(default="", repr=False)
    discipline: str = ""
    date: dt.date = field(repr=False)
    charge: Decimal
    detail: str = field(default="", repr=False)  # JSON, opaque to the ledger
    id: int = 0  # given by the ledger
    state: str = "held"  # held, released, overridden, billed, replaced
    recorded_at: str = ""  # given by the ledger


@frozen(kw_only=True)
class Decision:
    """What a person decided; a fact like any other."""

    kind: str  # release, override, match ...
    subject: str  # the held claim's key, a control number ...
    user: str
    reason: str
    detail: str = ""  # JSON
    recorded_at: str = ""


@frozen(kw_only=True)
class BilledService:
    """A line of such a claim."""

    code: str
    modifiers: tuple[str, ...]
    units: Decimal
    charge: Decimal
    evidence: tuple[str, ...]


@frozen(kw_only=True)
class Billed:
    """A claim already billed for a patient on a day: what mapping needs of the past.

    ``stands`` false: a later claim of its family took its place, or took it back.
    """

    claim: str
    patient: str = field(repr=False)
    date: dt.date = field(repr=False)
    payer: str
    billing_npi: str
    discipline: str
    stands: bool
    lines: tuple[BilledService, ...]

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of its lines, in their order."""
        return tuple(line.code for line in self.lines)


@frozen(kw_only=True)
class Found:
    """What an identifier is, and the claims it leads to."""

    kind: str  # "patient control number", "line control number", "payer claim number" ...
    families: tuple[str, ...] = ()  # see ``Ledger.story``
    payments: tuple[int, ...] = ()  # numbers of payments (``Payment.id``)
    usage: Usage


@frozen(kw_only=True)
class UnpostedClaim:
    """A claim payment, or lines of one, that stand on no sent line."""

    id: str  # of the adjudication it would be
    state: str  # unmatched, aside, not posted, posted (then some of its lines are left)
    match: ClaimMatch  # without a claim; its candidates and why
    payment: ClaimPayment = field(repr=False)
    payer: str  # name in the 835
    trace: str  # TRN02
    date: dt.date  # of the payment
    file: str


@frozen(kw_only=True)
class Payment:
    """One ST of an 835 as the ledger keeps it."""

    id: int
    file: str
    transaction: str  # ST02
    trace: str  # TRN02
    originator: str  # TRN03
    payer: str
    payer_ids: tuple[str, ...]
    method: str  # BPR04
    paid: Decimal  # BPR02
    date: dt.date
    usage: Usage
    claims: int
    claims_paid: Decimal | None  # sum of CLP04
    provider_adjusted: Decimal | None  # sum of PLB amounts
    difference: Decimal | None  # claims_paid - provider_adjusted - paid; None where not posted
    state: str  # posted, duplicate, incomplete, aside, pending
    why: str
    recorded_at: str


@frozen(kw_only=True)
class Received:
    """A sent claim and all that came back for it so far, in order of payment date."""

    claim: SentClaim
    adjudications: tuple[Adjudication, ...]
    neighbours: tuple[Neighbour, ...] = ()  # codes of other claims of the patient's day
    usage: Usage
    payer_name: str = ""
    file: str = ""  # it was sent in
    visits: tuple[str, ...] = field(default=(), repr=False)  # it was billed for
    decisions: str = field(default="", repr=False)  # JSON, where they name a further coverage


@frozen(kw_only=True)
class ClaimStory:
    """One claim as it was sent and all that came back for it, in order of payment date."""

    sent: SentRecord
    usage: Usage
    origin: str  # billed, adopted
    file: str
    file_digest: str
    recorded_at: str
    adjudications: tuple[Adjudication, ...]
    payments: tuple[Payment, ...]  # those of the adjudications, by trace number
    neighbours: tuple[tuple[str, SentLine], ...]  # (claim, line) of the patient on these days
    provider_adjustments: tuple[Receivable, ...] = ()  # of the book, whose reference names it
    stand: Stand | None = None  # where it is in its life
    history: tuple[Chapter, ...] = ()  # how it came there

    @property
    def was_sent(self) -> bool:
        """Whether it left: it was not taken back before."""
        return self.stand is None or self.stand.event != "taken back"


@frozen(kw_only=True)
class KeptProblem:
    """A problem with the file it was found in."""

    file: str
    problem: Problem
