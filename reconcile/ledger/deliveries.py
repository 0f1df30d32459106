"""Files of claims on their way out: not yet delivered, delivered, taken back before that.

What is delivered or taken back is a fact, kept once. A file is delivered when the clearinghouse
took it; one without a profile is sent by a person, from the moment it stands in the outbox.
"""

from typing import TYPE_CHECKING, Final

from attrs import evolve, frozen
from sqlalchemy import ColumnElement, Connection, and_, exists, select

from reconcile.ledger import keeping
from reconcile.ledger.errors import LedgerError
from reconcile.ledger.records import StoredFile
from reconcile.ledger.tables import file, sent_claim, sent_file
from reconcile.ledger.tables_answered import (
    acknowledged,
    acknowledgement,
    claim_state,
    delivered_file,
    resent_claim,
    transfer,
    unsent_file,
)
from reconcile.ledger.tables_received import claim_payment, remittance
from reconcile.match_claim import BY_HAND

if TYPE_CHECKING:
    from reconcile.ledger.writer import Writer

HAND: Final = "hand"  # kind of an answer, origin of a remittance: entered by a person
TAKEN_BACK: Final = "taken back"  # the event of ``claim_state``: see ``reconcile.lifecycle``


class NotUnsendableError(LedgerError):
    """The file cannot be taken back: it was delivered, uploaded, or somebody answered it."""


@frozen(kw_only=True)
class Unsent:
    """A file that was taken back."""

    file: StoredFile
    name: str  # in the outbox
    claims: int  # of the file
    already: bool = False  # it was taken back before
    again: bool = False  # its claims went before in another file, and stand as they did then


def mark_delivered(writer: "Writer", digest: str, *, profile: str, name: str) -> None:
    """The clearinghouse took the file. Saying it twice changes nothing."""
    stored = _stored(writer.connection, digest)
    query = select(delivered_file.c.file_id).where(delivered_file.c.file_id == stored.id)
    if writer.connection.execute(query).first() is None:
        writer.add(delivered_file, [(stored.id, profile, name, *writer.recorded)])
        writer.changed(claims_of(writer.connection, stored.id))


def is_unsent(connection: Connection, digest: str) -> bool:
    """Whether a person took the file back before it was sent."""
    query = select(file.c.id).join(unsent_file, unsent_file.c.file_id == file.c.id)
    return connection.execute(query.where(file.c.digest == digest)).first() is not None


def undelivered(connection: Connection, profile: str) -> tuple[StoredFile, ...]:
    """The files of claims that wait to be delivered by a profile, oldest first.

    ``StoredFile.name`` is the name in the outbox. Files that were taken back are not among them.
    """
    s = sent_file.c
    query = (
        select(file, s.name.label("outbox_name"))
        .join(sent_file, s.file_id == file.c.id)
        .where(
            s.profile == profile,
            ~exists().where(delivered_file.c.file_id == s.file_id),
            ~exists().where(unsent_file.c.file_id == s.file_id),
        )
        .order_by(file.c.id)
    )
    return tuple(keeping.stored_file(row, row.outbox_name) for row in connection.execute(query))


def unsend(writer: "Writer", digest: str, *, user: str, reason: str) -> Unsent:
    """Take a file back before it was picked up. Saying it twice changes nothing.

    Its claims count as never sent: their visits can be billed again.

    Raises:
        NotUnsendableError: it was delivered or uploaded, or an answer to it is here.
        LedgerDamaged: there is no such file of claims.
    """
    connection = writer.connection
    stored = _stored(connection, digest)
    row = connection.execute(select(sent_file).where(sent_file.c.file_id == stored.id)).one()
    resent = select(resent_claim.c.file_id).where(resent_claim.c.file_id == stored.id).limit(1)
    done = Unsent(
        file=stored,
        name=row.name,
        claims=row.claims,
        again=connection.execute(resent).first() is not None,
    )
    known = select(unsent_file.c.file_id).where(unsent_file.c.file_id == stored.id)
    if connection.execute(known).first() is not None:
        return evolve(done, already=True)
    why = _why_not(connection, stored.id)
    if why:
        raise NotUnsendableError(*why)
    writer.add(unsent_file, [(stored.id, user, reason, *writer.recorded)])
    writer.changed(claims_of(connection, stored.id))
    return done


