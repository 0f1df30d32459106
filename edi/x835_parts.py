"""What the reader of an 835 gathers: the state of a loop, a party, small readings."""

import re
from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Final

from edi.claim import Address, Contact, Elements, Procedure, Reference
from edi.elements import read_date, read_money, read_number
from edi.envelope import Transaction
from edi.problem import declare
from edi.remittance import (
    Adjustment,
    Amount,
    ClaimPayment,
    DateText,
    Name,
    Organisation,
    ProviderAdjustment,
    RemittanceHeader,
    RemittanceTrailer,
    ServicePayment,
)
from edi.shared_segments import read_per, read_ref

Part = RemittanceHeader | ClaimPayment | RemittanceTrailer

ZERO: Final = Decimal(0)
NO_PROCEDURE: Final = Procedure(qualifier="", code="")
SHORT_PAD: Final = [""] * 8
_CACHE: Final = 16_384
PAD: Final = [""] * 24  # put after a segment, so that its elements can be asked for by number

# A procedure whose parts are joined with another sign than ISA16: its qualifier gives it away.
OTHER_SIGN: Final = re.compile(r"(?:AD|ER|HC|HP|IV|N4|N6|NU|UI|WK)([^A-Za-z0-9\s])\w")

declare(
    {
        "remit.component-separator": (
            "A procedure's parts are joined with a sign that the ISA segment does not name.",
            "Nothing: it was read so. Tell the payer.",
        ),
        "remit.amount": (
            "An amount cannot be read as dollars and cents.",
            "Look at the segment and ask the payer; the claim is kept but never posted.",
        ),
        "remit.quantity": (
            "A number of units cannot be read.",
            "Look at the segment and ask the payer; the claim is kept but never posted.",
        ),
        "remit.information": (
            "An amount or number given for information only cannot be read.",
            "Nothing: it is no part of any sum. The segment was kept as it came.",
        ),
        "remit.negative-payment": (
            "The payment is below zero: money owed to the payer is carried forward, never paid.",
            "Ask the payer; what it takes back belongs into PLB (FB), with a payment of 0.00.",
        ),
        "remit.date": (
            "A date cannot be read as a day of the calendar.",
            "Look at the segment; the text was kept as it came.",
        ),
        "remit.units-in-svc06": (
            "A number stands where the submitted procedure goes (SVC06).",
            "Nothing: it was read as the submitted units (SVC07). Tell the payer.",
        ),
    }
)


class Loop:
    """What was read of the current loop; one is used again and again."""

    __slots__ = (
        "adjustments",
        "amounts",
        "contacts",
        "dates",
        "head",
        "longer",
        "names",
        "other",
        "position",
        "quantities",
        "references",
        "remarks",
    )

    def __init__(self) -> None:
        self.head: list[str] = []  # its first segment, padded
        self.position = 0
        self.adjustments: list[Adjustment] = []
        self.amounts: list[Amount] = []
        self.contacts: list[Contact] = []
        self.dates: list[DateText] = []
        self.longer: list[Elements] = []
        self.names: list[Name] = []
        self.other: list[Elements] = []
        self.quantities: list[Amount] = []
        self.references: list[Reference] = []
        self.remarks: list[str] = []


PARTY_LENGTHS: Final = {"N3": 3, "N4": 5, "REF": 4, "PER": 9}


