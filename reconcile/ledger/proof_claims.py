"""The proof's walk over the claims: lines, answers, postings, states, some hundred at a time."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from attrs import define, field
from sqlalchemy import Connection, Select, and_, or_, select

from edi.claim import FREQUENCY_ORIGINAL
from reconcile.books import claim_books
from reconcile.ledger import rows, sent
from reconcile.ledger.convert import from_json, to_cents
from reconcile.ledger.families import with_followers
from reconcile.ledger.records import Usage
from reconcile.ledger.rows import OF_CLAIM
from reconcile.ledger.states import cause_of, made_again
from reconcile.ledger.tables import sent_claim, sent_line
from reconcile.ledger.tables_answered import claim_state
from reconcile.ledger.tables_received import claim_payment, line_share, posting
from reconcile.ledger.turned import turned
from reconcile.proof import AnswerRow, Break, ShareRow, Tallies, check_answer, plain_open
from reconcile.values import Adjudication

TOGETHER: Final = 1000  # claims
BILLED: Final = "billed"
TAKEN_BACK: Final = "taken back"  # the event of a claim that never left: nothing of it is open
_CLAIM: Final = sent_claim.c
_C: Final = claim_payment.c


@define(kw_only=True)
class Unexplained:
    """What payers' own figures leave open on a claim or a line, in cents; 0 is the claim alone."""

    claim: int
    line: int
    cents: int
    answer: int  # row number of the last answer that says so


