"""The proof against the bytes: amounts in the ledger are those in the kept files.

Only the segments with money are looked at (CLM, AMT*F5; BPR, CLP, PLB), so that a gigabyte takes
seconds. All the rest of a file is compared by ``verify``.
"""

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from itertools import islice
from typing import Any, Final

from attrs import define, frozen
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Select,
    cast,
    exists,
    func,
    or_,
    select,
)

from edi.envelope import NotX12, Transaction, read
from reconcile.ledger import bulk, keeping
from reconcile.ledger.convert import from_json
from reconcile.ledger.errors import LedgerDamaged
from reconcile.ledger.mended import SUPERSEDED
from reconcile.ledger.payments import LARGEST
from reconcile.ledger.records import Usage
from reconcile.ledger.seen import Seen
from reconcile.ledger.tables import file, sent_claim, sent_file, sent_line
from reconcile.ledger.tables_answered import resent_claim
from reconcile.ledger.tables_received import claim_payment, provider_adjustment, remittance
from reconcile.proof import SHOWN, Break, Tallies

TOGETHER: Final = 500
_S: Final = sent_claim.c
_C: Final = claim_payment.c
_R: Final = remittance.c
_PLB_AMOUNTS: Final = range(4, 16, 2)


@frozen(kw_only=True)
class _Sent:
    """One CLM of a kept 837P. Cents are None where the amount cannot be read."""

    control: str
    charge: int | None
    collected: int | None
    lines: int | None


