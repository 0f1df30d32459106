"""The facts of a ledger beside the bytes they are from: files, claims, payments, deposits."""

import unicodedata
from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from attrs import asdict, define
from sqlalchemy import exists, or_, select

from claimline.services.bank import KIND as BANK
from claimline.services.collector import swept
from claimline.services.read import is_professional
from claimline.services.receive_adopt import record_of
from claimline.services.receive_look import transactions
from edi.claim import Claim
from edi.envelope import NotX12, Transaction
from edi.x837p import read_837p
from reconcile.ledger import LedgerDamaged, SentRecord, bulk, deposits, received, sent
from reconcile.ledger.alike import Compared, Differs
from reconcile.ledger.convert import from_date, to_cents
from reconcile.ledger.deposits import Row
from reconcile.ledger.payments import LARGEST
from reconcile.ledger.seen import Seen
from reconcile.ledger.tables import file, sent_claim, sent_file
from reconcile.ledger.tables_answered import resent_claim
from reconcile.ledger.tables_received import remittance
from reconcile.values import SentClaim, SentLine

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from reconcile.ledger import Ledger

_S: Final = sent_claim.c
_R: Final = remittance.c
FILES, CLAIMS, PAYMENTS = "files", "sent claims", "payments received"
DEPOSITS: Final = "bank deposits"
_Difference = tuple[str, str, str, str]  # which, what, in the ledger, in the bytes
_Look = tuple[int, int, list[_Difference]]  # things in the ledger, in the bytes, what differs
SECRET: Final = frozenset({"member id", "name", "birth date"})


