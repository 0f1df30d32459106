"""Does the ledger close: its equations as values, and those of one answer in whole cents.

Pure. The ledger streams what it holds through these; whatever does not close is named, and nothing
is ever adjusted so that it does. Per adjudication: charge = paid + adjustments + not explained
(RFI 2348, 2601); the payment: claims less provider adjustments = BPR02 (see ``reconcile.balance``).
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, Literal

from attrs import define, field, frozen

if TYPE_CHECKING:  # frozen to the reader and to mypy; cheap to make by the million at run time
    from attrs import frozen as value
else:
    from attrs import define as value

Unit = Literal["count", "money"]
Amount = tuple[str, str, str, int]  # kind, group, reason, cents of a posting
SHOWN: Final = 100  # items named for each equation; the rest is counted


@frozen(kw_only=True)
class Rule:
    """An equation: what must be equal, what a difference means, what to do."""

    key: str
    says: str
    unit: Unit
    left: str
    right: str
    means: str
    todo: str


@frozen(kw_only=True)
class Item:
    """One thing that does not close: named by numbers of claims and payments, never by a patient.

    ``expected`` and ``found`` are amounts, counts or states, as they are printed.
    """

    key: str  # the same as long as the same thing differs by the same
    equation: str
    claim: str = ""  # CLM01 of ours, or CLP01
    line: str = ""  # REF*6R of ours
    trace: str = ""  # TRN02
    file: str = ""
    payer: str = ""  # whom to ask
    expected: str
    found: str
    difference: Decimal = Decimal("0.00")
    why: str = ""
    accepted: str = ""  # by whom, when and why, where a person accepted the difference


@frozen(kw_only=True)
class Equation:
    """One line of the proof. It closes where nothing is broken; ``items`` are the first of them."""

    rule: Rule
    left: Decimal | int
    right: Decimal | int
    broken: int = 0
    items: tuple[Item, ...] = ()

    @property
    def difference(self) -> Decimal | int:
        """Left less right. It may be nothing while two faults cancel out: see ``broken``."""
        return self.left - self.right

    @property
    def closes(self) -> bool:
        """Whether both sides are equal, in sum and one by one."""
        return not self.broken and self.left == self.right


@frozen(kw_only=True)
class Proof:
    """All equations of a book, and where the money of its 835s is."""

    usage: str
    equations: tuple[Equation, ...]
    places: tuple[tuple[str, Decimal], ...]  # BPR02, each payment once, by where it is
    not_explained: Decimal  # sum of the amounts (each above zero) that nobody accepted
    unexplained: tuple[Item, ...]  # the first of them, payers' own imbalances
    unexplained_count: int
    accepted: tuple[Item, ...]  # differences a person accepted
    waiting: tuple[tuple[str, int, Decimal], ...] = ()  # kept, not on a claim: state, count, CLP04

    @property
    def closes(self) -> bool:
        """Whether every equation closes and nothing is left unexplained."""
        return not self.unexplained_count and all(one.closes for one in self.equations)

    @property
    def broken(self) -> tuple[Equation, ...]:
        """The equations that do not close."""
        return tuple(one for one in self.equations if not one.closes)


@value(kw_only=True)
class Break:
    """A fault as it is found, by row numbers; it becomes an ``Item`` when it is to be shown."""

    equation: str
    expected: int | str
    found: int | str
    claim: int = 0  # row number, as the next
    line: int = 0
    answer: int = 0
    payment: int = 0
    control: str = ""  # where there is no row: the number itself
    file: str = ""
    why: str = ""


@define(kw_only=True)
class Tally:
    """The two sides of an equation while they are added up."""

    left: int = 0
    right: int = 0
    broken: int = 0
    breaks: list[Break] = field(factory=list)

    def fault(self, one: Break) -> None:
        """Count a fault; the first are kept to be named."""
        self.broken += 1
        if len(self.breaks) < SHOWN:
            self.breaks.append(one)


@value(kw_only=True)
class ShareRow:
    """A line share as it stands in the tables, in cents."""

    id: int
    line: int
    charge: int
    paid: int
    adjustments: Sequence[tuple[str, str, int]]  # group, reason, cents
    rest: int  # not explained
    bundled: bool


@value(kw_only=True)
class AnswerRow:
    """A posted claim payment as it stands in the tables, in cents, with what was made of it."""

    id: int
    claim: int
    status: str  # CLP02
    charge: int  # CLP03
    paid: int  # CLP04
    difference: int  # that the payer's own figures leave open
    beside: int  # paid, but on no line
    left: Sequence[Mapping[str, Any]]  # lines that fit no sent line
    shares: list[ShareRow] = field(factory=list)
    postings: dict[int, list[Amount]] = field(factory=dict)  # by row number of the share, or 0


Tallies = dict[str, Tally]


def check_answer(answer: AnswerRow, tallies: Tallies) -> dict[int, int]:
    """Check all that was made of one answer.

    Args:
        answer: the claim payment with its shares and postings.
        tallies: of the equations ``lines.adjudicated``, ``lines.posted``, ``answers.charge``,
            ``answers.paid``.

    Returns:
        What is not explained, in cents by row number of the sent line; 0 is the claim alone.
    """
    unexplained: dict[int, int] = {}
    known = {share.id for share in answer.shares}
    for share in answer.shares:
        _check_share(answer, share, tallies)
        if share.rest:
            unexplained[share.line] = unexplained.get(share.line, 0) + share.rest
    for number in answer.postings.keys() - known - {0}:
        wrong = _sum(answer.postings[number])
        tallies["lines.posted"].fault(
            Break(equation="lines.posted", expected=0, found=wrong, answer=answer.id,
                  claim=answer.claim, why="postings of a line that the answer does not name")
        )  # fmt: skip
    rest = _check_beside(answer, tallies["lines.posted"])
    if rest:
        unexplained[0] = rest
    _check_sums(answer, tallies)
    return unexplained


def _check_share(answer: AnswerRow, share: ShareRow, tallies: Tallies) -> None:
    said = share.paid + share.rest + sum(a[2] for a in share.adjustments)
    tally = tallies["lines.adjudicated"]
    tally.left += share.charge
    tally.right += said
    if share.charge != said:
        tally.fault(
            Break(equation="lines.adjudicated", expected=share.charge, found=said,
                  claim=answer.claim, line=share.line, answer=answer.id)
        )  # fmt: skip
    wanted = list(amounts(share.paid, share.adjustments, share.rest))
    _compare(answer, share.line, wanted, answer.postings.get(share.id, []), tallies["lines.posted"])


def amounts(paid: int, adjustments: Iterable[tuple[str, str, int]], rest: int) -> Iterator[Amount]:
    """The postings that a line's figures come to."""
    if paid:
        yield ("paid", "", "", paid)
    for group, reason, cents in adjustments:
        if cents:
            yield ("adjustment", group, reason, cents)
    if rest:
        yield ("not explained", "", "", rest)