@define(kw_only=True)
class Walk:
    """One walk over the claims of a book: adds up, and remembers what does not close."""

    connection: Connection
    usage: Usage
    tallies: Tallies
    tell: Callable[[Unexplained], None]  # what the payers' own figures leave open
    on_lines: int = 0  # cents paid
    on_claims: int = 0
    turned: dict[int, int] = field(factory=dict)  # of reversals with wrong signs, by payment

    def run(self) -> None:
        """Look at every claim of the book."""
        last = 0
        while True:
            query = (
                select(_CLAIM.id, _CLAIM.control, _CLAIM.family, _CLAIM.origin, _CLAIM.charge)
                .where(_CLAIM.usage == self.usage, _CLAIM.id > last)
                .order_by(_CLAIM.id)
                .limit(TOGETHER)
            )
            claims = self.connection.execute(query).fetchall()
            if not claims:
                return
            self._batch(claims, last)
            last = claims[-1].id

    def _batch(self, claims: Sequence[Any], after: int) -> None:
        until = claims[-1].id
        lines = self._lines(after, until)
        answers = self._answers(after, until)
        states = self._states(after, until)
        self._follow(states)
        with_family = self._with_family(claims)
        told: list[int] = []
        for claim in claims:
            own = lines.get(claim.id, {})
            came = answers.get(claim.id, [])
            self._charge(claim, own)
            self._look(claim.id, came)
            state = states.get(claim.id)
            is_open = None if claim.family in with_family else plain_open(own, came)
            if is_open is None:
                told.append(claim.id)
            else:
                self._open(claim.id, is_open, state)
        if told:
            self._books(told, states)

    def _follow(self, kept: Mapping[int, Any]) -> None:
        """The states that are kept, beside those the facts lead to."""
        tally = self.tallies["claims.follows"]
        made = made_again(self.connection, list(kept))
        for number, row in kept.items():
            tally.left += 1
            there = tuple(row)[:-1]
            follows = made.get(number, ())[:-1]
            if there == follows:
                tally.right += 1
                continue
            expected, found = _sides(follows, there)
            tally.fault(
                Break(equation="claims.follows", expected=expected, found=found, claim=number)
            )

    def _charge(self, claim: Any, lines: Mapping[int, int]) -> None:
        """Of claims made here; another system's may be wrong in itself: see ``claims.kept``."""
        if claim.origin != BILLED:
            return
        tally, charge = self.tallies["claims.charge"], sum(lines.values())
        tally.left += claim.charge
        tally.right += charge
        if claim.charge != charge:
            tally.fault(
                Break(equation="claims.charge", expected=charge, found=claim.charge, claim=claim.id)
            )

    def _look(self, claim: int, came: list[AnswerRow]) -> None:
        """The answers of a claim; an answer that takes another back takes its difference back."""
        net: dict[int, int] = {}
        for answer in came:
            for line, cents in check_answer(answer, self.tallies).items():
                net[line] = net.get(line, 0) + cents
            for place, some in answer.postings.items():
                paid = sum(one[3] for one in some if one[0] == "paid")
                if place:
                    self.on_lines += paid
                else:
                    self.on_claims += paid
        for line, cents in net.items():
            if cents:
                self.tell(Unexplained(claim=claim, line=line, cents=cents, answer=came[-1].id))

    def _open(self, claim: int, is_open: int, state: Any) -> None:
        """What is open by the answers, and by the state that is kept."""
        tally = self.tallies["claims.open"]
        if state is None:  # told by claims.state
            return
        expected = 0 if state.event == TAKEN_BACK else is_open
        tally.left += expected
        tally.right += state.open
        if expected != state.open:
            tally.fault(
                Break(equation="claims.open", expected=expected, found=state.open, claim=claim)
            )

    def _books(self, numbers: list[int], states: Mapping[int, Any]) -> None:
        """Claims with a history: only the full books tell what is open and what was moved."""
        claims = sent.load(self.connection, _CLAIM.id.in_(numbers))
        claims = with_followers(self.connection, claims, self.usage)
        came = rows.adjudications(
            self.connection, {number: claim.control for number, claim in claims.items()}
        )
        self._turn(came)
        tally = self.tallies["claims.moved"]
        for number, claim in claims.items():
            books = claim_books(claim, came.get(number, ()))
            self._open(number, sum(to_cents(one.open) for one in books), states.get(number))
            moved = [to_cents(one.transferred) for one in books]
            tally.left += sum(cents for cents in moved if cents > 0)
            tally.right -= sum(cents for cents in moved if cents < 0)
            if sum(moved):
                tally.fault(
                    Break(equation="claims.moved", expected=0, found=sum(moved), claim=number)
                )

    def _turn(self, came: Mapping[int, Sequence[Adjudication]]) -> None:
        """On lines is what the books hold there: a reversal with positive amounts takes money."""
        for one in turned(self.connection, came):
            self.on_lines += one.cents
            self.turned[one.payment] = self.turned.get(one.payment, 0) + one.cents

    def _lines(self, after: int, until: int) -> dict[int, dict[int, int]]:
        """Charge by row number of the line, by claim."""
        line = sent_line.c
        query = (
            select(line.sent_claim_id, line.id, line.charge)
            .where(line.sent_claim_id > after, line.sent_claim_id <= until)
            .order_by(line.sent_claim_id, line.id)
        )
        found: dict[int, dict[int, int]] = {}
        for claim, number, charge in self.connection.execute(query):
            found.setdefault(claim, {})[number] = charge
        return found

    def _states(self, after: int, until: int) -> dict[int, Any]:
        state = claim_state.c
        query = (
            select(claim_state)
            .join(sent_claim, _CLAIM.id == state.sent_claim_id)
            .where(
                state.sent_claim_id > after,
                state.sent_claim_id <= until,
                _CLAIM.usage == self.usage,
            )
            .order_by(state.sent_claim_id)
        )
        return {row.sent_claim_id: row for row in self.connection.execute(query)}

    def _answers(self, after: int, until: int) -> dict[int, list[AnswerRow]]:
        """The posted answers with their shares and postings, by claim."""
        here = and_(_C.sent_claim_id > after, _C.sent_claim_id <= until, _C.state == "posted")
        columns = (_C.id, _C.sent_claim_id, _C.status, _C.charge, _C.paid, _C.difference,
                   _C.beside_lines, _C.unmatched_lines)  # fmt: skip
        answers = {
            row[0]: AnswerRow(
                id=row[0], claim=row[1], status=row[2], charge=row[3], paid=row[4],
                difference=row[5], beside=row[6], left=from_json(row[7]),
            )
            for row in self.connection.execute(select(*columns).where(here).order_by(_C.id))
        }  # fmt: skip
        for answer, share in self._shares(here):
            answers[answer].shares.append(share)
        for number, place, kind, group, reason, cents in self._postings(here):
            there = answers[number].postings
            there.setdefault(place or 0, []).append((kind, group, reason, cents))
        found: dict[int, list[AnswerRow]] = {}
        for one in answers.values():
            found.setdefault(one.claim, []).append(one)
        return found

    def _shares(self, here: Any) -> Iterator[tuple[int, ShareRow]]:
        s = line_share.c
        columns = (s.claim_payment_id, s.id, s.sent_line_id, s.charge, s.paid, s.adjustments,
                   s.not_explained, s.bundled_into)  # fmt: skip
        for row in self._with_answer(select(*columns), line_share, here, s.id):
            said = from_json(row[5])
            yield (
                row[0],
                ShareRow(
                    id=row[1],
                    line=row[2],
                    charge=row[3],
                    paid=row[4],
                    adjustments=[(one[0], one[1], one[2]) for one in said if len(one) > OF_CLAIM],
                    rest=row[6],
                    bundled=bool(row[7]),
                ),
            )

    def _postings(self, here: Any) -> Iterator[Any]:
        p = posting.c
        columns = (p.claim_payment_id, p.line_share_id, p.kind, p.group, p.reason, p.cents)
        return self._with_answer(select(*columns), posting, here, p.id)

    def _with_answer(self, query: Select[Any], table: Any, here: Any, order: Any) -> Iterator[Any]:
        found = query.join(claim_payment, _C.id == table.c.claim_payment_id).where(here)
        yield from self.connection.execute(found.order_by(order)).fetchall()

    def _with_family(self, claims: Sequence[Any]) -> set[str]:
        """The families of which more than the original was sent."""
        found: set[str] = set()
        families = sorted({claim.family for claim in claims})
        for start in range(0, len(families), TOGETHER // 2):
            query = select(_CLAIM.family).where(
                _CLAIM.family.in_(families[start : start + TOGETHER // 2]),
                _CLAIM.usage == self.usage,
                or_(_CLAIM.frequency > FREQUENCY_ORIGINAL, _CLAIM.control != _CLAIM.family),
            )
            found.update(self.connection.execute(query.distinct()).scalars())
        return found


def _sides(follows: Sequence[Any], there: Sequence[Any]) -> tuple[str, str]:
    """The first of state and day, event, cause that is not what follows: both in words."""
    if not follows:
        return "no state", _state(there)
    if _state(follows) != _state(there):
        return _state(follows), _state(there)
    if follows[2] != there[2]:
        return f"by {follows[2]}", f"by {there[2]}"
    expected, found = _because(follows[4]), _because(there[4])
    if expected == found:
        return f"{expected}, as the facts say it", f"{found}, in other words or codes"
    return expected, found


def _state(row: Sequence[Any]) -> str:
    return f"{row[1]} since {row[3]}"


def _because(text: str) -> str:
    """A cause by its place; who said something, not what was said."""
    try:
        cause = cause_of(text)
    except (ValueError, TypeError):
        return "a cause that cannot be read"
    parts = (
        cause.file,
        f"transaction {cause.transaction}" if cause.transaction else "",
        f"segment {cause.segment}" if cause.segment else "",
        cause.source,
        f"by {cause.person}" if cause.person else "",
    )
    told = ", ".join(filter(None, parts))
    return f"because of {told}" if told else "without a cause"
