"""A person says that no reversal will come: the newest answer counts alone, and nothing is lost."""

import datetime as dt
import json
from itertools import permutations
from typing import Any

import pytest
from command_line import Command
from proof_made import record
from receive_made import Line, clp, remit, sent, take, x12

from claimline import settings
from reconcile.ledger import Ledger, Run, open_ledger

FIRST = "AAAAAAAAAA1"
SECOND = "AAAAAAAAAA2"
DENIED = Line(paid="0", cas=("CO*97*100",))
PAID = Line(paid="60", cas=("CO*45*20", "PR*2*20"))
WHY = "payer 3/2: none is sent"


def answer(
    ledger: Ledger, control: str, line: Line, number: int, *, status: str = "1", sign: int = 1
) -> None:
    """One answer; its payment of a later day than those before."""
    one = clp(control, line, status=status, icn=f"ICN{number}", sign=sign)
    taken = (
        [f"PLB*1234567893*20261231*WO:R{number}*-{line.paid}"]
        if sign < 0 and line.paid != "0"
        else []
    )
    data = x12(
        remit(one, trace=f"E{number}", date=f"202602{number:02d}", plb=taken), control=number
    )
    run = Run(command="receive", version="0", started=settings.now(), user="tester")
    take(ledger, data, name=f"{number}.835", run=run)


def state(command: Command, url: str, claim: str = FIRST) -> tuple[str, str, str]:
    """State, event and what is not decided of a claim."""
    _, said, _ = command("claims", "--state", "all", "--ledger", url, "--format", "json")
    one = next(row for row in json.loads(said)["claims"] if row["claim"] == claim)
    return one["state"], one["event"], one["open"]


def books(command: Command, url: str, claim: str = FIRST) -> dict[str, Any]:
    """The books of the claim's line."""
    _, said, _ = command("trace", claim, "--ledger", url, "--format", "json")
    claims = json.loads(said)["traces"][0]["claims"]
    return dict(next(one for one in claims if one["claim"] == claim)["books"][0])


def amounts(of: dict[str, Any]) -> dict[str, str]:
    """What of the books is not zero."""
    names = ("paid", "contractual", "patient", "denied", "other", "open")
    return {name: of[name] for name in names if of[name] != "0.00"}


def total(command: Command, url: str) -> dict[str, Any]:
    """The summary of all."""
    _, said, _ = command("report", "summary", "--ledger", url, "--format", "json")
    return dict(json.loads(said)["total"])


def figures(command: Command, url: str, name: str, *keys: str) -> tuple[str, ...]:
    """Of the total of a report, the same however it is grouped."""
    found = set()
    for by in ("payer", "code"):  # claims added up by the database, and line by line
        _, said, _ = command("report", name, "--by", by, "--ledger", url, "--format", "json")
        found.add(tuple(str(json.loads(said)["total"][key]) for key in keys))
    (one,) = found
    return one


def holds(command: Command, url: str) -> None:
    """The proof closes; made anew from the kept facts, the books are the same."""
    for words in (["proof"], ["ledger", "rebuild"]):
        status, said, errors = command(*words, "--ledger", url)
        assert status == 0, said + errors
    _, said, _ = command("verify", "--ledger", url)
    rows = [line.split() for line in said.splitlines()]
    for what in ("claim payments", "line shares", "postings", "states", "decisions of persons"):
        [found] = [row for row in rows if row[: len(what.split())] == what.split()]
        assert found[-1] == "equal", said


@pytest.fixture(name="twice")
def _twice(ledger_url: str) -> str:
    """A refusal that was reprocessed and paid; its reversal never came."""
    with open_ledger(ledger_url) as ledger:
        record(ledger, sent(FIRST))
        answer(ledger, FIRST, DENIED, 1, status="4")
        answer(ledger, FIRST, PAID, 2)
    return ledger_url


