"""Which sent claim a claim payment (CLP) belongs to.

Matchers are tried in a fixed order, each named; the first that leaves exactly one claim wins.
Ambiguous or contradicted means unmatched, with the candidates. The order of candidates never
matters.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import Final

from attrs import frozen

from edi.remittance import ClaimPayment
from reconcile.keys import SHORTEST, STEM_LENGTH, normal, payer_numbers
from reconcile.post import REVERSAL
from reconcile.values import ClaimMatch, SentClaim

PATIENT_CONTROL: Final = "patient control number"
FAMILY: Final = "patient control number of the same claim family"
CHANGED_CONTROL: Final = "patient control number changed by payer, confirmed"
PAYER_CONTROL: Final = "payer claim control number"
LINE_CONTROLS: Final = "line control numbers"
TAKEN_BACK: Final = "payer claim control number but for zeros or case, payment taken back"
BY_HAND: Final = "a person's decision"  # see ``reconcile.ledger.by_hand``

WHICH_TURN: Final = (
    "the payer has two coverages of the patient: number, turn (CLP02) and member id do not name "
    "the same claim"
)
_TURNS: Final = {"1": "P", "19": "P", "2": "S", "20": "S", "3": "T", "21": "T"}  # of CLP02
MEMBER_TAIL: Final = 6  # shorter member ids are compared whole


@frozen(kw_only=True)
class _Evidence:
    """A payment with what weak matches are confirmed by, worked out once."""

    payment: ClaimPayment
    control: str
    charge: Decimal
    lines: frozenset[str]  # REF*6R
    numbers: tuple[str, ...]  # CLP07, REF*F8
    members: frozenset[str]
    days: frozenset[dt.date]
    payers: frozenset[str]
    date: dt.date | None


def match_claim(
    payment: ClaimPayment,
    candidates: Sequence[SentClaim],
    *,
    payers: frozenset[str] = frozenset(),
    date: dt.date | None = None,
) -> ClaimMatch:
    """The one sent claim the payment answers, or none and those it could be.

    Args:
        payment: the claim payment.
        candidates: sent claims found by ``candidate_keys``, with their whole families.
        payers: ids of the paying payer (``SentClaim.payer`` or ``payer_id``); empty: not known.
        date: the payment date; a claim for a later day is no candidate for a weak match.
    """
    if len(candidates) == 1:  # by far the most common case
        only = candidates[0]
        if only.control == payment.control and only.charge == abs(payment.charge):
            return ClaimMatch(claim=only, method=PATIENT_CONTROL)
    evidence = _evidence(payment, payers, date)
    ranked = sorted(candidates, key=_rank)
    pool = [c for n, c in enumerate(ranked) if not n or c != ranked[n - 1]]
    seen: dict[str, None] = {}
    for method, matcher in MATCHERS:
        hits = matcher(evidence, pool)
        if len(hits) == 1:
            either = _either_turn(evidence, hits[0], pool)
            if either:
                return ClaimMatch(claim=None, method="", candidates=either, why=WHICH_TURN)
            name = method if hits[0].control == payment.control else _other_member(method, hits[0])
            return ClaimMatch(claim=hits[0], method=name)
        seen.update(dict.fromkeys(hit.control for hit in hits))
    return _unmatched(evidence, pool, tuple(seen))


def in_other_turns(claim: SentClaim, pool: Iterable[SentClaim]) -> tuple[SentClaim, ...]:
    """Claims of the family to the same payer in another turn: there are two coverages with it."""
    return tuple(
        c
        for c in pool
        if c.family == claim.family
        and c.payer_rank != claim.payer_rank
        and (c.payer == claim.payer or (c.payer_id and c.payer_id == claim.payer_id))
        and normal(c.member_id) != normal(claim.member_id)
    )


def _either_turn(evidence: _Evidence, hit: SentClaim, pool: Sequence[SentClaim]) -> tuple[str, ...]:
    """The claims of one payer in two turns between which a person has to choose; else none.

    Number or lines name one of them. It is not believed where turn (CLP02) or member id name
    another: as the answer to the other coverage the same money means something else.
    """
    rivals = in_other_turns(hit, pool)
    if not rivals:
        return ()
    others = _member(evidence, hit) is False and any(_member(evidence, c) for c in rivals)
    own_lines = any(line.control in evidence.lines for line in hit.lines)
    turn = _TURNS.get(evidence.payment.status, "")
    if hit.payer_rank == "P" and turn not in {"", "P"}:
        doubtful = not others  # an answer to the first claim as second payer: of the other member
    elif hit.payer_rank != "P" and turn == hit.payer_rank:
        doubtful = False
    else:
        doubtful = others and not own_lines
    return tuple(sorted({hit.control, *(c.control for c in rivals)})) if doubtful else ()


def _rank(claim: SentClaim) -> tuple[str, str, str, str, str]:
    """A total order of claims, whatever order they came in."""
    return (claim.control, claim.frequency, claim.payer, str(claim.charge), str(claim.date))


def _other_member(method: str, claim: SentClaim) -> str:
    return FAMILY if method == PATIENT_CONTROL and claim.family != claim.control else method


def _unmatched(evidence: _Evidence, pool: Sequence[SentClaim], seen: tuple[str, ...]) -> ClaimMatch:
    if seen:
        why = "several sent claims fit"
        return ClaimMatch(claim=None, method="", candidates=tuple(sorted(seen)), why=why)
    near = tuple(sorted({claim.control for claim in pool if _resembles(evidence.control, claim)}))
    if near:
        why = "the number resembles a sent claim's, but amount, date or member id do not confirm it"
        return ClaimMatch(claim=None, method="", candidates=near, why=why)
    return ClaimMatch(claim=None, method="", why="no sent claim has this number")


def _evidence(payment: ClaimPayment, payers: frozenset[str], date: dt.date | None) -> _Evidence:
    members = (normal(name.id) for name in payment.names if name.role in {"QC", "IL", "74"})
    days = {payment.service_date, *(line.service_date for line in payment.lines)}
    return _Evidence(
        payment=payment,
        control=normal(payment.control),
        charge=abs(payment.charge),
        lines=frozenset(c for line in payment.lines if (c := line.control)),
        numbers=payer_numbers(payment),
        members=frozenset(member for member in members if member),
        days=frozenset(day for day in days if day is not None),
        payers=payers,
        date=date,
    )


def _by_control(evidence: _Evidence, pool: Sequence[SentClaim]) -> list[SentClaim]:
    """CLP01 equals CLM01 of a claim, or of a member of its family (RFI 1945).

    A reversal and its correction may both come under the original's number; within the family
    the lines, the charge, the frequency (CLP09) and the payer's number say which claim is meant.
    """
    control = evidence.payment.control
    exact = [claim for claim in pool if claim.control == control]
    if not exact:
        return []
    families = {claim.family for claim in exact}
    members = [claim for claim in pool if claim.family in families or claim.control == control]
    members = [claim for claim in members if not _contradicted(evidence, claim)]
    return _best(evidence, members)


def _best(evidence: _Evidence, members: Sequence[SentClaim]) -> list[SentClaim]:
    if len(members) < 2:
        return list(members)
    scored = [(_score(evidence, claim), claim) for claim in members]
    top = max(score for score, _ in scored)
    return [claim for score, claim in scored if score == top]


def _score(evidence: _Evidence, claim: SentClaim) -> tuple[int, ...]:
    payment = evidence.payment
    frequency = payment.frequency
    return (
        sum(line.control in evidence.lines for line in claim.lines),
        claim.frequency != "8",
        claim.charge == evidence.charge,
        bool(frequency) and frequency == claim.frequency,
        any(number in claim.payer_controls for number in evidence.numbers),
        claim.control == payment.control,
        bool(evidence.payers & {claim.payer, claim.payer_id}),
        _member(evidence, claim) or 0,
    )


def _contradicted(evidence: _Evidence, claim: SentClaim) -> bool:
    """The number is right but nothing else is: a number of another system, used again."""
    return (
        claim.charge != evidence.charge
        and _day(evidence, claim) is False
        and _member(evidence, claim) is False
        and not any(line.control in evidence.lines for line in claim.lines)
    )


def _by_changed_control(evidence: _Evidence, pool: Sequence[SentClaim]) -> list[SentClaim]:
    """A cut, padded, re-cased or zero-stripped number, confirmed by amount, date and member."""
    near = [c for c in pool if _resembles(evidence.control, c) and _confirmed(evidence, c)]
    return _best(evidence, near)


def _resembles(control: str, claim: SentClaim) -> bool:
    ours = normal(claim.control)
    if not control or not ours:
        return False
    if control == ours:
        return True
    shorter = min(len(control), len(ours))
    return shorter >= SHORTEST and (
        control.startswith(ours) or ours.startswith(control) or control.endswith(ours)
    )


def _confirmed(evidence: _Evidence, claim: SentClaim) -> bool:
    """Amount and date or member say so, and none of them says no.

    A number cut below twelve characters is not unique: it needs all three.
    """
    whole = len(evidence.control) >= STEM_LENGTH or evidence.control == normal(claim.control)
    if claim.charge != evidence.charge or (evidence.date and claim.date > evidence.date):
        return False
    facts = (_day(evidence, claim), _member(evidence, claim))
    if False in facts:
        return False
    return any(facts) if whole else all(facts)


def _day(evidence: _Evidence, claim: SentClaim) -> bool | None:
    """Whether the days of service agree; None where the payment has none."""
    if not evidence.days:
        return None
    return any(claim.date <= day <= claim.until for day in evidence.days)


def _member(evidence: _Evidence, claim: SentClaim) -> bool | None:
    """Whether the member ids agree, with or without a plan's prefix; None where one is missing."""
    ours = normal(claim.member_id)
    if not ours or not evidence.members:
        return None
    return any(_same_member(ours, theirs) for theirs in evidence.members)


