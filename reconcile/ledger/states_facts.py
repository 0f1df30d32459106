"""What happened to sent claims on their way, as events: recorded, delivered, acknowledged.

Everything is asked for some hundred claims at a time; what is the same for all claims of a file is
asked once per file.
"""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import ColumnElement, Connection, and_, select, tuple_

from reconcile.acknowledgements import RANK, depth_of, event_of, refuses_group, verdict_of
from reconcile.ledger import bulk
from reconcile.ledger.convert import from_json
from reconcile.ledger.tables import decision, file, run, sent_claim, sent_file, written_file
from reconcile.ledger.tables_answered import (
    acknowledged,
    acknowledgement,
    delivered_file,
    resent_claim,
    unsent_file,
)
from reconcile.lifecycle import state_of
from reconcile.lifecycle_values import Cause, Event, EventKind, State

if TYPE_CHECKING:
    from attrs import frozen as value
else:
    from attrs import define as value

_CLAIM: Final = sent_claim.c
COLUMNS: Final = (
    _CLAIM.id, _CLAIM.usage, _CLAIM.control, _CLAIM.family, _CLAIM.frequency, _CLAIM.origin,
    _CLAIM.payer, _CLAIM.payer_rank, _CLAIM.charge, _CLAIM.collected, _CLAIM.file_id,
    _CLAIM.transaction_control, _CLAIM.position, _CLAIM.billing_npi, _CLAIM.recorded_at,
)  # fmt: skip
IGNORED: Final = ("duplicate", "undone")  # states of an acknowledgement that says nothing (new)
CLOSE: Final = "close claim"  # kinds of decision
REOPEN: Final = "reopen claim"
SENT_KIND: Final = "837P"


@value(kw_only=True)
class Transmission:
    """One time a claim was sent."""

    file_id: int
    transaction: str  # ST02
    position: int  # of the CLM
    recorded_at: str


@value(kw_only=True)
class FileFacts:
    """What is known of a file of claims as a whole."""

    name: str
    delivered: str = ""  # when: UTC; empty: not yet
    unsent: tuple[str, str, str] | None = None  # when, by whom, why


def within(column: ColumnElement[int], numbers: Sequence[int]) -> ColumnElement[bool]:
    """Whether a column is one of these distinct numbers; as a range where they are one."""
    low, high = min(numbers, default=0), max(numbers, default=-1)
    if high - low + 1 == len(numbers):
        return column.between(low, high)
    return column.in_(numbers)


def claims(connection: Connection, numbers: Sequence[int]) -> list[Any]:
    """The rows of these claims (``COLUMNS``), in their order."""
    query = select(*COLUMNS).where(within(_CLAIM.id, numbers)).order_by(_CLAIM.id)
    return list(connection.execute(query).fetchall())