def give_up(command: Command, url: str, claim: str = FIRST, *more: str) -> str:
    """Say it, and what is told."""
    words = ("--no-reversal", claim, "--reason", WHY, "--ledger", url)
    status, said, errors = command("claims", *words, *more)
    assert status == 0, errors
    return str(said)


def test_a_refusal_that_was_reprocessed_counts_no_more(twice: str, command: Command) -> None:
    """State, books, summary, aging, what the patient owes: all say that it was paid."""
    assert state(command, twice) == ("paid", "decided twice", "-100.00")
    told = give_up(command, twice)
    assert f"{FIRST}: ICN1 of 2026-02-01 (payment E1, 0.00 paid): counts no more" in told
    assert "the payer may want it back" not in told
    assert state(command, twice) == ("paid", "paid", "0.00")
    one = books(command, twice)
    assert amounts(one) == {"paid": "60.00", "contractual": "20.00", "patient": "20.00"}
    assert "said that no reversal of it will come" in " ".join(one["flags"])
    sums = total(command, twice)
    assert (sums["paid"], sums["denied"], sums["open"]) == ("60.00", "0.00", "0.00")
    _, said, _ = command("report", "summary", "--ledger", twice)
    assert "100.00 refused" not in said
    _, said, _ = command("owes", FIRST, "--ledger", twice, "--format", "json")
    assert json.loads(said)["owes"][0]["claims"][0]["due"] == "20.00"
    assert command("ledger", "waiting", "--ledger", twice)[0] == 0
    _, said, _ = command("trace", FIRST, "--ledger", twice)
    assert f"No reversal of it will come, said {settings.user()} on" in said
    assert WHY in said
    holds(command, twice)


def test_it_can_be_taken_back(twice: str, command: Command) -> None:
    """Undone, everything is as it was before."""
    before = state(command, twice), amounts(books(command, twice))
    give_up(command, twice)
    words = ("--await-reversal", FIRST, "--reason", "it was sent", "--ledger", twice)
    status, said, _ = command("claims", *words)
    assert status == 0
    assert "its reversal is waited for again" in " ".join(said.split())
    assert (state(command, twice), amounts(books(command, twice))) == before
    holds(command, twice)
    status, _, errors = command("claims", *words)
    assert status == 2
    assert "Nothing was recorded" in errors


def test_a_reversal_that_comes_all_the_same_changes_nothing(twice: str, command: Command) -> None:
    """The reversal takes back the answer that counted no more."""
    assert figures(command, twice, "aging", "open", "0-30") == ("-100.00", "0.00")
    give_up(command, twice)
    assert figures(command, twice, "aging", "open", "closed") == ("0.00", "0.00")
    assert figures(command, twice, "denials", "lines", "denied") == ("1", "0.00")
    assert figures(command, twice, "first-pass", "passed", "refused") == ("0", "1")
    with open_ledger(twice) as ledger:
        answer(ledger, FIRST, DENIED, 3, status="22", sign=-1)
    assert state(command, twice) == ("paid", "paid", "0.00")
    assert amounts(books(command, twice))["paid"] == "60.00"
    holds(command, twice)


def test_when_the_newer_answer_is_taken_back_the_older_one_stands(
    twice: str, command: Command
) -> None:
    """A decision that is the only one left is never lost."""
    give_up(command, twice)
    with open_ledger(twice) as ledger:
        answer(ledger, FIRST, PAID, 3, status="22", sign=-1)
    assert state(command, twice)[0] == "denied"
    assert amounts(books(command, twice)) == {"denied": "100.00"}


