"""Which payers a word means: a key, an id, or a part of a name."""

from typing import TYPE_CHECKING

from sqlalchemy import select

from claimline.errors import WrongUsageError
from claimline.render.words import listed
from reconcile.ledger.reading import payer_names
from reconcile.ledger.tables import held_claim
from reconcile.ledger.tables_received import remittance

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from reconcile.ledger import Ledger, Usage


def _held_for(connection: "Connection", usage: "Usage") -> list[tuple[str, str, str]]:
    c = held_claim.c
    rows = connection.execute(select(c.payer).where(c.usage == usage).distinct()).scalars()
    return [(key, "", "") for key in rows if key]


def meant(ledger: "Ledger", usage: "Usage", asked: str) -> frozenset[str]:
    """The names, in small letters, of the payers that a word means; none for an empty word.

    Args:
        ledger: whose claims and payments.
        usage: of which book.
        asked: key, id or a part of the name, in any case.

    Raises:
        WrongUsageError: nothing was sent to such a payer, and none of that name has paid.
    """
    word = asked.strip().lower()
    if not word:
        return frozenset()
    with ledger.reading() as connection:
        sent_to = [*payer_names(connection, usage), *_held_for(connection, usage)]
        query = select(remittance.c.payer_name).where(remittance.c.usage == usage).distinct()
        paid = [name for name in connection.execute(query).scalars() if name]
    found = {
        (name or key).lower()
        for key, number, name in sent_to
        if word in {key.lower(), number.lower()} or word in name.lower()
    }
    found |= {name.lower() for name in paid if word in name.lower()}
    if not found:
        names = listed(sorted({name or key for key, _, name in sent_to} | set(paid))) or "none"
        raise WrongUsageError(
            f"no claim was sent to a payer {asked.strip()!r}, and no such payer has paid",
            todo=f"known are {names}",
        )
    return frozenset(found)