def _compare(
    answer: AnswerRow, line: int, wanted: list[Amount], found: list[Amount], tally: Tally
) -> None:
    """The postings of one line (0: on the claim alone), one by one."""
    expected, there = _sum(wanted), _sum(found)
    tally.left += expected
    tally.right += there
    if wanted == found:
        return
    missing, more = Counter(wanted) - Counter(found), Counter(found) - Counter(wanted)
    if missing or more:
        tally.fault(
            Break(equation="lines.posted", expected=expected, found=there, claim=answer.claim,
                  line=line, answer=answer.id, why=_told(missing, more))
        )  # fmt: skip


def _told(missing: Counter[Amount], more: Counter[Amount]) -> str:
    """Which postings are missing, and which stand there instead."""
    parts = [f"{_words(one)} is missing" for one in sorted(missing)[:3]]
    parts += [f"{_words(one)} should not be there" for one in sorted(more)[:3]]
    return "; ".join(parts)


def _words(one: Amount) -> str:
    kind, group, reason, cents = one
    return f"{group}-{reason} {dollars(cents)}" if group or reason else f"{kind} {dollars(cents)}"


def _check_beside(answer: AnswerRow, tally: Tally) -> int:
    """The postings on the claim alone; gives what of them is not explained."""
    wanted: list[Amount] = []
    open_charge, on_lines, rest = answer.charge, 0, 0
    for share in answer.shares:
        open_charge -= share.charge
        on_lines += share.paid
    for line in answer.left:
        open_charge -= line["charge"]
        on_lines += line["paid"]
        rest += line["not_explained"]
        found = ((group, reason, cents) for group, reason, cents, _ in line["adjustments"])
        wanted += amounts(line["paid"], found, line["not_explained"])
    wanted += amounts(answer.beside, (), open_charge - answer.beside)
    rest += open_charge - answer.beside
    _compare(answer, 0, wanted, answer.postings.get(0, []), tally)
    if answer.beside != answer.paid - on_lines:
        tally.fault(
            Break(equation="lines.posted", expected=answer.paid - on_lines, found=answer.beside,
                  claim=answer.claim, answer=answer.id, why="paid beside the lines")
        )  # fmt: skip
    return rest


def _check_sums(answer: AnswerRow, tallies: Tallies) -> None:
    """All postings make CLP03, the paid ones CLP04; what is left open is what the payer left."""
    charge = paid = rest = 0
    for some in answer.postings.values():
        for kind, _, _, cents in some:
            charge += cents
            if kind == "paid":
                paid += cents
            elif kind == "not explained":
                rest += cents
    sides = (
        ("answers.charge", answer.charge, charge, ""),
        ("answers.paid", answer.paid, paid, ""),
        ("answers.open", answer.difference, rest, "what the payer's own figures leave open"),
    )
    for name, expected, found, why in sides:
        tally = tallies[name]
        tally.left += expected
        tally.right += found
        if expected != found:
            tally.fault(
                Break(equation=name, expected=expected, found=found, claim=answer.claim,
                      answer=answer.id, why=why)
            )  # fmt: skip


def plain_open(lines: Mapping[int, int], answers: Sequence[AnswerRow]) -> int | None:
    """What is open of a claim without a history, in cents; None where only the full books tell.

    Args:
        lines: charge of each line, by row number.
        answers: all that came for it.
    """
    if not answers:
        return sum(lines.values())
    answer = answers[0]
    if len(answers) > 1 or answer.status in _NOT_PLAIN or any(s.bundled for s in answer.shares):
        return None
    decided: dict[int, int] = {}
    for share in answer.shares:
        decided[share.line] = decided.get(share.line, 0) + share.charge
    return sum(charge - decided.get(line, 0) for line, charge in lines.items())


_NOT_PLAIN: Final = frozenset({"22", "23", "25"})  # a reversal; no decision at all


def _sum(some: Iterable[Amount]) -> int:
    return sum(one[3] for one in some)


def dollars(cents: int) -> Decimal:
    """Cents as an amount with two decimals."""
    return Decimal(cents).scaleb(-2)


def item_key(*parts: str) -> str:
    """A short name of a thing that does not close: the same for the same thing and amount."""
    return hashlib.blake2b("\x1f".join(parts).encode(), digest_size=5).hexdigest()
