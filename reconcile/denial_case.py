"""What decides about a refused line, gathered once, and the words a row of the table fills in."""

from collections.abc import Iterable
from decimal import Decimal
from functools import cached_property
from typing import Final

from attrs import define, field

from edi.codes import Entry, lookup, refusal
from edi.remittance import Adjustment
from reconcile.buckets import moves, without_partner
from reconcile.turns import FIRST
from reconcile.values import (
    ZERO,
    LineBooks,
    LineShare,
    Neighbour,
    PayerFacts,
    SentClaim,
    SentLine,
)

DISTINCT: Final = frozenset({"59", "XE", "XS", "XP", "XU"})
ASSISTANT: Final = frozenset({"CQ", "CO"})
PART_B: Final = "medicare-b"
PAIRS: Final = ("97140", "97164", "97168", "97116", "97113", "97150")  # with 97530, likeliest first
TAKES_59: Final = {  # beside 97530, the line of the pair that takes 59 (NCCI column 2)
    "97140": "97530",
    "97164": "97164",
    "97168": "97168",
    "97116": "97116",
}
NO_PARTNER: Final = "another service of the day"
NO_TARGET: Final = "the line that the payer's edit table names (column 2)"


@define(kw_only=True)
class Case:
    """One line with its answer, its claim, its day and its payer."""

    line: SentLine
    claim: SentClaim
    books: LineBooks
    others: tuple[SentLine, ...]  # the claim's other lines of the day
    present: frozenset[str]  # the codes of all other lines of the patient and day
    facts: PayerFacts
    adjustments: tuple[Adjustment, ...]  # the refusing ones, else all
    remarks: frozenset[str]
    refused: bool = field(default=True)  # the adjustments refuse payment

    @property
    def codes(self) -> str:
        """CO-97 N20: what the payer said, as it said it."""
        said = [f"{a.group}-{a.reason}" for a in self.adjustments]
        return " ".join(dict.fromkeys((*said, *sorted(self.remarks))))

    @property
    def is_part_b(self) -> bool:
        """Medicare Part B takes no frequency 7 or 8."""
        return self.facts.family == PART_B

    @property
    def turn(self) -> str:
        """Whether the payer billed first decided, or a later one."""
        decided = self.books.decided_by
        return "first" if decided is None or decided.rank == FIRST else "later"

    @cached_property
    def partner(self) -> str:
        """The service of the day that the line was bundled with, the likeliest; or empty."""
        if self.line.code in PAIRS and "97530" in self.present:
            return "97530"
        if self.line.code != "97530":
            return ""
        return next((code for code in PAIRS if code in self.present), "")

    @property
    def target(self) -> str:
        """The code of the pair that takes 59 or X; empty where we do not know."""
        beside = self.partner if self.line.code == "97530" else self.line.code
        return TAKES_59.get(beside, "") if self.partner else ""

    @cached_property
    def _holders(self) -> frozenset[str]:
        """The codes of the pair that were sent with 59 or X."""
        pair = [self.line, *(o for o in self.others if o.code == self.partner)]
        return frozenset(one.code for one in pair if not DISTINCT.isdisjoint(one.modifiers))

    @property
    def is_distinct(self) -> bool:
        """59 or X was sent where the payer looks for it.

        Part B takes it on either line of the pair since 2019-07-01, others on column 2.
        """
        if self.is_part_b or not self.target:
            return bool(self._holders)
        return self.target in self._holders

    @property
    def is_misplaced(self) -> bool:
        """59 or X was sent, but on the other line of the pair."""
        return bool(self._holders) and not self.is_distinct

    @property
    def is_twin(self) -> bool:
        """The plain or the assistant line of the same code was paid by the same answer."""
        decided = self.books.decided_by
        paid = {share.line for share in decided.lines if share.paid} if decided else set()
        mine = ASSISTANT.isdisjoint(self.line.modifiers)
        return any(
            other.code == self.line.code
            and other.control in paid
            and ASSISTANT.isdisjoint(other.modifiers) != mine
            for other in self.others
        )

    @property
    def is_moved(self) -> bool:
        """The answer paid another line in place of one (OA-94), and none meets it to the cent."""
        decided = self.books.decided_by
        return decided is not None and bool(without_partner(decided).keys() - {self.line.control})

    @property
    def remark(self) -> Entry | None:
        """The remark that says most of what to do: one that names a correction first."""
        known = [e for code in sorted(self.remarks) if (e := lookup("rarc", code)) and e.todo]
        telling = [e for e in known if "alert" not in e.meaning]
        with_road = [e for e in telling if e.road]
        return next(iter((*with_road, *telling)), None)


