"""The checks before billing: each fires, does not fire, respects dates and the payer's policy."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve, frozen
from visits_made import DAY, at, clinic, clinic_with, done, visit

from edi.problem import Problem
from mapping import before_billing, claims
from mapping.draft import NO_HISTORY, History
from mapping.one_on_one import shared_times
from mapping.practice import Practice
from mapping.reference import BilledLine, DiagnosisState, TableKind
from mapping.starter import Starter
from mapping.visit import Authorization, Coverage, PlanOfCare, Visit

ONE_DOLLAR = Decimal(1)


def day(text: str) -> dt.date:
    """A date from ``2026-03-10``."""
    return dt.date.fromisoformat(text)


def found(
    *visits: Visit,
    setup: Practice | None = None,
    history: History = NO_HISTORY,
    **more: Any,
) -> list[Problem]:
    """All that is said of the visits, held or not."""
    made = claims.draft(visits, setup or clinic(), history, **more)
    return [
        *(problem for held in made.held for problem in held.problems),
        *(problem for draft in made.drafts for problem in draft.warnings),
    ]


def codes(*visits: Visit, **more: Any) -> list[str]:
    """The codes of what is said."""
    return [problem.code for problem in found(*visits, **more)]


def planned(payer: str = "medicare", **plan: Any) -> Visit:
    """A visit with those dates of its plan; its first treatment was on 2026-02-01."""
    first = plan.pop("first", day("2026-02-01"))
    return visit(payer=payer, first_treatment_date=first, plan_of_care=PlanOfCare(**plan))


CERTIFIED = {"certified": day("2026-02-10")}
AGAIN = {"recertified": True, "certified": day("2025-12-12")}
# Each: what it shows, the plan of a Part B visit of 2026-03-10, what is said.
PLANS: list[tuple[str, dict[str, Any], list[str]]] = [
    ("certified in time", CERTIFIED, []),
    ("through the day itself", {**CERTIFIED, "certified_through": DAY}, []),
    ("lapsed the day before", {"certified_through": day("2026-03-09")}, ["hold.certification"]),
    ("the 90th day", {**CERTIFIED, "first": day("2025-12-10")}, ["warn.certification"]),
    ("the 91st day", {**CERTIFIED, "first": day("2025-12-09")}, ["hold.certification"]),
    (
        "90 days of a later certification",
        {**AGAIN, "certified_from": day("2025-12-10"), "first": day("2025-01-01")},
        [],
    ),
    (
        "91 days of a later certification",
        {**AGAIN, "certified_from": day("2025-12-09"), "first": day("2025-01-01")},
        ["hold.certification"],
    ),
    ("nothing signed, 30 days", {"first": day("2026-02-08"), "sent": day("2026-02-09")}, []),
    (
        "nothing signed, 31 days",
        {"first": day("2026-02-07"), "sent": day("2026-02-09")},
        ["hold.certification"],
    ),
    (
        "an order and the plan sent in time",
        {"order_signed": day("2026-01-30"), "sent": day("2026-03-03")},
        [],
    ),
    (
        "an order and the plan sent late",
        {"order_signed": day("2026-01-30"), "sent": day("2026-03-04")},
        ["hold.certification"],
    ),
    (
        "the plan sent in time without an order",
        {"sent": day("2026-02-20")},
        ["hold.certification"],
    ),
    ("signed late", {"certified": day("2026-03-05")}, ["warn.certification"]),
    (
        "a later last day does not lengthen the 90 days",
        {**CERTIFIED, "first": day("2025-12-09"), "certified_through": day("2026-12-31")},
        ["hold.certification"],
    ),
    (
        "a last day is no signature",
        {"certified_through": day("2026-05-01")},
        ["hold.certification"],
    ),
    (
        "a last day and nothing else",
        {"first": None, "certified_through": day("2026-05-01")},
        ["hold.certification"],
    ),
    (
        "a later certification nobody signed",
        {"recertified": True, "certified_from": day("2026-02-01")},
        ["hold.certification"],
    ),
    (
        "an order does not recertify",
        {
            "recertified": True,
            "certified_from": day("2026-02-01"),
            "order_signed": day("2026-01-30"),
            "sent": day("2026-02-03"),
        },
        ["hold.certification"],
    ),
    (
        "signed a year before the first treatment",
        {"certified": day("2025-02-10")},
        ["warn.certification", "hold.certification"],
    ),
    (
        "signed before the evaluation",
        {"evaluated": day("2026-02-01"), "certified": day("2026-01-31")},
        ["warn.certification", "hold.certification"],
    ),
    (
        "an order of after the evaluation",
        {
            "evaluated": day("2026-02-01"),
            "order_signed": day("2026-02-02"),
            "sent": day("2026-02-03"),
        },
        ["warn.certification", "hold.certification"],
    ),
    (
        "sent before the evaluation",
        {
            "evaluated": day("2026-02-01"),
            "order_signed": day("2026-01-30"),
            "sent": day("2026-01-31"),
        },
        ["warn.certification", "hold.certification"],
    ),
]


@pytest.mark.parametrize(("what", "plan", "expected"), PLANS, ids=[row[0] for row in PLANS])
def test_certification_of_the_plan_of_care(
    what: str, plan: dict[str, Any], expected: list[str]
) -> None:
    """30 days for the initial one, 90 days at most, and the exception by order and sent plan."""
    assert codes(planned(**plan)) == expected


def test_the_exception_by_order_begins_in_2025() -> None:
    """The same dates a year earlier than 2025-01-01 need the signature."""
    for year, expected in ((2025, []), (2024, ["hold.certification"])):
        made = planned(
            first=dt.date(year, 1, 2),
            evaluated=dt.date(year, 1, 2),
            order_signed=dt.date(year, 1, 1),
            sent=dt.date(year, 1, 10),
        )
        made = evolve(made, date=dt.date(year, 3, 1), diagnoses=("M25511",))
        assert [c for c in codes(made) if "certification" in c] == expected


def test_a_visit_before_its_certification_is_seen() -> None:
    """A period that begins after the day is another one's; its first day is in it."""
    for begins, expected in ((DAY, []), (DAY + dt.timedelta(1), ["hold.certification"])):
        plan = {"certified": DAY, "certified_from": begins, "recertified": True}
        assert codes(planned(**plan)) == expected


