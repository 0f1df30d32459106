"""Where a sent line stands: a pure function of the SET of adjudications, not of their order.

Per payer the shares add up. A reversal is paired with the original it negates and both drop out;
a correction that comes before the reversal shows as decided twice (open below zero) until the
reversal comes. Across payers a later one restates what the earlier left; it never adds to it.
"""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Final

from attrs import evolve

from edi.claim import FREQUENCY_VOID
from reconcile.books_turns import (
    RANK_ORDER,
    Entry,
    Group,
    apart,
    groups_of,
    in_turn,
    is_reversal,
    sum_of,
)
from reconcile.buckets import Buckets, is_duplicate
from reconcile.look import look_flags
from reconcile.match_lines import UNBUNDLED
from reconcile.taken_back import differ, follows, negates, regroups, taken_by
from reconcile.values import (
    ZERO,
    Adjudication,
    LineBooks,
    LineShare,
    LineStatus,
    SentClaim,
    SentLine,
    Twice,
)

NEVER_POSTED: Final = frozenset({"23", "25"})  # forwarded without a decision; an estimate
NO_REVERSAL: Final = "correction without its reversal"
NO_ORIGINAL: Final = "reversal without its original"
POSITIVE: Final = "reversal sent with positive amounts: read as taking back its original"
POSITIVE_ALONE: Final = "reversal sent with positive amounts, its original is not here: not counted"
DUPLICATE: Final = "denied as a duplicate: the first answer stands"
QMB: Final = "QMB: the patient owes nothing"
CROSSOVER: Final = "forwarded by the payer to the next one: wait before billing it"
PRIOR_MISSING: Final = "another payer decided first; its remittance is not here"
STALE: Final = "a payer before decided anew after the next one had answered: that answer is open"
TAKEN_BACK: Final = "a payer before took its decision back: what the next one answered is open"
PAID_ABOVE: Final = "the next payer paid more than is left to the patient now: "
OVERPAID: Final = "paid more than the charge"
PAID_TWICE: Final = "paid twice: the same answer in two payments"
SAME_AGAIN: Final = "the same decision twice"
SET_ASIDE: Final = "an older answer counts no more: a person said that no reversal of it will come"
KEPT: Final = (
    "an older answer counts no more, as a person said, but its payment stays: the payer may want "
    "it back"
)
VOID_BILLS_NOTHING: Final = "a void bills nothing: answers stand on the claim that it voids"
TO_THE_PATIENT: Final = "100"  # the patient holds the payer's payment: a person looks first
REPLACED_BY: Final = "replaced by claim "  # how the flag begins; then its number
OTHER_CHARGE: Final = "the payer shows a charge of"  # how the flag begins


def books(line: SentLine, claim: SentClaim, adjudications: Iterable[Adjudication]) -> LineBooks:
    """The books of one line; see ``claim_books``."""
    return next(b for b in claim_books(claim, adjudications) if b.line == line.control)


def claim_books(claim: SentClaim, adjudications: Iterable[Adjudication]) -> tuple[LineBooks, ...]:
    """The books of all lines of a claim, in the claim's order, from all that came for it."""
    history = _history(adjudications)
    if (claim.follows or claim.frequency == FREQUENCY_VOID) and not history:
        return tuple(_elsewhere(line, claim) for line in claim.lines)
    plain = [_line_books(line, claim, history.get(line.control, [])) for line in claim.lines]
    if claim.replaced_by or claim.voided_by:
        plain = [_followed(claim, line_books) for line_books in plain]
    return _with_credit(claim, plain)


def standing(
    adjudications: Iterable[Adjudication],
) -> dict[str, tuple[tuple[Adjudication, LineShare], ...]]:
    """The decisions on each line, by its control number, that nobody took back; oldest first."""
    return {
        line: tuple(
            (e.adjudication, e.share)
            for e in apart(_live(entries, []), over=False)[0]
            if not is_reversal(e)
        )
        for line, entries in _history(adjudications).items()
    }


