"""What persons put into the books: said beside the answers that stand there by it."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from reconcile.ledger import by_hand
from reconcile.ledger import by_hand_remit as hand
from reconcile.ledger.convert import from_json
from reconcile.ledger.tables import decision, file
from reconcile.ledger.tables_received import remittance

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from reconcile.ledger import Ledger
    from reconcile.values import Adjudication

Key = tuple[str | None, str | None]  # trace number and date of a payment


def entered(connection: "Connection", usage: str) -> dict[Key, str]:
    """How the payments that stand on the books by hand came: ``entered by hand from paper ...``."""
    r = remittance.c
    query = (
        select(r.trace, r.payment_date, decision.c.user, decision.c.reason, decision.c.detail,
               decision.c.recorded_at)
        .join(file, file.c.id == r.file_id)
        .join(decision, decision.c.subject == file.c.digest)
        .where(r.origin == hand.HAND, r.usage == usage, r.state == "posted")
        .where(decision.c.kind == hand.ENTER)
        .order_by(r.id)
    )  # fmt: skip
    found = {}
    for row in connection.execute(query):
        source = from_json(row.detail)["source"]
        said = f"entered by hand from {source} by {row.user} on {row.recorded_at[:10]}"
        found[row.trace, row.payment_date] = said + (f": {row.reason}" if row.reason else "")
    return found


def sources(ledger: "Ledger", usage: str) -> dict[Key, str]:
    """How payments came that were entered by hand, by their number and date."""
    with ledger.reading() as connection:
        return entered(connection, usage)


def said_by_hand(
    ledger: "Ledger", answers: Iterable["Adjudication"], usage: str
) -> dict[str, list[str]]:
    """What persons decided about these answers, by the answer's id; nothing for nearly all."""
    with ledger.reading() as connection:
        said = by_hand.load(connection, usage)
        remits = entered(connection, usage)
    found: dict[str, list[str]] = {}
    for one in answers:
        told = []
        source = remits.get((one.trace, one.date.isoformat()))
        if source:
            told.append(f"The payment was {source}")
        match = said.matches.get(one.id)
        if match:
            lines = f", lines {', '.join(map(str, match.lines))}" if match.lines else ""
            told.append(
                f"Matched by {match.user} on {match.recorded_at[:10]}{lines}: {match.reason}"
            )
        gone = said.given_up.get(one.id)
        if gone:
            told.append(
                f"No reversal of it will come, said {gone.user} on {gone.recorded_at[:10]}: "
                f"{gone.reason}"
            )
        if told:
            found[one.id] = told
    return found


def with_said(claim: dict[str, Any], said: Mapping[str, list[str]]) -> dict[str, Any]:
    """A claim's story with what persons decided beside each answer."""
    received = [{**answer, "by_hand": said.get(answer["id"], [])} for answer in claim["received"]]
    return {**claim, "received": received}
