"""Which file an acknowledgement means: a number alone is no proof, and what contradicts is told."""

from collections.abc import Iterator

import pytest
from acknowledged_made import (
    RUN,
    a277ca,
    a999,
    ak2,
    claim_said,
    interchange,
    record,
    sent,
    take,
    take_277ca,
)
from attrs import evolve
from receive_made import DAY, x12
from sqlalchemy import select, update

from claimline.services.rebuild import rebuild
from reconcile.ledger import Ledger, SentFile, open_ledger
from reconcile.ledger.tables import sent_claim
from reconcile.ledger.tables_answered import acknowledged, adopted_transaction

ONE = "C0000001X"  # in file 77 from US to THEM, made 260220 at 0800; its group is PAYER to CLINIC


@pytest.fixture
def ledger(ledger_url: str) -> Iterator[Ledger]:
    """One claim in file 77 of the test book."""
    with open_ledger(ledger_url) as opened:
        record(opened, evolve(sent(ONE), position=10), control=77)
        yield opened


def outcome(ledger: Ledger, data: bytes) -> tuple[str, str]:
    """How the one acknowledgement of a file was joined, and what is said of it."""
    [one] = take(ledger, data, name="ack.x12").acknowledged
    return one.state, one.why


def file_to(ledger: Ledger, receiver: str, control: int) -> None:
    """One more file, to another receiver."""
    made = SentFile(data=x12(control=control), name=f"{receiver}.837", usage="T", sender="US",
                    receiver=receiver, interchange_control=control)  # fmt: skip
    with ledger.begin(RUN) as writer:
        writer.record_sent(made, [sent(f"D{control:07d}X")])


def ta1(made: str, **more: str) -> bytes:
    """A TA1 that rejects our interchange 77, as it was made then."""
    return interchange(before=(f"TA1*000000077*{made}*R*025",), **more)  # type: ignore[arg-type]  # all are texts


@pytest.mark.parametrize(
    ("made", "more", "state", "why"),
    [
        pytest.param("260220*0800", {}, "joined", "", id="as it was made"),
        pytest.param("20260220*0800", {}, "joined", "", id="with the century"),
        pytest.param("*", {}, "joined", "", id="day and time not said"),
        pytest.param("260220*0930", {}, "joined", "another time of that day", id="other hour"),
        pytest.param("250131*0800", {}, "unmatched", "made at another time", id="other day"),
        pytest.param("260220*0800", {"sender": "HUB"}, "joined", "day and time", id="other sender"),
        pytest.param(
            "260219*0800", {"sender": "HUB"}, "unmatched", "at another time", id="other sender, day"
        ),
        pytest.param("*", {"sender": "HUB"}, "joined", "number alone", id="sender alone"),
        pytest.param(
            "260220*0800", {"usage": "P"}, "unmatched", "in the test book", id="other book"
        ),
    ],
)
def test_a_ta1_is_compared_with_the_file(
    ledger: Ledger, made: str, more: dict[str, str], state: str, why: str
) -> None:
    """Number, day, time, partners and book together say which file a TA1 means."""
    found, words = outcome(ledger, ta1(made, **more))
    assert (found, why in words, bool(words) == bool(why)) == (state, True, True)


def test_of_two_files_with_the_number_time_decides(ledger: Ledger) -> None:
    """Where sender and receiver fit no file of the number, its day and time may fit one."""
    made = SentFile(data=x12(control=77).replace(b"*260220*0800*", b"*260218*0800*"), name="b.837",
                    usage="T", sender="US", receiver="HUB", interchange_control=77)  # fmt: skip
    with ledger.begin(RUN) as writer:
        writer.record_sent(made, [sent("D0000001X")])
    [one] = take(ledger, ta1("260218*0800", sender="GATE"), name="a").acknowledged
    assert (one.state, one.file) == ("joined", "b.837")
    assert outcome(ledger, interchange(a999(77, ak2("0001")), sender="GATE", control=5)) == (
        "unmatched",
        "77: several files have that number, none of them between these two",
    )


def test_a_999_of_another_receiver_is_not_joined(ledger: Ledger) -> None:
    """Who has its own row of numbers from us means one of those, not another receiver's."""
    file_to(ledger, "HUB", 5)
    state, why = outcome(ledger, interchange(a999(77, ak2("0001", "R")), sender="HUB"))
    assert (state, "went to another receiver" in why) == ("unmatched", True)


