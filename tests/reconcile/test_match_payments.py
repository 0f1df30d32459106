"""Which sent claim and line a payment belongs to, and that nothing is forced."""

import datetime as dt
from decimal import Decimal

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st
from remits import answered, claim, line, payment

from edi.claim import Procedure
from edi.remittance import Adjustment, ClaimPayment, ServicePayment
from edi.remittance import Reference as Ref
from reconcile.keys import candidate_keys, normal, stem
from reconcile.match import CLAIM_METHODS, LINE_METHODS, match_claim, match_lines
from reconcile.values import EarlierAnswer, SentClaim

SENT = claim(line("L1", "97530:GP", "100.00"), control="AB3CD4EF5GH6JK7MN")
OTHER = claim(line("M1", "97110:GP", "80.00"), control="ZZ3CD4EF5GH6JK7MN")
TEMPLATE = """CLP*{control}*1*{charge}*{charge}**12*{icn}~NM1*QC*1*DOE*JANE****MI*{member}~
DTM*232*{day}~SVC*HC:97530:GP*{charge}*{charge}**1~{sixr}"""


def paid(
    control: str = SENT.control,
    *,
    charge: str = "100",
    icn: str = "ICN9",
    member: str = "XYZ123456789",
    day: str = "20260310",
    sixr: str = "",
) -> ClaimPayment:
    """A payment for the sent claim, told in full but for what a test changes."""
    return payment(
        TEMPLATE.format(control=control, charge=charge, icn=icn, member=member, day=day, sixr=sixr)
    )


@pytest.mark.parametrize(
    ("control", "method"),
    [
        (SENT.control, "patient control number"),
        (SENT.control.lower(), "patient control number changed by payer, confirmed"),
        (SENT.control[:12], "patient control number changed by payer, confirmed"),
        (SENT.control[:9], "patient control number changed by payer, confirmed"),
        ("000" + SENT.control, "patient control number changed by payer, confirmed"),
        (SENT.control + "-01", "patient control number changed by payer, confirmed"),
        ("PFX" + SENT.control, "patient control number changed by payer, confirmed"),
    ],
    ids=["exact", "re-cased", "cut at 12", "cut at 9", "zero padded", "suffix", "prefix"],
)
def test_a_changed_control_number_is_confirmed_and_named(control: str, method: str) -> None:
    """A cut, padded or re-cased number finds its claim by amount, date and member, and says so."""
    match = match_claim(paid(control), [OTHER, SENT])
    assert match.claim is SENT
    assert match.method == method


@pytest.mark.parametrize(
    "change",
    [{"charge": "99"}, {"day": "20260311"}, {"member": "QQQ999999999"}],
    ids=["amount", "date", "member"],
)
def test_a_cut_number_that_is_not_confirmed_stays_unmatched(change: dict[str, str]) -> None:
    """One fact that says no is enough; the claim is named as the candidate."""
    match = match_claim(paid(SENT.control[:12], **change), [SENT])
    assert match.claim is None
    assert match.candidates == (SENT.control,)
    assert "do not confirm" in match.why


def taken_back(**changed: str) -> ClaimPayment:
    """A reversal that names no claim of ours."""
    told = {"icn": "777ab4", "charge": "-100", "member": "XYZ123456789"} | changed
    return payment(
        "CLP*0*{status}*{charge}*{paid}**12*{icn}~NM1*QC*1*DOE*JANE****MI*{member}~"
        "DTM*232*20260310~SVC*HC:97530:GP*{charge}*{paid}**1~".format(
            **{"status": "22", "paid": "-60"} | told
        )
    )


def answered_as(icn: str) -> SentClaim:
    """The sent claim with an answer under a number of the payer: 60.00 of 100.00."""
    earlier = EarlierAnswer(payer_control=icn, charge=Decimal(100), paid=Decimal(60))
    return evolve(SENT, answered=(earlier,))


def test_a_reversal_by_the_payers_number_and_the_money_it_negates() -> None:
    """Its number but for zeros and case, charge and payment below zero: that claim, by name."""
    match = match_claim(taken_back(), [OTHER, answered_as("000777AB4")])
    assert match.claim is not None
    assert match.claim.control == SENT.control
    assert match.method == "payer claim control number but for zeros or case, payment taken back"


