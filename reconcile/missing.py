"""What should have come and has not: acknowledgements, answers, deposits, claims, enrollments.

Pure: the ledger hands in what is there, the caller the clock, the calendar and the limits. The
limits are settings, not rules of a standard: a TA1 or 999 usually comes within hours and a 277CA
within two business days; Medicare pays a clean claim within 30 days (42 U.S.C. 1395u(c)(2)), about
22 business days; ERA and EFT lie at most three business days apart (CAQH CORE 370). What a payer
itself does counts more: see ``usual_days``.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from types import MappingProxyType
from typing import Final, Literal

from attrs import evolve, field, frozen

from reconcile.calendar import Calendar

Urgency = Literal["now", "today", "soon", "know"]
Kind = Literal[
    "missing.delivery",
    "missing.999",
    "missing.277",
    "missing.277-part",
    "missing.835",
    "missing.835-neighbours",
    "missing.835-cut",
    "missing.deposit",
    "missing.payment",
    "missing.amount",
    "missing.bank",
    "missing.claim",
    "missing.enrollment",
    "missing.number",
]
WHOLE: Final = 100  # percent
LATE: Final = 5  # business days after its payment within which an 835 usually comes


@frozen(kw_only=True)
class Means:
    """What a kind of missing thing is, in words, and what to do. ``{}`` is who it concerns."""

    urgency: Urgency
    title: str
    todo: str


KINDS: Final[Mapping[str, Means]] = MappingProxyType(
    {
        "missing.delivery": Means(
            urgency="today",
            title="Not delivered: files of claims wait in the outbox",
            todo="see why: claimline transfer check; then claimline transfer send",
        ),
        "missing.999": Means(
            urgency="today",
            title="No TA1 or 999 for files that were sent",
            todo="look for it at the clearinghouse; if the file never arrived: claimline resend",
        ),
        "missing.277": Means(
            urgency="today",
            title="No 277CA for claims that were sent",
            todo="ask the clearinghouse for the claim report of the file; a rejection found "
            "there: claimline reject",
        ),
        "missing.277-part": Means(
            urgency="today",
            title="The 277CA names other claims of the file, but not these",
            todo="ask the clearinghouse what became of these claims; lost ones: claimline resend",
        ),
        "missing.835": Means(
            urgency="soon",
            title="No answer by the payer's usual day",
            todo="ask for the claim's status at the payer; a remittance that came on paper: "
            "claimline remit enter",
        ),
        "missing.835-neighbours": Means(
            urgency="soon",
            title="Most claims of the file were answered, these were not",
            todo="ask for the claim's status at the payer: it may not have it",
        ),
        "missing.835-cut": Means(
            urgency="soon",
            title="The answer came in a payment that is not whole",
            todo="ask the sender for the file again, not the payer for the claim; claimline ledger "
            "waiting names the payment",
        ),
        "missing.deposit": Means(
            urgency="soon",
            title="A remittance without its deposit",
            todo="look for it at the bank; then ask the payer to trace the payment by its number",
        ),
        "missing.payment": Means(
            urgency="soon",
            title="A deposit without its remittance",
            todo="ask the payer or clearinghouse for the 835 of this payment; one on paper: "
            "claimline remit enter",
        ),
        "missing.amount": Means(
            urgency="soon",
            title="The bank got another amount than the remittance says",
            todo="call the payer with both amounts; where it stays so: claimline bank list, then "
            "claimline bank match ID --to NUMBER --force --reason",
        ),
        "missing.bank": Means(
            urgency="soon",
            title="No newer deposit in the bank's files",
            todo="fetch the bank's file and read it: claimline bank import",
        ),
        "missing.claim": Means(
            urgency="soon",
            title="Payments for claims that were never sent from here",
            todo="claimline match list; claims of an old system: claimline match rule",
        ),
        "missing.enrollment": Means(
            urgency="soon",
            title="No remittance enrollment (ERA) on file, and no 835 came",
            todo="enroll with the payer or clearinghouse; then put era_enrolled into the payer's "
            "policy",
        ),
        "missing.number": Means(
            urgency="know",
            title="Gaps in the control numbers of received files",
            todo="look whether a file was not fetched",
        ),
    }
)


@frozen(kw_only=True)
class Limits:
    """How long is too long. Days are business days; 0 leaves a question out."""

    hours_delivery: int = 4
    hours_999: int = 24
    days_277: int = 2
    days_835: int = 22  # where too little is learned of a payer
    grace_835: int = 2  # days beyond the usual day
    least_answers: int = 20  # of a payer, before its usual day counts
    share: int = 90  # percent of its answers that came by the usual day
    days_neighbours: int = 5  # since the last answer to another claim of the file
    days_deposit: int = 3
    days_check: int = 10  # a check travels, and is taken to the bank
    look_back_days: int = 60  # older files are not asked about any more; calendar days
    history_days: int = 365  # answers to claims sent in these days are learned from
    closed: tuple[dt.date, ...] = ()  # days that do not count, beside the holidays
    era: bool = True  # whether enrollments are asked about

    @property
    def calendar(self) -> Calendar:
        """Which days count."""
        return Calendar(closed=frozenset(self.closed))


@frozen(kw_only=True)
class Missing:
    """One thing that is missing. Nothing here names a patient."""

    kind: Kind
    who: str  # key of the payer, profile or receiver: whom to call
    name: str  # of them, for people
    subject: str  # the file, claim, payment or deposit
    since: dt.date | None  # sent, paid ...
    days: int  # calendar days since then
    cents: int = 0
    claims: int = 1
    why: str = ""
    within: str = ""  # the file, where what is missing of it is one thing


@frozen(kw_only=True)
class SentFile:
    """A file of claims on its way. Moments are local to the practice."""

    id: int
    name: str
    profile: str  # empty: a person uploads it
    receiver: str
    recorded: dt.datetime
    left: dt.datetime | None  # delivered, or written where a person uploads it
    answered: bool  # an acknowledgement or a remittance speaks of it
    claims: int
    cents: int

    @property
    def who(self) -> str:
        """Whom to ask about it."""
        return self.profile or self.receiver


@frozen(kw_only=True)
class SentClaim:
    """A claim that the payer has not decided."""

    control: str
    payer: str  # key
    payer_name: str
    file: SentFile | None  # in which it went last, where that is within the time looked at
    file_id: int
    sent: dt.date
    cents: int
    reported: bool  # a 277CA, or another report on claims, speaks of it
    accepted: bool
    cut: str = ""  # where its answer is, where that is in a payment that is not whole


@frozen(kw_only=True)
class UsualDay:
    """By which business day a payer usually answers, and how that is known."""

    days: int
    answers: int = 0
    learned: bool = False
    by_payment: int = 0  # of them, whose day is that of the payment: they were read in much later

    @property
    def words(self) -> str:
        """``9 business days until it came, learned from 412 answers``."""
        if self.learned:
            some = f", {self.by_payment:,} of them by the day of payment" if self.by_payment else ""
            return (
                f"{self.days} business days until it came, learned from {self.answers:,} "
                f"answers{some}"
            )
        return f"{self.days} business days, as set: too few answers to learn from"


@frozen(kw_only=True)
class Neighbours:
    """The claims of one file to one payer: how many, how many answered, when last."""

    claims: int
    answered: int
    last: dt.date | None


@frozen(kw_only=True)
class When:
    """The moment it is asked, local to the practice, and the limits."""

    now: dt.datetime
    limits: Limits = field(factory=Limits)
    cut_offs: Mapping[str, dt.time] = field(factory=dict)  # by profile

    @property
    def today(self) -> dt.date:
        """The day it is there."""
        return self.now.date()

    def old(self, since: dt.date) -> int:
        """Calendar days since then."""
        return (self.today - since).days


def usual_day(spans: Mapping[int, int], limits: Limits) -> UsualDay:
    """By which business day a payer usually answers.

    Args:
        spans: how many answers came after so many business days.
        limits: the share of answers that counts as usual, and how many must be known.
    """
    total = sum(spans.values())
    if total < limits.least_answers:
        return UsualDay(days=limits.days_835, answers=total)
    seen = 0
    for days in sorted(spans):
        seen += spans[days]
        if seen * WHOLE >= total * limits.share:
            return UsualDay(days=max(days, 1), answers=total, learned=True)
    return UsualDay(days=limits.days_835, answers=total)


@frozen(kw_only=True)
class Answered:
    """So many claims to a payer that were sent on a day and answered on a day."""

    payer: str
    sent: dt.date
    paid: dt.date  # BPR16 of the first payment
    came: dt.date  # its 835 was received here
    claims: int


def usual_days(answers: Iterable[Answered], limits: Limits) -> dict[str, UsualDay]:
    """The usual day of each payer: on which its 835 comes, for that is what is waited for.

    Where the 835 was read in long after the payment (a history loaded at once, a file that lay
    about), when it came says nothing of the payer: then the day of the payment counts.
    """
    calendar = limits.calendar
    spans: dict[str, dict[int, int]] = {}
    late: dict[str, int] = {}
    for one in answers:
        is_late = calendar.between(one.paid, one.came) > LATE
        days = max(calendar.between(one.sent, one.paid if is_late else one.came), 0)
        of_payer = spans.setdefault(one.payer, {})
        of_payer[days] = of_payer.get(days, 0) + one.claims
        late[one.payer] = late.get(one.payer, 0) + (one.claims if is_late else 0)
    return {
        payer: evolve(usual_day(found, limits), by_payment=late[payer])
        for payer, found in spans.items()
    }


def files(found: Iterable[SentFile], when: When) -> Iterator[Missing]:
    """Files not delivered, and files that nobody acknowledged."""
    limits, calendar = when.limits, when.limits.calendar
    for one in found:
        if one.left is None:
            due = calendar.after_hours(one.recorded, limits.hours_delivery)
            if limits.hours_delivery and due < when.now:
                yield _file("missing.delivery", one, one.recorded.date(), when, "")
        elif answer := _due_999(one, when):
            why = f"due {answer:%Y-%m-%d %H:%M}, {limits.hours_999} hours after it left"
            yield _file("missing.999", one, one.left.date(), when, why)


def _due_999(one: SentFile, when: When) -> dt.datetime | None:
    """When a TA1 or 999 of the file should have come, where it did not; else None."""
    limits = when.limits
    if one.left is None or one.answered or not limits.hours_999:
        return None
    cut_off = when.cut_offs.get(one.profile)
    due = limits.calendar.after_hours(one.left, limits.hours_999, cut_off=cut_off)
    return due if due < when.now else None


def _file(kind: Kind, one: SentFile, since: dt.date, when: When, why: str) -> Missing:
    return Missing(
        kind=kind,
        who=one.who,
        name=one.who,
        subject=one.name,
        since=since,
        days=when.old(since),
        cents=one.cents,
        claims=one.claims,
        why=why,
    )


def claims(
    found: Iterable[SentClaim],
    usual: Mapping[str, UsualDay],
    neighbours: Mapping[tuple[int, str], Neighbours],
    reported: frozenset[int],
    when: When,
) -> Iterator[Missing]:
    """Claims without the answer that should be there; of several the gravest is told.

    Args:
        found: the claims no payer has decided.
        usual: by payer, when it answers.
        neighbours: by file and payer.
        reported: files of which a 277CA speaks of at least one claim.
        when: the moment, and the limits.
    """
    for one in found:
        told = _report(one, reported, when) or _answer(one, usual, when)
        told = told or _lost(one, neighbours.get((one.file_id, one.payer)), when)
        if told and one.cut:
            yield _claim("missing.835-cut", one, when, one.cut)
        elif told:
            yield told


def _report(one: SentClaim, reported: frozenset[int], when: When) -> Missing | None:
    """No 277CA in time, where the file itself was acknowledged or left long enough ago."""
    file, limits = one.file, when.limits
    if not limits.days_277 or file is None or file.left is None or one.reported or one.accepted:
        return None
    if _due_999(file, when):  # the file is asked about: while it may be lost, nobody has the claim
        return None
    start = file.left.date()
    cut_off = when.cut_offs.get(file.profile)
    if cut_off and file.left.time() > cut_off:
        start += dt.timedelta(days=1)
    if limits.calendar.between(start, when.today) <= limits.days_277:
        return None
    kind: Kind = "missing.277-part" if one.file_id in reported else "missing.277"
    return Missing(
        kind=kind,
        who=file.who,
        name=file.who,
        subject=one.control,
        since=file.left.date(),
        days=when.old(file.left.date()),
        cents=one.cents,
        why=f"sent in {file.name}",
        within=file.name if kind == "missing.277-part" else "",
    )


def _answer(one: SentClaim, usual: Mapping[str, UsualDay], when: When) -> Missing | None:
    """No 835 by the payer's usual day."""
    limits = when.limits
    known = usual.get(one.payer, UsualDay(days=limits.days_835))
    waited = limits.calendar.between(one.sent, when.today)
    if not limits.days_835 or waited <= known.days + limits.grace_835:
        return None
    why = f"waits {waited} business days; usual: {known.words}"
    return _claim("missing.835", one, when, why)


