"""What waits for a person in the ledger, whenever it came: held, rejected, not matched, aside."""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Final

from attrs import frozen
from sqlalchemy import Connection

from claimline.errors import DONE, NEEDS_PERSON
from claimline.night.context import Night
from claimline.night.odd_notes import odd_notes
from claimline.night.values import Note, Step, Urgency
from claimline.render.words import counted, shown_number
from claimline.services import pause
from claimline.services.adjustments import adjustment_notes
from claimline.transfer.names import OURS, house_name
from edi.problem import CODES
from reconcile.ledger import HeldRecord, nights
from reconcile.ledger.convert import dollars
from reconcile.ledger.counted_on import COVERED, covered
from reconcile.ledger.nights import Counted
from reconcile.ledger.standing import Waiting
from reconcile.lifecycle import EVENT, REJECTIONS, STATE

_BESIDE: Final = (".problems.txt", ".problems.json")  # what stands beside a file in quarantine
CHOSEN: Final = frozenset({pause.CODE})  # a person wants them held
UNDECIDED: Final = {  # events of a claim's life: answered without a decision, and how it is told
    "undecided": "answered without a decision",
    "duplicate": "refused as a duplicate only, the first answer not here",
}
WHOLE: Final = frozenset({"file rejected", "batch rejected"})  # the claims share its fate
HELD: Final = "claimline held list names the visits"
ZERO: Final = Decimal("0.00")


@frozen
class _Words:
    """How one kind of waiting is told."""

    urgency: Urgency
    noun: str
    told: str
    nouns: str = ""  # more of them, where no s does it


WAITING: Final[Mapping[str, _Words]] = {
    "incomplete": _Words("today", "payment", "cut off or miscounted: kept, not posted"),
    "replaced": _Words("soon", "remittance", "entered by hand otherwise than its 835 says"),
    "perhaps twice": _Words("soon", "remittance", "entered by hand and perhaps come as an 835 too"),
    "aside": _Words(
        "today",
        "payment or claim",
        "contradicting an earlier one: kept aside",
        nouns="payments or claims",
    ),
    "unmatched": _Words("today", "paid claim", "fitting nothing that was sent"),
    "acknowledgement": _Words("soon", "answer", "fitting no file or claim that was sent"),
    "not posted": _Words("soon", "claim", "in remittances that decide nothing or cannot be read"),
    "line left": _Words("soon", "paid line", "fitting no line that was sent"),
    "unbalanced": _Words("soon", "claim", "not adding up in the payer's own figures"),
}
OTHER: Final = _Words("soon", "thing", "waiting")
STATES: Final[Mapping[str, Urgency]] = {  # of claims that wait for a person as a state of life
    "rejected": "today",
    "reversed": "soon",
    "denied": "know",
    "partly paid": "know",
}


@frozen(kw_only=True)
class _Road:
    """Rejected claims by what was refused: they go again each in its own way."""

    kind: str
    events: frozenset[str]
    told: str
    todo: str


REJECTED: Final = (
    _Road(
        kind="claims.file-rejected",
        events=WHOLE,
        told="rejected with the whole file or batch",
        todo="mend what the answer names (claimline trace CLAIM shows it), then claimline resend "
        "FILE: the claims go as they are, under new control numbers",
    ),
    _Road(
        kind="claims.rejected",
        events=REJECTIONS - WHOLE,
        told="rejected (the file itself was taken)",
        todo="mend what the codes name, then claimline correct --visits: a new claim",
    ),
)


