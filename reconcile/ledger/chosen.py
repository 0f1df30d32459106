"""Which sent claims are meant: conditions several questions share, and walking through them."""

import datetime as dt
from collections.abc import Iterator
from typing import Final

from sqlalchemy import ColumnElement, Connection, func, or_, select

from reconcile.ledger import bulk
from reconcile.ledger.convert import from_date
from reconcile.ledger.records import Usage
from reconcile.ledger.tables import sent_claim

_CLAIM: Final = sent_claim.c


def chosen(
    usage: Usage, *, payer: str = "", since: dt.date | None = None, until: dt.date | None = None
) -> ColumnElement[bool]:
    """The condition on ``sent_claim``; what is empty or None limits nothing.

    Args:
        usage: of which book.
        payer: key or id of the payer a claim was sent to, or a part of its name, in any case.
        since: first day of service from this day on.
        until: first day of service up to this day.
    """
    condition: ColumnElement[bool] = _CLAIM.usage == usage
    if since:
        condition &= _CLAIM.date >= from_date(since)
    if until:
        condition &= _CLAIM.date <= from_date(until)
    if payer:
        asked = payer.strip().lower()
        condition &= or_(
            func.lower(_CLAIM.payer) == asked,
            func.lower(_CLAIM.payer_id) == asked,
            func.lower(_CLAIM.payer_name).contains(asked, autoescape=True),
        )
    return condition


def walk(
    connection: Connection,
    condition: ColumnElement[bool] | None = None,
    *,
    size: int = bulk.BATCH,
) -> Iterator[list[int]]:
    """The row numbers of these claims (None: of all), in their order, ``size`` at a time."""
    last = 0
    query = select(_CLAIM.id).order_by(_CLAIM.id).limit(size)
    if condition is not None:
        query = query.where(condition)
    while True:
        found = list(connection.execute(query.where(_CLAIM.id > last)).scalars())
        if not found:
            return
        yield found
        last = found[-1]
