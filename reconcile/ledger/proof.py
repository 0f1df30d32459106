"""The proof of a book: every equation of ``reconcile.proof_rules``, from what the ledger holds.

One snapshot; memory stays flat: claims are walked some hundred at a time, files are read through
once, sums are added up by the database.
"""

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final

from attrs import define, evolve, field
from sqlalchemy import Connection, func, literal, select

from reconcile.ledger.journal_proof import facts
from reconcile.ledger.proof_claims import Unexplained, Walk
from reconcile.ledger.proof_kept import Kept
from reconcile.ledger.proof_payments import Payments, Places
from reconcile.ledger.records import Decision, Usage
from reconcile.ledger.tables import decision, file, sent_claim, sent_line
from reconcile.ledger.tables_answered import claim_state
from reconcile.ledger.tables_received import claim_payment, remittance
from reconcile.proof import SHOWN, Break, Equation, Item, Proof, Tally, dollars, item_key
from reconcile.proof_rules import RULE, RULES

ACCEPTED: Final = "accept-difference"
_NOT_EXPLAINED: Final = "not explained"


def prove(
    connection: Connection,
    usage: Usage,
    *,
    journaled: bool = True,
    recorded: Connection | None = None,
) -> Proof:
    """Check every equation of a book.

    Args:
        connection: an open snapshot.
        usage: the book.
        journaled: look at the journal of facts too, which is of both books.
        recorded: the ledger with that journal, where these books were made of its facts.
    """
    tallies = {rule.key: Tally() for rule in RULES}
    names = _Names(connection)
    open_items = _OpenItems(names, usage, accepted_of(connection))
    _states(connection, usage, tallies["claims.state"])
    walk = Walk(connection=connection, usage=usage, tallies=tallies, tell=open_items.line)
    walk.run()
    payments = Payments(
        connection=connection,
        usage=usage,
        tallies=tallies,
        tell=open_items.payment,
        turned=walk.turned,
    )
    payments.run()
    payments.not_on_claims(walk.on_lines + walk.on_claims)
    Kept(connection=connection, usage=usage, tallies=tallies).run()
    if journaled:
        facts(recorded or connection, tallies["facts.journal"])
    return Proof(
        usage=usage,
        equations=tuple(
            Equation(
                rule=RULE[key],
                left=_amount(key, tally.left),
                right=_amount(key, tally.right),
                broken=tally.broken,
                items=tuple(names.item(one) for one in tally.breaks),
            )
            for key, tally in tallies.items()
        ),
        places=tuple(_places(payments.places, walk)),
        not_explained=dollars(open_items.cents),
        unexplained=tuple(open_items.items),
        unexplained_count=open_items.count,
        accepted=tuple(open_items.accepted),
        waiting=tuple((s, n, dollars(c)) for s, (n, c) in payments.places.left.items()),
    )


def _amount(key: str, value: int) -> Decimal | int:
    return value if RULE[key].unit == "count" else dollars(value)


def _states(connection: Connection, usage: Usage, tally: Tally) -> None:
    """Every claim sent is in exactly one state (a state is kept once for a claim)."""
    c, state = sent_claim.c, claim_state.c
    sent = select(func.count()).select_from(sent_claim).where(c.usage == usage)
    kept = (
        select(func.count())
        .select_from(claim_state)
        .join(sent_claim, c.id == state.sent_claim_id)
        .where(c.usage == usage)
    )
    tally.left = int(connection.execute(sent).scalar_one())
    tally.right = int(connection.execute(kept).scalar_one())
    without = (
        select(c.id)
        .outerjoin(claim_state, state.sent_claim_id == c.id)
        .where(c.usage == usage, state.sent_claim_id.is_(None))
        .order_by(c.id)
    )
    for number in connection.execute(without).scalars():
        tally.fault(
            Break(equation="claims.state", expected="one state", found="none", claim=number)
        )


def _places(places: Places, walk: Walk) -> Iterator[tuple[str, Decimal]]:
    """Where the BPR02 of all payments is."""
    unmatched = places.claims - walk.on_lines - walk.on_claims
    yield "BPR02 of all payments, each once", dollars(places.paid)
    yield "on lines of claims", dollars(walk.on_lines)
    yield "on claims, on no line", dollars(walk.on_claims)
    yield "on no claim: unmatched, not posted, parked", dollars(unmatched)
    yield "provider adjustments (taken below zero)", dollars(-places.adjusted)
    yield "kept aside", dollars(places.waits["aside"])
    waits = places.waits["incomplete"] + places.waits["pending"]
    yield "not whole, or not posted yet", dollars(waits)
    yield "not explained by the payers", dollars(-places.difference)


# --- differences a person accepted ---------------------------------------------------------------