@pytest.mark.parametrize("name", ["onset_date", "first_treatment_date", "last_seen_date"])
def test_dates_of_the_episode_are_not_after_the_day(name: str) -> None:
    """The day itself goes, the day after is a slip that payers reject."""
    assert codes(visit(**{name: DAY})) == []
    assert codes(visit(**{name: DAY + dt.timedelta(1)})) == ["hold.date"]


def test_a_telehealth_place_without_telehealth_is_seen() -> None:
    """The place alone gives no modifier and asks nothing of the payer's policy."""
    assert codes(visit(place_of_service="10")) == ["warn.telehealth"]
    assert codes(visit(place_of_service="12")) == []


def test_only_medicare_counts_30_and_90_days() -> None:
    """Another payer is judged by the dates the visit states, as its policy says."""
    assert codes(planned("acme", first=day("2025-06-01"))) == []
    lapsed = planned("acme", certified_through=day("2026-03-09"))
    assert codes(lapsed) == ["warn.certification"]
    for demand, expected in (("no", []), ("hold", ["hold.certification"])):
        assert codes(lapsed, setup=clinic_with("acme", certification=demand)) == expected


@pytest.mark.parametrize(
    ("plan", "expected"),
    [
        ({"visit_number": 10}, []),
        ({"visit_number": 11}, ["hold.progress-report"]),
        ({"visit_number": 11, "last_progress_report": DAY}, []),
        ({"visit_number": 3, "progress_report_by": "pike"}, ["hold.progress-report"]),
        ({"visit_number": 3, "progress_report_by": "rivera"}, []),
    ],
    ids=["10th day", "11th day", "written on the day", "by an assistant", "by the therapist"],
)
def test_a_progress_report_every_10_treatment_days(
    plan: dict[str, Any], expected: list[str]
) -> None:
    """The therapist's, at least every 10 treatment days."""
    assert codes(planned(**CERTIFIED, **plan)) == expected


