"""Whether what a person entered and an 835 are one payment: yes, no, or a question.

Check numbers are short and payers use the same ones; a first and a second payer often pay one claim
in one week. So a number alone proves nothing: payer, claims and whose turn it was (CLP02) must
agree. What agrees only in part is asked, never decided.
"""

import datetime as dt
import re
from collections import Counter
from typing import Final, Literal

from attrs import field, frozen

from reconcile.calendar import Calendar
from reconcile.deposits import plain
from reconcile.post import RANKS, REVERSAL

Verdict = Literal["same", "perhaps", "another"]
DAYS: Final = 3  # business days that one without a number may lie apart (CAQH CORE 370)
DAYS_OF_NUMBER: Final = 60  # calendar days in which a payment is looked for under its number
DENIED: Final = "4"  # CLP02 of 4010 files and of paper: it does not say whose turn it was
_WORD: Final = re.compile(r"[A-Z0-9]+")
_CALENDAR: Final = Calendar()


@frozen
class Answered:
    """One claim of a payment. Amounts in cents."""

    control: str  # as ``keys.normal`` makes it
    charge: int
    paid: int
    status: str  # CLP02

    @property
    def figures(self) -> tuple[str, int, int]:
        """What of it must be equal."""
        return self.control, self.charge, self.paid


@frozen(kw_only=True)
class Payment:
    """A payment as far as it is compared. ``number`` is empty where it has none."""

    number: str
    date: dt.date
    paid: int  # cents
    payer: str
    payer_ids: frozenset[str]
    claims: tuple[Answered, ...] = field(repr=False)

    @property
    def figures(self) -> Counter[tuple[str, int, int]]:
        """Its claims with charge and payment."""
        return Counter(one.figures for one in self.claims)


def judge(entered: Payment, came: Payment) -> tuple[Verdict, str]:
    """Whether two payments are one.

    Args:
        entered: by hand.
        came: an 835, or another one entered by hand.

    Returns:
        The verdict, and for ``perhaps`` what speaks against it.
    """
    payer, turn = is_one_payer(entered, came), _is_one_turn(entered, came)
    if not entered.number:
        return _judge_unnumbered(entered, came, payer=payer, turn=turn)
    if plain(entered.number) == plain(came.number):
        return _judge_number(entered, came, payer=payer, turn=turn)
    again = payer and turn and not _has_reversal(entered, came)
    if again and _is_in(entered, came) and _is_near(entered, came):
        return "perhaps", "the number is another"
    return "another", ""


def _judge_unnumbered(
    entered: Payment, came: Payment, *, payer: bool, turn: bool
) -> tuple[Verdict, str]:
    """Without a number all claims must be in it, with charge and payment, and the days near."""
    first, last = _CALENDAR.before(entered.date, DAYS), _CALENDAR.after(entered.date, DAYS)
    if not (first <= came.date <= last and _is_in(entered, came)):
        return "another", ""
    doubt = _doubt(payer=payer, turn=turn)
    return ("perhaps", doubt) if doubt else ("same", "")


def _judge_number(
    entered: Payment, came: Payment, *, payer: bool, turn: bool
) -> tuple[Verdict, str]:
    """With the same number a claim in common is wanted, of one payer and one turn."""
    shared = {one.control for one in entered.claims} & {one.control for one in came.claims}
    if not shared:
        alike = entered.paid == came.paid != 0 and _apart(entered, came) <= DAYS_OF_NUMBER
        return ("perhaps", "no claim is in both") if alike and payer else ("another", "")
    doubt = _doubt(payer=payer, turn=turn)
    if not doubt:
        return "same", ""
    if payer or turn or entered.figures & came.figures:
        return "perhaps", doubt
    return "another", ""


def _doubt(*, payer: bool, turn: bool) -> str:
    said = (
        "" if payer else "the payer is another",
        "" if turn else "the status (CLP02) is another",
    )
    return ", ".join(filter(None, said))


def is_one_payer(one: Payment, other: Payment) -> bool:
    """Whether an id is the same, or all words of one name are in the other."""
    if one.payer_ids & other.payer_ids:
        return True
    first, second = name_words(one.payer), name_words(other.payer)
    return bool(first and second) and (first <= second or second <= first)


def name_words(name: str) -> frozenset[str]:
    """The words of a payer's name, to compare."""
    return frozenset(_WORD.findall(name.upper()))


def _is_one_turn(one: Payment, other: Payment) -> bool:
    """Whether a claim that is in both was answered in one turn; without one, nothing speaks."""
    theirs: dict[str, list[str]] = {}
    for claim in other.claims:
        theirs.setdefault(claim.control, []).append(claim.status)
    pairs = [(c.status, status) for c in one.claims for status in theirs.get(c.control, ())]
    return not pairs or any(_agree(*pair) for pair in pairs)


def _agree(one: str, other: str) -> bool:
    if one == other:
        return True
    if REVERSAL in (one, other):
        return False
    if DENIED in (one, other) or one not in RANKS or other not in RANKS:
        return True
    return RANKS[one] == RANKS[other]


def _has_reversal(one: Payment, other: Payment) -> bool:
    return any(claim.status == REVERSAL for claim in (*one.claims, *other.claims))


def _is_in(entered: Payment, came: Payment) -> bool:
    """Whether every claim that was entered came, with its charge and payment."""
    return bool(entered.claims) and not entered.figures - came.figures


def _is_near(entered: Payment, came: Payment) -> bool:
    """Near enough to be one under two numbers: where nothing was paid, days; else weeks."""
    paid = any(claim.paid for claim in entered.claims)
    return _apart(entered, came) <= (DAYS_OF_NUMBER if paid else DAYS)


def _apart(one: Payment, other: Payment) -> int:
    return abs((one.date - other.date).days)