def answered(connection: Connection, digest: str) -> str:
    """What shows that somebody has a file of claims: TA1, 999, 277CA, remittance; empty: nothing.

    Then it must not go again: it would come twice.
    """
    query = select(file.c.id).where(file.c.digest == digest)
    number = connection.execute(query).scalar()
    return "" if number is None else _answer(connection, number)


def is_uploaded(connection: Connection, digest: str) -> bool:
    """Whether the file was brought to a clearinghouse from here, taken or not."""
    t = transfer.c
    query = select(t.id).where(t.digest == digest, t.direction == "out").limit(1)
    return connection.execute(query).first() is not None


def claims_of(connection: Connection, file_id: int) -> tuple[int, ...]:
    """The claims (row numbers) that went in a file, for the first time or again."""
    first = select(sent_claim.c.id).where(sent_claim.c.file_id == file_id)
    again = select(resent_claim.c.sent_claim_id).where(resent_claim.c.file_id == file_id)
    return tuple(connection.execute(first.union(again)).scalars())


def was_sent() -> ColumnElement[bool]:
    """The condition on ``sent_claim`` that leaves out what was taken back before it was sent.

    A claim that is answered all the same was sent: its state says so.
    """
    c = sent_claim.c
    own = claim_state.alias()  # the query around may speak of states too
    never = exists().where(own.c.sent_claim_id == c.id, own.c.event == TAKEN_BACK)
    return ~and_(c.file_id.in_(select(unsent_file.c.file_id)), never)


def _why_not(connection: Connection, file_id: int) -> tuple[str, str] | None:
    """Why a file cannot be taken back, and what to do instead."""
    taken = select(delivered_file.c.recorded_at).where(delivered_file.c.file_id == file_id)
    when = connection.execute(taken).scalar()
    if when is not None:
        return (
            f"The file was delivered on {when[:10]}: it cannot be taken back.",
            "Void or correct its claims when the payer has answered (claimline correct).",
        )
    t = transfer.c
    stands = connection.execute(
        select(t.profile, t.recorded_at)
        .join(file, file.c.digest == t.digest)
        .where(file.c.id == file_id, t.direction == "out")
        .order_by(t.id)
        .limit(1)
    ).first()
    if stands is not None:
        return (
            (
                f"The file was uploaded to {stands.profile} on {stands.recorded_at[:10]} and may "
                "be picked up at any moment: it cannot be taken back."
            ),
            "Let it go; void or correct its claims when they are answered (claimline correct).",
        )
    kind = _answer(connection, file_id)
    if not kind:
        return None
    return (
        f"A {kind} for this file is here: somebody has it, so it cannot be taken back.",
        (
            "What they refused goes again with claimline resend; void or correct the other claims "
            "when the payer has answered (claimline correct)."
        ),
    )


def _answer(connection: Connection, file_id: int) -> str:
    """The kind of the first answer to a file; one that came before the file was made is none.

    What a person entered or matched by hand is a word on a claim, and no proof that the file
    arrived: its other claims must go.
    """
    a, g, s = acknowledged.c, acknowledgement.c, sent_file.c
    said = (
        select(g.kind)
        .join(acknowledged, g.id == a.acknowledgement_id)
        .join(sent_file, s.file_id == a.file_id)
        .where(a.file_id == file_id, g.kind != HAND, g.recorded_at >= s.recorded_at)
        .order_by(g.id)
        .limit(1)
    )
    if kind := connection.execute(said).scalar():
        return str(kind)
    p, r = claim_payment.c, remittance.c
    paid = (
        select(p.id)
        .join(remittance, r.id == p.remittance_id)
        .join(sent_claim, sent_claim.c.id == p.sent_claim_id)
        .join(sent_file, s.file_id == sent_claim.c.file_id)
        .where(s.file_id == file_id, r.recorded_at >= s.recorded_at)
        .where(r.origin != HAND, p.method != BY_HAND)
        .limit(1)
    )
    return "remittance" if connection.execute(paid).first() else ""


def _stored(connection: Connection, digest: str) -> StoredFile:
    query = (
        select(file, sent_file.c.name.label("outbox_name"))
        .join(sent_file, sent_file.c.file_id == file.c.id)
        .where(file.c.digest == digest)
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        keeping.count_pieces(connection, digest)  # raises where there is no such file at all
        raise LedgerError(f"File {digest[:12]} is no file of claims that was made here.")
    return keeping.stored_file(row, row.outbox_name)