def test_treatment_days_since_the_report_are_counted() -> None:
    """Without a number the days of the visits given count: the 11th is held, one day counts once."""
    report = day("2026-02-27")
    days = [
        evolve(
            planned(**CERTIFIED, last_progress_report=report),
            visit_id=f"D-{n}",
            date=dt.date(2026, 3, n),
            session=str(n),
        )
        for n in range(1, 12)
    ]
    made = claims.draft(days, clinic())
    assert [held.visit_ids for held in made.held] == [("D-11",)]
    assert made.held[0].problems[0].code == "hold.progress-report"
    assert not claims.draft(days[1:], clinic()).held
    later = evolve(days[0], plan_of_care=PlanOfCare(**CERTIFIED, last_progress_report=DAY))
    assert codes(later) == ["warn.progress-report"]


def test_the_progress_report_is_medicares_unless_the_policy_says() -> None:
    """Other payers do not ask for it by default."""
    late = planned("acme", visit_number=12)
    for setup, expected in (
        (clinic(), []),
        (clinic_with("acme", progress_report="warn"), ["warn.progress-report"]),
    ):
        assert codes(late, setup=setup) == expected


@pytest.mark.parametrize(
    ("key", "given", "rest"),
    [
        ("plan_of_care", {}, {"plan_of_care": PlanOfCare()}),
        ("note_signed", {}, {"note_signed": DAY}),
        ("functional_goal", {}, {"procedures": (done("97530", 23, goal="stairs", activity="up"),)}),
    ],
)
def test_what_is_missing_is_asked_for_by_policy_only(
    key: str, given: dict[str, Any], rest: dict[str, Any]
) -> None:
    """Nothing is said by default; warned of or held as the policy says; satisfied by the fact."""
    assert codes(visit(**given)) == []
    for demand in ("warn", "hold"):
        setup = clinic_with("acme", **{key: demand})
        (problem,) = found(visit(**given), setup=setup)
        assert (problem.code, f"{key} = {demand}" in problem.source) == (
            f"{demand}.documentation",
            True,
        )
        assert codes(visit(**rest), setup=setup) == []


def test_a_note_is_signed_after_the_treatment_and_not_after_today() -> None:
    """A signing day before the service warns, one after today is none."""
    assert codes(visit(note_signed=DAY - dt.timedelta(1))) == ["warn.documentation"]
    tomorrow = visit(note_signed=DAY + dt.timedelta(1))
    assert codes(tomorrow, today=DAY) == ["hold.date"]
    assert codes(tomorrow, today=DAY + dt.timedelta(1)) == []


def two(first: str, second: str, **changes: Any) -> tuple[Visit, Visit]:
    """Visits of two patients with the same clinician, at those times."""
    one = visit(done("97530", 0, blocks=at(first)))
    patient = evolve(one.patient, id="P-2", last_name="Other")
    other = evolve(
        one, visit_id="V-2", patient=patient, procedures=(done("97110", 0, blocks=at(second)),)
    )
    return one, evolve(other, **changes)


@pytest.mark.parametrize(
    ("second", "changes", "expected"),
    [
        ("09:15-09:30", {}, []),
        ("09:14-09:30", {}, ["hold.one-on-one"] * 2),
        ("09:00-09:15", {"treating_clinician": "okafor", "discipline": "OT"}, []),
        ("09:00-09:15", {"date": DAY + dt.timedelta(1)}, []),
        ("09:00-09:15", {"procedures": (done("97150", 0, blocks=at("09:00-09:15")),)}, []),
    ],
    ids=["one after the other", "a minute together", "another clinician", "another day", "group"],
)
def test_one_clinician_treats_one_patient_at_a_time(
    second: str, changes: dict[str, Any], expected: list[str]
) -> None:
    """Two patients in the same minutes of one clinician are both held: 97150 is for groups."""
    pair = two("09:00-09:15", second, **changes)
    assert codes(*pair, history=History(shared=shared_times(pair))) == expected