def accepted_of(connection: Connection) -> dict[str, str]:
    """Accepted differences by the key of their item, in words; those taken back left out."""
    d = decision.c
    found: dict[str, str] = {}
    query = select(d.subject, d.user, d.reason, d.detail, d.recorded_at)
    for row in connection.execute(query.where(d.kind == ACCEPTED).order_by(d.id)):
        if json.loads(row.detail or "{}").get("undo"):
            found.pop(row.subject, None)
        else:
            found[row.subject] = f"{row.user or 'somebody'}, {row.recorded_at[:10]}: {row.reason}"
    return found


def accept(item: Item, *, user: str, reason: str, undo: bool = False) -> Decision:
    """That a person accepts a payer's difference, or does so no more, as the decision kept."""
    detail: dict[str, Any] = {"undo": True} if undo else {}
    detail |= {
        "claim": item.claim,
        "line": item.line,
        "trace": item.trace,
        "difference": str(item.difference),
    }
    return Decision(
        kind=ACCEPTED, subject=item.key, user=user, reason=reason, detail=json.dumps(detail)
    )


@define(kw_only=False)
class _OpenItems:
    """What payers' own figures leave open: named, accepted or not, added up."""

    names: "_Names"
    usage: Usage
    known: dict[str, str]
    cents: int = 0
    count: int = 0
    items: list[Item] = field(factory=list)
    accepted: list[Item] = field(factory=list)

    def line(self, one: Unexplained) -> None:
        """A line, or a claim alone."""
        found = Break(
            equation=_NOT_EXPLAINED, expected=0, found=one.cents, claim=one.claim,
            line=one.line, answer=one.answer, why="the payer's own figures do not add up",
        )  # fmt: skip
        self._add(found)

    def payment(self, number: int, cents: int) -> None:
        """A payment whose claims less provider adjustments are not BPR02."""
        why = "claims less provider adjustments are not the payment (BPR02)"
        self._add(Break(equation=_NOT_EXPLAINED, expected=0, found=cents, payment=number, why=why))

    def _add(self, one: Break) -> None:
        item = self.names.item(one)
        word = self.known.get(item.key)
        if word is not None:
            self.accepted.append(evolve(item, accepted=word))
            return
        self.count += 1
        self.cents += abs(int(one.found))
        if len(self.items) < SHOWN:
            self.items.append(item)


class _Names:
    """Row numbers as the numbers people know: claims, lines, traces, files, payers."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def item(self, one: Break) -> Item:
        """A fault, named."""
        claim = one.control or self._claim(one.claim)
        line = self._line(one.line)
        payment = self._payment(one)
        trace = payment.trace if payment else ""
        money = isinstance(one.expected, int) and isinstance(one.found, int)
        counted = "claims" in one.why and one.why in _COUNTS
        difference = Decimal("0.00")
        expected, found = str(one.expected), str(one.found)
        if money and not counted and RULE.get(one.equation, _MONEY).unit == "money":
            difference = dollars(int(one.found) - int(one.expected))
            expected, found = str(dollars(int(one.expected))), str(dollars(int(one.found)))
        if payment and not claim:
            claim = payment.control
        about = f"{payment.originator} {payment.payment_date}" if payment else ""
        return Item(
            key=item_key(one.equation, claim, line, trace, about, expected, found),
            equation=one.equation,
            claim=claim,
            line=line,
            trace=trace,
            file=one.file or (payment.name if payment else ""),
            payer=payment.payer_name if payment else self._payer(one.claim),
            expected=expected,
            found=found,
            difference=difference,
            why=one.why,
        )

    def _claim(self, number: int) -> str:
        return self._one(select(sent_claim.c.control).where(sent_claim.c.id == number), number)

    def _line(self, number: int) -> str:
        return self._one(select(sent_line.c.control).where(sent_line.c.id == number), number)

    def _payer(self, number: int) -> str:
        return self._one(select(sent_claim.c.payer_name).where(sent_claim.c.id == number), number)

    def _one(self, query: Any, number: int) -> str:
        return str(self._connection.execute(query).scalar() or "") if number else ""

    def _payment(self, one: Break) -> Any:
        """The payment of an answer, or itself, with the name of its file."""
        if not (one.answer or one.payment):
            return None
        r, c = remittance.c, claim_payment.c
        columns = (r.trace, r.originator, r.payment_date, r.payer_name, file.c.name)
        if one.answer:
            query = (
                select(*columns, c.control)
                .join(remittance, r.id == c.remittance_id)
                .join(file, file.c.id == r.file_id)
                .where(c.id == one.answer)
            )
        else:
            query = (
                select(*columns, literal("").label("control"))
                .join(file, file.c.id == r.file_id)
                .where(r.id == one.payment)
            )
        return self._connection.execute(query).one_or_none()


_MONEY: Final = RULE["lines.posted"]
_COUNTS: Final = frozenset({"claims", "claims of it in the ledger", "claims it was recorded with"})