def beside_newest(
    line: str, adjudications: Iterable[Adjudication]
) -> tuple[tuple[Adjudication, LineShare], ...]:
    """Decisions on a line that stand beside a newer one of the same payer and turn; oldest first.

    It is their reversal that is missing, whatever else was taken back before.

    Args:
        line: ``SentLine.control``.
        adjudications: all that came for its claim, in any order.
    """
    found = standing(adjudications).get(line, ())
    newest = {(one.payer, one.rank): one.id for one, _ in found}
    return tuple(each for each in found if newest[each[0].payer, each[0].rank] != each[0].id)


def wrong_signs(adjudications: Iterable[Adjudication]) -> dict[str, Decimal]:
    """What reversals with positive amounts come to on the books beside their own figures (SVC03).

    One that is read as taking back its original counts below zero; one without it counts nothing.
    The payer's own figures stay as they came (RFI 1147 wants them negated): the proof needs both.

    Args:
        adjudications: all that came for a claim, in any order.

    Returns:
        Dollars by ``Adjudication.id``; reversals that change nothing left out.
    """
    found: dict[str, Decimal] = {}
    for entries in _history(adjudications).values():
        wrong = [e for e in entries if is_reversal(e) and e.share.charge > ZERO]
        if wrong:
            alone = _paired(entries)[1]
            for entry in wrong:
                turned = entry.share.paid * (1 if entry in alone else 2)
                key = entry.adjudication.id
                found[key] = found.get(key, ZERO) - turned
    return {key: amount for key, amount in found.items() if amount}


def _history(adjudications: Iterable[Adjudication]) -> dict[str, list[Entry]]:
    """All that came for each line, by its control number, oldest first."""
    ordered = sorted(
        {a.id: a for a in adjudications if a.status not in NEVER_POSTED}.values(),
        key=lambda a: (a.date, a.trace, a.position, a.id),
    )
    history: dict[str, list[Entry]] = {}
    for adjudication in ordered:
        for share in adjudication.lines:
            entry = Entry(adjudication=adjudication, share=share)
            history.setdefault(share.line, []).append(entry)
    return history


def _elsewhere(line: SentLine, claim: SentClaim) -> LineBooks:
    """A line billed to a second payer, or of a void: all of it stands on the first claim."""
    words = f"billed on to the next payer: answers and money stand on claim {claim.follows}"
    if not claim.follows:
        words = VOID_BILLS_NOTHING
    return LineBooks(
        line=line.control, status="elsewhere", charge=line.charge, other=line.charge, flags=(words,)
    )


def _followed(claim: SentClaim, found: LineBooks) -> LineBooks:
    """A line whose claim was replaced or voided: its charge stands elsewhere, or nowhere any more.

    A replacement takes the place of what was refused or taken back, a void of what was taken back;
    money that was not taken back stays, and is flagged. Beside a decided replacement such a line
    is decided twice, as if one claim had been: the charge and what the patient owes stand on the
    newer claim, and what the payer paid and wrote off is open below zero until its reversal comes.
    """
    replaced = bool(claim.replaced_by)
    gone = ("reversed", "denied", "open") if replaced else ("reversed",)
    words = f"{REPLACED_BY}{claim.replaced_by}" if replaced else "voided as we asked"
    if found.current is None and KEPT in found.flags:
        return evolve(
            found,
            status="paid",
            other=found.other + found.open,
            open=ZERO,
            flags=(*found.flags, words),
        )
    if found.status in gone and not found.paid:
        status: LineStatus = "replaced" if replaced else "voided"
        return LineBooks(
            line=found.line, status=status, charge=found.charge, other=found.charge, flags=(words,)
        )
    if replaced and found.current is not None:
        return _not_taken_back(found, f"{words}, its reversal is not here")
    if not found.paid or (found.current is None and not replaced):
        return found  # of a voided one: taken back, perhaps once too often
    words = words if replaced else "a void was sent"
    return evolve(found, flags=(*found.flags, f"{words}, its reversal is not here"))