@define(kw_only=True)
class Kept:
    """The kept files of a book, one after the other."""

    connection: Connection
    usage: Usage
    tallies: Tallies

    def run(self) -> None:
        """Look at every file of claims, and at every file with a payment that counts."""
        for row in self.connection.execute(self._sent_files()).fetchall():
            self._guarded("claims.kept", row, self._sent_file)
        for row in self.connection.execute(self._paid_files()).fetchall():
            self._guarded("remits.kept", row, self._paid_file)

    def _guarded(self, equation: str, row: Any, look: Any) -> None:
        """Look at a file; what cannot be read any more is a fault of its own."""
        try:
            look(row)
        except (LedgerDamaged, NotX12):
            why = "the kept bytes are damaged or no X12 file any more"
            self.tallies[equation].fault(
                Break(equation=equation, expected=row.digest[:12], found="damaged",
                      file=row.name, why=why)
            )  # fmt: skip

    # --- what was sent ---

    def _sent_files(self) -> Any:
        """Files whose claims the ledger holds: made here, or taken over."""
        claims = exists().where(_S.file_id == file.c.id, _S.usage == self.usage)
        made = exists().where(sent_file.c.file_id == file.c.id, sent_file.c.usage == self.usage)
        return select(file).where(or_(claims, made)).order_by(file.c.id)

    def _sent_file(self, row: Any) -> None:
        """Every claim the ledger holds of a file stands in it with the same amounts.

        A file that was taken over may hold more: claims known before, or left out and told then.
        """
        said = self.connection.execute(
            select(sent_file.c.claims).where(sent_file.c.file_id == row.id)
        ).scalar()
        claims = self._sent(row.digest)
        seen = 0
        matched = Seen()
        odd: dict[str, _Sent] = {}
        while batch := list(islice(claims, TOGETHER)):
            seen += len(batch)
            self._sent_batch(row, batch, matched, odd)
        if said is not None and seen != said:
            self._count_fault(row, seen, said, "claims it was recorded with")
        if said is not None and len(matched) + len(odd) < seen:
            self._count_fault(row, seen, len(matched) + len(odd), "claims of it in the ledger")
        self._not_in_file(row, matched, odd)

    def _count_fault(self, row: Any, expected: int, found: int, why: str) -> None:
        self.tallies["claims.kept"].fault(
            Break(equation="claims.kept", expected=expected, found=found, why=why, file=row.name)
        )

    def _sent_batch(
        self, row: Any, batch: list[_Sent], matched: Seen, odd: dict[str, _Sent]
    ) -> None:
        """Find some claims in the ledger; those with other amounts there are odd."""
        there = self._there([one.control for one in batch], row.id)
        for one in batch:
            rows = there.get(one.control, ())
            same = next((r for r in rows if r.id not in matched and _same(one, r)), None)
            if same is not None:
                matched.add(same.id)
                self._add(one, same)
            elif rows and len(odd) < SHOWN:
                odd[one.control] = one

    def _add(self, one: _Sent, there: Any) -> None:
        tally = self.tallies["claims.kept"]
        tally.left += one.charge or 0
        tally.right += there.charge if one.charge is not None else 0

    def _not_in_file(self, row: Any, matched: Seen, odd: dict[str, _Sent]) -> None:
        """The claims of a file in the ledger that do not stand so in its bytes."""
        tally = self.tallies["claims.kept"]
        again = select(resent_claim.c.sent_claim_id).where(resent_claim.c.file_id == row.id)
        query = select(_S.id).where(or_(_S.file_id == row.id, _S.id.in_(again)))
        query = query.execution_options(yield_per=TOGETHER)
        left = [n for n in self.connection.execute(query).scalars() if n not in matched]
        for batch in bulk.batches(left):
            for found in self.connection.execute(self._claims_query(row.id, _S.id.in_(batch))):
                self._add_odd(odd.get(found.control), found)
                for why, expected, there in _sides(odd.get(found.control), found):
                    tally.fault(
                        Break(equation="claims.kept", expected=expected, found=there, why=why,
                              claim=found.id, file=row.name)
                    )  # fmt: skip

    def _add_odd(self, one: _Sent | None, found: Any) -> None:
        tally = self.tallies["claims.kept"]
        tally.right += found.charge
        tally.left += (one.charge or 0) if one is not None else 0

    def _there(self, controls: list[str], file_id: int) -> dict[str, list[Any]]:
        """The claims of these numbers that went in this file, for the first time or again."""
        found: dict[str, list[Any]] = {}
        query = self._claims_query(file_id, _S.control.in_(controls))
        for row in self.connection.execute(query):
            if row.file_id == file_id or row.again:
                found.setdefault(row.control, []).append(row)
        return found

    def _claims_query(self, file_id: int, condition: ColumnElement[bool]) -> Select[Any]:
        again = exists().where(
            resent_claim.c.file_id == file_id, resent_claim.c.sent_claim_id == _S.id
        )
        lines = (
            select(cast(func.coalesce(func.sum(sent_line.c.charge), 0), BigInteger))
            .where(sent_line.c.sent_claim_id == _S.id)
            .scalar_subquery()
        )
        columns = (_S.id, _S.control, _S.charge, _S.collected, _S.file_id)
        query = select(*columns, again.label("again"), lines.label("lines"))
        return query.where(_S.usage == self.usage, condition).order_by(_S.id)

    def _sent(self, digest: str) -> Iterator[_Sent]:
        for _, transaction in self._transactions(digest):
            if transaction.type == "837":
                yield from _claims(transaction)

    # --- what came back ---

    def _paid_files(self) -> Any:
        """Files with a payment that is dealt with, and 835s that no payment is known of."""
        counted = exists().where(
            _R.file_id == file.c.id, _R.usage == self.usage, _R.state.in_(("posted", "aside"))
        )
        lost = (file.c.kind == "835") & ~exists().where(_R.file_id == file.c.id)
        here = file.c.direction == "in"
        return select(file).where(here, or_(counted, lost)).order_by(file.c.id)

    def _paid_file(self, row: Any) -> None:
        query = select(
            _R.id, _R.number, _R.state, _R.paid, _R.payment_key, _R.provider_adjusted
        ).where(_R.file_id == row.id, _R.usage == self.usage)
        payments = {one.number: one for one in self.connection.execute(query)}
        for number, transaction in self._transactions(row.digest):
            if transaction.type != "835":
                continue
            usage = "T" if transaction.interchange.usage.upper() == "T" else "P"
            payment = payments.pop(number, None)
            if payment is not None and payment.state in ("posted", "aside"):
                self._payment(row, payment, transaction)
            elif payment is None and usage == self.usage:
                self._lost(row, f"transaction {number} of the file is not in the ledger")
        for number in payments:
            self._lost(row, f"payment {number} of the ledger is not in the file")

    def _lost(self, row: Any, why: str) -> None:
        self.tallies["remits.kept"].fault(
            Break(equation="remits.kept", expected="", found="", why=why, file=row.name)
        )

    def _payment(self, row: Any, payment: Any, transaction: Transaction) -> None:
        """One 835: BPR02, each CLP by its place, the PLB amounts in their order."""
        element = transaction.separators.element
        of_key = from_json(payment.payment_key)[2]
        if of_key != payment.paid:
            self._fault(row, payment, (payment.paid, of_key), "BPR02 in the payment's key")
        rows = self._claim_rows(payment.id)
        ahead = next(rows, None)
        adjusted: list[_Adjusted] = []
        for place, text in enumerate(transaction.texts(), 1):
            name = text[:3]
            if name == "CLP":
                if ahead is not None and ahead.position == place:
                    self._claim(row, payment, text.split(element), ahead)
                    ahead = next(rows, None)
            elif name == "BPR":
                self._amount(row, payment, _at(text.split(element), 2), payment.paid, "BPR02")
            elif name == "PLB":
                split = text.split(element)
                component = transaction.separators.component
                adjusted += [
                    (_at(split, n), *_composite(split[n - 1], component))
                    for n in _PLB_AMOUNTS
                    if n < len(split) and split[n]
                ]
        if ahead is not None:
            why = "a claim payment that is not in the file"
            self._fault(row, payment, ("", ahead.control), why, answer=ahead.id)
        self._adjusted(row, payment, adjusted)

    def _claim(self, row: Any, payment: Any, split: list[str], there: Any) -> None:
        """One CLP: status, charge, payment, patient's share."""
        status = split[2].strip() if len(split) > 2 else ""
        if status != there.status:
            self._fault(row, payment, (status, there.status), "CLP02", answer=there.id)
        if there.state in ("not posted", SUPERSEDED):  # its amounts may not have been readable
            return
        sides = ((3, there.charge, "CLP03"), (4, there.paid, "CLP04"))
        for place, found, why in sides:
            expected = _at(split, place)
            if expected is not None and expected != found:
                self._fault(row, payment, (expected, found), why, answer=there.id)
        share = _at(split, 5)
        if share != there.patient_responsibility and not (share is None or len(split) < 6):
            found = there.patient_responsibility or 0
            self._fault(row, payment, (share, found), "CLP05", answer=there.id)

    def _adjusted(self, row: Any, payment: Any, expected: list["_Adjusted"]) -> None:
        """The PLB pairs; of a part of a payment only those not known before are kept."""
        p = provider_adjustment.c
        query = select(p.cents, p.reason, p.reference).where(p.remittance_id == payment.id)
        rows = [
            (cents, reason.strip(), reference.strip())
            for cents, reason, reference in self.connection.execute(
                query.order_by(p.position, p.id)
            )
        ]
        found = [cents for cents, *_ in rows]
        readable = [one[0] for one in expected if one[0]]  # one of 0.00 is not kept
        left = Counter(one for one in expected if one[0])
        for one in rows:
            if not one[0]:  # an amount that could not be read
                continue
            if not left[one]:
                why = "a PLB amount, reason or reference that is not in the file"
                self._fault(row, payment, (sum(readable), sum(found)), why)
                return
            left[one] -= 1
        if sum(found) != (payment.provider_adjusted or 0):
            return  # told by remits.sums
        whole = self._count(
            select(func.count()).where(
                _R.payment_id == select(_R.payment_id).where(_R.id == payment.id).scalar_subquery(),
                _R.state.in_(("posted", "aside")),
            )
        )
        if left.total() and whole == 1:
            why = "a PLB amount of the file is not in the ledger"
            self._fault(row, payment, (sum(readable), sum(found)), why)

    def _amount(self, row: Any, payment: Any, expected: int | None, found: int, why: str) -> None:
        tally = self.tallies["remits.kept"]
        if expected is None:
            return
        tally.left += expected
        tally.right += found
        if expected != found:
            self._fault(row, payment, (expected, found), why)

    def _fault(
        self, row: Any, payment: Any, sides: tuple[int | str, int | str], why: str, answer: int = 0
    ) -> None:
        expected, found = sides
        self.tallies["remits.kept"].fault(
            Break(equation="remits.kept", expected=expected, found=found, why=why,
                  payment=payment.id, answer=answer, file=row.name)
        )  # fmt: skip

    def _claim_rows(self, remittance_id: int) -> Iterator[Any]:
        """The claim payments of an 835 in its order: sorted once, read some at a time."""
        query = (
            select(_C.id, _C.position, _C.control, _C.state, _C.status, _C.charge, _C.paid,
                   _C.patient_responsibility)
            .where(_C.remittance_id == remittance_id)
            .order_by(_C.position, _C.id)
            .execution_options(yield_per=TOGETHER)
        )  # fmt: skip
        with self.connection.execute(query) as rows:
            yield from rows

    # --- both ---

    def _transactions(self, digest: str) -> Iterator[tuple[int, Transaction]]:
        """The transactions of a kept file, numbered from 1 as when they were kept."""
        number = 0
        for interchange in read(keeping.file_bytes(self.connection, digest), []):
            for group in interchange.groups():
                for transaction in group.transactions():
                    number += 1
                    yield number, transaction

    def _count(self, query: Any) -> int:
        return int(self.connection.execute(query).scalar_one())


