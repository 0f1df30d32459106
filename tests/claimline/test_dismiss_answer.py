"""An acknowledgement that fits nothing of ours: a person's word ends its waiting, and no more."""

import datetime as dt
from collections.abc import Iterator

import pytest
from acknowledged_made import a277ca, claim_said, interchange, record, sent, take

from claimline.errors import WrongUsageError
from claimline.services.dismiss import dismiss
from claimline.services.rebuild import rebuild
from reconcile.ledger import Ledger, Run, open_ledger
from reconcile.ledger.acknowledgements_read import heard_of

NOW = dt.datetime(2026, 3, 9, 12, tzinfo=dt.UTC)
ANSWER = interchange(
    a277ca(claim_said("LATER0001X", "A2:20*20260303*WQ*100")), group="HN", version="005010X214"
)


@pytest.fixture(name="ledger")
def _ledger(ledger_url: str) -> Iterator[Ledger]:
    """A ledger to which an answer came that speaks of no claim of ours."""
    with open_ledger(ledger_url) as opened:
        record(opened, sent("C0000001X"), control=77)
        take(opened, ANSWER, name="strange.277")
        yield opened


def _dismissed(ledger: Ledger, *, undo: bool = False) -> tuple[str, ...]:
    reason = "after all ours" if undo else "another practice's"
    return dismiss(ledger, "strange.277", None, reason=reason, user="pat", now=NOW, undo=undo)


def _waits(ledger: Ledger) -> list[str]:
    return [one.kind for one in ledger.waiting(usage="T")]


def test_it_waits_no_longer_and_can_be_taken_back(ledger: Ledger) -> None:
    """Both stay in the ledger; nothing that is derived differs when made again."""
    assert _waits(ledger) == ["acknowledgement"]
    assert _dismissed(ledger) == ("strange.277, 277CA of EXAMPLE PAYER",)
    assert _waits(ledger) == []
    made = rebuild(ledger, Run(command="ledger rebuild", version="test", started=NOW))
    assert all(one.equal for one in made)
    assert _waits(ledger) == []
    _dismissed(ledger, undo=True)
    assert _waits(ledger) == ["acknowledgement"]


def test_it_is_joined_all_the_same_when_its_claim_comes(ledger: Ledger) -> None:
    """Dismissing says that nobody has to look, not that it is untrue."""
    _dismissed(ledger)
    record(ledger, sent("LATER0001X"), control=78)
    with ledger.reading() as connection:
        found = heard_of(connection, [2])
    assert [one.verdict for one in found[2]] == ["accepted"]


@pytest.mark.parametrize("undo", [False, True])
def test_what_does_not_wait_so_is_refused(ledger: Ledger, undo: bool) -> None:
    """Dismissed twice, or taken back what was not dismissed."""
    if not undo:
        _dismissed(ledger)
    with pytest.raises(WrongUsageError, match=r"nothing of strange\.277 waits so"):
        _dismissed(ledger, undo=undo)
