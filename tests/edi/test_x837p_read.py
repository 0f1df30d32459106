"""837P files to claims: ours and those of other systems."""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal

import pytest
from attrs import evolve
from claims_made import ENVELOPE, claim, dependent, submission
from hypothesis import given
from hypothesis import strategies as st
from x12text import MARKS, file_of

from edi import envelope
from edi import x837p_segments as segments
from edi.claim import Claim, Kept, Submission
from edi.problem import Problem
from edi.separators import Separators
from edi.x837p import read_837p, read_submissions, write_837p

HEAD = """BHT*0019*00*REF1*20260311*0830*CH~NM1*41*2*ELSEWHERE SOFT*****46*ELS~
PER*IC*DESK*TE*5555550111*FX*5555550112~NM1*40*2*EXAMPLE CLEARING*****46*EXCLEAR~"""
BILLING = """HL*1**20*1~PRV*BI*PXC*261QP2000X~NM1*85*2*MILLBROOK THERAPY LLC*****XX*1234567893~
N3*12 ALDER STREET~N4*MILLBROOK*OH*440990012~REF*EI*990000001~"""
SUBSCRIBER = """HL*2*1*22*0~SBR*P*18*G100******CI~NM1*IL*1*FINCH*ROBIN****MI*EX0000123~
DMG*D8*19700228*F~NM1*PR*2*EXAMPLE HEALTH PLAN*****PI*EX001~"""
CLAIM = "CLM*C1*75***11:B:1*Y*A*Y*Y~HI*ABK:M25511~"
LINE = "LX*1~SV1*HC:97530:GP*75*UN*1***1~DTP*472*D8*20260310~REF*6R*01C1~"


def read(body: str, **more: object) -> tuple[Submission, list[Problem]]:
    """The one submission of a body, and the Problems."""
    problems: list[Problem] = []
    (found,) = read_submissions([file_of(body, "837", **more)], problems)
    return found, problems


def one(extra_claim: str = "", extra_line: str = "", **parts: str) -> tuple[Claim, list[Problem]]:
    """The one claim of a body with segments added after the claim's and the line's own."""
    pieces = {"head": HEAD, "billing": BILLING, "subscriber": SUBSCRIBER, "claim": CLAIM}
    body = "".join((pieces | parts).values()) + extra_claim + LINE + extra_line
    found, problems = read(body)
    (made,) = found.claims
    return made, problems


def kept(found: tuple[Kept, ...]) -> list[tuple[str, int, str]]:
    """Loop, occurrence and text of kept segments."""
    return [(k.loop, k.occurrence, "*".join(k.segment)) for k in found]


def test_header_and_claim_are_read() -> None:
    """BHT, submitter and receiver make the header; the claim holds all it hangs under."""
    found, problems = read(HEAD + BILLING + SUBSCRIBER + CLAIM + LINE)
    assert problems == []
    assert (found.reference, found.created) == ("REF1", dt.datetime(2026, 3, 11, 8, 30))  # noqa: DTZ001
    assert found.submitter.contacts[0].numbers == (("TE", "5555550111"), ("FX", "5555550112"))
    (made,) = found.claims
    assert (made.control, made.charge, made.billing.taxonomy) == ("C1", Decimal(75), "261QP2000X")
    assert made.billing.references[0].value == "990000001"
    assert made.subscriber.birth_date == dt.date(1970, 2, 28)
    assert made.payer.id == "EX001"
    assert made.patient is None
    assert made.diagnoses[0].code == "M25511"
    assert made.kept == ()
    (line,) = made.lines
    assert (line.control, line.procedure.modifiers, line.pointers) == ("01C1", ("GP",), (1,))
    assert line.date == line.until == dt.date(2026, 3, 10)


def test_what_was_written_is_read_back() -> None:
    """Several levels, transactions and dependents come back as they were."""
    sent = [submission(claim("C1"), claim("C2")), submission(dependent("C3"), reference="B2")]
    problems: list[Problem] = []
    assert list(read_submissions([write_837p(ENVELOPE, sent).data], problems)) == sent
    assert problems == []