def case_of(
    line: SentLine,
    claim: SentClaim,
    books: LineBooks,
    neighbours: Iterable[SentLine | Neighbour],
    facts: PayerFacts,
) -> Case:
    """All that decides about one line."""
    others = tuple(o for o in claim.lines if o.control != line.control and o.date == line.date)
    beside = (o.code for o in neighbours if o.date == line.date and o != line)
    share = books.current
    remarks: frozenset[str] = frozenset()
    adjustments: tuple[Adjustment, ...] = ()
    refused: tuple[Adjustment, ...] = ()
    if share is not None:
        moa = books.decided_by.remarks if books.decided_by else ()
        remarks = frozenset((*share.remarks, *moa))
        refused = refusing(share, remarks)
        adjustments = refused or share.adjustments
    return Case(
        line=line,
        claim=claim,
        books=books,
        others=others,
        present=frozenset((*(o.code for o in others), *beside)),
        facts=facts,
        adjustments=adjustments,
        remarks=remarks,
        refused=bool(refused),
    )


def refusing(share: LineShare, remarks: frozenset[str]) -> tuple[Adjustment, ...]:
    """The adjustments of the share that refuse payment, or whose code we do not know."""
    receiving = frozenset((share.bundled_into,)) if share.bundled_into else frozenset()
    return tuple(
        a
        for a in share.adjustments
        if a.amount > ZERO
        and not moves(share, a, receiving)
        and refusal(a.group, a.reason, remarks=remarks, paid=bool(share.paid)) in {"yes", "unknown"}
    )


class Words(dict[str, str]):
    """Words of a row; one that a practice's table invents stays as it stands."""

    def __missing__(self, key: str) -> str:
        return "{" + key + "}"


def words_of(case: Case) -> Words:
    """What a row's texts may name in braces."""
    line, target = case.line, case.target
    partner = case.partner or NO_PARTNER
    other = ({line.code, partner} - {target}).pop() if target else "the other line"
    modifier = next((m for m in line.modifiers if m in DISTINCT), "59")
    times = next((e for e in line.evidence if e.startswith("times ")), "start and stop times")
    numbers = [r.value for r in case.claim.references if r.qualifier == "G1"]
    return Words(
        partner=partner,
        target=target or NO_TARGET,
        other=other,
        modifier=modifier,
        or_x=ONLY_BY_POLICY if modifier == "59" else "",
        times=times,
        authorization=numbers[0] if numbers else "",
        codes=case.codes,
        code=line.code,
        sent=" ".join(line.modifiers) or "no modifier",
        excess=excess(case),
        correction=correction(case),
        appeal=appeal(case),
        why=_why(case),
        fix=_fix(case),
        advice=advised(case.remark, case) if case.remark else NO_REMARK,
    )


ONLY_BY_POLICY: Final = "; an X modifier only if the payer's policy says so"
NO_REMARK: Final = "call and ask why: no remark code that we know says it"


def _why(case: Case) -> str:
    """What the remark codes say in our words."""
    if case.remark is None:
        said = "no remark code says why"
        return f"{said}: {case.codes}" if case.codes else said
    return f"{case.remark.meaning}: {case.codes}"


def _fix(case: Case) -> str:
    """What to correct, where the answer names it."""
    found = case.remark
    if found is not None and found.road == "fix":
        return found.todo
    entry = lookup("carc", case.adjustments[0].reason) if case.adjustments else None
    named = entry is not None and entry.road == "fix" and entry.code != "16"
    return entry.todo if entry is not None and named else "correct it"


def advised(entry: Entry, case: Case) -> str:
    """A code's "to do" with the road by which this payer takes it."""
    group = case.adjustments[0].group if case.adjustments else ""
    todo = entry.patient_todo if group == "PR" and entry.patient_todo else entry.todo
    if entry.road == "fix":
        return f"{todo}: {_sent_as(case)}"
    if entry.road == "records":
        return f"{appeal(case)} {todo}"
    return todo


def correction(case: Case) -> str:
    """How this payer takes the correction of an adjudicated line."""
    if case.is_part_b:
        return "reopening by portal or phone"
    if case.facts.takes_replacement is False:
        return "correction as the payer takes it (no frequency 7)"
    return "replacement"


def _sent_as(case: Case) -> str:
    """The same as a request."""
    if case.is_part_b:
        return "ask for a reopening by portal or phone"
    if case.facts.takes_replacement is False:
        return "send it as the payer takes corrections (no frequency 7)"
    return "send a replacement"


def appeal(case: Case) -> str:
    """The first appeal by the name this payer gives it."""
    return "redetermination" if case.is_part_b else "appeal"


def excess(case: Case) -> str:
    """Units paid of units sent."""
    share = case.books.current
    if share is None or share.units is None or not ZERO < share.units < case.line.units:
        return f"{units_text(case.line.units)} sent"
    return f"{units_text(share.units)} paid of {units_text(case.line.units)}"


def units_text(units: Decimal) -> str:
    """Units without trailing zeros."""
    return f"{units.normalize():f}"
