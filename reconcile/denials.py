"""What a denied or reduced line means, what to do next, and what must not be done.

Decided by payer family, group and reason, all remark codes (MOA included), the modifiers that were
sent, the other lines of the patient and day, and the paid share, from a dated table. The reason
code alone is the last resort and says so by its low confidence.
"""

import datetime as dt
from collections.abc import Iterable
from typing import Final

from attrs import evolve

from edi.codes import NOT_THE_PATIENT, Entry, advice, lookup, without_patient
from reconcile.books import is_cut
from reconcile.buckets import reductions
from reconcile.correction_deadline import NAMES as DEADLINES
from reconcile.correction_deadline import deadline as due
from reconcile.denial_case import (
    DISTINCT,
    Case,
    advised,
    case_of,
    excess,
    refusing,
    words_of,
)
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

__all__ = ["DEADLINES", "expected_cuts", "finding", "patient_share", "refusing"]


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
    case = case_of(line, claim, books, neighbours, facts)
    share = books.current
    if share is not None and is_cut(line, share) and not case.refused:
        return _cut(share, case)
    if any(lookup("group", a.group) is None for a in case.adjustments):
        return _unknown_group(case)
    found = next((row for row in table.rows if _fits(row, case)), None)
    if found is not None:
        return _from_row(found, case, f"{table.name} {table.date}")
    return _without_row(case, on)


def patient_share(
    line: SentLine,
    claim: SentClaim,
    books: LineBooks,
    facts: PayerFacts,
    *,
    table: DenialTable | None = None,
) -> Finding | None:
    """May the patient be billed? For a line of any status; None where nothing is the patient's.

    Looks at what the newest answer leaves to the patient (group PR, and the amounts that QMB
    remarks take from the patient), whatever else was refused.
    """
    share = books.current
    if share is None:
        return None
    case = case_of(line, claim, books, (), facts)
    refused = case.adjustments if case.refused else ()
    left = tuple(
        a for a in share.adjustments if a.group == "PR" and a.amount > ZERO and a not in refused
    )
    if not left:
        return None
    table = table or shipped_table()
    case = evolve(case, adjustments=left, refused=False)
    found = next((row for row in table.rows if row.codes and _fits(row, case)), None)
    return _from_row(found, case, f"{table.name} {table.date}") if found is not None else None


def _fits(row: Row, case: Case) -> bool:
    family = case.facts.family
    return (
        (not row.families or family in row.families)
        and family not in row.not_families
        and (row.status == "reversed") == (case.books.current is None)
        and _codes_fit(row, case)
        and case.remarks.isdisjoint(row.not_remarks)
        and _line_fits(row, case)
        and (
            not row.references or any(r.qualifier in row.references for r in case.claim.references)
        )
        and (not row.paid or row.paid == _paid(case))
    )


def _line_fits(row: Row, case: Case) -> bool:
    """What the row asks of the sent line and of its day."""
    line = case.line
    return (
        (not row.lines or line.code in row.lines)
        and (not row.units or row.units == ("one" if line.units <= 1 else "more"))
        and (not row.sent or _was_sent(row.sent, case))
        and (not row.not_sent or not _was_sent(row.not_sent, case))
        and (not row.misplaced or case.is_misplaced)
        and (not row.moved or case.is_moved)
        and (not row.twin or case.is_twin)
        and (not row.turn or row.turn == case.turn)
        and (not row.beside or case.partner in row.beside)
    )


def _was_sent(wanted: frozenset[str], case: Case) -> bool:
    """Whether one of the modifiers was sent; 59 and X count where the pair takes them."""
    if not wanted.isdisjoint(DISTINCT):
        return case.is_distinct
    return not wanted.isdisjoint(case.line.modifiers)


def _codes_fit(row: Row, case: Case) -> bool:
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


def _paid(case: Case) -> str:
    share = case.books.current
    return "part" if share is not None and share.paid else "zero"


def _from_row(row: Row, case: Case, table: str) -> Finding:
    words = words_of(case)
    by_remark = row.deadline == "remark"
    told_by = case.remark if by_remark else _fixing(row, case)
    kind = _by_road(case.remark, case) if by_remark else row.deadline
    later = kind == AFTERWARDS  # the correction comes after another step: no road of its own yet
    if later:
        kind = "reopening" if case.is_part_b else "corrected"
    call = kind == CALL  # asking to reprocess does not stop the clock of the first appeal
    if call:
        kind = "appeal"
    deadline, source = _deadline(kind, case)
    if call and source:
        source = source.replace(DEADLINES[kind], f"{DEADLINES[kind]} if that does not help", 1)
    other, other_source = _deadline(row.or_deadline, case)
    never = tuple(_as_told(text.format_map(words), case) for text in row.never)
    return Finding(
        category=row.category,
        cause=row.cause.format_map(words),
        next_step=_as_told(row.next_step.format_map(words), case),
        never=_never(never, case, told_by),
        who=row.who,
        deadline=deadline,
        deadline_source=source,
        deadline_for=DEADLINES[kind] if deadline else "",
        or_deadline=other,
        or_deadline_source=other_source,
        or_deadline_for=DEADLINES[row.or_deadline] if other else "",
        or_road=row.or_deadline,
        road="" if later or call else kind,
        confidence="low" if by_remark and case.remark is None else row.confidence,
        row=row.key,
        table=table,
    )


