"""Expected amounts: Medicare's figures to the cent, contracts, and what stays unsaid."""

import datetime as dt
from decimal import Decimal
from functools import cache
from typing import Any

import pytest
import visits_made
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from visits_made import DAY, ROOT, done, drafted

from edi.expected import Terms, amounts, of_text, to_text
from mapping import claims, practice
from mapping.contracts import Contract
from mapping.day import patient_key
from mapping.draft import ClaimDraft, History
from mapping.expected import Expected, expected, fee_of_day
from mapping.fee_terms import Basis, Coded, medicare, of_line, ranked
from mapping.policy import ALWAYS, Span
from mapping.practice import Practice
from mapping.practice_values import MipsYear
from mapping.reference import BilledLine, Locality
from mapping.starter import STARTER, Starter
from mapping.totals import DeductibleLeft
from mapping.visit import Referring, Visit

D = Decimal
DAY_2025 = dt.date(2025, 12, 2)


def of_lines(draft: ClaimDraft) -> list[Expected]:
    """What each line should bring."""
    return [decision.expected for decision in draft.decisions]


def paid(draft: ClaimDraft) -> list[Decimal | None]:
    """What the payer should pay for each line."""
    return [one.paid for one in of_lines(draft)]


def part_b(*procedures: Any, date: dt.date = DAY_2025, **changes: Any) -> ClaimDraft:
    """The claim of a Part B visit with separate blocks."""
    apart = [evolve(one, separate_block=True) for one in procedures]
    return drafted(visit(*apart, date=date, **changes), setup=medicare_clinic())


@cache
def riverbend() -> Practice:
    """The practice of the fixtures."""
    path = ROOT / "fixtures" / "practice" / "practice.toml"
    return practice.read("practice.toml", path.read_text(encoding="utf-8"))


def medicare_clinic(**changes: Any) -> Practice:
    """The same with a full charge for every code used here, changed as asked."""
    return evolve(riverbend(), **changes) if changes else riverbend()


def visit(
    *procedures: Any, payer: str = "medicare", date: dt.date = DAY_2025, **changes: Any
) -> Visit:
    """A visit of that practice."""
    made = visits_made.visit(*procedures, payer=payer, date=date)
    plain = {"treating_clinician": "okafor", "referring": Referring(key="hale")}
    return evolve(made, **plain | changes)


@pytest.mark.parametrize(
    ("year", "first", "further"),
    [
        (2019, "40.72", "28.65"),
        (2020, "40.42", "28.51"),
        (2021, "39.43", "27.74"),
        (2022, "38.07", "26.99"),
        (2023, "37.61", "26.43"),
        (2024, "36.62", "25.80"),
        (2025, "34.61", "24.58"),
        (2026, "35.07", "25.05"),
    ],
)
def test_97530_by_year(year: int, first: str, further: str) -> None:
    """The national amounts of 97530, whole and cut by MPPR, are those published for each year."""
    found = fee_of_day(STARTER, "97530", dt.date(year, 6, 1))
    assert (found.unit, found.further) == (D(first), D(further))


def test_2024_has_two_conversion_factors() -> None:
    """Up to March 8 of 2024 another factor holds: 1.10 x 32.7442 = 36.02."""
    assert fee_of_day(STARTER, "97530", dt.date(2024, 3, 8)).unit == D("36.02")
    assert fee_of_day(STARTER, "97530", dt.date(2024, 3, 9)).unit == D("36.62")


def test_an_unconfirmed_figure_says_so() -> None:
    """The factor of 2023 is from one unverified source; that of 2025 is not."""
    assert "unconfirmed" in fee_of_day(STARTER, "97530", dt.date(2023, 6, 1)).version
    assert "unconfirmed" not in fee_of_day(STARTER, "97530", dt.date(2025, 6, 1)).version


def test_sequestration_is_cited_as_unconfirmed() -> None:
    """Its dates are from one source: the amount says so, a contract's only where it takes it."""
    words = "sequestration 2 % (one table of dates, unconfirmed)"
    assert of_lines(part_b(done("97530", 15)))[0].version.endswith(words)
    for sequestration in (True, False):
        setup = agreed(kind="schedule", amounts={"97530": D("38.50")}, sequestration=sequestration)
        (one,) = of_lines(drafted(commercial(), setup=setup))
        assert (words in one.version) is sequestration