@pytest.mark.parametrize(
    "change",
    [{"icn": "777ab5"}, {"charge": "-99"}, {"paid": "-59"}, {"paid": "60", "charge": "100"},
     {"member": "QQQ999999999"}, {"status": "1"}],
    ids=["number", "charge", "payment", "not-negated", "member", "no-reversal"],
)  # fmt: skip
def test_a_reversal_that_does_not_fit_waits(change: dict[str, str]) -> None:
    """One fact that says no is enough."""
    assert match_claim(taken_back(**change), [OTHER, answered_as("000777AB4")]).claim is None


def test_two_answers_that_a_reversal_fits_stay_a_persons() -> None:
    """Nobody is guessed: both are named."""
    twin = evolve(answered_as("0777AB4"), control="TW3CD4EF5GH6JK7MN", family="TW3CD4EF5GH6JK7MN")
    match = match_claim(taken_back(), [answered_as("000777AB4"), twin])
    assert (match.claim, match.candidates) == (None, (SENT.control, twin.control))


def test_a_plan_prefix_on_the_member_id_is_no_contradiction() -> None:
    """A member id with and without the plan's prefix is the same."""
    assert match_claim(paid(SENT.control[:12], member="123456789"), [SENT]).claim is SENT


def test_a_number_used_again_by_another_system_is_not_matched() -> None:
    """The number is ours, but amount, day and member are all another's."""
    match = match_claim(paid(charge="55", day="20240101", member="QQQ999999999"), [SENT])
    assert match.claim is None
    assert match.candidates == (SENT.control,)


@pytest.mark.parametrize("control", ["0", "", "000"], ids=["zero", "empty", "zeros"])
def test_without_a_number_the_payers_own_or_the_lines_find_the_claim(control: str) -> None:
    """CLP01 '0' falls back to CLP07 seen before, else to the line control numbers."""
    known = claim(line("L1", "97530:GP", "100.00"), control=SENT.control, payer_controls=("ICN9",))
    assert match_claim(paid(control), [known]).method == "payer claim control number"
    assert match_claim(paid(control, sixr="REF*6R*L1~"), [SENT]).method == "line control numbers"
    assert match_claim(paid(control), [SENT]).claim is None


def test_payer_numbers_of_another_payer_do_not_match() -> None:
    """Payers number independently: the number must be this payer's."""
    known = claim(line("L1", "97530:GP", "100.00"), control=SENT.control, payer_controls=("ICN9",))
    assert match_claim(paid("0"), [known], payers=frozenset({"99999"})).claim is None
    assert match_claim(paid("0"), [known], payers=frozenset({"12345"})).claim is known


def test_the_family_decides_between_original_and_replacement() -> None:
    """A correction under the original's number goes to the replacement that it answers."""
    original = claim(line("L1", "97530:GP", "100.00"), control="ORIGINALAAAA")
    replacement = claim(
        line("L9", "97530:59:GP", "100.00"),
        control="REPLACEDBBBB",
        family="ORIGINALAAAA",
        frequency="7",
    )
    pool = [replacement, original]
    assert match_claim(paid("ORIGINALAAAA"), pool).claim is original
    answer = match_claim(paid("ORIGINALAAAA", sixr="REF*6R*L9~"), pool)
    assert answer.claim is replacement
    assert answer.method == "patient control number of the same claim family"


def test_two_claims_with_one_number_stay_unmatched_with_candidates() -> None:
    """Equal evidence for two claims of other systems is ambiguous."""
    one = claim(line("L1", "97530:GP", "100.00"), control="SAMENUMBERAA", payer="a")
    two = claim(line("L2", "97530:GP", "100.00"), control="SAMENUMBERAA", payer="b")
    match = match_claim(paid("SAMENUMBERAA"), [one, two])
    assert match.claim is None
    assert match.candidates == ("SAMENUMBERAA",)


@given(
    st.permutations(
        [
            SENT,
            OTHER,
            STRANGER := claim(line("N1", "97530:GP", "100.00"), control="AB3CD4EF5GH6XXXXX"),
        ]
    )
)
def test_the_order_of_candidates_never_matters(pool: list[object]) -> None:
    """Whatever the order, an exact number wins and an ambiguous cut stays ambiguous."""
    assert match_claim(paid(), pool).claim is SENT  # type: ignore[arg-type]  # sampled values
    cut = match_claim(paid(SENT.control[:12]), pool)  # type: ignore[arg-type]  # sampled values
    assert cut.claim is None
    assert cut.candidates == (SENT.control, STRANGER.control)


