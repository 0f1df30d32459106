"""277CA to values, tolerant: what a clearinghouse or payer says of claims before any payment.

The acknowledgement comes out first, then the batch (HL 21), a billing provider (HL 19), each claim
and line as soon as it is complete, so that one of 100,000 claims stays flat in memory. Guide:
005010X214; categories that do not belong into it (RFI 1942) are kept and are no verdict.
"""

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from edi.acknowledgement import (
    Acknowledged,
    Acknowledgement,
    Level,
    Part,
    Source,
    Status,
    Verdict,
)
from edi.acknowledgement_walk import walked
from edi.elements import read_date, read_date_range, read_money, read_number
from edi.envelope import Transaction
from edi.problem import declare

if TYPE_CHECKING:
    import datetime as dt

_PAD: Final = [""] * 16
_REJECTS: Final = frozenset({"A3", "A4", "A6", "A7", "A8"})
_VERDICTS: Final[Mapping[str, Verdict]] = {
    "A0": "forwarded",
    "A1": "received",
    "A2": "accepted",
    "A5": "accepted",  # split on acceptance
    **dict.fromkeys(sorted(_REJECTS), "rejected"),
}
_FOREIGN: Final = frozenset("FPR")  # finalized, pending, requests: a status answer's, not ours
_STRENGTH: Final[tuple[Verdict, ...]] = ("other", "forwarded", "received", "accepted", "rejected")
_LEVELS: Final[Mapping[str, Level]] = {"21": "transaction", "19": "provider"}
_ABOVE: Final = frozenset({"20", "21", "19"})  # below these stand claims: PT; 22 and 23 elsewhere
_KNOWN: Final = 4096

declare(
    {
        "ack.category": (
            "A 277CA gives a status category that does not belong into it.",
            "It was kept and decides nothing: a payment is decided by the remittance alone.",
        ),
        "ack.action-differs": (
            "A 277CA says accepted (STC03 WQ) and gives a category that rejects, or the reverse.",
            "It was taken as rejected. Ask the sender before the claim is sent again.",
        ),
        "ack.no-claim-number": (
            "A 277CA speaks of a claim and does not give its number (TRN02 after TRN01 2).",
            "Look at the segment: it cannot be joined to a claim by itself.",
        ),
        "ack.no-status": (
            "A 277CA names a claim and gives no status of it (STC).",
            "Nothing was taken as accepted or rejected. Ask the sender.",
        ),
        "ack.amount": (
            "An amount or a count of an acknowledgement cannot be read.",
            "Nothing: it is for information and was left out.",
        ),
        "ack.date": (
            "A date of an acknowledgement cannot be read as a day of the calendar.",
            "Look at the segment; it was left out.",
        ),
    }
)


class _Thing:
    """What was read of the batch, provider, claim or line at hand."""

    __slots__ = (
        "amount",
        "amounts",
        "counts",
        "date",
        "level",
        "position",
        "procedure",
        "references",
        "service_date",
        "statuses",
        "text",
        "verdict",
    )

    def __init__(self, level: Level, position: int) -> None:
        self.level = level
        self.position = position
        self.verdict: Verdict | None = None
        self.statuses: tuple[Status, ...] = ()
        self.text = ""
        self.date: dt.date | None = None
        self.service_date: dt.date | None = None
        self.amount: Decimal | None = None
        self.amounts: dict[str, Decimal] = {}
        self.counts: dict[str, int] = {}
        self.references: dict[str, str] = {}
        self.procedure = ""