def test_several_patients_and_subscribers_under_one_provider() -> None:
    """A claim belongs to the HL it follows; a patient ends with the next subscriber."""
    second = SUBSCRIBER.replace("HL*2*1*22*0", "HL*4*1*22*0").replace("ROBIN", "WES")
    dependent_part = "HL*3*2*23*0~PAT*19~NM1*QC*1*FINCH*JAY~DMG*D8*20150601*M~"
    insured = SUBSCRIBER.replace("HL*2*1*22*0", "HL*2*1*22*1").replace("*18*", "**")
    claims = [CLAIM.replace("C1", f"C{n}") + LINE for n in (1, 2, 3)]
    body = HEAD + BILLING + insured + dependent_part + claims[0] + claims[1] + second + claims[2]
    found, problems = read(body)
    assert problems == []
    assert [c.control for c in found.claims] == ["C1", "C2", "C3"]
    assert [c.patient.party.first if c.patient else "" for c in found.claims] == ["JAY", "JAY", ""]
    assert [c.subscriber.party.first for c in found.claims] == ["ROBIN", "ROBIN", "WES"]
    assert found.claims[0].billing is found.claims[2].billing


KEPT_OF_CLAIM = {
    "attachment": ("PWK*OZ*EL***AC*A77~", [("2300", 0, "PWK*OZ*EL***AC*A77")]),
    "contract": ("CN1*02*100~", [("2300", 0, "CN1*02*100")]),
    "fixed format": ("K3*ANYTHING~", [("2300", 0, "K3*ANYTHING")]),
    "ambulance": ("CR1*LB*140**A*DH*12~", [("2300", 0, "CR1*LB*140**A*DH*12")]),
    "condition codes": ("HI*BG:17*BG:67~", [("2300", 0, "HI*BG:17*BG:67")]),
    "a second note": (
        "NTE*ADD*ONE~NTE*CER*TWO~",
        [("2300", 0, "NTE*CER*TWO")],
    ),
    "pick-up": ("NM1*PW*2~N3*1 ROAD~", [("2310E", 0, "NM1*PW*2"), ("2310E", 0, "N3*1 ROAD")]),
    "a second rendering provider": (
        "NM1*82*1*TERN~NM1*82*1*WREN~REF*G2*7~",
        [("2310B", 1, "NM1*82*1*WREN"), ("2310B", 1, "REF*G2*7")],
    ),
    "a party nobody knows": ("NM1*ZZ*1*TERN~REF*0B*7~", [("2310X", 0, "NM1*ZZ*1*TERN"), ("2310X", 0, "REF*0B*7")]),
    "two other payers": (
        ("SBR*S*18*******MC~CAS*PR*1*5~OI***Y***Y~NM1*IL*1*FINCH~NM1*PR*2*ONE~DTP*573*D8*20260301~"
        "SBR*T*18~NM1*IL*1*FINCH~NM1*PR*2*TWO~REF*F8*8~"),
        [
            ("2320", 0, "SBR*S*18*******MC"),
            ("2320", 0, "CAS*PR*1*5"),
            ("2320", 0, "OI***Y***Y"),
            ("2330A", 0, "NM1*IL*1*FINCH"),
            ("2330B", 0, "NM1*PR*2*ONE"),
            ("2330B", 0, "DTP*573*D8*20260301"),
            ("2320", 1, "SBR*T*18"),
            ("2330A", 0, "NM1*IL*1*FINCH"),
            ("2330B", 0, "NM1*PR*2*TWO"),
            ("2330B", 0, "REF*F8*8"),
        ],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", KEPT_OF_CLAIM)
def test_what_a_claim_has_no_field_for_is_kept_with_its_loop(case: str) -> None:
    """Nothing of a claim is dropped: loop, repeat and order are kept."""
    added, wanted = KEPT_OF_CLAIM[case]
    made, problems = one(added)
    assert problems == []
    assert kept(made.kept) == wanted
    assert made.lines[0].kept == ()


KEPT_OF_LINE = {
    "measurement": ("MEA*TR*R1*10.5~", [("2400", 0, "MEA*TR*R1*10.5")]),
    "drug": (
        "LIN**N4*00002143380~CTP****2*UN~REF*XZ*77~",
        [("2410", 0, "LIN**N4*00002143380"), ("2410", 0, "CTP****2*UN"), ("2410", 0, "REF*XZ*77")],
    ),
    "an adjudication with more than its fields": (
        "SVD*EX1*50*HC:97530**1~CAS*CO*45*25~REF*G1*77~DTP*573*D8*20260301~",
        [
            ("2430", 0, "SVD*EX1*50*HC:97530**1"),
            ("2430", 0, "CAS*CO*45*25"),
            ("2430", 0, "REF*G1*77"),
            ("2430", 0, "DTP*573*D8*20260301"),
        ],
    ),
    "facility of a line": ("NM1*77*2*POOL~N3*1 ROAD~", [("2420C", 0, "NM1*77*2*POOL"), ("2420C", 0, "N3*1 ROAD")]),
    "a second line control number": ("REF*6R*X~", []),
}  # fmt: skip


@pytest.mark.parametrize("case", KEPT_OF_LINE)
def test_what_a_line_has_no_field_for_is_kept_with_the_line(case: str) -> None:
    """Nothing of a line is dropped, and nothing of it lands on the claim."""
    added, wanted = KEPT_OF_LINE[case]
    made, problems = one(extra_line=added)
    assert problems == []
    assert kept(made.lines[0].kept) == wanted
    assert made.kept == ()


def test_what_stands_above_the_claim_is_kept_too() -> None:
    """Currency, pay-to plan and the subscriber's PAT come with each claim below."""
    billing = BILLING + "NM1*PE*2*PLAN*****PI*9~N3*1 ROAD~"
    billing = billing.replace("NM1*85", "CUR*85*USD~NM1*85")
    made, problems = one(
        billing=billing, subscriber=SUBSCRIBER.replace("NM1*IL", "PAT*******01*150~NM1*IL")
    )
    assert problems == []
    assert kept(made.kept) == [
        ("2000A", 0, "CUR*85*USD"),
        ("2010AC", 0, "NM1*PE*2*PLAN*****PI*9"),
        ("2010AC", 0, "N3*1 ROAD"),
        ("2000B", 0, "PAT*******01*150"),
    ]


EXACT = {
    "padded amount, which a Decimal keeps": ("CLM*C1*75.00***11:B:1*Y*A*Y*Y", False),
    "element we have no field for": ("CLM*C1*75*MC**11:B:1*Y*A*Y*Y", True),
    "amount without a leading zero": ("CLM*C1*.5***11:B:1*Y*A*Y*Y", False),
    "amount with a leading zero": ("CLM*C1*0.5***11:B:1*Y*A*Y*Y", True),
}


@pytest.mark.parametrize("case", EXACT)
def test_the_exact_form_is_kept_where_the_values_cannot_say_it(case: str) -> None:
    """A segment the values would write otherwise is kept beside them, and written as it was."""
    text, restates = EXACT[case]
    made, problems = one(claim=f"{text}~HI*ABK:M25511~")
    assert problems == []
    assert [k.restates for k in made.kept] == [True] * restates
    again = write_837p(ENVELOPE, [submission(made)], as_read=True).data.decode()
    assert f"{text}~" in again
    assert again.count("CLM*") == 1


def test_an_exact_form_gives_way_to_a_changed_value() -> None:
    """Once the value is another, the kept form is not written: the value is."""
    made, _ = one(claim=CLAIM.replace("CLM*C1*75***", "CLM*C1*75*MC**"))
    changed = evolve(made, control="C2")
    again = write_837p(ENVELOPE, [submission(changed)], as_read=True).data.decode()
    assert "CLM*C2*75***11:B:1*Y*A*Y*Y~" in again
    assert "MC" not in again


@given(
    st.sampled_from(["NM1", "N3", "REF", "DTP"]),
    st.lists(st.sampled_from(["", "1", "2", "D8", "RD8", "20260310", "X", "A:B"]), max_size=11),
)
def test_a_shape_taken_for_granted_is_right(name: str, elements: list[str]) -> None:
    """Wherever the short cut says the values hold all of a segment, writing them again agrees."""
    while elements and not elements[-1]:
        elements.pop()
    segment = (name, *elements)
    assert segments.says_all(segment) is (segments.canonical(segment, segments.exact) == segment)


UNREADABLE = {
    "charge of the claim": (CLAIM.replace("*75*", "*7S*"), LINE, "CLM02"),
    "charge of a line": (CLAIM, LINE.replace("*75*", "*1E2*"), "SV102"),
    "units": (CLAIM, LINE.replace("*UN*1*", "*UN*one*"), "SV104"),
    "three decimals": (CLAIM.replace("*75*", "*7.555*"), LINE, "CLM02"),
    "service date": (CLAIM, LINE.replace("20260310", "20260230"), "DTP03"),
    "claim date": (CLAIM + "DTP*431*D8*2026-01-01~", LINE, "DTP03"),
    "amount paid": (CLAIM + "AMT*F5*abc~", LINE, "AMT02"),
}


@pytest.mark.parametrize("case", UNREADABLE)
def test_what_cannot_be_read_is_a_problem_and_kept(case: str) -> None:
    """The claim still comes, the Problem names place and claim but not the value, nothing is lost."""
    claim_part, line_part, element = UNREADABLE[case]
    found, problems = read(HEAD + BILLING + SUBSCRIBER + claim_part + line_part)
    (problem,) = problems
    assert (problem.code, problem.where.element) == ("claim.unreadable", element)
    assert problem.where.claim == "C1"
    assert problem.where.segment > 1
    (made,) = found.claims
    every = [*made.kept, *made.lines[0].kept]
    assert len(every) == 1
    again = write_837p(ENVELOPE, [submission(made)], as_read=True).data.decode()
    assert "*".join(every[0].segment) + "~" in again


@pytest.mark.parametrize("digits", ["9" * 5000, "\u0661"], ids=["5000 digits", "other digits"])
def test_numbers_no_program_counts_to_are_kept(digits: str) -> None:
    """A pointer and a line number of thousands of digits are no numbers; their segments stay."""
    line = LINE.replace("LX*1", f"LX*{digits}").replace("***1~", f"***1:{digits}~")
    found, _ = read(HEAD + BILLING + SUBSCRIBER + CLAIM + line)
    (made,) = found.claims
    assert (made.lines[0].number, made.lines[0].pointers) == (0, (1,))
    assert [(k.segment[0], k.restates) for k in made.lines[0].kept] == [
        ("LX", False),
        ("SV1", True),
    ]


def test_a_fault_past_the_last_segment_has_a_place() -> None:
    """An untidy transaction of ST and SE alone lacks its BHT; the Problem is told all the same."""
    data = file_of("", "837").replace(b"~\n", b"~\n\n ")
    problems: list[Problem] = []
    (found,) = read_submissions([data], problems)
    assert found.claims == ()
    assert "BHT04" in [problem.where.element for problem in problems]


def test_other_separators_are_read_alike() -> None:
    """Component and repetition separators of the file become ``:`` and ``^`` in what is kept."""
    marks = Separators(element="|", component=">", repetition="!", terminator="'")
    body = HEAD + BILLING + SUBSCRIBER + CLAIM + LINE + "SVD*EX1*50*HC:97530**1~K3*A:B~"
    found, problems = read(body, marks=marks)
    plain, _ = read(body, marks=MARKS)
    assert problems == []
    assert found == plain
    assert kept(found.claims[0].lines[0].kept)[1:] == [("2430", 0, "K3*A:B")]


def test_segments_out_of_order_find_their_claim() -> None:
    """Diagnoses and dates after a provider belong to the claim all the same."""
    made, problems = one(
        "NM1*82*1*TERN****XX*1245319599~HI*BP:X~DTP*431*D8*20260101~",
        claim="CLM*C1*75***11:B:1*Y*A*Y*Y~NM1*DN*1*HERON~HI*ABK:M25511~",
    )
    assert problems == []
    assert made.diagnoses[0].code == "M25511"
    assert made.dates[0].qualifier == "431"
    assert kept(made.kept) == [("2300", 0, "HI*BP:X")]


def test_a_line_without_lx_is_read() -> None:
    """Each SV1 is a line of its own, with or without LX."""
    sv1 = "SV1*HC:97140:GP*50*UN*1***1~"
    found, problems = read(
        HEAD + BILLING + SUBSCRIBER + CLAIM + sv1 + sv1.replace("97140", "97110")
    )
    assert problems == []
    assert [(line.number, line.procedure.code) for line in found.claims[0].lines] == [
        (0, "97140"),
        (0, "97110"),
    ]


def test_a_claim_without_its_provider_is_read_and_told() -> None:
    """A missing level costs a Problem, not the claim."""
    found, problems = read(HEAD + SUBSCRIBER + CLAIM + LINE)
    assert [c.control for c in found.claims] == ["C1"]
    assert [p.code for p in problems] == ["claim.homeless"]


def test_a_level_without_claims_is_told() -> None:
    """A subscriber without a claim is not dropped in silence."""
    lonely = SUBSCRIBER.replace("HL*2", "HL*3")
    found, problems = read(HEAD + BILLING + SUBSCRIBER + CLAIM + LINE + lonely)
    assert len(found.claims) == 1
    assert [(p.code, p.where.loop) for p in problems] == [("claim.none-below", "2000B")]


def test_an_unknown_level_is_told() -> None:
    """An HL code of another transaction set is a Problem; the claims below it still come."""
    found, problems = read(HEAD + BILLING + SUBSCRIBER + "HL*3*2*PT*0~" + CLAIM + LINE)
    assert [c.control for c in found.claims] == ["C1"]
    assert [p.code for p in problems] == ["claim.level-unknown"]


@pytest.mark.parametrize(
    ("version", "words"),
    [
        ("005010X223A2", "institutional"),
        ("005010X224A2", "dental"),
        ("004010X096A1", "institutional"),
        ("005010X291", "predetermine"),
    ],
)
def test_other_kinds_of_claim_are_refused_in_one_problem(version: str, words: str) -> None:
    """An 837I or 837D is named for what it is, and nothing is read from it."""
    data = file_of(HEAD + BILLING + SUBSCRIBER + CLAIM + LINE, "837", st03=version)
    problems: list[Problem] = []
    assert list(read_submissions([data], problems)) == []
    (problem,) = problems
    assert problem.code == "claim.not-professional"
    assert words in problem.message


@pytest.mark.parametrize(
    "version", ["005010X222", "005010X222A2", "004010X098A1", "5010", "X223A3"]
)
def test_versions_of_professional_claims_are_read(version: str) -> None:
    """What GS08 and ST03 say of a professional claim is tolerated."""
    data = file_of(HEAD + BILLING + SUBSCRIBER + CLAIM + LINE, "837").replace(
        b"005010X222A1", version.encode()
    )
    problems: list[Problem] = []
    (found,) = read_submissions([data], problems)
    assert (len(found.claims), problems) == (1, [])


def test_another_transaction_is_told() -> None:
    """A remittance given as claims is one Problem."""
    problems: list[Problem] = []
    assert list(read_submissions([file_of("BPR*I~")], problems)) == []
    assert [p.code for p in problems] == ["claim.not-a-claim"]


def test_claims_come_before_the_file_has_ended() -> None:
    """Each claim is given out when it is complete, so memory stays flat."""
    body = (
        HEAD
        + BILLING
        + SUBSCRIBER
        + "".join(CLAIM.replace("C1", f"C{n}") + LINE for n in range(20_000))
    )
    data = file_of(body, "837")
    taken = 0

    def chunks() -> Iterator[bytes]:
        nonlocal taken
        for start in range(0, len(data), 4096):
            taken = start
            yield data[start : start + 4096]

    for interchange in envelope.read(chunks(), []):
        for group in interchange.groups():
            for transaction in group.transactions():
                values = read_837p(transaction)
                header = next(values)
                assert isinstance(header, Submission)
                assert taken < len(data) // 2
                assert sum(1 for _ in values) == 20_000


def test_claims_do_not_show_patients() -> None:
    """Neither the values nor the Problems show who the patient is."""
    made, problems = one(claim=CLAIM.replace("*75*", "*7S*"))
    shown = repr(made) + repr(problems)
    assert not any(word in shown for word in ("FINCH", "ROBIN", "EX0000123", "1970", "M25511"))
