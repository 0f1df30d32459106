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
from mapping.visit import (
    Abn,
    Accident,
    Address,
    Authorization,
    Coverage,
    Kx,
    Procedure,
    Referring,
    Visit,
)

if TYPE_CHECKING:
    from collections.abc import Callable

OLD = dt.date(2025, 12, 31)
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
        "hold.overlap",
        "overlap",
        visit(
            done("97530", 15, blocks=at("09:00-09:15")), done("97110", 15, blocks=at("09:10-09:25"))
        ),
    ),
    (
        "an evaluation and a timed code in the same minutes",
        "hold.overlap",
        "97161 times 09:00-09:30 and 97530 times 09:15-09:45 overlap",
        visit(
            done("97161", 30, blocks=at("09:00-09:30"), charge=Decimal(90)),
            done("97530", 30, blocks=at("09:15-09:45")),
        ),
    ),
    (
        "a group and a timed code in the same minutes",
        "hold.overlap",
        "overlap",
        visit(
            done("97150", 30, blocks=at("09:00-09:30"), charge=Decimal(30)),
            done("97530", 30, blocks=at("09:29-09:59")),
        ),
    ),
    (
        "an untimed code that nobody says who furnished",
        "hold.assistant",
        "G0283: no minutes",
        visit(
            done("97530", 0, assistant_minutes=15),
            done("G0283", units=1, charge=Decimal(20)),
            payer="medicare",
            assistant="pike",
        ),
    ),
    (
        "a block that ends before it starts",
        "hold.times",
        "ends before",
        visit(done("97530", 15, blocks=at("09:15-09:00"))),
    ),
    (
        "an add-on's minutes given with its first code, of both clinicians",
        "hold.assistant",
        "which of them furnished it",
        visit(
            done("97129", 20, assistant_minutes=20, charge=Decimal(45)),
            done("97130", charge=Decimal(40)),
            payer="medicare",
            assistant="pike",
        ),
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
    ("code with a base of its own", "hold.units", "96125", visit(done("96125", 60))),
    ("work hardening without minutes", "hold.units", "97545 has neither", visit(done("97545"))),
    ("unknown code", "hold.units", "not in the therapy table", visit(done("99999", 15))),
    ("timed code without minutes", "hold.units", "neither minutes nor units", visit(done("97530"))),
    ("nothing to bill", "hold.units", "minutes 97530 7", visit(done("97530", 7))),
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
    (
        "a charge on one of two rows",
        "hold.charge",
        "some of its rows",
        visit(done("97530", 15, charge=Decimal(90)), done("97530", 15)),
    ),
    (
        "a charge of nothing",
        "hold.charge",
        "0.00",
        visit(done("97530", 15, charge=Decimal("0.00"))),
    ),
    (
        "more units than the minutes give",
        "hold.units-stated",
        "gives 1 for 15 minutes",
        visit(done("97530", 15, units=2)),
    ),
    (
        "more units of an untimed code",
        "hold.units-stated",
        "97161: you state 2 units, an untimed service is 1 a day",
        visit(done("97161", 30, units=2)),
    ),
    (
        "another code's full unit",
        "hold.units-stated",
        "97530: you state 3 units, rule cms gives 2",
        visit(done("97530", 30, units=3), done("97110", 15, units=0), payer="medicare"),
    ),
    (
        "a third unit by a tie that gives two",
        "hold.units-stated",
        "97530: you state 3 units, rule cms gives 2",
        visit(done("97530", 20, units=3), done("97110", 20, units=0), payer="medicare"),
    ),
    (
        "one code of a tie stated, the other not",
        "hold.units-stated",
        "state the units of 97530 too",
        visit(done("97530", 20), done("97110", 20, units=2), payer="medicare"),
    ),
    (
        "units stated as none",
        "hold.units",
        "no unit to bill: the visit states 0 units",
        visit(done("97150", units=0)),
    ),
    (
        "a referring physician as clinician",
        "hold.clinician",
        "treating_clinician lee",
        visit(treating_clinician="lee", billing_clinician="rivera"),
    ),
    (
        "treated before birth",
        "hold.date",
        "born after",
        visit(patient=evolve(visit().patient, birth_date=DAY + dt.timedelta(days=1))),
    ),
    (
        "a name where a payer's key belongs",
        "hold.unknown-key",
        "payer (a value of 11 characters) is",
        visit(payer="Jane Sample"),
    ),
    (
        "a birth date where a location's key belongs",
        "hold.unknown-key",
        "location (a value of 10 characters) is",
        visit(location="1961-05-17"),
    ),
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
        "fewer units than the rule gives",
        ["warn.units"],
        visit(done("97530", 30, units=1)),
    ),
    (
        "the other of two equal remainders gets the spare unit",
        ["warn.units", "warn.units"],
        visit(
            done("97112", 20, units=1),
            done("97110", 20, units=2),
            payer="medicare",
        ),
    ),
    ("units stated without minutes", ["warn.units"], visit(done("97530", units=2))),
    ("a slipped digit", ["warn.minutes"], visit(done("97530", 230), done("97110", 260))),
    (
        "an authorization of last year",
        ["warn.missing"],
        visit(authorizations=(Authorization(number="7788", valid_until=OLD),)),
    ),
    (
        "an authorization of last year beside this year's",
        [],
        visit(
            authorizations=(
                Authorization(number="7788", valid_until=OLD),
                Authorization(number="7789", valid_from=OLD),
            )
        ),
    ),
    (
        "KX without the statement",
        ["warn.evidence", "warn.kx"],
        visit(done("97530", 15, modifiers=("KX",))),
    ),
    (
        "KX below the threshold",
        ["warn.kx"],
        visit(done("97530", 15, modifiers=("KX",)), kx=Kx(supported_by="rivera", date=DAY)),
    ),
    ("GA without a notice", ["warn.evidence"], visit(done("97530", 15, modifiers=("GA",)))),
    (
        "GA with a notice",
        [],
        visit(done("97530", 15, modifiers=("GA",)), abn=Abn(signed=DAY)),
    ),
    ("95 in person", ["warn.evidence"], visit(done("97530", 15, modifiers=("95",)))),
    (
        "95 by video",
        [],
        visit(done("97530", 15, modifiers=("95",)), telehealth="video", place_of_service="10"),
    ),
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
    """Each check of edits.py finds something in an example of this file or a test beside it."""
    silent = {check.__name__ for check in edits.EDITS if check.__module__ == "mapping.edits"}
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


