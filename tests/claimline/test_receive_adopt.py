"""837P files made elsewhere are taken over as sent: added, never overwritten."""

from collections.abc import Iterator
from decimal import Decimal

import pytest
from databases import NewUrl
from receive_made import DAY, Line, books, clp, new_ledger, record, remit, sent, states, take, x12

from claimline.services.payer_facts import Facts
from claimline.services.verify import verify
from reconcile.ledger import Ledger
from reconcile.ledger.journal_check import Fault, check
from reconcile.ledger.proof import prove

ONE, TWO = "OLDSYSTEM0001", "OLDSYSTEM0002"


@pytest.fixture(name="ledger")
def _ledger(new_url: NewUrl) -> Iterator[Ledger]:
    with new_ledger(new_url) as ledger:
        yield ledger


def claim(
    control: str,
    *,
    charge: str = "100",
    day: str = "20260105",
    frequency: str = "1",
    line_control: str = "L1",
    original: str = "",
) -> list[str]:
    """The segments of one claim of one 97530 line."""
    found = [f"CLM*{control}*{charge}***11:B:{frequency}*Y*A*Y*Y"]
    found += [f"REF*F8*{original}"] if original else []
    found += ["HI*ABK:M25511", "LX*1", f"SV1*HC:97530:GP*{charge}*UN*1***1"]
    found += [f"DTP*472*D8*{day}"] if day else []
    return [*found, f"REF*6R*{line_control}"] if line_control else found


def batch(*claims: list[str], se: str = "") -> list[str]:
    """One 837P transaction of these claims, all of one patient."""
    body = [
        "BHT*0019*00*1*20260106*0800*CH",
        "NM1*41*2*OLD SYSTEM*****46*OLD",
        "PER*IC*HELP*TE*5551234567",
        "NM1*40*2*PAYER*****46*PAYER",
        "HL*1**20*1",
        "NM1*85*2*EXAMPLE THERAPY*****XX*1234567893",
        "N3*1 MAIN ST",
        "N4*HARTFORD*CT*061561234",
        "REF*EI*123456789",
        "HL*2*1*22*0",
        "SBR*P*18*******CI",
        "NM1*IL*1*DOE*JANE****MI*W1",
        "N3*2 MAIN ST",
        "N4*HARTFORD*CT*061561234",
        "DMG*D8*19800101*F",
        "NM1*PR*2*AETNA*****PI*60054",
        *(segment for one in claims for segment in one),
    ]
    st = "ST*837*0001*005010X222A1"
    return [st, *body, se or f"SE*{len(body) + 2}*0001"]


def file_of(*claims: list[str], control: int = 1, usage: str = "T", se: str = "") -> bytes:
    """An 837P file."""
    return x12(
        batch(*claims, se=se), control=control, usage=usage, group="HC", version="005010X222A1"
    )


def test_taken_over_and_answered(ledger: Ledger) -> None:
    """A claim of another system is known as sent, and its remittance is posted to it."""
    result = take(ledger, file_of(claim(ONE)))
    assert (result.adopted[0].adopted, result.status) == (1, 0)
    story = ledger.story(ONE, usage="T")[0]
    assert (story.origin, story.sent.claim.payer_id, story.sent.claim.member_id) == (
        "adopted",
        "60054",
        "W1",
    )
    take(ledger, x12(remit(clp(ONE, Line(control="L1")))))
    answer = ledger.story(ONE, usage="T")[0].adjudications[0]
    assert (answer.lines[0].line, answer.lines[0].paid) == ("L1", Decimal("75.00"))


def test_again_is_a_no_op(ledger: Ledger) -> None:
    """The same file, or the same claims in another file, change nothing and say so."""
    take(ledger, file_of(claim(ONE), claim(TWO)))
    before = ledger.status()
    again = take(ledger, file_of(claim(ONE), claim(TWO)))
    assert (again.state, again.adopted[0].known, again.status) == ("known", 2, 0)
    assert ledger.status() == before
    other = take(ledger, file_of(claim(TWO), claim(ONE), control=2))
    assert (other.adopted[0].adopted, other.adopted[0].known) == (0, 2)
    assert ledger.status().lines == 2


def test_never_overwritten(ledger: Ledger) -> None:
    """Other content under a number of that day is left out and told; the first one stays."""
    take(ledger, file_of(claim(ONE)))
    result = take(ledger, file_of(claim(ONE, charge="999"), claim(TWO), control=2))
    assert (result.adopted[0].conflicting, result.adopted[0].adopted) == ((ONE,), 1)
    assert [p.code for p in result.problems] == ["sent.same-number"]
    assert result.status == 1
    assert [s.sent.claim.charge for s in ledger.story(ONE, usage="T")] == [Decimal(100)]