def _fixing(row: Row, case: Case) -> Entry | None:
    """The remark whose correction the next step names: what it forbids holds with it."""
    remark = case.remark
    return remark if FIX in row.next_step and remark and remark.road == "fix" else None


def _as_told(text: str, case: Case) -> str:
    """The words that fit once a further payer has decided, too."""
    if case.turn == "first":
        return text
    return text.replace(_SECOND, _THEN).replace(_NOT_YET, _STILL)


AFTERWARDS: Final = "afterwards"
CALL: Final = "call"
_SECOND: Final = "secondary payer, then the patient"
_THEN: Final = "where no further payer is left, the patient"
_NOT_YET: Final = "before the secondary payer answered"
_STILL: Final = "while a further payer has not answered"
FIX: Final = "{fix}"


def _never(never: tuple[str, ...], case: Case, entry: Entry | None) -> tuple[str, ...]:
    """The never-do: what a refusal under CO or PI leaves is not the patient's."""
    never = tuple(dict.fromkeys((*never, *(entry.never if entry else ()))))
    if case.refused and all(a.group in NOT_THE_PATIENT for a in case.adjustments):
        return without_patient(never)
    return never


def _by_road(entry: Entry | None, case: Case) -> str:
    """Which deadline a code's "to do" has with this payer."""
    if entry is None or not entry.road:
        return ""
    if entry.road == "records":
        return "appeal"
    return "reopening" if case.is_part_b else "corrected"


def _deadline(kind: str, case: Case) -> tuple[dt.date | None, str]:
    """By when the row's next step must be taken; None where the payer's policy does not say.

    The source begins with what the deadline is for.
    """
    decided = case.books.decided_by
    if decided is None or not kind:
        return None, ""
    found = due(kind, case.facts, decided=decided.date, service=case.claim.date)
    return (found.day, f"{found.name}: {found.source}") if found is not None else (None, "")


def _cut(share: LineShare, case: Case) -> Finding:
    """Fewer units or another code were paid and no adjustment says why."""
    sent = case.line.code
    changed = "" if share.code.upper() == sent else f", {sent} paid as {share.code}"
    if share.paid >= case.line.charge and not changed:
        return Finding(
            category="units or code cut",
            cause=f"paid in full although the payer names fewer units: {excess(case)}",
            next_step="check the units in the note; nothing to appeal",
            never=("appeal", "bill the patient for the difference"),
            confidence="medium",
            row="units or code cut, paid in full",
        )
    return Finding(
        category="units or code cut",
        cause=f"units {excess(case)}{changed}, and no reason given",
        next_step="compare with the contract; call and ask why",
        never=("bill the patient for the difference",),
        who="payer call",
        confidence="medium",
        row="units or code cut",
    )


def _unknown_group(case: Case) -> Finding:
    """An adjustment under a group that X12 does not have: a person must read it."""
    group = next(a.group for a in case.adjustments if lookup("group", a.group) is None)
    return Finding(
        category="unknown group",
        cause=f"group {group} does not exist; X12 has CO, OA, PI and PR: {case.codes}",
        next_step="call: under which group was it meant? until then it counts as refused",
        never=("bill the patient", "write it off before the group is known"),
        who="payer call",
        row="unknown group",
    )


def _without_row(case: Case, on: dt.date) -> Finding:
    """No row fits: a code we know alone, or one we do not know."""
    unknown = [a for a in case.adjustments if lookup("carc", a.reason, on) is None]
    if not case.adjustments or unknown:
        return Finding(
            category="unknown code" if unknown else "no reason given",
            cause=f"the payer says {case.codes}" if case.codes else "the payer gives no reason",
            next_step="look the code up in the payer's own list, or call and ask",
            never=("bill the patient before the reason is known", "write it off unread"),
            who="payer call",
        )
    first = case.adjustments[0]
    entry = lookup("carc", first.reason, on)
    assert entry is not None  # else it would be unknown
    kind = _by_road(entry, case)
    deadline, source = _deadline(kind, case)
    _, never = advice(first.group, first.reason)
    if entry.road == "fix":
        again = "send a new claim (it comes back as a duplicate)"
        never = (again if case.is_part_b else "a second original claim", *never)
    return Finding(
        category="by reason code alone",
        cause=f"{entry.meaning} ({case.codes})",
        next_step=advised(entry, case) or "call and ask what is wanted",
        never=_never(never, case, None),
        who="billing",
        deadline=deadline,
        deadline_source=source,
        deadline_for=DEADLINES[kind] if deadline else "",
        road=kind,
        row=f"reason {entry.code}",
    )


def expected_cuts(shares: Iterable[LineShare]) -> tuple[str, ...]:
    """Cuts by rule in a biller's words: "MPPR 20.06"."""
    return tuple(
        f"{name} {amount}" if amount is not None else name
        for share in shares
        for name, amount in reductions(share)
    )
