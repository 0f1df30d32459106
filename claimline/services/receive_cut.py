"""Payments that were cut off: which of them came whole as well, before or after."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from claimline.services.receive_same import covers
from reconcile.ledger import received, settle

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from edi.envelope import Transaction
    from reconcile.ledger import Writer

SUPERSEDED: Final = "superseded"  # not whole, but it came whole as well


def came_whole(connection: "Connection", row: Any, digest: str) -> bool:
    """Whether a payment that is not whole was received whole before.

    Args:
        connection: the open transaction.
        row: of the payment that is not whole.
        digest: of the file it stands in.
    """
    return whole_of(connection, row, digest) is not None


def whole_of(connection: "Connection", row: Any, digest: str) -> Any:
    """The payment in which all of one that is not whole was received whole; None where it was not.

    Args:
        connection: the open transaction.
        row: of the payment that is not whole.
        digest: of the file it stands in.
    """
    same = received.same_payment(connection, row)
    if same and covers(connection, row, row, digest):
        return same[0]
    alike = received.whole_of_envelope(connection, row)
    return next((other for other in alike if _begins(connection, row, other)), None)


def supersede(connection: "Connection", cut: Any, whole: Any) -> None:
    """A payment that was cut off waits no longer: it came whole."""
    why = f"cut off; it came whole as ST {whole.transaction_control}"
    received.settle(connection, cut.id, state=SUPERSEDED, why=why)


def copies_of(writer: "Writer", row: Any) -> Iterator[Any]:
    """The payments that were cut off and are whole in ``row``."""
    connection = writer.connection
    for cut in received.cut_off(writer, row):
        same = cut.payment_id == row.payment_id and covers(connection, cut, row)
        if same or _begins(connection, cut, row):
            yield cut


def _begins(connection: "Connection", cut: Any, whole: Any) -> bool:
    """Whether what came of a payment is the beginning of another, envelope and all.

    Senders use control numbers again: the whole ISA and GS must be the same, with day and time.
    """
    one, other = _of(connection, cut), _of(connection, whole)
    if one is None or other is None:
        return False
    if one.interchange.header != other.interchange.header:
        return False
    if one.group.header != other.group.header:
        return False
    rest = other.texts()
    element = one.separators.element
    return all(text == next(rest, None) or text.startswith(f"SE{element}") for text in one.texts())


def _of(connection: "Connection", row: Any) -> "Transaction | None":
    """The transaction of a kept file, open; None where it is not there."""
    digest = received.digest_of(connection, row.file_id)
    return next((t for n, t in settle.transactions(connection, digest) if n == row.number), None)