@given(st.text(max_size=30))
def test_a_stem_is_stable_and_short(text: str) -> None:
    """Normalising twice changes nothing; case, punctuation and leading zeros never matter."""
    assert stem(stem(text)) == stem(text)
    assert stem("00" + text) == stem(text)
    assert len(stem(text)) <= 12
    assert normal(normal(text)) == normal(text)


def test_candidate_keys_name_every_way_to_look_up() -> None:
    """Stem, prefix for a cut number, payer numbers with REF*F8, and line control numbers."""
    whole = candidate_keys(paid(sixr="REF*6R*L1~"))
    assert (whole.stem, whole.prefix) == ("AB3CD4EF5GH6", "")
    assert whole.line_controls == ("L1",)
    cut = candidate_keys(paid(SENT.control[:9]))
    assert (cut.stem, cut.prefix) == ("AB3CD4EF5", "AB3CD4EF5")
    assert candidate_keys(paid("0")).stem == ""


TWO = claim(
    line("CTRL0001", "97530:59:GP", "75.00"),
    line("CTRL0002", "97530:59:GP:CQ", "150.00", "2"),
    line("CTRL0003", "97140:GP", "65.00"),
)
HEAD = "CLP*CLAIMAAAABBBB*1*{charge}*0**12*P~DTM*232*20260310~"


def methods(body: str, charge: str = "290") -> dict[tuple[str, ...], str]:
    """The method by which each sent line was found."""
    found = match_lines(payment(HEAD.format(charge=charge) + body), TWO)
    return {tuple(TWO.lines[n].control for n in p.lines): p.method for p in found.pairs}


@pytest.mark.parametrize(
    ("body", "controls", "method"),
    [
        ("SVC*HC:97140*65*0**1~REF*6R*CTRL0003~", ("CTRL0003",), "line control number"),
        ("SVC*HC:97140:GP*65*0**1~REF*6R*ctrl0003~", ("CTRL0003",), "line control number"),
        ("SVC*HC:97140*65*0**1~REF*6R*CTRL~", ("CTRL0003",), "line control number, cut by payer"),
        ("SVC*HC:97140:GP*65*0**1~REF*6R*3~", ("CTRL0003",), "line number in place of the control number"),
        ("SVC*HC:97140:GP*65*0**1~", ("CTRL0003",), "code + modifiers + date + charge"),
        ("SVC*HC:97530:CQ:GP:59*150*0**2~", ("CTRL0002",), "code + modifiers + date + charge"),
        ("SVC*HC:97140*65*0**1~", ("CTRL0003",), "code + date + charge, modifiers dropped by payer"),
        ("SVC*HC:97140:GP:95*65*0**1~", ("CTRL0003",), "code + date + charge, modifiers changed by payer"),
        ("SVC*HC:97124*65*0**1*HC:97140:GP~", ("CTRL0003",), "submitted procedure restated (SVC06) + date + charge"),
        ("SVC*HC:97140:GP*65*0**1*1~", ("CTRL0003",), "code + modifiers + date + charge"),
        ("SVC*HC:97140:GP*40*0**1~SVC*HC:97140:GP*25*0**1~", ("CTRL0003",), "line split"),
        ("SVC*HC:97140:GP*40*0**1~REF*6R*CTRL0003~SVC*HC:97140:GP*25*0**1~REF*6R*CTRL0003~", ("CTRL0003",), "line split"),
        ("SVC*HC:97140:GP*65*0**1~REF*6R*CTRL0003~SVC*HC:97124*0*0**1~REF*6R*CTRL0003~", ("CTRL0003",), "line unbundled"),
        ("SVC*HC:97530*225*0**3~", ("CTRL0001", "CTRL0002"), "lines merged"),
        ("SVC*HC:97530*225*0**0~", ("CTRL0001", "CTRL0002"), "lines merged"),
    ],
    ids=[
        "6R", "6R re-cased", "6R cut", "LX", "code and modifiers", "modifiers in another order",
        "modifiers dropped", "modifier added", "SVC06", "bare number in SVC06", "split by charge",
        "split by 6R", "unbundled", "merged", "merged and denied",
    ],
)  # fmt: skip
def test_each_matcher_finds_its_line(body: str, controls: tuple[str, ...], method: str) -> None:
    """The evidence at hand finds the line and the method says which evidence it was."""
    assert methods(body).get(controls) == method


