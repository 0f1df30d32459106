"""The denial table: every row fires where it should and not beside it."""

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest
from attrs import evolve, frozen
from remits import claim, facts, line

from edi.claim import Reference
from edi.remittance import Adjustment
from reconcile.denial_table import Row, read_table, shipped_table
from reconcile.denials import finding
from reconcile.match import METHODS
from reconcile.values import Adjudication, Finding, LineBooks, LineShare

ON = dt.date(2026, 5, 1)
PAID_ON = dt.date(2026, 4, 1)


@frozen(kw_only=True)
class Told:
    """What decides, in short: ``CO-97 N20`` and so on."""

    codes: str = "CO-197"  # adjustments and line remarks
    moa: str = ""
    family: str = "commercial"
    sent: str = "GP"
    beside: str = ""
    auth: str = ""
    paid: str = "0"
    units: str = "2"
    code: str = "97530"
    sent_units: str = "2"
    own: str = ""  # the claim's other lines: 97116:59 97530:CQ
    own_paid: bool = False
    reversed_: bool = False
    own_moved: bool = False  # they were paid in place of one: OA-94
    rank: str = "P"  # of the payer that decided


def find(told: Told, **more: object) -> Finding:
    """The finding of a 97530 line of two units told in short."""
    words = told.codes.split()
    reasons = [w.split("-") for w in words if "-" in w]
    each = (Decimal(100) - Decimal(told.paid)) / max(len(reasons), 1)
    share = LineShare(
        line="L1",
        method="line control number",
        code=told.code,
        modifiers=(),
        charge=Decimal(100),
        paid=Decimal(told.paid),
        units=Decimal(told.units),
        adjustments=tuple(Adjustment(group=g, reason=r, amount=each) for g, r in reasons),
        remarks=tuple(w for w in words if "-" not in w),
        number=1,
    )
    oa94 = Adjustment(group="OA", reason="94", amount=Decimal("-99.99"))
    own = tuple(line(f"O{n}", p, "50.00") for n, p in enumerate(told.own.split()))
    beside = tuple(
        evolve(share, line=o.control, paid=Decimal(50), adjustments=(oa94,) * told.own_moved)
        for o in own
        if told.own_paid or told.own_moved
    )
    decided = Adjudication(
        id="x", claim="C", method="m", payer="plan", rank=told.rank, status="1", payer_control="A",
        trace="T", date=PAID_ON, charge=Decimal(100), paid=share.paid,
        remarks=tuple(told.moa.split()), lines=(share, *beside),
    )  # fmt: skip
    sent = line("L1", ":".join([told.code, *told.sent.split()]), "100.00", told.sent_units)
    ours = claim(sent, *own, control="C", references=(("G1", told.auth),) if told.auth else ())
    books = LineBooks(
        line="L1",
        status="reversed" if told.reversed_ else "denied",
        charge=Decimal(100),
        current=None if told.reversed_ else share,
        decided_by=None if told.reversed_ else decided,
    )
    others = tuple(
        line(f"N{n}", f"{code}:GP", "50.00") for n, code in enumerate(told.beside.split())
    )
    if told.family == "unknown":
        more |= {"appeal1_days": None, "appeal1_source": ""}
    return finding(sent, ours, books, others, facts(told.family, **more), ON)


