"""What is missing, for the morning's page and for ``claimline missing``."""

import datetime as dt
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from attrs import define, evolve, field, frozen

from claimline.errors import WrongUsageError
from claimline.night.values import Note
from claimline.render.words import counted
from claimline.services import missing_deposits
from mapping.structure import Reader, shown
from reconcile import missing as pure
from reconcile.ledger import kept, waiting_for
from reconcile.ledger.convert import dollars
from reconcile.missing import KINDS, Limits, Missing, SentFile, When

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from claimline.transfer.values import Profile
    from mapping.kinds import Notes
    from mapping.practice import Practice
    from reconcile.ledger import Ledger, Usage

NAMED: Final = 20  # ids of one note: the rest is counted
ORDER: Final[tuple[str, ...]] = tuple(KINDS)


@frozen(kw_only=True)
class Call:
    """Whom to call about a payer or a clearinghouse."""

    who: str  # key of the payer, profile or receiver
    call: str  # name and number


@frozen(kw_only=True)
class Settings(Limits):
    """The table ``[missing]`` of night.toml."""

    calls: tuple[Call, ...] = ()


def read_limits(table: Mapping[str, Any], name: str = "night.toml") -> Settings:
    """The limits of a table ``[missing]``.

    Raises:
        WrongUsageError: with each key that is not right.
    """
    notes: Notes = []
    made = Reader(unknown="error").of(Settings)(dict(table), notes)
    if notes or made is None:
        faults = "\n".join(f"  missing.{shown(note.path)}: {note.message}" for note in notes)
        raise WrongUsageError(f"{name} is not right:\n{faults}", todo="docs/missing.md has a list")
    assert isinstance(made, Settings)
    if not 0 < made.share <= pure.WHOLE:
        raise WrongUsageError(
            f"{name}: missing.share is a percentage, from 1 to 100", todo="90 is usual"
        )
    return made


def limits_of(text: str, name: str) -> Settings:
    """The limits of a night.toml, read for them alone.

    Raises:
        WrongUsageError: it is no TOML, or the limits are not right.
    """
    try:
        table = tomllib.loads(text).get("missing", {})
    except tomllib.TOMLDecodeError as error:
        raise WrongUsageError(f"{name} is no TOML: {error}") from error
    return read_limits(table if isinstance(table, dict) else {"missing": table}, name)


@frozen(kw_only=True)
class Asked:
    """What is asked, by whom it can be answered, and when. ``now`` has a time zone."""

    usage: "Usage"
    now: dt.datetime
    limits: Settings = field(factory=Settings)
    practice: "Practice | None" = field(default=None, repr=False)
    profiles: "Sequence[Profile]" = ()

    @property
    def zone(self) -> dt.tzinfo:
        """The practice's time zone decides the day; without a practice, the clock's own."""
        if self.practice is not None:
            return ZoneInfo(self.practice.time_zone)
        return self.now.tzinfo or dt.UTC

    @property
    def when(self) -> When:
        """The moment there, the limits, and until when files go the same day."""
        now = self.now.astimezone(self.zone)
        cut_offs = {
            profile.key: _local(max(profile.cut_off), profile.time_zone or self.zone, now)
            for profile in self.profiles
            if profile.cut_off
        }
        return When(now=now.replace(tzinfo=None), limits=self.limits, cut_offs=cut_offs)

    def call(self, who: str) -> str:
        """Whom to call about a payer or a clearinghouse; empty where nobody says."""
        said = next((one.call for one in self.limits.calls if one.who == who), "")
        return said or next((one.call for one in self.profiles if one.key == who), "")


def _local(at: dt.time, zone: dt.tzinfo, now: dt.datetime) -> dt.time:
    """A time of day there as it is here."""
    there = dt.datetime.combine(now.astimezone(zone).date(), at, tzinfo=zone)
    return there.astimezone(now.tzinfo).time()


def missing(
    ledger: "Ledger",
    practice: "Practice | None",
    limits: Settings,
    now: dt.datetime,
    usage: "Usage",
    *,
    profiles: "Sequence[Profile]" = (),
) -> tuple[Note, ...]:
    """What is missing, a note for each kind and each whom it concerns; the urgent ones first."""
    asked = Asked(usage=usage, now=now, limits=limits, practice=practice, profiles=profiles)
    return notes(found(ledger, asked), asked)


def found(ledger: "Ledger", asked: Asked) -> Iterator[Missing]:
    """Each missing thing by itself, in the order of ``KINDS`` within each question."""
    when = asked.when
    with ledger.reading() as connection:
        since = when.today - dt.timedelta(days=when.limits.look_back_days)
        files = waiting_for.files(connection, asked.usage, since=since, zone=asked.zone)
        files = {number: _placed(one, asked) for number, one in files.items()}
        yield from pure.files(files.values(), when)
        yield from _claims(connection, asked, files)
        yield from missing_deposits.found(connection, asked.usage, when)
        yield from _unsent(connection, asked)
        yield from _enrollments(connection, asked)
        yield from _numbers(connection, asked, since)


def _placed(one: SentFile, asked: Asked) -> SentFile:
    """The file with the receiver's key in the practice file in place of its number."""
    practice = asked.practice
    if practice is None:
        return one
    for key, receiver in practice.receivers.items():
        ids = {each.receiver for each in (receiver.test, receiver.production) if each}
        if one.receiver in ids:
            return evolve(one, receiver=key)
    return one