def test_a_999_is_found_by_the_names_of_its_group(ledger: Ledger) -> None:
    """Where the envelope went over another hand, GS02 and GS03 turned round say the file."""
    file_with_names(ledger)
    data = interchange(a999(78, ak2("0001")), sender="GATE")
    state, why = outcome(ledger, data)
    assert (state, "several files have that number" in why) == ("unmatched", True)
    named = data.replace(b"GS*FA*GATE*US*", b"GS*FA*CLINIC*PAYER*")
    state, why = outcome(ledger, named)
    assert (state, "by the names of the group" in why) == ("joined", True)


def file_with_names(ledger: Ledger) -> None:
    """Two files of number 78; of one the group's names are others."""
    for receiver, names in (("THEM", b"PAYER*CLINIC"), ("HUB", b"A*B")):
        data = x12(control=78, group="HC").replace(b"*PAYER*CLINIC*", b"*" + names + b"*")
        made = SentFile(data=data, name=f"{receiver}78.837", usage="T", sender="US",
                        receiver=receiver, interchange_control=78)  # fmt: skip
        with ledger.begin(RUN) as writer:
            writer.record_sent(made, [sent(f"E{receiver}")])


def test_a_claim_of_the_other_book_is_told(ledger: Ledger) -> None:
    """A production 277CA of a test claim waits and says that the claim is in the other book."""
    [one] = take_277ca(ledger, a277ca(claim_said(ONE, "A3:33*20260303*U*100")), usage="P")\
        .acknowledged  # fmt: skip
    assert (one.state, one.why) == (
        "unmatched", f"{ONE}: that claim is in the other book (test, production)",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("origin", "state", "why"),
    [
        pytest.param("billed", "joined", "are not those said", id="our own number"),
        pytest.param("adopted", "unmatched", "has another day of service", id="another system's"),
    ],
)
def test_a_claim_of_another_day(ledger: Ledger, origin: str, state: str, why: str) -> None:
    """A number of ours is one claim; another system may number by account, and the day decides."""
    with ledger.begin(RUN) as writer:
        writer.connection.execute(update(sent_claim).values(origin=origin))
    said = claim_said(ONE, "A3:33*20260303*U*55", "DTP*472*D8*20250711")
    [one] = take_277ca(ledger, a277ca(said)).acknowledged
    assert (one.state, why in one.why) == (state, True)


def test_the_same_number_twice_in_a_file_made_elsewhere(ledger: Ledger) -> None:
    """A transaction number that a file has twice is joined to neither; its claims are."""
    with ledger.begin(RUN) as writer:
        file_id = writer.connection.execute(select(sent_claim.c.file_id)).scalar_one()
        rows = [(file_id, n, "T", "US", "GATE", str(n), str(n), "0001", f"B{n}") for n in (80, 81)]
        writer.add(adopted_transaction, rows)
    state, why = outcome(ledger, interchange(a999(81, ak2("0001", "R")), sender="GATE"))
    assert (state, "several transactions of that number" in why) == ("unmatched", True)
    word = interchange(before=("TA1*80***R*025",), sender="GATE", control=3)
    state, why = outcome(ledger, word)
    assert (state, "several interchanges" in why) == ("unmatched", True)
    said = claim_said(ONE, "A3:33*20260303*U*100", f"DTP*472*D8*{DAY:%Y%m%d}")
    [one] = take_277ca(ledger, a277ca(said, batch="B81"), sender="GATE", control=4).acknowledged
    assert one.state == "joined"


@pytest.mark.parametrize("made", ["260220*0800", "250101*0800"])
def test_made_anew_it_is_the_same(ledger: Ledger, made: str) -> None:
    """What the answer said of the file is kept: a rebuild joins it, or not, as the first time."""
    take(ledger, ta1(made, sender="HUB"))
    take(ledger, interchange(a999(77, ak2("0001")), sender="HUB", control=6))
    with ledger.reading() as connection:
        before = connection.execute(select(acknowledged).order_by(acknowledged.c.id)).fetchall()
    assert all(one.equal for one in rebuild(ledger, RUN))
    with ledger.reading() as connection:
        after = connection.execute(select(acknowledged).order_by(acknowledged.c.id)).fetchall()
    assert before == after
