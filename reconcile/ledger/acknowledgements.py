"""Acknowledgements kept: the facts of a TA1, 999, 997, 277CA, of a report or an entry by hand.

What is said is kept as it came, some hundred things at a time, and joined to what was sent in the
same step (``acknowledgements_join``); the joins are derived and can be made again.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from attrs import define, field, frozen
from sqlalchemy import Connection, select

from edi.acknowledgement import Acknowledged, Acknowledgement, Kind, Status
from edi.acknowledgement_words import list_name
from reconcile.acknowledgements import OWN
from reconcile.acknowledgements_match import Named
from reconcile.keys import stem
from reconcile.ledger import bulk, keeping, settle
from reconcile.ledger.acknowledgements_join import Context, Joined, Joiners
from reconcile.ledger.acknowledgements_settle import settle as settle_joins
from reconcile.ledger.convert import from_date, to_cents, to_json
from reconcile.ledger.payments import LARGEST
from reconcile.ledger.records import StoredFile
from reconcile.ledger.tables import file
from reconcile.ledger.tables_answered import acknowledged, acknowledgement

if TYPE_CHECKING:
    from reconcile.ledger.writer import Writer

FEW: Final = 20  # rejected claims told by name of one acknowledgement


@frozen(kw_only=True)
class About:
    """Where an acknowledgement stands and between whom it went."""

    file_id: int | None = None  # none: entered by hand
    number: int = 0  # of it in its file, from 1
    usage: str
    sender: str = ""  # ISA06 of its interchange
    receiver: str = ""  # ISA08
    interchange_control: str = ""
    digest: str = ""  # of its content without control numbers
    state: str = "unmatched"  # duplicate, incomplete: nothing of it is read


@define(kw_only=True)
class Kept:
    """An acknowledgement that was kept: what it says, counted, and how it was joined."""

    id: int
    state: str = ""
    why: str = ""
    verdicts: Counter[tuple[str, str]] = field(factory=Counter)  # (level, verdict) -> how many
    in_rejected: int = 0  # claims of ours in files and transactions that were rejected
    unmatched: int = 0
    rejected: list[tuple[str, tuple[str, ...]]] = field(factory=list)  # (claim, codes), first few
    learned: set[str] = field(factory=set)  # payer claim numbers (REF*1K) of claims of ours


def keep(
    writer: "Writer",
    head: Acknowledgement,
    things: Iterable[Acknowledged],
    about: About,
    joiners: Joiners | None = None,
) -> Kept:
    """Keep one acknowledgement with all it says, joined to what was sent.

    Where the writer joins later (``Writer.joining_later``) it stands unmatched until then.

    Args:
        writer: the open transaction.
        head: who says it; its ``things`` are not looked at.
        things: what is said, read once.
        about: where it stands.
        joiners: of a file with many of them.
    """
    day = from_date(head.date) if head.date else writer.at[:10]
    kept = Kept(id=writer.ids(acknowledgement), state=about.state)
    writer.add(acknowledgement, [_head_row(kept.id, head, about, day, writer.recorded)])
    context = Context(usage=about.usage, sender=about.sender, receiver=about.receiver, date=day)
    joiner = (joiners or Joiners(writer.connection)).of(context)
    for batch in bulk.batches(iter(things)):
        if writer.joins_later:
            joined = [Joined()] * len(batch)
        else:
            joined = joiner.join([named_of(thing, day) for thing in batch])
        first = writer.ids(acknowledged, len(batch))
        rows = [
            _thing_row(number, kept.id, thing, day, found.columns)
            for number, (thing, found) in enumerate(zip(batch, joined, strict=True), first)
        ]
        writer.add(acknowledged, rows)
        _count(kept, head, batch, [found.claim_id for found in joined])
    below = head.kind == "277CA" and any(level == "claim" for level, _ in kept.verdicts)
    changed, in_rejected = joiner.take()
    kept.in_rejected = 0 if below else len(in_rejected)
    writer.changed(changed)
    if kept.learned:
        settle.after_learned(writer, kept.learned)
    if about.state == "unmatched" and not writer.joins_later:
        settled = settle_joins(writer.connection, [kept.id])[kept.id]
        kept.state, kept.why, kept.unmatched = settled
    return kept


def _head_row(
    number: int, head: Acknowledgement, about: About, day: str, recorded: tuple[int, str]
) -> bulk.Row:
    return (
        number,
        about.file_id,
        about.number,
        head.kind,
        about.usage,
        head.source,
        _plain(head.source_name),
        _plain(head.source_id),
        _plain(about.interchange_control),
        _plain(head.control),
        _plain(head.reference),
        _plain(about.sender),
        _plain(about.receiver),
        day,
        about.digest,
        about.state,
        "",
        *recorded,
    )


def _thing_row(
    number: int, owner: int, thing: Acknowledged, day: str, joined: tuple[Any, ...]
) -> bulk.Row:
    key = (thing.interchange, thing.group, thing.transaction, thing.batch, thing.claim, thing.line)
    return (
        number,
        owner,
        thing.position,
        thing.level,
        to_json(list(key)),
        stem(thing.claim) if thing.claim else "",
        thing.verdict,
        to_json([code_of(status) for status in thing.statuses]),
        _plain(thing.text),
        _plain(thing.payer_control),
        from_date(thing.date) if thing.date else day,
        _cents(thing.amount),
        _detail(thing),
        *joined,
    )


def _plain(text: str) -> str:
    """A text without the character that no database column takes."""
    return text.replace("\0", "")


def _cents(amount: Decimal | None) -> int | None:
    """Whole cents; None where nothing is said, or more than the tables hold."""
    return None if amount is None or abs(amount) >= LARGEST else to_cents(amount)


def _detail(thing: Acknowledged) -> str:
    """What else is said, as JSON; only what is there."""
    said: dict[str, Any] = {
        "functional_id": thing.functional_id,
        "provider": thing.provider,
        "procedure": thing.procedure,
        "service_date": from_date(thing.service_date) if thing.service_date else "",
        "clearinghouse_control": thing.clearinghouse_control,
        "claims": thing.claims,
        "accepted": thing.accepted,
        "rejected": thing.rejected,
        "rest": thing.rest,
        "made": thing.made,
        "parties": list(thing.parties),
    }
    return to_json({key: value for key, value in said.items() if value not in ("", None, [])})


def code_of(status: Status) -> list[Any]:
    """[list, code, places]; never the bad value itself: it may be patient data."""
    places = {
        "entity": status.entity,
        "segment": status.segment,
        "position": status.position,
        "loop": status.loop,
        "element": status.element,
        "trigger": status.trigger,
    }
    return [status.list, status.code, {k: v for k, v in places.items() if v}]


def shown_code(status: Status, kind: Kind) -> str:
    """A code as a person reads it: with its list, where that is not the usual one."""
    usual = status.list in ("STC", OWN)
    return status.code if usual else f"{list_name(status.list, kind)} {status.code}"


def named_of(thing: Acknowledged, day: str) -> Named:
    """What the thing names, as the joiner wants it."""
    return Named(
        level=thing.level,
        interchange=thing.interchange,
        group=thing.group,
        functional_id=thing.functional_id,
        transaction=thing.transaction,
        batch=thing.batch,
        provider=thing.provider,
        claim=thing.claim,
        line=thing.line,
        procedure=thing.procedure,
        service_date=from_date(thing.service_date) if thing.service_date else "",
        cents=_cents(thing.amount),
        date=from_date(thing.date) if thing.date else day,
        refuses=thing.verdict == "rejected",
        made=thing.made,
        parties=thing.parties,
    )


def _count(
    kept: Kept,
    head: Acknowledgement,
    batch: Sequence[Acknowledged],
    claims: Sequence[int | None],
) -> None:
    """What was said, counted; the first rejected claims by name."""
    for thing, claim in zip(batch, claims, strict=True):
        kept.verdicts[thing.level, thing.verdict] += 1
        if claim is not None and thing.payer_control:
            kept.learned.add(thing.payer_control)
        if thing.level == "claim" and thing.verdict == "rejected" and len(kept.rejected) < FEW:
            said = tuple(dict.fromkeys(shown_code(status, head.kind) for status in thing.statuses))
            kept.rejected.append((thing.claim, said))


def of_file(connection: Connection, file_id: int) -> list[Any]:
    """The acknowledgements kept of a file, as rows, in their order."""
    query = select(acknowledgement).where(acknowledgement.c.file_id == file_id)
    return list(connection.execute(query.order_by(acknowledgement.c.id)))


def rows_of_file(connection: Connection, file_id: int) -> set[int]:
    """The places in a file (rows of a report) of which something was kept."""
    query = (
        select(acknowledged.c.position)
        .join(acknowledgement, acknowledgement.c.id == acknowledged.c.acknowledgement_id)
        .where(acknowledgement.c.file_id == file_id)
    )
    return set(connection.execute(query).scalars())


def unread_files(connection: Connection, kinds: Iterable[str]) -> list[StoredFile]:
    """The received files of these kinds of which no acknowledgement was kept."""
    known = select(acknowledgement.c.file_id).where(acknowledgement.c.file_id.is_not(None))
    query = select(file.c.digest).where(
        file.c.kind.in_(sorted(kinds)), file.c.direction == "in", file.c.id.not_in(known)
    )
    digests = [row[0] for row in connection.execute(query.order_by(file.c.id))]
    return [found for digest in digests if (found := keeping.find_file(connection, digest))]


def same_content(connection: Connection, digest: str, usage: str) -> Any:
    """The acknowledgement of that content that was read before; None where there is none."""
    c = acknowledgement.c
    query = select(acknowledgement).where(
        c.digest == digest, c.usage == usage, c.state.not_in(("duplicate", "incomplete"))
    )
    return connection.execute(query.order_by(c.id).limit(1)).first()