B, MA, MCD = "medicare-b", "medicare-advantage", "medicaid"
ROWS: dict[str, tuple[Told, dict[str, object]]] = {
    "5 duplicate of a plain and an assistant line": (
        Told(codes="OA-18", own="97530:GP:CQ", own_paid=True), {"own_paid": False}),
    "5 duplicate": (Told(codes="OA-18 N522", family=B), {"codes": "OA-22"}),
    "5 duplicate of an adjudicated claim": (
        Told(codes="CO-97 N111", family=B, beside="97140"), {"codes": "CO-97"}),
    "6 unprocessable": (Told(codes="CO-16 N265", moa="MA130", family=B), {"moa": ""}),
    "6 new claim wanted": (Told(codes="CO-16 N517"), {"codes": "CO-16"}),
    "2 bundled-status code": (Told(codes="CO-97 M15"), {"codes": "CO-97"}),
    "2 never paid by itself, Medicare": (Told(codes="CO-97", code="97010", family=B), {"family": "commercial"}),
    "4 bundled, paid in another line a cent off": (
        Told(codes="CO-97", own="97140:59:GP", own_moved=True), {"own_moved": False}),
    "4 59 on the wrong line of the pair": (
        Told(codes="CO-97", own="97140:59:GP"), {"family": B}),
    "4 bundled although 59 was sent": (
        Told(codes="CO-97 N20", sent="59 GP", beside="97140"), {"sent": "GP"}),
    "4 Part B, 59 was sent": (Told(codes="CO-236", sent="59 GP", family=B), {"sent": "GP"}),
    "3 NCCI": (Told(codes="CO-236", family=B, beside="97140"), {"family": "commercial"}),
    "3 NCCI, Medicare Advantage": (Told(codes="CO-236", family=MA, beside="97140"), {"sent": "XU GP"}),
    "2 bundled, Part B": (Told(codes="CO-97 N20", family=B, beside="97140"), {"beside": "97110"}),
    "2 bundled": (Told(codes="CO-97", beside="97140"), {"beside": ""}),
    "2 bundled, partner not known, Part B": (Told(codes="CO-97", family=B), {"beside": "97140"}),
    "2 bundled, partner not known": (Told(codes="OA-97", beside="97110"), {"beside": "97116"}),
    "7 modifier conflict, Part B": (Told(codes="CO-4", family=B), {"moa": "MA130"}),
    "7 modifier conflict": (Told(codes="CO-4 N519"), {"family": B}),
    "6 modifier missing": (Told(codes="CO-16 N822", family=B), {"moa": "MA130"}),
    "7 modifier missing": (Told(codes="CO-16 N822"), {"family": B}),
    "8 authorization was sent": (Told(codes="CO-197", auth="7788"), {"auth": ""}),
    "8 no authorization": (Told(codes="CO-197 M62"), {"auth": "7788"}),
    "8 authorization number missing": (Told(codes="CO-16 M62"), {"codes": "CO-16"}),
    "9 authorization does not cover it": (Told(codes="CO-198"), {"codes": "CO-197"}),
    "11 KX threshold": (Told(codes="CO-119", family=B), {"sent": "GP KX"}),
    "11 over the threshold, KX was sent": (Told(codes="CO-119", family=B, sent="GP KX"), {"sent": "GP"}),
    "14 one unit above the daily maximum, Part B": (
        Told(codes="CO-119 N362", family=B, sent_units="1"), {"sent_units": "2"}),
    "14 units above the daily maximum, Part B, part paid": (
        Told(codes="CO-151 N362", family=B, paid="40"), {"paid": "0"}),
    "14 units above the daily maximum, Part B": (
        Told(codes="CO-151 N362", family=B), {"sent_units": "1"}),
    "13 daily unit cap, one unit": (Told(codes="CO-151 N362", sent_units="1"), {"sent_units": "2"}),
    "13 daily unit cap": (Told(codes="PR-35 N362", paid="50", units="1"), {"codes": "PR-35"}),
    "13 daily unit cap, part paid": (Told(codes="CO-151", paid="50", units="1"), {"paid": "0"}),
    "13 number of services": (Told(codes="CO-151"), {"paid": "50"}),
    "12 visit limit, Medicaid": (Told(codes="PR-119", family=MCD), {"family": "commercial"}),
    "12 visit limit, contract": (Told(codes="CO-119"), {"codes": "PR-119"}),
    "12 visit limit": (Told(codes="PR-B1"), {"codes": "CO-B1"}),
    "15 necessity, Medicare": (Told(codes="CO-50 N115", family=B), {"family": "commercial"}),
    "15 necessity, Medicare, patient": (Told(codes="PR-50", family=B), {"codes": "CO-50"}),
    "15 necessity": (Told(codes="CO-50"), {"family": MA}),
    "15 necessity, patient": (Told(codes="PR-50"), {"codes": "CO-50"}),
    "16 diagnosis, Part B": (Told(codes="CO-11", family=B), {"family": "commercial"}),
    "16 diagnosis": (Told(codes="CO-167 N569"), {"family": B}),
    "17 records wanted": (Told(codes="CO-252 N706"), {"codes": "CO-96"}),
    "19 referring provider, Part B": (Told(codes="CO-16 N286", family=B), {"moa": "MA130"}),
    "19 referring provider may not refer, Part B": (
        Told(codes="CO-183", family=B), {"family": "commercial"}),
    "19 referring provider": (Told(codes="CO-183 N574"), {"family": B}),
    "18 clinician not enrolled": (Told(codes="CO-B7"), {"codes": "CO-8"}),
    "20 work injury, comp carrier": (Told(codes="CO-19", family="workers-comp"), {"family": "commercial"}),
    "20 accident, another carrier first": (Told(codes="CO-19"), {"family": "workers-comp"}),
    "20 question to the patient not answered": (Told(codes="CO-227"), {"codes": "CO-22"}),
    "20 other payer first, said by a later payer": (Told(codes="CO-22", rank="S"), {"rank": "P"}),
    "20 other payer first": (Told(codes="OA-22"), {"codes": "OA-23"}),
    "25 capitated or package price": (Told(codes="CO-24"), {"family": B}),
    "7 main service missing, Part B": (Told(codes="CO-B15", family=B), {"family": "commercial"}),
    "21 hospice": (Told(codes="CO-B9", family=B), {"family": "commercial"}),
    "21 another provider of the day": (Told(codes="CO-B20"), {"codes": "CO-B9"}),
    "21 other cover on the day": (Told(codes="CO-109 N538", family=B), {"family": "commercial"}),
    "21 wrong payer": (Told(codes="CO-109"), {"family": B}),
    "22 filing limit, Part B": (Told(codes="CO-29", family=B), {"family": MA}),
    "22 filing limit, no appeal": (Told(codes="CO-29 N211"), {"codes": "CO-29"}),
    "22 filing limit": (Told(codes="CO-29"), {"codes": "CO-39"}),
    "31 patient not identified": (Told(codes="PR-31"), {"codes": "PR-33"}),
    "26 no cover on the day, contract": (Told(codes="CO-27"), {"codes": "PR-27"}),
    "26 no cover on the day": (Told(codes="PR-27"), {"codes": "CO-27"}),
    "204 not a benefit, Medicaid": (Told(codes="PR-204", family=MCD), {"family": "commercial"}),
    "204 not a benefit, contract": (Told(codes="CO-204"), {"codes": "PR-204"}),
    "204 not a benefit": (Told(codes="PR-204"), {"family": MCD}),
    "96 not covered": (Told(codes="CO-96 N130"), {"family": MCD}),
    "96 not covered, patient": (Told(codes="PR-96 N130"), {"codes": "CO-96"}),
    "193 appeal lost": (Told(codes="CO-193"), {"codes": "CO-39"}),
    "242 out of network": (Told(codes="CO-242"), {"codes": "PR-242"}),
    "242 out of network, patient": (Told(codes="PR-242"), {"codes": "CO-242"}),
    "16 claim data": (Told(codes="CO-16 N255"), {"codes": "CO-17"}),
    "25 reversal": (Told(reversed_=True), {"reversed_": False}),
    "100 paid to the patient": (Told(codes="OA-100"), {"codes": "OA-209"}),
    "10 patient share, QMB": (Told(codes="PR-2", moa="N782"), {"moa": ""}),
    "10 patient share, forwarded": (Told(codes="PR-2", moa="MA18"), {"moa": "N782"}),
    "10 patient share, Medicaid": (Told(codes="PR-3", family=MCD), {"family": "commercial"}),
    "23 secondary arithmetic": (Told(codes="OA-23 CO-45"), {"codes": "CO-45"}),
    "10 patient share": (Told(codes="PR-1"), {"family": MCD}),
    "24 reduction by rule": (Told(codes="CO-59 CO-253", paid="60"), {"codes": "CO-45"}),
    "25 bundled by the book": (Told(codes="OA-94"), {"codes": "CO-45"}),
    "25 paid nothing, all written off": (Told(codes="CO-45"), {"paid": "60"}),
    "1 fee schedule": (Told(codes="CO-45", paid="60"), {"codes": "PR-45"}),
    "1 above the plan's price, patient": (Told(codes="PR-45", paid="60"), {"codes": "CO-45"}),
}  # fmt: skip