def test_one_on_one_names_times_and_no_patient() -> None:
    """The message says which minutes and which visit; policy can make it a warning."""
    pair = two("09:00-09:15", "09:10-09:30")
    history = History(shared=shared_times(pair))
    problem = found(*pair, history=history)[0]
    assert "97530 09:00-09:15" in problem.message
    assert "visit V-2, 97110" in problem.message
    assert "97150" in problem.source
    assert "Other" not in problem.message
    setup = clinic_with("acme", one_on_one="warn")
    assert codes(*pair, setup=setup, history=history) == ["warn.one-on-one"] * 2


def test_an_assistant_s_minutes_are_the_assistant_s() -> None:
    """Therapist and assistant can treat two patients at a time; the assistant alone cannot."""
    one = visit(done("97530", 0, blocks=at("09:00-09:15")), assistant="pike")
    helped = evolve(
        one,
        visit_id="V-2",
        patient=evolve(one.patient, id="P-2"),
        procedures=(done("97110", 0, blocks=at("09:00-09:15", "assistant")),),
    )
    assert shared_times([one, helped]) == {}
    third = evolve(helped, visit_id="V-3", patient=evolve(one.patient, id="P-3"))
    assert sorted(shared_times([one, helped, third])) == ["V-2", "V-3"]


def of_ot(times: str, **changes: Any) -> Visit:
    """The same patient's OT visit of the day."""
    return visit(
        done("97535", 0, blocks=at(times)),
        visit_id="V-2",
        discipline="OT",
        treating_clinician="okafor",
        **changes,
    )


@pytest.mark.parametrize(
    ("times", "expected"),
    [("09:15-09:30", []), ("09:10-09:30", ["hold.cotreatment"] * 2)],
    ids=["apart", "together"],
)
def test_a_minute_of_co_treatment_is_billed_once(times: str, expected: list[str]) -> None:
    """PT and OT in the same minutes hold both claims."""
    pt = visit(done("97530", 0, blocks=at("09:00-09:15")))
    assert codes(pt, of_ot(times)) == expected
    if expected:
        setup = clinic_with("acme", cotreatment="warn")
        assert codes(pt, of_ot(times), setup=setup) == ["warn.cotreatment"] * 2


def sent(**changes: Any) -> History:
    """A claim of the patient's day that went before."""
    from mapping.day import patient_key

    line = BilledLine(
        claim="CT1",
        payer="acme",
        discipline="OT",
        code="97535",
        modifiers=("GO",),
        units=1,  # type: ignore[arg-type]  # a plain number will do
        charge=0,  # type: ignore[arg-type]  # not looked at
        date=DAY,
        evidence=("times 09:10-09:30",),
    )
    return History(lines={(patient_key(visit()), DAY): (evolve(line, **changes),)})


def test_minutes_of_a_claim_sent_before_count_too() -> None:
    """What was kept as evidence with a line sent before is compared as well."""
    pt = visit(done("97530", 0, blocks=at("09:00-09:15")))
    (problem,) = found(pt, history=sent())
    assert (problem.code, "claim CT1 (OT)" in problem.message) == ("hold.cotreatment", True)
    assert codes(pt, history=sent(evidence=("times 09:15-09:30",))) == []
    assert codes(pt, history=sent(evidence=())) == []


