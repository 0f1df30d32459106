"""The other lines of a patient's day, for very many claims of one patient and day."""

from collections.abc import Iterator

import pytest
from databases import NewUrl
from receive_made import Line, clp, new_ledger, record, remit, sent, take, x12
from sqlalchemy import event

from reconcile.ledger import Ledger, bulk

MANY = 40


@pytest.fixture(name="ledger")
def _ledger(new_url: NewUrl) -> Iterator[Ledger]:
    """A ledger in which one patient has many claims of one day, all answered."""
    with new_ledger(new_url) as ledger:
        names = [f"AAAAAAAA{number:05d}" for number in range(MANY)]
        lines = [Line(code="97530" if number else "97140") for number in range(MANY)]
        record(ledger, *(sent(name, line) for name, line in zip(names, lines, strict=True)))
        take(
            ledger, x12(remit(*(clp(name, line) for name, line in zip(names, lines, strict=True))))
        )
        yield ledger


def _codes(ledger: Ledger) -> list[list[str]]:
    """The neighbours of each claim by code."""
    return [[near.code for near in one.neighbours] for one in ledger.received(usage="T")]


def test_each_code_of_the_day_stands_once(ledger: Ledger) -> None:
    """However many claims share a day, a claim's neighbours are the day's codes, not its lines."""
    found = _codes(ledger)
    assert found[0] == ["97530"]  # the only claim with 97140: no other has that code
    assert found[1:] == [["97140", "97530"]] * (MANY - 1)


def test_a_day_is_asked_for_once(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """A day that goes on over many pages of claims is put together once, not once a page."""
    monkeypatch.setattr(bulk, "BATCH", 4)
    asked = []
    with ledger.reading() as connection:
        engine = connection.engine

    def count(*told: object) -> None:
        asked.append("GROUP BY" in str(told[2]) and "min(" in str(told[2]))

    event.listen(engine, "before_cursor_execute", count)
    assert len(_codes(ledger)) == MANY
    assert len(asked) > MANY / 4  # the pages
    assert sum(asked) == 1


def test_claims_of_one_family_are_no_neighbours(new_url: NewUrl) -> None:
    """A replacement restates its original; another claim between them is a neighbour of both."""
    with new_ledger(new_url) as ledger:
        original, other, again = "AAAAAAAA00001", "BBBBBBBB00001", "AAAAAAAA00002"
        record(
            ledger,
            sent(original),
            sent(other),
            sent(again, family=original, frequency="7"),
        )
        take(ledger, x12(remit(clp(original), clp(other), clp(again))))
        assert _codes(ledger) == [["97530"]] * 3
    with new_ledger(new_url) as ledger:
        record(ledger, sent(original), sent(again, family=original, frequency="7"))
        take(ledger, x12(remit(clp(original), clp(again))))
        assert _codes(ledger) == [[], []]
