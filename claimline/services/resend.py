"""Sending again what was refused as a whole, or lost: the same claims under new control numbers.

A file or a transaction that a translator refused never reached anybody who decides: its claims go
again with new numbers of the interchange, group and transaction; patient control numbers and all
else stay as they are, byte for byte. A claim that was refused for itself is mended first
(``claimline correct``); what was accepted, in part or with errors, is never sent again.
"""

import datetime as dt
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from attrs import define, evolve, field, frozen

from claimline import __version__
from claimline.errors import RefusedError, WrongUsageError
from claimline.render.words import shown_number
from claimline.services import outbox
from claimline.services.number_told import what_it_is
from claimline.services.pause import paused
from claimline.services.resend_file import rewritten
from claimline.services.sent_files import SeveralFilesError, named
from reconcile.acknowledgements import standing
from reconcile.ledger import Decision, Ledger, Run, SentFile, Usage, out_files
from reconcile.ledger.acknowledgements_read import heard_of, sendings_of
from reconcile.ledger.convert import to_json
from reconcile.ledger.out_files import OutFile, SentOnce
from reconcile.lifecycle import COPIED_FILE, STATE, Stand

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from reconcile.ledger import Writer

KIND: Final = "resend"  # of the decision that is kept
WHOLE: Final = frozenset({"file rejected", "batch rejected"})
OTHERS: Final = (
    "was sent by another system: its file was not made here",
    "send it again with the system that made it",
)
FIND: Final = "give the file's name, or the claim's own number (CLM01)"
OVERTAKEN: Final = "another run sent them, or took in an answer: look with claimline claims"
MEND: Final = "mend what was named and send it as a new claim: claimline correct CLAIM --visits"

REFUSED: Final = {  # why not and what to do instead, by the event or the state of the claim
    "rejected": ("the claim itself was refused", MEND),
    "sent": (
        "nobody has refused it: sent twice it comes back as a duplicate",
        'was it lost, say so: --reason "not at the clearinghouse"',
    ),
    "copied": (
        "it was refused as a copy: a file of that number is there already",
        (
            "was it sent twice, leave it; has another ledger used the number: --reason, and "
            "first_interchange_control in the practice file"
        ),
    ),
    "at fault": (
        "the 999 names a fault in this claim: as it is, all of its transaction comes back again",
        f"{MEND}; does the fault lie outside of it: --reason",
    ),
    "ready": ("the file has not left yet", "let it go with the next transfer"),
    "taken back": (
        "the file was taken back before it was sent",
        "claimline bill makes its visits into claims again",
    ),
}


@frozen(kw_only=True)
class ResendRequest:
    """One call. ``now`` has a time zone; nothing below reads a clock."""

    words: tuple[str, ...]  # a file (name, ISA13, digest), or patient control numbers
    transaction: str = ""  # only this ST02 of the file
    reason: str = ""  # needed for what nobody refused: a lost file
    out: Path
    usage: Usage | None = None
    dry_run: bool = False
    now: dt.datetime
    user: str = ""


@frozen(kw_only=True)
class Left:
    """A claim that is not sent again, why, and what to do instead."""

    control: str
    state: str
    why: str
    todo: str = ""
    already: bool = False  # it was sent again before
    later: str = ""  # the newer file it went in, where that was refused too
    waits: bool = False  # its payer is paused
    passed: bool = False  # another claim of the file went: this one need not
    at_fault: bool = False  # the 999 names a fault in it


@frozen(kw_only=True)
class Again:
    """A file that went again."""

    before: OutFile
    name: str
    path: str
    control: int  # ISA13; 0 in a dry run
    claims: tuple[str, ...]
    charge: int  # cents
    profile: str


@frozen(kw_only=True)
class ResendResult:
    """What went again and what did not."""

    files: tuple[Again, ...] = ()
    left: tuple[Left, ...] = ()
    dry_run: bool = False

    @property
    def refused(self) -> tuple[Left, ...]:
        """The claims that were asked for and do not go."""
        return tuple(one for one in self.left if not one.already and not one.passed)


@define(kw_only=True)
class _Chosen:
    """The claims of one file that are asked for."""

    file: OutFile
    go: list[SentOnce] = field(factory=list)
    left: list[Left] = field(factory=list)


