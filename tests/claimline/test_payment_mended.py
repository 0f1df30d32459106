"""An 835 of which a claim could not be read comes again, mended: that claim is posted, once."""

from collections.abc import Iterator
from decimal import Decimal
from itertools import permutations

import pytest
from databases import NewUrl
from receive_made import RUN, Line, books, clp, new_ledger, record, remit, sent, states, take, x12
from test_claim_states import stands

from claimline.services import proof
from claimline.services.rebuild import rebuild
from reconcile.ledger import Ledger, open_ledger
from reconcile.lifecycle import todo_of

ONE, TWO, THREE = "CT7Q2M9XK4HWA", "CT7Q2M9XK4HWB", "CT7Q2M9XK4HWC"
ZERO = Line(paid="0", cas=("CO*97*100",))


@pytest.fixture
def ledger(ledger_url: str) -> Iterator[Ledger]:
    """An empty ledger."""
    with open_ledger(ledger_url) as opened:
        yield opened


def broken(claim: list[str], figure: str = "2x5") -> list[str]:
    """The claim with an adjustment that is no amount."""
    return [one.replace("CAS*CO*45*25", f"CAS*CO*45*{figure}") for one in claim]


def waits(ledger: Ledger) -> list[tuple[str, str, Decimal]]:
    """What waits for a person: kind, claim, amount."""
    return [(one.kind, one.claim, one.amount) for one in ledger.waiting(usage="T")]


def whole(ledger: Ledger) -> None:
    """The proof closes, and the books made anew are the same."""
    found = proof.of_book(ledger, "T").equations
    wrong = {one.rule.key: one.items for one in found if one.broken}
    assert set(wrong) <= {"claims.kept"}  # the made file of claims is empty
    assert all(one.equal for one in rebuild(ledger, RUN))


class TestMended:
    """The sender sends the payment again under its number, now readable."""

    def test_posted_from_the_mended_file(self, ledger: Ledger) -> None:
        """The claim is posted, the known one passed over, and nothing waits any more."""
        record(ledger, sent(ONE), sent(TWO))
        take(ledger, x12(remit(broken(clp(ONE)), clp(TWO))), "a.835")
        assert waits(ledger) == [("not posted", ONE, Decimal(75))]
        result = take(ledger, x12(remit(clp(ONE), clp(TWO)), control=2), "b.835")
        [told] = result.payments
        assert (told.state, told.posted, told.known, told.aside) == ("posted", 1, 1, 0)
        assert result.status == 0
        assert states(ledger) == {"posted": 2, "superseded": 1}
        assert waits(ledger) == []
        [found] = ledger.story(ONE, usage="T")
        assert [one.paid for one in found.adjudications] == [Decimal(75)]
        whole(ledger)

    def test_first_copy_again_changes_nothing(self, ledger: Ledger) -> None:
        """The faulty copy in another envelope is the same payment again: done."""
        record(ledger, sent(ONE), sent(TWO))
        faulty = remit(broken(clp(ONE)), clp(TWO))
        take(ledger, x12(faulty), "a.835")
        take(ledger, x12(remit(clp(ONE), clp(TWO)), control=2), "b.835")
        before = books(ledger)
        for data in (x12(faulty), x12(faulty, control=3)):
            [told] = take(ledger, data, "c.835").payments
            assert (told.posted, told.not_posted, told.needs_person) == (0, 0, False)
        assert books(ledger) == before
        whole(ledger)

    def test_any_order(self, new_url: NewUrl) -> None:
        """Faulty twice, then mended, in any order: the same books, and nothing waits."""
        copies = [
            remit(broken(clp(ONE)), clp(TWO)),
            remit(broken(clp(ONE), "3x5"), clp(TWO)),
            remit(clp(ONE), clp(TWO)),
        ]
        files = [x12(one, control=n) for n, one in enumerate(copies, 1)]
        seen = []
        for order in permutations(files):
            with new_ledger(new_url) as ledger:
                record(ledger, sent(ONE), sent(TWO))
                for data in order:
                    assert take(ledger, data).payments[0].aside == 0
                assert states(ledger) == {"posted": 2, "superseded": 2}
                assert waits(ledger) == []
                seen.append(books(ledger))
                whole(ledger)
        assert all(one == seen[0] for one in seen)

    def test_denied_claim(self, ledger: Ledger) -> None:
        """A claim that pays nothing is mended too: no money tells the two apart."""
        record(ledger, sent(ONE, ZERO), sent(TWO))
        bad = [one.replace("CAS*CO*97*100", "CAS*CO*97*1x0") for one in clp(ONE, ZERO)]
        take(ledger, x12(remit(bad, clp(TWO))), "a.835")
        take(ledger, x12(remit(clp(ONE, ZERO), clp(TWO)), control=2), "b.835")
        assert states(ledger) == {"posted": 2, "superseded": 1}
        assert waits(ledger) == []
        whole(ledger)

    def test_amount_of_the_claim(self, ledger: Ledger) -> None:
        """CLP04 itself could not be read: the payment adds up once it can."""
        record(ledger, sent(ONE), sent(TWO))
        bad = [one.replace("*100*75**", "*100*7x5**") for one in clp(ONE)]
        assert bad != clp(ONE)
        good = remit(clp(ONE), clp(TWO))
        faulty = [one.replace("*100*75**", "*100*7x5**") if ONE in one else one for one in good]
        take(ledger, x12(faulty), "a.835")
        take(ledger, x12(good, control=2), "b.835")
        assert states(ledger) == {"posted": 2, "superseded": 1}
        assert waits(ledger) == []
        whole(ledger)

    def test_difference_of_the_payment_stays(self, ledger: Ledger) -> None:
        """A payment that never added up is mended all the same; its difference is still told."""
        record(ledger, sent(ONE), sent(TWO))
        take(ledger, x12(remit(broken(clp(ONE)), clp(TWO), paid="160")), "a.835")
        take(ledger, x12(remit(clp(ONE), clp(TWO), paid="160"), control=2), "b.835")
        assert states(ledger) == {"posted": 2, "superseded": 1}
        assert waits(ledger) == [("unbalanced", "", Decimal(-10))]
        whole(ledger)