def _same_member(ours: str, theirs: str) -> bool:
    if ours == theirs:
        return True
    short, long = sorted((ours, theirs), key=len)
    return len(short) >= MEMBER_TAIL and (long.endswith(short) or long.startswith(short))


def _by_payer_control(evidence: _Evidence, pool: Sequence[SentClaim]) -> list[SentClaim]:
    """CLP07 or REF*F8 is a number this payer gave one of our claims before (RFI 1808)."""
    hits = [
        claim
        for claim in pool
        if any(number in claim.payer_controls for number in evidence.numbers)
        and _plausible(evidence, claim)
    ]
    return _best(evidence, hits)


def _plausible(evidence: _Evidence, claim: SentClaim) -> bool:
    """The same payer, or at least the amount or the day; payers number independently."""
    if evidence.payers and not evidence.payers & {claim.payer, claim.payer_id}:
        return False
    return claim.charge == evidence.charge or _day(evidence, claim) is True


def _by_lines(evidence: _Evidence, pool: Sequence[SentClaim]) -> list[SentClaim]:
    """Line control numbers are unique: they name the claim where its own number is lost."""
    if not evidence.lines:
        return []
    hits = [c for c in pool if evidence.lines <= {line.control for line in c.lines}]
    plausible = (c for c in hits if c.charge == evidence.charge or _day(evidence, c) is True)
    return _best(evidence, list(plausible))


