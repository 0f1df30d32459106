"""The road of a correction: what the payer allows, what came back, what is to change."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve
from remits import answered, claim, facts, line

from reconcile.correction import Choice, Road, Standing, choose, standing
from reconcile.correction_compare import Difference
from reconcile.values import Adjudication, SentClaim

ON = dt.date(2026, 4, 20)
PART_B: dict[str, Any] = {
    "family": "medicare-b",
    "takes_replacement": False,
    "takes_void": False,
    "appeal1_days": 120,
    "appeal1_source": "42 CFR 405.942",
    "timely_filing_days": 365,
}
PLAN: dict[str, Any] = {"takes_replacement": True, "takes_void": True, "timely_filing_days": 180}
SENT = claim(line("L1", "97530:GP", "150.00", "2"), line("L2", "97110:GP", "55.00"))
UNITS = (Difference(place="line 1, 97530", field="units", before="2", after="3"),)
MA130 = "MOA***MA130 ~"


def back(
    *lines: str, moa: str = "", icn: str = "A1", status: str = "1", **more: Any
) -> Adjudication:
    """An answer to both lines: each is what its CAS says, with LQ behind it; empty is paid 40."""
    charges = ("150", "55")
    paid = [Decimal(0) if one else Decimal(40) for one in lines]
    body = f"CLP*CLAIMAAAABBBB*{status}*205*{sum(paid)}**12*{icn}*11*1 ~ {moa} DTM*232*20260310 ~"
    for number, (said, charge, got) in enumerate(zip(lines, charges, paid, strict=True), 1):
        code = ("97530", "97110")[number - 1]
        cas = said.format(charge) or f"CAS*CO*45*{Decimal(charge) - got}"
        head, *tail = cas.split(" ~ ")
        body += f"SVC*HC:{code}:GP*{charge}*{got}**1 ~ {head} ~ REF*6R*L{number} ~"
        body += "".join(f"{one} ~" for one in tail)
    return answered(SENT, body, **more)


REFUSED = "CAS*CO*16*{} ~ LQ*HE*N822"
MODIFIER = "CAS*CO*4*{} ~ LQ*HE*N519"
NECESSITY = "CAS*CO*50*{} ~ LQ*HE*N115"


def stand(*answers: Adjudication, sent: SentClaim = SENT, **policy: Any) -> Standing:
    """The claim with these answers, to a payer that allows this."""
    return standing(sent, answers, facts(**policy), family=[sent], on=ON)


def road(
    given: Standing,
    asked: Road | None = None,
    changes: tuple[Difference, ...] | None = None,
    on: dt.date = ON,
) -> Choice:
    """What is chosen."""
    return choose(given, on=on, asked=asked, changes=changes)


@pytest.mark.parametrize("policy", [PART_B, PLAN], ids=["part b", "plan"])
@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(back(REFUSED, REFUSED, moa=MA130), id="MA130 in MOA"),
        pytest.param(back("CAS*CO*16*{} ~ LQ*HE*MA130", REFUSED), id="MA130 on a line"),
        pytest.param(back("CAS*CO*16*{} ~ LQ*HE*N142", REFUSED), id="N142"),
        pytest.param(back(REFUSED, "CAS*CO*16*{} ~ LQ*HE*N517"), id="N517"),
    ],
)
def test_unprocessable_is_sent_anew(answer: Adjudication, policy: dict[str, Any]) -> None:
    """A claim sent back as unprocessable goes as a new one, without the payer's number."""
    choice = road(stand(answer, **policy), changes=UNITS)
    assert (choice.outcome, choice.road, choice.payer_claim) == ("go", "new", "")
    assert choice.deadline is not None
    assert choice.deadline.name == "new claim"


@pytest.mark.parametrize("asked", ["replacement", "void", "reopening", "appeal"])
def test_unprocessable_takes_no_other_road(asked: Road) -> None:
    """Nothing was decided: there is nothing to replace, void, reopen or appeal."""
    given = stand(back(REFUSED, REFUSED, moa=MA130), **PLAN)
    choice = road(given, asked, UNITS)
    assert choice.outcome == "refused"
    assert "--road new" in choice.todo