def test_example_day_of_2025() -> None:
    """97530 x2, 97110, 97140: 34.61 + 24.58 + 21.83 + 20.70 = 101.72 allowed."""
    draft = part_b(done("97530", 30), done("97110", 15), done("97140", 15))
    allowed = [one.allowed for one in of_lines(draft)]
    assert allowed == [D("59.19"), D("21.83"), D("20.70")]
    assert sum(one for one in allowed if one is not None) == D("101.72")


@pytest.mark.parametrize(
    ("assistant", "wanted"),
    [
        (False, {"paid": "27.14", "patient": "6.92", "sequestration": "0.55", "assistant": "0.00"}),
        (True, {"paid": "23.07", "patient": "6.92", "sequestration": "0.47", "assistant": "4.15"}),
    ],
    ids=["therapist", "assistant"],
)
def test_one_unit_charged_60(assistant: bool, wanted: dict[str, str]) -> None:
    """One unit of 97530 in 2025, charge 60.00: each step to the cent, and the charge is explained."""
    spent = {"assistant_minutes": 15} if assistant else {"therapist_minutes": 15}
    procedure = evolve(done("97530", charge=D(60)), **spent)
    changes = {"assistant": "reyes"} if assistant else {}
    (one,) = of_lines(part_b(procedure, **changes))
    found = one.amounts
    assert found is not None
    assert {name: str(getattr(found, name)) for name in wanted} == wanted
    assert found.paid is not None
    contract = D(60) - found.fee
    assert contract == D("25.39")
    cuts = found.mppr + found.assistant + found.sequestration
    assert found.paid + contract + cuts + (found.patient or 0) == D(60)


@pytest.mark.parametrize(("day", "rate"), [("2021-12-31", 0), ("2022-01-01", 15)])
def test_the_assistants_cut_began_in_2022(day: str, rate: int) -> None:
    """CQ lines are cut from 2022-01-01 on; lines without CQ never."""
    basis = medicare(STARTER, dt.date.fromisoformat(day))
    assert of_line(STARTER, basis, Coded("97530", ("GP", "CQ"), 1)).assistant == rate
    assert of_line(STARTER, basis, Coded("97530", ("GP",), 1)).assistant == 0


@pytest.mark.parametrize(
    ("day", "rate"),
    [("2020-04-30", 2), ("2020-05-01", 0), ("2022-03-31", 0), ("2022-04-01", 1), ("2022-07-01", 2)],
)
def test_sequestration_by_date(day: str, rate: int) -> None:
    """Suspended from May 2020 to March 2022, one percent for three months, then two again."""
    assert fee_of_day(STARTER, "97530", dt.date.fromisoformat(day)).sequestration == rate


def test_charge_below_the_fee() -> None:
    """The lesser of charge and fee schedule is allowed."""
    (one,) = of_lines(part_b(done("97530", 15, charge=D("30.00"))))
    assert (one.allowed, one.paid) == (D("30.00"), D("23.52"))
    assert "more than the charge: 30.00 allowed" in one.because[0]


def test_codes_without_the_reduction_keep_every_unit() -> None:
    """97129 is not subject to MPPR, and does not take the full unit from 97530."""
    draft = part_b(done("97129", 15), done("97530", 15))
    first, second = of_lines(draft)
    assert (first.terms.further, second.terms.full) == (None, True)


def test_a_year_without_a_table_says_so() -> None:
    """2026 is known for 97530 only: 97140 has no amount, and which unit is full stays open."""
    first, second = of_lines(part_b(done("97530", 15), done("97140", 15), date=DAY))
    assert first.allowed == D("35.07")
    assert "no values for 97140" in first.terms.unsure
    assert (second.allowed, second.paid) == (None, None)
    assert second.why == "no table for 2026 and code 97140"


def test_codes_not_priced_by_values_say_so() -> None:
    """A bundled code (status B) and one without values have no expected amount."""
    assert "bundled (status B)" in fee_of_day(STARTER, "97010", DAY_2025).why
    assert "status C" in fee_of_day(STARTER, "97039", DAY_2025).why
    assert fee_of_day(STARTER, "99213", DAY_2025).why == "no table for 2025 and code 99213"


