"""CQ and CO: published scenarios, each rule with its dates and policy, properties of the split."""

import csv
import datetime as dt
import re
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from visits_made import at, clinic_with, codes, drafted, held, outcome, shown, visit

from mapping.assistants import BY_POLICY, judge, percent_of
from mapping.codes import CODES
from mapping.draft import ClaimDraft, Held
from mapping.units import assign
from mapping.visit import Procedure

DATA = Path(__file__).parent / "data" / "cq_examples.csv"
with DATA.open(encoding="utf-8") as lines:
    EXAMPLES = list(csv.DictReader(lines))
assert len(EXAMPLES) == 16
SPENT = re.compile(r"(\w{5}): PT (\d+) / PTA (\d+)")
LINE = re.compile(r"(\w{5})(-CQ)? x(\d+)")


def by_both(code: str, therapist: int, assistant: int, **more: Any) -> Procedure:
    """A procedure of therapist and assistant, in time of its own."""
    more = {"separate_block": True, "charge": Decimal("60.00")} | more
    return Procedure(
        code=code, therapist_minutes=therapist, assistant_minutes=assistant, **more
    )  # fmt: skip


def part_b(*procedures: Procedure, **more: Any) -> ClaimDraft:
    """The Part B claim of a visit with an assistant."""
    return drafted(visit(*procedures, **{"payer": "medicare", "assistant": "pike"} | more))


@pytest.mark.parametrize(
    ("rows", "lines"),
    [
        pytest.param([(15, 0, ("GP",)), (8, 0, ())], ["97530 GP x2"], id="GP stated on one"),
        pytest.param([(15, 0, ("59",)), (8, 0, ())], ["97530 59 GP x2"], id="59 stated on one"),
        pytest.param(
            [(0, 15, ("CQ",)), (8, 15, ())], ["97530 59 GP CQ x2", "97530 59 GP x1"], id="CQ stated"
        ),
        pytest.param([(5, 0, ("GP",)), (0, 4, ())], ["97530 GP CQ x1"], id="judged together"),
    ],
)
def test_rows_that_come_out_the_same_are_one_line(
    rows: list[tuple[int, int, tuple[str, ...]]], lines: list[str]
) -> None:
    """Two equal lines of a claim would come back as a duplicate: they are one line."""
    spent = [by_both("97530", own, other, modifiers=stated) for own, other, stated in rows]
    beside = [by_both("97140", 15, 0)] if any("59" in line for line in lines) else []
    made = part_b(*spent, *beside)
    found = [f"{' '.join((d.code, *d.modifiers))} x{d.units}" for d in made.decisions]
    assert [line for line in found if "97530" in line] == lines
    assert made.claim.charge == sum(line.charge for line in made.claim.lines)


def units_of(draft: ClaimDraft) -> Counter[tuple[str, str]]:
    """Units by code and assistant modifier."""
    found: Counter[tuple[str, str]] = Counter()
    for line in draft.claim.lines:
        names = set(line.procedure.modifiers) & {"CQ", "CO"}
        found[line.procedure.code, "".join(names)] += int(line.units)
    return found


@pytest.mark.parametrize("row", EXAMPLES, ids=lambda row: f"{row['id']}: {row['minutes']}")
def test_published_scenarios(row: dict[str, str]) -> None:
    """Every scenario gives its units and its lines with and without CQ."""
    spent = [(code, int(t), int(a)) for code, t, a in SPENT.findall(row["minutes"])]
    draft = part_b(*(by_both(*each) for each in spent))
    wanted = Counter({(c, "CQ" if cq else ""): int(n) for c, cq, n in LINE.findall(row["lines"])})
    assert units_of(draft) == wanted
    assert sum(line.units for line in draft.claim.lines) == int(row["units"])


def test_both_lines_carry_59_and_the_charge_in_proportion() -> None:
    """The plain line first; 59 on each of the divided lines, none on the other code."""
    draft = part_b(by_both("97530", 14, 24), by_both("97140", 15, 0, charge=Decimal("65.00")))
    assert shown(draft) == [
        "HC:97530:59:GP x1 60.00",
        "HC:97530:59:GP:CQ x2 120.00",
        "HC:97140:GP x1 65.00",
    ]
    assert draft.claim.charge == Decimal("245.00")


