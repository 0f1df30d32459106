"""Posting the payments of a kept file: each 835 transaction whole or not at all.

A payment is identified by TRN03, TRN02, BPR02, BPR16 and the book (CAQH CORE 370). The same again
is a no-op that says so. The same number with other content (a file split in two, a remittance
without money that uses its number again) is compared claim by claim: what is known is passed over,
what is new is posted only where that is certain, else kept aside.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from attrs import define, evolve, field

from claimline.services.collector import swept
from claimline.services.receive_same import Compared, compare, covers
from claimline.services.receive_values import PaymentResult
from edi import envelope
from edi.envelope import Transaction
from edi.problem import Problem
from edi.remittance import RemittanceHeader, RemittanceTrailer
from reconcile.balance import Balance, Difference
from reconcile.ledger import bulk, by_hand_remit, posting, received, settle, standing
from reconcile.ledger.convert import dollars, to_cents
from reconcile.ledger.payments import Kept, Reading
from reconcile.ledger.tables_received import claim_payment, remittance

if TYPE_CHECKING:
    from reconcile.attention import Concern
    from reconcile.ledger import Ledger, Run, StoredFile, Writer

TOGETHER: Final = 1000  # claims of small payments that are committed together
CONCERNS: Final = 100  # claims of one payment whose oddities are told; the rest is counted
SUPERSEDED: Final = "superseded"  # not whole, but it came whole as well


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
    transactions = _transactions(ledger.file_bytes(stored.digest), name)
    for group in swept(_groups([row for row in rows if row.state == "pending"])):
        with ledger.begin(run) as writer:
            waiting = received.still_pending(writer.connection, group)
            for row, transaction in _with_rows(transactions, waiting):
                result, found = post_one(writer, row, stored.digest, transaction)
                received.add_problems(writer, stored.id, found, remittance_id=row.id)
                results[row.id] = result
                problems += found
    return _with_what_stands(ledger, stored.id, results), problems


def _with_what_stands(
    ledger: "Ledger", file_id: int, new: dict[int, PaymentResult]
) -> tuple[PaymentResult, ...]:
    """The payments of a file, new ones and known ones, with what waits of them for a person."""
    odd: dict[int, int] = {}
    told: dict[int, list[Concern]] = {}
    with ledger.reading() as connection:
        rows = list(received.rows_of(connection, file_id))
        known = any(row.id not in new for row in rows)
        stand = standing.of_file(connection, file_id) if known else {}
        found = standing.concerns_of(connection, remittance.c.file_id == file_id)
        for number, concerns in found if rows else ():
            odd[number] = odd.get(number, 0) + 1
            if odd[number] <= CONCERNS:
                told.setdefault(number, []).extend(concerns)
    results = (new.get(row.id) or _known(row, stand.get(row.id)) for row in rows)
    return tuple(
        evolve(result, odd=odd.get(row.id, 0), concerns=tuple(told.get(row.id, ())))
        for row, result in zip(rows, results, strict=True)
    )


def post_again(ledger: "Ledger", writer: "Writer", digest: str, rows: list[Any]) -> None:
    """Post payments of a kept file once more; their problems are known."""
    transactions = _transactions(ledger.file_bytes(digest), "")
    for row, transaction in _with_rows(transactions, rows):
        post_one(writer, row, digest, transaction)


def _with_rows(
    transactions: Iterator[tuple[int, Transaction]], rows: list[Any]
) -> Iterator[tuple[Any, Transaction]]:
    """Each row with its transaction; both are in the order of the file."""
    for row in rows:
        yield row, next(t for number, t in transactions if number == row.number)


def _known(row: Any, stand: "standing.Standing | None") -> PaymentResult:
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
        part=row.id != row.payment_id,
    )


def told_state(state: str, claims: Counter[str]) -> str:
    """The state of a payment in a word that does not say posted where nothing was.

    Args:
        state: of the payment in the ledger.
        claims: how many of its claim payments are in which state.
    """
    if state != "posted" or claims["posted"] or not +claims:
        return state
    return max(claims, key=lambda one: claims[one])


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


def _transactions(chunks: Iterable[bytes], name: str) -> Iterator[tuple[int, Transaction]]:
    """The transactions of a file with their number in it, as they were counted when kept."""
    number = 0
    for interchange in envelope.read(chunks, [], name):
        for group in interchange.groups():
            for transaction in group.transactions():
                number += 1
                yield number, transaction


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
        return _incomplete(writer, row, digest, came_whole=bool(same)), []
    twin = next((other for other in same if other.digest == row.digest), None)
    compared = compare(writer.connection, row, digest, same) if same and not twin else None
    if twin is None and compared is not None and compared.nothing_new:
        twin = same[0]
    if twin is not None:
        return _duplicate(writer, row, twin, certain=compared is not None and compared.certain), []
    work = _Work(writer=writer, row=row, compared=compared)
    work.run(Reading(transaction))
    for other in received.cut_off(writer.connection, row):
        if covers(writer.connection, other, row):
            why = f"cut off; it came whole as ST {row.transaction_control}"
            received.settle(writer.connection, other.id, state=SUPERSEDED, why=why)
    return work.result(), work.problems


def _incomplete(writer: "Writer", row: Any, digest: str, *, came_whole: bool) -> PaymentResult:
    """A payment that is not whole: kept; nothing waits where it came whole before."""
    state, why = "incomplete", "not whole: no SE, or its count or number is wrong; not posted"
    if came_whole and covers(writer.connection, row, row, digest):
        state, why = SUPERSEDED, "not whole, but all of it was received whole before"
    _settle(writer, row, state=state, why=why)
    return evolve(_result(row), state=state, why=why)


def _duplicate(writer: "Writer", row: Any, twin: Any, *, certain: bool) -> PaymentResult:
    """The same payment again: what was kept aside of it is posted where this copy proves it."""
    why = f"the same as ST {twin.transaction_control}, received {twin.recorded_at[:10]}"
    if certain:
        settle.release(writer, row.payment_id)
        received.complete(writer.connection, row.payment_id)
        by_hand_remit.meet(writer, twin)
    elif twin.state == "aside":
        why += ", which is kept aside"
    _settle(writer, row, state="duplicate", why=why)
    stored = "aside" if twin.state == "aside" and not certain else ""
    return evolve(_result(row), state="duplicate", stored=stored, why=why, known=row.claims)


def _settle(writer: "Writer", row: Any, *, state: str, why: str, **sums: int) -> None:
    received.settle(writer.connection, row.id, state=state, why=why, **sums)


@define(kw_only=True)
class _Work:
    """One payment while it is posted."""

    writer: "Writer"
    row: Any
    compared: Compared | None
    balance: Balance = field(factory=Balance)
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

    def run(self, reading: Reading) -> None:
        """Read it through, some hundred claims at a time."""
        context = received.context_of(self.row)
        self.aside = self.compared.why if self.compared and not self.compared.certain else ""
        parts = reading.parts()
        header = next(parts)
        assert isinstance(header, RemittanceHeader), "the reader gives the header first"
        self.balance.add_header(header)
        if header.faults:
            self.aside = f"could not be read: {', '.join(header.faults)}"
        for batch in swept(bulk.batches(self._claims(parts, reading))):
            self._batch(context, batch)
        self.problems += reading.problems
        if self.compared and self.compared.certain:
            settle.release(self.writer, self.row.payment_id)
        self._finish()

    def _claims(
        self, parts: Iterable[RemittanceHeader | Kept | RemittanceTrailer], reading: Reading
    ) -> Iterator[tuple[Kept, int]]:
        """The claims that are new, with the cents that their own figures leave open."""
        for part in parts:
            if isinstance(part, RemittanceTrailer):
                self._trailer(part)
            elif isinstance(part, Kept):
                found = self.balance.add_claim(part.payment)
                self.balance.differences.clear()  # told as problems; memory stays flat
                self.claims_paid += part.payment.paid
                if found:
                    self._tell(found, reading)
                if self.compared and self.compared.is_known(part.fingerprint):
                    self.known += 1
                else:
                    yield part, posting.claim_difference(found)

    def _tell(self, found: Iterable[Difference], reading: Reading) -> None:
        real = [one for one in found if one.level != "information"]
        self.unbalanced += bool(real)
        for one in real:
            reading.tell(
                f"remit.{one.level}-unbalanced",
                f"{one.equation} does not hold: expected {one.expected:.2f}, sent "
                f"{one.actual:.2f}. The difference of {one.expected - one.actual:.2f} is kept as "
                "not explained.",
                segment=one.position,
                claim=one.claim,
            )

    def _batch(self, context: received.Context, batch: list[tuple[Kept, int]]) -> None:
        marks = [kept.fingerprint for kept, _ in batch]
        occurrences = posting.occurrences(self.writer, context.payment_id, marks)
        first = self.writer.ids(claim_payment, len(batch))
        items = [
            posting.Item(
                id=number,
                context=context,
                payment=kept.payment,
                fingerprint=kept.fingerprint,
                occurrence=occurrence,
                difference=open_cents,
                segments=kept.segments,
            )
            for number, (kept, open_cents), occurrence in zip(
                range(first, first + len(batch)), batch, occurrences, strict=True
            )
        ]
        posted = posting.post(self.writer, items, aside=self.aside)
        self.states += posted.states
        self.lines_left += posted.lines_left
        settle.after_learned(self.writer, posted.learned)

    def _trailer(self, trailer: RemittanceTrailer) -> None:
        kept = trailer.provider_adjustments
        if self.compared:
            kept = self.compared.new_adjustments(kept)
        received.add_provider_adjustments(self.writer, self.row.id, kept)
        self.provider_adjusted = sum((p.amount for p in kept), Decimal("0.00"))
        for found in self.balance.add_trailer(trailer):
            self.difference = found.expected - found.actual

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
        if self.compared and not self.aside:
            received.complete(self.writer.connection, self.row.payment_id)
        if not self.aside:
            self.met, self.told = by_hand_remit.meet(self.writer, self.row)

    def result(self) -> PaymentResult:
        """What became of it."""
        return evolve(
            _result(self.row),
            state=self.met or told_state("aside" if self.aside else "posted", self.states),
            why=self.aside or self.told,
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
        )