def _not_taken_back(found: LineBooks, words: str) -> LineBooks:
    """A decided line of a replaced claim; see ``_followed``."""
    other = found.other + found.charge
    parts = found.paid + found.contractual + found.transferred + found.not_explained
    kept = (flag for flag in found.flags if flag != CROSSOVER)
    return evolve(
        found,
        status="paid",
        patient=ZERO,
        denied=ZERO,
        other=other,
        open=found.charge - parts - other,
        twice=Twice(contractual=max(found.contractual, ZERO)),
        flags=(*kept, NO_REVERSAL, words),
    )


def is_replaced(books: LineBooks) -> bool:
    """Whether the charge of a line stands on a newer claim, though money still stands here."""
    return any(flag.startswith(REPLACED_BY) for flag in books.flags)


def _line_books(line: SentLine, claim: SentClaim, history: Sequence[Entry]) -> LineBooks:
    if not history:
        return LineBooks(line=line.control, status="open", charge=line.charge, open=line.charge)
    flags: list[str] = []
    over = bool(claim.replaced_by or claim.voided_by)
    live, aside = apart(_live(history, flags), over=over)
    by_date = groups_of(live)
    groups = in_turn(by_date, history)
    stands = live if groups is by_date else [g for g in groups if not g.stale][-1].entries
    current = _newest(stands)
    totals = _combined(line, claim, groups, flags)
    twice = _twice(totals, line, claim, groups)
    if aside:
        flags.append(_keep_payment(totals, aside))
    taken_back = bool(aside) or any(is_reversal(e) for e in history)
    status = _status(line, current, groups, reversed_once=taken_back)
    flags += _flags(line, claim, current, groups, totals)
    if current is not None:
        alone = len({(g.payer, g.rank) for g in groups}) == 1
        flags += look_flags(status, current.share, current.adjudication, totals, alone=alone)
    return LineBooks(
        line=line.control,
        status=status,
        charge=line.charge,
        paid=totals.paid,
        contractual=totals.contractual,
        patient=totals.patient,
        denied=totals.denied,
        transferred=totals.transferred,
        other=totals.other,
        prior_payer=totals.prior_payer,
        open=line.charge - totals.charge,
        not_explained=totals.not_explained,
        flags=tuple(dict.fromkeys(flags)),
        twice=twice,
        current=current.share if current else None,
        decided_by=current.adjudication if current else None,
    )


def _twice(totals: Buckets, line: SentLine, claim: SentClaim, groups: Sequence[Group]) -> Twice:
    """What of the totals is there only by older decisions beside a newer one of the same payer."""
    once = [g if g.is_once(line) else g.of_newest() for g in groups]
    if all(one is group for one, group in zip(once, groups, strict=True)):
        return Twice()
    alone = _combined(line, claim, once, [])
    return Twice(
        denied=_beyond(totals.denied, alone.denied),
        patient=_beyond(totals.patient, alone.patient),
        contractual=_beyond(totals.contractual, alone.contractual),
    )


def _beyond(both: Decimal, newest: Decimal) -> Decimal:
    return max(both - max(newest, ZERO), ZERO)


def _live(history: Sequence[Entry], flags: list[str]) -> list[Entry]:
    """What still counts: originals not taken back, and reversals whose original is not here."""
    live, reversals, taken = _paired(history)
    flags += [POSITIVE for e in taken if e.share.charge > ZERO]
    flags += [POSITIVE_ALONE if e.share.charge > ZERO else NO_ORIGINAL for e in reversals]
    live = _without_duplicates(live, flags)
    return live + [e for e in reversals if e.share.charge <= ZERO]


def _paired(history: Sequence[Entry]) -> tuple[list[Entry], list[Entry], list[Entry]]:
    """Decisions that nobody took back, reversals without their original, reversals with it."""
    reversals = [e for e in history if is_reversal(e)]
    live = [e for e in history if not is_reversal(e)]
    paired: list[Entry] = []
    for takes_back in (negates, regroups, follows) if reversals else ():
        for reversal in list(reversals):
            taken = taken_by(reversal, live, takes_back)
            if taken is not None:
                live.remove(taken)
                reversals.remove(reversal)
                paired.append(reversal)
    return live, reversals, paired