def _lost(one: SentClaim, beside: Neighbours | None, when: When) -> Missing | None:
    """The claims sent with it were answered a while ago."""
    limits = when.limits
    if beside is None or beside.last is None or not limits.days_neighbours:
        return None
    if beside.answered * 2 < beside.claims:  # at least half of them
        return None
    waited = limits.calendar.between(beside.last, when.today)
    if waited <= limits.days_neighbours:
        return None
    why = (
        f"{beside.answered} of {beside.claims} claims sent with it were answered, the last "
        f"on {beside.last}"
    )
    return _claim("missing.835-neighbours", one, when, why)


def _claim(kind: Kind, one: SentClaim, when: When, why: str) -> Missing:
    return Missing(
        kind=kind,
        who=one.payer,
        name=one.payer_name,
        subject=one.control,
        since=one.sent,
        days=when.old(one.sent),
        cents=one.cents,
        why=why,
    )


DENSE: Final = 90  # percent of the numbers in use that must be here: else they are not ours alone
FEWEST: Final = 20


def gaps(numbers: Iterable[int]) -> tuple[tuple[int, int], ...]:
    """Runs of control numbers that did not come, where nearly all others did.

    A sender that numbers its files for all its receivers together leaves gaps everywhere: of such
    numbers nothing can be said.
    """
    seen = sorted(set(numbers))
    if len(seen) < FEWEST or len(seen) * WHOLE < (seen[-1] - seen[0] + 1) * DENSE:
        return ()
    return tuple((one + 1, other - 1) for one, other in pairwise(seen) if other > one + 1)