@pytest.mark.parametrize(
    ("activity", "words"),
    [
        ("hot packs, then stairs", "hot pack"),
        ("PROM of the shoulder", "prom"),
        ("reaching overhead, iceless, promptly", ""),
    ],
    ids=["hot packs", "PROM", "words that only look like it"],
)
def test_97530_is_no_passive_care(activity: str, words: str) -> None:
    """Its activity names no passive care; one source says so, so it warns."""
    problems = found(visit(done("97530", 23, activity=activity)))
    assert [p.code for p in problems] == (["warn.passive"] if words else [])
    assert all(words in p.message and activity not in p.message for p in problems)
    assert codes(visit(done("97110", 23, activity=activity))) == []
    assert (
        codes(
            visit(done("97530", 23, activity=activity)),
            setup=clinic_with("acme", passive_content="no"),
        )
        == []
    )


def test_a_visit_entered_twice_is_seen() -> None:
    """Same codes and minutes under two ids are held; named sessions or other minutes are not."""
    first, second = visit(), visit(visit_id="V-2")
    problem, waits = found(first, second)
    assert (problem.code, waits.code) == ("hold.duplicate", "hold.waits")
    assert problem.message.startswith("visits V-1 and V-2 have the same codes")
    assert codes(evolve(first, session="1"), evolve(second, session="2")) == []
    assert codes(first, evolve(second, procedures=(done("97530", 24),))) == []
    setup = clinic_with("acme", duplicates="warn")
    assert codes(first, second, setup=setup) == ["warn.duplicate"]
    apart = clinic_with("acme", claim_per="visit", pool="visit")
    assert codes(first, second, setup=apart) == ["hold.duplicate"] * 2
    waived = {each.visit_id: frozenset({"hold.duplicate"}) for each in (first, second)}
    assert not claims.draft([first, second], clinic(), waived=waived).held


@pytest.mark.parametrize(
    ("code", "payer", "expected"),
    [
        ("97014", "medicare", ["hold.not-paid"]),
        ("97010", "medicare", ["hold.not-paid"]),
        ("G0283", "medicare", []),
        ("97014", "acme", []),
    ],
)
def test_codes_that_medicare_never_pays_wait(code: str, payer: str, expected: list[str]) -> None:
    """97010 is bundled and 97014 is G0283 for Medicare; other payers may take them."""
    given = visit(done("97530", 23), done(code, units=1), payer=payer)
    problems = found(given)
    assert [p.code for p in problems if "not-paid" in p.code] == expected
    if code == "97014" and expected:
        (told,) = [p.message for p in problems if p.code == "hold.not-paid"]
        assert "bill G0283" in told
        setup = clinic_with(payer, not_paid="no")
        assert "hold.not-paid" not in codes(given, setup=setup)
        assert (
            codes(evolve(given, date=dt.date(2018, 12, 31)), setup=clinic()).count("hold.not-paid")
            == 0
        )


def test_a_claim_sent_before_with_the_same_codes_is_seen() -> None:
    """The same codes and units to the same payer in the same discipline; others are not."""
    setup = clinic_with("acme", claim_per="visit", pool="visit")
    same = {"discipline": "PT", "code": "97530", "units": 2, "evidence": ()}
    for changes, expected in (
        ({}, ["hold.duplicate"]),
        ({"units": 1}, []),
        ({"payer": "medicare"}, []),
        ({"discipline": "OT"}, []),
    ):
        history = sent(**{**same, **changes})
        assert codes(visit(), setup=setup, history=history) == expected, changes
    named = visit(session="2")
    assert codes(named, setup=setup, history=sent(**same)) == ["warn.duplicate"]


