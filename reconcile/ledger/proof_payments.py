"""The proof's look at the payments: their sums, where their money is, what touches no books."""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, Final

from attrs import define, field
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Subquery,
    case,
    cast,
    exists,
    func,
    or_,
    select,
)

from reconcile.ledger.convert import to_cents
from reconcile.ledger.mended import SUPERSEDED
from reconcile.ledger.orphans import orphans
from reconcile.ledger.reading import provider_adjustments
from reconcile.ledger.records import Usage
from reconcile.ledger.tables import sent_claim
from reconcile.ledger.tables_received import (
    claim_payment,
    line_share,
    posting,
    provider_adjustment,
    remittance,
)
from reconcile.plb import plb_book
from reconcile.proof import Break, Tallies

TOGETHER: Final = 1000
_C: Final = claim_payment.c
_R: Final = remittance.c
_P: Final = provider_adjustment.c
COUNTED: Final = ("posted", "aside")  # others hold copies, or nothing yet
_WAITS: Final = ("aside", "pending", "incomplete")  # of a payment whose claims are on no books
_TELL_WHY: Final = ("answers.paid", "answers.unposted", "remits.money")


@define(kw_only=True)
class Places:
    """Where the money of the payments of a book is, in cents; each payment once."""

    paid: int = 0  # BPR02 of all
    claims: int = 0  # CLP04 of payments dealt with
    adjusted: int = 0  # PLB amounts: above zero was taken
    difference: int = 0  # claims less provider adjustments less BPR02: the payer's own
    waits: Counter[str] = field(factory=Counter)  # BPR02 of payments aside, incomplete, pending
    left: dict[str, tuple[int, int]] = field(factory=dict)  # state: claims, CLP04, not on a claim