def resend(ledger: Ledger, request: ResendRequest) -> ResendResult:
    """Send again what may be; safe to run twice.

    Raises:
        WrongUsageError: words lead to no file or claim; nothing is sent then, and each is told.
        RefusedError: another run sent them meanwhile.
        CommandError: the outbox cannot be written; what is recorded stays recorded.
    """
    run = Run(command=KIND, version=__version__, started=request.now, user=request.user)
    if not request.dry_run:
        outbox.write_unwritten(ledger, run, request.out)
    chosen = _chosen(ledger, request)
    files = [_file(ledger, run, request, one) for one in chosen if one.go]
    if not request.dry_run:
        outbox.write_unwritten(ledger, run, request.out)
    left = tuple(x for one in chosen for x in one.left)
    return ResendResult(files=tuple(files), left=left, dry_run=request.dry_run)


def _chosen(ledger: Ledger, request: ResendRequest) -> list[_Chosen]:
    """The files that are meant, with their claims judged one by one."""
    with ledger.reading() as connection:
        numbers = out_files.numbers_of(connection, request.words, request.usage)
    words = [word for word in request.words if word.strip().upper() not in numbers]
    claims = {number for some in numbers.values() for number in some}
    if request.transaction and (claims or len(words) != 1):
        raise WrongUsageError(
            "--transaction names one transaction of one file", todo="give one file and no claims"
        )
    files, wrong = _files(ledger, words, request.usage)
    chosen = [_judged(ledger, one, None, request) for one in files]
    if claims:
        with ledger.reading() as connection:
            ours = out_files.of_claims(connection, sorted(claims))
        chosen += [_judged(ledger, one, claims, request) for one in ours]
        known = {x.control.upper() for one in chosen for x in one.go}
        known |= {x.control.upper() for one in chosen for x in one.left}
        wrong += [
            (f"claim {shown_number(word)} {OTHERS[0]}", OTHERS[1])
            for word in numbers
            if word not in known
        ]
    if wrong:
        todo = "; ".join(dict.fromkeys(todo for _, todo in wrong))
        raise WrongUsageError(
            f"{'; '.join(message for message, _ in wrong)}. Nothing was sent", todo=todo
        )
    return chosen


def _files(
    ledger: Ledger, words: Iterable[str], usage: Usage | None
) -> tuple[list[OutFile], list[tuple[str, str]]]:
    """The files that these words lead to; of the other words what is wrong and what to do."""
    found: list[OutFile] = []
    wrong: list[tuple[str, str]] = []
    for word in words:
        try:
            found.append(named(ledger, word, usage))
        except SeveralFilesError as error:
            wrong.append((error.message, error.todo))
        except WrongUsageError:
            wrong.append((what_it_is(ledger, word, usage, or_else="file or claim"), FIND))
    return found, wrong


def _judged(
    ledger: Ledger, file: OutFile, wanted: set[int] | None, request: ResendRequest
) -> _Chosen:
    found = _Chosen(file=file)
    waits = paused(ledger)
    with ledger.reading() as connection:
        claims = out_files.sent_in(connection, file.id)
        faulty = _at_fault(connection, claims)
    if request.transaction:
        claims = tuple(x for x in claims if x.transaction == request.transaction)
        if not claims:
            raise WrongUsageError(
                f"{file.name} has no transaction {request.transaction}",
                todo="the 999 names it in AK202; claimline trace shows it",
            )
    for claim in claims:
        if wanted is not None and claim.id not in wanted:
            continue
        left = _why_not(claim, file, request, by_name=wanted is not None)
        if left is None and claim.id in faulty and not request.reason:
            why, todo = REFUSED["at fault"]
            state = claim.stand.state
            left = Left(control=claim.control, state=state, why=why, todo=todo, at_fault=True)
        if left is None and claim.payer in waits:
            one = waits[claim.payer]
            state = claim.stand.state
            left = Left(control=claim.control, state=state, why=one.why, todo=one.todo, waits=True)
        if left is None:
            found.go.append(claim)
        else:
            found.left.append(left)
    if wanted is None and (found.go or any(one.already for one in found.left)):
        found.left = [
            evolve(one, passed=not (one.later or one.waits or one.at_fault)) for one in found.left
        ]
    return found


def _at_fault(connection: "Connection", claims: Iterable[SentOnce]) -> set[int]:
    """Those of these claims in which the 999 that refused their transaction names a fault."""
    refused = [x.id for x in claims if x.stand.event == "batch rejected"]
    heard = heard_of(connection, refused)
    newest = {number: len(sent) - 1 for number, sent in sendings_of(connection, refused).items()}
    words = {x: standing(heard[x], sending=newest[x]).word for x in refused}
    return {number for number, word in words.items() if word is not None and word.own_fault}