def test_our_own_file_comes_back(ledger: Ledger) -> None:
    """A file we made ourselves is recognised by its bytes; nothing changes."""
    record(ledger, sent("AAAAAAAAAAAA1"), control=5)
    before = ledger.status()
    result = take(ledger, x12(control=5, group="HC"))
    assert (result.state, result.status) == ("known", 0)
    assert "made by claimline bill" in result.message
    assert ledger.status() == before


def test_number_used_for_another_day(ledger: Ledger) -> None:
    """Where claims are numbered by account, each day is a claim of its own."""
    days = ("20260105", "20260112")
    take(ledger, file_of(*(claim("ACCOUNT00017", day=day, line_control="") for day in days)))
    assert len(ledger.story("ACCOUNT00017", usage="T")) == 2


@pytest.mark.parametrize("line_control", ["", "SAME"])
def test_lines_without_a_number_of_their_own(ledger: Ledger, line_control: str) -> None:
    """Lines sent without line control numbers, or with equal ones, are told apart by LX."""
    one = claim(ONE, charge="50", line_control=line_control)
    second = [
        segment.replace("LX*1", "LX*2").replace("97530", "97110")
        for segment in one
        if not segment.startswith(("CLM", "HI"))
    ]
    both = [segment.replace("CLM*OLDSYSTEM0001*50", "CLM*OLDSYSTEM0001*100") for segment in one]
    take(ledger, file_of([*both, *second]))
    lines = ledger.story(ONE, usage="T")[0].sent.claim.lines
    assert [line.control for line in lines] == ["#1", "#2"]


def test_not_whole(ledger: Ledger) -> None:
    """Of a transaction that is not whole nothing is taken over."""
    result = take(ledger, file_of(claim(ONE), se="SE*3*0001"))
    assert (result.adopted[0].state, result.status) == ("incomplete", 1)
    assert ledger.find(ONE) == ()
    with ledger.reading() as connection:
        assert [one for one in check(connection) if isinstance(one, Fault)] == []


def test_without_a_date(ledger: Ledger) -> None:
    """A claim without any date of service is left out and told; the others are taken over."""
    result = take(ledger, file_of(claim(ONE, day=""), claim(TWO)))
    assert result.adopted[0].adopted == 1
    assert "sent.no-date" in [p.code for p in result.problems]


def test_figures_of_the_sender_that_do_not_add_up(ledger: Ledger) -> None:
    """A claim charged otherwise than its lines is told; the books close and verify all the same."""
    first, second = claim(ONE), claim(TWO)
    second[0] = second[0].replace("*100*", "*60*")
    result = take(ledger, file_of(first, second))
    assert [p.code for p in result.problems if p.where.claim == TWO] == ["sent.unbalanced"]
    assert result.status == 0
    with ledger.reading() as connection:
        assert prove(connection, "T").closes
    take(ledger, x12(remit(clp(TWO, Line(control="L1")))))
    with ledger.reading() as connection:
        assert prove(connection, "T").closes
    assert verify(ledger).equal


def test_a_number_twice_in_one_file(ledger: Ledger) -> None:
    """Of one number twice in a file the first stays, and the ledger is what its file makes."""
    result = take(ledger, file_of(claim(ONE), claim(ONE, charge="60"), claim(ONE, charge="70")))
    assert [p.code for p in result.problems] == ["sent.same-number"] * 2
    found = verify(ledger)
    assert found.equal, found.differences


def test_replacement_joins_its_family(ledger: Ledger) -> None:
    """A replacement that names the payer's claim number belongs to that claim."""
    take(ledger, file_of(claim(ONE)))
    take(ledger, x12(remit(clp(ONE, Line(control="L1"), icn="P123"))))
    take(ledger, file_of(claim(TWO, frequency="7", original="P123"), control=2))
    assert [s.sent.claim.control for s in ledger.story(ONE, usage="T")] == [ONE, TWO]


def test_void_under_the_same_number(ledger: Ledger) -> None:
    """A void has its original's number and is a claim of the same family."""
    take(ledger, file_of(claim(ONE)))
    result = take(ledger, file_of(claim(ONE, frequency="8"), control=2))
    assert result.adopted[0].adopted == 1
    assert [s.sent.claim.frequency for s in ledger.story(ONE, usage="T")] == ["1", "8"]


