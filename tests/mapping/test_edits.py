"""What holds a claim: each rule fires, does not fire, and respects policy and dates."""

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from attrs import evolve
from visits_made import (
    DAY,
    at,
    clinic,
    clinic_with,
    codes,
    done,
    drafted,
    held,
    outcome,
    visit,
)

from mapping import claims, edits
from mapping.day import day_key
from mapping.draft import ClaimDraft, History
from mapping.visit import Abn, Accident, Address, Coverage, Kx, Referring, Visit

if TYPE_CHECKING:
    from collections.abc import Callable

PAIR = (done("97530", 15), done("97140", 15))
BLOCKS = (
    done("97530", 15, blocks=at("09:00-09:15")),
    done("97140", 15, blocks=at("09:15-09:30")),
)


def cover(payer: str = "acme", **changes: Any) -> tuple[Coverage, ...]:
    """One coverage, changed."""
    return (Coverage(payer=payer, member_id="MEMBER123", **changes),)


# Each hold: (what it shows, code, words of the message, the visit that is held).
HOLDS: list[tuple[str, str, str, Visit]] = [
    ("payer not in the file", "hold.unknown-key", "mean acme", visit(payer="acne")),
    ("no coverage at all", "hold.missing", "no coverage", visit(coverages=())),
    ("location not in the file", "hold.unknown-key", "mean main", visit(location="mian")),
    (
        "clinician not in the file",
        "hold.unknown-key",
        "rivera",
        visit(treating_clinician="rivera2"),
    ),
    ("assistant not in the file", "hold.unknown-key", "assistant x", visit(assistant="x")),
    (
        "referrer not in the file",
        "hold.unknown-key",
        "referring",
        visit(referring=Referring(key="leo")),
    ),
    (
        "patient without an address",
        "hold.missing",
        "lacks line1, city, state, zip",
        visit(patient=evolve(visit().patient, address=Address())),
    ),
    (
        "spouse's coverage without the spouse",
        "hold.missing",
        "say who",
        visit(coverages=cover(relationship="spouse")),
    ),
    (
        "coverage ended before",
        "hold.coverage",
        "not effective",
        visit(coverages=cover(effective_until=DAY - dt.timedelta(days=1))),
    ),
    (
        "coverage begins after",
        "hold.coverage",
        "not effective",
        visit(coverages=cover(effective_from=DAY + dt.timedelta(days=1))),
    ),
    (
        "minutes are not the sum of the blocks",
        "hold.minutes",
        "the blocks give 20 and 0",
        visit(done("97530", 23, blocks=at("09:00-09:20"))),
    ),
    (
        "a minute counted twice",
        "hold.minutes",
        "overlap",
        visit(
            done("97530", 15, blocks=at("09:00-09:15")), done("97110", 15, blocks=at("09:10-09:25"))
        ),
    ),
    (
        "a block that ends before it starts",
        "hold.times",
        "ends before",
        visit(done("97530", 15, blocks=at("09:15-09:00"))),
    ),
    (
        "assistant under Part B",
        "hold.assistant",
        "wants CQ or CO",
        visit(done("97530", 8, assistant_minutes=8), payer="medicare", assistant="pike"),
    ),
    (
        "rendering clinician without an NPI",
        "hold.missing",
        "no NPI",
        visit(billing_clinician="pike"),
    ),
    (
        "Part B without a referring NPI",
        "hold.missing",
        "referring provider's NPI",
        visit(payer="medicare", referring=None),
    ),
    (
        "referrer with an NPI and no name",
        "hold.missing",
        "NPI and a last name",
        visit(referring=Referring(npi="1000000061")),
    ),
    ("no diagnosis", "hold.missing", "no diagnosis", visit(diagnoses=())),
    (
        "a pointer to nowhere",
        "hold.missing",
        "leads to no diagnosis",
        visit(done("97530", 15, diagnosis_pointers=(3,))),
    ),
    (
        "more than twelve diagnoses pointed to",
        "hold.limits",
        "more than 12 diagnoses",
        visit(
            *(
                done(
                    "97530", 15, modifiers=(str(10 + n),), diagnosis_pointers=tuple(range(n, n + 4))
                )
                for n in (1, 5, 9, 11)
            ),
            diagnoses=tuple(f"M25{n}" for n in range(511, 525)),
        ),
    ),
    (
        "auto accident without its state",
        "hold.missing",
        "state",
        visit(accident=Accident(date=DAY, kind="auto")),
    ),
    (
        "accident after the visit",
        "hold.missing",
        "after the day",
        visit(accident=Accident(date=DAY + dt.timedelta(days=1), kind="other")),
    ),
    ("note too long", "hold.limits", "80 characters", visit(note="x" * 81)),
    ("no procedure", "hold.missing", "no procedure", evolve(visit(), procedures=())),
    ("code with a base of its own", "hold.units", "97129", visit(done("97129", 15))),
    ("work hardening", "hold.units", "97545", visit(done("97545", 120))),
    ("unknown code", "hold.units", "not in the therapy table", visit(done("99999", 15))),
    ("timed code without minutes", "hold.units", "neither minutes nor units", visit(done("97530"))),
    ("nothing to bill", "hold.units", "no unit", visit(done("97530", 7))),
    ("unlisted code without words", "hold.missing", "unlisted", visit(done("97799", units=1))),
    (
        "units on some rows only",
        "hold.units",
        "some of its rows",
        visit(done("97530", 15, units=1), done("97530", 15)),
    ),
    (
        "two charges for a unit",
        "hold.charge",
        "two charges",
        visit(done("97530", 15, charge=Decimal(60)), done("97530", 15, charge=Decimal(61))),
    ),
    ("no charge", "hold.charge", "97124", visit(done("97124", 15))),
    ("pair without evidence", "hold.pair", "97530 with 97140", visit(*PAIR)),
    (
        "pair with times on one code only",
        "hold.pair",
        "97530 with 97140",
        visit(BLOCKS[0], PAIR[1]),
    ),
    (
        "re-evaluation without evidence",
        "hold.pair",
        "97164 with 97530",
        visit(done("97530", 15), done("97164", 20)),
    ),
    (
        "a fifth modifier",
        "hold.modifiers",
        "5 modifiers",
        visit(done("97530", 15, modifiers=("76", "KX", "GA", "99"))),
    ),
    (
        "another plan's modifier",
        "hold.modifiers",
        "GO",
        visit(done("97530", 15, modifiers=("GO",))),
    ),
    (
        "CO under a plan of PT",
        "hold.modifiers",
        "CO goes with GO",
        visit(done("97530", 15, modifiers=("CO",))),
    ),
]