@pytest.mark.parametrize("modifier", ["GY", "GZ"])
def test_a_line_stated_as_not_paid_brings_nothing(modifier: str) -> None:
    """Nothing is allowed for it, so that it fills no bucket, and the other line has the full unit."""
    basis = medicare(STARTER, DAY_2025)
    own = (Coded("97530", ("GP", modifier), 1), Coded("97140", ("GP",), 1))
    first, second = ranked([of_line(STARTER, basis, one) for one in own], own, ())
    said = expected(first, D(1), D("75.00"))
    assert (said.allowed, said.paid, said.why[:2]) == (D(0), None, modifier)
    assert (second.full, second.unsure) == (True, "")
    contract = Contract(name="c", payers=("x",), kind="schedule", amounts={"97530": D("38.50")})
    agreed_on = Basis(day=DAY, kind="schedule", contract=contract)
    assert of_line(STARTER, agreed_on, own[0]).unit == D("38.50")


def test_not_participating_pays_95_percent() -> None:
    """34.61 x 95 % = 32.88 for a practice that does not participate."""
    base = medicare_clinic()
    (key, entity), *_ = base.entities.items()
    setup = evolve(base, entities={key: evolve(entity, medicare_participating=False)})
    draft = drafted(visit(done("97530", 15), date=DAY_2025), setup=setup)
    assert of_lines(draft)[0].allowed == D("32.88")


@pytest.mark.parametrize(
    ("year", "way", "paid", "words"),
    [
        # 34.61: 27.69 after the patient's 6.92; 1.25 % of it 0.35; 2 % of 28.04 0.56.
        (2025, "bonus", "27.48", "MIPS +1.25 %: +0.35"),
        (2025, "cut", "26.79", "MIPS -1.25 %: -0.35"),
        (2024, "bonus", "27.14", ""),
    ],
    ids=["bonus", "cut", "another year"],
)
def test_mips_changes_the_payment_of_its_year(year: int, way: Any, paid: str, words: str) -> None:
    """What the quality programme adds or cuts comes after the patient's part."""
    base = riverbend()
    ((key, entity),) = base.entities.items()
    mips = (MipsYear(year=year, way=way, percent=D("1.25")),)
    setup = evolve(base, entities={key: evolve(entity, medicare_mips=mips)})
    (one,) = of_lines(drafted(visit(done("97530", 15), date=DAY_2025), setup=setup))
    assert one.paid == D(paid)
    assert words in one.because[0]
    assert ("MIPS" in one.because[0]) is bool(words)


def test_a_year_of_mips_stands_once() -> None:
    """The practice file's tables are read; two of one year are refused with their place."""
    text = (ROOT / "fixtures" / "practice" / "practice.toml").read_text(encoding="utf-8")
    ((key, _),) = riverbend().entities.items()
    row = f'\n[[entities.{key}.medicare_mips]]\nyear = 2026\nway = "cut"\npercent = 2\n'
    assert practice.read("practice.toml", text + row).entities[key].mips(2026) == D(-2)
    with pytest.raises(practice.PracticeFileError) as refused:
        practice.read("practice.toml", text + row + row)
    (problem,) = refused.value.problems
    assert "each year of medicare_mips once" in problem.message


def test_qualifying_participants_have_a_factor_of_their_own() -> None:
    """From 2026 on: 1.05 x 33.5675 = 35.25 for a qualifying APM participant."""
    base = medicare_clinic()
    (key, entity), *_ = base.entities.items()
    setup = evolve(base, entities={key: evolve(entity, medicare_qualifying=True)})
    draft = drafted(visit(done("97530", 15), date=DAY), setup=setup)
    assert of_lines(draft)[0].allowed == D("35.25")


class Local(Starter):
    """The starter tables with one locality."""

    def locality(self, key: str, day: dt.date) -> Locality | None:
        """Manhattan of 2025."""
        if key != "13202-01":
            return None
        return Locality(
            key=key, work=D("1.065"), practice=D("1.166"), malpractice=D("1.656"), version="GPCI"
        )


@pytest.mark.parametrize(
    ("locality", "wanted"),
    [
        ("13202-01", "39.08"),  # (.44 x 1.065 + .62 x 1.166 + .01 x 1.656) x 32.3465 = 39.077
        ("15202-00", None),
        ("", "34.61"),
    ],
    ids=["in the table", "in no table", "none stated"],
)
def test_locality(locality: str, wanted: str | None) -> None:
    """A locality of the table prices; one that is in no table gives no amount; none is national."""
    base = medicare_clinic()
    places = {key: evolve(one, locality=locality) for key, one in base.locations.items()}
    setup = evolve(base, locations=places)
    made = claims.draft([visit(done("97530", 15))], setup, reference=Local())
    (one,) = of_lines(made.drafts[0])
    assert one.allowed == (D(wanted) if wanted else None)
    assert ("import the GPCI" in one.why) == (wanted is None)