def _why_not(
    claim: SentOnce, file: OutFile, request: ResendRequest, *, by_name: bool
) -> Left | None:
    """Why a claim is not sent again; None where it may be."""
    state, event = claim.stand.state, claim.stand.event
    left = Left(control=claim.control, state=state, why="")
    if claim.latest != file.id and event in WHOLE:
        why = f"it was sent again in {claim.latest_name}, and refused again"
        todo = f"claimline resend {claim.latest_name}"
        return evolve(left, why=why, todo=todo, later=claim.latest_name)
    if claim.latest != file.id:
        return evolve(left, why=f"it was sent again in {claim.latest_name}", already=True)
    if claim.newer:
        why = f"claim {claim.newer} was made in its place"
        return evolve(left, why=why, todo="let it go, or unsend its file first")
    if event in WHOLE and not request.reason and _is_copied(claim.stand):
        why, todo = REFUSED["copied"]
        return evolve(left, why=why, todo=todo)
    if event in WHOLE or (
        request.reason and (state == "sent" or (state == "rejected" and by_name))
    ):
        return None  # a claim that was rejected goes as it is where the fault lay outside of it
    why, todo = REFUSED.get(event) or REFUSED.get(state) or ("", "")
    if not why:
        why, todo = f"it is {state}: sent again it comes back as a duplicate", STATE[state].todo
    return evolve(left, why=why, todo=todo)


def _is_copied(stand: Stand) -> bool:
    """Whether a file was refused for a number that was used before (TA105 025)."""
    return stand.cause.kind == "TA1" and COPIED_FILE in stand.cause.codes.split()


def _file(ledger: Ledger, run: Run, request: ResendRequest, chosen: _Chosen) -> Again:
    """One file made anew from the kept bytes, recorded; it is written afterwards."""
    data = outbox.checked_bytes(ledger, chosen.file.digest)
    if request.dry_run:
        return _again(chosen, request, control=0)
    with ledger.begin(run) as writer:
        _still(writer, chosen)
        file = chosen.file
        control = writer.reserve(
            "interchange", sender=file.sender, receiver=file.receiver, usage=file.usage
        )
        written = rewritten(data, chosen.go, control=control, now=request.now)
        made = SentFile(
            data=written.data,
            name=_name(file, control),
            usage=file.usage,
            sender=file.sender,
            receiver=file.receiver,
            interchange_control=control,
            profile=file.profile,
        )
        outbox.refuse_other_book(made.data, file.usage, made.name)
        numbers = {x.control: x.id for x in chosen.go}
        again = [(numbers[x.control], x.transaction, x.segment) for x in written.index]
        assert len(again) == len(chosen.go), "what was written before can be written again"
        out_files.record_again(writer, made, again)
        detail = {"usage": file.usage, "file": made.name, "claims": [x.control for x in chosen.go]}
        writer.decide(
            Decision(
                kind=KIND,
                subject=file.name,
                user=request.user,
                reason=request.reason or chosen.go[0].stand.event,
                detail=to_json(detail),
            ),
            usage=file.usage,
        )
    return _again(chosen, request, control=control)


def _still(writer: "Writer", chosen: _Chosen) -> None:
    """Look again inside the transaction: meanwhile they may have been sent, or answered.

    Raises:
        RefusedError: they were.
    """
    now = {one.id: one for one in out_files.sent_in(writer.connection, chosen.file.id)}
    if any(now[one.id] != one for one in chosen.go):
        raise RefusedError(OVERTAKEN)


def _again(chosen: _Chosen, request: ResendRequest, *, control: int) -> Again:
    name = _name(chosen.file, control) if control else "(next)"
    return Again(
        before=chosen.file,
        name=name,
        path=str(request.out / name) if control else name,
        control=control,
        claims=tuple(one.control for one in chosen.go),
        charge=sum(one.charge for one in chosen.go),
        profile=chosen.file.profile,
    )


def _name(file: OutFile, control: int) -> str:
    """The name of the file with its new number in place of the old one."""
    before = f"{file.control:09d}"
    stem, dot, ending = file.name.rpartition(".")
    stem = stem.removesuffix(before) if stem.endswith(before) else f"{stem}-"
    return f"{stem}{control:09d}{dot}{ending}"
