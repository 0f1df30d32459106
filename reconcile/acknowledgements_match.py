"""Which sent claim, and which sending of it, an acknowledgement means.

Sources: 005010X214, 2200D TRN02 is CLM01 exactly and the first key (RFI 1926); what a receiver
changed is taken only where it is unique, and told. A void has the number of the claim it voids
(RFI 1799); another system may number by account: then file, day and charge decide, else nobody.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from attrs import frozen

if TYPE_CHECKING:
    from attrs import frozen as value
else:
    from attrs import define as value

CLAIM_NUMBER: Final = "claim number"
CHANGED_NUMBER: Final = "claim number, changed by the receiver"
CONTROL_NUMBERS: Final = "control numbers"
NUMBER_ALONE: Final = "control number alone: sender and receiver are not ours turned round"
BATCH_NUMBER: Final = "batch number (BHT03)"
LINE_NUMBER: Final = "line control number"
PROCEDURE: Final = "procedure: the only line with it"
SEVERAL: Final = "several claims have that number"
NO_CLAIM: Final = "no claim of that number was sent from here"
OTHER_BOOK_CLAIM: Final = "that claim is in the other book (test, production)"
OTHER_SERVICE: Final = "the claim of that number has another day of service"
OURS_DIFFERS: Final = "its day of service and charge are not those said"
NO_NUMBER: Final = "it names no claim number"


@value(kw_only=True)
class Named:
    """What an acknowledgement names, as texts of the tables: dates CCYY-MM-DD, money in cents."""

    level: str
    interchange: str = ""
    group: str = ""
    functional_id: str = ""
    transaction: str = ""
    batch: str = ""
    provider: str = ""
    claim: str = ""
    line: str = ""
    procedure: str = ""
    service_date: str = ""
    cents: int | None = None
    date: str = ""  # of what is said
    refuses: bool = False
    made: str = ""  # TA102, TA103
    parties: tuple[str, ...] = ()  # GS02, GS03 of a 999, where they are not ISA06, ISA08


@value
class Sending:
    """One time a claim was sent."""

    file: int  # row number
    transaction: str  # ST02
    position: int  # of the CLM in its transaction, ST = 1
    on: str  # CCYY-MM-DD


@value(kw_only=True)
class Candidate:
    """A sent claim with the number an acknowledgement names."""

    id: int
    control: str
    frequency: str
    date: str
    until: str
    charge: int  # cents
    is_adopted: bool = False  # numbered by another system, which may give a number again
    sendings: tuple[Sending, ...]  # in order, the first is the claim's own


@frozen(kw_only=True)
class Choice:
    """The claim and the sending that is meant; ``claim`` None: nobody, and ``method`` says why."""

    claim: Candidate | None
    sending: int = 0
    method: str


def choose(
    named: Named, candidates: Sequence[Candidate], *, exact: bool, batch: tuple[int, str] | None
) -> Choice:
    """The claim that is meant among those of its number, or nobody.

    Args:
        named: what is named.
        candidates: the claims of that number, in the order of sending.
        exact: their number is the one named, character by character.
        batch: file and transaction the acknowledgement's batch was joined to, where it was.
    """
    if not candidates:
        return Choice(claim=None, method=NO_CLAIM if named.claim else NO_NUMBER)
    method = CLAIM_NUMBER if exact else CHANGED_NUMBER
    left = list(candidates)
    for words, fits in _narrowing(named, batch):
        if len(left) == 1:
            break
        fewer = [one for one in left if fits(one)]
        if fewer and len(fewer) < len(left):
            left, method = fewer, f"{method}, {words}"
    if len(left) > 1 and exact and _is_one_service(left):
        left, method = [_newest(left, named.date)], f"{method}, the newest sent before it"
    if len(left) > 1:
        return Choice(claim=None, method=SEVERAL)
    [one] = left
    if _is_other_day(named, one):
        if one.is_adopted:
            return Choice(claim=None, method=OTHER_SERVICE)
        differs = named.cents is not None and named.cents != one.charge
        method = f"{method}; {OURS_DIFFERS}" if differs else method
    return Choice(claim=one, sending=_sending(one, named.date, batch), method=method)


def _is_other_day(named: Named, one: Candidate) -> bool:
    """Whether a day of service is said that is none of the claim's.

    Another system may number by account: one number for each week's claim. Ours come once.
    """
    return bool(named.service_date) and not one.date <= named.service_date <= one.until


def _narrowing(
    named: Named, batch: tuple[int, str] | None
) -> tuple[tuple[str, Callable[[Candidate], bool]], ...]:
    """What else is said of the claim, the surest first."""
    return (
        ("its file", lambda one: batch is not None and _in(one, batch) is not None),
        ("its day", lambda one: one.date <= named.service_date <= one.until),
        ("its charge", lambda one: one.charge == named.cents),
    )


def _in(one: Candidate, batch: tuple[int, str]) -> int | None:
    """Which sending of the claim was in that transaction."""
    found = (n for n, each in enumerate(one.sendings) if (each.file, each.transaction) == batch)
    return next(found, None)


def _is_one_service(some: Sequence[Candidate]) -> bool:
    """An original and its void: one number for the very same service."""
    return len({(one.control, one.date, one.until) for one in some}) == 1


def _newest(some: Sequence[Candidate], on: str) -> Candidate:
    """The one sent last on that day or before; else the first."""
    before = [one for one in some if one.sendings[0].on <= on]
    return before[-1] if before else some[0]


def _sending(one: Candidate, on: str, batch: tuple[int, str] | None) -> int:
    """Which sending is meant: the one in the batch, else the last on that day or before."""
    if batch is not None and (named := _in(one, batch)) is not None:
        return named
    before = [n for n, each in enumerate(one.sendings) if each.on <= on]
    return before[-1] if before else 0


BATCH_LENGTH: Final = 13
_CONTROL_LENGTH: Final = 9


def batch_numbers(reference: str) -> tuple[int, str] | None:
    """Interchange and transaction of a batch number we gave (BHT03), None where it is not ours.

    ``bill`` makes it of ISA13 (nine digits) and the transaction's number in the file (four).
    """
    if len(reference) != BATCH_LENGTH or not (reference.isascii() and reference.isdigit()):
        return None
    return int(reference[:_CONTROL_LENGTH]), reference[_CONTROL_LENGTH:]
