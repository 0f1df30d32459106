"""What one adjudication says of each sent line, in exact cents.

Claim-level adjustments are spread over the paid lines by charge, a merged line over its sent lines
by charge (half up, the last takes the rest), split lines are added up. Nothing is lost: shares,
unmatched lines and the claim's difference add up to the claim payment.
"""

from collections.abc import Iterable, Iterator, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from attrs import evolve

from edi.remittance import Adjustment, ClaimPayment, ServicePayment
from reconcile.match_lines import CLAIM_LEVEL, LineMatches, Pairing, submitted
from reconcile.values import ZERO, LineShare, SentClaim, SentLine, UnmatchedLine

CENT: Final = Decimal("0.01")
ONE: Final = Decimal(1)
REPEATED: Final = "claim-level adjustments repeat the lines' and are not counted again"


def split_cents(amount: Decimal, weights: Sequence[Decimal]) -> tuple[Decimal, ...]:
    """Share ``amount`` by ``weights``: half-up cents, the last takes the rest.

    >>> split_cents(Decimal("64.00"), (Decimal(75), Decimal(150)))
    (Decimal('21.33'), Decimal('42.67'))
    """
    total = sum(weights, ZERO)
    if not total:
        weights, total = (ONE,) * len(weights), Decimal(len(weights))
    parts = [
        (amount * weight / total).quantize(CENT, rounding=ROUND_HALF_UP) for weight in weights[:-1]
    ]
    return (*parts, amount - sum(parts, ZERO))


class _Amounts:
    """The amounts of one paid line after claim-level adjustments were spread."""

    __slots__ = ("adjustments", "charge", "not_explained", "of_claim", "paid", "svc")

    def __init__(self, svc: ServicePayment) -> None:
        self.svc = svc
        self.charge = svc.charge
        self.paid = svc.paid
        self.adjustments = svc.adjustments
        self.of_claim: tuple[Adjustment, ...] = ()
        self.not_explained = svc.charge - svc.paid
        for adjustment in svc.adjustments:
            self.not_explained -= adjustment.amount


def line_shares(
    payment: ClaimPayment, claim: SentClaim, matches: LineMatches
) -> tuple[tuple[LineShare, ...], tuple[UnmatchedLine, ...], tuple[str, ...]]:
    """The shares of the sent lines, the paid lines that fit none, and notes for a person."""
    unnamed = _unnamed(payment, claim, matches)
    amounts = [_Amounts(svc) for svc in payment.lines]
    notes = () if unnamed else _spread(payment, amounts)
    made: dict[int, list[LineShare]] = {}
    for pairing in matches.pairs:
        for place, share in _pair_shares(pairing, amounts, claim):
            made.setdefault(place, []).append(share)
    for place, share in _shared(payment, claim, unnamed):
        made[place] = [share]
    shares = tuple(_added(made[place]) for place in sorted(made))
    unmatched = tuple(
        _unmatched(amounts[u.service], claim, u.lines, u.why) for u in matches.unpaired
    )
    return _bundled(shares), unmatched, notes


def _unnamed(payment: ClaimPayment, claim: SentClaim, matches: LineMatches) -> tuple[int, ...]:
    """The sent lines that the claim level speaks for: all, or those that no paid line names.

    The latter only where their charges, what was paid and the claim-level adjustments close.
    """
    if not payment.lines:
        return tuple(range(len(claim.lines)))
    if not payment.adjustments or matches.unpaired or len(matches.pairs) >= len(claim.lines):
        return ()
    named = {place for pairing in matches.pairs for place in pairing.lines}
    unnamed = tuple(n for n in range(len(claim.lines)) if n not in named)
    charge, paid = _beside_lines(payment)
    closes = charge == paid + sum((a.amount for a in payment.adjustments), ZERO)
    fits = abs(charge) == sum((claim.lines[n].charge for n in unnamed), ZERO)
    return unnamed if closes and fits else ()


def _beside_lines(payment: ClaimPayment) -> tuple[Decimal, Decimal]:
    """Charge and payment of the claim that its paid lines do not show."""
    charge, paid = payment.charge, payment.paid
    for svc in payment.lines:
        charge -= svc.charge
        paid -= svc.paid
    return charge, paid