def _claims(
    connection: "Connection", asked: Asked, files: Mapping[int, SentFile]
) -> Iterator[Missing]:
    """Claims without a report or an answer."""
    when = asked.when
    learn = when.today - dt.timedelta(days=when.limits.history_days)
    answers = waiting_for.answers(connection, asked.usage, since=learn, zone=asked.zone)
    usual = pure.usual_days(answers, when.limits)
    cut = kept.cut_off(connection, asked.usage)
    places = waiting_for.undecided_in(connection, asked.usage)
    reported = waiting_for.reported_files(connection, {number for number, _ in places})
    beside = waiting_for.neighbours(connection, places)
    waiting = waiting_for.undecided(connection, asked.usage, files, zone=asked.zone, cut=cut)
    yield from pure.claims(waiting, usual, beside, reported, when)


def _unsent(connection: "Connection", asked: Asked) -> Iterator[Missing]:
    """Payments for claims that nobody sent from here."""
    for one in waiting_for.unmatched(connection, asked.usage):
        yield Missing(
            kind="missing.claim",
            who=one.payer,
            name=one.payer,
            subject=one.payer,
            since=one.since,
            days=asked.when.old(one.since),
            cents=one.cents,
            claims=one.count,
            why="no rule says that they are an old system's",
        )


def _enrollments(connection: "Connection", asked: Asked) -> Iterator[Missing]:
    """Payers that claims go to and that may not send their remittances here."""
    practice, when = asked.practice, asked.when
    if practice is None or not asked.limits.era:
        return
    since = when.today - dt.timedelta(days=when.limits.look_back_days)
    for one in waiting_for.payers(connection, asked.usage, since=since):
        if one.answered or one.payer not in practice.payers:
            continue
        enrolled = practice.policy(one.payer, when.today).era_enrolled
        if enrolled is not None and enrolled <= when.today:
            continue
        yield Missing(
            kind="missing.enrollment",
            who=one.payer,
            name=one.name,
            subject=one.payer,
            since=one.first,
            days=when.old(one.first),
            cents=one.cents,
            claims=one.claims,
            why=f"enrolled from {enrolled} only" if enrolled else "era_enrolled is not said",
        )


def _numbers(connection: "Connection", asked: Asked, since: dt.date) -> Iterator[Missing]:
    """Control numbers that did not come."""
    came = waiting_for.control_numbers(connection, asked.usage, since=since)
    for sender, numbers in came.items():
        for first, last in pure.gaps(numbers):
            yield Missing(
                kind="missing.number",
                who=sender,
                name=sender,
                subject=f"{first}" if first == last else f"{first} to {last}",
                since=None,
                days=0,
                claims=0,
            )


def notes(found: Iterable[Missing], asked: Asked) -> tuple[Note, ...]:
    """One note for each kind and each whom it concerns, in the order of ``KINDS``."""
    groups: dict[tuple[int, str, str], _Group] = {}
    for one in found:
        key = (ORDER.index(one.kind), one.who, one.within)
        if key not in groups:
            groups[key] = _Group(first=one)
        groups[key].add(one)
    return tuple(_note(group, asked) for _, group in sorted(groups.items(), key=itemgetter(0)))


@define(kw_only=True)
class _Group:
    """What is missing of one kind, of one whom it concerns: added up as it comes."""

    first: Missing
    count: int = 0
    claims: int = 0
    cents: int = 0
    days: int = 0
    name: str = ""
    ids: dict[str, None] = field(factory=dict)  # the first ones

    def add(self, one: Missing) -> None:
        """One more."""
        self.count += 1
        self.claims += one.claims
        self.cents += one.cents
        self.days = max(self.days, one.days) if self.count > 1 else one.days
        self.name = self.name or one.name
        if len(self.ids) < NAMED:
            self.ids[one.subject] = None


def _note(group: _Group, asked: Asked) -> Note:
    kind, who, within = group.first.kind, group.first.who, group.first.within
    means, cents = KINDS[kind], group.cents
    about = ", ".join(filter(None, (group.name or who, within)))
    counts = _counts(kind, group)
    return Note(
        kind=kind,
        urgency=means.urgency,
        what=f"{means.title}{f': {about}' * bool(about)}{f' ({counts})' * bool(counts)}",
        todo=means.todo,
        call=asked.call(who),
        count=group.count,
        days=group.days,
        money=dollars(cents) if cents else None,
        ids=tuple(group.ids),
    )


THINGS: Final[Mapping[str, str]] = {
    "missing.delivery": "file",
    "missing.999": "file",
    "missing.deposit": "payment",
    "missing.payment": "deposit",
    "missing.amount": "deposit",
    "missing.number": "gap",
}


def _counts(kind: str, group: _Group) -> str:
    """``2 files, 31 claims`` or ``12 claims``."""
    thing = THINGS.get(kind, "")
    parts = [counted(group.count, thing)] if thing else []
    if group.claims and kind not in {"missing.payment", "missing.deposit", "missing.amount"}:
        parts.append(counted(group.claims, "claim"))
    return ", ".join(parts)