class Facts:
    """Asks for the events of claims, batch after batch, and keeps what belongs to files."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._files: dict[int, FileFacts] = {}
        self._has_resent = _any(connection, resent_claim.c.file_id)
        self._has_answers = _any(connection, acknowledged.c.id)
        self._has_closed = _any(connection, decision.c.id, decision.c.kind == CLOSE)

    def transmissions(self, rows: Sequence[Any]) -> dict[int, list[Transmission]]:
        """Each time these claims were sent, oldest first, by row number."""
        found = {
            row.id: [
                Transmission(
                    file_id=row.file_id,
                    transaction=row.transaction_control,
                    position=row.position,
                    recorded_at=row.recorded_at,
                )
            ]
            for row in rows
        }
        if self._has_resent and rows:
            c = resent_claim.c
            query = select(resent_claim).where(c.sent_claim_id.in_(list(found)))
            for row in self._connection.execute(query.order_by(c.file_id)):
                found[row.sent_claim_id].append(
                    Transmission(
                        file_id=row.file_id,
                        transaction=row.transaction_control,
                        position=row.position,
                        recorded_at=row.recorded_at,
                    )
                )
        self._load_files({one.file_id for some in found.values() for one in some})
        return found

    def plainly(self, rows: Sequence[Any]) -> dict[int, tuple[State, Event]]:
        """Claims that were sent once and that nobody spoke of: the state of their file is theirs.

        By row number the state, and the event that led to it, whose cause names the file only.
        """
        if self._has_resent or self._has_answers:
            return {}
        self._load_files({row.file_id for row in rows})
        known: dict[tuple[int, str, str], tuple[State, Event]] = {}
        found = {}
        for row in rows:
            key = (row.file_id, row.origin, row.recorded_at)
            if key not in known:
                one = Transmission(
                    file_id=row.file_id, transaction="", position=0, recorded_at=row.recorded_at
                )
                events = self._sent_events(row, 0, one)
                known[key] = (state_of(events).state, events[-1])
            found[row.id] = known[key]
        return found

    def of_claims(self, rows: Sequence[Any]) -> dict[int, list[Event]]:
        """The events of these claims on their way, by row number."""
        sent = self.transmissions(rows)
        said = self._said(rows, sent)
        found: dict[int, list[Event]] = {}
        for row in rows:
            times = _not_taken_back(sent[row.id], self._files, said.get(row.id, ()))
            events = [e for n, one in times for e in self._sent_events(row, n, one)]
            found[row.id] = [*events, *said.get(row.id, ())]
        return found

    def _sent_events(self, row: Any, number: int, one: Transmission) -> list[Event]:
        """Recorded, delivered, taken back: of one transmission."""
        about = self._files[one.file_id]
        cause = Cause(
            file=about.name,
            kind=SENT_KIND,
            transaction=one.transaction,
            segment=one.position,
        )
        events = [
            Event(kind="recorded", at=one.recorded_at, transmission=number, cause=cause),
        ]
        delivered = one.recorded_at if row.origin != "billed" else about.delivered
        if delivered:
            events.append(Event(kind="delivered", at=delivered, transmission=number, cause=cause))
        if about.unsent is not None:
            at, person, reason = about.unsent
            why = Cause(file=about.name, kind=SENT_KIND, person=person, reason=reason)
            events.append(Event(kind="taken back", at=at, transmission=number, cause=why))
        return events

    def file(self, file_id: int) -> FileFacts:
        """What is known of a file that was asked for."""
        return self._files[file_id]

    def _load_files(self, numbers: set[int]) -> None:
        missing = sorted(numbers - self._files.keys())
        for batch in bulk.batches(missing):
            query = (
                select(
                    file.c.id, file.c.name.label("own_name"), sent_file.c.name, sent_file.c.profile,
                    written_file.c.recorded_at.label("written"),
                    delivered_file.c.recorded_at.label("delivered"),
                    unsent_file.c.recorded_at.label("unsent"),
                    unsent_file.c.user, unsent_file.c.reason,
                )
                .outerjoin(sent_file, sent_file.c.file_id == file.c.id)
                .outerjoin(written_file, written_file.c.file_id == file.c.id)
                .outerjoin(delivered_file, delivered_file.c.file_id == file.c.id)
                .outerjoin(unsent_file, unsent_file.c.file_id == file.c.id)
                .where(file.c.id.in_(batch))
            )  # fmt: skip
            for row in self._connection.execute(query):
                by_hand = "" if row.profile else row.written or ""
                back = None  # what was delivered all the same left: nobody took it back
                if row.unsent and not row.delivered:
                    back = (row.unsent, row.user, row.reason)
                self._files[row.id] = FileFacts(
                    name=row.name or row.own_name,
                    delivered=row.delivered or by_hand,
                    unsent=back,
                )

    # --- what was said of them ---

    def _said(
        self, rows: Sequence[Any], sent: dict[int, list[Transmission]]
    ) -> dict[int, list[Event]]:
        if not self._has_answers:
            return {}
        found: dict[int, list[Event]] = {}
        spoken = self._of_claims(sent, found)
        self._of_files(rows, sent, found, spoken)
        return found

    def _of_claims(
        self, sent: dict[int, list[Transmission]], found: dict[int, list[Event]]
    ) -> set[tuple[int, int]]:
        """Add what was said of the claims themselves; returns which message named which."""
        a = acknowledged.c
        where = and_(a.sent_claim_id.in_(list(sent)), a.level == "claim")
        spoken = set()
        for row in self._answers(where):
            spoken.add((row.sent_claim_id, row.acknowledgement_id))
            kind = event_of(row.kind, row.level, row.verdict)
            if kind is not None:
                number = _which(sent[row.sent_claim_id], row)
                found.setdefault(row.sent_claim_id, []).append(_event(kind, number, row))
        return spoken

    def _of_files(
        self,
        rows: Sequence[Any],
        sent: dict[int, list[Transmission]],
        found: dict[int, list[Event]],
        spoken: set[tuple[int, int]],
    ) -> None:
        """What was said of a whole file, or of a transaction, is said of each of its claims.

        Not of those that the same message names: of these it says what it says there.
        """
        npi = {row.id: row.billing_npi for row in rows}
        places: dict[tuple[int, str], list[tuple[int, int]]] = {}
        for claim, times in sent.items():
            for number, one in enumerate(times):
                places.setdefault((one.file_id, one.transaction), []).append((claim, number))
                places.setdefault((one.file_id, ""), []).append((claim, number))
        for batch in bulk.batches(sorted(places)):
            a = acknowledged.c
            where = and_(
                tuple_(a.file_id, a.transaction_control).in_(batch),
                a.level.in_(("interchange", "group", "transaction", "provider")),
            )
            for row in self._answers(where):
                verdict = verdict_of(row.level, row.verdict, row.detail)
                kind = event_of(row.kind, row.level, verdict)
                if kind is None:
                    continue
                of, whole = _provider(row), refuses_group(row.level, row.verdict)
                for claim, number in places[row.file_id, row.transaction_control]:
                    named = (claim, row.acknowledgement_id) in spoken
                    if (whole or not named) and (not of or of == npi[claim]):
                        found.setdefault(claim, []).append(_event(kind, number, row))

    def _answers(self, where: ColumnElement[bool]) -> Iterable[Any]:
        a, g = acknowledged.c, acknowledgement.c
        query = (
            select(
                a.acknowledgement_id, a.position, a.level, a.verdict, a.codes, a.text, a.date,
                a.detail, a.file_id, a.transaction_control, a.sent_claim_id,
                g.kind, g.source, g.source_name, g.transaction_control.label("own_control"),
                g.date.label("own_date"), g.recorded_at, file.c.name.label("file_name"), run.c.user,
            )
            .join(acknowledgement, g.id == a.acknowledgement_id)
            .outerjoin(file, file.c.id == g.file_id)
            .outerjoin(run, run.c.id == g.run_id)
            .where(where, g.state.not_in(IGNORED))
            .order_by(a.id)
        )  # fmt: skip
        return self._connection.execute(query).fetchall()

    # --- what a person said ---

    def closed(self, rows: Sequence[Any], answers: dict[int, int]) -> dict[int, Event]:
        """The claims that a person closed, by row number.

        A claim opens again when the payers say more: ``answers`` are how many answers are on it.
        """
        if not self._has_closed:
            return {}
        known = {(row.control, row.frequency, row.usage): row.id for row in rows}
        c = decision.c
        query = select(decision).where(
            c.kind.in_((CLOSE, REOPEN)), c.subject.in_(sorted({row.control for row in rows}))
        )
        found: dict[int, Event] = {}
        for row in self._connection.execute(query.order_by(c.id)):
            told = from_json(row.detail)
            number = known.get((row.subject, told["frequency"], told["usage"]))
            if number is None:
                continue
            found.pop(number, None)
            if row.kind == CLOSE and told["answers"] == answers.get(number, 0):
                why = Cause(person=row.user, reason=row.reason)
                found[number] = Event(kind="closed by a person", at=row.recorded_at, cause=why)
        return found


def _any(
    connection: Connection, column: ColumnElement[Any], where: ColumnElement[bool] | None = None
) -> bool:
    query = select(column).limit(1)
    return connection.execute(query if where is None else query.where(where)).first() is not None


def _not_taken_back(
    times: list[Transmission], files: dict[int, FileFacts], said: Sequence[Event]
) -> list[tuple[int, Transmission]]:
    """The transmissions that count: one that was taken back does not, beside others.

    An answer to it says that it went out all the same.
    """
    numbered = list(enumerate(times))
    if len(numbered) < 2:
        return numbered
    answered = {event.transmission for event in said}
    gone = [(n, t) for n, t in numbered if files[t.file_id].unsent is None or n in answered]
    return gone or numbered[:1]


def _which(times: list[Transmission], row: Any) -> int:
    """Which transmission a word about a claim is about: of the file it names, else by its day."""
    if len(times) == 1:
        return 0
    for number, one in enumerate(times):
        if one.file_id == row.file_id:
            return number
    day = row.date or row.own_date
    return max((n for n, t in enumerate(times) if t.recorded_at[:10] <= day), default=0)


def _provider(row: Any) -> str:
    """The billing provider's NPI that a word is limited to; empty for none."""
    if row.level != "provider":
        return ""
    told = from_json(row.detail)
    return str(told.get("provider", "")) if isinstance(told, dict) else ""


def _code(kind: str, said: Sequence[Any]) -> str:
    """A code as it came; that of a 999 or 997 with its list: the same number means two things."""
    name, code = str(said[0]), str(said[1])
    return f"{name}:{code}" if kind in {"999", "997"} else code


def _event(kind: EventKind, number: int, row: Any) -> Event:
    person = (row.user or row.source_name) if row.kind == "hand" else ""
    return Event(
        kind=kind,
        at=row.recorded_at,
        transmission=number,
        speaker=RANK[row.source],
        date=row.date or row.own_date,
        depth=depth_of(row.kind, row.level, row.verdict),
        cause=Cause(
            file=row.file_name or "",
            kind=row.kind,
            transaction=row.own_control,
            segment=row.position,
            source="" if person else row.source_name,
            codes=" ".join(dict.fromkeys(_code(row.kind, one) for one in from_json(row.codes))),
            person=person,
            reason=row.text if person else "",
        ),
    )