@define(kw_only=True)
class Bytes:
    """One look at all kept files. ``until``: only facts recorded up to that moment (UTC)."""

    ledger: "Ledger"
    until: str = ""

    def compare(self) -> Iterator[Compared | Differs]:
        """The differences of each kind, then what it came to."""
        yield from self._counted(FILES, self._files)
        yield from self._counted(CLAIMS, self._claims)
        yield from self._counted(PAYMENTS, self._payments)
        yield from self._counted(DEPOSITS, self._deposits)

    def _counted(self, what: str, look: Any) -> Iterator[Compared | Differs]:
        """Count what a look gives: (in the ledger, in the bytes, differences) at a time."""
        kept = made = broken = 0
        for here, there, found in look():
            kept, made, broken = kept + here, made + there, broken + bool(found)
            for which, column, was, now in found:
                yield Differs(what=what, which=which, column=column, kept=was, made=now)
        yield Compared(what=what, kept=kept, made=made, broken=broken)

    def _rows(self, condition: Any = None) -> list[Any]:
        query = select(file).order_by(file.c.id)
        if self.until:
            query = query.where(file.c.recorded_at <= self.until)
        if condition is not None:
            query = query.where(condition)
        with self.ledger.reading() as connection:
            return list(connection.execute(query))

    # --- the bytes themselves ---

    def _files(self) -> Iterator[_Look]:
        for row in self._rows():
            found: list[_Difference] = []
            size = 0
            try:
                for piece in self.ledger.file_bytes(row.digest):
                    size += len(piece)
            except LedgerDamaged as error:
                found.append((f"file {row.name}", "bytes", row.digest[:12], error.message))
            else:
                if size != row.size:
                    found.append((f"file {row.name}", "size", str(row.size), str(size)))
            yield 1, 1, found

    # --- what was sent ---

    def _claims(self) -> Iterator[_Look]:
        again = exists().where(resent_claim.c.file_id == file.c.id)
        made = exists().where(sent_file.c.file_id == file.c.id)
        with_claims = or_(exists().where(_S.file_id == file.c.id), made, again)
        for row in self._rows(with_claims):
            yield from self._sent_file(row)

    def _sent_file(self, row: Any) -> Iterator[_Look]:
        matched = Seen()
        try:
            for batch in swept(bulk.batches(self._records(row.digest))):
                with self.ledger.reading() as connection:
                    yield from self._sent_batch(connection, row, batch, matched)
        except (LedgerDamaged, NotX12) as error:
            why = error.message if isinstance(error, LedgerDamaged) else "cannot be read"
            yield 0, 0, [(f"file {row.name}", "claims", "there", why)]
            return
        with self.ledger.reading() as connection:
            numbers = select(_S.id, _S.control).where(_here(row.id))
            at_once = numbers.execution_options(yield_per=bulk.BATCH)
            for number, control in connection.execute(at_once):
                if number not in matched:
                    yield 1, 0, [(f"claim {control}", "claim", "there", f"not in {row.name}")]

    def _sent_batch(
        self, connection: "Connection", row: Any, batch: list[SentRecord], matched: Seen
    ) -> Iterator[_Look]:
        """Compare some claims of a file; those it has from elsewhere are passed over."""
        about = _numbered(connection, row.id, [record.claim.control for record in batch])
        claims = sent.load(connection, _S.id.in_(list(about)))
        there: dict[tuple[str, str, str], int] = {}
        for number, claim in claims.items():
            there[_key(claim)] = number
        for record in batch:
            number = there.get(_key(record.claim), 0)
            if not number and row.direction == "out":
                which = f"claim {record.claim.control}"
                yield 0, 1, [(which, "claim", "missing", f"in {row.name}")]
            if not number or number in matched:  # given again: the first one stays
                continue
            matched.add(number)
            found = list(_claim_differences(claims[number], about[number], record, row.id))
            yield 1, 1, [(f"claim {record.claim.control}", *one) for one in found]

    def _records(self, digest: str) -> Iterator[SentRecord]:
        for _, transaction in transactions(self.ledger.file_bytes(digest), ""):
            if is_professional(transaction):
                yield from _records(transaction)

    # --- what came back ---

    def _payments(self) -> Iterator[_Look]:
        came = exists().where(_R.file_id == file.c.id)
        for row in self._rows((file.c.direction == "in") & or_(came, file.c.kind == "835")):
            with self.ledger.reading() as connection:
                known = {r.number: r for r in received.rows_of(connection, row.id)}
            try:
                for number, transaction in transactions(self.ledger.file_bytes(row.digest), ""):
                    if transaction.type == "835":
                        scanned = received.scan(transaction, number)
                        yield _payment(row, known.pop(number, None), scanned)
            except (LedgerDamaged, NotX12):
                yield 0, 0, [(f"file {row.name}", "payments", "there", "the bytes cannot be read")]
                continue
            for left in known.values():
                yield 1, 0, [(f"payment {left.trace}", "payment", "there", f"not in {row.name}")]

    # --- what the bank told ---

    def _deposits(self) -> Iterator[_Look]:
        for row in self._rows((file.c.direction == "in") & (file.c.kind == BANK)):
            try:
                rows = list(deposits.of_kept(b"".join(self.ledger.file_bytes(row.digest))))
            except (LedgerDamaged, ValueError, TypeError, KeyError):
                yield 0, 0, [(f"file {row.name}", "deposits", "there", "cannot be read")]
                continue
            made = dict(zip(deposits.marks(rows), rows, strict=True))
            with self.ledger.reading() as connection:
                kept = deposits.rows_of(connection, row.id)
                missing = made.keys() - deposits.known(connection, list(made))
            for mark, one in kept.items():
                found = _deposit_differences(row, one, made.get(mark))
                yield 1, int(mark in made), found
            for mark in sorted(missing, key=lambda mark: made[mark].number):
                which = f"deposit {made[mark].number}"
                yield 0, 1, [(which, "deposit", "missing", f"in {row.name}")]


def _deposit_differences(row: Any, kept: Row, made: Row | None) -> list[_Difference]:
    """A deposit of the ledger and that of the bank's file."""
    which = f"deposit {kept.number}"
    if made is None:
        return [(which, "deposit", "there", f"not in {row.name}")]
    sides = zip(asdict(kept).items(), asdict(made).values(), strict=True)
    return [(which, what, str(was), str(now)) for (what, was), now in sides if was != now]


def _here(file_id: int) -> Any:
    """The claims that went in a file, for the first time or again."""
    again = select(resent_claim.c.sent_claim_id).where(resent_claim.c.file_id == file_id)
    return or_(_S.file_id == file_id, _S.id.in_(again))


def _numbered(connection: "Connection", file_id: int, controls: list[str]) -> dict[int, Any]:
    """The rows of the claims of these numbers that went in a file, by row number.

    They are found by their numbers alone: a database that went by the file as well could look at
    all its claims each time.
    """
    query = select(sent_claim).where(_S.control.in_(controls)).order_by(_S.id)
    found = {row.id: row for row in connection.execute(query)}
    others = [number for number, row in found.items() if row.file_id != file_id]
    c = resent_claim.c
    went = select(c.sent_claim_id).where(c.file_id == file_id, c.sent_claim_id.in_(others))
    again = set(connection.execute(went).scalars()) if others else set()
    return {n: row for n, row in found.items() if row.file_id == file_id or n in again}