@pytest.mark.parametrize("policy", [PART_B, PLAN], ids=["part b", "plan"])
def test_patient_not_known(policy: dict[str, Any]) -> None:
    """Where the payer did not know the patient it decided nothing: a new claim."""
    choice = road(stand(back("CAS*CO*31*{}", "CAS*CO*31*{}"), **policy), changes=UNITS)
    assert (choice.outcome, choice.road) == ("go", "new")


def test_unprocessable_beside_a_payment_is_adjudicated() -> None:
    """Where a line was paid, a new claim would come back as a duplicate."""
    given = stand(back("", REFUSED, moa=MA130), **PLAN)
    assert road(given, changes=UNITS).road == "replacement"
    refused = road(given, "new", UNITS)
    assert refused.outcome == "refused"
    assert "duplicate" in refused.because


def test_part_b_pays_a_part_and_returns_the_rest() -> None:
    """MA130 beside a paid line at Part B: neither a reopening nor a whole new claim; a person."""
    given = stand(back("", REFUSED, moa=MA130), **PART_B)
    other = (evolve(UNITS[0], place="line 2, 97110"),)
    chosen = road(given, changes=other)
    assert (chosen.outcome, chosen.road) == ("ask", None)
    assert "line 2 97110" in chosen.because
    assert "visit with an id of its own" in chosen.todo
    asks: tuple[Road, ...] = ("reopening", "new")
    for asked in asks:
        refused = road(given, asked, other)
        assert (refused.outcome, refused.todo) == ("refused", chosen.todo)
    assert (road(given, changes=UNITS).outcome, road(given, changes=UNITS).road) == (
        "go", "reopening",
    )  # fmt: skip


BACK_AGAIN = (
    "CLP*CLAIMAAAABBBB*22*-205*-80**12*A1*11*1 ~ DTM*232*20260310 ~"
    "SVC*HC:97530:GP*-150*-40**1 ~ CAS*CO*45*-110 ~ REF*6R*L1 ~"
    "SVC*HC:97110:GP*-55*-40**1 ~ CAS*CO*45*-15 ~ REF*6R*L2 ~"
)


def test_visits_of_a_voided_claim_are_billed_anew() -> None:
    """After a void: a new claim once the payment is taken back; not while the money is here."""
    paid = back("", "")
    taken_back = answered(SENT, BACK_AGAIN, date="20260415", trace="T2")
    void = evolve(SENT, frequency="8")

    def told(*answers: Adjudication, **more: Any) -> Choice:
        given = evolve(stand(*answers, **PLAN), family=(SENT, void))
        return road(given, **more)

    assert told(paid, taken_back).outcome == "refused"
    assert "--road new" in told(paid, taken_back).todo
    assert told(paid, asked="new").outcome == "wait"
    done = told(paid, taken_back, changes=())
    assert (done.outcome, done.road, done.payer_claim, done.warnings) == ("go", "new", "", ())
    unpaid = told(back(NECESSITY, NECESSITY), asked="new")
    assert unpaid.outcome == "go"
    assert "no answer to the void" in unpaid.warnings[0]
    late = told(paid, taken_back, asked="new", on=dt.date(2027, 4, 1))
    assert (late.outcome, late.because[:8]) == ("refused", "too late")
    assert told(paid, taken_back, asked="replacement").outcome == "refused"


@pytest.mark.parametrize(
    ("policy", "wanted"),
    [
        pytest.param(PART_B, "reopening", id="part b"),
        pytest.param(PLAN, "replacement", id="takes replacements"),
        pytest.param(PLAN | {"takes_replacement": False}, "reopening", id="takes none, reopens"),
    ],
)
def test_clerical_fault(policy: dict[str, Any], wanted: Road) -> None:
    """A fault of an adjudicated claim goes by the payer's own road, with its newest number."""
    answers = (back(MODIFIER, ""), back(MODIFIER, "", icn="A2", day=dt.date(2026, 4, 10)))
    for changes in (UNITS, None):
        choice = road(stand(*answers, **policy), changes=changes)
        assert (choice.outcome, choice.road, choice.payer_claim) == ("go", wanted, "A2")


