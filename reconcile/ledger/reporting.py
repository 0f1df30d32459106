"""Sent claims as reports walk through them: each with its answers, its state, who, where and when.

Read in batches of some hundred claims, so that memory stays flat however large the book is.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from attrs import evolve, field, frozen
from sqlalchemy import ColumnElement, Connection, and_, case, func, or_, select

from reconcile.ledger import bulk, rows, sent, states_facts
from reconcile.ledger.chosen import chosen
from reconcile.ledger.counted_on import counted_on
from reconcile.ledger.families import with_followers
from reconcile.ledger.reading import BY_PERSON, Filter, condition_of
from reconcile.ledger.tables import sent_claim, sent_file, written_file
from reconcile.ledger.tables_answered import claim_state, delivered_file
from reconcile.ledger.tables_received import claim_payment, remittance
from reconcile.lifecycle import REJECTIONS, Event, is_copy, state_of
from reconcile.turns import FIRST
from reconcile.values import Adjudication, SentClaim

if TYPE_CHECKING:
    from attrs import frozen as value
else:
    from attrs import define as value

_CLAIM: Final = sent_claim.c
_STATE: Final = claim_state.c
REJECTED: Final = "rejected"  # these: see reconcile.lifecycle
FORWARDED: Final = "forwarded"
_ON_THE_WAY: Final = ("ready", "sent", "received", "accepted")


@frozen(kw_only=True)
class Walk:
    """How to walk through the claims of a filter."""

    only_open: bool = False  # only claims of which the payers have not decided all
    by_patient: bool = False  # in the order of the patients, else of recording
    rejections: bool = False  # say whether a claim was ever rejected
    decisions: bool = False  # with what was kept of further coverages
    at_later: bool = False  # only first claims that may wait at a later payer
    answered_by: bool = False  # a payer asked for: also claims of others that it answered


@value(kw_only=True)
class Reported:
    """A sent claim with what reports ask of it. ``open`` in cents, as its state has it."""

    claim: SentClaim
    answers: tuple[Adjudication, ...]
    payer: str  # name, else key
    provider: str  # NPI of who treated
    location: str  # key in the practice file
    state: str
    event: str  # that led to it
    open: int
    sent: str = ""  # UTC, when it left for the first time; empty: not known
    rejected: bool = False  # one of its sendings was, before anybody decided about payment
    stands_on: str = ""  # the claim of its family that counts while a correction waits
    names: Mapping[str, str] = field(factory=dict, repr=False)  # of who else answered, by key
    decisions: str = field(default="", repr=False)
    patient_id: str = field(default="", repr=False)
    patient_name: str = field(default="", repr=False)


def claims(connection: Connection, wanted: Filter, walk: Walk) -> Iterator[Reported]:
    """The claims of a filter, those taken back before they were sent left out."""
    asked = _also_answered_by(wanted) if walk.answered_by else condition_of(wanted)
    if walk.only_open:
        open_ones = select(_STATE.sent_claim_id).where(
            _STATE.sent_claim_id == _CLAIM.id, _STATE.open != 0
        )
        asked &= open_ones.exists()
    if walk.at_later:
        asked &= _at_later()
    work = _Work(connection, walk)
    keys = (_CLAIM.patient, _CLAIM.id) if walk.by_patient else (_CLAIM.id,)
    last: Any = None
    while True:
        query = select(*keys).where(asked).order_by(*keys).limit(bulk.BATCH)
        if last is not None:
            query = query.where(_after(keys, last))
        found = connection.execute(query).fetchall()
        if not found:
            return
        last = found[-1]
        yield from work.load([row[-1] for row in found], wanted)


def _after(keys: Sequence[Any], last: Any) -> ColumnElement[bool]:
    """The rows behind the last one seen, in the order of the keys.

    The first key is bounded by itself: so the index finds where to go on, whatever lies before.
    """
    if len(keys) == 1:
        return and_(keys[0] > last[0])
    first, second = keys
    return and_(first >= last[0], or_(first > last[0], second > last[1]))


def _at_later() -> ColumnElement[bool]:
    """First claims that were forwarded, or of whose family a claim to a later payer is out."""
    later, state = sent_claim.alias("later"), claim_state.alias("later_state")
    out = (
        select(later.c.id)
        .join(state, state.c.sent_claim_id == later.c.id)
        .where(later.c.family == _CLAIM.family, later.c.usage == _CLAIM.usage)
        .where(later.c.payer_rank != FIRST, state.c.state.in_(_ON_THE_WAY))
    )
    forwarded = select(_STATE.sent_claim_id).where(
        _STATE.sent_claim_id == _CLAIM.id, _STATE.state == FORWARDED
    )
    return (_CLAIM.payer_rank == FIRST) & or_(forwarded.exists(), out.exists())


def _also_answered_by(wanted: Filter) -> ColumnElement[bool]:
    """The condition of a filter, with the claims that its payer answered after another one."""
    if not wanted.payer:
        return condition_of(wanted)
    word, c = wanted.payer.strip().lower(), claim_payment.c
    answered = (
        select(c.id)
        .join(remittance, remittance.c.id == c.remittance_id)
        .where(c.sent_claim_id == _CLAIM.id, c.state == "posted")
        .where(
            or_(
                func.lower(c.payer) == word,
                func.lower(remittance.c.payer_name).contains(word, autoescape=True),
            )
        )
    )
    sent_to = chosen(wanted.usage, payer=wanted.payer)
    return condition_of(evolve(wanted, payer="")) & or_(sent_to, answered.exists())


class _Work:
    """Loads batch after batch; what belongs to files is asked once."""

    def __init__(self, connection: Connection, walk: Walk) -> None:
        self._connection = connection
        self._walk = walk
        self._files: dict[int, str] = {}
        self._names: dict[str, str] = {}
        self._facts = states_facts.Facts(connection) if walk.rejections else None

    def load(self, numbers: list[int], wanted: Filter) -> Iterator[Reported]:
        """These claims, in their order."""
        connection = self._connection
        found = sent.load(connection, _CLAIM.id.in_(numbers))
        found = with_followers(connection, found, wanted.usage)
        answers = rows.adjudications(connection, {n: c.control for n, c in found.items()})
        about = self._about(numbers)
        self._load_files({row.file_id for row in about.values()})
        rejected = self._rejected(numbers, answers)
        stands_on = counted_on(connection, found, wanted.usage)
        self._load_names(found, answers)
        for number in numbers:
            row = about[number]
            yield Reported(
                claim=found[number],
                answers=answers.get(number, ()),
                payer=row.payer_name or row.payer,
                provider=row.rendering_npi,
                location=row.location,
                state=row.state or "",
                event=row.event or "",
                open=row.open or 0,
                sent=self._files[row.file_id] if row.origin == "billed" else "",
                rejected=number in rejected or row.state == REJECTED,
                stands_on=stands_on.get(number, ""),
                names=self._names,
                decisions=row.decisions if self._walk.decisions else "",
                patient_id=row.patient_id,
                patient_name=row.patient_name,
            )

    def _about(self, numbers: Sequence[int]) -> dict[int, Any]:
        columns = [
            _CLAIM.id, _CLAIM.payer, _CLAIM.payer_name, _CLAIM.rendering_npi, _CLAIM.location,
            _CLAIM.origin, _CLAIM.file_id, _CLAIM.patient_id, _CLAIM.patient_name,
            _STATE.state, _STATE.event, _STATE.open,
        ]  # fmt: skip
        if self._walk.decisions:
            columns.append(_CLAIM.decisions)
        query = (
            select(*columns)
            .outerjoin(claim_state, _STATE.sent_claim_id == _CLAIM.id)
            .where(_CLAIM.id.in_(numbers))
        )
        return {row.id: row for row in self._connection.execute(query)}

    def _load_files(self, numbers: set[int]) -> None:
        missing = numbers - self._files.keys()
        if missing:
            self._files |= dict.fromkeys(missing, "") | sent_moments(self._connection, missing)

    def _rejected(
        self, numbers: Sequence[int], answers: Mapping[int, Sequence[Adjudication]]
    ) -> set[int]:
        if self._facts is None:
            return set()
        events = self._facts.of_claims(states_facts.claims(self._connection, numbers))
        return {
            number
            for number, some in events.items()
            if _was_rejected(some, decided=any(not a.is_reversal for a in answers.get(number, ())))
        }

    def _load_names(
        self, claims: Mapping[int, SentClaim], answers: Mapping[int, Sequence[Adjudication]]
    ) -> None:
        """The names of payers that answered claims sent to others, as their payments have them."""
        others = {
            answer.payer
            for number, some in answers.items()
            for answer in some
            if answer.payer not in {claims[number].payer, claims[number].payer_id}
        }
        missing = sorted(others - self._names.keys())
        for batch in bulk.batches(missing):
            c = claim_payment.c
            query = (
                select(c.payer, func.max(remittance.c.payer_name))
                .join(remittance, remittance.c.id == c.remittance_id)
                .where(c.payer.in_(batch), remittance.c.payer_name != "")
                .group_by(c.payer)
            )
            self._names |= dict.fromkeys(batch, "")
            self._names |= {row[0]: row[1] for row in self._connection.execute(query)}


def _was_rejected(events: Sequence[Event], *, decided: bool) -> bool:
    """Whether a sending was rejected.

    The newest was not where a payer decided on it, or where it is accepted now all the same.
    """
    newest = max((one.transmission for one in events), default=0)
    stands = decided or state_of(events).state != REJECTED
    return any(
        one.kind in REJECTIONS and not is_copy(one) and not (stands and one.transmission == newest)
        for one in events
    )


def sent_moments(connection: Connection, files: set[int]) -> dict[int, str]:
    """When files of claims made here left, UTC, by row number: delivered, written or recorded."""
    found: dict[int, str] = {}
    for batch in bulk.batches(sorted(files)):
        s = sent_file.c
        query = (
            select(
                s.file_id, s.recorded_at, written_file.c.recorded_at.label("written"),
                delivered_file.c.recorded_at.label("delivered"),
            )
            .outerjoin(written_file, written_file.c.file_id == s.file_id)
            .outerjoin(delivered_file, delivered_file.c.file_id == s.file_id)
            .where(s.file_id.in_(batch))
        )  # fmt: skip
        for row in connection.execute(query):
            found[row.file_id] = row.delivered or row.written or row.recorded_at
    return found


@value(kw_only=True)
class OpenGroup:
    """The open cents of the claims of one payer, clinician, location, day and file."""

    payer: str
    provider: str
    location: str
    date: str  # of service, CCYY-MM-DD
    sent: str  # UTC; empty: not known
    claims: int
    open: int
    closed: bool  # by a person: nobody is asked for it


def open_amounts(connection: Connection, wanted: Filter) -> Iterator[OpenGroup]:
    """What is open, added up by the database: its sum is that of ``claim_state.open``."""
    keys = (
        _CLAIM.payer, _CLAIM.payer_name, _CLAIM.rendering_npi, _CLAIM.location, _CLAIM.date,
        _CLAIM.file_id, _CLAIM.origin,
    )  # fmt: skip
    closed = case((_STATE.event == BY_PERSON, 1), else_=0)
    query = (
        select(
            *keys,
            closed.label("closed"),
            func.count().label("claims"),
            func.sum(_STATE.open).label("open"),
        )
        .join(claim_state, _STATE.sent_claim_id == _CLAIM.id)
        .where(condition_of(wanted), _STATE.open != 0)
        .group_by(*keys, closed)
        .order_by(*keys, closed)
    )
    files: dict[int, str] = {}
    for row in connection.execute(query):
        if row.file_id not in files:
            files[row.file_id] = sent_moments(connection, {row.file_id}).get(row.file_id, "")
        yield OpenGroup(
            payer=row.payer_name or row.payer,
            provider=row.rendering_npi,
            location=row.location,
            date=row.date,
            sent=files[row.file_id] if row.origin == "billed" else "",
            claims=row.claims,
            open=int(row.open),
            closed=bool(row.closed),
        )