def _claims(transaction: Transaction) -> Iterator[_Sent]:
    """The claims of an 837: CLM01, CLM02, AMT*F5 (before the lines), the sum of SV102."""
    element = transaction.separators.element
    clm, collected, line = f"CLM{element}", f"AMT{element}F5{element}", f"SV1{element}"
    split: list[str] = []
    paid: int | None = 0
    lines: int | None = 0
    for text in transaction.texts():
        if text.startswith(line):
            cents = _at(text.split(element, 3), 2)
            lines = None if lines is None or cents is None else lines + cents
        elif text.startswith(clm):
            if split:
                yield _sent(split, paid, lines)
            split, paid, lines = text.split(element), 0, 0
        elif text.startswith(collected):
            paid = _at(text.split(element), 2)
    if split:
        yield _sent(split, paid, lines)


def _sent(split: list[str], paid: int | None, lines: int | None) -> _Sent:
    control = split[1] if len(split) > 1 else ""
    return _Sent(control=control, charge=_at(split, 2), collected=paid, lines=lines)


def _same(one: _Sent, row: Any) -> bool:
    """Whether all amounts are equal that can be read."""
    return not any(True for _ in _sides(one, row))


def _sides(one: _Sent | None, row: Any) -> Iterator[tuple[str, int | str, int | str]]:
    """What differs between a claim of a file and that of the ledger: what, in file, in ledger."""
    if one is None:
        yield "the claim does not stand in its file", "", row.control
        return
    sides = (
        ("charge (CLM02)", one.charge, row.charge),
        ("collected (AMT*F5)", one.collected, row.collected),
        ("charge of its lines (SV102)", one.lines, row.lines),
    )
    for why, expected, found in sides:
        if expected is not None and expected != found:
            yield why, expected, found


_Adjusted = tuple[int | None, str, str]  # cents, reason, reference


def _composite(text: str, component: str) -> tuple[str, str]:
    """Reason and reference of a PLB03 and its like."""
    reason, _, rest = text.partition(component)
    return reason.strip(), rest.partition(component)[0].strip()


def _at(split: list[str], place: int) -> int | None:
    """The cents of an element; None where it is missing or no amount."""
    text = split[place].strip() if place < len(split) else ""
    try:
        cents = Decimal(text).scaleb(2)
    except InvalidOperation:
        return None
    is_sound = cents.is_finite() and abs(cents) < LARGEST * 100 and cents == int(cents)
    return int(cents) if is_sound else None
