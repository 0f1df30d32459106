"""What a denied or reduced line means, what to do next, and what must not be done.

Decided by payer family, group and reason, all remark codes (MOA included), the modifiers that were
sent, the other lines of the patient and day, and the paid share, from a dated table. The reason
code alone is the last resort and says so by its low confidence.
"""

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from attrs import frozen

from edi.codes import lookup, refusal
from edi.remittance import Adjustment
from reconcile.books import is_cut
from reconcile.buckets import moves, reductions
from reconcile.denial_table import DenialTable, Row, shipped_table
from reconcile.values import (
    ZERO,
    Finding,
    LineBooks,
    LineShare,
    Neighbour,
    PayerFacts,
    SentClaim,
    SentLine,
)

DISTINCT: Final = ("59", "XE", "XS", "XP", "XU")


@frozen(kw_only=True)
class _Case:
    """All that decides, gathered once."""

    line: SentLine
    claim: SentClaim
    books: LineBooks
    others: frozenset[str]  # the codes of the other lines of the patient and day
    facts: PayerFacts
    adjustments: tuple[Adjustment, ...]  # the refusing ones, else all
    remarks: frozenset[str]

    @property
    def codes(self) -> str:
        """CO-97 N20: what the payer said, as it said it."""
        said = [f"{a.group}-{a.reason}" for a in self.adjustments]
        return " ".join(dict.fromkeys((*said, *sorted(self.remarks))))


def finding(  # noqa: PLR0917 - the six facts a biller decides by, in the order they are asked
    line: SentLine,
    claim: SentClaim,
    books: LineBooks,
    neighbours: Iterable[SentLine | Neighbour],
    facts: PayerFacts,
    on: dt.date,
    *,
    table: DenialTable | None = None,
) -> Finding:
    """What the newest decision on the line means and what to do.

    Args:
        line: the sent line.
        claim: its claim.
        books: its books.
        neighbours: other lines of the same patient and day, of any claim; the claim's own lines
            of the day are added.
        facts: what the payer allows.
        on: the day of the question; codes retired before it are shown as unknown.
        table: the denial table, ours where None.
    """
    table = table or shipped_table()
    case = _case(line, claim, books, neighbours, facts)
    share = books.current
    if share is not None and is_cut(line, share) and not refusing(share, case.remarks):
        return _cut(share, case)
    found = next((row for row in table.rows if _fits(row, case)), None)
    if found is not None:
        return _from_row(found, case, f"{table.name} {table.date}")
    return _without_row(case, on)


def _case(
    line: SentLine,
    claim: SentClaim,
    books: LineBooks,
    neighbours: Iterable[SentLine | Neighbour],
    facts: PayerFacts,
) -> _Case:
    own = {o.code for o in claim.lines if o.control != line.control and o.date == line.date}
    others = {o.code for o in neighbours if o.date == line.date and o != line}
    share = books.current
    remarks: frozenset[str] = frozenset()
    adjustments: tuple[Adjustment, ...] = ()
    if share is not None:
        moa = books.decided_by.remarks if books.decided_by else ()
        remarks = frozenset((*share.remarks, *moa))
        adjustments = refusing(share, remarks) or share.adjustments
    return _Case(
        line=line,
        claim=claim,
        books=books,
        others=frozenset(own | others),
        facts=facts,
        adjustments=adjustments,
        remarks=remarks,
    )


def refusing(share: LineShare, remarks: frozenset[str]) -> tuple[Adjustment, ...]:
    """The adjustments of the share that refuse payment, or whose reason we do not know."""
    receiving = frozenset((share.bundled_into,)) if share.bundled_into else frozenset()
    return tuple(
        a
        for a in share.adjustments
        if a.amount > ZERO
        and not moves(share, a, receiving)
        and refusal(a.group, a.reason, remarks=remarks, paid=bool(share.paid)) in {"yes", "unknown"}
    )


def _fits(row: Row, case: _Case) -> bool:
    family, sent = case.facts.family, case.line.modifiers
    return (
        (not row.families or family in row.families)
        and family not in row.not_families
        and (row.status == "reversed") == (case.books.current is None)
        and _codes_fit(row, case)
        and case.remarks.isdisjoint(row.not_remarks)
        and (not row.sent or not row.sent.isdisjoint(sent))
        and row.not_sent.isdisjoint(sent)
        and (not row.beside or not row.beside.isdisjoint(case.others))
        and (
            not row.references or any(r.qualifier in row.references for r in case.claim.references)
        )
        and (not row.paid or row.paid == _paid(case))
    )


def _codes_fit(row: Row, case: _Case) -> bool:
    if row.status:
        return True
    if not case.remarks.isdisjoint(row.or_remarks):
        return True
    if row.remarks and case.remarks.isdisjoint(row.remarks):
        return False
    if "*" in row.codes:
        return bool(case.adjustments)
    return any(
        f"{a.group}-{a.reason}" in row.codes or f"*-{a.reason}" in row.codes
        for a in case.adjustments
    )


