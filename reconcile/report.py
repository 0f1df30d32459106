"""Rows for worklists: plain values under the names other programs rely on; no formatting.

Amounts and units are strings, dates ISO, a missing deadline None. Fields may be added, never
renamed.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any, Final

from edi.remittance import Adjustment, ClaimPayment
from reconcile.by_policy import FactsOf
from reconcile.denial_table import DenialTable
from reconcile.denials import expected_cuts, finding
from reconcile.look import wants_a_look
from reconcile.values import (
    Adjudication,
    ClaimMatch,
    LineBooks,
    Neighbour,
    PayerFacts,
    SentClaim,
    SentLine,
    UnmatchedLine,
)

Row = dict[str, Any]

WANTED: Final = frozenset({"denied", "reduced", "reversed", "check"})
WHOSE: Final = "find out whose it is; another system's claim: receive the 837P it was sent in"
BY_HAND: Final = "compare with the candidates and ask the payer which one it answers"


def denial_rows(
    claim: SentClaim,
    books: Sequence[LineBooks],
    adjudications: Iterable[Adjudication],
    neighbours: Sequence[SentLine | Neighbour],
    facts: PayerFacts,
    *,
    on: dt.date,
    statuses: frozenset[str] = WANTED,
    table: DenialTable | None = None,
    facts_of: FactsOf | None = None,
) -> Iterator[Row]:
    """The rows of one claim's denied, reduced, taken back and unmatched lines.

    Args:
        claim: the sent claim.
        books: of its lines (``post.claim_books``).
        adjudications: all that came for it; their unmatched lines become rows.
        neighbours: other lines of the same patient and days, of any claim.
        facts: what the payer allows.
        on: the day of the question.
        statuses: which lines to show; unmatched ones always are. "check" are paid lines that want a
            look: paid nothing by contract, paid to the patient.
        table: the denial table, ours where None.
        facts_of: of whoever gave an answer, for those of further payers; None: all are ``facts``.
    """
    lines = {line.control: line for line in claim.lines}
    answers = sorted(adjudications, key=lambda a: (a.date, a.trace, a.position, a.id))
    for line_books in books:
        status = "check" if wants_a_look(line_books) else line_books.status
        if status in statuses:
            line = lines[line_books.line]
            who = _further(line_books.decided_by, facts_of) or facts
            found = finding(line, claim, line_books, neighbours, who, on, table=table)
            back = _taken_back(line, answers) if line_books.current is None else {}
            yield (
                _line_row(line, claim, line_books, who)
                | back
                | {
                    "status": status,
                    "category": found.category,
                    "cause": found.cause,
                    "next_step": found.next_step,
                    "never": list(found.never),
                    "who": found.who,
                    "deadline": found.deadline.isoformat() if found.deadline else None,
                    "deadline_for": found.deadline_for or None,
                    "deadline_source": found.deadline_source or None,
                    "or_deadline": found.or_deadline.isoformat() if found.or_deadline else None,
                    "or_deadline_for": found.or_deadline_for or None,
                    "or_deadline_source": found.or_deadline_source or None,
                    "confidence": found.confidence,
                    "rule": found.row,
                    "table": found.table,
                }
            )
    for adjudication in answers:
        for unmatched in adjudication.unmatched:
            yield _unmatched_line_row(unmatched, claim, adjudication, facts)


def _further(decided: Adjudication | None, facts_of: FactsOf | None) -> PayerFacts | None:
    """The further payer that decided a line; None where the first one did."""
    if decided is None or decided.rank == "P" or facts_of is None:
        return None
    return facts_of(decided) or PayerFacts(key=decided.payer, name=decided.payer, family="")


def _taken_back(line: SentLine, answers: Sequence[Adjudication]) -> Row:
    """Which payment took a line back, where no answer stands any more: the newest reversal."""
    for answer in reversed(answers):
        for share in answer.lines:
            if answer.is_reversal and share.line == line.control:
                return {
                    "matched_by": share.method,
                    "claim_matched_by": answer.method,
                    "trace": answer.trace,
                    "payment_date": _iso(answer.date),
                    "payer_claim": answer.payer_control,
                    "adjustments": _adjustments(share.adjustments),
                }
    return {}


def unmatched_claim_row(
    payment: ClaimPayment, match: ClaimMatch, *, payer: str, trace: str, date: dt.date | None
) -> Row:
    """The row of a claim payment that fits no sent claim for certain."""
    adjustments = [*payment.adjustments, *(a for line in payment.lines for a in line.adjustments)]
    remarks = {*payment.remarks, *(code for line in payment.lines for code in line.remarks)}
    codes = dict.fromkeys(line.procedure.code for line in payment.lines)
    day = payment.service_date or next((s.service_date for s in payment.lines), None)
    return {
        "claim": payment.control,
        "line": None,
        "payer": payer,
        "code": " ".join(codes),
        "modifiers": [],
        "date": _iso(day),
        "units": None,
        "billed": _text(payment.charge),
        "paid": _text(payment.paid),
        "status": "unmatched",
        "adjustments": _adjustments(adjustments),
        "remarks": sorted(remarks),
        "matched_by": None,
        "trace": trace,
        "payment_date": _iso(date),
    } | _by_hand(match.why, match.candidates)


def _line_row(line: SentLine, claim: SentClaim, books: LineBooks, facts: PayerFacts) -> Row:
    share, decided = books.current, books.decided_by
    remarks = [*share.remarks, *(decided.remarks if decided else ())] if share else []
    return {
        "claim": claim.control,
        "line": line.control,
        "payer": facts.name or claim.payer,
        "code": line.code,
        "modifiers": list(line.modifiers),
        "date": line.date.isoformat(),
        "units": _units(line.units),
        "billed": _text(line.charge),
        "paid": _text(books.paid),
        "status": books.status,
        "adjustments": _adjustments(share.adjustments if share else ()),
        "remarks": list(dict.fromkeys(remarks)),
        "matched_by": share.method if share else None,
        "claim_matched_by": decided.method if decided else None,
        "trace": decided.trace if decided else None,
        "payment_date": _iso(decided.date if decided else None),
        "payer_claim": decided.payer_control if decided else None,
        "denied": _text(books.denied - books.twice.denied),
        "patient": _text(books.patient),
        "contractual": _text(books.contractual),
        "open": _text(books.open),
        "flags": list(books.flags),
        "reductions": list(expected_cuts((share,))) if share else [],
        "candidates": [],
    }


def _unmatched_line_row(
    line: UnmatchedLine, claim: SentClaim, adjudication: Adjudication, facts: PayerFacts
) -> Row:
    return {
        "claim": claim.control,
        "line": None,
        "payer": facts.name or claim.payer,
        "code": line.code,
        "modifiers": list(line.modifiers),
        "date": _iso(line.date or claim.date),
        "units": None if line.units is None else _units(line.units),
        "billed": _text(line.charge),
        "paid": _text(line.paid),
        "status": "unmatched",
        "adjustments": _adjustments(line.adjustments),
        "remarks": list(dict.fromkeys((*line.remarks, *adjudication.remarks))),
        "matched_by": None,
        "claim_matched_by": adjudication.method,
        "trace": adjudication.trace,
        "payment_date": adjudication.date.isoformat(),
        "payer_claim": adjudication.payer_control,
    } | _by_hand(line.why, line.candidates)


def _by_hand(why: str, candidates: Sequence[str]) -> Row:
    return {
        "category": "unmatched",
        "cause": why,
        "next_step": BY_HAND if candidates else WHOSE,
        "never": ["post it to a line by guess"],
        "who": "billing",
        "deadline": None,
        "deadline_for": None,
        "deadline_source": None,
        "or_deadline": None,
        "or_deadline_for": None,
        "or_deadline_source": None,
        "confidence": "high",
        "rule": "",
        "table": "",
        "candidates": list(candidates),
    }


def _adjustments(adjustments: Iterable[Adjustment]) -> list[Row]:
    return [
        {
            "group": a.group,
            "reason": a.reason,
            "amount": _text(a.amount),
            "units": None if a.quantity is None else _units(a.quantity),
        }
        for a in adjustments
    ]


def _text(amount: Decimal) -> str:
    return f"{amount:.2f}"


def _units(units: Decimal) -> str:
    return f"{units.normalize():f}"


def _iso(date: dt.date | None) -> str | None:
    return date.isoformat() if date else None
