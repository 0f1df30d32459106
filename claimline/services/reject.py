"""``reject``: a rejection that came on paper, by portal or telephone is put to its claim."""

import datetime as dt
import re
from collections.abc import Iterable, Iterator
from typing import Final, Literal

from attrs import evolve, field, frozen

from claimline import __version__
from claimline.errors import WrongUsageError
from claimline.services.correct_find import named
from edi import codes
from edi.acknowledgement import Source
from reconcile.ledger import ClaimStory, Ledger, Run, Usage
from reconcile.ledger.acknowledgements_hand import Rejection, enter, take_back

State = Literal["entered", "known", "taken back", "nothing", "too early", "not known"]
NO_REJECTION: Final = frozenset({"A0", "A1", "A2", "A5"})  # X12 code list 507
PAYMENT: Final = re.compile(r"[FPR]\d[A-Z]?")  # X12 code list 507: finalized, pending, requests
CODE: Final = re.compile(r"(?=\D*\d)[A-Za-z0-9.:_/-]{1,20}")  # a clearinghouse may have its own
WORDS = {
    "entered": "entered as rejected",
    "known": "the very same was entered before; nothing changed",
    "taken back": "the last rejection entered by hand was taken back",
    "nothing": "no rejection entered by hand stands on it",
    "too early": "it cannot have been rejected before it was sent",
    "not known": "no claim of that number was sent",
}


@frozen(kw_only=True)
class Request:
    """Who enters what, and when. ``on`` is the day it was said."""

    source: Source
    reason: str = field(repr=False)
    code: str = ""
    on: dt.date
    by: str = ""
    undo: bool = False
    usage: Usage | None = None
    user: str
    now: dt.datetime


@frozen(kw_only=True)
class Rejected:
    """What became of one claim. ``place`` says where its number stood."""

    place: str = ""
    claim: str
    state: State
    notes: tuple[str, ...] = ()

    @property
    def is_done(self) -> bool:
        """Whether there is nothing left for a person."""
        return self.state in ("entered", "known", "taken back")

    @property
    def words(self) -> str:
        """What became of it."""
        return WORDS[self.state]


def reject(
    ledger: Ledger, claims: Iterable[tuple[str, str]], request: Request
) -> Iterator[Rejected]:
    """Enter or take back the rejection of each claim; one that is not known stops no other.

    Args:
        ledger: open.
        claims: where each identifier stands, and the identifier.
        request: what was said.
    """
    run = Run(command="reject", version=__version__, started=request.now, user=request.user)
    if not request.undo:
        _check_code(request.code)
    for place, identifier in claims:
        try:
            found = named(ledger, identifier, request.usage)
        except WrongUsageError as error:
            yield Rejected(place=place, claim="", state="not known", notes=(error.message,))
            continue
        done = _one(ledger, run, found.story, found.usage, request)
        yield evolve(done, place=place)


def _one(ledger: Ledger, run: Run, story: ClaimStory, usage: Usage, request: Request) -> Rejected:
    control = story.sent.claim.control
    if not request.undo and request.on < _earliest(story):
        day = _earliest(story).isoformat()
        words = f"--on must be {day} or later; nothing was entered"
        return Rejected(claim=control, state="too early", notes=(words,))
    with ledger.begin(run) as writer:
        if request.undo:
            done = take_back(writer, control, usage=usage, user=request.user, reason=request.reason)
            return Rejected(claim=control, state="taken back" if done else "nothing")
        given = Rejection(
            claim=control,
            usage=usage,
            source=request.source,
            reason=request.reason,
            code=request.code.strip().upper(),
            on=request.on,
            by=request.by,
            user=request.user,
        )
        state: State = "entered" if enter(writer, given) else "known"
    return Rejected(claim=control, state=state, notes=tuple(_notes(story, request)))


def _check_code(code: str) -> None:
    """Refuse a code that is none, or that says something else than a rejection.

    Raises:
        WrongUsageError: words in place of a code; a category of receipt or acceptance (277CA A0,
            A1, A2, A5); one of an answer about payment (F, P, R: a denied claim is no rejected
            one, and sent again as an original it comes back as a duplicate).
    """
    category = code.strip().upper().partition(":")[0]
    todo = "rejections are A3, A4, A6, A7 and A8; leave --code out where none was given"
    if category in NO_REJECTION:
        raise WrongUsageError(
            f"--code {category} is no rejection: it says that the claim was received or accepted; "
            "nothing was entered",
            todo=todo,
        )
    if PAYMENT.fullmatch(category):
        raise WrongUsageError(
            f"--code {category} is no rejection: it is of an answer about payment (denied, paid, "
            "pending); nothing was entered",
            todo="a denial comes with the remittance; on paper or in a portal: claimline remit "
            "enter",
        )
    if code.strip() and not CODE.fullmatch(code.strip()):
        raise WrongUsageError(
            "--code is no code: it is short, without spaces, and has a digit; nothing was entered",
            todo=f"words belong into --reason; {todo}",
        )


def _earliest(story: ClaimStory) -> dt.date:
    """The first day it can have been rejected on.

    The day before it was recorded (UTC): where the person is, it may be a day earlier. Of a claim
    that another system sent only the day of service is known.
    """
    if story.origin != "billed":
        return story.sent.claim.date
    return dt.date.fromisoformat(story.recorded_at[:10]) - dt.timedelta(days=1)


def _notes(story: ClaimStory, request: Request) -> Iterator[str]:
    """What the person should know: nothing of it stops the entry."""
    if story.adjudications:
        paid = story.adjudications[-1]
        yield (
            f"a payer decided on it ({paid.date.isoformat()}, payment {paid.trace}): that stands, "
            "a rejection is no decision about payment"
        )
    category, colon, status = request.code.strip().upper().partition(":")
    if colon and not codes.is_known("status", status):
        yield f"code {category}:{status} is not in our tables; it was kept as it is"