NEW_ONLY = PLAN | {"takes_replacement": False, "takes_new_claim": True}


def test_a_payer_that_takes_new_claims_for_denied_ones() -> None:
    """By policy a claim denied whole is sent as a new one; never a paid one, nor to Part B."""
    denied = (back(MODIFIER, MODIFIER),)
    choice = road(stand(*denied, **NEW_ONLY), changes=UNITS)
    assert (choice.outcome, choice.road, choice.payer_claim) == ("go", "new", "")
    silent = stand(*denied, **(NEW_ONLY | {"takes_new_claim": None}))
    assert road(silent, asked="new", changes=UNITS).outcome == "refused"
    paid = stand(back(MODIFIER, ""), **NEW_ONLY)
    assert road(paid, asked="new", changes=UNITS).outcome == "refused"
    part_b = stand(*denied, **(PART_B | {"takes_new_claim": True}))
    assert road(part_b, asked="new", changes=UNITS).outcome == "refused"


def test_corrected_visit_of_a_paid_claim() -> None:
    """Also a claim that was paid in full is corrected when its visit was."""
    given = stand(back("", ""), **PLAN)
    assert road(given, changes=UNITS).road == "replacement"
    assert road(given).outcome == "nothing"


def test_necessity_is_appealed() -> None:
    """Where records are needed, an appeal; its deadline and number are named."""
    choice = road(stand(back(NECESSITY, ""), **PLAN))
    assert (choice.outcome, choice.road, choice.payer_claim) == ("go", "appeal", "A1")
    assert choice.deadline is not None
    assert choice.deadline.day == choice.deadline.last == dt.date(2026, 9, 28)
    assert choice.deadline.source == "contract 2026, section 4"


def test_part_b_appeal_keeps_the_mailing_days_in_hand() -> None:
    """120 days from the remittance to work by; five more are the rule's own last day."""
    choice = road(stand(back(NECESSITY, ""), **PART_B))
    assert choice.deadline is not None
    assert choice.deadline.day == dt.date(2026, 7, 30)
    assert choice.deadline.last == dt.date(2026, 8, 4)


def test_lines_with_different_roads_are_for_a_person() -> None:
    """One line to appeal and one to correct: a person says which; either can be asked for."""
    given = stand(back(NECESSITY, MODIFIER), **PLAN)
    choice = road(given)
    assert choice.outcome == "ask"
    assert "line 1" in choice.because
    assert "line 2" in choice.because
    assert road(given, "appeal").outcome == "go"


def test_not_answered_waits() -> None:
    """Before the payer's answer nothing is sent, whatever is asked for."""
    for asked in (None, "new", "replacement"):
        choice = road(stand(**PLAN), asked, UNITS)
        assert choice.outcome == "wait"
        assert "duplicate" in choice.because


def test_taken_back_waits() -> None:
    """After a reversal the correction is waited for."""
    first = back("", "")
    taken = answered(
        SENT,
        "CLP*CLAIMAAAABBBB*22*-205*-80**12*A1*11*1 ~ DTM*232*20260310 ~"
        "SVC*HC:97530:GP*-150*-40**1 ~ CAS*CO*45*-110 ~ REF*6R*L1 ~"
        "SVC*HC:97110:GP*-55*-40**1 ~ CAS*CO*45*-15 ~ REF*6R*L2 ~",
        day=dt.date(2026, 4, 15),
        trace="T2",
    )
    choice = road(stand(first, taken, **PLAN), changes=UNITS)
    assert choice.outcome == "wait"
    assert "refund before the correction" in choice.never


def test_duplicate_is_not_corrected() -> None:
    """A claim denied as a duplicate has its answer elsewhere."""
    given = stand(back("CAS*OA*18*{}", "CAS*OA*18*{}"), **PLAN)
    assert road(given).outcome == "nothing"
    assert road(given, "replacement", UNITS).outcome == "refused"


