"""What the payers' answers come to for each claim: the event, its cause, and what is open.

Nearly every claim has one answer that pays or refuses its lines as they were sent: that is added up
in cents from the rows. Whatever is not of that shape (several answers, reversals, bundling, other
payers, replacements) is decided by the full books. Both give the same; a test compares them.
"""

import json
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, select

from edi.codes import refusal
from reconcile.balance import REVERSAL
from reconcile.books import claim_books
from reconcile.buckets import DUPLICATE_REMARKS, DUPLICATES, QMB_REMARKS
from reconcile.ledger import bulk, rows, sent
from reconcile.ledger.convert import to_cents, to_number
from reconcile.ledger.families import with_followers
from reconcile.ledger.records import Usage
from reconcile.ledger.states_family import Beside
from reconcile.ledger.tables import file, sent_claim, sent_line
from reconcile.ledger.tables_received import claim_payment, line_share, remittance
from reconcile.lifecycle import decided
from reconcile.lifecycle_values import Cause, Event, EventKind
from reconcile.post import FORWARDED, FORWARDED_REMARKS
from reconcile.turns import FIRST

if TYPE_CHECKING:
    from attrs import frozen as value
else:
    from attrs import define as value

SIMPLE: Final = frozenset({"1", "4"})  # CLP02 of a first payer's plain answer
_ODD_REMARKS: Final = QMB_REMARKS | FORWARDED_REMARKS | DUPLICATE_REMARKS
_ODD_REASONS: Final = DUPLICATES | {"23", "94", "100"}
_PAID: Final = claim_payment.c
_SHARE: Final = line_share.c


@value(kw_only=True)
class Decided:
    """What the payers made of a claim. ``event`` is None where nothing is decided."""

    event: Event | None = None
    open: int = 0  # cents
    answers: int = 0  # how many


