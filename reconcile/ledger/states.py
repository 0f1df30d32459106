"""Where each sent claim is in its life, kept beside it: made anew for what changed, at commit."""

from typing import TYPE_CHECKING

from sqlalchemy import select

from reconcile.ledger.tables import sent_claim

if TYPE_CHECKING:
    from reconcile.ledger.writer import Writer


def settle(writer: "Writer") -> None:
    """Make the states anew of the claims that something happened to in this transaction."""
    writer.take_changed()


def rebuild(writer: "Writer") -> None:
    """Make the states of all sent claims anew."""
    writer.changed(writer.connection.execute(select(sent_claim.c.id)).scalars())
    settle(writer)