def test_what_was_paid_on_it_stays(ledger_url: str, command: Command) -> None:
    """Money that came is never lost from the books: it is paid, and nobody's write-off."""
    with open_ledger(ledger_url) as ledger:
        record(ledger, sent(FIRST))
        answer(ledger, FIRST, Line(paid="50", cas=("CO*45*50",)), 1)
        answer(ledger, FIRST, PAID, 2)
    told = give_up(command, ledger_url)
    assert "50.00 paid): counts no more" in told
    assert "the payer may want it back" in told
    one = books(command, ledger_url)
    assert amounts(one) == {
        "paid": "110.00", "contractual": "20.00", "patient": "20.00", "other": "-50.00",
    }  # fmt: skip
    assert state(command, ledger_url) == ("paid", "paid", "0.00")
    assert total(command, ledger_url)["paid"] == "110.00"
    holds(command, ledger_url)


@pytest.mark.parametrize("paid", ["0", "50"], ids=["refused", "paid"])
@pytest.mark.parametrize("named", [FIRST, SECOND], ids=["the first", "the correction"])
def test_a_replaced_claim(ledger_url: str, command: Command, paid: str, named: str) -> None:
    """Of a claim that was replaced nothing waits any more; its payment stays, its charge does not.

    Where nothing was paid on it, a replacement needs no reversal: there is nothing to say.
    """
    cas = ("CO*45*50",) if paid == "50" else ("CO*97*100",)
    with open_ledger(ledger_url) as ledger:
        record(ledger, sent(FIRST))
        answer(ledger, FIRST, Line(paid=paid, cas=cas), 1, status="1" if paid == "50" else "4")
        record(ledger, sent(SECOND, family=FIRST, frequency="7"), control=7)
        answer(ledger, SECOND, PAID, 2)
    words = ("--no-reversal", named, "--reason", WHY, "--ledger", ledger_url)
    decided = figures(command, ledger_url, "denials", "lines", "billed")
    assert decided == ("1", "100.00")  # its charge stands on the correction alone
    status, said, errors = command("claims", *words)
    if paid == "0":
        assert (status, "waits for its reversal" in errors) == (2, True)
        assert state(command, ledger_url)[0] == "replaced"
        return
    assert status == 0
    assert said.startswith(f"{FIRST}: ICN1")
    assert state(command, ledger_url) == ("paid", "paid", "0.00")
    assert amounts(books(command, ledger_url)) == {"paid": "50.00", "other": "50.00"}
    sums = total(command, ledger_url)
    assert (sums["billed"], sums["paid"], sums["open"]) == ("100.00", "110.00", "0.00")
    assert figures(command, ledger_url, "denials", "lines", "billed") == decided
    assert figures(command, ledger_url, "aging", "open", "closed") == ("0.00", "0.00")
    assert command("ledger", "waiting", "--ledger", ledger_url)[0] == 0
    holds(command, ledger_url)


def test_a_voided_claim(ledger_url: str, command: Command) -> None:
    """The payer was paid back by check and sends no reversal: the claim waits no longer."""
    with open_ledger(ledger_url) as ledger:
        record(ledger, sent(FIRST))
        answer(ledger, FIRST, PAID, 1)
        record(ledger, sent(SECOND, family=FIRST, frequency="8"), control=7)
    assert "its reversal is not here" in " ".join(books(command, ledger_url)["flags"])
    give_up(command, ledger_url)
    assert "its reversal is not here" not in " ".join(books(command, ledger_url)["flags"])
    assert state(command, ledger_url)[2] == "0.00"
    holds(command, ledger_url)


def test_the_order_of_learning_does_not_matter(ledger_url: str, command: Command) -> None:
    """Answers in any order, said in between or at the end, come to the same books."""
    names = [f"{name}AAAAAAAAA1" for name in "BCDEFG"]
    with open_ledger(ledger_url) as ledger:
        record(ledger, *(sent(name, member=name) for name in names))
        for name, order in zip(names, permutations((1, 2, 3)), strict=True):
            for number in order:
                paid = Line(paid=str(50 + number), cas=(f"CO*45*{50 - number}",))
                one = clp(name, DENIED if number == 1 else paid, icn=f"{name}{number}")
                data = remit(one, trace=f"{name}{number}", date=f"2026020{number}")
                take(ledger, x12(data), name=f"{name}{number}.835")
    for name in names:
        give_up(command, ledger_url, name)
    found = {json.dumps(amounts(books(command, ledger_url, name))) for name in names}
    assert len(found) == 1
    holds(command, ledger_url)


