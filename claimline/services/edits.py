"""What the checks find in visits, without billing them: the same drafter, nothing recorded."""

import re
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Final

from attrs import evolve, field, frozen

from claimline.services.bill import bill
from claimline.services.bill_values import BilledClaim, BillRequest, BillResult, HeldVisits, Unread
from edi.problem import CODES as PROBLEM_CODES
from edi.problem import Problem
from mapping.codes import CODES
from mapping.documentation import ADD_ONS

_WORD: Final = re.compile(r"\b[0-9A-Z]{5}\b")


@frozen(kw_only=True)
class Finding:
    """One thing found in a visit: what, by which rule, what decided, what to do."""

    visit: str
    payer: str
    codes: tuple[str, ...]  # the procedure codes it is about; empty: the visit
    level: str  # held, warning
    rule: str  # the problem code: claimline explain tells what it means
    message: str
    todo: str
    source: str  # rule and table version that decided, where one did


@frozen(kw_only=True)
class Edits:
    """All findings, and how the visits stand. Every visit is counted once."""

    findings: tuple[Finding, ...]
    held: int  # visits
    warned: int
    clean: int
    billed_before: int
    unread: tuple[Unread, ...]  # visits, rows of none, files that hold none
    charge_held: Decimal
    not_priced: int  # held claims whose charge could not be worked out
    result: BillResult = field(repr=False)


def edits(request: BillRequest) -> Edits:
    """Check visits as ``bill`` would.

    Raises:
        WrongUsageError: the practice file is not right.
        LedgerError: there is a ledger and it cannot be used.
    """
    result = bill(evolve(request, dry_run=True, only_checked=True))
    held = {visit for one in result.held for visit in one.visits}
    warned = {
        problem.where.claim or visit
        for one in result.claims
        for problem in one.warnings
        for visit in one.visits[:1]
    } - held
    seen = held | {visit for one in result.claims for visit in one.visits}
    priced = [one.charge for one in result.held if one.charge is not None]
    return Edits(
        findings=tuple(_findings(result)),
        held=len(held),
        warned=len(warned),
        clean=len(seen - held - warned),
        billed_before=len(result.already),
        unread=result.unread(),
        charge_held=sum(priced, start=Decimal("0.00")),
        not_priced=len(result.held) - len(priced),
        result=result,
    )


def _findings(result: BillResult) -> Iterator[Finding]:
    """Held claims first, then warnings of those that would go."""
    for held in result.held:
        yield from _of(held.problems, held)
    for claim in result.claims:
        yield from _of(claim.warnings, claim)


def _of(problems: Iterable[Problem], one: HeldVisits | BilledClaim) -> Iterator[Finding]:
    known: Mapping[str, object] = PROBLEM_CODES
    for problem in sorted(problems, key=lambda found: found.level != "error"):
        declared = PROBLEM_CODES[problem.code] if problem.code in known else None
        yield Finding(
            visit=problem.where.claim or " ".join(one.visits),
            payer=one.payer,
            codes=_codes(problem.message),
            level="held" if problem.level == "error" else "warning",
            rule=problem.code,
            message=problem.message,
            todo=declared.todo if declared else "",
            source=problem.source,
        )


def _codes(message: str) -> tuple[str, ...]:
    """The procedure codes a message names, in its order."""
    words = dict.fromkeys(_WORD.findall(message))
    return tuple(word for word in words if word in CODES or word in ADD_ONS)