def _by_taken_back(evidence: _Evidence, pool: Sequence[SentClaim]) -> list[SentClaim]:
    """A reversal under no number of ours, of an answer whose charge and payment it negates.

    The payer's number is that of the answer but for zeros before it and letter case (RFI 1147 wants
    it unchanged); day of service and member id do not contradict.
    """
    payment = evidence.payment
    if payment.status != REVERSAL:
        return []
    numbers = {normal(number) for number in evidence.numbers}
    hits = [
        claim
        for claim in pool
        if any(
            normal(one.payer_control) in numbers
            and (one.charge, one.paid) == (-payment.charge, -payment.paid)
            for one in claim.answered
        )
        and _plausible(evidence, claim)
        and False not in {_day(evidence, claim), _member(evidence, claim)}
    ]
    return _best(evidence, hits)


Matcher = Callable[[_Evidence, Sequence[SentClaim]], list[SentClaim]]
MATCHERS: Final[tuple[tuple[str, Matcher], ...]] = (
    (PATIENT_CONTROL, _by_control),
    (CHANGED_CONTROL, _by_changed_control),
    (PAYER_CONTROL, _by_payer_control),
    (LINE_CONTROLS, _by_lines),
    (TAKEN_BACK, _by_taken_back),
)
METHODS: Final = (
    PATIENT_CONTROL, FAMILY, CHANGED_CONTROL, PAYER_CONTROL, LINE_CONTROLS, TAKEN_BACK, BY_HAND,
)  # fmt: skip