def test_a_deductible_somebody_entered_comes_off_first() -> None:
    """20.00 left: 34.61 less 20.00, 80 % of the rest, sequestration; without it: taken as met."""
    given = visit(done("97530", 15), date=DAY_2025)
    key = claims.draft([given], medicare_clinic()).drafts[0].patient
    left = DeductibleLeft(amount=D("20.00"), as_of=dt.date(2025, 11, 1))
    history = History(deductibles={(key, 2025): left})
    (one,) = of_lines(claims.draft([given], medicare_clinic(), history).drafts[0])
    assert one.amounts is not None
    assert (one.amounts.patient, one.paid) == (D("22.92"), D("11.46"))
    assert "deductible: 20.00 left on 2025-11-01" in one.because
    assert "patient 22.92 (deductible 20.00, 20 % of 14.61: 2.92)" in one.because[0]
    (met,) = of_lines(claims.draft([given], medicare_clinic()).drafts[0])
    assert "the deductible is taken as met" in met.because


def test_one_full_unit_over_two_claims_of_the_day() -> None:
    """PT and OT of one day share the full unit: the first claim has it, the second is cut whole."""
    first = visit(done("97530", 15), date=DAY_2025)
    second = visit(
        done("97530", 15),
        payer="medicare",
        date=DAY_2025,
        visit_id="V-2",
        discipline="OT",
        treating_clinician="tanaka",
    )
    setup = medicare_clinic()
    made = claims.draft([first, second], setup)
    allowed = [of_lines(draft)[0].allowed for draft in made.drafts]
    assert allowed == [D("34.61"), D("24.58")]


@pytest.mark.parametrize(
    ("entity", "allowed"), [("riverbend", "24.58"), ("other", "34.61"), ("", "24.58")]
)
def test_another_billing_provider_has_a_full_unit_of_its_own(entity: str, allowed: str) -> None:
    """MPPR is by billing provider: a line sent by another one leaves this one's unit whole."""
    given = visit(done("97530", 15), date=DAY_2025)
    setup = medicare_clinic()
    key = claims.draft([given], setup).drafts[0].patient
    before = BilledLine(
        claim="CT1",
        payer="medicare",
        entity=entity,
        discipline="OT",
        code="97530",
        modifiers=("GO",),
        units=D(1),
        charge=D(75),
        date=DAY_2025,
    )
    history = History(lines={(key, DAY_2025): (before,)})
    (draft,) = claims.draft([given], setup, history).drafts
    assert of_lines(draft)[0].allowed == D(allowed)


def test_of_a_higher_expense_on_a_later_claim_the_earlier_is_cut() -> None:
    """97110 has a lower practice expense than the 97530 of the day's other visit."""
    first = visit(done("97110", 15), date=DAY_2025)
    second = visit(
        done("97530", 15),
        payer="medicare",
        date=DAY_2025,
        visit_id="V-2",
        discipline="OT",
        treating_clinician="tanaka",
    )
    made = claims.draft([first, second], medicare_clinic())
    allowed = {d.decisions[0].code: of_lines(d)[0].allowed for d in made.drafts}
    assert allowed == {"97110": D("21.83"), "97530": D("34.61")}


def commercial(*procedures: Any, **changes: Any) -> Visit:
    """A visit of a commercial payer."""
    return visit(*procedures or (done("97530", 23),), payer="lakeshore", **{"date": DAY} | changes)


def stating(**stated: Any) -> Practice:
    """The practice, where the commercial payer's policy says more."""
    base = medicare_clinic()
    known = base.payers["lakeshore"]
    rows = visits_made.practice_policy(stated, known.policies)
    return evolve(base, payers={**base.payers, "lakeshore": evolve(known, policies=rows)})


def agreed(**keys: Any) -> Practice:
    """The practice with a contract with lakeshore."""
    made = Contract(**{"name": "Lakeshore 2026", "payers": ("lakeshore",), "span": ALWAYS, **keys})
    return evolve(medicare_clinic(), contracts=(made,))


def test_without_a_contract_nothing_is_expected() -> None:
    """A commercial payer without a contract: no amount, and the reason."""
    (one,) = of_lines(drafted(commercial(), setup=medicare_clinic()))
    assert (one.allowed, one.why) == (None, "no contract with lakeshore in the practice file")


