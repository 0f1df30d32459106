"""What the payers' answers come to for each claim: the event, its cause, and what is open.

Nearly every claim has one answer that pays or refuses its lines as they were sent: that is added up
in cents from the rows. Whatever is not of that shape (several answers, reversals, bundling, other
payers, replacements) is decided by the full books. Both give the same; a test compares them.
"""

import json
from collections.abc import Iterable, Sequence
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, Final

from attrs import evolve
from sqlalchemy import BigInteger, Connection, cast, func, select

from edi.codes import refusal
from reconcile.books import claim_books
from reconcile.buckets import ASSISTANT_REMARK, DUPLICATE_REMARKS, DUPLICATES, QMB_REMARKS
from reconcile.ledger import bulk, rows, sent
from reconcile.ledger.bases import Bases
from reconcile.ledger.convert import to_cents, to_number
from reconcile.ledger.families import with_followers
from reconcile.ledger.payments import adjudication_id
from reconcile.ledger.records import Usage
from reconcile.ledger.states_facts import within
from reconcile.ledger.states_family import Beside
from reconcile.ledger.tables import file, sent_claim, sent_line
from reconcile.ledger.tables_received import claim_payment, line_share, remittance
from reconcile.lifecycle import decided
from reconcile.lifecycle_answers import BY_OTHERS, stand, told
from reconcile.lifecycle_values import Cause, Event, EventKind
from reconcile.post import FORWARDED_REMARKS
from reconcile.turns import FIRST
from reconcile.values import Adjudication, SentClaim

if TYPE_CHECKING:
    from attrs import frozen as value
else:
    from attrs import define as value

ADOPTED: Final = "adopted"  # the origin of a claim that another system sent
SIMPLE: Final = frozenset({"1", "4"})  # CLP02 of a first payer's plain answer
_ODD_REMARKS: Final = QMB_REMARKS | FORWARDED_REMARKS | DUPLICATE_REMARKS
_ODD_REASONS: Final = DUPLICATES | {"23", "94", "100"}
_PAID: Final = claim_payment.c
_SHARE: Final = line_share.c


PAYMENTS_KEPT: Final = 10_000  # in memory, while the claims of a ledger are gone through
Answer = tuple[Any, ...]  # the columns asked for in ``Decisions._answers``
REMITTANCE: Final = 1  # places in it
POSITION: Final = 8
FINGERPRINT: Final = 9
OCCURRENCE: Final = 10


@value(kw_only=True)
class Decided:
    """What the payers made of a claim. ``kind`` is None where nothing is decided."""

    kind: EventKind | None = None
    by: Answer | None = None  # the newest answer of those it stands on, if it is the cause
    event: Event | None = None  # with its cause, where that is not an answer to this claim
    open: int = 0  # cents
    answers: int = 0  # how many
    steps: tuple[Event, ...] = ()  # what each of them led to, where that was asked for


