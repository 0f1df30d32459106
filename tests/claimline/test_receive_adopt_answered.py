"""Claims of another system whose acknowledgements and payments came before them."""

from typing import Any

import pytest
from acknowledged_made import a277ca, claim_said, interchange
from canonical import canonical, differences
from databases import NewUrl
from receive_made import RUN, Line, clp, remit, states, take, x12
from sqlalchemy import func, select
from test_receive_adopt import batch, claim

from reconcile.ledger import acknowledgements_again, open_ledger
from reconcile.ledger.tables_answered import acknowledged, acknowledgement

NUMBERS = [f"OLDSYSTEM{place:04d}" for place in range(8)]
STATUS = interchange(
    a277ca(*(claim_said(n, "A2:20*20260303*WQ*100", f"REF*1K*ICN{n[-1]}") for n in NUMBERS)),
    group="HN",
    version="005010X214",
)


def _file() -> bytes:
    """An 837P of eight transactions; the last of them is cut."""
    made = []
    for place, number in enumerate(NUMBERS, 1):
        one = batch(claim(number))
        st = f"{place:04d}"
        end = "SE*3*" if place == len(NUMBERS) else f"SE*{len(one)}*"
        made.append([f"ST*837*{st}*005010X222A1", *one[1:-1], f"{end}{st}"])
    return x12(*made, group="HC", version="005010X222A1")


def _payment() -> bytes:
    """It names a claim by nothing but the number the payer gave it."""
    return x12(remit(clp("NOTOURS", Line(control=""), icn="ICN3")), control=7)


@pytest.mark.parametrize("last", ["claims", "status"])
def test_joined_once(new_url: NewUrl, monkeypatch: pytest.MonkeyPatch, last: str) -> None:
    """Whatever comes first, the same is known in the end; what waits is tried once per file."""
    files = {"claims": _file(), "status": STATUS, "payment": _payment()}
    order = ["payment", "status", "claims"] if last == "claims" else ["claims", "payment", "status"]
    calls: list[list[int]] = []
    work = acknowledgements_again.join_again

    def counted(writer: Any, ids: Any) -> set[str]:
        calls.append(list(ids))
        return work(writer, calls[-1])

    one, other = new_url(), new_url()
    with open_ledger(one) as ledger:
        for name in order:
            with monkeypatch.context() as context:
                context.setattr(acknowledgements_again, "join_again", counted)
                calls.clear()
                take(ledger, files[name], f"{name}.x12", run=RUN)
                if name == "claims":
                    assert calls == [[1]] if last == "claims" else [[]]
        with ledger.reading() as connection:
            query = select(func.count()).where(acknowledged.c.sent_claim_id.is_not(None))
            assert connection.execute(query).scalar() == len(NUMBERS) - 1
            assert connection.execute(select(acknowledgement.c.state)).scalar() == "partly"
        assert states(ledger)["posted"] == 1
    with open_ledger(other) as ledger:
        for name in ("status", "claims", "payment"):
            take(ledger, files[name], f"{name}.x12", run=RUN)
    without = ("acknowledged",)  # it names files by their row number
    assert differences(canonical(one, without=without), canonical(other, without=without)) == []
