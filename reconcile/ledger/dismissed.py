"""What a person dismissed: payments that never came whole, answers that fit nothing of ours.

They wait no longer. A decision is kept, and made anew with the books; what comes later of that
payment counts as ever, and an answer is joined as ever when what it speaks of is here.
"""

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, select

from reconcile.ledger import received
from reconcile.ledger.tables import decision, file
from reconcile.ledger.tables_answered import acknowledgement
from reconcile.ledger.tables_received import remittance

if TYPE_CHECKING:
    from reconcile.ledger.writer import Writer

DISMISS: Final = "dismiss"
UNDO: Final = "dismiss undo"
KINDS: Final = (DISMISS, UNDO)
ANSWER: Final = "dismiss answer"  # changes no state: the answer is not listed any more
ANSWER_UNDO: Final = "dismiss answer undo"
WAITING: Final = ("unmatched", "partly", "incomplete")  # states of acknowledgements
DISMISSED: Final = "dismissed"
INCOMPLETE: Final = "incomplete"
NOT_WHOLE: Final = "not whole: no SE, or its count or number is wrong; not posted"


def subject(digest: str, number: int) -> str:
    """What a decision is about: a transaction of a kept file, counted from 1."""
    return f"{digest}:{number}"


def why(connection: Connection, digest: str, number: int) -> str:
    """Who dismissed it, and why; empty where it is not dismissed."""
    d = decision.c
    query = (
        select(d.kind, d.user, d.reason)
        .where(d.kind.in_(KINDS), d.subject == subject(digest, number))
        .order_by(d.id.desc())
        .limit(1)
    )
    found = connection.execute(query).first()
    if found is None or found.kind == UNDO:
        return ""
    return f"dismissed by {found.user or 'somebody'}: {found.reason}"


def follow(writer: "Writer", about: str) -> None:
    """Set the state that the newest decision makes of a payment that is not whole."""
    digest, _, number = about.partition(":")
    for row in _rows(writer.connection, digest):
        if row.number == int(number) and row.state in (INCOMPLETE, DISMISSED):
            told = why(writer.connection, digest, row.number)
            state = DISMISSED if told else INCOMPLETE
            received.settle(writer.connection, row.id, state=state, why=told or NOT_WHOLE)


def not_whole(connection: Connection, name: str) -> list[Any]:
    """The payments that are not whole of files of that name, or whose digest begins so."""
    f = file.c
    mine = (f.name == name) | f.digest.startswith(name.lower(), autoescape=True)
    return [row for row in _named(connection, mine) if row.state in (INCOMPLETE, DISMISSED)]


def _rows(connection: Connection, digest: str) -> list[Any]:
    return _named(connection, file.c.digest == digest)


def _named(connection: Connection, condition: Any) -> list[Any]:
    query = (
        select(remittance, file.c.digest.label("file_digest"), file.c.name.label("file_name"))
        .join(file, file.c.id == remittance.c.file_id)
        .where(condition)
        .order_by(remittance.c.id)
    )
    return list(connection.execute(query))


def answers(connection: Connection) -> frozenset[str]:
    """The subjects of answers that stand dismissed."""
    d = decision.c
    query = select(d.kind, d.subject).where(d.kind.in_((ANSWER, ANSWER_UNDO))).order_by(d.id)
    newest = {row.subject: row.kind for row in connection.execute(query)}
    return frozenset(about for about, kind in newest.items() if kind == ANSWER)


def waiting_answers(connection: Connection, name: str) -> list[Any]:
    """The acknowledgements that wait, of files of that name or whose digest begins so."""
    f, a = file.c, acknowledgement.c
    mine = (f.name == name) | f.digest.startswith(name.lower(), autoescape=True)
    query = (
        select(acknowledgement, f.digest.label("file_digest"), f.name.label("file_name"))
        .join(file, f.id == a.file_id)
        .where(mine, a.state.in_(WAITING))
        .order_by(a.id)
    )
    return list(connection.execute(query))
