"""Other payers of a claim (2320, 2330, 2430): written strictly, read tolerantly, both ways alike."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from attrs import evolve
from claims_made import ENVELOPE, EXAMPLES, SUBSCRIBER, claim, line, submission
from hypothesis import given
from hypothesis import strategies as st

from edi.check import check
from edi.claim import Adjustment, Claim, LineAdjudication, OtherPayer, Party, Procedure, Subscriber
from edi.x837p import read_submissions, write_837p

if TYPE_CHECKING:
    from edi.problem import Problem

SECONDARY = EXAMPLES["secondary"][0].claims[0]
OTHER = SECONDARY.others[0]
DECIDED = SECONDARY.lines[0].adjudications[0]


def write(one: Claim) -> tuple[list[str], list[str]]:
    """The segments of a file with this claim, and what it was refused for."""
    written = write_837p(ENVELOPE, [submission(one)])
    texts = [text.strip() for text in written.data.decode().split("~")]
    return texts, [p.message for held in written.held for p in held.problems]


def read_back(one: Claim) -> Claim:
    """The claim as it is read from the file it was written to."""
    problems: list[Problem] = []
    data = write_837p(ENVELOPE, [submission(one)]).data
    (found,) = read_submissions([data], problems)
    assert problems == []
    return found.claims[0]


def test_loops_of_another_payer_stand_in_the_guides_order() -> None:
    """2320 with its amounts, 2330A, 2330B with the payer's claim number, 2430 with its day."""
    texts, refused = write(SECONDARY)
    assert refused == []
    start = texts.index("SBR*P*18*******MB")
    assert texts[start : start + 10] == [
        "SBR*P*18*******MB",
        "AMT*D*27.14",
        "AMT*EAF*6.92",
        "OI***Y***Y",
        "MOA***MA01",
        "NM1*IL*1*FINCH*ROBIN****MI*1EG4TE5MK73",
        "N3*7 QUARRY LANE*APT 4",
        "N4*MILLBROOK*OH*44099",
        "NM1*PR*2*MEDICARE EXAMPLE*****PI*EX900",
        "REF*F8*2226012345",
    ]
    start = texts.index("SVD*EX900*27.14*HC:97530:GP**1")
    assert texts[start + 1 : start + 5] == [
        "CAS*CO*45*40.39**253*.55",
        "CAS*PR*2*6.92",
        "DTP*573*D8*20260401",
        "AMT*EAF*6.92",
    ]


def test_seven_reasons_of_a_group_need_a_second_segment() -> None:
    """Six reasons stand in one CAS, the seventh in one more of the same group."""
    cuts = tuple(Adjustment(group="CO", reason=str(n), amount=Decimal(1)) for n in range(101, 108))
    one = evolve(DECIDED, paid=Decimal(68), adjustments=cuts)
    made = evolve(
        SECONDARY,
        others=(evolve(OTHER, paid=Decimal(68)),),
        lines=(evolve(SECONDARY.lines[0], adjudications=(one,)),),
    )
    texts, refused = write(made)
    assert refused == []
    assert [t.count("*") for t in texts if t.startswith("CAS*CO")] == [18, 3]


def test_a_claim_level_decision_carries_its_day_with_the_payer() -> None:
    """Where no line has a decision, DTP*573 stands in 2330B and the claim's CAS are all."""
    cuts = (Adjustment(group="PR", reason="1", amount=Decimal(75)),)
    other = evolve(OTHER, paid=Decimal(0), adjustments=cuts, date=dt.date(2026, 4, 1))
    made = evolve(SECONDARY, others=(other,), lines=(evolve(SECONDARY.lines[0], adjudications=()),))
    texts, refused = write(made)
    assert refused == []
    assert texts.index("DTP*573*D8*20260401") < texts.index("REF*F8*2226012345")
    assert read_back(made).others == (other,)