class Party:
    """N1 and what follows it."""

    __slots__ = ("contacts", "head", "known", "n3", "n4", "references")

    def __init__(self, head: list[str], *, known: bool = True) -> None:
        self.head = head
        self.known = known  # the first payer or payee; any other is kept as it came
        self.n3: list[str] = []
        self.n4: list[str] = []
        self.references: list[Reference] = []
        self.contacts: list[Contact] = []

    def take(self, segment: list[str]) -> bool:
        """Take a segment of this party; False where it has no field for it."""
        name = segment[0]
        if not self.known or (name == "N3" and self.n3) or (name == "N4" and self.n4):
            return False
        if name == "N3":
            self.n3 = segment
        elif name == "N4":
            self.n4 = segment
        elif name == "PER":
            self.contacts.append(read_per(segment + PAD))
        else:
            self.references.append(read_ref(segment + PAD))
        return True

    def organisation(self) -> Organisation:
        """The value."""
        address = None
        if self.n3 or self.n4:
            _, line1, line2 = (self.n3 + PAD)[:3]
            _, city, state, code, country = (self.n4 + PAD)[:5]
            address = Address(
                line1=line1, line2=line2, city=city, state=state, zip=code, country=country
            )
        return Organisation(
            role=self.head[1],
            name=self.head[2],
            id_qualifier=self.head[3],
            id=self.head[4],
            address=address,
            references=tuple(self.references),
            contacts=tuple(self.contacts),
        )


def remarks_of(segment: Sequence[str]) -> list[str]:
    """The remark codes of an MOA (03-07) or MIA (05, 20-23) segment; none of an empty one."""
    if not segment:
        return []
    places = (3, 4, 5, 6, 7) if segment[0] == "MOA" else (5, 20, 21, 22, 23)
    return [segment[at] for at in places if at < len(segment) and segment[at]]


# Most dates, procedures and amounts of a file occur again and again; values may be shared.


@lru_cache(_CACHE)
def date_text(qualifier: str, text: str) -> DateText:
    """DTM01 and DTM02."""
    return DateText(qualifier=qualifier, text=text, date=read_date(text))


@lru_cache(_CACHE)
def one_adjustment(group: str, reason: str, text: str) -> Adjustment | None:
    """A CAS of one triplet without a quantity, or None where its amount does not read at once."""
    amount = read_money(text)
    return None if amount is None else Adjustment(group=group, reason=reason, amount=amount)


@lru_cache(_CACHE)
def information(qualifier: str, text: str) -> Amount | None:
    """AMT or QTY, or None where the number cannot be read."""
    amount = read_number(text)
    return None if amount is None else Amount(qualifier=qualifier, amount=amount)


@lru_cache(_CACHE)
def procedure(text: str, mark: str) -> Procedure | None:
    """A procedure composite of two to seven parts, else None."""
    parts = text.split(mark) if mark else [text]
    if not 2 <= len(parts) <= 7:
        return None
    modifiers = tuple(part for part in parts[2:6] if part)
    description = parts[6] if len(parts) > 6 else ""
    return Procedure(
        qualifier=parts[0], code=parts[1], modifiers=modifiers, description=description
    )


def is_count(text: str) -> bool:
    """Whether SVC06 holds units and no procedure: a number that is no five-digit code."""
    return read_number(text) is not None and (len(text) < 5 or "." in text)


def lenient(text: str) -> Decimal | None:
    """Dollars with spaces around them or with zeros beyond the cents."""
    amount = read_number(text.strip())
    if amount is None or amount != amount.quantize(Decimal("0.01")):
        return None
    return amount.quantize(Decimal("0.01"))


def trimmed(segment: list[str]) -> list[str]:
    """A padded segment without its empty end."""
    end = len(segment)
    while end > 1 and not segment[end - 1]:
        end -= 1
    return segment[:end]