def test_every_row_is_tested() -> None:
    """The cases below and the rows of the table are the same set."""
    assert list(ROWS) == [row.key for row in shipped_table().rows]


@pytest.mark.parametrize("key", ROWS)
def test_a_row_fires(key: str) -> None:
    """The row decides its case, and says what to do and who does it."""
    found = find(ROWS[key][0])
    assert found.row == key
    assert found.next_step
    assert found.never
    assert "{" not in found.cause + found.next_step + "".join(found.never)
    assert found.table == "therapy denials 2026-11-01"


@pytest.mark.parametrize("key", ROWS)
def test_a_row_does_not_fire(key: str) -> None:
    """One fact changed, and another row, or none, decides."""
    told, change = ROWS[key]
    changed = evolve(told, **change)  # type: ignore[arg-type]  # the cases say which fact
    assert find(changed).row != key


def test_part_b_corrections_take_three_roads() -> None:
    """What came back decides: new claim, reopening or redetermination, never frequency 7."""
    new = find(Told(codes="CO-16 N822", moa="MA130", family=B))
    assert new.next_step.endswith("frequency 1, new claim number")
    assert {"reopening", "appeal"} < set(new.never)
    reopening = find(Told(codes="CO-4", family=B))
    assert "reopening" in reopening.next_step
    assert reopening.deadline == PAID_ON + dt.timedelta(days=365)
    records = find(Told(codes="CO-50", family=B))
    assert "redetermination" in records.next_step
    assert records.deadline == PAID_ON + dt.timedelta(days=180)