def authorized(**changes: Any) -> Visit:
    """A visit of 2 units with an authorization."""
    return visit(authorizations=(Authorization(number="7788", payer="acme", **changes),))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"visits_approved": 12, "visits_used": 11}, []),
        ({"visits_approved": 12, "visits_used": 12}, ["warn.authorization"]),
        ({"visits_approved": 12}, []),
        ({"units_approved": 10, "units_used": 8}, []),
        ({"units_approved": 10, "units_used": 9}, ["warn.authorization"]),
        ({"codes": ("97530",)}, []),
        ({"codes": ("97110",)}, ["warn.authorization"]),
    ],
    ids=[
        "the last visit",
        "no visit left",
        "used visits not told",
        "the last units",
        "a unit too many",
        "code covered",
        "code not covered",
    ],
)
def test_what_an_authorization_has_left(given: dict[str, Any], expected: list[str]) -> None:
    """Visits, units and codes of the authorization are enough for this visit."""
    assert codes(authorized(**given)) == expected
    setup = clinic_with("acme", authorization_left="hold")
    assert codes(authorized(**given), setup=setup) == [
        code.replace("warn", "hold") for code in expected
    ]


@pytest.mark.parametrize(
    ("figures", "expected"),
    [
        (({"visits_used": 9},) * 4, [0, 0, 0, 1]),
        (({"visits_used": 9}, {"visits_used": 10}, {"visits_used": 11}), [0, 0, 0]),
        (({"visits_used": 11}, {"visits_used": 10}, {"visits_used": 9}), [0, 0, 0]),
        (({"visits_used": 10}, {"visits_used": 10}, {"visits_used": 11}), [0, 0, 1]),
        (({},) * 13, [*[0] * 12, 1]),
        (({"units_used": 20},) * 3, [0, 0, 1]),
        (({"units_used": 20}, {"units_used": 22}), [0, 0]),
    ],
    ids=[
        "one figure for all",
        "a figure that goes on",
        "later visits first",
        "a figure that was not kept up",
        "nothing told",
        "units",
        "units that go on",
    ],
)
def test_visits_of_a_run_share_an_authorization(
    figures: tuple[dict[str, int], ...], expected: list[int]
) -> None:
    """Visits of several days with one number add up, whatever their order."""
    visits = [
        evolve(
            authorized(visits_approved=12, units_approved=24, **given),
            visit_id=f"V-{n}",
            date=DAY + dt.timedelta(n),
        )
        for n, given in enumerate(figures)
    ]
    made = claims.draft(visits, clinic()).drafts
    said = [{p.code for p in one.warnings} for one in made]
    assert [int("warn.authorization" in codes_of_one) for codes_of_one in said] == expected
    apart = [evolve(v, patient=evolve(v.patient, id=v.visit_id)) for v in visits]
    assert "warn.authorization" not in codes(*apart)


def test_two_sessions_of_a_day_are_one_visit_of_an_authorization() -> None:
    """Payers count visits by day and discipline; units are counted all the same."""
    base = authorized(visits_approved=12, visits_used=11, units_approved=20, units_used=17)
    pair = (evolve(base, session="1"), evolve(base, visit_id="V-2", session="2"))
    setup = clinic_with("acme", claim_per="visit", pool="visit")
    problems = found(*pair, setup=setup)
    (one,) = (p.message for p in problems if p.code == "warn.authorization")
    assert "20 units: 19 were used before (17 as the visit says, 2 more billed here)" in one


def test_an_authorization_the_payer_wants() -> None:
    """Held or warned of by policy where none is good for payer, day and code; some are exempt."""
    setup = clinic_with("acme", authorization_required="hold")
    assert codes(visit()) == []
    assert codes(visit(), setup=setup) == ["hold.authorization"]
    assert codes(authorized(), setup=setup) == []
    assert codes(authorized(codes=("97110",)), setup=setup) == ["hold.authorization"]
    (referred,) = found(authorized(kind="referral"), setup=setup)
    assert (referred.code, "a referral is none" in referred.message) == ("hold.authorization", True)
    late = authorized(valid_until=DAY - dt.timedelta(1))
    assert codes(late, setup=setup) == [
        "hold.authorization",
        "warn.missing",
    ]  # its number is left out
    exempt = clinic_with("acme", authorization_required="hold", authorization_exempt=("97530",))
    assert codes(visit(), setup=exempt) == []


