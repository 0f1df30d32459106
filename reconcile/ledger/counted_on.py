"""Which claim of a family counts in reports and worklists while a correction of it waits."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from attrs import frozen
from sqlalchemy import Connection, or_, select

from edi.claim import FREQUENCY_ORIGINAL, FREQUENCY_VOID
from reconcile.ledger import bulk
from reconcile.ledger.deliveries import was_sent
from reconcile.ledger.tables import sent_claim
from reconcile.ledger.tables_answered import claim_state
from reconcile.values import SentClaim

if TYPE_CHECKING:
    from reconcile.ledger.records import Usage

_CLAIM: Final = sent_claim.c
_STATE: Final = claim_state.c
_IS_LATER: Final = or_(_CLAIM.frequency > FREQUENCY_ORIGINAL, _CLAIM.control != _CLAIM.family)
_GONE: Final = frozenset({"rejected", "closed"})  # these: see reconcile.lifecycle
_BACK: Final = "reversed"  # its answer was taken back: a correction waits for the next one
_WAITING: Final = frozenset({"ready", "sent", "received", "accepted", _BACK})
COVERED: Final = frozenset({"denied", "partly paid", "reversed"})  # work, while none waits
_COPY: Final = "duplicate"  # the event of a claim refused as a copy: it corrects nothing
_PAID: Final = frozenset({"partly paid", "paid", "forwarded"})


def counted_on(
    connection: Connection, claims: Mapping[int, SentClaim], usage: "Usage"
) -> dict[int, str]:
    """Claims that do not count while a correction of their family waits, with the one that does.

    The charge of visits is counted once. The correction counts where nothing stands on the claims
    before it; else the newest of those that something was paid on.
    """
    found: dict[int, str] = {}
    for batch in bulk.batches(sorted({claim.family for claim in claims.values()})):
        corrected = select(_CLAIM.family).where(
            _CLAIM.family.in_(batch), _CLAIM.usage == usage, _IS_LATER
        )
        families = connection.execute(corrected.distinct()).scalars().all()
        if families:
            for members in _turns_of(connection, families, usage).values():
                found |= _counted(members)
    return found


@frozen(kw_only=True)
class Waiting:
    """A correction that was made and waits for the payer."""

    claim: str
    made: str  # UTC
    sent: bool  # the file is out
    taken_back: bool = False  # it was answered, and the payer took that answer back

    @property
    def next_step(self) -> str:
        """What there is to do about the claims before it."""
        if self.taken_back:
            return (
                f"correction {self.claim} of {self.made[:10]} was answered, and the payer took "
                "that answer back: wait for the next one; call when it does not come"
            )
        done = "sent" if self.sent else "made, and leaves with the next files"
        return (
            f"correction {self.claim} of {self.made[:10]} was {done}: wait for its answer; "
            "claimline missing says when it is late"
        )


def waiting(
    connection: Connection, families: Iterable[str], usage: "Usage"
) -> dict[tuple[str, str], Waiting]:
    """Claims whose correction waits for the payer, by number and frequency."""
    found: dict[tuple[str, str], Waiting] = {}
    for batch in bulk.batches(sorted(set(families))):
        for members in _turns_of(connection, batch, usage).values():
            correction = _waiting(members)
            if correction is not None:
                told = Waiting(
                    claim=correction.control,
                    made=correction.recorded_at,
                    sent=correction.state != "ready",
                    taken_back=correction.state == _BACK,
                )
                before = members[: members.index(correction)]
                found |= {(row.control, row.frequency): told for row in before}
    return found


def covered(connection: Connection, usage: "Usage") -> dict[tuple[str, str], Waiting]:
    """All claims of a book that were refused or taken back and whose correction waits."""
    later, its = sent_claim.alias(), claim_state.alias()
    correction = (
        select(later.c.id)
        .join(its, its.c.sent_claim_id == later.c.id)
        .where(
            later.c.family == _CLAIM.family,
            later.c.payer_rank == _CLAIM.payer_rank,
            later.c.usage == usage,
            later.c.id > _CLAIM.id,
            later.c.frequency != FREQUENCY_VOID,
            its.c.state.in_(_WAITING),
        )
    )
    query = (
        select(_CLAIM.family)
        .join(claim_state, _STATE.sent_claim_id == _CLAIM.id)
        .where(_STATE.state.in_(COVERED), _CLAIM.usage == usage, correction.exists())
    )
    return waiting(connection, connection.execute(query.distinct()).scalars().all(), usage)


def _turns_of(
    connection: Connection, families: Sequence[str], usage: "Usage"
) -> dict[tuple[str, str], list[Any]]:
    """The claims of families by the turn of their payer, in the order of sending."""
    query = (
        select(
            _CLAIM.id, _CLAIM.family, _CLAIM.control, _CLAIM.frequency, _CLAIM.payer_rank,
            _CLAIM.recorded_at, _STATE.state, _STATE.event,
        )
        .outerjoin(claim_state, _STATE.sent_claim_id == _CLAIM.id)
        .where(_CLAIM.family.in_(families), _CLAIM.usage == usage, was_sent())
        .where(_CLAIM.frequency != FREQUENCY_VOID)
        .order_by(_CLAIM.family, _IS_LATER, _CLAIM.id)
    )  # fmt: skip
    found: dict[tuple[str, str], list[Any]] = {}
    for row in connection.execute(query):
        found.setdefault((row.family, row.payer_rank), []).append(row)
    return found


def _waiting(members: Sequence[Any]) -> Any:
    """The newest claim of a turn, where it is a correction that nobody decided yet; else None."""
    standing = [row for row in members if _may_count(row)]
    if not standing or standing[-1] is members[0] or standing[-1].state not in _WAITING:
        return None
    return standing[-1]


def _counted(members: Sequence[Any]) -> dict[int, str]:
    """Of the claims of one turn: those that do not count, with the one that does."""
    correction = _waiting(members)
    if correction is None:
        return _copies(members)
    before = members[: members.index(correction)]
    paid = [row for row in before if _is_paid(row)]
    if paid:
        return _copies(members) | {correction.id: paid[-1].control}
    return _copies(members) | {row.id: correction.control for row in before}


def _copies(members: Sequence[Any]) -> dict[int, str]:
    """Corrections refused as copies, and the newest claim that is none: there the charge counts."""
    newest = next((row for row in reversed(members) if _may_count(row)), None)
    copies = [row for row in members[1:] if row.event == _COPY]
    return {row.id: newest.control for row in copies} if newest is not None else {}


def _may_count(row: Any) -> bool:
    return row.event != _COPY and (row.state not in _GONE or _is_paid(row))


def _is_paid(row: Any) -> bool:
    """Whether money stands on a claim, or a decision that it needs none."""
    return row.state in _PAID or row.event == "settled"