def test_a_supervised_modality_runs_beside_a_timed_code() -> None:
    """Heat or unattended stimulation may share minutes; other untimed codes only warn."""
    timed = done("97530", 30, blocks=at("09:00-09:30"))
    for code, expected in (("97012", []), ("97597", ["warn.overlap"])):
        beside = done(code, 15, blocks=at("09:00-09:15"), charge=Decimal(20))
        (made,) = claims.draft([visit(timed, beside)], clinic()).drafts
        assert [w.code for w in made.warnings if "overlap" in w.code] == expected


def test_a_row_that_states_cq_and_gets_no_unit_is_told() -> None:
    """The other row's unit goes without CQ: that is said, with the row."""
    stated = Procedure(code="97530", assistant_minutes=8, modifiers=("CQ",))
    made = drafted(visit(done("97530", 8), stated, payer="medicare"))
    (told,) = [p.message for p in made.warnings if p.code == "warn.units"]
    assert told.startswith("97530: the row that states CQ (8 minutes) gets no unit")
    made = drafted(visit(done("97530", 23), evolve(stated, assistant_minutes=15), payer="medicare"))
    assert not any(p.code == "warn.units" for p in made.warnings)


def test_a_code_on_two_lines_is_warned_of_once() -> None:
    """Therapist's and assistant's units are two lines of one code: one warning, not two."""
    both = done("97530", 15, assistant_minutes=15, modifiers=("59",))
    made = drafted(visit(both, payer="medicare"))
    assert len(made.claim.lines) == 2
    assert len([p for p in made.warnings if "59 is stated" in p.message]) == 1


@pytest.mark.parametrize(
    ("discipline", "own", "told"), [("SLP", 0, True), ("SLP", 30, False), ("PT", 0, False)]
)
def test_an_slp_assistant_alone_is_told_to_part_b(discipline: Any, own: int, told: bool) -> None:
    """Part B covers none; minutes with the therapist, and other plans, are no such case."""
    given = done("92507", own, assistant_minutes=30)
    found = outcome(visit(given, payer="medicare", discipline=discipline))
    problems = found.warnings if isinstance(found, ClaimDraft) else found.problems
    assert any("SLP plan" in p.message for p in problems) is told
    other = outcome(visit(given, discipline=discipline))
    problems = other.warnings if isinstance(other, ClaimDraft) else other.problems
    assert not any("SLP plan" in p.message for p in problems)
