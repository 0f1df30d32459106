"""Transactions of claims made elsewhere: the numbers by which acknowledgements speak of them."""

from typing import TYPE_CHECKING, Final

from attrs import frozen
from sqlalchemy import Connection, select

from reconcile.ledger import acknowledgements_again, keeping
from reconcile.ledger.records import StoredFile
from reconcile.ledger.tables import file, sent_claim
from reconcile.ledger.tables_answered import adopted_transaction

if TYPE_CHECKING:
    from reconcile.ledger.writer import Writer

_C: Final = adopted_transaction.c


@frozen(kw_only=True)
class Named:
    """The numbers of one ST of an 837P that another system made."""

    usage: str
    sender: str  # ISA06
    receiver: str  # ISA08
    interchange: str  # ISA13
    group: str  # GS06
    transaction: str  # ST02
    reference: str  # BHT03


def unnoted_files(connection: Connection) -> list[StoredFile]:
    """Files of claims taken over by an older version, which did not keep these numbers."""
    adopted = select(sent_claim.c.file_id).where(sent_claim.c.origin == "adopted")
    query = select(file.c.digest).where(
        file.c.id.in_(adopted), file.c.id.not_in(select(_C.file_id))
    )
    digests = connection.execute(query.order_by(file.c.id)).scalars().all()
    return [found for digest in digests if (found := keeping.find_file(connection, digest))]


def note(writer: "Writer", file_id: int, number: int, named: Named) -> None:
    """Keep the numbers of a transaction, once, and join anew what may speak of it."""
    known = select(_C.number).where(_C.file_id == file_id, _C.number == number)
    if writer.connection.execute(known).first() is not None:
        return
    row = (
        file_id,
        number,
        named.usage,
        named.sender,
        named.receiver,
        named.interchange.lstrip("0"),
        named.group.lstrip("0"),
        named.transaction,
        named.reference,
    )
    writer.add(adopted_transaction, [row])
    acknowledgements_again.after_sent(writer, ())
