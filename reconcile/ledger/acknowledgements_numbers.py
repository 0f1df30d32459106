"""Payer claim numbers that 277CAs told (REF 1K), which are to equal CLP07 later (RFI 1808).

They serve matching as CLP07s do, but for a number that a payment has taught: that one counts.
"""

from collections.abc import Iterable
from typing import Final

from sqlalchemy import Connection, select

from reconcile.ledger import bulk
from reconcile.ledger.tables import sent_claim
from reconcile.ledger.tables_answered import acknowledged

_SAID: Final = acknowledged.c
_CLAIM: Final = sent_claim.c


def told_controls(connection: Connection, claims: Iterable[int]) -> dict[int, list[str]]:
    """The numbers told of these sent claims, by row number of the claim."""
    found: dict[int, list[str]] = {}
    for batch in bulk.batches(list(claims)):
        query = (
            select(_SAID.sent_claim_id, _SAID.payer_control)
            .where(_SAID.sent_claim_id.in_(batch), _SAID.payer_control != "")
            .distinct()
            .order_by(_SAID.sent_claim_id, _SAID.payer_control)
        )
        for number, control in connection.execute(query):
            found.setdefault(number, []).append(control)
    return found


def told_families(
    connection: Connection, controls: Iterable[str], usage: str
) -> dict[str, list[str]]:
    """The families of claims of which these numbers were told, by number."""
    found: dict[str, list[str]] = {}
    for batch in bulk.batches(sorted(controls)):
        query = (
            select(_SAID.payer_control, _CLAIM.family)
            .join(sent_claim, _CLAIM.id == _SAID.sent_claim_id)
            .where(_CLAIM.usage == usage, _SAID.payer_control.in_(batch))
            .distinct()
            .order_by(_SAID.payer_control, _CLAIM.family)
        )
        for control, family in connection.execute(query):
            found.setdefault(control, []).append(family)
    return found