@pytest.mark.parametrize(
    "body",
    [
        "SVC*HC:97530*224.99*0**3~",
        "SVC*HC:97530*225*0**4~",
        "SVC*HC:97140:GP*64*0**1~",
        "SVC*HC:97140:GP*65*0**1~DTM*472*20260311~",
        "SVC*HC:97140:GP*64*0**1~REF*6R*CT~",
        "SVC*HC:99999*65*0**1~",
        "SVC*HC:97140:GP*64*0**1~REF*6R*3~",
    ],
    ids=["merged, a cent off", "merged, units off", "charge", "date", "6R too short", "code", "LX, charge off"],
)  # fmt: skip
def test_weak_evidence_that_fails_is_never_forced(body: str) -> None:
    """What does not fit exactly stays unmatched and names its candidates."""
    found = match_lines(payment(HEAD.format(charge="290") + body), TWO)
    assert found.pairs == ()
    assert found.unpaired[0].lines
    assert found.unpaired[0].why


TWINS = claim(line("L1", "97530:GP", "75.00"), line("L2", "97530:GP", "75.00"))
TWIN = "SVC*HC:97530:GP*75*{paid}**1~CAS*CO*45*{cut}~"


def test_twins_with_equal_results_are_paired_and_others_are_not() -> None:
    """Equal lines with equal answers may be paired either way; with unequal answers they may not."""
    head = HEAD.format(charge="150")
    same = match_lines(payment(head + TWIN.format(paid=40, cut=35) * 2), TWINS)
    assert len(same.pairs) == 2
    one, two = TWIN.format(paid=40, cut=35), TWIN.format(paid=0, cut=75)
    differ = match_lines(payment(head + one + two), TWINS)
    assert differ.pairs == ()
    assert [u.lines for u in differ.unpaired] == [(0, 1), (0, 1)]


def test_units_break_the_tie_of_equal_charges() -> None:
    """Two lines of one code and charge are told apart by their units."""
    sent = claim(line("L1", "97530:GP", "75.00"), line("L2", "97530:GP", "75.00", "2"))
    body = "SVC*HC:97530:GP*75*40**2~SVC*HC:97530:GP*75*0**1~"
    found = match_lines(payment(HEAD.format(charge="150") + body), sent)
    assert {(p.services, p.lines) for p in found.pairs} == {((0,), (1,)), ((1,), (0,))}


def test_a_line_without_a_date_takes_the_claims() -> None:
    """Line date, else the claim's 232, else the sent claim's own day."""
    without = payment("CLP*CLAIMAAAABBBB*1*290*0**12*P~SVC*HC:97140:GP*65*0**1~")
    assert len(match_lines(without, TWO).pairs) == 1
    other_day = payment("CLP*CLAIMAAAABBBB*1*290*0**12*P~DTM*232*20260101~SVC*HC:97140:GP*65*0**1~")
    assert match_lines(other_day, TWO).pairs == ()


CODES = st.sampled_from(["97530", "97140", "97110"])
MODIFIERS = st.sets(st.sampled_from(["GP", "59", "CQ", "KX"]), max_size=3).map(sorted).map(tuple)
SENT_LINES = st.lists(
    st.tuples(CODES, MODIFIERS, st.integers(40, 44), st.integers(1, 2)), min_size=1, max_size=5
)


@st.composite
def remitted(draw: st.DrawFn) -> tuple[object, list[ServicePayment]]:
    """A claim, and paid lines for it with keys kept, cut or lost and charges now and then off."""
    rows = draw(SENT_LINES)
    sent = claim(
        *(
            line(f"CONTROL{n}", ":".join((code, *mods)), str(charge), str(units), number=n)
            for n, (code, mods, charge, units) in enumerate(rows, start=1)
        )
    )
    services: list[ServicePayment] = []
    for one in sent.lines:
        key = draw(st.sampled_from([one.control, "", "", one.control[:6], str(one.number)]))
        kept = draw(st.booleans())
        charge = one.charge + draw(st.sampled_from([0, 0, 0, 1]))
        cut = Decimal(draw(st.integers(0, 2)))
        services.append(
            ServicePayment(
                procedure=Procedure(code=one.code, modifiers=one.modifiers if kept else ()),
                charge=charge,
                paid=charge - cut,
                paid_units=one.units,
                adjustments=(Adjustment(group="CO", reason="45", amount=cut),) if cut else (),
                references=(Ref(qualifier="6R", value=key),) if key else (),
            )
        )
    return sent, services


