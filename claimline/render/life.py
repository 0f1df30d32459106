"""The life of a claim as a table: what happened, and the state it led to."""

from collections.abc import Mapping
from typing import Any, Final

from claimline.render.values import Column, Table

COLUMNS: Final = (
    Column(key="day", title="Known since", kind="date"),
    Column(key="event", title="What happened"),
    Column(key="state", title="Then it was"),
    Column(key="why", title="Where it stands"),
)


def life_table(claim: Mapping[str, Any]) -> Table:
    """How a claim came to its state; where a word changed nothing, the state it still was in."""
    now = claim["state"]
    return Table(
        title=f"Its life: {now['state']}",
        columns=COLUMNS,
        rows=[
            {
                "day": one["at"][:10],
                "event": one["event"],
                "state": one["state"] if one["counts"] else f"still {one['state']}",
                "why": _dated(one),
            }
            for one in claim["history"]
        ],
        notes=(now["means"], *_contradiction(claim)),
    )


def _dated(one: Mapping[str, Any]) -> str:
    """Where it stands; of a payment its own day, which is seldom that of receiving."""
    paid = one["cause"].get("kind") == "835" and one["date"]
    return f"{one['why']}, of {one['date']}" if paid else str(one["why"])


def _contradiction(claim: Mapping[str, Any]) -> tuple[str, ...]:
    """That a payer decided on what, by the acknowledgements, never arrived."""
    said = claim.get("acknowledged") or {}
    if said.get("verdict") != "rejected" or not claim.get("received"):
        return ()
    words = f"Rejected by {said['by']}, and yet a payer decided on it: that stands. See whether it "
    return (f"{words}reached the payer another way, or the payment is for another claim.",)