@pytest.mark.parametrize(
    ("therapist", "assistant", "modifiers"),
    [(25, 5, ("GP", "CQ")), (27, 3, ("GP",)), (7, 1, ("GP", "CQ")), (0, 30, ("GP", "CQ"))],
    ids=["17 %", "10 %", "13 % of a short service", "all of it"],
)
def test_an_untimed_code_is_judged_as_a_whole(
    therapist: int, assistant: int, modifiers: tuple[str, ...]
) -> None:
    """More than 10 % of the whole service, in whole percent, makes it the assistant's."""
    (line,) = part_b(by_both("97150", therapist, assistant)).claim.lines
    assert line.procedure.modifiers == modifiers


def test_joint_minutes_are_the_therapists() -> None:
    """A block of both at once makes no CQ; a block of the assistant alone does."""
    joint = by_both("97530", 0, 0, blocks=at("09:00-09:15", "both"))
    alone = by_both("97530", 0, 0, blocks=at("09:15-09:30", "assistant"))
    assert units_of(part_b(joint)) == {("97530", ""): 1}
    assert units_of(part_b(joint, alone)) == {("97530", ""): 1, ("97530", "CQ"): 1}


def test_occupational_therapy_has_co_with_go() -> None:
    """Under an OT plan the assistant's units carry GO and CO."""
    draft = part_b(by_both("97530", 0, 30), discipline="OT", treating_clinician="okafor")
    assert draft.claim.lines[0].procedure.modifiers == ("GO", "CO")


def test_speech_language_pathology_has_no_assistant_modifier() -> None:
    """No line is divided under an SLP plan."""
    draft = part_b(by_both("97530", 14, 24), discipline="SLP")
    assert units_of(draft) == {("97530", ""): 3}


@pytest.mark.parametrize(
    ("day", "units"),
    [
        (dt.date(2019, 12, 31), {("97530", ""): 2}),
        (dt.date(2020, 1, 1), {("97530", "CQ"): 2}),
        (dt.date(2021, 12, 31), {("97530", "CQ"): 2}),
        (dt.date(2022, 1, 1), {("97530", ""): 1, ("97530", "CQ"): 1}),
    ],
    ids=str,
)
def test_the_rules_begin_on_their_days(day: dt.date, units: dict[tuple[str, str], int]) -> None:
    """No modifier before 2020; the midpoint and the two-units rule since 2022."""
    draft = part_b(by_both("97530", 12, 14), date=day)
    assert units_of(draft) == units


@pytest.mark.parametrize(
    ("wanted", "units"),
    [("none", {("97530", ""): 3}), ("required", {("97530", ""): 1, ("97530", "CQ"): 2})],
)
def test_lines_are_divided_where_the_payer_wants_it(
    wanted: str, units: dict[tuple[str, str], int]
) -> None:
    """assistant_modifiers decides; a commercial payer is no exception."""
    setup = clinic_with("acme", assistant_modifiers=wanted)
    draft = drafted(visit(by_both("97530", 14, 24), assistant="pike"), setup=setup)
    assert units_of(draft) == units


@pytest.mark.parametrize(
    ("therapist", "assistant", "beside", "units"),
    [
        (10, 8, [("97112", 18), ("97110", 18)], {"": 1, "CQ": 1}),
        (11, 11, [("97110", 6)], {"": 1, "CQ": 1}),
        (5, 13, [("97112", 18), ("97110", 18)], {"CQ": 2}),
    ],
    ids=["10 and 8", "11 and 11", "5 and 13"],
)
def test_two_units_without_a_text_of_cms_are_marked(
    therapist: int, assistant: int, beside: list[tuple[str, int]], units: dict[str, int]
) -> None:
    """Pooling gives 97530 two units of less than 23 minutes: decided by policy, and warned of."""
    draft = part_b(
        by_both("97530", therapist, assistant), *(by_both(code, t, 0) for code, t in beside)
    )
    assert units_of(draft) >= Counter({("97530", kind): number for kind, number in units.items()})
    assert sum(n for (code, _), n in units_of(draft).items() if code == "97530") == 2
    assert codes(draft.warnings).count("warn.assistant") == 1
    of_it = [d for d in draft.decisions if d.code == "97530"]
    assert all(any(BY_POLICY in reason for reason in d.because) for d in of_it)