def _keep_payment(total: Buckets, aside: Iterable[Entry]) -> str:
    """What was paid on answers that count no more stays, and is nobody's; the flag that says so."""
    paid = sum((entry.share.paid for entry in aside), ZERO)
    total.paid += paid
    total.other -= paid
    return KEPT if paid else SET_ASIDE


def _whose(entry: Entry) -> tuple[str, ...]:
    """Whose answer it is: the payer, and of further payers the turn.

    A forwarded claim's answer names its payer by its number, the answer to ours by its key. One
    payer in two turns (spouses at one carrier) has two coverages to answer for.
    """
    rank = entry.adjudication.rank
    return (entry.adjudication.payer,) if rank == "P" else (f"#{rank}",)


def _without_duplicates(live: list[Entry], flags: list[str]) -> list[Entry]:
    """A duplicate denial decides nothing where the same payer's real answer is here."""
    if len(live) < 2:
        return live
    real = {w for e in live if not is_duplicate(e.adjudication, e.share) for w in _whose(e)}
    kept = [
        e for e in live if real.isdisjoint(_whose(e)) or not is_duplicate(e.adjudication, e.share)
    ]
    if len(kept) < len(live):
        flags.append(DUPLICATE)
    return kept


def _newest(live: Sequence[Entry]) -> Entry | None:
    decisions = [e for e in live if not is_reversal(e)]
    return decisions[-1] if decisions else None


def _combined(
    line: SentLine, claim: SentClaim, groups: Sequence[Group], flags: list[str]
) -> Buckets:
    """All payers together: each later one restates what the earlier left (RFI 1696)."""
    total = Buckets()
    if not groups:
        return total
    lead = min(groups, key=lambda g: (g.rank, g.entries[0].adjudication.date, g.payer))
    total.charge = lead.sums.charge
    for n, group in enumerate(groups):
        if n and group.stale:
            _count_payment(total, group, flags)
        elif n:
            _restate(total, line, group)
        else:
            _start(total, group, claim, flags)
        total.not_explained += group.sums.not_explained
    if len(groups) > 1:
        total.contractual = (
            total.charge
            - total.paid
            - total.patient
            - total.denied
            - total.transferred
            - total.other
            - total.not_explained
        )
    if total.paid + min(total.transferred, ZERO) > line.charge:  # bundling moves charges here
        flags.append(OVERPAID)
    return total


def _start(total: Buckets, group: Group, claim: SentClaim, flags: list[str]) -> None:
    """The first payer's word; of a later one alone, its write-off is that of the rest (RFI 1696).

    What the payer before paid and wrote off is then unknown: it is open, not written off.
    """
    sums = group.sums
    total.paid, total.contractual, total.patient = sums.paid, sums.contractual, sums.patient
    total.denied, total.transferred = sums.denied, sums.transferred
    total.other, total.qmb = sums.other, sums.qmb
    if group.alone:
        flags.append(TAKEN_BACK)
    is_later = group.rank > RANK_ORDER[claim.payer_rank]
    if sums.prior_payer:
        total.other += sums.prior_payer
    elif is_later and not group.alone:
        total.charge -= total.contractual
        total.contractual = ZERO
    if (sums.prior_payer or is_later) and not group.alone:
        flags.append(PRIOR_MISSING)


def _count_payment(total: Buckets, group: Group, flags: list[str]) -> None:
    """What a payer paid on a decision that no longer stands lessens the share that is left now."""
    paid = group.sums.paid
    used = min(max(paid, ZERO), max(total.patient, ZERO))
    total.paid += paid
    total.patient -= used
    total.other -= paid - used  # it may want that back; nobody's write-off
    total.prior_payer += group.sums.prior_payer
    flags.append(STALE)
    if paid > used:
        flags.append(f"{PAID_ABOVE}{paid - used:.2f}")