def test_order_of_claims_and_payments(new_url: NewUrl) -> None:
    """Payments that came before the claims are posted once these are taken over."""
    claims = file_of(claim(ONE), claim(TWO, line_control="L2"))
    lines = Line(control="L1"), Line(control="L2")
    payment = x12(remit(clp(ONE, lines[0]), clp(TWO, lines[1], icn="ICN2")))
    seen = []
    for order in ((claims, payment), (payment, claims)):
        with new_ledger(new_url) as ledger:
            for data in order:
                take(ledger, data)
            assert states(ledger) == {"posted": 2}
            seen.append(books(ledger))
    assert seen[0] == seen[1]


def test_no_patient_in_the_key(ledger: Ledger) -> None:
    """The patient's key tells nobody who it is, and is the same for the same patient."""
    take(ledger, file_of(claim(ONE), claim(TWO)))
    keys = {ledger.story(c, usage="T")[0].sent.claim.patient for c in (ONE, TWO)}
    assert len(keys) == 1
    assert "DOE" not in keys.pop()


def family_of(ledger: Ledger, control: str) -> str:
    """The payer's family as the worklist takes it."""
    (sent_claim,) = ledger.story(control, usage="T")
    return Facts(ledger, None, DAY).of(sent_claim.sent.claim, "").family


@pytest.mark.parametrize(
    ("indicator", "family"),
    [
        ("MB", "medicare-b"),
        ("MC", "medicaid"),
        ("16", "medicare-advantage"),
        ("CI", "commercial"),
        ("WC", "workers-comp"),
        ("CH", "tricare"),
        ("VA", "va"),
        ("HM", ""),
        ("ZZ", ""),
        ("", ""),
    ],
)
def test_the_filing_indicator_says_the_family(ledger: Ledger, indicator: str, family: str) -> None:
    """SBR09 decides the payer's road of claims sent elsewhere; where it says none, none is guessed."""
    data = file_of(claim(ONE)).replace(b"SBR*P*18*******CI", f"SBR*P*18*******{indicator}".encode())
    take(ledger, data)
    assert family_of(ledger, ONE) == family


def test_a_payer_of_two_families_has_none(ledger: Ledger) -> None:
    """One id with commercial and Medicare plans: the id does not say the road, also later."""
    for number, (control, indicator) in enumerate(((ONE, b"CI"), (TWO, b"16"), ("OLD3", b"CI"))):
        data = file_of(claim(control), control=number + 1)
        take(ledger, data.replace(b"*******CI", b"*******" + indicator))
    assert family_of(ledger, ONE) == family_of(ledger, "OLD3") == ""


def test_same_claim_to_the_next_payer(ledger: Ledger) -> None:
    """A claim sent on to the patient's next payer is the claim that is there, no conflict."""
    data = file_of(claim("AAAAAAAAAAAA1"))
    take(ledger, data)
    text = data.decode()
    payer = next(one for one in text.split("~\n") if one.startswith("NM1*PR"))
    other = text.replace("SBR*P", "SBR*S").replace(payer, payer.replace("60054", "99999"))
    assert other.count("SBR*S") == 1
    assert "99999" in other
    again = take(ledger, other.encode(), "secondary.837")
    assert (again.adopted[0].known, again.adopted[0].conflicting, again.status) == (1, (), 0)
    assert len(ledger.story("AAAAAAAAAAAA1", usage="T")) == 1


def test_what_was_left_out_is_told_each_time(ledger: Ledger) -> None:
    """A cut 837P, and claims that conflict, need a person as often as they are given."""
    take(ledger, file_of(claim("AAAAAAAAAAAA1")))
    for data, state in (
        (file_of(claim("BBBBBBBBBBBB2"), se="SE*99*0001", control=2), "incomplete"),
        (file_of(claim("AAAAAAAAAAAA1", charge="90"), control=3), "conflict"),
    ):
        for _ in range(2):
            result = take(ledger, data)
            assert (result.adopted[0].state, result.adopted[0].adopted) == (state, 0)
            assert result.status == 1
            assert any(one.code.startswith("sent.") for one in result.problems)


def test_institutional_claims_are_named_each_time(ledger: Ledger) -> None:
    """An 837I is said for what it is, and needs a person, as often as it is given."""
    data = x12(["ST*837*0001*005010X223A2", "SE*2*0001"], group="HC", version="005010X223A2")
    for _ in range(2):
        result = take(ledger, data)
        assert result.status == 1
        assert "institutional claims (837I)" in result.problems[-1].message