def test_as_of_a_day_before_it_was_said(
    twice: str, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The books of an earlier day do not know of it."""
    later = settings.now() + dt.timedelta(days=3)
    before = settings.now().date().isoformat()
    monkeypatch.setattr(settings, "now", lambda: later)
    give_up(command, twice)
    now = total(command, twice)["denied"]
    words = ("proof", "--ledger", twice, "--as-of", before, "--format", "json")
    then = json.dumps(json.loads(command(*words)[1]))
    assert now == "0.00"
    assert '"decided twice": 1' in then or "-100.00" in then


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--no-reversal", FIRST), "say why"),
        (("--no-reversal", "NOBODY9", "--reason", "x"), "was sent from here"),
        (("--no-reversal", "BBBBBBBBBB1", "--reason", "x"), "waits for its reversal"),
        (("--await-reversal", FIRST, "--reason", "x"), "of no answer"),
        (("--no-reversal", FIRST, "--close", FIRST, "--reason", "x"), "exclude each other"),
    ],
    ids=["no reason", "no claim", "decided once", "not said", "two things"],
)
def test_what_makes_no_sense_is_refused(
    twice: str, command: Command, words: tuple[str, ...], said: str
) -> None:
    """Refused with the reason; nothing is recorded."""
    with open_ledger(twice) as ledger:
        record(ledger, sent("BBBBBBBBBB1", member="W9"), control=8)
        answer(ledger, "BBBBBBBBBB1", PAID, 9)
    before = state(command, twice)
    status, _, errors = command("claims", *words, "--ledger", twice)
    assert status == 2
    assert said in errors
    assert state(command, twice) == before


def test_a_replaced_claim_with_a_paid_and_a_denied_line(ledger_url: str, command: Command) -> None:
    """Only the paid line's reversal is waited for; given up, no charge and no share is left on it."""
    lines = (Line(), Line(code="97110"))
    first = clp(FIRST, Line(paid="60", cas=("CO*45*20", "PR*2*20")),
                Line(code="97110", paid="0", cas=("CO*97*100",)), icn="ICN1")  # fmt: skip
    second = clp(SECOND, PAID, Line(code="97110", paid="60", cas=("CO*45*40",)), icn="ICN2")
    with open_ledger(ledger_url) as ledger:
        record(ledger, sent(FIRST, *lines))
        take(ledger, x12(remit(first, trace="E1", date="20260201")), name="1.835")
        record(ledger, sent(SECOND, *lines, family=FIRST, frequency="7"), control=7)
        take(ledger, x12(remit(second, trace="E2", date="20260202"), control=2), name="2.835")
    assert state(command, ledger_url)[:2] == ("paid", "decided twice")
    before = total(command, ledger_url), state(command, ledger_url)
    give_up(command, ledger_url, SECOND)
    figures = total(command, ledger_url)
    told = [figures[name] for name in ("billed", "paid", "patient", "denied", "other", "open")]
    assert told == ["200.00", "180.00", "20.00", "0.00", "-60.00", "0.00"]
    _, said, _ = command("owes", FIRST, "--ledger", ledger_url, "--format", "json")
    due = [one["due"] for one in json.loads(said)["owes"][0]["claims"]]
    assert due == ["0.00", "20.00"]
    _, said, _ = command("denials", "--ledger", ledger_url, "--format", "json")
    assert json.loads(said) == []
    assert command("ledger", "waiting", "--ledger", ledger_url)[0] == 0
    holds(command, ledger_url)
    words = ("--await-reversal", SECOND, "--reason", "sent", "--ledger", ledger_url)
    assert command("claims", *words)[0] == 0
    assert (total(command, ledger_url), state(command, ledger_url)) == before
    holds(command, ledger_url)