def waiting_step(night: Night, before: Sequence[Step]) -> Step:
    """All that waits for a person, counted, with the oldest and the money."""
    with night.ledger() as ledger:
        held = ledger.held_claims(usage=night.usage, states=("held",))
        waiting = list(ledger.waiting(usage=night.usage))
        beside = list(ledger.waiting(usage="T" if night.usage == "P" else "P"))
        with ledger.reading() as connection:
            states = nights.states(connection, night.usage)
            work = tuple(_work(night, connection, states))
            rejected = tuple(_rejected(night, connection))
            undecided = tuple(_undecided(night, connection))
            came = tuple(_waiting(night, connection, waiting))
        old = adjustment_notes(ledger, night.usage, night.day)
    notes = (
        *_held(night, held),
        *came,
        *rejected,
        *(_of_state(night, one) for one in work if one.found.state != "rejected"),
        *undecided,
        *_quarantined(night, before),
        *_other_book(night, beside),
        *old,
    )
    return Step(
        name="waiting",
        status=NEEDS_PERSON if any(note.urgency != "know" for note in notes) else DONE,
        counts={
            "held": len(held),
            "payments and claims": len(waiting),
            "old adjustments": len(old),
            **{one.found.state: one.found.claims for one in work},
        },
        notes=notes,
        detail={
            "states": [
                {
                    "state": one.state,
                    "claims": one.claims,
                    "charge": f"{dollars(one.charge):.2f}",
                    "open": f"{dollars(one.open):.2f}",
                    "since": one.since[:10],
                }
                for one in states
            ]
        },
    )


def _held(night: Night, held: Iterable[HeldRecord]) -> Iterator[Note]:
    """Claims held before they were sent: a note for each reason, the first of each claim."""
    groups: dict[str, list[HeldRecord]] = {}
    for one in held:
        code = one.reasons[0][0] if one.reasons else ""
        groups.setdefault(code, []).append(one)
    for code, some in sorted(groups.items()):
        known = CODES.get(code)
        yield Note(
            kind=f"held.{code}" if code else "held",
            urgency="know" if code in CHOSEN else "soon",
            what=f"{counted(len(some), 'claim')} held: {known.meaning if known else code}",
            todo="; ".join(filter(None, (known.todo if known else "", HELD))),
            count=len(some),
            days=_oldest(night, (one.recorded_at for one in some)),
            money=sum((one.charge for one in some), ZERO),
            ids=tuple(one.claim for one in some),
        )


def _waiting(night: Night, connection: Connection, waiting: Iterable[Waiting]) -> Iterator[Note]:
    """What waits among what came back: a note for each kind."""
    groups: dict[str, list[Waiting]] = {}
    for one in waiting:
        groups.setdefault(one.kind, []).append(one)
    yield from odd_notes(night, connection, groups.pop("odd", ()))
    for kind, some in groups.items():
        words = WAITING.get(kind, OTHER)
        files = (house_name(one.digest, one.file, "835") for one in some if kind == "incomplete")
        numbers = (shown_number(one.claim) if one.claim else one.trace for one in some)
        yield Note(
            kind=f"waiting.{kind.replace(' ', '-')}",
            urgency=words.urgency,
            what=f"{counted(len(some), words.noun, words.nouns)} {words.told}",
            todo=f"{some[0].next_step}; claimline ledger waiting lists them",
            count=len(some),
            days=_oldest(night, (one.date for one in some)),
            money=sum((one.amount for one in some), ZERO),
            ids=tuple(dict.fromkeys((*files, *filter(None, numbers)))),
        )


def _quarantined(night: Night, before: Sequence[Step]) -> Iterator[Note]:
    """Files in quarantine since an earlier night: they wait until somebody sees to them."""
    new = {name for step in before for name in step.detail.get("quarantined", ())}
    folder = night.config.folders.quarantine
    found = sorted(folder.iterdir()) if folder.is_dir() else []
    old = [one for one in found if one.is_file() and not one.name.startswith(".")]
    old = [one for one in old if not one.name.endswith(_BESIDE) and one.name not in new]
    if old:
        yield Note(
            kind="waiting.quarantine",
            urgency="today",
            what=f"{counted(len(old), 'file')} from earlier runs still in quarantine: not in the "
            "ledger",
            todo="look at NAME.problems.txt beside each; ask the sender for it again. What is "
            "dealt with, move out of the quarantine folder: it is counted until then",
            count=len(old),
            days=max(0, *((night.now - _changed(one)).days for one in old)),
            ids=tuple(one.name for one in old if OURS.match(one.name)),
        )


def _changed(path: Path) -> dt.datetime:
    """When a file was put there: its problems were written then; its own time is the sender's."""
    beside = path.with_name(f"{path.name}{_BESIDE[0]}")
    path = beside if beside.exists() else path
    return dt.datetime.fromtimestamp(path.stat().st_mtime, dt.UTC)


