"""Visits to 837P files: read, sort out, draft, number, record, write. Safe to run twice.

What is recorded is recorded whole: control numbers, bytes, claims and visits of a file are
committed together, and only then the file is written. A run that is interrupted is finished by the
next one, with the same bytes under the same number.
"""

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from attrs import evolve, frozen

from claimline import __version__
from claimline.services import (
    bill_file,
    bill_hold,
    bill_input,
    bill_make,
    bill_treated,
    outbox,
    pause,
    payer_facts,
    thresholds,
)
from claimline.services.bill_file import Context, Made, Numbers
from claimline.services.bill_history import before
from claimline.services.bill_make import Drafted, Maker, Piece
from claimline.services.bill_values import (
    AlreadyBilled,
    BilledClaim,
    BillRequest,
    BillResult,
    HeldVisits,
    MadeFile,
)
from claimline.services.bill_workers import maker
from claimline.services.collector import rarely_collected
from claimline.services.correct_kept import as_corrected
from claimline.services.practice import load
from claimline.services.tables_told import tables_told
from mapping.one_on_one import shared_times
from mapping.practice import Exchange, Practice
from mapping.visit import Visit
from reconcile.ledger import Ledger, LedgerMissing, Run, SentFile, Usage, open_ledger

if TYPE_CHECKING:
    from reconcile.ledger import Writer

NEXT: Final = "(next)"  # in place of a number that is not taken
AHEAD: Final = 2  # pieces drafted before it is their turn
Visits = Mapping[str, Visit]


