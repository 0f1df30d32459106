"""Payments that were cut off: no figure cut in its middle counts, whole ones take their place."""

import datetime as dt

import pytest
from databases import NewUrl
from receive_made import RUN, clp, new_ledger, record, remit, sent, take, x12

from claimline.errors import WrongUsageError
from claimline.services.dismiss import dismiss
from claimline.services.rebuild import rebuild
from reconcile.ledger import Ledger

ONE = "AAAAAAAAAAAA11"
WHOLE = x12(remit(clp(ONE), trace="26031670110002"))
NOW = dt.datetime(2026, 3, 18, tzinfo=dt.UTC)
CUTS = [
    pytest.param(b"BPR*I*7", id="in BPR02"),
    pytest.param(b"TRN*1*260316701", id="in TRN02"),
    pytest.param(b"TRN*1*26031670110002*15123456", id="in TRN03"),
    pytest.param(b"CLP*AAAA", id="in a CLP"),
    pytest.param(b"SE*", id="in SE"),
]


def _cut(after: bytes) -> bytes:
    assert after in WHOLE
    return WHOLE[: WHOLE.index(after) + len(after)]


def _waits(ledger: Ledger) -> list[str]:
    return [one.kind for one in ledger.waiting(usage="T")]


def _proved(ledger: Ledger) -> dict[str, str]:
    from reconcile.ledger.proof import prove

    with ledger.reading() as connection:
        proof = prove(connection, "T")
    paid = [one for one in proof.equations if one.rule.key.startswith("remits.")]
    assert paid
    assert not any(one.broken for one in paid)
    return {name: str(amount) for name, amount in proof.places}


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize("first", ["cut", "whole"])
def test_what_came_whole_takes_the_place_of_what_was_cut(
    new_url: NewUrl, cut: bytes, first: str
) -> None:
    """A file cut off anywhere waits no longer and counts nowhere once the whole one is here."""
    with new_ledger(new_url) as ledger:
        record(ledger, sent(ONE))
        given = [(_cut(cut), "cut.835"), (WHOLE, "whole.835")]
        for data, name in given if first == "cut" else reversed(given):
            take(ledger, data, name)
        assert _waits(ledger) == []
        places = _proved(ledger)
        assert places["BPR02 of all payments, each once"] == places["on lines of claims"]
        assert all(one.equal for one in rebuild(ledger, RUN))
        assert _waits(ledger) == []


def test_no_amount_of_a_payment_without_a_number_counts(new_url: NewUrl) -> None:
    """What is cut before the number of the payment is in no sum, and waits without an amount."""
    with new_ledger(new_url) as ledger:
        for cut in (b"BPR*I*7", b"TRN*1*260316701"):
            take(ledger, _cut(cut), f"{len(cut)}.835")
        assert _waits(ledger) == ["incomplete", "incomplete"]
        assert not any(one.amount for one in ledger.waiting(usage="T"))
        assert _proved(ledger)["BPR02 of all payments, each once"] == "0.00"


def test_another_payment_of_those_control_numbers_is_not_the_whole_one(new_url: NewUrl) -> None:
    """Control numbers used again do not make a later payment the rest of one that was cut."""
    other = WHOLE.replace(b"*0800*", b"*0930*").replace(b"26031670110002", b"99")
    with new_ledger(new_url) as ledger:
        record(ledger, sent(ONE))
        take(ledger, _cut(b"BPR*I*7"), "cut.835")
        take(ledger, other, "other.835")
        assert _waits(ledger) == ["incomplete"]


def test_a_person_dismisses_what_never_comes_whole(new_url: NewUrl) -> None:
    """Dismissed, it waits no longer and counts nowhere, also in books made anew; undone, it waits."""
    with new_ledger(new_url) as ledger:
        take(ledger, _cut(b"CLP*AAAA"), "cut.835")
        said = {"reason": "no such payment", "user": "ann", "now": NOW}
        assert dismiss(ledger, "cut.835", None, **said) == (  # type: ignore[arg-type]  # as said
            "cut.835, payment 26031670110002",
        )
        assert _waits(ledger) == []
        assert _proved(ledger)["BPR02 of all payments, each once"] == "0.00"
        assert all(one.equal for one in rebuild(ledger, RUN))
        assert _waits(ledger) == []
        with pytest.raises(WrongUsageError):
            dismiss(ledger, "cut.835", None, **said)  # type: ignore[arg-type]  # as said
        dismiss(ledger, "cut.835", None, undo=True, **said)  # type: ignore[arg-type]  # as said
        assert _waits(ledger) == ["incomplete"]


def test_dismissed_and_taken_back_after_it_came_whole(new_url: NewUrl) -> None:
    """What came whole while it was dismissed waits for nobody when the dismissal is taken back."""
    with new_ledger(new_url) as ledger:
        record(ledger, sent(ONE))
        take(ledger, _cut(b"CLP*AAAA"), "cut.835")
        said = {"reason": "no such payment", "user": "ann", "now": NOW}
        dismiss(ledger, "cut.835", None, **said)  # type: ignore[arg-type]  # as said
        take(ledger, WHOLE, "whole.835")
        dismiss(ledger, "cut.835", None, undo=True, **said)  # type: ignore[arg-type]  # as said
        assert _waits(ledger) == []
        assert all(one.equal for one in rebuild(ledger, RUN))