@pytest.mark.parametrize(
    ("code", "words", "given"), [row[1:] for row in HOLDS], ids=[row[0] for row in HOLDS]
)
def test_a_claim_that_cannot_be_billed_is_held(code: str, words: str, given: Visit) -> None:
    """The visit is held with this code, in words that say what is wrong, and with its id."""
    problems = [p for p in held(given).problems if p.level == "error"]
    assert code in codes(tuple(problems))
    assert any(words in p.message for p in problems)
    assert {p.where.claim for p in problems} == {"V-1"}


def test_each_hold_alone() -> None:
    """No example above is held for more than one kind of reason."""
    for name, code, _, given in HOLDS:
        found = {p.code for p in held(given).problems if p.level == "error"}
        assert found == {code}, name


# Visits that look alike but must go through: (what it shows, the warnings, the visit).
GOES: list[tuple[str, list[str], Visit]] = [
    ("the pair with separate times", [], visit(*BLOCKS)),
    (
        "alternating blocks are separate",
        [],
        visit(
            done("97140", 15, blocks=at("09:00-09:10 09:25-09:30")),
            done("97530", 15, blocks=at("09:10-09:25")),
        ),
    ),
    (
        "the pair attested",
        [],
        visit(done("97530", 15, separate_block=True), done("97140", 15)),
    ),
    (
        "a stated 59 without times is kept and warned of",
        ["warn.evidence"],
        visit(done("97530", 15, modifiers=("59",)), done("97140", 15)),
    ),
    (
        "a 59 that no pair asks for",
        ["warn.evidence"],
        visit(done("97530", 15, modifiers=("59",))),
    ),
    (
        "aquatic therapy only warns",
        ["warn.pair"],
        visit(done("97530", 15), done("97113", 15)),
    ),
    (
        "gait training decides, with a note",
        ["warn.pair"],
        visit(
            done("97530", 15, blocks=at("09:00-09:15")), done("97116", 15, blocks=at("09:15-09:30"))
        ),
    ),
    ("no edit with an evaluation", [], visit(done("97530", 15), done("97161", 30))),
    ("minutes from the blocks alone", [], visit(done("97530", blocks=at("09:00-09:15")))),
    (
        "unattended stimulation may run beside",
        [],
        visit(
            done("97530", 15, blocks=at("09:00-09:15")), done("G0283", 15, blocks=at("09:00-09:15"))
        ),
    ),
    (
        "units stated for a code of its own base",
        [],
        visit(done("97545", units=1, charge=Decimal(90))),
    ),
    (
        "units stated against the rule",
        ["warn.units"],
        visit(done("97530", 15, units=2)),
    ),
    ("KX without the statement", ["warn.evidence"], visit(done("97530", 15, modifiers=("KX",)))),
    (
        "KX with the statement",
        [],
        visit(done("97530", 15, modifiers=("KX",)), kx=Kx(supported_by="rivera", date=DAY)),
    ),
    ("GA without a notice", ["warn.evidence"], visit(done("97530", 15, modifiers=("GA",)))),
    (
        "GA with a notice",
        [],
        visit(done("97530", 15, modifiers=("GA",)), abn=Abn(signed=DAY)),
    ),
    ("95 in person", ["warn.evidence"], visit(done("97530", 15, modifiers=("95",)))),
    ("95 by video", [], visit(done("97530", 15, modifiers=("95",)), telehealth="video")),
    ("another discipline's clinician", ["warn.disagree"], visit(treating_clinician="okafor")),
    (
        "a code unusual in the discipline",
        ["warn.disagree"],
        visit(done("97161", 30), discipline="OT", treating_clinician="okafor"),
    ),
    ("an injury payer without the accident", ["warn.missing"], visit(payer="buckeye-comp")),
    (
        "an unnamed assistant where the payer does not care",
        ["warn.missing"],
        visit(done("97530", 8, assistant_minutes=8)),
    ),
    (
        "an unlisted code with its description",
        [],
        visit(done("97799", units=1, charge=Decimal(80), note="joint play test")),
    ),
]