def bill(request: BillRequest) -> BillResult:
    """Bill visits: make and record the files, write them, say what is held and why.

    Raises:
        WrongUsageError: the practice file is not right, or has no ids for test or production.
        CommandError: the outbox cannot be written.
        LedgerError: the ledger cannot be used.
    """
    practice = load(request.practice)
    usage: Usage = "P" if request.production else "T"
    if request.only_checked:
        practice = bill_file.with_stand_ins(practice, usage)
    context = Context(
        usage=usage,
        now=request.now,
        out=str(request.out),
        explain=request.explain,
        tables=request.tables,
        only_checked=request.only_checked,
    )
    with rarely_collected():
        incoming = bill_input.read_all(request.visits)
        visits = {visit.visit_id: visit for visit in incoming.visits}
        days = [v.date for v in incoming.visits] or [request.now.date()]
        told = tables_told(request.tables, practice, max(days), min(days))
        pieces = -(-len(visits) // bill_make.VISITS_PER_PIECE)
        with (
            maker(practice, visits, context, pieces=pieces) as made_by,  # forks: before the ledger
            _ledger(request) as ledger,
        ):
            done = _Billing(request, practice, ledger, made_by).run(incoming)
            return evolve(done, tables=told)


@contextmanager
def _ledger(request: BillRequest) -> Iterator[Ledger]:
    """The ledger, made if there is none; in a dry run that one is thrown away afterwards."""
    try:
        with open_ledger(request.ledger, create=not request.dry_run) as ledger:
            yield ledger
    except LedgerMissing:
        with (
            tempfile.TemporaryDirectory(prefix="claimline-") as folder,
            open_ledger(str(Path(folder) / "ledger.sqlite3"), create=True) as ledger,
        ):
            yield ledger


class _UndoneError(Exception):
    """Undoes the transaction of a file of which every claim was refused: no number is used."""

    def __init__(self, made: Made) -> None:
        super().__init__("every claim was refused")
        self.made = made


@frozen(kw_only=True)
class _Asked:
    """A file that is being made with the numbers it will have if no other run takes them."""

    piece: int
    receiver: str
    claims: tuple[tuple[str, ...], ...]  # the visits of each
    payers: frozenset[str]
    numbers: Numbers
    fetch: Callable[[], Made]


def _unnumbered(claim: BilledClaim) -> BilledClaim:
    """A claim of a dry run, whose numbers another may get."""
    lines = tuple({**line, "line": NEXT} for line in claim.lines)
    return evolve(claim, claim=NEXT, lines=lines)


class _Billing:
    """One run: what it is asked, and what it has done so far."""

    def __init__(
        self, request: BillRequest, practice: Practice, ledger: Ledger, made_by: Maker
    ) -> None:
        self.request = request
        self.practice = practice
        self.ledger = ledger
        self.maker = made_by
        self.usage: Usage = "P" if request.production else "T"
        self.run_row = Run(
            command="bill", version=__version__, started=request.now, user=request.user
        )
        self.files: list[MadeFile] = []
        self.claims: list[BilledClaim] = []
        self.held: list[HeldVisits] = []
        self.already: list[AlreadyBilled] = []
        self._expected: dict[tuple[str, str, str], int] = {}  # counter: its next number

    def run(self, incoming: bill_input.Incoming) -> BillResult:
        """Do all of it."""
        recovered = self._write()
        fresh, changed = self._sort(incoming)
        self._make(list(self._pieces(fresh)))
        self._hold([*self.held, *changed, *incoming.conflicts])
        self._write()
        return BillResult(
            files=tuple(self.files),
            recovered=recovered,
            claims=tuple(self.claims),
            held=tuple(self.held),
            already=tuple(self.already),
            problems=incoming.problems,
            practice_warnings=self.practice.warnings,
            unreadable=incoming.unreadable,
            files_read=len(self.request.visits) - len(incoming.unreadable),
            asked=bool(self.request.visits),
            ledger_created=self.ledger.place if self._made_ledger() else "",
            dry_run=self.request.dry_run,
        )

    def _made_ledger(self) -> bool:
        return self.ledger.created and not self.request.dry_run

    def _sort(self, incoming: bill_input.Incoming) -> tuple[dict[str, Visit], list[HeldVisits]]:
        """The visits to bill now, and those held: changed since they were billed, payer paused."""
        visits = {visit.visit_id: visit for visit in incoming.visits}
        known = self.ledger.known_visits(visits, usage=self.usage)
        more = list(bill_hold.waiting(self.ledger, self.usage))
        if any(seen.state == "held" for seen in known.values()):
            more += bill_hold.held_with(self.ledger, self.usage, visits)
        added = {visit.visit_id: visit for visit in more if visit.visit_id not in visits}
        if added:
            known |= self.ledger.known_visits(added, usage=self.usage)
            self.maker.add(list(added.values()))
        known |= as_corrected(self.ledger, self.usage, visits.values(), known)
        self._given = tuple((visits | added).values())
        parted = bill_input.sort_out(self._given, known)
        self.already += parted.already
        fresh = {visit.visit_id: visit for visit in parted.fresh}
        kept = [bill_input.changed_visit(visit, before) for visit, before in parted.changed]
        self._seen = {**fresh, **{visit.visit_id: visit for visit, _ in parted.changed}}
        for held in pause.kept_back(fresh, pause.paused(self.ledger)):
            kept.append(held)
            fresh.pop(held.id)
        return fresh, kept

    def _pieces(self, fresh: Visits) -> Iterator[Piece]:
        """The visits in pieces, each with what was billed and decided for it before."""
        waived = bill_hold.waived(self.ledger, self.usage, fresh)
        shared = shared_times(self._given)
        treated = bill_treated.before(self.ledger, fresh.values(), self.usage)
        parted = bill_make.pieces(tuple(fresh.values()), bill_make.VISITS_PER_PIECE)
        for number, visits in enumerate(parted):
            known = before(self.ledger, self.practice, visits, self.usage)
            totals, left = thresholds.running(self.ledger, self.practice, visits, self.usage)
            own = treated.of(visits)
            yield Piece(
                number=number,
                visit_ids=tuple(visit.visit_id for visit in visits),
                waived={v.visit_id: waived[v.visit_id] for v in visits if v.visit_id in waived},
                billed=known.billed,
                lines=known.lines,
                totals=totals,
                deductibles=left,
                shared={v.visit_id: shared[v.visit_id] for v in visits if v.visit_id in shared},
                authorized=own.authorized,
                days=own.days,
            )

    def _make(self, pieces: Sequence[Piece]) -> None:
        """Make and record the files of all pieces, in order; the next ones are on the way."""
        drafted = [self.maker.draft(piece) for piece in pieces[:AHEAD]]
        before: list[_Asked] = []
        for number in range(len(pieces)):
            asked = list(self._ask(number, drafted[number]()))
            drafted += map(self.maker.draft, pieces[number + AHEAD : number + AHEAD + 1])
            self._record(before)
            before = asked
        self._record(before)

    def _ask(self, piece: int, drafted: Drafted) -> Iterator[_Asked]:
        """Have the files of a piece made."""
        self.held += drafted.held
        for receiver, claims in drafted.claims.items():
            numbers = self._expect(receiver, len(claims))
            yield _Asked(
                piece=piece,
                receiver=receiver,
                claims=claims,
                payers=drafted.payers[receiver],
                numbers=numbers,
                fetch=self.maker.write(piece, receiver, numbers, frozenset()),
            )

    def _record(self, asked: Sequence[_Asked]) -> None:
        """Record the files of one piece."""
        for one in asked:
            made, numbers = self._file(one)
            if made is not None and made.data:
                self._note(one.receiver, numbers.control, made)
            self.held += made.refused if made is not None else ()
        if asked:
            self.maker.forget(asked[0].piece)

    def _file(self, asked: _Asked) -> tuple[Made | None, Numbers]:
        """Record one file, with its numbers; a dry run and a file all refused record nothing."""
        made = asked.fetch()
        if self.request.dry_run:
            return made, asked.numbers
        try:
            with self.ledger.begin(self.run_row) as writer:
                return self._recorded(writer, asked, made)
        except _UndoneError as undone:
            self._expected.clear()
            return undone.made, asked.numbers

    def _recorded(self, writer: "Writer", asked: _Asked, made: Made) -> tuple[Made | None, Numbers]:
        """Number and record a file in the open transaction, made anew if another run came between.

        Raises:
            _UndoneError: where every claim was refused.
        """
        gone = self._gone(writer, asked.claims)
        left = [claim for claim in asked.claims if not gone & set(claim)]
        if not left:
            return None, asked.numbers
        numbers = self._reserve(writer, asked.receiver, len(left))
        if numbers != asked.numbers:
            self._expected.clear()
        if gone or numbers != asked.numbers:
            made = self.maker.write(asked.piece, asked.receiver, numbers, gone)()
        if not made.data:
            raise _UndoneError(made)
        payer_facts.remember(writer, self.practice, asked.payers, self.request.now.date())
        ids = self._ids(asked.receiver)
        file = SentFile(
            data=made.data,
            name=made.name,
            interchange_control=numbers.control,
            usage=self.usage,
            sender=ids.sender,
            receiver=ids.receiver,
            profile=bill_file.profile_of(asked.receiver, ids, self.request.profiles),
        )
        writer.record_sent(file, made.records)
        return made, numbers

    def _ids(self, receiver: str) -> Exchange:
        """Sender and receiver, whose interchanges are counted together."""
        return bill_file.exchange_of(self.practice.receivers[receiver], self.usage)

    def _reserve(self, writer: "Writer", receiver: str, count: int) -> Numbers:
        ids = self._ids(receiver)
        first = writer.reserve(
            "claim", usage=self.usage, count=count, start=self.request.first_serial
        )
        control = writer.reserve(
            "interchange",
            sender=ids.sender,
            receiver=ids.receiver,
            usage=self.usage,
            start=ids.first_interchange_control,
        )
        return Numbers(control=control, first=first)

    def _expect(self, receiver: str, count: int) -> Numbers:
        """The numbers a file of so many claims will be given."""
        ids = self._ids(receiver)
        return Numbers(
            first=self._next("claim", "", "", count, self.request.first_serial),
            control=self._next(
                "interchange", ids.sender, ids.receiver, 1, ids.first_interchange_control
            ),
        )

    def _next(self, kind: str, sender: str, receiver: str, count: int, start: int) -> int:
        key = (kind, sender, receiver)
        if key not in self._expected:
            self._expected[key] = self.ledger.next_number(
                kind,
                sender=sender,
                receiver=receiver,
                usage=self.usage,
                start=start,
            )
        number = self._expected[key]
        self._expected[key] = number + count
        return number

    def _gone(self, writer: "Writer", claims: Iterable[tuple[str, ...]]) -> frozenset[str]:
        """The visits another run has billed since we looked."""
        known = writer.known_visits((v for claim in claims for v in claim), usage=self.usage)
        gone = {key: seen for key, seen in known.items() if seen.state == "billed"}
        self.already += [
            AlreadyBilled(visit=key, file=seen.file, claims=seen.claims)
            for key, seen in gone.items()
        ]
        return frozenset(gone)

    def _note(self, receiver: str, control: int, made: Made) -> None:
        """Remember what a file holds, for the answer."""
        self.files.append(
            MadeFile(
                file=str(self.request.out / made.name),
                receiver=receiver,
                control=control,
                usage=self.usage,
                claims=len(made.claims),
                lines=sum(len(one.lines) for one in made.claims),
                charge=sum((one.charge for one in made.claims), start=bill_hold.NOTHING),
            )
        )
        self.claims += map(_unnumbered, made.claims) if self.request.dry_run else made.claims

    def _hold(self, held: Sequence[HeldVisits]) -> None:
        """Keep what does not go, with its visits, so that it can be released."""
        self.held = list(held)
        if held and not self.request.dry_run:
            with self.ledger.begin(self.run_row) as writer:
                records = [record for one in held if (record := bill_hold.record(one, self._seen))]
                writer.record_held(records, usage=self.usage)

    def _write(self) -> tuple[str, ...]:
        """Write what is recorded and not yet written."""
        if self.request.dry_run:
            return ()
        return outbox.write_unwritten(self.ledger, self.run_row, self.request.out)