@pytest.mark.parametrize("frequency", ["7", "8"])
def test_only_the_newest_of_a_family_is_corrected(frequency: str) -> None:
    """A claim that was replaced or voided is left alone, and the newer one named."""
    later = evolve(SENT, control="NEWER", family=SENT.control, frequency=frequency)
    given = evolve(stand(back("", ""), **PLAN), family=(SENT, later))
    choice = road(given, changes=UNITS)
    assert choice.outcome == "refused"
    assert ("NEWER" in choice.todo) == (frequency == "7")


def test_claim_to_a_second_payer_follows_the_first() -> None:
    """A secondary claim is not corrected by itself."""
    second = evolve(SENT, payer_rank="S")
    assert road(stand(sent=second, **PLAN)).outcome == "refused"


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("line added", "cannot add a line"),
        ("line removed", "cannot remove a line"),
        ("billing provider", "billing provider"),
        ("year", "year"),
    ],
)
def test_reopening_cannot(kind: Any, words: str) -> None:
    """What a reopening cannot change is refused, and never sent as a new claim instead."""
    change = Difference(place="line 3, 97112", field=kind, before="", after="x", kind=kind)
    choice = road(stand(back(MODIFIER, ""), **PART_B), changes=(*UNITS, change))
    assert (choice.outcome, choice.road) == ("refused", "reopening")
    assert words in choice.because
    assert "never send it as a new claim" in choice.todo


def test_replacement_takes_a_line_more() -> None:
    """A payer that takes replacements takes added lines."""
    added = Difference(place="line 3", field="line added", before="", after="x", kind="line added")
    assert road(stand(back("", ""), **PLAN), changes=(added,)).outcome == "go"


@pytest.mark.parametrize(
    ("asked", "policy", "words"),
    [
        pytest.param("replacement", PART_B, "no frequency 7 or 8", id="7 to part b"),
        pytest.param("void", PART_B, "no frequency 7 or 8", id="8 to part b"),
        pytest.param(
            "void", PLAN | {"takes_void": None}, "nobody has said", id="void, policy silent"
        ),
        pytest.param(
            "replacement", PLAN | {"takes_replacement": None}, "nobody has said", id="7, silent"
        ),
        pytest.param("void", PLAN | {"takes_void": False}, "takes no void", id="no voids"),
        pytest.param("new", PLAN, "duplicate", id="new for an adjudicated claim"),
        pytest.param("new", PART_B, "duplicate", id="new for an adjudicated part b claim"),
        pytest.param(
            "reopening", PLAN | {"reopening_days": None}, "knows no reopening", id="no reopening"
        ),
    ],
)
def test_wrong_road_is_refused(asked: Road, policy: dict[str, Any], words: str) -> None:
    """What this payer does not take is refused with the reason and what to do instead."""
    choice = road(stand(back(MODIFIER, ""), **policy), asked, UNITS)
    assert (choice.outcome, choice.road) == ("refused", asked)
    assert words in choice.because
    assert choice.todo


@pytest.mark.parametrize("asked", ["replacement", "void"])
def test_payers_number_is_needed(asked: Road) -> None:
    """Without the payer's claim number nobody can tell what is replaced or voided."""
    choice = road(stand(back(MODIFIER, "", icn=""), **PLAN), asked, UNITS)
    assert choice.outcome == "refused"
    assert "CLP07" in choice.because


@pytest.mark.parametrize(
    ("policy", "answer", "asked", "words"),
    [
        (PART_B, "CAS*CO*29*{}", "appeal", "acceptance"),
        (PART_B, "CAS*CO*97*{} ~ LQ*HE*N111", "appeal", "find the first claim"),
        (PART_B, "CAS*CO*97*{} ~ LQ*HE*N111", "new", "find the first claim"),
        (PLAN, "CAS*CO*18*{}", "replacement", "find the first claim"),
        (PLAN, "CAS*CO*31*{}", "replacement", "--road new"),
        (PLAN, "CAS*CO*227*{}", "replacement", "the patient calls the payer"),
    ],
    ids=["late", "duplicate", "duplicate anew", "duplicate replaced", "not known", "question"],
)
def test_what_the_table_says_never_to_do_is_refused(
    policy: dict[str, Any], answer: str, asked: Road, words: str
) -> None:
    """Where every denied line has the same never, the road is not taken; its own next step is."""
    choice = road(stand(back(answer, answer), **policy), asked, UNITS)
    assert choice.outcome == "refused"
    assert words in choice.todo