@define(kw_only=True)
class Payments:
    """All payments of a book, one after the other."""

    connection: Connection
    usage: Usage
    tallies: Tallies
    tell: Callable[[int, int], None]  # row number and cents of a payment that does not add up
    turned: Mapping[int, int] = field(factory=dict)  # ``Walk.turned``
    places: Places = field(factory=Places)

    def run(self) -> None:
        """Look at every payment of the book."""
        self._sums()
        self._money()
        self._unposted()
        self._book()
        self._left()

    def _sums(self) -> None:
        """Each remittance's own sums: claims, claims paid, provider adjustments."""
        tally = self.tallies["remits.sums"]
        for row in self.connection.execute(self._sums_query()):
            paid, adjusted, count = row.rows_paid or 0, row.rows_adjusted or 0, row.rows or 0
            tally.left += (row.claims_paid or 0) - (row.provider_adjusted or 0)
            is_part = row.parts > 1  # claims known from another part are not there twice
            tally.right += ((row.claims_paid or 0) if is_part else paid) - adjusted
            sides = [("provider adjustments", row.provider_adjusted, adjusted)]
            if not is_part:
                sides += [("claims paid", row.claims_paid, paid), ("claims", row.claims, count)]
            for why, said, found in sides:
                if said != found:
                    tally.fault(
                        Break(equation="remits.sums", expected=said, found=found, why=why,
                              payment=row.id)
                    )  # fmt: skip

    def _sums_query(self) -> Any:
        claims = self._added(claim_payment, _C.remittance_id, _C.paid, "claims_of")
        adjusted = self._added(provider_adjustment, _P.remittance_id, _P.cents, "adjusted_of")
        parts = (
            select(_R.payment_id.label("key"), func.count().label("count"))
            .where(_R.usage == self.usage, _R.state.in_(COUNTED))
            .group_by(_R.payment_id)
            .subquery("parts_of")
        )
        return (
            select(
                _R.id, _R.claims, _R.claims_paid, _R.provider_adjusted,
                claims.c.cents.label("rows_paid"), claims.c.count.label("rows"),
                adjusted.c.cents.label("rows_adjusted"), parts.c.count.label("parts"),
            )
            .join(parts, parts.c.key == _R.payment_id)
            .outerjoin(claims, claims.c.key == _R.id)
            .outerjoin(adjusted, adjusted.c.key == _R.id)
            .where(_R.usage == self.usage, _R.state.in_(COUNTED))
            .order_by(_R.id)
            .execution_options(yield_per=TOGETHER)
        )  # fmt: skip

    def _added(self, table: Any, key: Any, cents: Any, name: str) -> Subquery:
        """The rows of a table counted and added up by their remittance."""
        return (
            select(key.label("key"), _sum(cents).label("cents"), func.count().label("count"))
            .select_from(table)
            .join(remittance, _R.id == table.c.remittance_id)
            .where(_R.usage == self.usage)
            .group_by(key)
            .subquery(name)
        )

    def _money(self) -> None:
        """Every payment once: its claims less its provider adjustments less what is open."""
        tally, places = self.tallies["remits.money"], self.places
        for row in self.connection.execute(self._money_query()):
            waits = next((state for state in _WAITS if getattr(row, state)), "")
            if row.posted:
                self._posted(row)
            elif waits and row.claims is None:
                places.waits[waits] += row.paid
                places.paid += row.paid
                tally.left += row.paid
                tally.right += row.paid
            else:
                self._nowhere(row)
                continue
            if row.paid != row.least:
                tally.fault(
                    Break(equation="remits.money", expected=row.paid, found=row.least,
                          why="copies of one payment with different amounts", payment=row.first)
                )  # fmt: skip

    def _posted(self, row: Any) -> None:
        tally, places = self.tallies["remits.money"], self.places
        turned = self.turned.get(row.key, 0)
        claims, adjusted = (row.claims or 0) + turned, row.adjusted or 0
        open_cents = row.difference + turned
        placed = claims - adjusted - open_cents
        paid = -row.paid if placed == -row.paid else row.paid  # BPR03 D: a debit takes money
        places.paid += paid
        tally.left += paid
        tally.right += placed
        places.claims += claims
        places.adjusted += adjusted
        places.difference += open_cents
        if placed != paid:
            tally.fault(
                Break(equation="remits.money", expected=paid, found=placed, payment=row.first)
            )
        if open_cents:
            self.tell(row.first, open_cents)

    def _nowhere(self, row: Any) -> None:
        """A payment of which no copy counts: only what was entered by hand may give way so."""
        if not row.real and row.claims is None:
            return
        why = "no copy of this payment counts"
        if row.claims is not None:
            why = "this payment does not count, and has claims on the books"
        tally = self.tallies["remits.money"]
        tally.left += row.paid
        tally.fault(
            Break(equation="remits.money", expected=row.paid, found=0, why=why, payment=row.first)
        )

    def _money_query(self) -> Any:
        """One row for each payment, whatever its copies and parts."""
        claims = (
            select(_C.payment_id.label("key"), _sum(_C.paid).label("cents"))
            .join(remittance, _R.id == _C.remittance_id)
            .where(_R.usage == self.usage, _C.state.not_in(("aside", SUPERSEDED)))
            .group_by(_C.payment_id)
            .subquery("claims_of")
        )
        adjusted = (
            select(_R.payment_id.label("key"), _sum(_P.cents).label("cents"))
            .join(remittance, _R.id == _P.remittance_id)
            .where(_R.usage == self.usage, _R.state == "posted")
            .group_by(_R.payment_id)
            .subquery("adjusted_of")
        )
        posted = case((_R.state == "posted", func.coalesce(_R.difference, 0)), else_=0)
        once = (
            select(
                _R.payment_id.label("key"),
                func.min(_R.id).label("first"),
                func.max(_R.paid).label("paid"),
                func.min(_R.paid).label("least"),
                _sum(posted).label("difference"),
                *(self._has(state) for state in (*COUNTED, "pending", "incomplete")),
                func.max(case((_R.origin == "", 1), else_=0)).label("real"),
            )
            .where(_R.usage == self.usage, or_(_R.complete == 1, _is_money()))
            .group_by(_R.payment_id)
            .subquery("once")
        )
        return (
            select(once, claims.c.cents.label("claims"), adjusted.c.cents.label("adjusted"))
            .outerjoin(claims, claims.c.key == once.c.key)
            .outerjoin(adjusted, adjusted.c.key == once.c.key)
            .order_by(once.c.key)
            .execution_options(yield_per=TOGETHER)
        )

    def _has(self, state: str) -> ColumnElement[int]:
        return func.max(case((_R.state == state, 1), else_=0)).label(state)

    def _unposted(self) -> None:
        """What is not posted stands on no claim, and has neither shares nor postings."""
        tally = self.tallies["answers.unposted"]
        matched = (
            select(func.count())
            .select_from(claim_payment)
            .join(remittance, _R.id == _C.remittance_id)
            .where(_R.usage == self.usage)
        )
        tally.left = self._count(matched.where(_C.sent_claim_id.is_not(None)))
        tally.right = self._count(matched.where(_C.state == "posted"))
        for number in self.connection.execute(self._wrong()).scalars():
            words = "has amounts on the books, or is posted and stands on no claim"
            tally.fault(
                Break(equation="answers.unposted", expected="", found="", why=words, answer=number)
            )
        for number in self.connection.execute(self._elsewhere()).scalars():
            words = "stands on a claim of the other book"
            tally.fault(
                Break(equation="answers.unposted", expected="", found="", why=words, answer=number)
            )
        for alone in orphans(self.connection):  # they belong to no book: each book tells them
            why = f"{alone.what} {alone.first}: {alone.told}"
            tally.fault(Break(equation="answers.unposted", expected="", found="", why=why))

    def _elsewhere(self) -> Any:
        """Answers of one book on claims of the other; a claim that is gone is an orphan's."""
        return (
            select(_C.id)
            .join(remittance, _R.id == _C.remittance_id)
            .join(sent_claim, sent_claim.c.id == _C.sent_claim_id)
            .where(_R.usage != sent_claim.c.usage)
            .order_by(_C.id)
        )

    def _wrong(self) -> Any:
        shared = exists().where(line_share.c.claim_payment_id == _C.id)
        posted = exists().where(posting.c.claim_payment_id == _C.id)
        on_books = or_(_C.sent_claim_id.is_not(None), shared, posted)
        nowhere = (_C.state == "posted") & _C.sent_claim_id.is_(None)
        return (
            select(_C.id)
            .join(remittance, _R.id == _C.remittance_id)
            .where(_R.usage == self.usage, or_((_C.state != "posted") & on_books, nowhere))
            .order_by(_C.id)
        )

    def _count(self, query: Any) -> int:
        return int(self.connection.execute(query).scalar_one())

    def _book(self) -> None:
        """The book of provider adjustments against the amounts themselves, payer by payer."""
        tally = self.tallies["adjustments.book"]
        sums: dict[str, int] = {}
        query = (
            select(_R.originator, _R.payer_name, _sum(_P.cents))
            .join(remittance, _R.id == _P.remittance_id)
            .where(_R.usage == self.usage, _R.state == "posted")
            .group_by(_R.originator, _R.payer_name)
        )
        for originator, name, cents in self.connection.execute(query):
            payer = originator or name
            sums[payer] = sums.get(payer, 0) + cents
        booked: dict[str, int] = {}
        for one in plb_book(provider_adjustments(self.connection, usage=self.usage)):
            booked[one.payer] = booked.get(one.payer, 0) + to_cents(one.total)
        tally.left, tally.right = sum(sums.values()), sum(booked.values())
        for payer in sorted({*sums, *booked}):
            if sums.get(payer, 0) != booked.get(payer, 0):
                tally.fault(
                    Break(equation="adjustments.book", expected=sums.get(payer, 0),
                          found=booked.get(payer, 0), why=f"payer {payer}")
                )  # fmt: skip

    def _left(self) -> None:
        """What of the payments dealt with is not on a claim, by state."""
        query = (
            select(_C.state, func.count(), _sum(_C.paid))
            .join(remittance, _R.id == _C.remittance_id)
            .where(_R.usage == self.usage, _C.state.not_in(("posted", SUPERSEDED)))
            .group_by(_C.state)
            .order_by(_C.state)
        )
        for state, count, cents in self.connection.execute(query):
            self.places.left[state] = (count, cents)

    def not_on_claims(self, on_claims: int) -> None:
        """What is on no claim is the rest, and must be what the claim payments themselves say.

        It names no payment: so it is told only where nothing else says why it is not.
        """
        if any(self.tallies[name].broken for name in _TELL_WHY):
            return
        rest = self.places.claims - on_claims
        found = sum(cents for state, (_, cents) in self.places.left.items() if state != "aside")
        if rest != found:
            self.tallies["remits.money"].fault(
                Break(equation="remits.money", expected=rest, found=found,
                      why="paid on no claim: the payments less what is on claims, and one by one")
            )  # fmt: skip


def _is_money() -> ColumnElement[bool]:
    """Whether what is not whole names money at all: its number is there, and nobody settled it.

    What was cut off before its number (TRN) cannot be told from a copy of another payment.
    """
    return (_R.trace != "") & _R.state.not_in(("superseded", "dismissed"))


def _sum(cents: Any) -> Any:
    """A sum that is a whole number in every database (PostgreSQL adds bigints up as numeric)."""
    return cast(func.coalesce(func.sum(cents), 0), BigInteger)
