"""States of claims made of the rows in hand: as if they had been read back."""

import json
from collections.abc import Callable, Iterable

import pytest
from canonical import canonical, differences
from databases import NewUrl
from receive_made import NOW, RUN, Line, clp, record, remit, sent, x12
from sqlalchemy import select

from claimline.services import receive_workers
from claimline.services.receive import receive
from reconcile.ledger import Decision, Run, open_ledger, states
from reconcile.ledger.states_facts import CLOSE
from reconcile.ledger.tables_answered import claim_state

COUNT = 60
FILES = 8


def _number(place: int) -> str:
    return f"CLAIM{place:06d}XX"


def _answers(file: int) -> list[list[str]]:
    """A file's claims: paid, denied, reduced, twice in one file, again in the next, reversed."""
    found = []
    for place in range(file * 7, file * 7 + 12):  # the last five are in the next file again
        kind = place % 6
        line = Line()
        if kind == 1:
            line = Line(paid="0", cas=("CO*97*100",))
        if kind == 2:
            line = Line(paid="50", cas=("PR*2*50",))
        if kind == 3:
            line = Line(charge="90", paid="90", cas=())
        status = "22" if kind == 4 and file % 2 else "1"
        found.append(clp(_number(place), line, icn=f"ICN{place}{file}", status=status))
        if kind == 4 and not file % 2:  # taken back where it was paid
            found.append(clp(_number(place), line, icn=f"ICN{place}{file}R", status="22", sign=-1))
        if kind == 5:
            found.append(clp(_number(place), line, icn=f"ICN{place}{file}X"))
    return found


def _files() -> dict[str, bytes]:
    return {
        f"{n}.835": x12(remit(*_answers(n), trace=f"EFT{n}"), control=n + 1) for n in range(FILES)
    }


def _sources(files: dict[str, bytes]) -> Callable[[str], Callable[[], Iterable[bytes]]]:
    return lambda name: lambda: [files[name]]


def _ledger(url: str) -> str:
    """Claims, some closed by a person, one replaced, one of the other book's number."""
    with open_ledger(url) as ledger:
        record(ledger, *(sent(_number(place)) for place in range(COUNT)))
        record(ledger, sent("OTHERS1", family=_number(8), frequency="7"))
        with ledger.begin(Run(command="claims", version="test", started=NOW, user="tester")) as w:
            for place in (0, 6, 13):
                detail = json.dumps({"frequency": "1", "usage": "T", "answers": 0})
                about = {"kind": CLOSE, "subject": _number(place), "detail": detail}
                w.decide(Decision(user="tester", reason="written off", **about))
    return url


def _states(url: str) -> list[tuple[object, ...]]:
    with open_ledger(url) as ledger, ledger.reading() as connection:
        rows = connection.execute(select(claim_state).order_by(claim_state.c.sent_claim_id))
        return [tuple(row) for row in rows]


@pytest.mark.parametrize("together", [True, False], ids=["small files", "one large file"])
def test_states_are_as_if_read_back(
    new_url: NewUrl, monkeypatch: pytest.MonkeyPatch, together: bool
) -> None:
    """Received ahead, every claim's state is what the facts tell, to the last byte of its cause."""
    files = _files()
    if not together:
        monkeypatch.setattr(receive_workers, "FROM_CLAIMS", 1)
        bodies = [data.decode().split("~\n")[2:-3] for data in files.values()]
        files = {"all.835": x12(*bodies)}
    alone, ahead = _ledger(new_url()), _ledger(new_url())
    for url, forked in ((alone, False), (ahead, True)):
        with monkeypatch.context() as patch, open_ledger(url) as ledger:
            can = (lambda found: found.let_go()) if forked else (lambda _: False)
            patch.setattr(receive_workers, "can_fork", can)
            results = list(receive(ledger, RUN, list(files), _sources(files)))
            assert sum(payment.posted for one in results for payment in one.payments) > COUNT
    assert differences(canonical(alone), canonical(ahead)) == []
    kept = _states(ahead)
    with open_ledger(ahead) as ledger, ledger.begin(RUN) as writer:
        states.rebuild(writer)
    assert _states(ahead) == kept
    assert {row[1] for row in kept} >= {"paid", "denied", "reversed", "closed"}