def test_a_deadline_the_policy_does_not_give_is_none() -> None:
    """No days in the policy, no deadline and no source."""
    found = find(Told(codes="CO-50", family="unknown"))
    assert found.row == "15 necessity"
    assert (found.deadline, found.deadline_source) == (None, "")
    told = find(Told(codes="CO-50"))
    assert told.deadline_source == "first appeal: contract 2026, section 4"
    assert told.deadline_for == "first appeal"


def test_the_modifier_that_was_sent_is_named() -> None:
    """Where X was sent, nobody is told not to resend with 59, nor to think of X."""
    found = find(Told(codes="CO-236 N20", sent="XU GP", beside="97140"))
    assert found.row == "4 bundled although 59 was sent"
    assert found.never[:2] == ("resend the same claim with XU", "move XU to 97140")
    assert "X modifier" not in found.next_step
    plain = find(Told(codes="CO-236 N20", sent="59 GP", beside="97140"))
    assert plain.next_step.endswith("; an X modifier only if the payer's policy says so")
    assert plain.never[0] == "resend the same claim with 59"


def test_a_deadline_is_that_of_the_next_step() -> None:
    """A call has none of its own: told is the appeal's, which it does not stop."""
    assert find(Told(codes="CO-B7")).deadline is None  # a letter, and the payer's own rule
    bundled = (Told(codes="CO-97 N20"), Told(codes="CO-97 N20", family=B))  # with what?
    for told in (Told(codes="CO-197", auth="7788"), Told(codes="CO-198"), *bundled):
        found = find(told)
        assert (found.deadline, found.road) == (PAID_ON + dt.timedelta(days=180), "")
        assert found.deadline_source.startswith("first appeal if that does not help: ")
        assert find(evolve(told, family="unknown")).deadline is None  # no policy, no day


def test_two_roads_have_a_deadline_each() -> None:
    """Where the next step names two, each has its day; one the policy is silent on has none."""
    found = find(Told(codes="CO-119 N362", family=B))
    assert found.row == "14 units above the daily maximum, Part B"
    assert (found.deadline_for, found.deadline) == ("first appeal", PAID_ON + dt.timedelta(180))
    assert (found.or_deadline_for, found.or_deadline) == ("reopening", PAID_ON + dt.timedelta(365))
    other = find(Told(codes="CO-11"), corrected_claim_days=90)
    assert (other.deadline_for, other.or_deadline_for) == ("corrected claim", "first appeal")
    assert find(Told(codes="CO-11", family="unknown")).or_deadline is None


def test_a_late_authorization_is_due_with_its_correction() -> None:
    """The correction that follows has the deadline; what it is waits for the authorization."""
    found = find(Told(codes="CO-197"), corrected_claim_days=180)
    assert (found.deadline, found.deadline_for, found.road) == (
        PAID_ON + dt.timedelta(days=180), "corrected claim", "")  # fmt: skip


def test_a_new_claim_is_due_by_the_filing_limit() -> None:
    """Counted from the day of service, not from the remittance."""
    sent = line("L1", "97530:GP", "100.00")
    found = find(Told(codes="CO-16", moa="MA130", family=B), timely_filing_days=365)
    assert (found.deadline_for, found.deadline) == (
        "new claim", claim(sent).date + dt.timedelta(days=365))  # fmt: skip


@pytest.mark.parametrize("codes", ["CO-999", "CO-45A N9999", "PR-777"])
def test_unknown_codes_are_shown_as_they_came(codes: str) -> None:
    """A reason we have no words for is named, never guessed at."""
    found = find(Told(codes=codes))
    assert found.category == "unknown code"
    assert codes in found.cause
    assert found.confidence == "low"
    assert found.deadline is None


def test_the_reason_alone_is_the_last_resort() -> None:
    """Where no row fits, our word for the reason code, with low confidence."""
    found = find(Told(codes="CO-5"))
    assert found.category == "by reason code alone"
    assert found.confidence == "low"
    assert "place of service" in found.cause


def test_units_cut_without_a_reason_say_so() -> None:
    """Paid units below sent and no refusing adjustment: call and ask."""
    found = find(Told(codes="CO-45", paid="60", units="1"))
    assert found.category == "units or code cut"
    assert "1 paid of 2" in found.cause


