"""835 to values and back."""

import datetime as dt
from decimal import Decimal

import attrs
import pytest
from x12read import remittances, transactions
from x12text import file_of

from edi.claim import Address, Contact, Procedure, Reference
from edi.problem import CODES
from edi.remittance import (
    Amount,
    ClaimPayment,
    Organisation,
    RemittanceHeader,
)
from edi.separators import Separators
from edi.writing import WriteError
from edi.x835 import claim_segments, read_835

D = Decimal
HEAD = (
    "BPR*I*95*C*ACH************20260112~TRN*1*T1*1512345678~N1*PR*HARBOR~N1*PE*RIVERSIDE*XX*1~LX*1~"
)
CLP = "CLP*A1*1*100*50*10*12*P1*11*1~"
SVC = "SVC*HC:97530:GP:59*100*50**2~"


def only(body: str, **more: object) -> ClaimPayment:
    """The one claim of a file with this body after the header."""
    (found,), _ = remittances([file_of(HEAD + body, **more)])
    return found.claims[0]


def codes(body: str) -> list[str]:
    """The problems of reading it."""
    return [problem.code for problem in remittances([file_of(HEAD + body)])[1]]


def test_a_payment_below_zero_is_told() -> None:
    """Money owed to the payer is carried forward in PLB, never paid: a warning."""
    (found,), problems = remittances([file_of(HEAD.replace("BPR*I*95", "BPR*I*-8") + CLP)])
    assert [(p.code, p.level) for p in problems] == [("remit.negative-payment", "warning")]
    assert found.header.paid == D(-8)


def test_header_says_who_pays_whom() -> None:
    """BPR, TRN, dates and both parties with their numbers are kept."""
    body = (
        "BPR*I*95.5*C*ACH*CCP*01*1*DA*2*1512345678**01*3*DA*4*20260112~"
        "TRN*1*T1*1512345678*SUB~CUR*PR*USD~REF*EV*R1~DTM*405*20260110~"
        "N1*PR*HARBOR*XV*61234~N3*1 QUAY*FLOOR 2~N4*PORTLAND*OR*97201~REF*2U*77~"
        "PER*BL*DESK*TE*8005550100*EX*12~N1*PE*RIVERSIDE*XX*1234567893~REF*TJ*93~RDM*BM*X~"
    )
    (found,), problems = remittances([file_of(body)])
    header = found.header
    assert problems == []
    assert (header.paid, header.method, header.payment_date) == (
        D("95.5"),
        "ACH",
        dt.date(2026, 1, 12),
    )
    assert (header.trace, header.originator, header.originator_supplement) == (
        "T1",
        "1512345678",
        "SUB",
    )
    assert header.payment[9] == "2"
    assert header.references == (Reference(qualifier="EV", value="R1"),)
    assert [d.qualifier for d in header.dates] == ["405"]
    assert header.payer == Organisation(
        role="PR",
        name="HARBOR",
        id_qualifier="XV",
        id="61234",
        address=Address(line1="1 QUAY", line2="FLOOR 2", city="PORTLAND", state="OR", zip="97201"),
        references=(Reference(qualifier="2U", value="77"),),
        contacts=(
            Contact(function="BL", name="DESK", numbers=(("TE", "8005550100"), ("EX", "12"))),
        ),
    )
    assert header.payee is not None
    assert header.payee.references == (Reference(qualifier="TJ", value="93"),)
    assert [kept[0] for kept in header.other] == ["CUR", "RDM"]


def test_all_triplets_of_a_cas_are_read() -> None:
    """Six reasons in one CAS are six adjustments, at both levels."""
    cas = "CAS*CO*1*1**2*2*2*3*3**4*4**5*5**6*6*6~"
    claim = only(CLP + cas + SVC + cas)
    amounts = [(a.group, a.reason, a.amount, a.quantity) for a in claim.adjustments]
    assert amounts == [("CO", str(n), D(n), D(n) if n in (2, 6) else None) for n in range(1, 7)]
    assert claim.lines[0].adjustments == claim.adjustments


