"""The proof of a book as a person and a program read it, and differences that a person accepts."""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from claimline.errors import WrongUsageError
from claimline.render import Column, Table, counted
from claimline.render.words import shown_number
from claimline.services.collector import rarely_collected
from reconcile.ledger.proof import accept, prove
from reconcile.proof import Equation, Item, Proof
from reconcile.proof_rules import RULE

if TYPE_CHECKING:
    from reconcile.ledger import Ledger, Run, Usage

BOOKS: Final = {"P": "production", "T": "test"}
UNEXPLAINED_TODO: Final = (
    "Ask the payer for a corrected remittance. If it stays so, accept the difference: "
    'claimline proof --accept NUMBER --reason "..."'
)


def of_book(ledger: "Ledger", usage: "Usage", *, recorded: "Ledger | None" = None) -> Proof:
    """The proof of one book, of one moment.

    Args:
        ledger: open.
        usage: the book.
        recorded: the ledger that is kept, where ``ledger`` holds its books as of a day.
    """
    with rarely_collected(), ledger.reading() as connection:
        if recorded is None or recorded is ledger:
            return prove(connection, usage)
        with recorded.reading() as kept:
            return prove(connection, usage, recorded=kept)


def decide(
    ledger: "Ledger", run: "Run", usage: "Usage", words: Sequence[str], *, reason: str, undo: bool
) -> tuple[Item, ...]:
    """Accept differences of payers, or take that back; a decision each, kept for good.

    Raises:
        WrongUsageError: one of ``words`` names nothing that can be accepted, or several.
    """
    proof = of_book(ledger, usage)
    known = proof.accepted if undo else proof.unexplained
    items = tuple(_named(word, known, proof, undo=undo) for word in dict.fromkeys(words))
    with ledger.begin(run) as writer:
        for item in items:
            writer.decide(accept(item, user=run.user, reason=reason, undo=undo))
    return items


def _named(word: str, known: Sequence[Item], proof: Proof, *, undo: bool) -> Item:
    """The difference of that claim, line, payment or key.

    Raises:
        WrongUsageError: there is none that can be accepted, or taken back; or several.
    """
    found = [item for item in known if word in _numbers(item)]
    if len(found) == 1:
        return found[0]
    if found:
        keys = ", ".join(item.key for item in found)
        raise WrongUsageError(f"{word} has {len(found)} differences", todo=f"name one: {keys}")
    if any(word in _numbers(item) for one in proof.equations for item in one.items):
        raise WrongUsageError(
            f"{word} is a fault of the ledger, not a difference of a payer: it cannot be accepted",
            todo="do what claimline proof says below it",
        )
    state = "accepted" if undo else "open"
    raise WrongUsageError(
        f"{word}: no difference of that claim, line or payment is {state}",
        todo="take the number from claimline proof",
    )


def _numbers(item: Item) -> tuple[str, ...]:
    """By what a difference may be named."""
    return tuple(filter(None, (item.key, item.claim, item.line, item.trace)))


# --- for programs -------------------------------------------------------------------------------


def data(proof: Proof) -> dict[str, Any]:
    """The proof as plain values; amounts are strings."""
    return {
        "usage": proof.usage,
        "closes": proof.closes,
        "not_explained": str(proof.not_explained),
        "equations": [_equation_data(one) for one in proof.equations],
        "money": [{"where": where, "amount": str(amount)} for where, amount in proof.places],
        "unexplained": [item_data(one) for one in proof.unexplained],
        "unexplained_count": proof.unexplained_count,
        "accepted": [item_data(one) for one in proof.accepted],
        "waiting": [
            {"state": state, "claims": count, "paid": str(paid)}
            for state, count, paid in proof.waiting
        ],
    }


def _equation_data(one: Equation) -> dict[str, Any]:
    return {
        "key": one.rule.key,
        "says": one.rule.says,
        "unit": one.rule.unit,
        "left": str(one.left),
        "right": str(one.right),
        "difference": str(one.difference),
        "closes": one.closes,
        "broken": one.broken,
        "means": one.rule.means,
        "todo": one.rule.todo,
        "items": [item_data(item) for item in one.items],
    }


def item_data(one: Item) -> dict[str, Any]:
    """One thing that does not close, as plain values."""
    return {
        "key": one.key,
        "equation": one.equation,
        "claim": shown_number(one.claim) if one.claim else "",
        "line": one.line,
        "trace": one.trace,
        "file": one.file,
        "payer": one.payer,
        "expected": one.expected,
        "found": one.found,
        "difference": str(one.difference),
        "why": one.why,
        "accepted": one.accepted,
    }


# --- for people ---------------------------------------------------------------------------------


def headline(proof: Proof, when: str = "") -> str:
    """The proof in one sentence."""
    book = f"The {BOOKS[proof.usage]} book{when}"
    if proof.closes:
        more = f", {counted(len(proof.accepted), 'difference')} accepted" if proof.accepted else ""
        return f"{book} closes: every equation holds, nothing is left unexplained{more}."
    broken = counted(len(proof.broken), "equation")
    parts = [f"{broken} of {len(proof.equations)} not equal"] if proof.broken else []
    if proof.unexplained_count:
        parts.append(f"{proof.not_explained:.2f} not explained")
    return f"{book} does not close: {', '.join(parts)}."


def beside_note(ledger: "Ledger", usage: "Usage") -> str:
    """That the claims made here are in the test book, where the other one is shown."""
    from reconcile.ledger import status

    with ledger.reading() as connection:
        if usage == "T" or not status.only_tests(connection):
            return ""
    return "Claims made here are in the test book alone: --test shows it."