@pytest.mark.parametrize(
    ("days", "expected"),
    [(75, []), (76, ["warn.filing"]), (90, ["warn.filing"]), (91, ["hold.filing"])],
)
def test_timely_filing(days: int, expected: list[str]) -> None:
    """14 days before the end it is said, the last day goes, the day after is held."""
    setup = clinic_with("acme", timely_filing_days=90)
    today = DAY + dt.timedelta(days)
    assert codes(visit(), setup=setup, today=today) == expected
    assert codes(visit(), setup=setup) == []
    early = clinic_with("acme", timely_filing_days=90, filing_warning_days=30)
    assert codes(visit(), setup=early, today=DAY + dt.timedelta(60)) == ["warn.filing"]


@frozen(eq=False)
class Lists(Starter):
    """Tables that know the diagnoses of a test."""

    known: dict[str, DiagnosisState]

    def diagnosis(self, code: str, day: dt.date) -> DiagnosisState | None:
        """What the test says; valid since 2026."""
        return None if day.year < 2026 else self.known.get(code, "unknown")

    def version(self, kind: TableKind, table: str, day: dt.date) -> str:
        """One list."""
        return "ICD-10-CM FY2026" if kind == "diagnosis" else super().version(kind, table, day)


def test_a_diagnosis_is_a_full_code_of_the_day() -> None:
    """By the imported list of the day; without one nothing is said. The code is not shown."""
    lists = Lists({"M25511": "valid", "M6281": "not full length"})
    (problem,) = found(visit(), reference=lists)
    assert problem.code == "hold.diagnosis"
    assert problem.message == "diagnosis 2 of the visit is not coded to its full length"
    assert "ICD-10-CM FY2026" in problem.source
    assert codes(visit(diagnoses=("M25511",)), reference=lists) == []
    assert codes(visit(diagnoses=("M99",)), reference=lists) == ["hold.diagnosis"]
    assert "hold.diagnosis" not in codes(visit(date=day("2025-12-30")), reference=lists)
    setup = clinic_with("acme", diagnosis_valid="warn")
    assert codes(visit(), reference=lists, setup=setup) == ["warn.diagnosis"]


@pytest.mark.parametrize(
    ("codes_done", "expected"),
    [
        (("97546", "97545"), []),
        (("97546",), ["hold.add-on"]),
        (("97551",), ["hold.add-on"]),
        (("0770T",), ["hold.add-on"]),
        (("0770T", "97530"), []),
        (("97598",), ["warn.add-on"]),
    ],
    ids=lambda value: "+".join(value) if value else "fine",
)
def test_an_add_on_stands_beside_its_primary(
    codes_done: tuple[str, ...], expected: list[str]
) -> None:
    """Without the primary it is held; where one source only says so, warned of."""
    procedures = tuple(done(code, units=1, charge=ONE_DOLLAR) for code in codes_done)
    said = [code for code in codes(visit(*procedures)) if "add-on" in code]
    assert said == expected


def test_an_add_on_of_another_claim_of_the_day() -> None:
    """The primary on another claim is a warning; policy can switch the check off."""
    procedures = (done("97551", units=1, charge=ONE_DOLLAR),)
    history = sent(code="97550", discipline="OT", evidence=())
    said = codes(visit(*procedures), history=history)
    assert [code for code in said if "add-on" in code] == ["warn.add-on"]
    setup = clinic_with("acme", add_on_primary="no")
    assert not [c for c in codes(visit(*procedures), setup=setup) if "add-on" in c]


def test_a_code_of_another_discipline() -> None:
    """Unusual under the plan's discipline: warned of, or held by policy."""
    odd = visit(done("97161", 30), discipline="OT", treating_clinician="okafor")
    assert codes(odd) == ["warn.disagree"]
    assert codes(odd, setup=clinic_with("acme", code_discipline="hold")) == ["hold.disagree"]
    assert codes(visit(done("97161", 30))) == []