def _shared(
    payment: ClaimPayment, claim: SentClaim, places: Sequence[int]
) -> Iterator[tuple[int, LineShare]]:
    """What the claim level says of these lines: each gets its part by charge."""
    if not places:
        return
    lines = [claim.lines[place] for place in places]
    weights = [line.charge for line in lines]
    charge, all_paid = _beside_lines(payment)
    paid = split_cents(all_paid, weights)
    # The line's own charge where the payer's total allows it, so that each line closes alone.
    charges = tuple(weights) if charge == sum(weights, ZERO) else split_cents(charge, weights)
    rest = charge - all_paid - sum((a.amount for a in payment.adjustments), ZERO)
    cuts = _closing(payment.adjustments, weights, charges, paid, rest)
    for n, line in enumerate(lines):
        yield (
            places[n],
            LineShare(
                line=line.control,
                method=CLAIM_LEVEL,
                code=line.code,
                modifiers=line.modifiers,
                charge=charges[n],
                paid=paid[n],
                units=None,
                adjustments=cuts[n],
                remarks=(),
                number=line.number,
                not_explained=charges[n] - paid[n] - sum((a.amount for a in cuts[n]), ZERO),
            ),
        )


def _spread_adjustments(
    adjustments: Iterable[Adjustment], weights: Sequence[Decimal]
) -> list[tuple[Adjustment, ...]]:
    shares: list[list[Adjustment]] = [[] for _ in weights]
    for adjustment in adjustments:
        for share, part in zip(shares, split_cents(adjustment.amount, weights), strict=True):
            if part:
                share.append(
                    Adjustment(group=adjustment.group, reason=adjustment.reason, amount=part)
                )
    return [tuple(share) for share in shares]


def _spread(payment: ClaimPayment, amounts: Sequence[_Amounts]) -> tuple[str, ...]:
    """Let claim-level CAS reach the lines: they cut what the lines were paid (RFI 2601).

    An adjustment stands at one level only (RFI 689). Where the lines alone already give CLP04,
    the claim level either explains what the lines do not, or repeats them and is not counted again.
    """
    if not payment.adjustments:
        return ()
    total = sum((a.amount for a in payment.adjustments), ZERO)
    inside = sum((a.paid for a in amounts), ZERO) == payment.paid
    rest = sum((a.not_explained for a in amounts), ZERO)
    if inside and total and rest != total:
        return (REPEATED,)
    weights = [a.not_explained if inside and rest else abs(a.charge) for a in amounts]
    cuts = _spread_adjustments(payment.adjustments, weights)
    for amount, more in zip(amounts, cuts, strict=True):
        cut = sum((a.amount for a in more), ZERO)
        amount.adjustments += more
        if inside and rest:
            amount.not_explained -= cut
        else:
            amount.paid -= cut
            amount.of_claim = more
    return ()


def _pair_shares(
    pairing: Pairing, amounts: Sequence[_Amounts], claim: SentClaim
) -> Iterable[tuple[int, LineShare]]:
    if len(pairing.lines) > 1:
        yield from _merged(pairing, amounts[pairing.services[0]], claim)
        return
    place = pairing.lines[0]
    for service in pairing.services:
        yield place, _share(pairing.method, amounts[service], claim.lines[place])


def _share(method: str, amounts: _Amounts, line: SentLine) -> LineShare:
    svc = amounts.svc
    return LineShare(
        line=line.control,
        method=method,
        code=svc.procedure.code,
        modifiers=svc.procedure.modifiers,
        charge=amounts.charge,
        paid=amounts.paid,
        units=ONE if svc.paid_units is None else svc.paid_units,  # RFI 2163
        adjustments=amounts.adjustments,
        remarks=svc.remarks,
        allowed=_allowed(svc),
        number=line.number,
        not_explained=amounts.not_explained,
        of_claim=amounts.of_claim,
    )


def _allowed(svc: ServicePayment) -> Decimal | None:
    for amount in svc.amounts:
        if amount.qualifier == "B6":
            return amount.amount
    return None


def _merged(
    pairing: Pairing, amounts: _Amounts, claim: SentClaim
) -> Iterable[tuple[int, LineShare]]:
    """One paid line for several sent ones: by charge, units as sent where they add up."""
    svc = amounts.svc
    places = sorted(pairing.lines, key=lambda place: claim.lines[place].number)
    lines = [claim.lines[place] for place in places]
    weights = [line.charge for line in lines]
    charges = split_cents(amounts.charge, weights)
    paid = split_cents(amounts.paid, weights)
    cuts = _closing(amounts.adjustments, weights, charges, paid, amounts.not_explained)
    of_claim = _spread_adjustments(amounts.of_claim, weights)
    allowed = _allowed(svc)
    parts = None if allowed is None else split_cents(allowed, weights)
    units = ONE if svc.paid_units is None else svc.paid_units
    as_sent = units == sum((line.units for line in lines), ZERO)
    for n, line in enumerate(lines):
        yield (
            places[n],
            LineShare(
                line=line.control,
                method=pairing.method,
                code=svc.procedure.code,
                modifiers=svc.procedure.modifiers,
                charge=charges[n],
                paid=paid[n],
                units=line.units if as_sent else None,
                adjustments=cuts[n],
                remarks=svc.remarks,
                allowed=None if parts is None else parts[n],
                number=line.number,
                not_explained=charges[n] - paid[n] - sum((a.amount for a in cuts[n]), ZERO),
                of_claim=of_claim[n],
            ),
        )


