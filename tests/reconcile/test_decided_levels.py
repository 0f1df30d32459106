"""What is told of a payer's decision closes at each level, whatever it said where."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st
from remits import claim, line, payment

from edi.remittance import Adjustment
from reconcile.decided import Decided, decided
from reconcile.match_lines import match_lines
from reconcile.post import adjudicate
from reconcile.shares import line_shares
from reconcile.values import Adjudication, SentClaim

SENT = claim(line("L1", "97530:GP", "75.00"), line("L2", "97110:GP", "55.00"))
CENTS = st.integers(min_value=1, max_value=4000).map(lambda cents: Decimal(cents) / 100)
CUTS = st.lists(st.tuples(st.sampled_from(("CO*45", "PR*1", "PR*2", "OA*23")), CENTS), max_size=3)


def _cas(cuts: list[tuple[str, Decimal]]) -> str:
    return " ~ ".join(f"CAS*{kind}*{amount}" for kind, amount in cuts)


def _sum(cuts: list[tuple[str, Decimal]]) -> Decimal:
    return sum((amount for _, amount in cuts), Decimal(0))


def _answer(of_claim: list[tuple[str, Decimal]], *lines: list[tuple[str, Decimal]]) -> Adjudication:
    """One claim payment that balances, with these adjustments of the claim and of its lines."""
    told, paid = [], Decimal(0)
    for sent, cuts in zip(SENT.lines, lines, strict=True):
        here = sent.charge - _sum(cuts)
        paid += here
        told.append(f"SVC*HC:{sent.code}:GP*{sent.charge}*{here}**1")
        told += [_cas(cuts)] if cuts else []
        told.append(f"REF*6R*{sent.control}")
    head = [f"CLP*{SENT.control}*1*130*{paid - _sum(of_claim)}**12*A1*11*1"]
    head += [_cas(of_claim)] if of_claim else []
    return _adjudication(" ~ ".join([*head, *told]), SENT)


def _adjudication(text: str, sent: SentClaim) -> Adjudication:
    return adjudicate(
        payment(text), sent, id="A", method="m", payer=sent.payer, date=sent.date, trace="T"
    )


def _told(answer: Adjudication) -> Decided:
    found = decided(SENT, [answer])
    assert found is not None
    return found


def _sums(adjustments: tuple[Adjustment, ...]) -> dict[str, Decimal]:
    return {f"{one.group}*{one.reason}": one.amount for one in adjustments}


def _added(cuts: list[tuple[str, Decimal]]) -> dict[str, Decimal]:
    found: dict[str, Decimal] = {}
    for kind, amount in cuts:
        found[kind] = found.get(kind, Decimal(0)) + amount
    return found


@given(CUTS, CUTS, CUTS)
def test_each_level_has_its_own_adjustments_and_closes(
    of_claim: list[tuple[str, Decimal]],
    first: list[tuple[str, Decimal]],
    second: list[tuple[str, Decimal]],
) -> None:
    """What was said of the claim is told of the claim, and of a line of that line, to the cent."""
    answer = _answer(of_claim, first, second)
    found = _told(answer)
    assert _sums(found.adjustments) == _added(of_claim)
    for sent, cuts in zip(SENT.lines, (first, second), strict=True):
        told = found.lines[sent.number]
        assert _sums(told.adjustments) == _added(cuts)
        assert told.paid + _sum(cuts) == sent.charge
    assert found.paid == answer.paid
    assert found.paid + _sum(of_claim) + _sum(first) + _sum(second) == SENT.charge


@given(CUTS, CUTS, CUTS)
def test_what_is_left_to_the_patient_is_told_once(
    of_claim: list[tuple[str, Decimal]],
    first: list[tuple[str, Decimal]],
    second: list[tuple[str, Decimal]],
) -> None:
    """AMT*EAF stands with the claim where part of it was said there, else with the lines."""
    found = _told(_answer(of_claim, first, second))
    on_lines = [one.patient_owes for one in found.lines.values() if one.patient_owes is not None]
    on_claim = [] if found.claim_patient is None else [found.claim_patient]
    assert sum((*on_lines, *on_claim), Decimal(0)) == found.patient
    assert not (on_lines and on_claim)
    assert bool(on_claim) == any(kind.startswith("PR") for kind, _ in of_claim)


def test_merged_lines_keep_what_was_said_of_the_claim() -> None:
    """One paid line for two sent ones, and a deductible of the claim: each level is whole."""
    sent = claim(line("L1", "97530:GP", "75.00"), line("L2", "97530:GP", "55.00"))
    text = (
        f"CLP*{sent.control}*1*130*60**12*A1*11*1 ~ CAS*PR*1*25 ~ SVC*HC:97530:GP*130*85**2 ~ "
        "CAS*CO*45*45"
    )
    found = decided(sent, [_adjudication(text, sent)])
    assert found is not None
    assert _sums(found.adjustments) == {"PR*1": Decimal(25)}
    assert sum(one.paid for one in found.lines.values()) == Decimal(85)
    for told, own in zip(found.lines.values(), sent.lines, strict=True):
        assert told.paid + sum(a.amount for a in told.adjustments) == own.charge


def test_reasons_that_only_repeat_what_the_lines_were_paid_stay_with_the_lines() -> None:
    """Lines without CAS whose payments already are the claim's: the claim's CAS explain them."""
    text = (
        f"CLP*{SENT.control}*1*130*100**12*A1*11*1 ~ CAS*CO*45*30 ~ SVC*HC:97530:GP*75*60**1 ~ "
        "REF*6R*L1 ~ SVC*HC:97110:GP*55*40**1 ~ REF*6R*L2"
    )
    found = _told(_adjudication(text, SENT))
    assert found.adjustments == ()
    assert {n: one.paid for n, one in found.lines.items()} == {1: Decimal(60), 2: Decimal(40)}
    shares, *_ = line_shares(payment(text), SENT, match_lines(payment(text), SENT, {}))
    assert all(share.of_claim == () for share in shares)