class Reading:
    """The state of reading one transaction, and what to do where it goes wrong."""

    __slots__ = (
        "claim",
        "claim_other",
        "component",
        "faults",
        "group_number",
        "header_faults",
        "inpatient",
        "line",
        "lines",
        "loop",
        "organisations",
        "outpatient",
        "position",
        "provider_adjustments",
        "ready",
        "segments",
        "top",
        "trailer",
        "trailer_faults",
        "transaction",
    )

    def __init__(self, transaction: Transaction) -> None:
        self.transaction = transaction
        self.component = transaction.separators.component
        self.position = 0
        self.ready: list[Part] = []  # complete, to be handed out
        self.top = Loop()  # the header
        self.segments: dict[str, list[str]] = {}  # ST, BPR, TRN
        self.organisations: list[Party] = []
        self.header_faults: list[str] = []
        self.group_number = ""
        self.claim_other: list[Elements] = []  # TS2, TS3 before the first claim of their LX
        self.claim: Loop | None = None
        self.line: Loop | None = None
        self.loop = self.top
        self.lines: list[ServicePayment] = []
        self.outpatient: Elements = ()
        self.inpatient: Elements = ()
        self.faults: list[str] = []
        self.trailer = Loop()
        self.trailer_faults: list[str] = []
        self.provider_adjustments: list[ProviderAdjustment] = []

    # -- what goes wrong

    def raw(self, segment: Sequence[str]) -> Elements:
        """The segment as it came, components joined with ``:`` whatever the file used."""
        mark = self.component
        if mark in ("", ":"):
            return tuple(segment)
        return tuple(element.replace(mark, ":") for element in segment)

    def keep(self, segment: Sequence[str]) -> None:
        """Keep a segment that says more than the fields of its value hold."""
        self.loop.longer.append(self.raw(segment))

    def tell(self, code: str, element: str, value: str, words: str, level: str = "error") -> None:
        """Add a Problem at the current segment."""
        claim = self.claim.head[1] if self.claim is not None else ""
        self.transaction.tell(
            code,
            f"{element} {words}",
            "IK403:6" if level == "error" else "",
            level=level,
            segment=self.position,
            element=element,
            claim=claim,
            value=value,
        )

    def money(self, text: str, element: str) -> Decimal:
        """Dollars; where they cannot be read a fault is noted and zero stands for them."""
        amount = read_money(text)
        return self.rough_money(text, element) if amount is None else amount

    def rough_money(self, text: str, element: str) -> Decimal:
        """The same for what ``money`` could not read at once."""
        amount = lenient(text)
        if amount is not None:
            return amount
        self.fault(element)
        self.tell("remit.amount", element, text, "is no amount in dollars and cents.")
        return ZERO

    def units(self, text: str, element: str) -> Decimal | None:
        """A quantity, None where there is none."""
        if not text:
            return None
        quantity = read_number(text)
        if quantity is None:
            quantity = read_number(text.strip())
        if quantity is None:
            self.fault(element)
            self.tell("remit.quantity", element, text, "is no number of units.")
        return quantity

    def fault(self, element: str) -> None:
        """Note that an element could not be read, where its owner will carry it."""
        if self.claim is not None:
            self.faults.append(element)
        elif self.loop is self.top:
            self.header_faults.append(element)
        else:
            self.trailer_faults.append(element)

    def submitted(self, text: str, units: str) -> tuple[Procedure | None, Decimal | None]:
        """SVC06 and SVC07; a bare number in SVC06 is taken as units, as some payers mean it."""
        if text and not units and is_count(text):
            words = "is a number where the submitted procedure goes; it was read as units."
            self.tell("remit.units-in-svc06", "SVC06", text, words, "warning")
            text, units = "", text
        found = procedure(text, self.component) or self.odd_procedure(text) if text else None
        return found, self.units(units, "SVC07")

    def odd_procedure(self, text: str) -> Procedure:
        """A composite that does not read at once: too long, or of one part."""
        mark = self.component
        parts = text.split(mark) if mark else [text]
        if len(parts) == 1:
            return self.lone(text)
        self.keep(trimmed(self.loop.head))
        return procedure(mark.join(parts[:7]), mark) or NO_PROCEDURE

    def lone(self, text: str) -> Procedure:
        """A composite of one part: a bare code, or one joined with a sign the ISA does not name."""
        other = OTHER_SIGN.match(text)
        if other is None:
            return Procedure(qualifier="", code=text) if text else NO_PROCEDURE
        words = "uses a component separator that the ISA does not name; it was read so."
        self.tell("remit.component-separator", "SVC01", text, words, "warning")
        qualifier, code, *rest = text.split(other[1])
        modifiers = tuple(part for part in rest[:4] if part)
        return Procedure(qualifier=qualifier, code=code, modifiers=modifiers)
