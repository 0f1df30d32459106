"""References of provider adjustments (PLB03-2) as they may be shown: no patient is in them.

Payers write what they like there: their claim number, an account, a day, a member id, and run them
together (Medicare's Part B writes claim number and member id). What the payer is called with stays,
what names a patient is masked. Where no ledger is asked whose member ids there are, of a word only
its first and last character is shown, unless it is known to be a number of something else.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Final

from attrs import define, field
from sqlalchemy import select

from claimline.render.words import OURS_FROM, masked, shown_number
from mapping.numbers import is_intact
from reconcile.ledger import bulk
from reconcile.ledger.tables import sent_claim

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from edi.remittance import ClaimPayment
    from reconcile.plb import Receivable

MASK: Final = "***"
PATIENTS: Final = frozenset({"QC", "IL", "74", "GB"})  # NM101: patient, insured, corrected, other
RUN_ON: Final = 6  # characters of a member id that is found within a word; a shorter one is chance
_LETTER: Final = "[AC-HJKMNP-RT-Y]"  # of a member id of Medicare (CMS: MBI format)
_EITHER: Final = "[AC-HJKMNP-RT-Y0-9]"
_MBI: Final = re.compile(
    rf"[1-9]-?{_LETTER}-?{_EITHER}-?\d-?{_LETTER}-?{_EITHER}-?\d-?{_LETTER}{{2}}-?\d\d"
)
_HIC: Final = re.compile(r"(\d{13,15})?\d{9}[A-Z]\d?")  # Medicare's id until 2019, its SSN in it
_SSN: Final = re.compile(r"\d{3}-\d\d-\d{4}")
LONG: Final = 13  # digits, of Medicare's claim numbers (ICN) and longer ones: no member id has more
_DAY: Final = re.compile(r"20\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])")
_NUMBERED: Final = re.compile(
    r"(ICN|DCN|FCN|TCN|CCN|CLAIM|CLM|EFT|ACH|TRN|CHECK|CHK|CK)[:#=-]?[A-Z0-9-]*\d[A-Z0-9-]*"
)
_LABELLED: Final = re.compile(r"(HICN?|MBI|SSN|MEMBER|MID)[:#=]?[A-Z0-9-]*\d[A-Z0-9-]*")


def members(connection: "Connection", usage: str, book: Iterable["Receivable"]) -> frozenset[str]:
    """The words of references that are a member id of a claim that was sent."""
    return members_in(
        connection, usage, (e.adjustment.reference for one in book for e in one.entries)
    )


def members_in(connection: "Connection", usage: str, references: Iterable[str]) -> frozenset[str]:
    """What of these references is, or ends or begins with, a member id of a claim that was sent."""
    said = {word for reference in references for word in reference.split()}
    said |= {part for word in said for part in _ends(word)}
    words = said | {word.upper() for word in said}
    found: set[str] = set()
    c = sent_claim.c
    for batch in bulk.batches(sorted(words)):
        query = select(c.member_id).where(c.usage == usage, c.member_id.in_(batch)).distinct()
        found.update(connection.execute(query.order_by(c.member_id)).scalars())
    return frozenset(one.upper() for one in found)


def of_payment(payment: "ClaimPayment") -> Iterator[str]:
    """The ids of persons that a claim payment names, in capitals."""
    yield from (name.id.upper() for name in payment.names if name.id and name.role in PATIENTS)


def shown(reference: str, known: AbstractSet[str]) -> str:
    """A reference without what may name a patient.

    Args:
        reference: PLB03-2.
        known: member ids, in capitals.

    >>> shown("1126285123450 3EG4TE5MK73", frozenset())
    '1126285123450 ***'
    >>> shown("11262851239993EG4TE5MK73", frozenset())
    '1126285123999 ***'
    >>> shown("A1001W123456789", frozenset({"W123456789"}))
    'A1001 ***'
    """
    return " ".join(filter(None, (_word(word, known) for word in reference.split())))


@define
class Said:
    """What a remittance says of itself: ids of persons, and numbers of claims and payments."""

    members: set[str] = field(factory=set, repr=False)  # in capitals, as the numbers
    numbers: set[str] = field(factory=set, repr=False)

    def claim(self, payment: "ClaimPayment") -> None:
        """Take what a claim payment says."""
        self.members.update(of_payment(payment))
        self.number(payment.control)
        self.number(payment.payer_control)

    def number(self, text: str) -> None:
        """Take the number of a claim or of a payment; what may be a name is none."""
        if text and shown_number(text) == text:
            self.numbers.add(text.upper())

    def shown(self, reference: str) -> str:
        """A reference where no ledger is asked whose member ids there are.

        Whole stays what the remittance uses as a number, what its own label, length or check
        characters say is the number of a claim or payment, a day; and what stands beside a member
        id: then it is not one itself.

        >>> Said(numbers={"I77002"}).shown("I77002 YHR002 20260105 DOE 4411")
        'I77002 Y***2 20260105 *** 4***1'
        >>> Said(members={"YHR002"}).shown("A1001 YHR002")
        'A1001 ***'
        """
        words = reference.split()
        is_apart = any(_apart(word, self.members) is not None for word in words)
        return " ".join(
            told if is_apart or told != word or self._is_number(word) else masked(word)
            for word in words
            if (told := _word(word, self.members))
        )

    def _is_number(self, word: str) -> bool:
        plain = word.upper()
        is_long = len(plain) >= LONG and plain.isdigit()
        ours = len(plain) >= OURS_FROM and is_intact(word)
        shaped = _NUMBERED.fullmatch(plain) or _DAY.fullmatch(plain)
        return plain in self.numbers or is_long or ours or shaped is not None


def careful(reference: str, known: AbstractSet[str]) -> str:
    """The same where what stands after a name may be the member's id: only digits stay there.

    >>> careful("I77002 DOE JANE YHR002 4411", frozenset())
    'I77002 *** J***E *** 4411'
    """
    words: list[str] = []
    named = False
    for word in reference.split():
        told = _word(word, known)
        words.append(MASK if named and not word.isdigit() and told == word else told)
        named = named or (word.isalpha() and told != word)
    return " ".join(filter(None, words))


def _ends(word: str) -> Iterator[str]:
    """What a word begins or ends with: a member id is run on to another number."""
    for at in range(1, len(word) - RUN_ON + 1):
        yield word[at:]
        yield word[: len(word) - at]


def _run_on(word: str, known: AbstractSet[str]) -> tuple[str, str] | None:
    """What stands before and after a known member id that a word begins or ends with."""
    plain = word.upper()
    for part in _ends(plain):
        if part in known:
            return (word[: -len(part)], "") if plain.endswith(part) else ("", word[len(part) :])
    return None


def _apart(word: str, known: AbstractSet[str]) -> tuple[str, str] | None:
    """What stands before and after a member id in a word; None where there is none."""
    plain = word.upper()
    if plain in known or _SSN.search(plain) or _LABELLED.fullmatch(plain):
        return "", ""
    run_on = _run_on(word, known)
    if run_on is not None:
        return run_on
    member = _MBI.search(plain)
    if member:
        return word[: member.start()], ""
    old = _HIC.fullmatch(plain)
    return (old[1] or "", "") if old else None


def _word(word: str, known: AbstractSet[str]) -> str:
    """A word with what names a patient masked."""
    apart = _apart(word, known)
    if apart is None:
        return _number(word)
    before, after = apart
    return " ".join(filter(None, (before and _number(before), MASK, after and _number(after))))


def _number(word: str) -> str:
    """A number whole; letters alone may be a name, but one letter is none."""
    return word if len(word) == 1 else shown_number(word)


def distinct(
    book: Iterable["Receivable"], known: AbstractSet[str]
) -> Mapping[tuple[str, str, str], str]:
    """What is shown of each line of the book, by payer, kind and reference: different ones differ.

    Where two references of a payer look alike without what is masked, they are numbered.
    """
    alike: dict[tuple[str, str, str], list[str]] = {}
    for one in book:
        key = (one.payer, one.kind, shown(one.reference, known))
        some = alike.setdefault(key, [])
        if one.reference not in some:
            some.append(one.reference)
    return {
        (payer, kind, reference): words if len(some) == 1 else f"{words} ({place})"
        for (payer, kind, words), some in alike.items()
        for place, reference in enumerate(sorted(some), 1)
    }