def _closing(
    adjustments: tuple[Adjustment, ...],
    weights: Sequence[Decimal],
    charges: Sequence[Decimal],
    paid: Sequence[Decimal],
    rest: Decimal,
) -> list[tuple[Adjustment, ...]]:
    """Share the adjustments so that each line closes where the paid line does.

    Each amount is rounded by itself, which can leave a cent on one line and take it from another;
    the largest adjustment of the line takes it, and the totals stay.
    """
    cuts = [list(cut) for cut in _spread_adjustments(adjustments, weights)]
    if rest or not adjustments:
        return [tuple(cut) for cut in cuts]
    largest = max(adjustments, key=lambda a: (abs(a.amount), a.group, a.reason))
    for n, cut in enumerate(cuts):
        missing = charges[n] - paid[n] - sum((a.amount for a in cut), ZERO)
        if missing:
            _move(cut, largest, missing)
    return [tuple(cut) for cut in cuts]


def _move(cut: list[Adjustment], kind: Adjustment, amount: Decimal) -> None:
    for n, one in enumerate(cut):
        if (one.group, one.reason) == (kind.group, kind.reason):
            cut[n] = Adjustment(group=one.group, reason=one.reason, amount=one.amount + amount)
            return
    cut.append(Adjustment(group=kind.group, reason=kind.reason, amount=amount))


def _added(shares: Sequence[LineShare]) -> LineShare:
    """The parts of a split or unbundled line as one share: amounts added, reasons kept."""
    if len(shares) == 1:
        return shares[0]
    shares = sorted(shares, key=lambda s: (-abs(s.charge), -abs(s.paid), s.code, s.modifiers))
    first = shares[0]
    totals: dict[tuple[str, str], Decimal] = {}
    for share in shares:
        for a in share.adjustments:
            totals[a.group, a.reason] = totals.get((a.group, a.reason), ZERO) + a.amount
    allowed = [share.allowed for share in shares if share.allowed is not None]
    method = next((s.method for s in shares if s.method != first.method), first.method)
    return LineShare(
        line=first.line,
        method=method,
        code=first.code,
        modifiers=first.modifiers,
        charge=sum((s.charge for s in shares), ZERO),
        paid=sum((s.paid for s in shares), ZERO),
        units=sum((s.units or ZERO for s in shares), ZERO),
        adjustments=tuple(
            Adjustment(group=group, reason=reason, amount=amount)
            for (group, reason), amount in sorted(totals.items())
        ),
        remarks=tuple(sorted({remark for s in shares for remark in s.remarks})),
        allowed=sum(allowed, ZERO) if allowed else None,
        number=first.number,
        not_explained=sum((s.not_explained for s in shares), ZERO),
        of_claim=tuple(one for s in shares for one in s.of_claim),
    )


def _unmatched(
    amounts: _Amounts, claim: SentClaim, lines: Sequence[int], why: str
) -> UnmatchedLine:
    svc = amounts.svc
    said = submitted(svc, frozenset(line.code for line in claim.lines))
    return UnmatchedLine(
        position=svc.position,
        code=said.code,
        modifiers=said.modifiers,
        date=svc.service_date,
        charge=amounts.charge,
        paid=amounts.paid,
        units=svc.paid_units,
        adjustments=amounts.adjustments,
        remarks=svc.remarks,
        candidates=tuple(claim.lines[place].control for place in lines),
        why=why,
        not_explained=amounts.not_explained,
    )


def _amount(share: LineShare, group: str, reason: str) -> Decimal:
    found = ZERO
    for a in share.adjustments:
        if a.reason == reason and a.group == group:
            found += a.amount
    return found


def _bundled(shares: tuple[LineShare, ...]) -> tuple[LineShare, ...]:
    """Name the line that was paid in place of another: OA-94 against CO-97 (RFI 2320, 2551).

    Certain only where the amounts meet to the cent: all CO-97 lines adjudicated as the code of the
    OA-94 line or, where one OA-94 line stands alone, all of them.
    """
    paying = [(s, -moved) for s in shares if (moved := _amount(s, "OA", "94"))]
    if not paying:
        return shares
    into: dict[str, str] = {}
    for share, moved in paying:
        given = [s for s in shares if s is not share and _amount(s, "CO", "97")]
        same = [s for s in given if s.code == share.code]
        for some in (same, given if len(paying) == 1 else []):
            if some and sum((_amount(s, "CO", "97") for s in some), ZERO) == moved:
                into.update({s.line: share.line for s in some})
                break
    return tuple(evolve(s, bundled_into=into[s.line]) if s.line in into else s for s in shares)
