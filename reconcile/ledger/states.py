"""Where each sent claim is in its life, kept beside it: made anew for what changed, at commit.

A state is a function of the facts (``reconcile.lifecycle``); nothing is read of the state before.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from attrs import evolve
from sqlalchemy import Connection, delete, or_, select

from edi.claim import FREQUENCY_ORIGINAL, FREQUENCY_VOID
from reconcile.ledger import bulk
from reconcile.ledger.chosen import walk
from reconcile.ledger.deliveries import TAKEN_BACK
from reconcile.ledger.named import BEFORE_ANSWERS, Named
from reconcile.ledger.states_facts import Facts, claims, within
from reconcile.ledger.states_paid import Decided, Decisions
from reconcile.ledger.tables import sent_claim
from reconcile.ledger.tables_answered import claim_state
from reconcile.lifecycle import REJECTIONS, Cause, Event, Stand, State, state_of
from reconcile.lifecycle_table import NEXT
from reconcile.turns import FIRST

if TYPE_CHECKING:
    from reconcile.ledger.writer import Writer

_CLAIM: Final = sent_claim.c
DECIDED: Final = {event: to for (state, event), to in NEXT.items() if state == "sent"}
REJECTED: Final = "rejected"
SENT_ANEW: Final = "sent anew"
_AT_ONCE: Final = 10_000
_FIELDS: Final = ("file", "kind", "transaction", "segment", "source", "codes", "person", "reason")


def settle(writer: "Writer") -> None:
    """Make the states anew of the claims that something happened to in this transaction."""
    changed = writer.take_changed()
    if changed:
        _settle(writer.connection, changed)


def rebuild(writer: "Writer") -> None:
    """Make the states of all sent claims anew."""
    writer.take_changed()
    fill(writer.connection)


def fill(connection: Connection) -> None:
    """Make the states of all sent claims anew: after a rebuild, or an upgrade of the ledger."""
    connection.execute(delete(claim_state))
    _settle(connection, _all(connection))


def _all(connection: Connection) -> Iterator[int]:
    """The row numbers of all sent claims, some thousand at a time."""
    for some in walk(connection, size=_AT_ONCE):
        yield from some


def _settle(connection: Connection, numbers: Iterable[int]) -> None:
    work = _Work(connection)
    done: set[int] = set()  # relatives of claims of an earlier batch
    for batch in bulk.batches(iter(numbers)):
        rows, related = _with_relatives(connection, batch)
        new = [row for row in rows if row.id not in done]
        done.update(row.id for row in rows if row.id in related)
        made = list(work.rows(new, related))
        for some in bulk.batches(made):
            known = within(claim_state.c.sent_claim_id, [row[0] for row in some])
            connection.execute(delete(claim_state).where(known))
        bulk.insert(connection, claim_state, made)


def stands(connection: Connection, numbers: Sequence[int]) -> dict[int, Stand]:
    """Where these claims (row numbers) are, worked out from the facts, not read."""
    found: dict[int, Stand] = {}
    work = _Work(connection)
    for batch in bulk.batches(list(numbers)):
        rows, related = _with_relatives(connection, batch)
        wanted = set(batch)
        found |= work.stands([row for row in rows if row.id in wanted], related)
    return found


def made_again(connection: Connection, numbers: Sequence[int]) -> dict[int, bulk.Row]:
    """The rows of ``claim_state`` as the facts make them, by row number; nothing is written."""
    found: dict[int, bulk.Row] = {}
    work = _Work(connection)
    for batch in bulk.batches(list(numbers)):
        rows, related = _with_relatives(connection, batch)
        wanted = set(batch)
        made = work.rows([row for row in rows if row.id in wanted], related)
        found.update((row[0], row) for row in made)
    return found


def events(connection: Connection, number: int) -> tuple[Event, ...]:
    """All that happened to one claim, for ``lifecycle.history``."""
    rows, related = _with_relatives(connection, [number])
    own = [row for row in rows if row.id == number]
    return tuple(_Work(connection, whole=True).events(own, related)[number]) if own else ()


def read(connection: Connection, numbers: Sequence[int]) -> dict[int, Stand]:
    """Where these claims are, as it is kept."""
    c = claim_state.c
    found: dict[int, Stand] = {}
    for batch in bulk.batches(list(numbers)):
        for row in connection.execute(select(claim_state).where(c.sent_claim_id.in_(batch))):
            found[row.sent_claim_id] = Stand(
                state=row.state,
                event=row.event,
                since=row.since,
                cause=cause_of(row.cause),
                open=row.open,
            )
    return found


class _Work:
    """Works out states, batch after batch; what belongs to files is asked once."""

    def __init__(self, connection: Connection, *, whole: bool = False) -> None:
        """With ``whole`` every answer has its own event, else what all of them come to."""
        self._facts = Facts(connection)
        self._decisions = Decisions(connection, whole=whole)
        self._named = Named(connection)

    def rows(self, claims: Sequence[Any], related: set[int]) -> Iterator[bulk.Row]:
        """The rows of ``claim_state``: as ``stands`` has it, with as little work as it takes.

        What was decided stands whatever happened on the way; so that is asked of the others only.
        """
        decided = self._decisions.of(claims, related)
        closed = self._closed(claims, decided)
        left: list[Any] = []
        for row in claims:
            told = decided[row[0]]
            if told.kind is None or row[0] in closed or _may_be_sent_anew(told):
                left.append(row)
            elif told.event is None and told.by is not None:
                since, cause = self._decisions.cause(told.by)
                yield row[0], DECIDED[told.kind], told.kind, since, cause, told.open
            else:
                event = self._decision(told)
                cause = cause_text(event.cause)
                yield row[0], DECIDED[told.kind], told.kind, event.at, cause, told.open
        named = self._named.events(row for row in left if decided[row[0]].kind is None)
        plain = self._facts.plainly(
            [
                row
                for row in left
                if decided[row[0]].kind is None and row[0] not in closed and row[0] not in named
            ]
        )
        for row in left:
            if row[0] in plain:
                yield _plain_row(row, *plain[row[0]], decided[row[0]].open)
        rest = [row for row in left if row[0] not in plain]
        for number, stand in self._stands(rest, decided, closed).items():
            yield _row(number, stand)

    def stands(self, claims: Sequence[Any], related: set[int]) -> dict[int, Stand]:
        """Where these claims are, from all events."""
        decided = self._decisions.of(claims, related)
        return self._stands(claims, decided, self._closed(claims, decided))

    def events(self, claims: Sequence[Any], related: set[int]) -> dict[int, list[Event]]:
        """All events of these claims."""
        decided = self._decisions.of(claims, related)
        return self._events(claims, decided, self._closed(claims, decided))

    def _closed(self, claims: Sequence[Any], decided: dict[int, Decided]) -> dict[int, Event]:
        return self._facts.closed(claims, {n: one.answers for n, one in decided.items()})

    def _stands(
        self, claims: Sequence[Any], decided: dict[int, Decided], closed: dict[int, Event]
    ) -> dict[int, Stand]:
        found = {}
        for number, some in self._events(claims, decided, closed).items():
            stand = state_of(some, open=decided[number].open)
            found[number] = evolve(stand, open=0) if stand.event == TAKEN_BACK else stand
        return found

    def _events(
        self, claims: Sequence[Any], decided: dict[int, Decided], closed: dict[int, Event]
    ) -> dict[int, list[Event]]:
        found = self._facts.of_claims(claims) if claims else {}
        named = self._named.events(claims)
        for number, some in found.items():
            told = decided[number]
            some.extend(named.get(number, ()))
            if _may_be_sent_anew(told) and state_of(some).state == REJECTED:
                told = evolve(told, event=evolve(self._decision(told), kind=SENT_ANEW))
            some.extend(told.steps)
            if told.event is not None or (told.kind is not None and not told.steps):
                some.append(self._decision(told))
            if number in closed and not _said_after(some, closed[number].at):
                some.append(closed[number])
        return found

    def _decision(self, told: Decided) -> Event:
        """What was decided, as an event."""
        assert told.kind is not None
        if told.event is not None:
            return told.event
        return (
            Event(kind=told.kind) if told.by is None else self._decisions.event(told.kind, told.by)
        )


def _may_be_sent_anew(told: Decided) -> bool:
    """Whether a claim that nobody answered has a successor: so it is where it was rejected."""
    return told.kind == "replaced" and not told.answers


def _said_after(events: Iterable[Event], moment: str) -> bool:
    """Whether a person who closed the claim did not know of something that has to be looked at.

    A rejection, or a payment that names the claim and waits; answers on it are counted apart.
    """
    return any(
        one.at > moment and (one.kind in REJECTIONS or one.place == BEFORE_ANSWERS)
        for one in events
    )


def _with_relatives(connection: Connection, batch: Sequence[int]) -> tuple[list[Any], set[int]]:
    """These claims and all of their families that have more than one claim.

    Returns:
        The rows, and the numbers of those that have others of their family beside them.
    """
    rows = claims(connection, batch)
    families = {row.family for row in rows}
    several = select(_CLAIM.family).where(
        _CLAIM.family.in_(families),
        or_(_CLAIM.frequency > FREQUENCY_ORIGINAL, _CLAIM.control != _CLAIM.family),
    )
    found = set(connection.execute(several.distinct()).scalars())
    if found:
        known = {row.id for row in rows}
        query = select(_CLAIM.id).where(_CLAIM.family.in_(found))
        others = set(connection.execute(query).scalars()) - known
        for some in bulk.batches(sorted(others)):
            rows += claims(connection, some)
        rows.sort(key=lambda row: row.id)
    related = {row.id for row in rows if row.family in found or _stands_elsewhere(row)}
    return rows, related


def _stands_elsewhere(row: Any) -> bool:
    """Whether the answers to a claim may stand on another one."""
    is_later = row.payer_rank != FIRST and row.family != row.control
    return bool(is_later or row.frequency == FREQUENCY_VOID)


def _row(number: int, stand: Stand) -> bulk.Row:
    return (number, stand.state, stand.event, stand.since, cause_text(stand.cause), stand.open)


def _plain_row(row: Any, state: State, event: Event, cents: int) -> bulk.Row:
    """The row of a claim that shares all but its place with the others of its file."""
    cause = event.cause
    if event.kind == TAKEN_BACK:
        return row.id, state, event.kind, event.at, cause_text(cause), 0
    if not (cause.file and row.transaction_control and row.position):  # not all of it is known
        text = cause_text(evolve(cause, transaction=row.transaction_control, segment=row.position))
        return row.id, state, event.kind, event.at, text, cents
    place = f'"transaction":{_quoted(row.transaction_control)},"segment":{row.position}'
    text = f'{{"file":{_quoted(cause.file)},"kind":"{cause.kind}",{place}}}'
    return row.id, state, event.kind, event.at, text, cents


def cause_text(cause: Cause) -> str:
    """A cause for the tables: JSON, only what is said."""
    parts = []
    for name in _FIELDS:
        value = getattr(cause, name)
        if value:
            parts.append(f'"{name}":{value if name == "segment" else _quoted(value)}')
    return f"{{{','.join(parts)}}}" if parts else ""


def cause_fields(cause: Cause) -> dict[str, Any]:
    """What is said of a cause, by name."""
    return {name: value for name in _FIELDS if (value := getattr(cause, name))}


def cause_of(text: str) -> Cause:
    """What ``cause_text`` wrote."""
    return Cause(**json.loads(text)) if text else Cause()


@lru_cache(maxsize=4096)
def _quoted(text: str) -> str:
    return json.dumps(text)
