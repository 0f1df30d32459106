"""837P files to values: ours, and those other systems wrote, as far as they can be understood.

Tolerant: loops are told by HL03 and NM1 qualifiers, not by the guide's order; what has no place
in the values is kept with its loop; a number or date that cannot be read is a Problem and its
segment is kept. Whether a file is right is for ``edi.check`` to say.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from functools import cache
from typing import Any, Final

from edi import envelope
from edi.claim import (
    Claim,
    Elements,
    Party,
    Patient,
    Procedure,
    ServiceLine,
    Submission,
    Subscriber,
)
from edi.envelope import Transaction
from edi.problem import Problem, declare
from edi.x837p_levels import Level
from edi.x837p_loops import LEVELS, opened
from edi.x837p_others import take_adjudications, take_others

_UNDATED: Final = dt.datetime(1, 1, 1)  # noqa: DTZ001 (BHT04 could not be read; a Problem says so)
_AREAS: Final = ("billing", "subscriber", "patient")  # from the top down
_NOT_OURS: Final = (  # what GS08 or ST03 begin with, and what that is
    ("005010X223", "an institutional claim (837I)"),
    ("004010X096", "an institutional claim (837I)"),
    ("005010X224", "a dental claim (837D)"),
    ("004010X097", "a dental claim (837D)"),
    ("005010X291", "a request to predetermine a professional claim"),
    ("005010X292", "a request to predetermine an institutional claim"),
    ("005010X298", "post-adjudicated claims data"),
    ("005010X299", "post-adjudicated claims data"),
    ("005010X300", "post-adjudicated claims data"),
)

declare(
    {
        "claim.not-professional": (
            "The transaction is an 837, but no professional claim (837P).",
            "Nothing was read from it. Give it to the program it is meant for.",
        ),
        "claim.not-a-claim": (
            "The transaction is no 837.",
            "Nothing was read from it as claims.",
        ),
        "claim.unreadable": (
            "An amount, quantity or date of a claim could not be read.",
            "The segment was kept as it was. Correct it where the claim was made.",
        ),
        "claim.homeless": (
            "A claim stands without its billing provider, subscriber or payer.",
            "Ask who made the file; the claim was read as far as it goes.",
        ),
        "claim.none-below": (
            "A billing provider, subscriber or patient stands without any claim.",
            "Ask who made the file whether a claim is missing; that level was not read.",
        ),
        "claim.level-unknown": (
            "An HL segment has a level code other than 20, 22 and 23.",
            "Ask who made the file; what stands below was read with the level before.",
        ),
    }
)


def read_submissions(
    chunks: Iterable[bytes], problems: list[Problem], file: str = ""
) -> Iterator[Submission]:
    """Every 837P transaction of a file, whole; others are told in ``problems``.

    Raises:
        NotX12: where there is no interchange at all.
    """
    for interchange in envelope.read(chunks, problems, file):
        for group in interchange.groups():
            for transaction in group.transactions():
                yield from _whole(transaction)


def _whole(transaction: Transaction) -> Iterator[Submission]:
    header: Submission | None = None
    claims: list[Claim] = []
    for value in read_837p(transaction):
        if isinstance(value, Claim):
            claims.append(value)
        else:
            header = value
    if header is not None:
        yield Submission(
            reference=header.reference,
            created=header.created,
            purpose=header.purpose,
            kind=header.kind,
            submitter=header.submitter,
            receiver=header.receiver,
            claims=tuple(claims),
            kept=header.kept,
        )


def read_837p(transaction: Transaction) -> Iterator[Submission | Claim]:
    """The header (a ``Submission`` without claims), then each claim when it is complete.

    Memory stays flat whatever the number of claims. Problems go where the transaction's go. A
    transaction that is no 837P gives one Problem and no value.
    """
    if not _is_professional(transaction):
        return
    reader = _Reader(transaction)
    for number, segment in enumerate(_segments(transaction), 1):
        if number > 1:
            complete = reader.read(number, segment)
            if complete:
                yield from complete
    yield from reader.finish()


def _is_professional(transaction: Transaction) -> bool:
    """Whether to read it; tells a Problem where not."""
    if transaction.type != "837":
        words = f"This is a transaction {transaction.type}, no claim (837)."
        transaction.tell("claim.not-a-claim", words, segment=1, element="ST01")
        return False
    for version in (transaction.implementation, transaction.version):
        for prefix, words in _NOT_OURS:
            if version.startswith(prefix):
                text = f"This is {words}, not a professional claim (837P); it was not read."
                transaction.tell("claim.not-professional", text, segment=1, element="GS08")
                return False
    return True


def _segments(transaction: Transaction) -> Iterator[Elements]:
    """The segments as they are kept: ``:`` and ``^`` inside elements, no empty or blank ends."""
    marks = transaction.separators
    star, blank = marks.element, f" {marks.element}"
    swapped = [
        (theirs, ours)
        for theirs, ours in ((marks.component, ":"), (marks.repetition, "^"))
        if theirs not in ("", ours)
    ]
    for text in transaction.texts():
        for theirs, ours in swapped:
            text = text.replace(theirs, ours)  # noqa: PLW2901 (the same text, in our separators)
        if text[-1] in (star, " ") or blank in text:
            trimmed = [element.rstrip(" ") for element in text.split(star)]
            text = star.join(trimmed).rstrip(star)  # noqa: PLW2901 (without blank ends)
        yield tuple(text.split(star))


class _Reader:
    """The levels that are open, and the claim that is being gathered."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self._levels = {"header": Level("ST_LOOP", "header")}  # by area
        self._here = self._levels["header"]
        self._claim: Level | None = None
        self._lines: list[Level] = []
        self._is_open = True  # the header was not given out yet

    def read(self, number: int, segment: Elements) -> Sequence[Submission | Claim]:
        """Take one segment; gives what it completes."""
        name = segment[0]
        if name in ("HL", "SE"):
            complete = self.finish()
            self._level(number, segment)
            return complete
        complete = ()
        if name == "CLM":
            complete = self.finish()
            self._here = self._claim = Level("2300", "claim")
        elif self._claim and (name == "LX" or self._lacks_line(name)):
            self._here = Level("2400", "line")
            self._lines.append(self._here)
        else:
            place = opened(self._here.area, segment)
            if place:
                self._here.open(*place)
        self._here.take(segment)
        if self._here.faults:
            self._tell(number, self._here)
        return complete

    def finish(self) -> Sequence[Submission | Claim]:
        """The header, or the claim that stands open."""
        complete: list[Submission | Claim] = []
        if self._is_open:
            self._is_open = False
            complete.append(self._header())
        if self._claim:
            complete.append(self._made(self._claim))
            self._claim, self._lines = None, []
        return complete

    def _lacks_line(self, name: str) -> bool:
        """Whether an SV1 stands without its LX."""
        return name == "SV1" and (not self._lines or "procedure" in self._here.values)

    def _level(self, number: int, segment: Elements) -> None:
        """An HL or SE: the levels below the new one are closed."""
        if segment[0] == "SE":
            self._close(number, _AREAS)
            return
        place = LEVELS.get(segment[3] if len(segment) > 3 else "")
        if place is None:
            words = "An HL has a level code (HL03) that an 837P does not know."
            self._transaction.tell("claim.level-unknown", words, "IK403:7", segment=number)
            self._here = self._levels[next(reversed(self._levels))]
            return
        self._close(number, _AREAS[_AREAS.index(place.area) :])
        self._here = self._levels[place.area] = Level(place.loop, place.area)

    def _close(self, number: int, areas: Iterable[str]) -> None:
        """The levels of these areas end; one without a claim below it is told."""
        for area in areas:
            level = self._levels.pop(area, None)
            if level is not None and not level.number_of_claims:
                words = f"A {area} level ends here without any claim; it was not read."
                self._transaction.tell(
                    "claim.none-below", words, segment=number, loop=level.base, level="warning"
                )

    def _tell(self, number: int, level: Level) -> None:
        control = self._claim.values.get("control", "") if self._claim else ""
        for element, reason in level.faults:
            self._transaction.tell(
                "claim.unreadable",
                f"{element} {reason}.",
                "IK403:6",
                segment=number,
                loop=level.loop,
                element=element,
                claim=control,
            )
        level.faults.clear()

    def _header(self) -> Submission:
        level = self._levels["header"]
        values: dict[str, Any] = {"reference": "", "created": None} | level.values
        if values["created"] is None:
            values["created"] = _UNDATED
            words = "BHT04 is no date CCYYMMDD."
            self._transaction.tell("claim.unreadable", words, segment=2, element="BHT04")
        nobody = Party(role="", is_person=False)
        return Submission(
            **values,
            submitter=level.party("1000A") or nobody,
            receiver=level.party("1000B") or nobody,
            claims=(),
            kept=tuple(level.kept),
        )

    def _made(self, claim: Level) -> Claim:
        above = [self._levels.get(area) for area in _AREAS]
        billing, subscriber, patient = above
        who, pay_to = billing.once(_billing) if billing else (None, None)
        insured, payer = subscriber.once(_subscriber) if subscriber else (None, None)
        if who is None or insured is None or payer is None:
            words = "The claim stands without billing provider, subscriber or payer."
            control = claim.values["control"]
            self._transaction.tell("claim.homeless", words, "IK304:3", claim=control)
        for level in above:
            if level:
                level.number_of_claims += 1
        kept = [k for level in above if level for k in level.kept]
        others, own = take_others(claim.kept)
        return Claim(
            **claim.values,
            billing=who or _nobody("85"),
            pay_to=pay_to,
            subscriber=insured or Subscriber(party=_nobody("IL")),
            patient=patient.once(_patient) if patient else None,
            payer=payer or _nobody("PR"),
            dates=tuple(claim.dates),
            references=tuple(claim.references),
            referring=claim.parties("2310A"),
            rendering=claim.party("2310B"),
            facility=claim.party("2310C"),
            supervising=claim.party("2310D"),
            property_casualty_claim=_y4(patient, "2010CA") or _y4(subscriber, "2010BA"),
            others=others,
            lines=tuple(map(_line, self._lines)),
            kept=(*kept, *own),
        )


