"""What is missing, for the morning's page and for ``claimline missing``."""

import datetime as dt
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from attrs import evolve, field, frozen

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
    waiting = tuple(waiting_for.undecided(connection, asked.usage, files, zone=asked.zone, cut=cut))
    reported = waiting_for.reported_files(connection, {one.file_id for one in waiting})
    beside = waiting_for.neighbours(connection, ((one.file_id, one.payer) for one in waiting))
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
    groups: dict[tuple[int, str, str], list[Missing]] = {}
    for one in found:
        groups.setdefault((ORDER.index(one.kind), one.who, one.within), []).append(one)
    return tuple(_note(several, asked) for _, several in sorted(groups.items(), key=itemgetter(0)))


def _note(several: "list[Missing]", asked: Asked) -> Note:
    kind, who, within = several[0].kind, several[0].who, several[0].within
    means = KINDS[kind]
    cents = sum(one.cents for one in several)
    name = next((one.name for one in several if one.name), who)
    about = ", ".join(filter(None, (name, within)))
    counts = _counts(kind, several)
    return Note(
        kind=kind,
        urgency=means.urgency,
        what=f"{means.title}{f': {about}' * bool(about)}{f' ({counts})' * bool(counts)}",
        todo=means.todo,
        call=asked.call(who),
        count=len(several),
        days=max(one.days for one in several),
        money=dollars(cents) if cents else None,
        ids=tuple(dict.fromkeys(one.subject for one in several))[:NAMED],
    )


THINGS: Final[Mapping[str, str]] = {
    "missing.delivery": "file",
    "missing.999": "file",
    "missing.deposit": "payment",
    "missing.payment": "deposit",
    "missing.amount": "deposit",
    "missing.number": "gap",
}


def _counts(kind: str, several: "list[Missing]") -> str:
    """``2 files, 31 claims`` or ``12 claims``."""
    claims = sum(one.claims for one in several)
    thing = THINGS.get(kind, "")
    parts = [counted(len(several), thing)] if thing else []
    if claims and kind not in {"missing.payment", "missing.deposit", "missing.amount"}:
        parts.append(counted(claims, "claim"))
    return ", ".join(parts)