class Decisions:
    """Works out what the answers to some hundred claims come to."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def of(self, claims: Sequence[Any], related: set[int]) -> dict[int, Decided]:
        """By row number; ``related``: claims that have others of their family beside them.

        Args:
            claims: rows of ``states_facts.COLUMNS``.
            related: row numbers of those of them to be decided by the full books.
        """
        answers = self._answers([row.id for row in claims])
        single = {
            number: some[0]
            for number, some in answers.items()
            if len(some) == 1 and number not in related
        }
        lines = self._lines(list(single))
        found: dict[int, Decided] = {}
        slow: list[Any] = []
        for row in claims:
            number = row.id
            if number in single:
                quick = _quick(row, single[number], lines.get(number, ()))
                if quick is not None:
                    found[number] = quick
                    continue
            elif number not in answers and number not in related:
                found[number] = Decided(open=row.charge)
                continue
            slow.append(row)
        for usage in sorted({row.usage for row in slow}):
            found |= self._by_books([row for row in slow if row.usage == usage], usage, answers)
        return found

    def _answers(self, numbers: Sequence[int]) -> dict[int, list[Any]]:
        """The claim payments on these claims, in the order of payment."""
        query = (
            select(
                _PAID.sent_claim_id, _PAID.id, _PAID.status, _PAID.rank, _PAID.charge, _PAID.paid,
                _PAID.remarks, _PAID.beside_lines, _PAID.unmatched_lines, _PAID.notes, _PAID.payer,
                _PAID.position, _PAID.control, remittance.c.transaction_control,
                remittance.c.payment_date, remittance.c.trace, remittance.c.payer_name,
                remittance.c.recorded_at, remittance.c.payment_key, _PAID.fingerprint,
                _PAID.occurrence, file.c.name.label("file_name"),
            )
            .join(remittance, remittance.c.id == _PAID.remittance_id)
            .join(file, file.c.id == remittance.c.file_id)
            .where(_PAID.sent_claim_id.in_(numbers), _PAID.state == "posted")
        )  # fmt: skip
        found: dict[int, list[Any]] = {}
        for row in self._connection.execute(query).fetchall():
            found.setdefault(row[0], []).append(row)
        for some in found.values():
            if len(some) > 1:
                some.sort(key=_age)
        return found

    def _lines(self, numbers: Sequence[int]) -> dict[int, list[Any]]:
        """The lines of these claims, each with the share that stands on it, if any."""
        if not numbers:
            return {}
        line = sent_line.c
        query = (
            select(
                line.sent_claim_id, line.charge, line.units, line.code,
                _SHARE.charge, _SHARE.paid, _SHARE.units, _SHARE.code,
                _SHARE.adjustments, _SHARE.remarks, _SHARE.bundled_into, _SHARE.not_explained,
            )
            .outerjoin(line_share, _SHARE.sent_line_id == line.id)
            .where(line.sent_claim_id.in_(numbers))
        )  # fmt: skip
        found: dict[int, list[Any]] = {}
        for row in self._connection.execute(query).fetchall():
            found.setdefault(row[0], []).append(row)
        return found

    def _by_books(
        self, claims: Sequence[Any], usage: Usage, answers: dict[int, list[Any]]
    ) -> dict[int, Decided]:
        """The claims whose answers need the full books."""
        found: dict[int, Decided] = {}
        for batch in bulk.batches(claims):
            loaded = sent.load(self._connection, sent_claim.c.id.in_([row.id for row in batch]))
            loaded = with_followers(self._connection, loaded, usage)
            came = rows.adjudications(
                self._connection, {number: claim.control for number, claim in loaded.items()}
            )
            beside = Beside(self._connection, usage, loaded)
            for number, claim in loaded.items():
                some = answers.get(number, [])
                books = claim_books(claim, came.get(number, ()))
                kind = decided(claim, books, answered=bool(some))
                event = None if kind is None else _event(kind, some)
                if kind in {None, "replaced", "voided"}:
                    event = beside.event(number, claim, kind) or event
                found[number] = Decided(
                    event=event,
                    open=sum(to_cents(one.open) for one in books),
                    answers=len(some),
                )
        return found


def _age(row: Any) -> tuple[Any, ...]:
    return (row.payment_date, row.trace, row.position, row.payment_key, row.fingerprint)


def _event(kind: EventKind, answers: Sequence[Any]) -> Event:
    """The event, caused by the newest answer."""
    if not answers:
        return Event(kind=kind)
    return event_of(kind, answers[-1])


def event_of(kind: EventKind, row: Any) -> Event:
    """The event that an answer caused."""
    return Event(
        kind=kind,
        at=row.recorded_at,
        date=row.payment_date,
        cause=Cause(
            file=row.file_name,
            kind="835",
            transaction=row.transaction_control,
            segment=row.position,
            source=row.payer_name,
        ),
    )


def _quick(claim: Any, answer: Any, lines: Sequence[Any]) -> Decided | None:
    """The answer added up in cents; None where it is not of the plain shape."""
    if (
        claim.payer_rank != FIRST
        or answer.rank != FIRST
        or answer.status == REVERSAL
        or answer.status in FORWARDED
        or answer.unmatched_lines
        or answer.notes
    ):
        return None
    remarks = answer.remarks.split()
    if not _ODD_REMARKS.isdisjoint(remarks):
        return None
    open_cents = claim.charge
    patient = 0
    kinds: set[str] = set()
    for row in lines:
        told = _line(row, remarks)
        if told is None:
            return None
        kind, owed = told
        kinds.add(kind)
        patient += owed
        open_cents -= row[4]
    kind = _kind(kinds, settled=not open_cents and patient <= claim.collected)
    if kind == "settled" and not answer.paid:
        return None  # all written off: somebody should look
    return Decided(event=event_of(kind, answer), open=open_cents, answers=1)


def _kind(kinds: set[str], *, settled: bool) -> EventKind:
    if "paid" not in kinds and "reduced" not in kinds:
        return "denied"
    if kinds != {"paid"}:
        return "partly paid"
    return "settled" if settled else "paid"


def _line(row: Any, remarks: list[str]) -> tuple[str, int] | None:
    """What is said of one line: paid, reduced or denied, and the cents left to the patient."""
    _, charge, units, code, told, paid, *rest = row
    paid_units, paid_code, adjustments, line_remarks, bundled, not_explained = rest
    own = line_remarks.split() if line_remarks else []
    is_plain = (
        told == charge
        and paid <= charge
        and not (bundled or not_explained)
        and paid_code.upper() == code
        and (not paid_units or paid_units == units or not _fewer(paid_units, units))
        and (not own or _ODD_REMARKS.isdisjoint(own))
    )
    if not is_plain:
        return None
    sums = _sums(adjustments, cut=bool(paid) and ("N851" in own or "N851" in remarks))
    if sums is None:
        return None
    denied, patient = sums
    if denied <= 0:
        return "paid", patient
    return ("reduced" if paid or patient > 0 else "denied"), patient


def _sums(adjustments: str, *, cut: bool) -> tuple[int, int] | None:
    """The cents refused, and those left to the patient; None for what only the books can tell."""
    denied = patient = 0
    for group, reason, cents, _quantity in json.loads(adjustments) if adjustments else ():
        refused = "pending" if reason in _ODD_REASONS else _refused(group, reason, cut)
        if refused == "pending":
            return None
        if refused != "no":
            denied += cents
        elif group == "PR":
            patient += cents
    return denied, patient


@lru_cache(maxsize=4096)
def _refused(group: str, reason: str, cut: bool) -> str:
    """Whether an adjustment refuses; ``cut``: on a paid line with N851."""
    return refusal(group, reason, remarks=frozenset({"N851"} if cut else ()), paid=cut)


@lru_cache(maxsize=4096)
def _fewer(paid: str, units: str) -> bool:
    """Whether fewer units were paid than were sent."""
    some, all_of_them = to_number(paid), to_number(units)
    return some is not None and all_of_them is not None and 0 < some < all_of_them