def test_schedule_by_code_and_modifier() -> None:
    """An amount for code and modifier before that of the code; a code that is not in it says so."""
    setup = agreed(kind="schedule", amounts={"97530": D("38.50"), "97530-GP": D("37.00")})
    draft = drafted(commercial(done("97530", 30), done("97110", 15)), setup=setup)
    first, second = of_lines(draft)
    assert (first.allowed, first.paid) == (D("74.00"), None)
    assert second.why == "no amount for 97110 in contract Lakeshore 2026, always"


def test_the_assistants_amount_goes_before_that_of_another_modifier() -> None:
    """With amounts for GP and for CQ, a line of an assistant has that for CQ."""
    amounts = {"97530": D("38.50"), "97530-GP": D("37.00"), "97530-CQ": D("32.70")}
    contract = agreed(kind="schedule", amounts=amounts).contracts[0]
    basis = Basis(day=DAY, kind="schedule", contract=contract)
    units = {m: of_line(STARTER, basis, Coded("97530", m, 1)).unit for m in (("GP",), ("GP", "CQ"))}
    assert units == {("GP",): D("37.00"), ("GP", "CQ"): D("32.70")}


def test_a_contract_holds_on_its_days_only() -> None:
    """Before its first day nothing is expected."""
    later = Span(first=DAY + dt.timedelta(days=1))
    setup = agreed(kind="schedule", amounts={"97530": D("38.50")}, span=later)
    assert of_lines(drafted(commercial(), setup=setup))[0].allowed is None


@pytest.mark.parametrize(
    ("multiple", "allowed"), [(False, "76.14"), (True, "65.11")], ids=["no MPPR", "MPPR"]
)
def test_percent_of_medicare(multiple: bool, allowed: str) -> None:
    """110 % by the unit: 2 x 38.07, or 38.07 and 27.04 where MPPR is agreed."""
    setup = agreed(kind="percent of medicare", percent=D(110), multiple_procedure=multiple)
    (one,) = of_lines(
        drafted(commercial(done("97530", 30, charge=D(60)), date=DAY_2025), setup=setup)
    )
    assert one.allowed == D(allowed)


def test_per_visit_rate_is_shared_by_charge() -> None:
    """85.00 for the visit over lines of 55 and 60: the parts make the rate to the cent."""
    setup = agreed(kind="per visit", amount=D("85.00"))
    draft = drafted(commercial(done("97110", 15), done("97530", 15)), setup=setup)
    parts = [one.allowed for one in of_lines(draft)]
    assert sum(part for part in parts if part is not None) == D("85.00")
    assert all(one.terms.kind == "per visit" for one in of_lines(draft))


def test_case_rate_expects_nothing_by_claim() -> None:
    """A case rate is not owed by the claim: no amount, and the reason."""
    setup = agreed(kind="case rate", amount=D("900.00"))
    (one,) = of_lines(drafted(commercial(), setup=setup))
    assert one.why == "contract Lakeshore 2026, always pays 900.00 a case, not by claim"


def test_assistant_cut_of_the_allowed_amount() -> None:
    """Where the policy cuts the allowed amount, 15 % comes off before the patient's part."""
    stated = {
        "assistant_modifiers": "required",
        "assistant_reduction_percent": 15,
        "assistant_reduction_base": "allowed",
    }
    contract = Contract(
        name="A",
        payers=("lakeshore",),
        kind="schedule",
        amounts={"97530": D("40.00")},
        assistant_reduction=True,
        coinsurance_percent=D(20),
    )
    setup = evolve(stating(**stated), contracts=(contract,))
    line = evolve(done("97530"), assistant_minutes=15)
    (one,) = of_lines(drafted(commercial(line, assistant="reyes"), setup=setup))
    assert (one.allowed, one.paid) == (D("34.00"), D("27.20"))
    setup = evolve(stating(assistant_modifiers="required"), contracts=(contract,))
    (unsaid,) = of_lines(drafted(commercial(line, assistant="reyes"), setup=setup))
    assert "no policy says assistant_reduction_percent" in unsaid.why


money = st.decimals(D("0.01"), D("500.00"), places=2)
percents = st.integers(0, 100).map(D)


