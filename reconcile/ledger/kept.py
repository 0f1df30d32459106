"""Answers that are kept and not on the books, by the number of the claim they name."""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal

from attrs import frozen
from sqlalchemy import Connection, select

from reconcile.keys import stem
from reconcile.ledger import settle
from reconcile.ledger.convert import dollars, to_date
from reconcile.ledger.mended import SUPERSEDED
from reconcile.ledger.payments import Kept
from reconcile.ledger.standing import NEXT, next_step
from reconcile.ledger.tables import file
from reconcile.ledger.tables_received import claim_payment, remittance


@frozen(kw_only=True)
class KeptAnswer:
    """A claim payment that names a claim and is not posted."""

    state: str  # incomplete, aside, unmatched, not posted
    why: str
    next_step: str
    control: str  # CLP01
    status: str  # CLP02
    charge: Decimal
    paid: Decimal
    trace: str  # TRN02
    payer: str
    date: dt.date  # of the payment
    file: str

    @property
    def words(self) -> str:
        """Where the answer is, and what to do, for a claim that otherwise waits for one."""
        return f"its answer is here, {self.place}: " + self.next_step.replace("FILE", self.file)

    @property
    def place(self) -> str:
        """In which payment it is, and in which file."""
        number = f"payment {self.trace}" if self.trace else "a payment"
        whose = f" of {self.payer}" if self.payer else ""
        return f"in {number}{whose} that is not whole ({self.file})"


def cut_off(connection: Connection, usage: str) -> dict[str, KeptAnswer]:
    """The answers in payments that never came whole, by the stem of the claim they name."""
    return {stem(one.control): one for one in _incomplete(connection, None, usage)}


def kept_answers(
    connection: Connection, stems: set[str], *, usage: str
) -> dict[str, list[KeptAnswer]]:
    """The answers that name one of these claims and are not on the books, by stem.

    Args:
        connection: the open snapshot.
        stems: of the claims' control numbers (``reconcile.keys.stem``).
        usage: the book.
    """
    found: dict[str, list[KeptAnswer]] = {}
    for one in _unposted(connection, stems, usage):
        found.setdefault(stem(one.control), []).append(one)
    for one in _incomplete(connection, stems, usage):
        found.setdefault(stem(one.control), []).append(one)
    return found


def _unposted(connection: Connection, stems: set[str], usage: str) -> Iterator[KeptAnswer]:
    """Claim payments that stand on no claim; they are found by the index of those that do."""
    c, r = claim_payment.c, remittance.c
    query = (
        select(c.state, c.why, c.control, c.status, c.charge, c.paid, r.trace, r.payer_name,
               r.payment_date, file.c.name)
        .join(remittance, r.id == c.remittance_id)
        .join(file, file.c.id == r.file_id)
        .where(c.sent_claim_id.is_(None), c.state != SUPERSEDED, r.usage == usage)
        .order_by(c.id)
    )  # fmt: skip
    for row in connection.execute(query):
        if stem(row.control) in stems:
            yield KeptAnswer(
                state=row.state,
                why=row.why,
                next_step=next_step(row.state, row.status),
                control=row.control,
                status=row.status,
                charge=dollars(row.charge),
                paid=dollars(row.paid),
                trace=row.trace,
                payer=row.payer_name,
                date=to_date(row.payment_date),
                file=row.name,
            )


def _incomplete(connection: Connection, stems: set[str] | None, usage: str) -> Iterator[KeptAnswer]:
    """Claims of payments that are not whole: these are read again from the kept files.

    ``stems``: of the claims wanted; None for all.
    """
    r = remittance.c
    query = (
        select(remittance, file.c.digest.label("file_digest"), file.c.name)
        .join(file, file.c.id == r.file_id)
        .where(r.state == "incomplete", r.usage == usage)
        .order_by(r.id)
    )
    for row in connection.execute(query).fetchall():
        for part in settle.parts_of(connection, row.file_digest, row.number):
            if isinstance(part, Kept) and (stems is None or stem(part.payment.control) in stems):
                yield KeptAnswer(
                    state="incomplete",
                    why=row.why,
                    next_step=NEXT["incomplete"],
                    control=part.payment.control,
                    status=part.payment.status,
                    charge=part.payment.charge,
                    paid=part.payment.paid,
                    trace=row.trace,
                    payer=row.payer_name,
                    date=to_date(row.payment_date),
                    file=row.name,
                )
