"""Sent claims whose patient has further coverages: with all a next payer's claim is made from."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from attrs import field, frozen
from sqlalchemy import ColumnElement, Connection, select

from edi.claim import FREQUENCY_VOID
from reconcile.ledger import bulk, rows, sent
from reconcile.ledger.chosen import walk
from reconcile.ledger.deliveries import was_sent
from reconcile.ledger.families import with_followers
from reconcile.ledger.records import Usage
from reconcile.ledger.tables import file, sent_claim
from reconcile.ledger.tables_answered import claim_state
from reconcile.turns import FIRST
from reconcile.values import Adjudication, SentClaim

MARK: Final = '"coverages": ['  # how ``bill`` writes further coverages into the decisions
_CLAIM: Final = sent_claim.c
REJECTED: Final = "rejected"  # see reconcile.lifecycle


@frozen(kw_only=True)
class Member:
    """A claim of a family, in short."""

    control: str
    frequency: str
    rank: str  # SBR01
    payer: str
    recorded_at: str
    file: str
    rejected: str = ""  # by which event of its life, where it stands rejected


@frozen(kw_only=True)
class WithCoverages:
    """The newest claim of a family to the first payer, which names further coverages."""

    claim: SentClaim
    adjudications: tuple[Adjudication, ...]
    family: tuple[Member, ...]  # all of it, in the order of sending
    payer_name: str
    discipline: str
    patient_id: str = field(repr=False)
    patient_name: str = field(repr=False)
    patient_birth: str = field(repr=False)
    decisions: str = field(repr=False)  # JSON, opaque to the ledger
    file: str  # it was sent in
    digest: str  # of that file
    transaction: str  # ST02

    def billed(self, payer: str, rank: str = "") -> str:
        """The number of the claim that was sent on from this one to a payer; empty for none.

        ``rank`` tells two coverages with one payer apart; empty: in any turn.
        """
        return _sent_on(self.family[self._place + 1 :], payer, rank)

    def billed_before(self, payer: str, rank: str = "") -> str:
        """The same of the claims that this one took the place of."""
        return _sent_on(self.family[: self._place], payer, rank)

    def rejected(self, control: str) -> str:
        """By which event the claim of that number stands rejected; empty: it does not."""
        return next((m.rejected for m in self.family if m.control == control), "")

    @property
    def is_corrected(self) -> bool:
        """Whether it took the place of another claim to the first payer."""
        return sum(member.rank == FIRST for member in self.family) > 1

    @property
    def _place(self) -> int:
        """Where the claim stands in its family."""
        return max(n for n, member in enumerate(self.family) if member.rank == FIRST)


def _sent_on(members: Sequence[Member], payer: str, rank: str) -> str:
    """The newest of these claims that was sent on to a payer and not voided."""
    sent_on = [m for m in members if m.rank != FIRST and m.payer == payer and rank in {"", m.rank}]
    if not sent_on or sent_on[-1].frequency == FREQUENCY_VOID:
        return ""
    return sent_on[-1].control


def sent_on(
    connection: Connection, usage: Usage, families: Iterable[str]
) -> dict[str, tuple[Member, ...]]:
    """The families that have a claim to a further payer, whole, in the order of sending."""
    found: dict[str, tuple[Member, ...]] = {}
    for batch in bulk.batches(sorted(set(families))):
        where = _CLAIM.family.in_(batch) & (_CLAIM.usage == usage) & was_sent()
        query = select(_CLAIM.family).where(where, _CLAIM.payer_rank != FIRST).distinct()
        some = connection.execute(query).scalars().all()
        if some:
            members = _members(connection, usage, some)
            found |= {family: tuple(m for _, m in own) for family, own in members.items()}
    return found


def with_coverages(
    connection: Connection,
    usage: Usage,
    *,
    families: Iterable[str] | None = None,
    controls: Iterable[str] | None = None,
) -> Iterator[WithCoverages]:
    """The claims whose patient has further coverages, some hundred at a time.

    Args:
        connection: the open snapshot.
        usage: the book.
        families: only of these; of all where None.
        controls: only claims of these numbers, whether coverages were kept with them or not.
    """
    first = (_CLAIM.usage == usage) & (_CLAIM.payer_rank == FIRST) & was_sent()
    kept = first & _CLAIM.decisions.contains(MARK, autoescape=True)
    if controls is not None:
        for batch in bulk.batches(sorted(set(controls))):
            yield from _walked(connection, first & _CLAIM.control.in_(batch))
    elif families is not None:
        for batch in bulk.batches(sorted(set(families))):
            yield from _walked(connection, kept & _CLAIM.family.in_(batch))
    else:
        yield from _walked(connection, kept)


def _walked(connection: Connection, condition: ColumnElement[bool]) -> Iterator[WithCoverages]:
    for batch in walk(connection, condition):
        yield from _loaded(connection, batch)


def _loaded(connection: Connection, numbers: list[int]) -> Iterator[WithCoverages]:
    about = {
        row.id: row
        for row in connection.execute(
            select(sent_claim, file.c.name.label("file_name"), file.c.digest)
            .join(file, file.c.id == _CLAIM.file_id)
            .where(_CLAIM.id.in_(numbers))
        )
    }
    some = list(about.values())
    members = _members(connection, some[0].usage, {row.family for row in some})
    numbers = [n for n in numbers if _is_newest(about[n], members[about[n].family])]
    if not numbers:
        return
    usage: Usage = about[numbers[0]].usage
    claims = with_followers(connection, sent.load(connection, _CLAIM.id.in_(numbers)), usage)
    answers = rows.adjudications(connection, {n: claim.control for n, claim in claims.items()})
    for number, claim in claims.items():
        row = about[number]
        yield WithCoverages(
            claim=claim,
            adjudications=answers.get(number, ()),
            family=tuple(member for _, member in members[row.family]),
            payer_name=row.payer_name,
            discipline=row.discipline,
            patient_id=row.patient_id,
            patient_name=row.patient_name,
            patient_birth=row.patient_birth,
            decisions=row.decisions,
            file=row.file_name,
            digest=row.digest,
            transaction=row.transaction_control,
        )


def _is_newest(row: Any, family: Sequence[tuple[int, Member]]) -> bool:
    """Whether no later claim to the first payer took the place of this one, and no void."""
    newest = [number for number, member in family if member.rank == FIRST][-1]
    return bool(newest == row.id) and row.frequency != FREQUENCY_VOID


def _members(
    connection: Connection, usage: Usage, families: Iterable[str]
) -> dict[str, list[tuple[int, Member]]]:
    found: dict[str, list[tuple[int, Member]]] = {}
    for batch in bulk.batches(sorted(families)):
        query = (
            select(
                _CLAIM.id, _CLAIM.family, _CLAIM.control, _CLAIM.frequency, _CLAIM.payer_rank,
                _CLAIM.payer, _CLAIM.recorded_at, file.c.name, claim_state.c.state,
                claim_state.c.event,
            )
            .join(file, file.c.id == _CLAIM.file_id)
            .outerjoin(claim_state, claim_state.c.sent_claim_id == _CLAIM.id)
            .where(_CLAIM.family.in_(batch), _CLAIM.usage == usage, was_sent())
            .order_by(_CLAIM.id)
        )  # fmt: skip
        for row in connection.execute(query):
            member = Member(
                control=row.control,
                frequency=row.frequency,
                rank=row.payer_rank,
                payer=row.payer,
                recorded_at=row.recorded_at,
                file=row.name,
                rejected=row.event if row.state == REJECTED else "",
            )
            found.setdefault(row.family, []).append((row.id, member))
    return found