def _restate(total: Buckets, line: SentLine, group: Group) -> None:
    """The newer decision says who owes what the earlier payers did not pay or write off.

    What an older one of the same payer paid beside it is nobody's write-off: it is open below zero.
    """
    newest = group.sums if group.is_once(line) else group.of_newest().sums
    left = total.patient + total.denied + total.other
    total.charge += group.sums.paid - newest.paid
    total.paid += group.sums.paid
    total.patient = newest.patient
    left = max(left - newest.paid - newest.patient, ZERO)
    total.denied = min(max(newest.denied, ZERO), left)
    total.other = min(max(newest.other, ZERO), left - total.denied)
    total.prior_payer += group.sums.prior_payer
    total.qmb = total.qmb or newest.qmb


def _status(
    line: SentLine, current: Entry | None, groups: Sequence[Group], *, reversed_once: bool
) -> LineStatus:
    """Denied, reduced, paid ... as docs/denials.md defines them."""
    if current is None:
        return "reversed" if reversed_once else "open"
    share, who = current.share, current.adjudication
    sums = sum_of((current,))
    others = sum((g.sums.paid for g in groups if not g.is_of(who)), ZERO)
    if sums.pending and not share.paid:
        return "open"
    if sums.denied > ZERO:
        return "reduced" if share.paid or others or sums.patient > ZERO else "denied"
    return "reduced" if is_cut(line, share) and (share.paid or sums.patient) else "paid"


def is_cut(line: SentLine, share: LineShare) -> bool:
    """Whether fewer units or another code were paid than were sent."""
    if share.units is not None and ZERO < share.units < line.units:
        return True
    return share.code.upper() != line.code and not (share.bundled_into or share.method == UNBUNDLED)


def _flags(
    line: SentLine,
    claim: SentClaim,
    current: Entry | None,
    groups: Sequence[Group],
    totals: Buckets,
) -> Iterator[str]:
    for group in groups:
        if not group.is_once(line):
            yield _decided_twice(group.decisions)
    if totals.qmb:
        yield QMB
    if totals.not_explained:
        yield f"not explained: {totals.not_explained}"
    if current is None:
        return
    share = current.share
    if share.bundled_into:
        numbers = {sent.control: sent.number for sent in claim.lines}
        moved = sum((a.amount for a in share.adjustments if a.reason == "97"), ZERO)
        yield f"included in line {numbers[share.bundled_into]} ({moved} moved)"
    if share.charge != line.charge and len(groups[-1].entries) == 1:
        yield f"{OTHER_CHARGE} {share.charge}, sent was {line.charge}"
    if current.adjudication.crossover and groups[-1].payer == current.adjudication.payer:
        yield CROSSOVER


def _decided_twice(decisions: Sequence[Entry]) -> str:
    """Two decisions of one payer stand: the same again, or one that corrects the other."""
    shares = [entry.share for entry in decisions]
    if differ(tuple(entry.adjudication for entry in decisions)):
        return NO_REVERSAL  # it corrects the claim, though not each of its lines
    return PAID_TWICE if any(s.paid for s in shares) else SAME_AGAIN


def _is_settled(given: LineBooks) -> bool:
    """Whether no more of the line can become the patient's: not while a person has to look."""
    share = given.current
    if share is None or given.status == "open" or not {STALE, TAKEN_BACK}.isdisjoint(given.flags):
        return False
    if any(a.reason == TO_THE_PATIENT and a.amount > ZERO for a in share.adjustments):
        return False
    return not given.denied or all(a.group != "PR" or a.amount <= ZERO for a in share.adjustments)


def _with_credit(claim: SentClaim, lines: list[LineBooks]) -> tuple[LineBooks, ...]:
    """What was collected at the visit and is not owed, on the claim's first line.

    Only once every line is decided: before that the copay may still be owed.
    """
    decided = all(_is_settled(b) for b in lines)
    owed = max(sum((b.patient for b in lines), ZERO), ZERO)  # below zero: a reversal stands alone
    credit = claim.collected - owed
    if decided and credit > ZERO and lines:
        lines[0] = evolve(lines[0], patient_credit=credit)
    return tuple(lines)
