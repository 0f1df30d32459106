"""States of claims where facts cross: closed, delivered all the same, voids and answers in time."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
from acknowledged_made import a277ca, a999, ak2, claim_said, interchange, take_277ca
from attrs import evolve
from databases import NewUrl
from receive_made import RUN, clp, new_ledger, record, remit, sent, take, x12
from test_claim_states import DENIED, ONE, REJECTED, SHARED, TWO, digest, state, written

from claimline.services import claims
from claimline.services.denials import Query, rows
from claimline.services.rebuild import rebuild
from claimline.services.resend import ResendRequest, resend
from reconcile.ledger import Ledger, SentFile, out_files
from reconcile.ledger.acknowledgements_hand import Rejection, enter

LATER = dt.datetime(2026, 3, 1, 15, tzinfo=dt.UTC)

BY_HAND = Rejection(
    claim=ONE, usage="T", source="payer", reason="no enrollment", on=LATER.date(), user="eva"
)


@pytest.fixture(name="ledger")
def _ledger(new_url: NewUrl) -> Iterator[Ledger]:
    with new_ledger(new_url) as ledger:
        yield ledger


def close(ledger: Ledger, *controls: str, reopen: bool = False) -> None:
    """A person says that nothing is to be done."""
    claims.close(
        ledger, controls, reason="written off", usage="T", reopen=reopen, user="eva", now=LATER
    )


def again(ledger: Ledger, control: int) -> str:
    """The first claim goes again in a file of that number, in the afternoon; gives its digest."""
    made = SentFile(
        data=x12(control=control, group="HC"),
        name=f"{control}.837",
        usage="T",
        sender="US",
        receiver="THEM",
        interchange_control=control,
    )
    with ledger.begin(RUN, at=LATER) as writer:
        out_files.record_again(writer, made, [(1, "0001", 3)])
    return digest(ledger, made.name)


class TestClosed:
    """Closed by a person."""

    def test_with_its_void(self, ledger: Ledger) -> None:
        """A claim is closed by its number although its void has the same one, and both reopen."""
        record(ledger, sent(ONE))
        take(ledger, x12(remit(clp(ONE, SHARED))))
        record(ledger, sent(ONE, frequency="8"), control=9)
        close(ledger, ONE.lower())
        assert state(ledger)[0] == "closed"
        assert state(ledger, frequency="8")[0] == "closed"
        close(ledger, ONE, reopen=True)
        assert state(ledger)[0] == "paid"

    def test_payment_opens_it(self, ledger: Ledger) -> None:
        """An answer that comes later opens it again."""
        record(ledger, sent(ONE))
        close(ledger, ONE)
        assert state(ledger)[0] == "closed"
        take(ledger, x12(remit(clp(ONE, SHARED))))
        assert state(ledger) == ("paid", 0)

    def test_its_lines_are_no_work(self, ledger: Ledger) -> None:
        """A denied claim that a person closed is not on the worklist, until it is opened again."""
        record(ledger, sent(ONE))
        take(ledger, x12(remit(clp(ONE, DENIED))))
        query = Query(on=LATER.date(), usage="T")
        assert [row["claim"] for row in rows(ledger, query)] == [ONE]
        close(ledger, ONE)
        assert list(rows(ledger, query)) == []
        close(ledger, ONE, reopen=True)
        assert [row["claim"] for row in rows(ledger, query)] == [ONE]

    def test_rejection_opens_it(self, ledger: Ledger) -> None:
        """So does a rejection that comes later; one from before does not."""
        record(ledger, sent(ONE), control=7)
        written(ledger, 7)
        take_277ca(ledger, a277ca(claim_said(ONE, REJECTED)))
        close(ledger, ONE)
        assert state(ledger)[0] == "closed"
        with ledger.begin(RUN, at=LATER + dt.timedelta(hours=1)) as writer:
            assert enter(writer, BY_HAND)
        assert state(ledger)[0] == "rejected"


class TestDelivered:
    """What left cannot be taken back, whatever was written down."""

    def test_taken_back_while_it_left(self, ledger: Ledger) -> None:
        """Taken back and delivered at once: it left, and its visits stay billed."""
        record(ledger, sent(ONE), control=7)
        found = written(ledger, 7)
        with ledger.begin(RUN) as writer:
            writer.unsend(found, user="eva", reason="wrong month")
        with ledger.begin(RUN) as writer:
            writer.mark_delivered(found, profile="hub", name="7.837")
        assert state(ledger) == ("sent", 10000)
        assert ledger.known_visits([f"visit {ONE}"], usage="T")


class TestMended:
    """A rejected claim in whose place a new one is made."""

    @pytest.mark.parametrize("words", [("7.837",), (ONE,)], ids=["its file", "by name"])
    def test_goes_no_more(self, ledger: Ledger, tmp_path: Path, words: tuple[str, ...]) -> None:
        """While the new one waits to leave the old one is not sent again: the visit goes once."""
        record(ledger, sent(ONE), control=7)
        written(ledger, 7)
        take(ledger, interchange(a999(7, ak2("0001", "R"), group="R")), name="a.999")
        record(ledger, sent(TWO, family=ONE), control=8)
        assert (state(ledger)[0], state(ledger, TWO)[0]) == ("rejected", "ready")
        request = ResendRequest(words=words, reason="lost", out=tmp_path, now=LATER, dry_run=True)
        done = resend(ledger, request)
        assert (done.files, [one.control for one in done.refused]) == ((), [ONE])
        assert TWO in done.left[0].why
        with ledger.begin(RUN) as writer:
            writer.unsend(digest(ledger, "8.837"), user="eva", reason="not yet")
        assert resend(ledger, request).files[0].claims == (ONE,)

    def test_the_one_at_fault_stays(self, ledger: Ledger, tmp_path: Path) -> None:
        """Of a refused transaction the claim in which the 999 names a fault does not go again."""
        other = sent(TWO, member="W2")
        record(ledger, evolve(sent(ONE), position=10), evolve(other, position=30), control=7)
        written(ledger, 7)
        said = ak2("0001", "R", "IK3*NM1*25*2010BA*8", "IK4*9*67*1")
        take(ledger, interchange(a999(7, said, group="R")), name="a.999")
        request = ResendRequest(words=("7.837",), out=tmp_path, now=LATER, dry_run=True)
        done = resend(ledger, request)
        assert [one.claims for one in done.files] == [(ONE,)]
        assert [one.control for one in done.refused] == [TWO]
        assert "names a fault in this claim" in done.refused[0].why
        done = resend(ledger, evolve(request, reason="their table was wrong"))
        assert [one.claims for one in done.files] == [(ONE, TWO)]


class TestVoid:
    """A void that was rejected voids nothing."""

    def test_rejected(self, ledger: Ledger) -> None:
        """The payer takes its money back by itself: reversed, as without the void."""
        record(ledger, sent(ONE))
        take(ledger, x12(remit(clp(ONE))))
        record(ledger, sent(ONE, frequency="8"), control=9)
        written(ledger, 9)
        take_277ca(ledger, a277ca(claim_said(ONE, REJECTED), batch="0000000090001"))
        assert state(ledger, frequency="8")[0] == "rejected"
        take(ledger, x12(remit(clp(ONE, status="22", sign=-1), trace="B", date="20260301")))
        assert state(ledger) == ("reversed", 10000)


class TestInTime:
    """An answer speaks of no sending that came after it."""

    def test_told_before_it_went_again(self, ledger: Ledger) -> None:
        """Rejected by hand and sent again on one day it is sent, after a rebuild too."""
        record(ledger, sent(ONE), control=7)
        written(ledger, 7)
        with ledger.begin(RUN) as writer:
            assert enter(writer, BY_HAND)
        assert state(ledger)[0] == "rejected"
        found = again(ledger, 8)
        assert state(ledger)[0] == "ready"
        with ledger.begin(evolve(RUN, started=LATER)) as writer:
            writer.mark_written(found, name="8.837")
        assert state(ledger)[0] == "sent"
        assert all(one.equal for one in rebuild(ledger, RUN))
        assert state(ledger)[0] == "sent"