@pytest.mark.parametrize(
    ("warnings", "given"), [row[1:] for row in GOES], ids=[row[0] for row in GOES]
)
def test_what_is_right_goes_through(warnings: list[str], given: Visit) -> None:
    """The visit becomes a claim, with these warnings and no others."""
    assert codes(drafted(given).warnings) == warnings


def test_every_check_is_shown_by_an_example() -> None:
    """Each function of EDITS finds something in an example of this file or a test beside it."""
    silent = {check.__name__ for check in edits.EDITS}
    examples = [row[3] for row in HOLDS] + [row[2] for row in GOES]
    for given in examples:
        silent -= {name for name in silent if _finds(name, given)}
    assert silent == {"check_policy", "check_history", "check_lines"}  # tested below


def _finds(name: str, given: Visit) -> bool:
    """Whether that check alone finds something in the visit."""
    from mapping import lines

    drafter = claims.Drafter(clinic(), History())
    key = day_key(given)
    if key[2] not in clinic().payers:
        return False
    day = drafter._day(key, (given,))
    check: Callable[..., Any] = getattr(edits, name)
    if check in edits.FACTS:
        return bool(list(check(day)))
    if any(p.level == "error" for p in edits.run(edits.FACTS, day)):
        return False
    return bool(list(check(lines.work_out(day))))