def said(sent: object, services: list[ServicePayment]) -> object:
    """What the matchers say, without positions: per sent line its answer, and what is left."""
    total = sum((s.charge for s in services), Decimal(0))
    one = ClaimPayment(
        control="CLAIMAAAABBBB", status="1", charge=total, paid=total, lines=tuple(services)
    )
    found = match_lines(one, sent)  # type: ignore[arg-type]  # a SentClaim
    lines = sent.lines  # type: ignore[attr-defined]  # a SentClaim
    pairs = [
        (
            p.method,
            sorted(lines[n].control for n in p.lines),
            sorted(
                repr((services[n].procedure, services[n].charge, services[n].paid))
                for n in p.services
            ),
        )
        for p in found.pairs
    ]
    left = [
        (repr((services[u.service].procedure, services[u.service].charge, services[u.service].paid)),
         sorted(lines[n].control for n in u.lines))
        for u in found.unpaired
    ]  # fmt: skip
    return sorted(pairs), sorted(left)


@settings(max_examples=200, deadline=None)
@given(remitted(), st.randoms(use_true_random=False))
def test_the_order_of_lines_never_matters(
    case: tuple[object, list[ServicePayment]], random: object
) -> None:
    """Shuffling the paid lines and the sent lines gives the same pairs and the same rest."""
    sent, services = case
    first = said(sent, services)
    shuffled = list(services)
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # random.Random
    lines = list(sent.lines)  # type: ignore[attr-defined]  # a SentClaim
    random.shuffle(lines)  # type: ignore[attr-defined]  # random.Random
    assert said(claim(*lines), shuffled) == first


@settings(max_examples=200, deadline=None)
@given(remitted())
def test_every_paid_line_is_in_one_pairing_or_left(
    case: tuple[object, list[ServicePayment]],
) -> None:
    """No paid line is lost or used twice, no sent line is given to two pairings."""
    sent, services = case
    one = ClaimPayment(
        control="C", status="1", charge=Decimal(0), paid=Decimal(0), lines=tuple(services)
    )
    found = match_lines(one, sent)  # type: ignore[arg-type]  # a SentClaim
    used = [n for p in found.pairs for n in p.services] + [u.service for u in found.unpaired]
    assert sorted(used) == list(range(len(services)))
    places = [n for p in found.pairs for n in p.lines]
    assert len(places) == len(set(places))
    assert {p.method for p in found.pairs} <= set(LINE_METHODS)


def test_methods_are_a_closed_list() -> None:
    """The names of methods are distinct, so that a worklist can be filtered by them."""
    assert len(set(CLAIM_METHODS + LINE_METHODS)) == len(CLAIM_METHODS) + len(LINE_METHODS)


def test_a_claim_for_a_later_day_is_no_candidate_for_a_cut_number() -> None:
    """What was paid before the day of service is another claim's."""
    match = match_claim(paid(SENT.control[:12]), [SENT], date=dt.date(2026, 3, 1))
    assert match.claim is None


def test_shares_name_the_line_and_the_method() -> None:
    """An adjudication carries the line's control number, its number and the method."""
    body = HEAD.format(charge="65") + "SVC*HC:97140*65*65**1~"
    (share,) = answered(TWO, body.replace("*0**12", "*65**12")).lines
    assert (share.line, share.number) == ("CTRL0003", 3)
    assert share.method == "code + date + charge, modifiers dropped by payer"


@pytest.mark.parametrize(
    ("one", "two"),
    [
        pytest.param(("97530:59:GP", "75", 0), ("97140:GP", "65", 2), id="other codes"),
        pytest.param(("97530:59:GP", "75", 0), ("97530:59:GP:CQ", "150", 1), id="one code"),
    ],
)
def test_swapped_line_numbers_follow_the_content(
    one: tuple[str, str, int], two: tuple[str, str, int]
) -> None:
    """Where the payer swapped the numbers of two lines, code and charge say which is meant."""
    body = HEAD.format(charge="290")
    for (procedure, charge, _), (_, _, named) in ((one, two), (two, one)):
        body += f"SVC*HC:{procedure}*{charge}*0**1~REF*6R*{TWO.lines[named].control}~"
    found = match_lines(payment(body), TWO)
    assert {p.services: p.lines for p in found.pairs} == {(0,): (one[2],), (1,): (two[2],)}


def test_a_line_number_that_fits_nothing_is_not_forced() -> None:
    """A number whose line has neither the code nor the charge is left, with its candidates."""
    found = match_lines(
        payment(HEAD.format(charge="1") + "SVC*HC:97110*1*0**1~REF*6R*CTRL0003~"), TWO
    )
    assert found.pairs == ()
    assert found.unpaired
