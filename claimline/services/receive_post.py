"""Posting the payments of a kept file: each 835 transaction whole or not at all.

A payment is identified by TRN03, TRN02, BPR02, BPR16 and the book (CAQH CORE 370). The same again
is a no-op that says so. The same number with other content (a file split in two, a remittance
without money that uses its number again) is compared claim by claim: what is known is passed over,
what is new, or was not readable before, is posted only where that is certain, else kept aside.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from attrs import define, evolve, field

from claimline.services.collector import swept
from claimline.services.receive_ahead import unpack
from claimline.services.receive_cut import SUPERSEDED, came_whole, copies_of, supersede
from claimline.services.receive_faults import alone
from claimline.services.receive_look import transactions
from claimline.services.receive_odd import oddities, with_oddities
from claimline.services.receive_read import Ended, Through
from claimline.services.receive_same import Compared, compare
from claimline.services.receive_values import PaymentResult, told_state
from claimline.services.receive_workers import Stream, Unusable, payments_ahead
from edi.envelope import Transaction
from edi.problem import Problem
from reconcile.ledger import (
    by_hand_remit,
    dismissed,
    mended,
    posting,
    received,
    settle,
    standing,
    states,
)
from reconcile.ledger.convert import dollars, to_cents
from reconcile.ledger.payments import Kept, Reading, again
from reconcile.ledger.states_plain import Source
from reconcile.ledger.tables import sent_claim
from reconcile.ledger.tables_received import claim_payment

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from reconcile.ledger import Ledger, Run, StoredFile, Writer

TOGETHER: Final = 1000  # claims of small payments that are committed together


def post(
    ledger: "Ledger", run: "Run", stored: "StoredFile", name: str
) -> tuple[tuple[PaymentResult, ...], list[Problem]]:
    """Post the payments of a kept file that are not posted yet, and tell of all.

    Args:
        ledger: open.
        run: this start of the command.
        stored: the file.
        name: of the file as it was given now, for its problems.
    """
    with ledger.reading() as connection:
        rows = list(received.rows_of(connection, stored.id))
    results: dict[int, PaymentResult] = {}
    problems: list[Problem] = []
    pending = [row for row in rows if row.state == "pending"]
    all_plain = True
    with payments_ahead(ledger, stored, name, pending) as stream:
        ahead = stream
        here = transactions(ledger.file_bytes(stored.digest), name)
        for group in swept(_groups(pending)):
            try:
                made, plain = _post_group(ledger, run, stored, group, here=here, ahead=ahead)
            except Unusable as error:
                problems += [alone(name, error.fault)] if error.fault else []
                ahead = None
                here = transactions(ledger.file_bytes(stored.digest), name)
                made, plain = _post_group(ledger, run, stored, group, here=here, ahead=None)
            all_plain = all_plain and plain
            for row, result, found in made:
                results[row.id] = result
                problems += found
    return with_what_stands(ledger, stored.id, results, plain=all_plain), problems


Here = Iterator[tuple[int, Transaction]]
Posted = tuple[Any, PaymentResult, list[Problem]]


def _post_group(
    ledger: "Ledger",
    run: "Run",
    stored: "StoredFile",
    group: list[Any],
    *,
    here: Here,
    ahead: Stream | None,
) -> tuple[list[Posted], bool]:
    """Post some payments of a file together; tells whether each claim has a plain answer only.

    Raises:
        Unusable: where the process that reads ahead ended; then nothing of the group is posted.
    """
    with ledger.begin(run) as writer:
        waiting = received.still_pending(writer.connection, group)
        made = [
            (row, *post_row(writer, row, stored, here, ahead.of(row.number) if ahead else None))
            for row in waiting
        ]
        return made, writer.is_plain


def post_row(
    writer: "Writer",
    row: Any,
    stored: "StoredFile",
    here: Here,
    answers: Iterator[bytes] | None,
    *,
    fresh: bool = False,
) -> tuple[PaymentResult, list[Problem]]:
    """Post a payment: from what was read ahead, where that holds; else by reading it here.

    Args:
        writer: the open transaction.
        row: of ``remittance``, still to be posted.
        stored: the file.
        here: the file's transactions from this payment's on, at the latest.
        answers: what was read ahead, if anything.
        fresh: the payment was kept in this transaction.
    """
    made = None
    if answers is not None:
        made = post_ahead(writer, row, stored.name, answers, fresh=fresh)
    if made is None:
        transaction = next(t for number, t in here if number == row.number)
        made = post_one(writer, row, stored.digest, transaction)
    received.add_problems(writer, stored.id, made[1], remittance_id=row.id)
    return made


def with_what_stands(
    ledger: "Ledger", file_id: int, new: dict[int, PaymentResult], *, plain: bool = False
) -> tuple[PaymentResult, ...]:
    """The payments of a file, new ones and known ones, with what waits of them for a person.

    Args:
        ledger: open.
        file_id: of the file.
        new: what became of those that were posted now, by row number.
        plain: each claim of these has a plain answer only: nothing can be odd.
    """
    with ledger.reading() as connection:
        rows = list(received.rows_of(connection, file_id))
        known = any(row.id not in new for row in rows)
        stand = standing.of_file(connection, file_id) if known else {}
        odd = oddities(connection, [file_id]) if rows and (known or not plain) else {}
        return tuple(
            with_oddities(
                new.get(row.id) or _known(connection, row, stand.get(row.id)), odd.get(row.id)
            )
            for row in rows
        )


def post_again(ledger: "Ledger", writer: "Writer", digest: str, rows: list[Any]) -> None:
    """Post payments of a kept file once more; their problems are known."""
    here = transactions(ledger.file_bytes(digest), "")
    for row, transaction in _with_rows(here, rows):
        post_one(writer, row, digest, transaction)


def _with_rows(here: Here, rows: list[Any]) -> Iterator[tuple[Any, Transaction]]:
    """Each row with its transaction; both are in the order of the file."""
    for row in rows:
        yield row, next(t for number, t in here if number == row.number)


def _known(connection: "Connection", row: Any, stand: "standing.Standing | None") -> PaymentResult:
    """A payment received before: what became of it then, and what of it still waits."""
    stand = stand or standing.Standing()
    return evolve(
        _result(row),
        state="known",
        stored=told_state(row.state, stand.states),
        why="received before: nothing changed" + (f"; {row.why}" if row.why else ""),
        known=row.claims,
        unmatched=stand.states["unmatched"],
        aside=stand.states["aside"],
        not_posted=stand.states["not posted"],
        parked=stand.states["parked"],
        lines_left=stand.lines_left,
        unbalanced=stand.unbalanced,
        provider_adjusted=dollars(row.provider_adjusted or 0),
        difference=None if row.difference is None else dollars(row.difference),
        counted=received.is_counted(connection, row),
    )


def _result(row: Any) -> PaymentResult:
    return PaymentResult(
        transaction=row.transaction_control,
        trace=row.trace,
        payer=row.payer_name,
        date=received.context_of(row).date,
        paid=dollars(row.paid),
        usage=row.usage,
        state=row.state,
        claims=row.claims,
        part=row.id != row.payment_id,
    )


def _groups(rows: list[Any]) -> Iterator[list[Any]]:
    """Small payments are committed together: an fsync for each would take the longest."""
    group: list[Any] = []
    claims = 0
    for row in rows:
        group.append(row)
        claims += row.claims + 1
        if claims >= TOGETHER:
            yield group
            group, claims = [], 0
    if group:
        yield group


def post_one(
    writer: "Writer", row: Any, digest: str, transaction: Transaction
) -> tuple[PaymentResult, list[Problem]]:
    """Post one payment, or say why it is not posted.

    Args:
        writer: the open transaction.
        row: of ``remittance``, still to be posted.
        digest: of the file it stands in.
        transaction: the payment itself.
    """
    same = received.same_payment(writer.connection, row)
    if not row.complete:
        return _incomplete(writer, row, digest), []
    twin = next((other for other in same if other.digest == row.digest), None)
    compared = compare(writer.connection, row, digest, same) if same and not twin else None
    if twin is None and compared is not None and compared.nothing_new:
        twin = same[0]
    if twin is not None:
        certain = compared is not None and compared.with_aside
        return _duplicate(writer, row, twin, certain=certain), []
    work = _Work(writer=writer, row=row, compared=compared)
    work.run(Reading(transaction))
    work.mend()
    return _done(writer, row, work)


def post_ahead(
    writer: "Writer", row: Any, file: str, answers: Iterator[bytes], *, fresh: bool = False
) -> tuple[PaymentResult, list[Problem]] | None:
    """Post one payment that another process made ready, where all of it is still true.

    Args:
        writer: the open transaction.
        row: of ``remittance``, still to be posted.
        file: the name its file is kept under.
        answers: what ``receive_ahead.answers`` gave for it.
        fresh: the payment was kept in this transaction: no other copy of it was dealt with where
            it is the first.

    Returns:
        As ``post_one``; None where the payment must be looked at here.

    Raises:
        Unusable: where the other process ended before it was done.
    """
    start = next(answers, b"")
    if not (start and row.complete) or int(start) != writer.ids(sent_claim, 0):
        return None
    first = fresh and row.payment_id == row.id
    if not first and received.same_payment(writer.connection, row):
        return None
    work = _Work(writer=writer, row=row)
    if first and row.claims <= TOGETHER:
        work.seen = Counter()
    elif row.claims > TOGETHER:
        work.written = posting.new_marks(writer.connection, row.payment_id)
    work.run_ahead(answers, Source(row, file))
    return _done(writer, row, work)


def _done(writer: "Writer", row: Any, work: "_Work") -> tuple[PaymentResult, list[Problem]]:
    """The payment is posted: a copy of it that was cut off waits no longer."""
    for other in copies_of(writer, row):
        supersede(writer.connection, other, row)
    return work.result(), work.problems


def _fields(kept: Kept, cents: int) -> dict[str, Any]:
    """A claim payment as the keywords of ``posting.Item``."""
    return {
        "payment": kept.payment,
        "fingerprint": kept.fingerprint,
        "difference": cents,
        "segments": kept.segments,
    }


def _left_fields(mark: str, position: int, cents: int, segments: str) -> dict[str, Any]:
    """As ``_fields``, of one that another process left to this one."""
    return {
        "payment": again(segments, position),
        "fingerprint": mark,
        "difference": cents,
        "segments": lambda: segments,
    }


def _incomplete(writer: "Writer", row: Any, digest: str) -> PaymentResult:
    """A payment that is not whole: kept; nothing waits where it came whole before."""
    state, why = dismissed.INCOMPLETE, dismissed.NOT_WHOLE
    if told := dismissed.why(writer.connection, digest, row.number):
        state, why = dismissed.DISMISSED, told
    elif came_whole(writer.connection, row, digest):
        state, why = SUPERSEDED, "not whole, but all of it was received whole before"
    _settle(writer, row, state=state, why=why)
    return evolve(_result(row), state=state, why=why)


def _duplicate(writer: "Writer", row: Any, twin: Any, *, certain: bool) -> PaymentResult:
    """The same payment again: what was kept aside of it is posted where this copy proves it."""
    why = f"the same as ST {twin.transaction_control}, received {twin.recorded_at[:10]}"
    if certain:
        settle.release(writer, row.payment_id)
        received.complete(writer.connection, row.payment_id, aside=True)
        by_hand_remit.meet(writer, twin)
    elif twin.state == "aside":
        why += ", which is kept aside"
    _settle(writer, row, state="duplicate", why=why)
    stored = "aside" if twin.state == "aside" and not certain else ""
    return evolve(_result(row), state="duplicate", stored=stored, why=why, known=row.claims)


def _settle(writer: "Writer", row: Any, *, state: str, why: str, **sums: int) -> None:
    received.settle(writer.connection, row.id, state=state, why=why, **sums)
    writer.may_have(state)


@define(kw_only=True)
class _Work:
    """One payment while it is posted."""

    writer: "Writer"
    row: Any
    compared: Compared | None = None
    problems: list[Problem] = field(factory=list)
    states: Counter[str] = field(factory=Counter)
    known: int = 0
    lines_left: int = 0
    unbalanced: int = 0
    claims_paid: Decimal = Decimal("0.00")
    provider_adjusted: Decimal = Decimal("0.00")
    difference: Decimal = Decimal("0.00")
    aside: str = ""
    met: str = ""  # state of what was entered by hand, where it does not stand
    told: str = ""
    written: posting.Marks | None = None  # fingerprints so far, as ``seen``, of a large payment
    seen: Counter[str] | None = None  # fingerprints so far, where none of them was there before

    def run(self, reading: Reading) -> None:
        """Read it through, some hundred claims at a time."""
        context = received.context_of(self.row)
        self.aside = self.compared.why if self.compared and not self.compared.certain else ""
        through = Through(reading)
        if through.faults:
            self.aside = f"could not be read: {', '.join(through.faults)}"
        for batch in through.batches(self._is_new):
            self._batch(context, [_fields(*one) for one in batch])
        self._end(through.ended())

    def run_ahead(self, answers: Iterator[bytes], source: Source) -> None:
        """Write what another process made ready.

        Args:
            answers: what it made.
            source: the payment.

        Raises:
            Unusable: where that process ended before it was done.
        """
        context = received.context_of(self.row)
        for answer in swept(map(unpack, answers)):
            if isinstance(answer, Ended):
                self._end(answer)
                return
            heads = self._heads(context, answer.marks)
            self._count(posting.write(self.writer, heads, answer.made, source))
            if answer.left:
                self._batch(context, [_left_fields(*one) for one in answer.left])
        raise Unusable

    def _is_new(self, fingerprint: str) -> bool:
        if self.compared and self.compared.is_known(fingerprint):
            self.known += 1
            return False
        return True

    def _heads(self, context: received.Context, marks: Sequence[str]) -> list[posting.Head]:
        """The first columns of claim payments with these fingerprints."""
        payment = context.payment_id
        occurrences = posting.occurrences(self.writer, payment, marks, self.seen, self.written)
        first = self.writer.ids(claim_payment, len(marks))
        remittance_id = context.remittance_id
        return [
            (number, remittance_id, payment, mark, occurrence)
            for number, (mark, occurrence) in enumerate(zip(marks, occurrences, strict=True), first)
        ]

    def _batch(self, context: received.Context, batch: Sequence[dict[str, Any]]) -> None:
        heads = self._heads(context, [one["fingerprint"] for one in batch])
        items = [
            posting.Item(id=head[0], occurrence=head[-1], context=context, **one)
            for head, one in zip(heads, batch, strict=True)
        ]
        self._count(posting.post(self.writer, items, aside=self.aside))

    def _count(self, posted: posting.Posted) -> None:
        self.states += posted.states
        self.lines_left += posted.lines_left
        settle.after_learned(self.writer, posted.learned)
        if self.writer.many_changed:
            states.settle(self.writer)

    def _end(self, ended: Ended) -> None:
        self.problems += received.with_more(ended.problems, ended.more)
        self.claims_paid, self.unbalanced = ended.claims_paid, ended.unbalanced
        self.difference = ended.difference
        kept = ended.trailer.provider_adjustments
        if self.compared:
            kept = self.compared.new_adjustments(kept)
        received.add_provider_adjustments(self.writer, self.row.id, kept)
        self.provider_adjusted = sum((p.amount for p in kept), Decimal("0.00"))
        if self.compared and self.compared.with_aside:
            settle.release(self.writer, self.row.payment_id)
        self._finish()

    def mend(self) -> None:
        """A claim that could not be read, in this copy or in one before, counts once."""
        if self.compared and self.compared.twice and not self.aside:
            mine = mended.settle(self.writer, self.row, self.compared.twice)
            self.states["not posted"] -= mine
            self.known += mine

    def _finish(self) -> None:
        state, why = ("aside", self.aside) if self.aside else ("posted", "")
        if self.compared and not self.aside:
            self.difference = Decimal("0.00")  # together with the rest it adds up
            why = f"adds to a payment received before: {self.known} claims known"
        _settle(
            self.writer,
            self.row,
            state=state,
            why=why,
            claims_paid=to_cents(self.claims_paid),
            provider_adjusted=to_cents(self.provider_adjusted),
            difference=to_cents(self.difference),
        )
        if self.compared and not (self.aside or self.compared.keeps_difference):
            aside = self.compared.with_aside
            received.complete(self.writer.connection, self.row.payment_id, aside=aside)
        if not self.aside:
            self.met, self.told = by_hand_remit.meet(self.writer, self.row)

    def result(self) -> PaymentResult:
        """What became of it."""
        return evolve(
            _result(self.row),
            state=self.met or told_state("aside" if self.aside else "posted", self.states),
            why=self.aside or self.told,
            differs=by_hand_remit.needs_person(self.told),
            posted=self.states["posted"],
            known=self.known,
            unmatched=self.states["unmatched"],
            aside=self.states["aside"],
            not_posted=self.states["not posted"],
            parked=self.states["parked"],
            lines_left=self.lines_left,
            provider_adjusted=self.provider_adjusted,
            difference=self.difference,
            unbalanced=self.unbalanced,
            counted=received.is_counted(self.writer.connection, self.row),
        )