@pytest.mark.parametrize(
    ("key", "given"),
    [
        ("unit_rule", visit(payer="ohio-medicaid")),
        ("discipline_modifier", visit(payer="ohio-medicaid")),
        (
            "assistant_modifiers",
            visit(done("97530", 8, assistant_minutes=8), payer="ohio-medicaid", assistant="pike"),
        ),
        ("ncci", visit(*BLOCKS, payer="ohio-medicaid")),
        ("distinct_modifier", visit(*BLOCKS, payer="ohio-medicaid")),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_silent_policy_holds_the_claims_that_need_it(key: str, given: Visit) -> None:
    """The hold names payer and key; saying the key lets the claim go."""
    assert isinstance(outcome(given), ClaimDraft)
    silent = held(given, setup=clinic_with("ohio-medicaid", **{key: None}))
    assert codes(silent.problems) == ["hold.policy-silent"]
    assert f"payer ohio-medicaid: say {key}" in silent.problems[0].message


def test_policy_keys_that_do_not_matter_are_not_asked_for() -> None:
    """An untimed code alone needs no unit rule, a single code no pair table."""
    setup = clinic_with("ohio-medicaid", unit_rule=None, ncci=None, distinct_modifier=None)
    draft = drafted(visit(done("97161", 30), payer="ohio-medicaid"), setup=setup)
    assert codes(draft.warnings) == []


def test_a_late_second_visit_of_a_part_b_day_is_held() -> None:
    """A day billed to Part B takes no further line; another payer's only warns."""
    late = visit(payer="medicare", visit_id="V-2")
    history = History(billed={day_key(late): ("RTABC",)})
    made = held(late, history=history)
    assert codes(made.problems) == ["hold.second-visit"]
    assert "RTABC" in made.problems[0].message
    other = visit(visit_id="V-2")
    gone = outcome(other, history=History(billed={day_key(other): ("RTABC",)}))
    assert isinstance(gone, ClaimDraft)
    assert codes(gone.warnings) == ["warn.disagree"]


def test_one_bad_visit_holds_its_day_and_no_other() -> None:
    """The other visit of the day is told which one it waits for; the next day goes."""
    good = visit(payer="medicare")
    bad = visit(payer="medicare", visit_id="V-2", treating_clinician="nobody")
    next_day = visit(payer="medicare", visit_id="V-3", date=DAY + dt.timedelta(days=1))
    made = claims.draft([good, bad, next_day], clinic())
    (waiting,) = made.held
    assert [(p.where.claim, p.code) for p in waiting.problems] == [
        ("V-2", "hold.unknown-key"),
        ("V-1", "hold.waits"),
    ]
    assert [draft.visit_ids for draft in made.drafts] == [("V-3",)]


def test_two_places_of_a_day_do_not_share_a_claim() -> None:
    """A claim has one facility: such a day is held."""
    made = held(visit(payer="medicare"), visit(payer="medicare", visit_id="V-2", location="east"))
    assert "hold.limits" in codes(made.problems)


def test_more_than_fifty_lines_wait_where_one_claim_a_day_is_taken() -> None:
    """Part B cannot be split over two claims of a day."""
    many = [done("97530", 15, modifiers=(f"{n:02d}",)) for n in range(10, 63)]
    found = held(visit(*many, payer="medicare")).problems
    assert [p.code for p in found if p.level == "error"] == ["hold.limits"]


def test_a_daily_cap_holds_what_is_above_it() -> None:
    """max_units_per_day counts timed units only."""
    setup = clinic_with("acme", max_units_per_day=2)
    drafted(visit(done("97530", 30), done("97161", 30)), setup=setup)
    made = held(visit(done("97530", 45)), setup=setup)
    assert codes(made.problems) == ["hold.units"]


@pytest.mark.parametrize(("demand", "expected"), [("no", []), ("warn", ["warn.missing"])])
def test_what_a_payer_demands_is_its_policy(demand: str, expected: list[str]) -> None:
    """A missing referring NPI is nothing, a warning or a hold, as the payer says."""
    setup = clinic_with("acme", referring_required=demand)
    assert codes(drafted(visit(referring=None), setup=setup).warnings) == expected


def test_59_on_the_other_column_serves_part_b_only() -> None:
    """A stated 59 on 97140 is enough for Part B; other payers want it on 97530 as well."""
    rows = (
        done("97530", 15, blocks=at("09:00-09:15")),
        done("97140", 15, blocks=at("09:15-09:30"), modifiers=("59",)),
    )
    part_b = drafted(visit(*rows, payer="medicare"))
    assert codes(part_b.warnings) == []
    assert [line.procedure.modifiers for line in part_b.claim.lines] == [("GP",), ("59", "GP")]
    without = (done("97530", 15), done("97140", 15, modifiers=("59",)))
    assert isinstance(outcome(visit(*without, payer="medicare")), ClaimDraft)
    assert codes(held(visit(*without)).problems) == ["hold.pair", "warn.evidence"]


def test_pairs_are_not_known_before_the_table_begins() -> None:
    """A day before the pair table is billed without it, and that is said."""
    early = visit(*PAIR, payer="medicare", date=dt.date(2020, 5, 4))
    setup = clinic()
    setup = evolve(setup, fees=tuple(evolve(f, span=_always()) for f in setup.fees))
    draft = drafted(early, setup=setup)
    assert "warn.pair" in codes(draft.warnings)
    assert all("59" not in line.procedure.modifiers for line in draft.claim.lines)


def _always() -> Any:
    from mapping.policy import ALWAYS

    return ALWAYS


def test_a_payer_without_pair_edits_gets_no_modifier() -> None:
    """Ncci = none: nothing is added, nothing is held."""
    draft = drafted(visit(*PAIR), setup=clinic_with("acme", ncci="none"))
    assert all("59" not in line.procedure.modifiers for line in draft.claim.lines)


def test_an_override_lets_a_judged_hold_go_and_nothing_else() -> None:
    """A named person may set aside the pair; the modifier is still not invented."""
    waived = {"V-1": frozenset({"hold.pair", "hold.charge"})}
    made = claims.draft([visit(*PAIR)], clinic(), waived=waived)
    (draft,) = made.drafts
    assert all("59" not in line.procedure.modifiers for line in draft.claim.lines)
    still = claims.draft([visit(done("97124", 15))], clinic(), waived=waived)
    assert [codes(h.problems) for h in still.held] == [["hold.charge"]]
