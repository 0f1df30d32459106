"""Who is enrolled and licensed, telehealth, advance notices: what policy and practice file change."""

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest
from attrs import evolve
from visits_made import DAY, clinic, clinic_with, done, drafted, example, held, shown, visit

from mapping import claims, practice
from mapping.draft import ClaimDraft
from mapping.places import PLACES
from mapping.practice import Practice, PracticeFileError
from mapping.visit import Abn, Visit

if TYPE_CHECKING:
    from edi.problem import Problem

BEFORE = DAY - dt.timedelta(1)


def codes(given: Visit, setup: Practice | None = None) -> list[str]:
    """What is said of a visit, held or not."""
    made = claims.draft([given], setup or clinic())
    problems: list[Problem] = []
    for one in (*made.held, *made.drafts):
        problems += one.warnings if isinstance(one, ClaimDraft) else one.problems
    return [problem.code for problem in problems]


def clinic_where(enrolled: str, **policy: Any) -> Practice:
    """The practice where rivera has that table ``enrolled``, and acme's policy says more."""
    text = example("practice.md", "toml")
    table = f"\n[[people.rivera.enrolled]]\n{enrolled}\n" if enrolled else ""
    made = practice.read("practice.toml", text + table)
    acme = clinic_with("acme", **policy).payers["acme"]
    return evolve(made, payers={**made.payers, "acme": acme})


@pytest.mark.parametrize(
    ("enrolled", "expected"),
    [
        ("", []),
        ('payer = "medicare"', []),
        ('payer = "acme"', []),
        ('payer = "acme"\nfrom = 2026-03-10', []),
        ('payer = "acme"\nfrom = 2026-03-11', ["hold.enrollment"]),
        ('payer = "acme"\nuntil = 2026-03-09', ["hold.enrollment"]),
        ('payer = "acme"\nlocation = "main"', []),
        ("from = 2026-03-11", ["hold.enrollment"]),
    ],
    ids=[
        "nothing is said",
        "another payer only",
        "enrolled",
        "from the day",
        "from the next day",
        "ended the day before",
        "at the place",
        "with all payers, later",
    ],
)
def test_enrollment_with_payer_place_and_day(enrolled: str, expected: list[str]) -> None:
    """A clinician whose tables speak of the payer is enrolled on the day, or the claim waits."""
    assert codes(visit(), clinic_where(enrolled)) == expected
    setup = clinic_where(enrolled, enrollment="warn")
    assert codes(visit(), setup) == [code.replace("hold", "warn") for code in expected]


def test_enrollment_at_another_place_only() -> None:
    """Enrolled at one location does not serve another."""
    other = next(key for key in clinic().locations if key != "main")
    setup = clinic_where(f'payer = "acme"\nlocation = "{other}"')
    assert codes(visit(), setup) == ["hold.enrollment"]
    assert codes(visit(location=other), setup) == []


PENDING = 'payer = "acme"\nuntil = 2026-06-30\nbill_as = "stone"\nsource = "letter of 2026-02-01"'


def test_billing_under_another_until_enrolled() -> None:
    """Where the payer allows it the claim goes under the other, and the reasons say so."""
    made = drafted(visit(), setup=clinic_where(PENDING, bill_as_allowed=True))
    rendering = made.claim.rendering
    assert rendering is not None
    assert rendering.id == clinic().people["stone"].npi
    (said,) = [reason for reason in made.because if "billed under" in reason]
    for words in ("under stone", "rivera is not yet enrolled with acme", "letter of 2026-02-01"):
        assert words in said


def test_billing_under_another_is_the_payers_to_allow() -> None:
    """Unsaid or refused by the policy it holds; after its last day the clinician bills alone."""
    unsaid, another_discipline = "hold.policy-silent", "warn.disagree"  # stone is of SLP
    assert codes(visit(), clinic_where(PENDING)) == [another_discipline, unsaid]
    refused = clinic_where(PENDING, bill_as_allowed=False)
    assert codes(visit(), refused) == [another_discipline, "hold.enrollment"]
    later = visit(date=dt.date(2026, 7, 1))
    assert codes(later, clinic_where(PENDING, bill_as_allowed=True)) == ["hold.enrollment"]
    own = visit(billing_clinician="rivera")
    assert codes(own, clinic_where(PENDING, bill_as_allowed=True)) == ["hold.enrollment"]


@pytest.mark.parametrize(
    ("table", "place"),
    [
        ('payer = "acne"', "people.rivera.enrolled[0].payer"),
        ('payer = "acme"\nbill_as = "rivera"', "people.rivera.enrolled[0].bill_as"),
        ('payer = "acme"\nsince = 2026-01-01', "people.rivera.enrolled[0].since"),
        (
            'payer = "acme"\n[[people.rivera.enrolled]]\npayer = "acme"\nfrom = 2026-01-01',
            "people.rivera.enrolled[1]",
        ),
    ],
    ids=["unknown payer", "under oneself", "unknown key", "overlapping days"],
)
def test_a_wrong_enrollment_is_refused_with_its_place(table: str, place: str) -> None:
    """Keys lead somewhere, are known, and no two tables speak of the same days."""
    with pytest.raises(PracticeFileError) as caught:
        clinic_where(table)
    assert [problem.where.column for problem in caught.value.problems] == [place]
    assert caught.value.problems[0].where.line > 0