def test_what_cms_decides_is_not_marked() -> None:
    """The two-remaining-units rule itself makes no warning."""
    assert codes(part_b(by_both("97530", 14, 24)).warnings) == []


def test_a_modifier_the_visit_states_is_kept() -> None:
    """A row that states CQ stays whole; one whose minutes say otherwise is warned of."""
    draft = part_b(by_both("97530", 14, 24, modifiers=("CQ",)))
    assert shown(draft) == ["HC:97530:GP:CQ x3 180.00"]
    (warning,) = draft.warnings
    assert (warning.code, "leave 1 plain" in warning.message) == ("warn.assistant", True)


def test_lines_split_by_hand_stay_as_they_are() -> None:
    """Stated units and modifiers of two rows are what goes out."""
    draft = part_b(
        by_both("97530", 14, 0, units=1), by_both("97530", 0, 24, units=2, modifiers=("CQ",))
    )
    assert shown(draft) == ["HC:97530:GP x1 60.00", "HC:97530:GP:CQ x2 120.00"]
    assert codes(draft.warnings) == []


def test_a_stated_modifier_the_payer_does_not_take_is_told() -> None:
    """CQ stated for a payer without assistant modifiers is kept and warned of."""
    setup = clinic_with("acme", assistant_modifiers="none")
    row = by_both("97530", 0, 30, modifiers=("CQ",))
    draft = drafted(visit(row, assistant="pike"), setup=setup)
    assert codes(draft.warnings) == ["warn.assistant"]


def test_an_add_on_whose_clinician_is_unknown_waits() -> None:
    """97130 gets units from minutes of both given with 97129: nobody can say whose they are."""
    made = held(
        visit(
            by_both("97129", 20, 20),
            by_both("97130", 0, 0),
            payer="medicare",
            assistant="pike",
        )
    )
    assert "hold.assistant" in codes(made.problems)
    clear = part_b(by_both("97129", 15, 0), by_both("97130", 0, 15))
    assert units_of(clear) == {("97129", ""): 1, ("97130", "CQ"): 1}


def test_an_add_on_out_of_the_assistants_minutes_is_the_assistants() -> None:
    """All minutes given with 97129 and all the assistant's: 97130 carries CQ too."""
    draft = part_b(by_both("97129", 0, 30), by_both("97130", 0, 0))
    assert units_of(draft) == {("97129", "CQ"): 1, ("97130", "CQ"): 1}


@pytest.mark.parametrize(
    ("first", "further", "is_held"),
    [((5, 30), (5, 0), True), ((15, 0), (0, 20), False), ((30, 0), (0, 10), True)],
    ids=["more units than its own minutes give", "each its own", "first code's minutes beyond 15"],
)
def test_an_add_on_with_some_minutes_of_its_own(
    first: tuple[int, int], further: tuple[int, int], is_held: bool
) -> None:
    """Held only where a unit of the add-on came of the first code's minutes, and of both."""
    made = outcome(
        visit(
            by_both("97129", *first), by_both("97130", *further), payer="medicare", assistant="pike"
        )
    )
    assert ("hold.assistant" in codes(getattr(made, "problems", ()))) is is_held