@pytest.mark.parametrize("flag", ["home_health", "snf_part_a", "hospice"])
def test_a_stay_may_change_who_is_billed(flag: str) -> None:
    """The flag of the visit warns; policy can hold or pass over."""
    flagged = visit(**{flag: True})
    assert codes(flagged) == ["warn.stay"]
    assert codes(flagged, setup=clinic_with("acme", other_stay="hold")) == ["hold.stay"]
    assert codes(flagged, setup=clinic_with("acme", other_stay="no")) == []


@pytest.mark.parametrize(
    ("payer", "member", "expected"),
    [
        ("medicare", "1EG4TE5MK73", []),
        ("medicare", "1eg4te5mk73", []),
        ("medicare", "1EG4-TE5-MK73", []),
        ("medicare", "1SG4TE5MK73", ["warn.member-id"]),
        ("medicare", "123456789A", ["warn.member-id"]),
        ("acme", "123456789A", []),
    ],
)
def test_the_shape_of_a_member_id(payer: str, member: str, expected: list[str]) -> None:
    """Medicare's as CMS publishes it; the message never shows the id."""
    problems = found(visit(coverages=(Coverage(payer=payer, member_id=member),)))
    assert [p.code for p in problems] == expected
    assert all(member not in p.message + p.source for p in problems)


def test_a_payer_says_its_own_shape_and_how_strict() -> None:
    """``member_id_pattern`` of the payer; severity by policy; before 2020 no MBI is asked for."""
    setup = clinic_with("acme", member_id="hold")
    payer = evolve(setup.payers["acme"], member_id_pattern="[A-Z]{3}[0-9]{9}")
    setup = evolve(setup, payers={**setup.payers, "acme": payer})
    assert codes(visit(), setup=setup) == ["hold.member-id"]
    right = visit(coverages=(Coverage(payer="acme", member_id="ACM123456789"),))
    assert codes(right, setup=setup) == []
    old = visit(
        payer="medicare",
        date=day("2019-12-31"),
        coverages=(Coverage(payer="medicare", member_id="123456789A"),),
    )
    assert "warn.member-id" not in codes(old)


def test_a_medicare_number_goes_out_without_the_dashes_of_the_card() -> None:
    """Dashes are for the eye: payers refuse them. Other payers' numbers go as they are."""
    for payer, member, expected in (
        ("medicare", "1eg4-te5-mk73", "1EG4TE5MK73"),
        ("acme", "AB-12", "AB-12"),
    ):
        given = visit(coverages=(Coverage(payer=payer, member_id=member),))
        (draft,) = claims.draft([given], clinic()).drafts
        assert draft.claim.subscriber.party.id == expected


def test_every_check_is_tested_here() -> None:
    """A check added later needs a test in this file or the one beside it."""
    tested = {
        "check_episode", "check_plan", "check_progress", "check_note", "check_one_on_one",
        "check_cotreatment", "check_function", "check_duplicates", "check_authorized", "check_filing",
        "check_diagnosis_codes", "check_discipline", "check_stay", "check_member_id",
        "check_left", "check_add_ons", "check_sent_again", "check_not_paid",
        # in test_billed_as.py
        "check_enrollment", "check_license", "check_notice", "check_telehealth", "check_place",
    }  # fmt: skip
    checks = (*before_billing.FACTS, *before_billing.LINES)
    assert {check.__name__ for check in checks} == tested


def test_a_named_person_may_set_judgements_aside() -> None:
    """What a record can show is overridable; a diagnosis, a shape or a place is not."""
    lapsed = planned(certified_through=day("2026-03-09"))
    waived = {"V-1": frozenset({"hold.certification"})}
    made = claims.draft([lapsed], clinic(), waived=waived)
    assert (len(made.drafts), len(made.held)) == (1, 0)
    assert not before_billing.JUDGEMENT & {"hold.diagnosis", "hold.member-id", "hold.place"}
    assert before_billing.JUDGEMENT <= claims.OVERRIDABLE