@given(
    terms=st.builds(
        Terms,
        unit=money,
        further=st.none() | money,
        rank=money,
        full=st.booleans(),
        lesser=st.booleans(),
        coinsurance=st.none() | percents,
        deductible=money,
        assistant=st.integers(0, 30).map(D),
        base=st.sampled_from(["payment", "allowed"]),
        mips=st.integers(-9, 9).map(D),
        sequestration=st.integers(0, 5).map(D),
        unpaid=st.booleans(),
        unsure=st.text(max_size=5),
        version=st.text(max_size=5),
        notes=st.tuples(st.text(max_size=5)),
    ),
    units=st.integers(1, 8).map(D),
    charge=money,
    patient=st.none() | money,
)
def test_terms_survive_the_ledger_and_amounts_add_up(
    terms: Terms, units: Decimal, charge: Decimal, patient: Decimal | None
) -> None:
    """Terms come back from their text as they were; no amount is negative; the steps add up."""
    assert of_text(to_text(terms)) == terms
    found = amounts(terms, units, charge, full=terms.full, patient=patient)
    assert found.allowed >= 0
    if terms.lesser:
        assert found.allowed <= charge
    if found.paid is None:
        assert terms.coinsurance is None
        assert patient is None
        return
    own_cut = found.assistant if terms.base == "payment" else D(0)
    left = max(found.allowed - (found.patient or D(0)), D(0))
    assert found.paid + found.sequestration + own_cut - found.mips == left
    assert 0 <= found.paid <= left + max(found.mips, D(0))


def per_diem(**keys: Any) -> Practice:
    """The practice with 95.00 for a day agreed with lakeshore."""
    return agreed(**{"kind": "per diem", "amount": D("95.00"), "day_of": "patient", **keys})


def day_before(discipline: str = "OT") -> History:
    """A line of the same patient and day that was sent before, on a claim of its own."""
    sent = BilledLine(
        claim="CTEARLIER", payer="lakeshore", discipline=discipline, code="97112",
        modifiers=("GO",), units=D(1), charge=D("75.00"), date=DAY,
    )  # fmt: skip
    return History(lines={(patient_key(commercial()), DAY): (sent,)})


def test_a_rate_for_the_day_is_shared_by_charge() -> None:
    """95.00 for the day, whatever its lines: the parts make the rate to the cent."""
    (one, two) = of_lines(
        drafted(commercial(done("97110", 30), done("97530", 15)), setup=per_diem())
    )
    assert (one.allowed, two.allowed) == (D("56.49"), D("38.51"))
    assert {one.terms.kind, two.terms.kind} == {"per diem"}
    assert one.because[0].startswith("expected: 56.49 of the day's rate allowed")
    assert one.version == "contract Lakeshore 2026, always"


@pytest.mark.parametrize(
    ("lesser", "allowed"), [(True, "75.00"), (False, "95.00")], ids=["lesser", "not"]
)
def test_a_rate_for_the_day_is_no_more_than_its_charges(lesser: bool, allowed: str) -> None:
    """Where the contract pays the lesser of rate and charge, a short day brings its charge."""
    setup = per_diem(lesser_of_charge=lesser)
    (one,) = of_lines(drafted(commercial(done("97530", 15)), setup=setup))
    assert one.allowed == D(allowed)


@pytest.mark.parametrize(
    ("day_of", "discipline", "allowed"),
    [("patient", "OT", "0.00"), ("discipline", "OT", "75.00"), ("discipline", "PT", "0.00")],
    ids=["patient's day", "other discipline", "same discipline"],
)
def test_a_later_claim_of_the_day_expects_nothing_more(
    day_of: str, discipline: str, allowed: str
) -> None:
    """The rate is expected on the first claim; by discipline each has a day of its own."""
    draft = visits_made.outcome(
        commercial(done("97530", 15)),
        setup=per_diem(day_of=day_of),
        history=day_before(discipline),
    )
    assert isinstance(draft, ClaimDraft), draft.problems
    (one,) = of_lines(draft)
    assert one.allowed == D(allowed)
    said = "the day's rate is expected on claim CTEARLIER" in one.because
    assert said == (allowed == "0.00")


def test_a_rate_for_the_day_holds_on_its_days_only() -> None:
    """Before the contract's first day nothing is expected."""
    later = Span(first=DAY + dt.timedelta(days=1))
    (one,) = of_lines(drafted(commercial(), setup=per_diem(span=later)))
    assert one.why == "no contract with lakeshore in the practice file"