class TestTold:
    """Until it comes again, the claim is told with its payment, and everywhere the same step."""

    def test_payment_names_the_claim(self, ledger: Ledger) -> None:
        """The payment's number leads to the claim that could not be read, too."""
        record(ledger, sent(ONE), sent(TWO))
        take(ledger, x12(remit(broken(clp(ONE)), clp(TWO))), "a.835")
        [found] = ledger.find("EFT1")
        assert found.families == (ONE, TWO)

    def test_same_step(self, ledger: Ledger) -> None:
        """``claims`` and ``trace`` ask for a readable file as ``ledger waiting`` does."""
        record(ledger, sent(ONE))
        take(ledger, x12(remit(broken(clp(ONE)))), "a.835")
        [waiting] = ledger.waiting(usage="T")
        todo = todo_of("accepted", "answer not readable")
        for step in (waiting.next_step, todo):
            assert "in a file that can be read, under the same payment number" in step
            assert "match" not in step
        stand = stands(ledger)[ONE, "1"]
        assert (stand.state, stand.event) == ("accepted", "answer not readable")


class TestNotMended:
    """What is not certainly the same answer is not taken for it."""

    @pytest.mark.parametrize(
        "other",
        [
            pytest.param(clp(ONE, Line(charge="90", paid="60", cas=("CO*45*30",))), id="charge"),
            pytest.param(clp(ONE, status="2"), id="status"),
            pytest.param(clp(ONE, Line(paid="70", cas=("CO*45*30",))), id="paid"),
        ],
    )
    def test_another_answer_is_kept_aside(self, ledger: Ledger, other: list[str]) -> None:
        """Another charge, status or amount is another answer: what is aside is told, no more."""
        record(ledger, sent(ONE), sent(TWO))
        take(ledger, x12(remit(broken(clp(ONE)), clp(TWO))), "a.835")
        [told] = take(ledger, x12(remit(other, clp(TWO), paid="150"), control=2)).payments
        assert (told.state, told.known, told.aside) == ("aside", 1, 1)
        paid = Decimal(other[0].split("*")[4])
        assert ("aside", "", paid) in waits(ledger)
        assert ("not posted", ONE, Decimal(75)) in waits(ledger)
        whole(ledger)

    def test_second_part_of_a_payment(self, ledger: Ledger) -> None:
        """A part with the same claim number that the sum asks for stands beside what is faulty."""
        record(ledger, sent(ONE), sent(TWO))
        take(ledger, x12(remit(broken(clp(ONE)), paid="150")), "a.835")
        take(ledger, x12(remit(clp(ONE), paid="150"), control=2), "b.835")
        assert states(ledger) == {"posted": 1, "not posted": 1}
        whole(ledger)

    def test_estimate_is_no_faulty_copy(self, ledger: Ledger) -> None:
        """CLP02 25 decides nothing, however it reads: nothing takes its place."""
        record(ledger, sent(ONE), sent(TWO))
        take(ledger, x12(remit(clp(ONE, status="25"), clp(TWO))), "a.835")
        take(ledger, x12(remit(clp(ONE), clp(TWO)), control=2), "b.835")
        assert "superseded" not in states(ledger)