def test_a_license_that_ran_out() -> None:
    """Good on its last day; after it warned of, or held by policy."""
    for until, policy, expected in (
        (DAY, {}, []),
        (BEFORE, {}, ["warn.license"]),
        (BEFORE, {"license": "hold"}, ["hold.license"]),
        (BEFORE, {"license": "no"}, []),
    ):
        setup = clinic_with("acme", **policy)
        people = {**setup.people, "rivera": evolve(setup.people["rivera"], license_until=until)}
        assert codes(visit(), evolve(setup, people=people)) == expected


VIDEO = {"telehealth_place": "10", "telehealth_modifier": "95", "telehealth_audio_modifier": "93"}


@pytest.mark.parametrize(
    ("given", "policy", "line", "place"),
    [
        ({"telehealth": "video"}, VIDEO, "HC:97530:GP:95 x2", "10"),
        ({"telehealth": "audio"}, VIDEO, "HC:97530:GP:93 x2", "10"),
        (
            {"telehealth": "video"},
            {"telehealth_place": "as in person", "telehealth_modifier": "GT"},
            "HC:97530:GP:GT x2",
            "11",
        ),
        (
            {"telehealth": "video"},
            {"telehealth_place": "02", "telehealth_modifier": "none"},
            "HC:97530:GP x2",
            "02",
        ),
        ({"telehealth": "video", "place_of_service": "02"}, VIDEO, "HC:97530:GP:95 x2", "02"),
        ({}, VIDEO, "HC:97530:GP x2", "11"),
    ],
    ids=["video", "audio", "as in person", "no modifier", "the visit's place", "in person"],
)
def test_place_and_modifier_of_telehealth_are_the_payers(
    given: dict[str, Any], policy: dict[str, Any], line: str, place: str
) -> None:
    """The policy says both; what the visit states itself stays."""
    made = drafted(visit(**given), setup=clinic_with("acme", **policy))
    assert shown(made)[0].startswith(line)
    assert made.claim.place_of_service == place
    assert made.warnings == ()


def test_telehealth_nobody_spoke_of_is_held() -> None:
    """Place and modifier unsaid: each is asked for by its key; nothing is guessed."""
    made = held(visit(telehealth="video"))
    said = " ".join(problem.message for problem in made.problems)
    assert {problem.code for problem in made.problems} == {"hold.policy-silent"}
    assert "telehealth_place" in said
    assert "telehealth_modifier" in said
    audio = held(visit(telehealth="audio", place_of_service="10"))
    assert ["telehealth_audio_modifier" in p.message for p in audio.problems] == [True]
    stated = visit(done("97530", 23, modifiers=("95",)), telehealth="video", place_of_service="10")
    assert codes(stated) == []


def test_telehealth_can_be_refused_by_policy_and_day() -> None:
    """Medicare takes it from therapists through 2027."""
    setup = clinic_with("acme", telehealth="warn", **VIDEO)
    assert codes(visit(telehealth="video"), setup) == ["warn.telehealth"]
    part_b = clinic_with("medicare", **VIDEO)
    for date, expected in ((dt.date(2027, 12, 31), []), (dt.date(2028, 1, 1), ["hold.telehealth"])):
        given = visit(payer="medicare", telehealth="video", date=date)
        assert [c for c in codes(given, part_b) if "telehealth" in c] == expected


def test_in_person_and_telehealth_on_one_line_are_parted() -> None:
    """One code both ways in one place cannot be one line."""
    setup = clinic_with("acme", telehealth_place="as in person", telehealth_modifier="95")
    both = [visit(), visit(done("97530", 15), visit_id="V-2", telehealth="video")]
    made = claims.draft(both, setup)
    assert "hold.telehealth" in [p.code for p in made.held[0].problems]
    apart = clinic_with("acme", telehealth_place="10", telehealth_modifier="95")
    (draft,) = claims.draft(both, apart).drafts
    assert [line.split()[0] for line in shown(draft)] == ["HC:97530:GP", "HC:97530:GP:95"]


def test_a_place_of_service_is_one_of_the_day() -> None:
    """10 is good since 2022; an office always was."""
    setup = clinic_with("medicare", **VIDEO)
    old = visit(payer="medicare", place_of_service="10", date=dt.date(2021, 12, 31))
    new = visit(payer="medicare", place_of_service="10", date=dt.date(2022, 1, 1))
    assert "hold.place" in codes(old, setup)
    assert "hold.place" not in codes(new, setup)
    assert PLACES["11"].holds(dt.date(2000, 1, 1))


@pytest.mark.parametrize(
    ("notice", "line"),
    [
        (Abn(signed=DAY), "HC:97530:GP:GA x2"),
        (Abn(signed=DAY, kind="voluntary"), "HC:97530:GP:GX x2"),
        (Abn(signed=DAY, codes=("97530",)), "HC:97530:GP:GA x2"),
        (Abn(signed=DAY, codes=("97110",)), "HC:97530:GP x2"),
    ],
    ids=["required", "voluntary", "names the code", "names another code"],
)
def test_an_advance_notice_gives_ga_or_gx(notice: Abn, line: str) -> None:
    """Part B takes them from the notice of the visit, on the codes it names."""
    made = drafted(visit(payer="medicare", abn=notice))
    assert shown(made)[0].startswith(line)
    assert made.warnings == ()


def test_a_notice_signed_later_or_to_another_payer_gives_none() -> None:
    """Signed after the service it protects nobody; other payers know none unless they say so."""
    late = drafted(visit(payer="medicare", abn=Abn(signed=DAY + dt.timedelta(1))))
    assert [problem.code for problem in late.warnings] == ["warn.evidence"]
    assert shown(late)[0].startswith("HC:97530:GP x2")
    other = drafted(visit(abn=Abn(signed=DAY)))
    assert shown(other)[0].startswith("HC:97530:GP x2")
