"""A replacement whose own answer was taken back: the claim before it stands again meanwhile."""

from collections.abc import Iterator

import pytest
from databases import NewUrl
from receive_made import RUN, Line, clp, new_ledger, record, remit, sent, take, x12
from test_claim_states import DENIED, ONE, SHARED, THREE, TWO, state

from claimline.__main__ import main
from claimline.services.rebuild import rebuild
from reconcile.ledger import Ledger
from reconcile.ledger.counted_on import counted_on, waiting
from reconcile.ledger.sent import load as load_claims
from reconcile.ledger.tables import sent_claim


@pytest.fixture(name="ledger")
def _ledger(new_url: NewUrl) -> Iterator[Ledger]:
    with new_ledger(new_url) as ledger:
        yield ledger


def answer(ledger: Ledger, control: str, line: Line, *, day: str, back: bool = False) -> None:
    """An answer of that day, or its reversal."""
    sign, status = (-1, "22") if back else (1, "1")
    one = clp(control, line, sign=sign, status=status, icn=control[:4])
    plb = [f"PLB*1234567893*20261231*FB:X*-{line.paid}"] if back and line.paid != "0" else []
    take(ledger, x12(remit(one, trace=f"T{day}", date=day, plb=plb)), f"{day}.835")


@pytest.mark.parametrize("frequency", ["7", "1"], ids=["replacement", "new-claim"])
def test_the_claim_before_stands_again(ledger: Ledger, frequency: str) -> None:
    """Denied, replaced and paid; the payment taken back: denied again, until decided anew."""
    record(ledger, sent(ONE))
    answer(ledger, ONE, DENIED, day="20260201")
    record(ledger, sent(TWO, family=ONE, frequency=frequency), control=9)
    answer(ledger, TWO, SHARED, day="20260301")
    assert (state(ledger), state(ledger, TWO, frequency)) == (("replaced", 0), ("paid", 0))
    answer(ledger, TWO, SHARED, day="20260308", back=True)
    assert (state(ledger), state(ledger, TWO, frequency)) == (("denied", 0), ("reversed", 10000))
    assert all(one.equal for one in rebuild(ledger, RUN))
    answer(ledger, TWO, SHARED, day="20260315")
    assert (state(ledger), state(ledger, TWO, frequency)) == (("replaced", 0), ("paid", 0))


def test_of_several_the_newest_that_stands(ledger: Ledger) -> None:
    """Of two replacements the one that is taken back gives way to the one before it."""
    record(ledger, sent(ONE))
    answer(ledger, ONE, DENIED, day="20260201")
    record(ledger, sent(TWO, family=ONE, frequency="7"), control=9)
    answer(ledger, TWO, DENIED, day="20260215")
    record(ledger, sent(THREE, family=ONE, frequency="7"), control=10)
    answer(ledger, THREE, SHARED, day="20260301")
    answer(ledger, THREE, SHARED, day="20260308", back=True)
    found = [state(ledger), state(ledger, TWO, "7"), state(ledger, THREE, "7")]
    assert [one for one, _ in found] == ["replaced", "denied", "reversed"]


def test_a_correction_refused_as_a_copy_is_not_waited_for(ledger: Ledger) -> None:
    """The first answer is taken back, the correction came as a duplicate: the charge counts once."""
    record(ledger, sent(ONE))
    answer(ledger, ONE, SHARED, day="20260201")
    record(ledger, sent(TWO, family=ONE, frequency="7"), control=9)
    answer(ledger, TWO, Line(paid="0", cas=("OA*18*100",)), day="20260215")
    answer(ledger, ONE, SHARED, day="20260308", back=True)
    assert (state(ledger), state(ledger, TWO, "7")[0]) == (("reversed", 10000), "accepted")
    with ledger.reading() as connection:
        assert waiting(connection, [ONE], "T") == {}
        assert counted_on(connection, load_claims(connection, sent_claim.c.id > 0), "T") == {2: ONE}


def test_the_story_says_what_each_claim_is(
    ledger: Ledger, capsys: pytest.CaptureFixture[str]
) -> None:
    """A void has the number of its claim: the head of each story tells them apart."""
    record(ledger, sent(ONE))
    for number, one in enumerate(
        (sent(ONE, frequency="8"), sent(TWO, family=ONE), sent(THREE, family=ONE, frequency="7"))
    ):
        record(ledger, one, control=10 + number)
    main(["trace", ONE, "--ledger", ledger.url.render_as_string(hide_password=False)])
    told = " ".join(capsys.readouterr().out.split())
    assert f"Claim {ONE} (test, found by" in told
    assert f"Claim {ONE} (its void, test, found by" in told
    assert f"Claim {TWO} (new claim in place of {ONE}, test, found by" in told
    assert f"Claim {THREE} (replacement of {ONE}, test, found by" in told