def _records(transaction: Transaction) -> Iterator[SentRecord]:
    for part in read_837p(transaction):
        if isinstance(part, Claim) and any(line.date for line in part.lines):
            yield record_of(part, transaction.control)


def _key(claim: SentClaim) -> tuple[str, str, str]:
    return claim.control, claim.frequency, claim.date.isoformat()


def _claim_differences(
    kept: SentClaim, row: Any, record: SentRecord, file_id: int
) -> Iterator[tuple[str, str, str]]:
    """Column by column: what, in the ledger, in the bytes. Letters as the file can hold them."""
    made = record.claim
    sides = [
        ("payer id", kept.payer_id, made.payer_id),
        ("payer", row.payer_name, record.payer_name),
        ("payer's turn", kept.payer_rank, made.payer_rank),
        ("member id", kept.member_id, made.member_id),
        ("name", row.patient_name, record.patient_name),
        ("birth date", row.patient_birth, record.patient_birth),
        ("billing NPI", kept.billing_npi, made.billing_npi),
        ("charge", kept.charge, made.charge),
        ("last day", kept.until, made.until),
        ("collected", kept.collected, made.collected),
        ("references", _references(kept), _references(made)),
        ("number of lines", len(kept.lines), len(made.lines)),
    ]
    if row.file_id == file_id:
        sides.append(("transaction", row.transaction_control, record.transaction))
    for before, after in zip(kept.lines, made.lines, strict=False):
        name = f"line {before.number}"
        sides += [(f"{name}: {what}", a, b) for what, a, b in _line_sides(before, after)]
    for what, was, now in sides:
        if not _same(was, now):
            hidden = what in SECRET
            yield what, "one" if hidden else str(was), "another" if hidden else str(now)


def _line_sides(kept: SentLine, made: SentLine) -> Iterator[tuple[str, Any, Any]]:
    if not made.control.startswith("#"):  # sent without a line control number of its own
        yield "control", kept.control, made.control
    yield "number", kept.number, made.number
    yield "code", kept.code, made.code
    yield "modifiers", " ".join(kept.modifiers), " ".join(made.modifiers)
    yield "charge", kept.charge, made.charge
    yield "units", kept.units.normalize(), made.units.normalize()
    yield "day", kept.date, made.date
    yield "last day", kept.until, made.until


def _references(claim: SentClaim) -> str:
    return ", ".join(sorted(f"{one.qualifier} {one.value}" for one in claim.references))


def _same(was: Any, now: Any) -> bool:
    if isinstance(was, Decimal) and isinstance(now, Decimal):
        return was == now
    return _plain(was) == _plain(now)


def _plain(value: Any) -> str:
    """As a file can hold it: capital letters without accents, letters and figures only."""
    text = unicodedata.normalize("NFKD", str(value)).upper()
    return "".join(letter for letter in text if letter.isascii() and letter.isalnum())


def _payment(row: Any, kept: Any, made: received.Scanned) -> _Look:
    """One 835 of a file and its row in the ledger."""
    header = made.header
    which = f"payment {header.trace}"
    if kept is None:
        return 0, 1, [(which, "payment", "missing", f"in {row.name}")]
    paid = to_cents(header.paid) if abs(header.paid) < LARGEST else 0
    sides = (
        ("book", kept.usage, made.usage),
        ("key", kept.payment_key, made.key),
        ("content", kept.digest, made.digest),
        ("TRN02", kept.trace, header.trace),
        ("TRN03", kept.originator, header.originator),
        ("BPR02 in cents", kept.paid, paid),
        ("BPR04", kept.method, header.method),
        ("date", kept.payment_date, from_date(made.date)),
        ("claims", kept.claims, made.claims),
        ("complete", kept.complete, int(made.complete)),
        ("ISA13", kept.interchange_control, made.interchange),
        ("ST02", kept.transaction_control, header.transaction),
    )
    found = [(which, what, str(was), str(now)) for what, was, now in sides if was != now]
    return 1, 1, found