@cache
def _nobody(role: str) -> Party:
    """Stands for a party the file does not have."""
    return Party(role=role, is_person=False)


def _billing(level: Level) -> tuple[Party | None, Party | None]:
    """Billing provider and pay-to address."""
    drafts = level.drafts("2010AA")
    billing = drafts[0].party(level.values.get("taxonomy", "")) if drafts else None
    return billing, level.party("2010AB")


def _subscriber(level: Level) -> tuple[Subscriber | None, Party | None]:
    """Subscriber and payer."""
    drafts = level.drafts("2010BA")
    insured = None
    if drafts:
        insured = Subscriber(party=drafts[0].party(), **level.values, **drafts[0].person)
    return insured, level.party("2010BB")


def _patient(level: Level) -> Patient:
    drafts = level.drafts("2010CA")
    party = drafts[0].party() if drafts else _nobody("QC")
    person = drafts[0].person if drafts else {}
    return Patient(party=party, **{"relationship": ""} | level.values, **person)


def _y4(level: Level | None, loop: str) -> str:
    """The property and casualty claim number that stands with a person."""
    drafts = level.drafts(loop) if level else []
    return drafts[0].claim_number if drafts else ""


def _line(level: Level) -> ServiceLine:
    absent: dict[str, Any] = {
        "number": 0,
        "procedure": Procedure(qualifier=""),
        "charge": Decimal(0),
    }
    absent |= {"units": Decimal(0), "unit_basis": ""}
    parties: dict[str, Any] = {}
    if level.has_parties:
        parties = {
            "rendering": level.party("2420A"),
            "supervising": level.party("2420D"),
            "ordering": level.party("2420E"),
            "referring": level.parties("2420F"),
        }
    adjudications, kept = take_adjudications(level.kept)
    return ServiceLine(
        **absent | level.values,
        dates=tuple(level.dates),
        references=tuple(level.references),
        **parties,
        adjudications=adjudications,
        kept=kept,
    )