def test_the_adjustments_of_claim_and_line_stay_apart() -> None:
    """What follows an SVC belongs to it, what precedes it to the claim."""
    claim = only(
        CLP
        + "CAS*OA*23*1~REF*EA*E~DTM*232*20260105~AMT*AU*9~QTY*CA*1~"
        + SVC
        + "DTM*472*20260106~CAS*PR*2*3~REF*6R*L1~AMT*B6*60~QTY*ZK*4~LQ*HE*N130~LQ*RX*75~"
    )
    line = claim.lines[0]
    assert [a.reason for a in claim.adjustments] == ["23"]
    assert [a.reason for a in line.adjustments] == ["2"]
    assert (claim.service_date, line.service_date) == (dt.date(2026, 1, 5), dt.date(2026, 1, 6))
    assert line.control == "L1"
    assert line.procedure == Procedure(qualifier="HC", code="97530", modifiers=("GP", "59"))
    assert line.amounts == (Amount(qualifier="B6", amount=D(60)),)
    assert claim.quantities == (Amount(qualifier="CA", amount=D(1)),)
    assert line.remarks == ("N130",)
    assert line.other == (("LQ", "RX", "75"),)


def test_remarks_of_the_claim_come_from_mia_and_moa() -> None:
    """MOA03 to 07 and MIA05, 20 to 23 hold remark codes, whichever stands first."""
    claim = only(CLP + "MOA*.5*10*MA01*MA18*N1*N2*N3*7~MIA*0*1*2*3*MA15~" + SVC)
    assert claim.remarks == ("MA15", "MA01", "MA18", "N1", "N2", "N3")
    assert claim.outpatient[2] == "10"


def test_positions_count_from_st() -> None:
    """A claim and a line know their segment, ST being the first."""
    claim = only(CLP + "NM1*QC*1*DOE~" + SVC + SVC)
    assert (claim.position, [line.position for line in claim.lines]) == (7, [9, 10])


def test_units_in_the_place_of_the_submitted_procedure() -> None:
    """``**2*2`` puts units where a procedure goes; a bare five-digit code stays a code."""
    line = only(CLP + "SVC*HC:97530*100*50**2*3~").lines[0]
    assert (line.submitted, line.submitted_units) == (None, D(3))
    line = only(CLP + "SVC*HC:97530*100*50**2*97110~").lines[0]
    assert line.submitted == Procedure(qualifier="", code="97110")
    line = only(CLP + "SVC*HC:97530*100*50**2*HC:97110:GP*3~").lines[0]
    assert (line.submitted, line.submitted_units) == (
        Procedure(code="97110", modifiers=("GP",)),
        D(3),
    )


def test_other_separators_give_the_same_values() -> None:
    """Values, kept segments included, do not know which separators the file used."""
    body = CLP + "K3*A:B~" + SVC + "SVC*HC:97110*1*1***HC:97530:GP~NTE*X:Y~"
    marks = Separators(element="|", component=">", repetition="!", terminator="\n")
    assert only(body, marks=marks, end="") == only(body)


def test_segments_without_a_field_are_kept_where_they_stood() -> None:
    """Nothing is dropped: each goes to the ``other`` of its loop, longer ones to ``longer``."""
    claim = only(
        "TS3*1*11*20261231*1*100~" + CLP + "K3*X~NM1*QC*1*DOE*J***MI*7*8*9~" + SVC + "NTE*ADD*Y~"
    )
    assert [kept[0] for kept in claim.other] == ["TS3", "K3"]
    assert [kept[0] for kept in claim.longer] == ["NM1"]
    assert claim.lines[0].other == (("NTE", "ADD", "Y"),)


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ("CLP*A1*1*1OO*50~", "CLP03"),
        ("CLP*A1*1*100*~", "CLP04"),
        ("CLP*A1*1~", "CLP03"),
        ("CLP*A1*1*100*50*x~", "CLP05"),
        (CLP + "CAS*CO*45*1,00~", "CAS03"),
        (CLP + "CAS*CO*45~", "CAS03"),
        (CLP + "CAS*CO*45*1**97*NaN~", "CAS06"),
        (CLP + "CAS*CO*45*1*two~", "CAS04"),
        (CLP + "SVC*HC:97530*1E3*0~", "SVC02"),
        (CLP + "SVC*HC:97530~", "SVC02"),
        (CLP + "SVC*HC:97530*1*0.005~", "SVC03"),
        (CLP + "SVC*HC:97530*1*0**some~", "SVC05"),
    ],
    ids=lambda value: value if len(value) == 5 else "",
)
def test_money_that_cannot_be_read_is_a_fault_of_its_claim(body: str, fault: str) -> None:
    """Such a claim comes out with the fault named, its neighbour untouched, nothing lost."""
    (found,), problems = remittances([file_of(HEAD + body + "CLP*B2*1*5*5~")])
    bad, good = found.claims
    assert fault in bad.faults
    assert good == attrs.evolve(good, control="B2", faults=(), charge=D(5))
    assert fault in {p.where.element for p in problems}
    assert {p.where.claim for p in problems} == {"A1"}
    assert bad.longer or bad.lines[0].longer
    with pytest.raises(WriteError, match=fault):
        claim_segments(bad)