def _paid(case: _Case) -> str:
    share = case.books.current
    return "part" if share is not None and share.paid else "zero"


def _from_row(row: Row, case: _Case, table: str) -> Finding:
    words = _words(row, case)
    deadline, source = _deadline(row.deadline, case)
    return Finding(
        category=row.category,
        cause=row.cause.format_map(words),
        next_step=row.next_step.format_map(words),
        never=tuple(text.format_map(words) for text in row.never),
        who=row.who,
        deadline=deadline,
        deadline_source=source,
        deadline_for=DEADLINES[row.deadline] if deadline else "",
        confidence=row.confidence,
        row=row.key,
        table=table,
    )


class _Words(dict[str, str]):
    """Words of a row; one that a practice's table invents stays as it stands."""

    def __missing__(self, key: str) -> str:
        return "{" + key + "}"


def _words(row: Row, case: _Case) -> _Words:
    line = case.line
    modifier = next((m for m in line.modifiers if m in DISTINCT), "59")
    times = next((e for e in line.evidence if e.startswith("times ")), "start and stop times")
    numbers = [r.value for r in case.claim.references if r.qualifier == "G1"]
    return _Words(
        partner=_partner(row, case),
        modifier=modifier,
        times=times,
        authorization=numbers[0] if numbers else "",
        codes=case.codes,
        code=line.code,
        sent=" ".join(line.modifiers) or "none",
        excess=_excess(case),
    )


PAIRS: Final = ("97140", "97164", "97168", "97116", "97113", "97150")


def _partner(row: Row, case: _Case) -> str:
    """The service of the day that the line was bundled with: the likeliest pair first."""
    present = case.others & row.beside if row.beside else case.others
    likely = [code for code in PAIRS if code in present]
    if case.line.code in PAIRS and "97530" in case.others:
        return "97530"
    return likely[0] if likely else "another service of the day"


def _excess(case: _Case) -> str:
    share = case.books.current
    if share is None or share.units is None or not ZERO < share.units < case.line.units:
        return f"{case.line.units} sent"
    return f"{_units(share.units)} paid of {_units(case.line.units)}"


def _units(units: Decimal) -> str:
    return f"{units.normalize():f}"


DEADLINES: Final = {
    "appeal": "first appeal",
    "reopening": "reopening",
    "corrected": "corrected claim",
    "filing": "new claim",
}


def _deadline(kind: str, case: _Case) -> tuple[dt.date | None, str]:
    """By when the row's next step must be taken; None where the payer's policy does not say.

    Appeal, reopening and corrected claim count from the remittance date, a new claim from the
    first day of service. The source begins with what the deadline is for.
    """
    facts, decided = case.facts, case.books.decided_by
    if decided is None or not kind:
        return None, ""
    days, source = {
        "appeal": (facts.appeal1_days, facts.appeal1_source),
        "reopening": (facts.reopening_days, ""),
        "corrected": (facts.corrected_claim_days, ""),
        "filing": (facts.timely_filing_days, ""),
    }[kind]
    if days is None:
        return None, ""
    start, counted = decided.date, "from the remittance"
    if kind == "filing":
        start, counted = case.claim.date, "from the service"
    source = source or f"policy of {facts.name or facts.key}, {days} days {counted}"
    return start + dt.timedelta(days=days), f"{DEADLINES[kind]}: {source}"


def _cut(share: LineShare, case: _Case) -> Finding:
    """Fewer units or another code were paid and no adjustment says why."""
    sent = case.line.code
    changed = "" if share.code.upper() == sent else f", {sent} paid as {share.code}"
    return Finding(
        category="units or code cut",
        cause=f"units {_excess(case)}{changed}, and no reason given",
        next_step="compare with the contract; call and ask why",
        never=("bill the patient for the difference",),
        who="payer call",
        confidence="medium",
        row="units or code cut",
    )


def _without_row(case: _Case, on: dt.date) -> Finding:
    """No row fits: a code we know alone, or one we do not know."""
    unknown = [a for a in case.adjustments if lookup("carc", a.reason, on) is None]
    if not case.adjustments or unknown:
        return Finding(
            category="unknown code" if unknown else "no reason given",
            cause=f"the payer says {case.codes}" if case.codes else "the payer gives no reason",
            next_step="look the code up in the payer's list, or call; then tell us its meaning",
            who="payer call",
        )
    entry = lookup("carc", case.adjustments[0].reason, on)
    assert entry is not None  # else it would be unknown
    return Finding(
        category="by reason code alone",
        cause=f"{entry.meaning} ({case.codes})",
        next_step=entry.todo or "read the remark codes",
        who="billing",
        row=f"reason {entry.code}",
    )


def expected_cuts(shares: Iterable[LineShare]) -> tuple[str, ...]:
    """Cuts by rule in a biller's words: "multiple-procedure reduction 20.06"."""
    return tuple(
        f"{name} {amount}" if amount is not None else name
        for share in shares
        for name, amount in reductions(share)
    )
