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
from claimline.services.receive_same import Compared, compare
from claimline.services.receive_values import PaymentResult
from edi import envelope
from edi.envelope import Transaction
from edi.problem import Problem
from edi.remittance import RemittanceHeader, RemittanceTrailer
from reconcile.balance import Balance, Difference
from reconcile.ledger import bulk, posting, received, settle
from reconcile.ledger.convert import dollars, to_cents
from reconcile.ledger.payments import Kept, Reading
from reconcile.ledger.tables_received import claim_payment

if TYPE_CHECKING:
    from reconcile.ledger import Ledger, Run, StoredFile, Writer

TOGETHER: Final = 1000  # claims of small payments that are committed together


def post(
    ledger: "Ledger", run: "Run", stored: "StoredFile"
) -> tuple[tuple[PaymentResult, ...], list[Problem]]:
    """Post the payments of a kept file that are not posted yet, and tell of all."""
    with ledger.reading() as connection:
        rows = list(received.rows_of(connection, stored.id))
    results = {row.number: _known(row) for row in rows if row.state != "pending"}
    problems: list[Problem] = []
    transactions = _transactions(ledger.file_bytes(stored.digest), stored.name)
    for group in swept(_groups([row for row in rows if row.state == "pending"])):
        with ledger.begin(run) as writer:
            for row, transaction in _with_rows(transactions, group):
                result, found = post_one(writer, row, stored.digest, transaction)
                received.add_problems(writer, stored.id, found, remittance_id=row.id)
                results[row.number] = result
                problems += found
    return tuple(results[row.number] for row in rows), problems


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


def _known(row: Any) -> PaymentResult:
    result = _result(row)
    return evolve(result, state="known", why="received before: nothing changed", known=row.claims)


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
    if not row.complete:
        why = "not whole: no SE, or its count or number is wrong; kept, not posted"
        _settle(writer, row, state="incomplete", why=why)
        return evolve(_result(row), state="incomplete", why=why), []
    same = received.same_payment(writer.connection, row)
    twin = next((other for other in same if other.digest == row.digest), None)
    if twin is not None:
        why = f"the same as ST {twin.transaction_control}, received {twin.recorded_at[:10]}"
        _settle(writer, row, state="duplicate", why=why)
        return evolve(_result(row), state="duplicate", why=why, known=row.claims), []
    compared = compare(writer.connection, row, digest, same) if same else None
    work = _Work(writer=writer, row=row, compared=compared)
    work.run(Reading(transaction))
    return work.result(), work.problems


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
                f"{one.actual:.2f}. The difference of {one.amount:.2f} is kept as not explained.",
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

    def result(self) -> PaymentResult:
        """What became of it."""
        return evolve(
            _result(self.row),
            state="aside" if self.aside else "posted",
            why=self.aside,
            posted=self.states["posted"],
            known=self.known,
            unmatched=self.states["unmatched"],
            aside=self.states["aside"],
            not_posted=self.states["not posted"],
            lines_left=self.lines_left,
            provider_adjusted=self.provider_adjusted,
            difference=self.difference,
            unbalanced=self.unbalanced,
        )
