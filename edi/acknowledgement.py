"""What a receiver says of what we sent, before any money: TA1, 999, 997 and 277CA in one shape.

An acknowledgement is one TA1 segment or one transaction; it speaks of things (``Acknowledged``) at
six levels. A rejected file, a rejected transaction (with it all its claims), a partly accepted
file and a rejected claim are different things. No verdict here is a decision about payment.

What is said of a whole is said of its parts, where they are not spoken of themselves: a 999 may
leave its AK2 loops out (AK9 speaks for every transaction of the group); a 277CA that rejects the
batch (HL 21) or a billing provider (HL 19) and has nothing below rejects every claim of it. The
reader does not spell that out; the ledger, which knows what was sent, does.

Sources: ASC X12 005010X231A1 (999), 005010X214 (277CA), TA1 of the interchange control structure.
"""

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal
from typing import TYPE_CHECKING, Final, Literal

from attrs import evolve, field, frozen

from edi.problem import declare

if TYPE_CHECKING:
    from attrs import frozen as value
else:
    from attrs import define as value

Kind = Literal["TA1", "999", "997", "277CA", "report", "hand"]
Level = Literal[
    "interchange",  # TA1
    "group",  # 999, 997: AK9
    "transaction",  # 999, 997: IK5; 277CA: HL 21, the batch by its BHT03
    "provider",  # 277CA: HL 19, all claims of this billing provider in the batch
    "claim",
    "line",
]
Verdict = Literal[
    "accepted",  # TA104 A, IK501/AK901 A, 277CA A2 (and A5, split)
    "accepted with errors",  # TA104 E, IK501/AK901 E: do not send again
    "partly accepted",  # AK901 P; 277CA batch with both QTY*90 and QTY*AA
    "received",  # 277CA A1: arrived, not yet accepted
    "forwarded",  # 277CA A0
    "rejected",  # TA104 R; IK501/AK901 R, M, W, X; STC03 U or 277CA A3, A4, A6, A7, A8
    "other",  # a category that does not belong into a 277CA (F, P, R) or is not known
]
Source = Literal["translator", "clearinghouse", "payer", "person"]

NOT_REFUSED: Final = frozenset(
    {"accepted", "accepted with errors", "partly accepted", "received", "forwarded"}
)
CODE_LISTS: Final = (
    "TA105", "IK304", "IK403", "IK502", "AK905", "STC",
)  # fmt: skip
# AK3, AK4 and AK5 of a 997 are given as IK304, IK403 and IK502: their codes have one meaning.


@value(kw_only=True)
class Status:
    """One code an acknowledgement gives, as it came. ``STC`` codes are ``category:status``.

    ``position`` and ``loop`` (IK302, IK303) locate a segment of ours where no claim is named.
    """

    list: str  # one of CODE_LISTS
    code: str  # "A7:562", "5", "025"
    entity: str = ""  # STC01-3: 85 billing provider, IL subscriber, QC patient, 82 rendering ...
    segment: str = ""  # IK301: "NM1"
    position: int = 0  # IK302: of that segment in our transaction, ST = 1; 0 where not said
    loop: str = ""  # IK303: "2010BA"
    element: str = ""  # IK401: "NM109", "CLM05-1"
    trigger: str = ""  # CTX: the place of ours that made it required: "CLM05-3 in segment 43"
    value: str = field(default="", repr=False)  # IK404, the bad value: may be patient data


@value(kw_only=True)
class Acknowledged:
    """What is said of one thing.

    ``numbers`` name it as it came, outermost first, empty where not said: interchange (ISA13),
    group (GS06), transaction (ST02, or BHT03 in a 277CA), claim (CLM01), line (REF*FJ, our 6R).
    """

    level: Level
    verdict: Verdict
    interchange: str = ""  # ISA13 of ours: TA101
    group: str = ""  # GS06 of ours: AK102
    made: str = ""  # of our interchange: TA102 and TA103, "260303 0800"
    # GS02, GS03 of a 999 or 997, where they are not ISA06 and ISA08 of it
    parties: tuple[str, ...] = ()
    functional_id: str = ""  # GS01 of ours: AK101, HC for claims
    transaction: str = ""  # ST02 of ours: AK202
    batch: str = ""  # BHT03 of ours: 277CA 2200B TRN02
    provider: str = ""  # NPI of the billing provider: 277CA 2100C NM109
    claim: str = ""  # CLM01: 277CA 2200D TRN02; CTX of a 999
    line: str = ""  # REF*6R of ours: 277CA REF*FJ
    procedure: str = ""  # SVC01 of a line: "HC:97530:GP"
    statuses: tuple[Status, ...] = ()
    text: str = field(default="", repr=False)  # STC12
    payer_control: str = ""  # REF*1K: to equal CLP07 later (RFI 1808)
    clearinghouse_control: str = ""  # REF*D9: only where we sent one
    date: dt.date | None = None  # STC02
    service_date: dt.date | None = field(default=None, repr=False)  # DTP*472
    amount: Decimal | None = None  # STC04; dollars
    accepted_amount: Decimal | None = None  # of a batch or provider: AMT*YU
    rejected_amount: Decimal | None = None  # AMT*YY
    claims: int | None = None  # of a batch or provider: how many; of a group: transactions, AK902
    accepted: int | None = None  # of them: AK904, QTY*90, QTY*QA
    rejected: int | None = None  # AK903 less AK904, QTY*AA, QTY*QC
    # of a part accepted group: what holds for the transactions of it that are not named, where
    # its counts say so; None where they do not, or all are named
    rest: Verdict | None = None
    position: int = 0  # of its segment in the transaction, ST = 1; 0 for a TA1


@frozen(kw_only=True)
class Acknowledgement:
    """One TA1, or one transaction of a 999, 997 or 277CA.

    The streaming readers give it first, with no things and ``complete`` not yet known to be false.
    """

    kind: Kind
    source: Source  # TA1, 999, 997: translator; 277CA: 2100A AY clearinghouse, PR payer
    source_name: str = ""
    source_id: str = ""
    control: str = ""  # ST02 of the acknowledgement, empty for a TA1
    reference: str = ""  # BHT03; TRN02 of 2200A
    # TA1: of our interchange (TA102); 999, 997: it was made (GS04); 277CA: our file was received
    # there (DTP*050), else it was made (BHT04)
    date: dt.date | None = None
    processed: dt.date | None = None  # 277CA: DTP*009
    things: tuple[Acknowledged, ...] = ()
    complete: bool = True  # SE is there and its count and number are right


Part = Acknowledgement | Acknowledged  # what the streaming readers give: the first, then things

declare(
    {
        "ack.verdict": (
            "An acknowledgement's answer is none of the codes of its list.",
            "Look at the segment; nothing was taken as accepted or rejected. Ask the sender.",
        ),
    }
)


def whole(parts: Iterable[Part]) -> Acknowledgement:
    """The parts of one stream put together.

    Raises:
        TypeError: where the first part is not the acknowledgement.
    """
    head, *things = parts
    if not isinstance(head, Acknowledgement):
        raise TypeError("a stream of parts begins with its acknowledgement")
    kept = tuple(thing for thing in things if isinstance(thing, Acknowledged))
    return evolve(head, things=kept)
