"""Proving: what should have come and has not; whether every claim and cent is accounted for."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any, Final

from claimline.errors import DONE, NEEDS_PERSON
from claimline.night.context import Night
from claimline.night.values import Note, Step
from claimline.render.words import counted, shown_number
from claimline.services.missing import missing, read_limits
from claimline.services.proof import item_data
from reconcile.ledger import journal
from reconcile.ledger.proof import prove
from reconcile.proof import Equation, Item, Proof

SHOWN: Final = 5  # numbers in one note
KEPT: Final = 20  # items of an equation in the report


def missing_step(night: Night, _before: Sequence[Step]) -> Step:
    """What should have come and has not, with whom to call."""
    with night.ledger() as ledger:
        notes = missing(
            ledger,
            night.practice,
            read_limits(night.config.missing),
            night.now,
            night.usage,
            profiles=night.config.profiles,
        )
    return Step(
        name="missing",
        status=NEEDS_PERSON if any(note.urgency != "know" for note in notes) else DONE,
        counts=_by_kind(notes),
        notes=notes,
    )


def _by_kind(notes: Iterable[Note]) -> dict[str, int]:
    """How many things of each kind are missing."""
    counts: Counter[str] = Counter()
    for note in notes:
        counts[note.kind.removeprefix("missing.")] += note.count
    return dict(counts)


def proof_step(night: Night, _before: Sequence[Step]) -> Step:
    """Check every equation of the book."""
    with night.ledger() as ledger, ledger.reading() as connection:
        proof = prove(connection, night.usage)
        entries, head = journal.head(connection)
    return Step(
        name="proof",
        status=DONE if proof.closes else NEEDS_PERSON,
        counts={
            "equations": len(proof.equations),
            "not closing": len(proof.broken),
            "not explained": f"{proof.not_explained:,.2f}",
            "accepted by a person": len(proof.accepted),
        },
        notes=(*_broken(proof.broken), *_not_explained(proof)),
        detail={"proof": proof_data(proof) | {"journal": journal.told(entries, head)}},
    )


def proof_data(proof: Proof) -> dict[str, Any]:
    """The proof, for the report."""
    return {
        "closes": proof.closes,
        "told": _told(proof),
        "not_explained": f"{proof.not_explained:.2f}",
        "equations": [_equation(one) for one in proof.equations],
        "places": [{"where": where, "paid": f"{paid:.2f}"} for where, paid in proof.places],
        "unexplained": [item_data(one) for one in proof.unexplained[:KEPT]],
        "accepted": [item_data(one) for one in proof.accepted[:KEPT]],
    }


def _told(proof: Proof) -> str:
    """The proof in one sentence."""
    if proof.closes:
        return "Every equation closes, and no cent is left unexplained."
    broken = counted(len(proof.broken), "equation")
    does = "does" if len(proof.broken) == 1 else "do"
    parts = [f"{broken} {does} not close"] if proof.broken else []
    if proof.unexplained_count:
        parts.append(f"{proof.not_explained:,.2f} is not explained")
    return f"It does not close: {' and '.join(parts)}. claimline proof tells all of it."


def _equation(one: Equation) -> dict[str, Any]:
    return {
        "key": one.rule.key,
        "name": one.rule.says,
        "left": _amount(one.left),
        "right": _amount(one.right),
        "difference": _amount(one.difference),
        "broken": one.broken,
        "closes": one.closes,
        "items": [item_data(item) for item in one.items[:KEPT]],
    }


def _amount(value: Decimal | int) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:,.2f}"


def _broken(equations: Iterable[Equation]) -> Iterator[Note]:
    """A note for each equation that does not close."""
    for one in equations:
        money = one.difference if isinstance(one.difference, Decimal) else None
        yield Note(
            kind=f"proof.{one.rule.key}",
            urgency="now",
            what=f"the proof does not close: {one.rule.says} ({_amount(one.left)} and "
            f"{_amount(one.right)}, {counted(one.broken, 'place')}). {one.rule.means}",
            todo=one.rule.todo,
            count=one.broken,
            money=abs(money) if money else None,
            ids=_ids(one.items),
        )


def _not_explained(proof: Proof) -> Iterator[Note]:
    """What payers' own figures leave open."""
    if not proof.unexplained_count:
        return
    payers = dict.fromkeys(one.payer for one in proof.unexplained if one.payer)
    yield Note(
        kind="proof.not-explained",
        urgency="today",
        what=f"{proof.not_explained:,.2f} in {counted(proof.unexplained_count, 'place')} is not "
        f"explained: figures of {', '.join(payers) or 'the payer'} do not add up",
        todo="claimline proof names each; ask the payer for a corrected remittance, or accept the "
        "difference with a reason (docs/proof.md)",
        call=", ".join(payers),
        count=proof.unexplained_count,
        money=proof.not_explained,
        ids=_ids(proof.unexplained),
    )


def _ids(items: Sequence[Item]) -> tuple[str, ...]:
    names = (shown_number(one.claim) if one.claim else one.trace or one.file for one in items)
    return tuple(dict.fromkeys(filter(None, names)))[:SHOWN]