def test_amounts_for_information_are_no_faults() -> None:
    """AMT and QTY are in no equation (RFI 1324), so a bad one never holds up a claim."""
    claim = only(CLP + "AMT*AU*x~QTY*CA~" + SVC)
    assert claim.faults == ()
    assert [kept[0] for kept in claim.other] == ["AMT", "QTY"]
    assert codes(CLP + "AMT*AU*x~QTY*CA~") == ["remit.information"] * 2


def test_amounts_with_zeros_and_spaces_are_exact() -> None:
    """``100.000`` and `` 50 `` are amounts in cents for sure, and read as such."""
    claim = only("CLP*A1*1*100.000* 50 *10~")
    assert (claim.charge, claim.paid, claim.faults) == (D(100), D(50), ())


def test_provider_adjustments_stand_anywhere() -> None:
    """PLB before, between and after claims: all its pairs are kept, the claims too."""
    plb = "PLB*1234567893*20261231*WO:R1*10*L6*-2*72:R2*3**~"
    (found,), problems = remittances([file_of(HEAD + plb + CLP + SVC + plb + CLP)])
    assert problems == []
    assert len(found.claims) == 2
    pairs = [(a.reason, a.reference, a.amount) for a in found.trailer.provider_adjustments]
    assert pairs == [("WO", "R1", D(10)), ("L6", "", D(-2)), ("72", "R2", D(3))] * 2


def test_a_cut_file_keeps_its_claims_and_says_so() -> None:
    """Without its SE a remittance is not complete; what came is there."""
    data = file_of(HEAD + CLP + SVC).split(b"SE*")[0]
    (found,), _ = remittances([data])
    assert len(found.claims) == 1
    assert not found.trailer.complete


def test_an_835_without_anything_still_has_header_and_trailer() -> None:
    """ST and SE alone give a header with its fault named and an empty trailer."""
    (found,), problems = remittances([file_of("")])
    assert found.header.faults == ("BPR02",)
    assert found.trailer.complete
    assert [p.code for p in problems] == ["remit.amount"]


def test_claims_come_out_before_the_file_is_read() -> None:
    """The header and the first claims are there before the end of the transaction arrives."""
    data = file_of(HEAD + (CLP + SVC) * 5000)
    seen = 0

    def chunks() -> object:
        nonlocal seen
        for at in range(0, len(data), 1000):
            seen = at
            yield data[at : at + 1000]

    parts = read_835(next(transactions(chunks(), [])))  # type: ignore[arg-type]
    assert isinstance(next(parts), RemittanceHeader)
    assert isinstance(next(parts), ClaimPayment)
    assert seen < len(data) / 4


def test_no_patient_data_in_reprs_and_messages() -> None:
    """Names, member ids and dates of service never show in a repr or a message."""
    body = (
        CLP
        + "NM1*QC*1*SECRETA*SECRETB****MI*SECRETC~CAS*CO*45*SECRETD~REF*1W*SECRETE~K3*SECRETF~DTM*232*SECRETG~"
    )
    (found,), problems = remittances([file_of(HEAD + body)])
    assert "SECRET" not in repr(found)
    assert "SECRET" not in repr(problems)
    assert {p.code for p in problems} == {"remit.amount", "remit.date"}
    assert {p.code for p in problems} <= set(CODES)
