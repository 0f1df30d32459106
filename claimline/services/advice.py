"""A remittance advice from an 835, of a file or of the ledger: whole, or chosen claims.

Chosen claims go to a patient's next payer: one patient to a page, and nothing of other patients:
no other claim, no total of the payment's claims, no provider adjustment (its reference may be
another patient's claim).
"""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from attrs import define, evolve, field, frozen
from sqlalchemy import ColumnElement, func, select

from claimline import __version__, files
from claimline.errors import WrongUsageError
from claimline.render.words import OURS_FROM, listed, masked, shown_number
from claimline.services import advice_block, plb_reference
from claimline.services.by_hand_told import entered
from claimline.services.receive_look import transactions
from edi.remittance import ClaimPayment, RemittanceHeader, RemittanceTrailer
from edi.x835 import read_835
from reconcile.keys import stem
from reconcile.ledger import Ledger, Run, Usage, bulk
from reconcile.ledger.tables import file, sent_claim
from reconcile.ledger.tables_received import remittance

if TYPE_CHECKING:
    from claimline.render.advice import Block
    from edi.envelope import Transaction

COPIES: Final = ("duplicate", "superseded")  # states of payments that another one stands for
VIEWS: Final = 500


@frozen(kw_only=True)
class Viewer:
    """Who looks at names, and when."""

    user: str
    now: dt.datetime


@frozen(kw_only=True)
class Source:
    """Where 835s are: the bytes of a file, and which of its transactions; empty: all 835s."""

    name: str
    chunks: Callable[[], Iterable[bytes]]
    numbers: frozenset[int] = frozenset()
    by_hand: str = ""  # who entered it from what; empty: it is the payer's own


@define
class Outcome:
    """What was found while the blocks were made."""

    payments: int = 0
    unbalanced: int = 0
    found: set[str] = field(factory=set)  # of the claims asked for


def sources(what: str, ledger: Ledger | None, usage: Usage | None) -> list[Source]:
    """The file of that name, or the payments of that check or EFT number in the ledger.

    Raises:
        WrongUsageError: it is neither.
    """
    if what == files.STDIN or Path(what).is_file():
        held = files.content(what) if what == files.STDIN else None
        read = (lambda: [held]) if held is not None else (lambda: files.chunks(what))
        return [Source(name="standard input" if held is not None else Path(what).name, chunks=read)]
    found = _of_trace(ledger, what, usage) if ledger is not None else []
    if not found:
        where = "" if ledger is not None else ", and there is no ledger to look into"
        raise WrongUsageError(
            f"{masked(what)} is no file and no check or EFT number that was received{where}",
            todo="give an 835 file, or the number (TRN02) of a payment: claimline trace finds it",
        )
    return found


def _of_trace(ledger: Ledger, trace: str, usage: Usage | None) -> list[Source]:
    """The payments of that number, else of the same with other capitals or zeros before it."""
    r = remittance.c
    asked: ColumnElement[bool] = r.state.not_in(COPIES)
    if usage is not None:
        asked &= r.usage == usage
    word = trace.strip()
    query = (
        select(r.number, r.trace, r.payment_date, r.origin, r.usage, file.c.name, file.c.digest)
        .join(file, file.c.id == r.file_id)
        .where(asked)
        .order_by(r.payment_date, r.id)
    )
    with ledger.reading() as connection:
        rows = connection.execute(query.where(r.trace == word)).fetchall()
        if not rows:
            rows = connection.execute(query.where(func.upper(r.trace) == word.upper())).fetchall()
        if not rows and word.strip("0"):  # a bank and a clerk leave out the zeros before it
            same = func.ltrim(func.upper(r.trace), "0") == word.upper().lstrip("0")
            rows = connection.execute(query.where(same)).fetchall()
        told = entered(connection, rows[0].usage) if any(row.origin for row in rows) else {}
    return [
        Source(
            name=row.name,
            chunks=lambda digest=row.digest: ledger.file_bytes(digest),  # type: ignore[misc]  # bound now
            numbers=frozenset({row.number}),
            by_hand=told.get((row.trace, row.payment_date), "entered by hand")
            if row.origin
            else "",
        )
        for row in rows
    ]