def _other_book(night: Night, waiting: Sequence[Waiting]) -> Iterator[Note]:
    """What waits in the book that this night does not work with: nobody looks there each night."""
    if not waiting:
        return
    mine, other = ("P", "test") if night.usage == "P" else ("T", "production")
    yield Note(
        kind="waiting.other-book",
        urgency="know" if mine == "P" else "soon",
        what=f"{counted(len(waiting), 'payment or claim', 'payments or claims')} waiting in the "
        f"{other} book",
        todo=f"claimline ledger waiting --{other} lists them",
        count=len(waiting),
        days=_oldest(night, (one.date for one in waiting)),
        money=sum((one.amount for one in waiting), ZERO),
        ids=tuple(dict.fromkeys(one.trace for one in waiting if one.trace)),
    )


@frozen
class _Work:
    """Claims of one state that wait for a person."""

    found: Counted
    numbers: tuple[str, ...]  # those longest in it first
    corrected: int  # more of the state, whose correction waits for the payer


def _work(night: Night, connection: Connection, states: Iterable[Counted]) -> Iterator[_Work]:
    """Sent claims whose state asks for work; those that wait for the payer apart."""
    some = [one for one in states if one.state in STATES]
    is_any = not COVERED.isdisjoint(one.state for one in some)
    corrections = covered(connection, night.usage) if is_any else {}
    for one in some:
        but = corrections if one.state in COVERED else {}
        if but:
            found, numbers = nights.to_work(connection, night.usage, one.state, but, one.claims)
        else:
            found, numbers = one, nights.claims_in(connection, night.usage, one.state, one.claims)
        if found is not None:
            yield _Work(found, numbers, one.claims - found.claims)


def _rejected(night: Night, connection: Connection) -> Iterator[Note]:
    """Rejected claims, by the road each of them takes."""
    for road in REJECTED:
        one = nights.after(connection, night.usage, "rejected", road.events)
        if one is None:
            continue
        given = (connection, night.usage, "rejected")
        ids = nights.claims_in(*given, one.claims, events=road.events)
        files = nights.files_in(*given, road.events) if road.events == WHOLE else ()
        yield Note(
            kind=road.kind,
            urgency=STATES["rejected"],
            what=f"{counted(one.claims, 'claim')} {road.told}",
            todo=f"{road.todo}. claimline claims --state rejected says the cause "
            "and the next step of each",
            count=one.claims,
            days=night.age(one.since),
            money=dollars(one.charge),
            ids=(*files, *map(shown_number, ids)),
        )


def _of_state(night: Night, work: _Work) -> Note:
    """Sent claims whose state asks for work."""
    one = work.found
    apart = f" ({work.corrected} more: a correction is on its way)" if work.corrected else ""
    return Note(
        kind=f"claims.{one.state.replace(' ', '-')}",
        urgency=STATES[one.state],
        what=f"{counted(one.claims, 'claim')} {one.state}{apart}",
        todo=f"{STATE[one.state].todo} To see them: claimline claims --state {_quoted(one.state)}",
        count=one.claims,
        days=night.age(one.since),
        money=dollars(one.charge),
        ids=tuple(map(shown_number, work.numbers)),
    )


def _undecided(night: Night, connection: Connection) -> Iterator[Note]:
    """Claims that a payer answered without deciding on them: no remittance is to be waited for.

    Answers that fit no line, or are none (CLP02 23, 25), are told as payments that wait.
    """
    for event, told in UNDECIDED.items():
        one = nights.after(connection, night.usage, event, [event])
        if one is None:
            continue
        ids = nights.claims_in(connection, night.usage, "accepted", one.claims, events=[event])
        yield Note(
            kind=f"claims.{event}",
            urgency="know",
            what=f"{counted(one.claims, 'claim')} {told}",
            todo=f"{EVENT[event].todo} claimline claims lists them",
            count=one.claims,
            days=night.age(one.since),
            money=dollars(one.charge),
            ids=tuple(map(shown_number, ids)),
        )


def _quoted(state: str) -> str:
    """A state as a shell takes it."""
    return f"'{state}'" if " " in state else state


def _oldest(night: Night, days: Iterable[str]) -> int | None:
    """The age of the oldest."""
    return max((age for day in days if (age := night.age(day)) is not None), default=None)