def when_note(ledger: "Ledger", day: dt.date, today: dt.date) -> str:
    """What a person should know of books as of a day; empty where there is nothing to say."""
    if day >= today:
        return f"{day} is not over: these are the books as they are known now."
    if not ledger.status().runs:
        return f"Nothing was recorded here up to {day}: these are empty books."
    return ""


def tables(proof: Proof) -> Iterator[Table]:
    """The equations, where the money is, and what does not close."""
    yield _equations(proof)
    yield _money(proof)
    faults = [(one.rule.key, item) for one in proof.equations for item in one.items]
    if faults:
        yield _faults(faults, proof)
    if proof.unexplained:
        yield _unexplained(proof)
    if proof.accepted:
        yield _accepted(proof.accepted)


def _equations(proof: Proof) -> Table:
    columns = (
        Column(key="says", title="What must be equal"),
        Column(key="left", title="Left", kind="number"),
        Column(key="right", title="Right", kind="number"),
        Column(key="result", title="Difference", kind="number"),
        Column(key="key", title="equation", place="file"),
        Column(key="sides", title="sides", place="file"),
        Column(key="broken", title="places", place="file"),
    )
    rows = [
        {
            "says": one.rule.says,
            "left": shown(one.left),
            "right": shown(one.right),
            "result": "OK" if one.closes else _result(one),
            "key": one.rule.key,
            "sides": f"{one.rule.left} / {one.rule.right}",
            "broken": one.broken,
        }
        for one in proof.equations
    ]
    return Table(columns=columns, rows=rows, sheet="Equations")


def _result(one: Equation) -> str:
    return shown(one.difference) if one.difference else counted(one.broken, "place")


def shown(value: Decimal | int) -> str:
    """An amount with two decimals, a count without."""
    return f"{value:,}" if isinstance(value, int) else f"{value:.2f}"


def _money(proof: Proof) -> Table:
    total, *rest = proof.places
    rows = [{"where": where, "amount": amount} for where, amount in rest if amount]
    notes = [
        f"{counted(count, 'claim payment')} {state}: {paid:.2f}"
        for state, count, paid in proof.waiting
    ]
    return Table(
        title="Where the money of the remittances is",
        columns=(
            Column(key="where", title="Where"),
            Column(key="amount", title="Dollars", kind="money"),
        ),
        rows=rows,
        totals={"where": total[0], "amount": total[1]} if rows else None,
        empty="Nothing: no payment was received, or they come to 0.00.",
        notes=tuple(notes),
        sheet="Money",
    )


_ITEM: Final = (
    Column(key="claim", title="Claim", kind="id"),
    Column(key="line", title="Line", kind="id"),
    Column(key="trace", title="Payment", kind="id"),
)
_FROM: Final = (
    Column(key="why", title="what", place="below"),
    Column(key="from", title="from", place="below", in_files=False),
    Column(key="payer", title="payer", place="file"),
    Column(key="file", title="file", place="file"),
)


def _row(one: Item) -> dict[str, Any]:
    source = ", ".join(filter(None, (one.payer, one.file)))
    sides = {"expected": _side(one, one.expected), "found": _side(one, one.found)}
    return {**item_data(one), **sides, "from": source, "difference": one.difference or None}


def _side(one: Item, text: str) -> str:
    """A side as the equations show theirs: amounts with two decimals, words as they are."""
    return shown(Decimal(text)) if one.difference else text


def _faults(faults: Sequence[tuple[str, Item]], proof: Proof) -> Table:
    rows = [{**_row(item), "says": RULE[key].says} for key, item in faults]
    more = sum(one.broken for one in proof.equations) - len(faults)
    notes = [f"And {more:,} more like these."] if more > 0 else []
    by_todo: dict[str, list[str]] = {}
    for key in dict.fromkeys(key for key, _ in faults):
        by_todo.setdefault(RULE[key].todo, []).append(f"{RULE[key].says}: {RULE[key].means}")
    for todo, means in by_todo.items():
        notes += [*means, f"  To do: {todo}"]
    return Table(
        title="What does not close",
        columns=(
            Column(key="says", title="What must be equal", once=True),
            *_ITEM,
            Column(key="expected", title="Should be", kind="number"),
            Column(key="found", title="Is", kind="number"),
            *_FROM,
        ),
        rows=rows,
        notes=tuple(notes),
        sheet="Not equal",
    )


def _unexplained(proof: Proof) -> Table:
    more = proof.unexplained_count - len(proof.unexplained)
    notes = [f"And {more:,} more like these."] if more > 0 else []
    return Table(
        title="Not explained: figures of the payer that do not add up",
        columns=(
            *_ITEM,
            Column(key="difference", title="Dollars", kind="money"),
            Column(key="key", title="key", place="file"),
            *_FROM,
        ),
        rows=[_row(one) for one in proof.unexplained],
        totals={"claim": "each above zero", "difference": proof.not_explained},
        notes=(*notes, UNEXPLAINED_TODO),
        sheet="Not explained",
    )


def _accepted(items: Iterable[Item]) -> Table:
    return Table(
        title="Accepted by a person: not in the sum",
        columns=(
            *_ITEM,
            Column(key="difference", title="Dollars", kind="money"),
            Column(key="key", title="key", place="file"),
            Column(key="accepted", title="by", place="below"),
        ),
        rows=[_row(one) for one in items],
        sheet="Accepted",
    )
