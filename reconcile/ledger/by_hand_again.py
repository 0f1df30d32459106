"""What a person's decision changes in the books: made anew in the transaction that keeps it."""

from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection, select

from reconcile.ledger import bulk, by_hand, by_hand_remit, dismissed, settle
from reconcile.ledger.by_hand import MATCH, NO_REVERSAL, REVERSAL_DUE, RULE, UNMATCH
from reconcile.ledger.convert import from_json
from reconcile.ledger.tables_received import claim_payment, remittance

if TYPE_CHECKING:
    from reconcile.ledger.records import Decision
    from reconcile.ledger.writer import Writer


KINDS: Final = (*by_hand.KINDS, *dismissed.KINDS, *by_hand_remit.KINDS)


def follow(writer: "Writer", decided: "Decision") -> int:
    """Make the claim payments anew that a decision is about. Returns how many."""
    if decided.kind in by_hand_remit.KINDS:
        by_hand_remit.follow(writer, decided)
        return 0
    if decided.kind in dismissed.KINDS:
        dismissed.follow(writer, decided.subject)
        return 0
    detail = from_json(decided.detail)
    if decided.kind in {MATCH, UNMATCH, NO_REVERSAL, REVERSAL_DUE}:
        ids = _of(writer.connection, detail)
        learned = _payer_controls(writer.connection, ids)
        done = settle.retry(writer, ids)
        if decided.kind == UNMATCH:  # what its payer's number had taught is forgotten
            settle.after_learned(writer, learned)
        return done
    state = "unmatched" if decided.kind == RULE else "parked"
    return settle.retry(writer, _in_state(writer.connection, detail["usage"], state))


def _of(connection: Connection, detail: dict[str, object]) -> set[int]:
    """The claim payment of that key."""
    c, r = claim_payment.c, remittance.c
    query = (
        select(c.id)
        .join(remittance, r.id == c.remittance_id)
        .where(
            r.payment_key == detail["payment"],
            c.fingerprint == detail["fingerprint"],
            c.occurrence == detail["occurrence"],
        )
    )
    return set(connection.execute(query).scalars())


def _payer_controls(connection: Connection, ids: set[int]) -> set[str]:
    found: set[str] = set()
    for batch in bulk.batches(sorted(ids)):
        query = select(claim_payment.c.payer_control).where(claim_payment.c.id.in_(batch))
        found.update(connection.execute(query).scalars())
    return found - {""}


def _in_state(connection: Connection, usage: str, state: str) -> set[int]:
    c, r = claim_payment.c, remittance.c
    query = (
        select(c.id)
        .join(remittance, r.id == c.remittance_id)
        .where(r.usage == usage, c.state == state)
    )
    return set(connection.execute(query).scalars())