class Decisions:
    """Works out what the answers to some hundred claims come to."""

    def __init__(self, connection: Connection, *, whole: bool = False) -> None:
        """With ``whole`` each answer's own event is told too (``Decided.steps``)."""
        self._connection = connection
        self._whole = whole
        self._payments: dict[int, Any] = {}
        self._causes: dict[int, tuple[str, str, str]] = {}
        self._bases = Bases(connection)

    def of(self, claims: Sequence[Any], related: set[int]) -> dict[int, Decided]:
        """By row number; ``related``: claims that have others of their family beside them.

        Args:
            claims: rows of ``states_facts.COLUMNS``.
            related: row numbers of those of them to be decided by the full books.
        """
        answers = self._answers([row[0] for row in claims])
        if self._bases.payers:
            related = related | {row[0] for row in claims if row.payer in self._bases.payers}
        single = [n for n, some in answers.items() if len(some) == 1 and n not in related]
        lines = self._lines(single)
        charges = self._charges([row[0] for row in claims if row.origin == ADOPTED])
        found: dict[int, Decided] = {}
        slow: list[Any] = []
        for row in claims:
            number = row[0]
            if number in related:
                slow.append(row)
            elif number not in answers:
                found[number] = Decided(open=charges.get(number, row.charge))
            elif number not in lines:
                slow.append(row)
            else:
                answer = answers[number][0]
                plain = quick(row.payer_rank, row.collected, answer, lines[number])
                if plain is None:
                    slow.append(row)
                else:
                    found[number] = Decided(kind=plain[0], by=answer, open=plain[1], answers=1)
        for usage in sorted({row.usage for row in slow}):
            found |= self._by_books([row for row in slow if row.usage == usage], usage, answers)
        return found

    def _answers(self, numbers: Sequence[int]) -> dict[int, list[Answer]]:
        """The claim payments on these claims."""
        query = select(
            _PAID.sent_claim_id, _PAID.remittance_id, _PAID.status, _PAID.rank, _PAID.paid,
            _PAID.remarks, _PAID.unmatched_lines, _PAID.notes, _PAID.position, _PAID.fingerprint,
            _PAID.occurrence,
        ).where(within(_PAID.sent_claim_id, numbers), _PAID.state == "posted")  # fmt: skip
        found: dict[int, list[Answer]] = {}
        for row in self._connection.execute(query).fetchall():
            found.setdefault(row[0], []).append(tuple(row))
        wanted = {one[REMITTANCE] for some in found.values() for one in some}
        self._load(wanted)
        if wanted - self._payments.keys():  # a payment that is gone says nothing: the proof tells
            there = {n: [a for a in s if a[REMITTANCE] in self._payments] for n, s in found.items()}
            found = {number: some for number, some in there.items() if some}
        return found

    def _load(self, numbers: set[int]) -> None:
        """What is told of a payment as a whole; asked once, of very many payments anew."""
        if len(self._payments) > PAYMENTS_KEPT:
            self._payments.clear()
            self._causes.clear()
        for batch in bulk.batches(sorted(numbers - self._payments.keys())):
            query = (
                select(remittance, file.c.name.label("file_name"))
                .join(file, file.c.id == remittance.c.file_id)
                .where(remittance.c.id.in_(batch))
            )
            for row in self._connection.execute(query):
                self._payments[row.id] = row

    def _id(self, answer: Answer) -> str:
        """The name of an answer that its adjudication has too (``rows.adjudications``)."""
        key = self._payments[answer[REMITTANCE]].payment_key
        return adjudication_id(key, answer[FINGERPRINT], answer[OCCURRENCE])

    def cause(self, answer: Answer) -> tuple[str, str]:
        """When an answer became known, and its place as ``states.cause_text`` writes it."""
        number = answer[REMITTANCE]
        known = self._causes.get(number)
        if known is None:
            row = self._payments[number]
            known = self._causes[number] = (row.recorded_at, *cause_start(row, row.file_name))
        since, told, source = known
        return since, f'{told},"segment":{answer[POSITION]}{source}'

    def event(self, kind: EventKind, answer: Answer, place: int = 0) -> Event:
        """The event that an answer caused; ``place``: among those of all answers."""
        payment = self._payments[answer[REMITTANCE]]
        return Event(
            kind=kind,
            at=payment.recorded_at,
            date=payment.payment_date,
            place=place,
            cause=Cause(
                file=payment.file_name,
                kind="835",
                transaction=payment.transaction_control,
                segment=answer[POSITION],
                source=payment.payer_name,
            ),
        )

    def _not_before(self, event: Event, answers: Iterable[Answer]) -> Event:
        """What another claim of the family did to this one, not before its answers were here.

        A correction is sent before the payer takes the older decision back: until then that stands.
        """
        came = (self._payments[one[REMITTANCE]].recorded_at for one in answers)
        return evolve(event, at=max(event.at, *came))

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
            .where(within(line.sent_claim_id, numbers))
        )  # fmt: skip
        found: dict[int, list[Any]] = {}
        for row in self._connection.execute(query).fetchall():
            found.setdefault(row[0], []).append(row)
        return found

    def _charges(self, numbers: Sequence[int]) -> dict[int, int]:
        """What the lines of these claims charge: another system's CLM02 may be something else."""
        if not numbers:
            return {}
        line = sent_line.c
        query = (
            select(line.sent_claim_id, cast(func.sum(line.charge), BigInteger))
            .where(within(line.sent_claim_id, numbers))
            .group_by(line.sent_claim_id)
        )
        return {row[0]: row[1] for row in self._connection.execute(query)}

    def _steps(
        self, claim: SentClaim, came: Sequence[Adjudication], answers: dict[str, Answer]
    ) -> tuple[Event, ...]:
        """What each answer led to, in the order of payment."""
        return tuple(
            self.event(one.kind, answers[one.by.id], place)
            for place, one in enumerate(told(claim, came, partial(self._bases.read, claim)), 1)
        )

    def _by_books(
        self, claims: Sequence[Any], usage: Usage, answers: dict[int, list[Answer]]
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
                own = came.get(number, ())
                some = {self._id(one): one for one in answers.get(number, ())}
                books = self._bases.read(claim, claim_books(claim, own))
                found_by = stand(claim, books, own)
                kind = found_by.kind if found_by else decided(claim, books, answered=False)
                event = None
                if kind in {None, "replaced", "voided"}:
                    event = beside.event(number, claim, kind)
                if kind is None and event is None and claim.replaced_by:
                    event = beside.event(number, claim, "replaced")  # of a later payer's claim
                if event is not None and kind in BY_OTHERS and some:
                    event = self._not_before(event, some.values())
                found[number] = Decided(
                    kind=kind if event is None else event.kind,
                    by=some[found_by.by.id] if found_by else None,
                    event=event,
                    open=sum(to_cents(one.open) for one in books),
                    answers=len(some),
                    steps=self._steps(claim, own, some) if self._whole else (),
                )
        return found


def cause_start(row: Any, file_name: str) -> tuple[str, str]:
    """How the place of an answer is written: what comes before its segment, and what after.

    Args:
        row: of ``remittance``.
        file_name: of the file it came in.
    """
    told = f'{{"file":{json.dumps(file_name)},"kind":"835"'
    if row.transaction_control:
        told += f',"transaction":{json.dumps(row.transaction_control)}'
    return told, f',"source":{json.dumps(row.payer_name)}}}' if row.payer_name else "}"


def quick(
    payer_rank: str, collected: int, answer: Answer, lines: Sequence[Any]
) -> tuple[EventKind, int] | None:
    """The event and the open cents of one plain answer; None where it is not of that shape.

    Args:
        payer_rank: SBR01 of the claim.
        collected: cents that the patient paid before.
        answer: to the claim, the only one.
        lines: of the claim with what is said of each: see ``Decisions._lines``.
    """
    _, _, status, rank, paid, remarks, unmatched, notes, *_ = answer
    if unmatched or notes or rank != FIRST or status not in SIMPLE or payer_rank != FIRST:
        return None
    if remarks and not _ODD_REMARKS.isdisjoint(remarks.split()):
        return None
    has_cut = ASSISTANT_REMARK in remarks
    open_cents = patient = 0
    kinds: set[str] = set()
    for row in lines:
        told = _line(row[1:], has_cut)
        if told is None:
            return None
        kinds.add(told[0])
        patient += told[1]
        open_cents += row[1] - row[4]
    kind = _kind(kinds, settled=not open_cents and patient <= collected)
    if kind == "settled" and not paid:
        return None  # all written off: somebody should look
    return kind, open_cents


def _kind(kinds: set[str], *, settled: bool) -> EventKind:
    if "paid" not in kinds and "reduced" not in kinds:
        return "denied"
    if kinds != {"paid"}:
        return "partly paid"
    return "settled" if settled else "paid"


@lru_cache(maxsize=65536)  # a payer's fees make the same line again and again
def _line(row: tuple[Any, ...], has_cut: bool) -> tuple[str, int] | None:
    """What is said of one line: paid, reduced or denied, and the cents left to the patient.

    None for what only the books can tell. ``has_cut``: the claim's remarks have N851.
    """
    charge, units, code, told, paid, paid_units, paid_code, adjustments, *rest = row
    line_remarks, bundled, not_explained = rest
    if told is None:
        return None
    own = line_remarks.split()
    is_plain = (
        told == charge
        and paid <= charge
        and not (bundled or not_explained)
        and paid_code.upper() == code
        and not _fewer(paid_units, units)
        and _ODD_REMARKS.isdisjoint(own)
    )
    sums = None
    if is_plain:
        sums = _sums(adjustments, cut=bool(paid) and (has_cut or ASSISTANT_REMARK in own))
    if sums is None:
        return None
    denied, patient = sums
    if denied <= 0:
        return "paid", patient
    return ("reduced" if paid or patient > 0 else "denied"), patient


def _sums(adjustments: str, *, cut: bool) -> tuple[int, int] | None:
    """The cents refused, and those left to the patient; None for what only the books can tell."""
    denied = patient = 0
    for group, reason, cents, *quantity in json.loads(adjustments) if adjustments else ():
        if not quantity:
            continue  # repeats what was said of the claim
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
    return refusal(group, reason, remarks=frozenset({ASSISTANT_REMARK} if cut else ()), paid=cut)


def _fewer(paid: str, units: str) -> bool:
    """Whether fewer units were paid than were sent."""
    some, all_of_them = to_number(paid), to_number(units)
    return some is not None and all_of_them is not None and 0 < some < all_of_them