def _with(other: dict[str, Any] | None = None, decided: dict[str, Any] | None = None) -> Claim:
    """The example with another payer's fields changed."""
    lines = (evolve(SECONDARY.lines[0], adjudications=(evolve(DECIDED, **(decided or {})),)),)
    return evolve(SECONDARY, others=(evolve(OTHER, **(other or {})),), lines=lines)


def _payer(**more: Any) -> Party:
    return evolve(OTHER.payer, **more)


WRONG: dict[str, tuple[Callable[[], Claim], str]] = {
    "a line does not close": (
        lambda: _with({"paid": Decimal("27.13")}, {"paid": Decimal("27.13")}),
        "sum to 74.99, the charge is 75.00",
    ),
    "the claim's payment is not the lines'": (
        lambda: _with({"paid": Decimal(30)}),
        "AMT*D is 30.00; the lines and CAS of the claim say 27.14",
    ),
    "no payment of the claim": (lambda: _with({"paid": None}), "AMT*D is missing"),
    "a line names a payer that is not there": (
        lambda: _with(decided={"payer": "EX901"}),
        "not among the other payers",
    ),
    "no day": (lambda: _with(decided={"date": None}), "DTP*573) is missing"),
    "the day twice": (lambda: _with({"date": dt.date(2026, 4, 1)}), "stands with the lines"),
    "the group of 4010": (
        lambda: _with(
            decided={"adjustments": (Adjustment(group="CR", reason="1", amount=Decimal("47.86")),)}
        ),
        "group must be CO, OA, PI or PR",
    ),
    "an adjustment of nothing": (
        lambda: _with(
            decided={
                "adjustments": (
                    *DECIDED.adjustments,
                    Adjustment(group="PR", reason="3", amount=Decimal(0)),
                )
            }
        ),
        "lacks its reason or its amount",
    ),
    "the same turn twice": (
        lambda: evolve(_with(), subscriber=evolve(SUBSCRIBER, payer_rank="P")),
        "the same turn",
    ),
    "two payers before with one id": (
        lambda: evolve(
            _with(),
            others=(OTHER, evolve(OTHER, subscriber=evolve(OTHER.subscriber, payer_rank="T"))),
        ),
        "the same id",
    ),
    "no member id": (
        lambda: _with({"subscriber": evolve(OTHER.subscriber, relationship="")}),
        "lacks its name",
    ),
    "a negative amount left to the patient": (
        lambda: _with({"patient_owes": Decimal(-1)}),
        "no amount of zero or more",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_does_not_close_is_not_written(case: str) -> None:
    """The claim is held with a reason that names the figures; nothing of it is in the file."""
    made, words = WRONG[case]
    texts, refused = write(made())
    assert [message for message in refused if words in message], refused
    assert texts == [""]


READ = {
    "a second payer that is not ours to understand": (
        "SBR*S*18*******MC~OI***Y***Y~NM1*IL*1*FINCH****MI*7~NM1*PR*2*ONE*****PI*1~REF*ZZ*9~"
        "NM1*85*2*WHO~"
    ),
    "amounts nobody can read": (
        "SBR*P*18*******MB~CAS*CO*45*ten~AMT*D*1,000~OI***Y***Y~NM1*IL*1*FINCH****MI*7~"
        "NM1*PR*2*ONE*****PI*1~DTP*573*D8*20269901~"
    ),
    "a payer without its NM1": "SBR*P*18*******MB~OI***Y***Y~",
    "two of everything": (
        "SBR*P*18*******MB~AMT*D*5~AMT*D*6~OI***Y***Y~OI***N***Y~MOA***MA01~MOA***MA02~"
        "NM1*IL*1*FINCH****MI*7~NM1*IL*1*TERN****MI*8~NM1*PR*2*ONE*****PI*1~"
    ),
}


@pytest.mark.parametrize("case", READ)
def test_what_others_wrote_comes_back_whole(case: str) -> None:
    """However odd: read and written again as it was, the segments are the same."""
    data = write_837p(ENVELOPE, [submission(claim())]).data
    extra = READ[case].replace("~", "~\n").encode()
    data = data.replace(b"LX*1~", extra + b"LX*1~")
    data = data.replace(b"SE*23*", f"SE*{23 + extra.count(b'~')}*".encode())
    problems: list[Problem] = []
    found = list(read_submissions([data], problems))
    assert found[0].claims[0].others
    again = write_837p(ENVELOPE, found, as_read=True).data
    assert extra in again


def test_values_changed_after_reading_are_what_is_written() -> None:
    """What was read beside them is kept only as long as the values say the same."""
    odd = write_837p(ENVELOPE, [submission(SECONDARY)]).data
    odd = odd.replace(b"DTP*573*D8*20260401~\n", b"DTP*573*D8*20260401~\nREF*G1*7~\n")
    problems: list[Problem] = []
    (found,) = read_submissions([odd], problems)
    one = found.claims[0]
    (row,) = one.lines
    assert len(row.kept) == 6
    later = evolve(row.adjudications[0], date=dt.date(2026, 5, 1))
    changed = evolve(one, lines=(evolve(row, adjudications=(later,)),))
    texts, refused = write(changed)
    assert refused or "DTP*573*D8*20260501" in texts
    plain = evolve(changed, lines=(evolve(changed.lines[0], kept=()),))
    assert "DTP*573*D8*20260501" in write(plain)[0]


cents = st.integers(1, 5000).map(lambda n: Decimal(n) / 100)
cuts = st.lists(
    st.builds(
        Adjustment,
        group=st.sampled_from(["CO", "OA", "PI", "PR"]),
        reason=st.sampled_from(["1", "2", "3", "45", "59", "253", "23", "97"]),
        amount=cents,
        quantity=st.none() | st.integers(1, 9).map(Decimal),
    ),
    max_size=5,
    unique_by=lambda one: (one.group, one.reason),
).map(lambda made: tuple(sorted(made, key=lambda one: one.group)))


@given(st.lists(cuts, min_size=1, max_size=3), st.integers(0, 2), cents)
def test_any_decision_that_closes_is_written_and_read_back(
    given_cuts: list[tuple[Adjustment, ...]], payers: int, paid: Decimal
) -> None:
    """Lines, cuts and payers of every number: our check finds nothing, the values come back."""
    ids = [f"PAYER{n}" for n in range(payers + 1)]
    lines = []
    for n, own in enumerate(given_cuts, 1):
        charge = paid + sum((cut.amount for cut in own), Decimal(0))
        decided = tuple(
            LineAdjudication(
                payer=payer,
                paid=paid,
                procedure=Procedure(code="97530", modifiers=("GP", "59")),
                units=Decimal(1),
                adjustments=own,
                date=dt.date(2026, 4, 1),
            )
            for payer in ids
        )
        lines.append(line(n, charge=charge, adjudications=decided))
    others = tuple(
        OtherPayer(
            subscriber=Subscriber(
                payer_rank="PST"[n],
                relationship="18",
                party=SUBSCRIBER.party,
                filing_indicator="CI",
            ),
            payer=Party(role="PR", is_person=False, name="ONE", id_qualifier="PI", id=payer),
            paid=paid * len(lines),
        )
        for n, payer in enumerate(ids)
    )
    made = claim(
        "C1", subscriber=evolve(SUBSCRIBER, payer_rank="U"), others=others, lines=tuple(lines)
    )
    written = write_837p(ENVELOPE, [submission(made)])
    assert written.held == ()
    assert check([written.data]).problems == ()
    assert read_back(made) == made


def test_a_payer_of_two_coverages_is_told_apart_by_turn_and_member_id() -> None:
    """SVD01 names a payer of 2330B, so the payer billed may have the same id: both spouses' plan."""
    other = evolve(OTHER, payer=_payer(id=SECONDARY.payer.id))
    decided = evolve(DECIDED, payer=SECONDARY.payer.id)
    line = evolve(SECONDARY.lines[0], adjudications=(decided,))
    made = evolve(SECONDARY, others=(other,), lines=(line,))
    _, refused = write(made)
    assert refused == []
    assert read_back(made).others == (other,)