@define(kw_only=True)
class Advice:
    """Makes the blocks of the payments found; ``outcome`` is whole once they are read."""

    sources: list[Source]
    claims: tuple[str, ...] = ()  # numbers of chosen claims; empty: all
    ledger: Ledger | None = None
    viewer: Viewer | None = None  # with patients' names, the views recorded; None: masked
    outcome: Outcome = field(factory=Outcome)

    def blocks(self) -> "Iterator[Block]":
        """The blocks, in the order of the files.

        Raises:
            WrongUsageError: at the end, where a claim asked for was not among them.
        """
        for source in self.sources:
            for number, transaction in transactions(source.chunks(), source.name):
                wanted = not source.numbers or number in source.numbers
                if transaction.type == "835" and wanted:
                    yield from self._payment(transaction, source)
        missing = [one for one in self.claims if stem(one.upper()) not in self.outcome.found]
        if missing:
            shown = listed([_asked(one) for one in missing])
            raise WrongUsageError(
                f"claim {shown} is not in this payment", todo="claimline trace names the payments"
            )
        if not self.outcome.payments:
            raise WrongUsageError("there is no 835 in it", todo="claimline read shows what is")

    def _payment(self, transaction: "Transaction", source: Source) -> "Iterator[Block]":
        parts = read_835(transaction)
        if transaction.interchange.usage.upper() == "T":
            source = evolve(source, name=f"{source.name}, a TEST file")
        if self.claims:
            yield from self._chosen(parts, source)
        else:
            yield from self._whole(parts, source)

    def _whole(self, parts: Iterable[object], source: Source) -> "Iterator[Block]":
        totals = advice_block.Totals()
        header: RemittanceHeader | None = None
        for batch in bulk.batches(iter(parts), VIEWS):
            self._view([one for one in batch if isinstance(one, ClaimPayment)])
            for part in batch:
                if isinstance(part, RemittanceHeader):
                    header = part
                    yield advice_block.head(
                        part,
                        source.name,
                        new_page=bool(self.outcome.payments),
                        by_hand=source.by_hand,
                    )
                    self.outcome.payments += 1
                elif isinstance(part, ClaimPayment):
                    block = advice_block.claim(part, totals, show_patient=self._is_shown)
                    self.outcome.unbalanced += bool(block.warnings)
                    yield block
                elif isinstance(part, RemittanceTrailer) and header is not None:
                    totals.members |= self._members(part)
                    block = advice_block.totals(header, part, totals, show_patient=self._is_shown)
                    self.outcome.unbalanced += bool(block.warnings)
                    yield block

    def _chosen(self, parts: Iterable[object], source: Source) -> "Iterator[Block]":
        header: RemittanceHeader | None = None
        patients: dict[tuple[str, ...], list[ClaimPayment]] = {}
        asked = {stem(one.upper()) for one in self.claims}
        for part in parts:
            if isinstance(part, RemittanceHeader):
                header = part
            elif isinstance(part, ClaimPayment):
                numbers = {stem(part.control.upper()), stem(part.payer_control.upper())} & asked
                if numbers:
                    self.outcome.found |= numbers
                    patients.setdefault(_patient(part), []).append(part)
        if header is None or not patients:
            self.outcome.payments += header is not None
            return
        self._view([one for some in patients.values() for one in some])
        for some in patients.values():
            yield advice_block.head(
                header,
                source.name,
                new_page=bool(self.outcome.payments),
                apart=True,
                by_hand=source.by_hand,
            )
            self.outcome.payments += 1
            totals = advice_block.Totals()
            for one in some:
                block = advice_block.claim(one, totals, show_patient=self._is_shown)
                self.outcome.unbalanced += bool(block.warnings)
                yield block
            yield advice_block.apart(totals)

    @property
    def _is_shown(self) -> bool:
        return self.viewer is not None

    def _members(self, trailer: RemittanceTrailer) -> frozenset[str]:
        """The member ids of claims that were sent, among the references of the adjustments."""
        if self.ledger is None or self._is_shown or not trailer.provider_adjustments:
            return frozenset()
        words = [one.reference for one in trailer.provider_adjustments]
        books: tuple[Usage, ...] = ("P", "T")
        with self.ledger.reading() as connection:
            found = [plb_reference.members_in(connection, usage, words) for usage in books]
        return frozenset().union(*found)

    def _view(self, payments: list[ClaimPayment]) -> None:
        """Record who looked at which patients' claims, of those that were sent."""
        if self.viewer is None or self.ledger is None or not payments:
            return
        c = sent_claim.c
        controls = sorted({one.control for one in payments})
        run = Run(
            command="advice",
            version=__version__,
            started=self.viewer.now,
            user=self.viewer.user,
        )
        with self.ledger.reading() as connection:
            query = select(c.control, c.patient).where(c.control.in_(controls)).distinct()
            rows = connection.execute(query.order_by(c.control, c.patient)).fetchall()
        if rows:
            with self.ledger.begin(run) as writer:
                for row in rows:
                    writer.viewed(user=self.viewer.user, patient=row.patient, subject=row.control)


def _asked(number: str) -> str:
    """A number as it was typed where it is a claim's of ours: it says nothing of the patient."""
    word = number.strip().upper()
    return shown_number(word) if len(word) >= OURS_FROM else masked(number)


def _patient(payment: ClaimPayment) -> tuple[str, ...]:
    """Who a claim is of, as the 835 says; without a name a claim stands alone."""
    person = next((one for one in payment.names if one.role == "QC"), None)
    if person is None or not (person.last or person.id):
        return ("claim", payment.control, str(payment.position))
    return tuple(text.upper() for text in (person.last, person.first, person.id))