ROW = """[[row]]
key = "x"
category = "c"
cause = "{c}"
next_step = "n"
"""
HEAD = 'name = "ours"\ndate = 2026-01-01\nsource = "us"\n'


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (HEAD + ROW.replace("{c}", "why") + 'color = "red"\n', "unknown color"),
        (HEAD + ROW.replace("{c}", "why").replace('next_step = "n"\n', ""), "next_step missing"),
        (HEAD + ROW.replace("{c}", "why") + 'codes = "CO-97"\n', "codes must be a list"),
        (HEAD + ROW.replace("{c}", "{0.x}"), "only a word"),
        (HEAD + ROW.replace("{c}", "{open"), "'x'"),
        (HEAD + ROW.replace("{c}", "a") + ROW.replace("{c}", "b"), "two rows are called 'x'"),
        (ROW.replace("{c}", "why"), "name, date, source missing"),
        (HEAD, "rows missing"),
    ],
    ids=["unknown field", "missing field", "no list", "format tricks", "open brace", "twice", "no head", "empty"],
)  # fmt: skip
def test_a_bad_table_is_refused_with_its_row(text: str, says: str) -> None:
    """A practice's own table is checked when it is read, and the fault names its row."""
    with pytest.raises(ValueError, match=says):
        read_table(text)


def test_a_practice_may_replace_the_table() -> None:
    """Rows of another table decide, and the finding names that table."""
    table = read_table(HEAD + ROW.replace("{c}", "why") + 'codes = ["CO-197"]\n')
    sent = line("L1", "97530:GP", "100.00")
    share = LineShare(
        line="L1", method="m", code="97530", modifiers=(), charge=Decimal(100), paid=Decimal(0),
        units=Decimal(1), remarks=(),
        adjustments=(Adjustment(group="CO", reason="197", amount=Decimal(100)),),
    )  # fmt: skip
    books = LineBooks(line="L1", status="denied", charge=Decimal(100), current=share)
    found = finding(sent, claim(sent), books, (), facts(), ON, table=table)
    assert (found.row, found.table) == ("x", "ours 2026-01-01")


def test_patient_data_stays_out_of_reprs() -> None:
    """Member ids and dates of service do not show in a sent claim's repr."""
    sent = claim(line("L1", "97530:GP", "100.00"), references=(("G1", "SECRET1"),))
    assert "XYZ123456789" not in repr(sent)
    assert "SECRET1" not in repr(sent)
    assert isinstance(sent.references[0], Reference)


DOC = Path(__file__).parents[2] / "docs" / "denials.md"


def row_of_the_doc(row: Row) -> str:
    """A row of the table as docs/denials.md shows it."""
    codes = ", ".join(sorted(row.codes - {"*"})) or ("any reason" if row.codes else row.status)
    if row.or_remarks:
        codes += " or " + ", ".join(sorted(row.or_remarks))
    asks = [codes]
    for word, given in (
        ("with", row.remarks), ("without", row.not_remarks), ("sent", row.sent),
        ("not sent", row.not_sent), ("beside", row.beside), ("our", row.references),
    ):  # fmt: skip
        if given:
            asks.append(f"{word} " + ", ".join(sorted(given)))
    for words, is_asked in (
        ("line " + ", ".join(sorted(row.lines)), row.lines),
        (f"{row.units} unit sent" if row.units == "one" else "more units sent", row.units),
        ("plain or assistant line of the code was paid", row.twin),
        ("59 or X on the other line of the pair", row.misplaced),
        ("OA-94 on another line, no CO-97 meets it", row.moved),
        (f"paid: {row.paid}", row.paid),
        (f"said by a {row.turn} payer", row.turn),
    ):
        if is_asked:
            asks.append(words)
    family = ", ".join(sorted(row.families)) or "all"
    if row.not_families:
        family = "not " + ", ".join(sorted(row.not_families))
    return (
        f"| {row.key} | {'; '.join(asks)} | {family} | {row.next_step} | {'; '.join(row.never)} |"
    )


def test_the_documentation_shows_the_table_as_it_is() -> None:
    """docs/denials.md ends with the rows of the shipped table, in order."""
    head = ["| row | fits | payers | next step | never |", "| --- | --- | --- | --- | --- |"]
    rows = head + [row_of_the_doc(row) for row in shipped_table().rows]
    assert DOC.read_text(encoding="utf-8").endswith("\n".join(rows) + "\n")


def test_the_documentation_names_every_method() -> None:
    """Each way a claim or line is matched is explained under its own name."""
    text = DOC.read_text(encoding="utf-8")
    assert [method for method in METHODS if f"`{method}`" not in text] == []