@pytest.mark.parametrize(
    ("policy", "answer", "asked", "words"),
    [
        (PART_B, "CAS*CO*24*{}", "appeal", "before the eligibility is known"),
        (PLAN, "CAS*CO*198*{}", "replacement", "while nothing changed at the payer"),
    ],
    ids=["eligibility", "authorization"],
)
def test_a_never_with_a_condition_is_told(
    policy: dict[str, Any], answer: str, asked: Road, words: str
) -> None:
    """The road is open; what must come first is said."""
    choice = road(stand(back(answer, ""), **policy), asked, UNITS)
    assert choice.outcome == "go"
    assert any(words in text for text in choice.warnings)


def test_a_new_claim_that_leaves_what_the_payer_named() -> None:
    """N822 names the modifiers: a visit in which something else changed is told so."""
    given = stand(back(REFUSED, REFUSED, moa=MA130), **PART_B)
    (told,) = road(given, changes=UNITS).warnings
    assert "N822 names the modifiers" in told
    mended = (evolve(UNITS[0], field="modifiers"),)
    assert road(given, changes=mended).warnings == ()


def test_nothing_refused_at_part_b_has_its_own_next_step() -> None:
    """A void of a paid claim: nothing is to be appealed."""
    sent = claim(line("L1", "97530:GP", "150.00"), line("L2", "97110:GP", "55.00"))
    choice = road(stand(back("", ""), sent=sent, **PART_B), "void")
    assert choice.outcome == "refused"
    assert "appeal" not in choice.todo


def test_a_line_that_wants_a_look_has_the_worklists_next_step() -> None:
    """Paid nothing with the whole charge written off: compare with the contract."""
    choice = road(stand(back("CAS*CO*45*{}", "CAS*CO*45*{}"), **PLAN))
    assert (choice.outcome, choice.because) == ("nothing", "no line is denied or cut")
    assert "compare with the contract" in choice.todo


def test_why_and_what_next_are_apart() -> None:
    """The cause is the reason, the next step is the next step."""
    choice = road(stand(back("CAS*CO*197*{}", ""), **PLAN))
    assert (choice.outcome, choice.road) == ("nothing", None)
    assert "authorization" in choice.todo
    assert choice.because != choice.todo


def test_void_of_a_paid_claim() -> None:
    """A void is only made when it is asked for; it has no deadline of ours."""
    choice = road(stand(back("", ""), **PLAN), "void")
    assert (choice.outcome, choice.payer_claim, choice.deadline) == ("go", "A1", None)


def test_records_are_sent_not_replaced() -> None:
    """Where the payer wants records, they are sent; a replacement would start the clock again."""
    given = stand(back("CAS*CO*252*{} ~ LQ*HE*M127", ""), **PLAN)
    chosen = road(given)
    assert (chosen.outcome, chosen.road, chosen.deadline) == ("go", "records", None)
    assert chosen.warnings == ()
    assert "--road records" in road(given, "appeal").todo
    choice = road(given, "replacement", UNITS)
    assert choice.outcome == "refused"
    assert "records" in choice.because


@pytest.mark.parametrize("asked", ["replacement", "reopening", None])
def test_nothing_changed_is_refused(asked: Road | None) -> None:
    """A corrected visit that makes the same claim is no correction."""
    choice = road(stand(back(MODIFIER, ""), **PLAN), asked, ())
    assert choice.outcome == "refused"
    assert "same claim" in choice.because


def test_new_claim_after_a_replacement_may_be_the_same() -> None:
    """N142 to a replacement wants the same content as a new claim."""
    again = evolve(SENT, frequency="7")
    answer = back("CAS*CO*16*{} ~ LQ*HE*N142", REFUSED)
    assert road(stand(answer, sent=again, **PLAN), changes=()).outcome == "go"


