"""A 277CA we write is right by our checker and by pyx12, and is read back as it was said."""

import datetime as dt

import pytest
from claims_made import claim
from pyx12_judge import judge
from x12read import transactions

from edi.check import check
from edi.claim import Party
from edi.writing import Envelope, WriteError
from edi.x277ca import read_277ca
from edi.x277ca_write import BatchVerdict, ClaimVerdict, Status, write_277ca

DAY = dt.date(2026, 1, 15)
BACK = Envelope(
    sender_qualifier="ZZ",
    sender_id="RELAY",
    receiver_qualifier="ZZ",
    receiver_id="CLINIC",
    group_sender="RELAY",
    group_receiver="CLINIC",
    created=dt.datetime.fromisoformat("2026-01-15T08:00"),
    control=7,
    group_control=7,
    usage="T",
)
TAKEN = Status(category="A2", status="20")
REFUSED = Status(category="A7", status="562", entity="85", action="U", text="NPI UNKNOWN")


def batch(*statuses: Status, whole: Status | None = None) -> BatchVerdict:
    """A batch of claims, one for each status."""
    verdicts = tuple(
        ClaimVerdict(claim=claim(control=f"C{n}"), statuses=(status,), payer_control=f"ICN{n}")
        for n, status in enumerate(statuses, 1)
    )
    return BatchVerdict(
        source=Party(role="PR", is_person=False, name="PAYER", id_qualifier="PI", id="60054"),
        reference="P1",
        submitter=Party(
            role="41", is_person=False, name="CLINIC", id_qualifier="46", id="SUBMIT01"
        ),
        batch="BATCH1",
        received=DAY,
        processed=DAY,
        claims=verdicts,
        **({"status": whole} if whole else {}),
    )


def test_it_is_right_and_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Accepted and rejected claims stand in it with their numbers, statuses, counts."""
    data = write_277ca(BACK, [batch(TAKEN, REFUSED)])
    assert check([data]).problems == ()
    assert [words for one in judge(data.decode(), monkeypatch) for words in one] == []
    [found] = [read_277ca(one) for one in transactions([data], [])]
    assert (found.source, found.reference, found.date) == ("payer", "P1", DAY)
    whole, _, *claims = found.things
    assert (whole.verdict, whole.batch, whole.accepted) == ("partly accepted", "BATCH1", 1)
    assert [(t.claim, t.verdict, t.payer_control) for t in claims] == [
        ("C1", "accepted", "ICN1"),
        ("C2", "rejected", "ICN2"),
    ]
    assert claims[1].text == "NPI UNKNOWN"
    assert claims[1].statuses[0].entity == "85"


def test_a_batch_may_be_rejected_whole() -> None:
    """HL 21 rejected: no provider and no claim below it, all of them counted as rejected."""
    refused = Status(category="A3", status="24", entity="41", action="U")
    data = write_277ca(BACK, [batch(TAKEN, TAKEN, whole=refused)])
    assert check([data]).problems == ()
    [[thing]] = [read_277ca(one).things for one in transactions([data], [])]
    assert (thing.level, thing.verdict, thing.rejected) == ("transaction", "rejected", 2)


def test_an_empty_batch_is_refused() -> None:
    """There is nothing to say of no claims."""
    with pytest.raises(WriteError, match="at least one claim"):
        write_277ca(BACK, [batch()])