WHO: list[tuple[str, dict[str, Any], tuple[int, int], str]] = [
    ("treats", {"treating_clinician": "pike", "billing_clinician": "rivera"}, (30, 0),
     "hold.assistant"),
    ("is a therapist", {"assistant": "rivera"}, (0, 30), "hold.assistant"),
    ("of another discipline", {"assistant": "pike", "discipline": "OT",
     "treating_clinician": "okafor"}, (0, 30), "warn.disagree"),
    ("without minutes", {"assistant": "pike"}, (30, 0), "warn.assistant"),
    ("not named", {}, (0, 30), "warn.missing"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("named", "minutes", "code"), [w[1:] for w in WHO], ids=[w[0] for w in WHO]
)
def test_whose_minutes_they_are_is_asked(
    named: dict[str, Any], minutes: tuple[int, int], code: str
) -> None:
    """An assistant's minutes never pass for a therapist's, nor a therapist's for an assistant's."""
    made = outcome(visit(by_both("97530", *minutes), payer="medicare", **named))
    found = made.problems if isinstance(made, Held) else made.warnings
    assert codes(found) == [code]


@pytest.mark.parametrize(
    ("setup", "day"),
    [(clinic_with("acme", assistant_modifiers="none"), None), (None, dt.date(2019, 12, 31))],
    ids=["a payer without CQ", "before CQ"],
)
def test_whose_minutes_does_not_matter_without_a_modifier(setup: Any, day: dt.date | None) -> None:
    """Where no CQ can be due, nobody is asked."""
    changes: dict[str, Any] = {"date": day, "payer": "medicare"} if day else {}
    treated = {"treating_clinician": "pike", "billing_clinician": "rivera", "assistant": "pike"}
    draft = drafted(visit(by_both("97530", 30, 0), **treated, **changes), setup=setup)
    assert codes(draft.warnings) == []


def test_joint_blocks_are_an_assistants_part() -> None:
    """An assistant named for blocks of both at once is no fault."""
    assert part_b(by_both("97530", 0, 0, blocks=at("09:00-09:15", "both"))).warnings == ()


MINUTES = st.integers(0, 120)
BY_MINUTES = sorted(code for code, known in CODES.items() if known.base_minutes and known.pair)


@given(st.sampled_from(["97530", "97110", "97150", *BY_MINUTES]), MINUTES, MINUTES, st.booleans())
def test_both_shares_are_the_codes_units(
    code: str, therapist: int, assistant: int, midpoint: bool
) -> None:
    """Therapist's and assistant's units together are those of the code, none of them negative."""
    number = assign([(code, therapist + assistant)], "cms").units.get(code, 0)
    found = judge(code, therapist, assistant, number, midpoint=midpoint)
    assert found.plain + found.assistant == number
    assert min(found.plain, found.assistant) >= 0
    if not assistant:
        assert not found.assistant


@given(MINUTES, MINUTES)
def test_full_units_belong_to_who_furnished_them(therapist: int, assistant: int) -> None:
    """15 minutes of one clinician alone are that clinician's unit, whatever is left over."""
    number = assign([("97530", therapist + assistant)], "cms").units["97530"]
    found = judge("97530", therapist, assistant, number)
    assert found.plain >= therapist // 15
    assert found.assistant >= assistant // 15
    assert therapist or not found.plain


@given(st.integers(0, 500), st.integers(1, 500))
def test_percent_is_rounded_to_the_nearest_whole(therapist: int, assistant: int) -> None:
    """The percent method: a half is rounded up."""
    exact = Decimal(100 * assistant) / Decimal(therapist + assistant)
    assert abs(Decimal(percent_of(therapist, assistant)) - exact) <= Decimal("0.5")


SESSIONS = st.lists(
    st.tuples(st.sampled_from(["97530", "97110", "97140", "97150"]), st.integers(0, 25),
              st.integers(0, 25)),
    min_size=1, max_size=4, unique_by=lambda m: m[0],
).filter(lambda rows: all(t + a >= 8 for _, t, a in rows))  # fmt: skip


@given(SESSIONS)
def test_no_modifier_without_evidence_and_never_more_than_four(
    session: list[tuple[str, int, int]],
) -> None:
    """CQ only where an assistant was, 59 only on an attested column 2 code; the same each time."""
    rows = [by_both(*each) for each in session]
    draft, again = part_b(*rows), part_b(*rows)
    assert draft == again
    minutes = {code: (t, a) for code, t, a in session}
    result = assign(
        [(c, t + a) for c, t, a in session], "cms", therapist_minutes={c: t for c, t, _ in session}
    )
    billed: Counter[str] = Counter()
    for line in draft.claim.lines:
        code, found = line.procedure.code, line.procedure.modifiers
        billed[code] += int(line.units)
        assert len(found) <= 4
        assert "CQ" not in found or minutes[code][1]
        assert "59" not in found or len(session) > 1
        order = [m for m in ("59", "GP", "CQ") if m in found]
        assert list(found) == order
    assert billed == Counter({code: n for code, n in result.units.items() if n})