class Reader:
    """Reads one transaction: a small function per segment."""

    def __init__(self, transaction: Transaction) -> None:
        self.transaction = transaction
        self.component = transaction.separators.component
        self.ready: list[Part] = []
        self.position = 0
        self.hl = ""  # HL03 of the level at hand
        self.bht = self.name = _PAD
        self.trace = ""  # TRN02 of 2200A
        self.received: str = ""
        self.processed: str = ""
        self.headed = False
        self.batch = self.provider = self.claim = ""
        self.thing: _Thing | None = None
        self.status_of = lru_cache(_KNOWN)(self._statuses)  # few occur, and often

    def parts(self) -> Iterator[Part]:
        """The acknowledgement without its things, then each thing when it is complete."""
        yield from walked(self, _HANDLERS, self.ready, _PAD)
        self._end()
        self._head()
        yield from self.ready

    def _tell(self, code: str, words: str, element: str = "", value: str = "") -> None:
        self.transaction.tell(
            code, words, segment=self.position, element=element, value=value, level="warning"
        )

    # -- segments

    def first_bht(self, segment: list[str]) -> None:
        """BHT: the sender's own reference."""
        self.bht = segment

    def level(self, segment: list[str]) -> None:
        """HL: source, receiver, provider or patient."""
        self._end()
        self.hl = segment[3].strip()
        if self.hl != "20":
            self._head()
        if self.hl == "21":
            self.batch = self.provider = self.claim = ""
        elif self.hl == "19":
            self.provider = self.claim = ""
        else:
            self.claim = ""
        if self.hl in _LEVELS:
            self.thing = _Thing(_LEVELS[self.hl], self.position)

    def nm1(self, segment: list[str]) -> None:
        """NM1: who answers, and the billing provider. Names of patients are not read."""
        if self.hl == "20" and not self.headed:
            self.name = segment
        elif self.hl == "19":
            self.provider = segment[9].strip()

    def trn(self, segment: list[str]) -> None:
        """TRN: the sender's trace, our batch (BHT03), our claim (CLM01)."""
        value = segment[2].strip()
        if self.hl == "20":
            self.trace = value
        elif self.hl == "21":
            self.batch = value
        elif self._has_claims:
            self._end()
            self.claim = value
            self.thing = _Thing("claim", self.position)
            if not value:
                self._tell("ack.no-claim-number", "TRN02 is empty: which claim?", "TRN02")

    def stc(self, segment: list[str]) -> None:
        """STC: a status; several may stand for one thing, one that rejects counts."""
        thing = self.thing
        if thing is None:
            if not self._has_claims:
                return
            self._tell("ack.no-claim-number", "A status stands before any claim number (TRN).")
            thing = self.thing = _Thing("claim", self.position)
        codes = (segment[1], segment[10], segment[11])
        thing.statuses += self.status_of(codes)
        verdict = self._verdict(segment[3].strip().upper(), codes)
        if thing.verdict is None or _STRENGTH.index(verdict) > _STRENGTH.index(thing.verdict):
            thing.verdict = verdict
        if segment[2]:
            thing.date = read_date(segment[2].strip())
            if thing.date is None:
                self._tell("ack.date", "STC02 is no date (CCYYMMDD).", "STC02", segment[2])
        if segment[4]:
            thing.amount = self._money(segment[4], "STC04")
        if segment[12]:
            thing.text = f"{thing.text} {segment[12]}".strip()

    def ref(self, segment: list[str]) -> None:
        """REF: 1K payer's claim number, D9 clearinghouse's, FJ our line."""
        if self.thing is not None:
            self.thing.references.setdefault(segment[1], segment[2].strip())

    def qty(self, segment: list[str]) -> None:
        """QTY: how many were accepted and rejected."""
        if self.thing is None:
            return
        number = read_number(segment[2].strip())
        if number is None:
            self._tell("ack.amount", "QTY02 is no number.", "QTY02", segment[2])
        else:
            self.thing.counts[segment[1]] = int(number)

    def amt(self, segment: list[str]) -> None:
        """AMT: how much was accepted and rejected."""
        if self.thing is not None:
            amount = self._money(segment[2], "AMT02")
            if amount is not None:
                self.thing.amounts[segment[1]] = amount

    def dtp(self, segment: list[str]) -> None:
        """DTP: received, processed; the first day of service."""
        text = segment[3].strip()
        if self.hl == "20":
            if segment[1] == "050":
                self.received = text
            elif segment[1] == "009":
                self.processed = text
        elif segment[1] == "472" and self.thing is not None:
            days = read_date_range(text)
            self.thing.service_date = days[0] if days else read_date(text)
            if self.thing.service_date is None:
                self._tell("ack.date", "DTP03 is no date (CCYYMMDD).", "DTP03", text)

    def svc(self, segment: list[str]) -> None:
        """SVC: a line of the claim."""
        self._end()
        self.thing = _Thing("line", self.position)
        code = segment[1].strip()
        self.thing.procedure = code.replace(self.component, ":") if self.component else code

    # -- what they have in common

    @property
    def _has_claims(self) -> bool:
        """Whether claims stand at the level at hand."""
        return bool(self.hl) and self.hl not in _ABOVE

    def _money(self, text: str, element: str) -> Decimal | None:
        amount = read_money(text.strip())
        if amount is None:
            self._tell("ack.amount", f"{element} is no amount.", element, text)
        return amount

    def _statuses(self, codes: tuple[str, ...]) -> tuple[Status, ...]:
        """The codes of an STC; each is category, status, entity."""
        made = []
        for code in codes:
            if code:
                category, status, entity = [*code.split(self.component or "\0"), "", ""][:3]
                whole = f"{category.strip()}:{status.strip()}".rstrip(":").upper()
                made.append(Status(list="STC", code=whole, entity=entity.strip()))
        return tuple(made)

    def _verdict(self, action: str, codes: tuple[str, ...]) -> Verdict:
        """STC03 first, then the categories; where one of both rejects, it is rejected.

        A claim that is taken as rejected and is not is looked at and asked about; one taken as
        accepted that was rejected is missed until it is too late to file. So neither alone clears.
        """
        categories = [code.split(self.component or "\0")[0].strip().upper() for code in codes]
        category = categories[0]
        if category[:1] in _FOREIGN:
            words = "The status category is one of an answer about payment; it decides nothing."
            self._tell("ack.category", words, "STC01-1", category)
            return "other"  # also with STC03 U: a claim that is denied must not go as an original
        rejecting = any(each in _REJECTS for each in categories)
        if action in ("U", "WQ") and category in _VERDICTS and (action == "U") != rejecting:
            words = f"STC03 is {action} while the category is {category}; taken as rejected."
            self._tell("ack.action-differs", words, "STC03")
        if action == "U" or rejecting:
            return "rejected"
        if category not in _VERDICTS:
            words = "The status category is not one of a 277CA (A0 to A8); it decides nothing."
            self._tell("ack.category", words, "STC01-1", category)
        return _VERDICTS.get(category, "other")

    def _head(self) -> None:
        """Hand out the acknowledgement, once."""
        if self.headed:
            return
        self.headed = True
        source: Source = "payer" if self.name[1].strip() == "PR" else "clearinghouse"
        self.ready.insert(
            0,
            Acknowledgement(
                kind="277CA",
                source=source,
                source_name=self.name[3].strip(),
                source_id=self.name[9].strip(),
                control=self.transaction.control,
                reference=self.bht[3].strip() or self.trace,
                date=read_date(self.received[:8]) or read_date(self.bht[4].strip()),
                processed=read_date(self.processed[:8]),
            ),
        )

    def _end(self) -> None:
        """Hand out the thing at hand."""
        thing, self.thing = self.thing, None
        if thing is None:
            return
        self._head()
        if thing.verdict is None:
            if thing.level in ("provider", "line"):
                return  # nothing is said of it
            self._tell("ack.no-status", "There is no STC segment: how did it end?")
        verdict, counts = thing.verdict or "other", thing.counts
        accepted = counts.get("90", counts.get("QA"))
        rejected = counts.get("AA", counts.get("QC"))
        if thing.level != "claim" and accepted and rejected:
            verdict = "partly accepted"
        total = None if accepted is rejected is None else (accepted or 0) + (rejected or 0)
        self.ready.append(
            Acknowledged(
                level=thing.level,
                verdict=verdict,
                batch=self.batch,
                provider=self.provider,
                claim=self.claim,
                line=thing.references.get("FJ", "") if thing.level == "line" else "",
                procedure=thing.procedure,
                statuses=thing.statuses,
                text=thing.text,
                payer_control=thing.references.get("1K", ""),
                clearinghouse_control=thing.references.get("D9", ""),
                date=thing.date,
                service_date=thing.service_date,
                amount=thing.amount,
                accepted_amount=thing.amounts.get("YU"),
                rejected_amount=thing.amounts.get("YY"),
                claims=total,
                accepted=accepted,
                rejected=rejected,
                position=thing.position,
            )
        )


_Handler = Callable[[Reader, list[str]], None]
_HANDLERS: Final[Mapping[str, _Handler]] = {
    "BHT": Reader.first_bht,
    "HL": Reader.level,
    "NM1": Reader.nm1,
    "TRN": Reader.trn,
    "STC": Reader.stc,
    "REF": Reader.ref,
    "QTY": Reader.qty,
    "AMT": Reader.amt,
    "DTP": Reader.dtp,
    "SVC": Reader.svc,
}