@pytest.mark.parametrize(
    ("asked", "policy", "last"),
    [
        pytest.param("appeal", PART_B, dt.date(2026, 8, 4), id="redetermination and mailing"),
        pytest.param("appeal", PLAN, dt.date(2026, 9, 28), id="appeal by contract"),
        pytest.param("reopening", PART_B, dt.date(2027, 4, 1), id="reopening"),
        pytest.param("replacement", PLAN, dt.date(2027, 4, 1), id="replacement"),
        pytest.param(
            "replacement",
            PLAN | {"corrected_claim_days": 90, "corrected_claim_from": "day of service"},
            dt.date(2026, 6, 8),
            id="from the day of service",
        ),
    ],
)
def test_last_day(asked: Road, policy: dict[str, Any], last: dt.date) -> None:
    """On the last day it goes, a day later it is refused with day and rule."""
    given = stand(back(NECESSITY, ""), **policy)
    assert road(given, asked, UNITS, on=last).outcome == "go"
    late = road(given, asked, UNITS, on=last + dt.timedelta(days=1))
    assert late.outcome == "refused"
    assert last.isoformat() in late.because
    assert late.deadline is not None
    assert late.deadline.source in late.because


def test_reopening_counts_from_the_first_decision() -> None:
    """A later decision does not give another year for a reopening; it does for an appeal."""
    answers = (back(MODIFIER, ""), back(MODIFIER, "", icn="A2", day=dt.date(2026, 6, 1)))
    given = stand(*answers, **PART_B)
    reopening, appeal = given.due("reopening"), given.due("appeal")
    assert reopening is not None
    assert appeal is not None
    assert reopening.day == dt.date(2027, 4, 1)
    assert appeal.day == dt.date(2026, 9, 29)


def test_new_claim_counts_from_the_service() -> None:
    """The filing limit of a new claim begins at the day of service."""
    given = stand(back(REFUSED, REFUSED, moa=MA130), **PLAN)
    assert road(given, changes=UNITS, on=dt.date(2026, 9, 6)).outcome == "go"
    assert road(given, changes=UNITS, on=dt.date(2026, 9, 7)).outcome == "refused"


def test_silent_policy_is_said() -> None:
    """Where the policy names no deadline, nothing is computed and a person is told."""
    choice = road(stand(back(NECESSITY, ""), **(PLAN | {"appeal1_days": None})))
    assert choice.deadline is None
    assert "names no deadline" in choice.warnings[0]


def test_another_payer_is_a_first_claim() -> None:
    """A visit that names another payer: a new claim if nothing was paid, else the money first."""
    other = Difference(place="claim", field="payer", before="A", after="B", kind="payer")
    unpaid = stand(back("CAS*CO*109*{}", "CAS*CO*109*{}"), **PLAN)
    assert road(unpaid, changes=(other,)).road == "new"
    paid = road(stand(back("", ""), **PLAN), changes=(other,))
    assert paid.outcome == "refused"
    assert "void" in paid.todo


def test_of_two_roads_both_days_are_named() -> None:
    """Lines that need different roads: a person says which, knowing by when each is over."""
    given = stand(back(MODIFIER, NECESSITY), **PLAN)
    choice = choose(given, on=ON)
    assert (choice.outcome, choice.deadline) == ("ask", None)
    assert [due.name for due in choice.or_by] == ["first appeal", "corrected claim"]
    chosen = choose(given, on=ON, asked="appeal")
    assert chosen.deadline is not None
    assert (chosen.deadline.name, [due.name for due in chosen.or_by]) == (
        "first appeal", ["corrected claim"],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("said", "name"),
    [("CAS*CO*97*{} ~ LQ*HE*N20", "first appeal"), ("CAS*CO*197*{}", "corrected claim")],
    ids=["call", "late authorization"],
)
def test_what_comes_after_a_call_has_its_day(said: str, name: str) -> None:
    """Nothing is made before the call, and the biller is told by when the next thing is due."""
    choice = choose(stand(back(said, ""), **PLAN), on=ON)
    assert (choice.road, [due.name for due in choice.or_by]) == (None, [name])
