"""How an acknowledgement as a whole was joined: its state, and what is odd about the joins."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, and_, bindparam, case, func, select, update

from reconcile.acknowledgements_match import BATCH_NUMBER, CLAIM_NUMBER, CONTROL_NUMBERS
from reconcile.ledger import bulk
from reconcile.ledger.acknowledgements_files import UNKNOWN
from reconcile.ledger.acknowledgements_join import BELOW, OTHER_GROUP, SEVERAL_PAYERS
from reconcile.ledger.convert import from_json
from reconcile.ledger.tables import sent_claim
from reconcile.ledger.tables_answered import acknowledged, acknowledgement

_CLAIM: Final = sent_claim.c
_SAID: Final = acknowledged.c
_ACK: Final = acknowledgement.c
_SHOWN_FROM: Final = 4  # letters: a shorter name is masked whole
_USUAL: Final = ("", CONTROL_NUMBERS, BATCH_NUMBER, CLAIM_NUMBER)
_Odd = tuple[str, str, int, str]  # level, method, how many, the key of one


def settle(connection: Connection, ids: Sequence[int]) -> dict[int, tuple[str, str, int]]:
    """Write of each of these whether all it says was joined; gives (state, why, unmatched).

    Claims must be joined; of a 277CA's batch and providers only where no claim stands below them:
    they are spoken of by numbers that not every receiver gives back.
    """
    found: dict[int, tuple[str, str, int]] = {}
    for batch in bulk.batches(list(ids)):
        _keep_to_their_claims(connection, batch)
        counts, odd = _counts(connection, batch), _odd(connection, batch)
        some = {number: _state(counts.get(number, {}), odd.get(number, ())) for number in batch}
        _write(connection, some)
        found |= some
    return found


def _counts(connection: Connection, ids: Sequence[int]) -> dict[int, dict[str, tuple[int, int]]]:
    """How many things of each level are said and joined, by acknowledgement."""
    query = (
        select(_SAID.acknowledgement_id, _SAID.level, func.count(),
               func.sum(case((_SAID.file_id.is_not(None), 1), else_=0)))
        .where(_SAID.acknowledgement_id.in_(ids), _speaks())
        .group_by(_SAID.acknowledgement_id, _SAID.level)
    )  # fmt: skip
    found: dict[int, dict[str, tuple[int, int]]] = {}
    for number, level, count, joined in connection.execute(query):
        found.setdefault(number, {})[level] = (count, int(joined))
    return found


def _odd(connection: Connection, ids: Sequence[int]) -> dict[int, list[_Odd]]:
    """What was joined in no usual way, by acknowledgement."""
    query = (
        select(
            _SAID.acknowledgement_id, _SAID.level, _SAID.method, func.count(), func.min(_SAID.key)
        )
        .where(_SAID.acknowledgement_id.in_(ids), _speaks(), _SAID.method.not_in(_USUAL))
        .group_by(_SAID.acknowledgement_id, _SAID.level, _SAID.method)
    )
    found: dict[int, list[_Odd]] = {}
    for number, level, method, count, key in connection.execute(query):
        found.setdefault(number, []).append((level, method, count, key))
    return found


def _write(connection: Connection, states: Mapping[int, tuple[str, str, int]]) -> None:
    values: dict[str, Any] = {"state": bindparam("new_state"), "why": bindparam("new_why")}
    statement = update(acknowledgement).where(_ACK.id == bindparam("row")).values(values)
    connection.execute(
        statement,
        [
            {"row": number, "new_state": state, "new_why": why}
            for number, (state, why, _) in states.items()
        ],
    )


def _keep_to_their_claims(connection: Connection, ids: Sequence[int]) -> None:
    """Take the words of a 277CA on batch and provider off claims they are not said of.

    One transaction of ours may hold claims to several payers: each payer's answer names the whole
    batch and speaks of its own claims. So with claims below, it speaks of these alone; without
    any, of the whole transaction, unless a payer says it and the claims go to several.
    """
    of_277ca = select(_ACK.id).where(_ACK.id.in_(ids), _ACK.kind == "277CA")
    batches = and_(
        _SAID.acknowledgement_id.in_(of_277ca), _SAID.level.in_(("transaction", "provider"))
    )
    other = acknowledged.alias()
    below = select(other.c.id).where(
        other.c.acknowledgement_id == _SAID.acknowledgement_id, other.c.level == "claim"
    )
    nothing = {"file_id": None, "transaction_control": ""}
    connection.execute(
        update(acknowledged).where(batches, below.exists()).values(method=BELOW, **nothing)
    )
    by_payer = select(_ACK.id).where(_ACK.id.in_(ids), _ACK.source == "payer")
    connection.execute(
        update(acknowledged)
        .where(batches, _SAID.acknowledgement_id.in_(by_payer), _several_payers())
        .values(method=SEVERAL_PAYERS, **nothing)
    )


def _several_payers() -> ColumnElement[bool]:
    """Whether the transaction a row was joined to holds claims to more than one payer."""
    payers = select(func.count(_CLAIM.payer_id.distinct())).where(
        _CLAIM.file_id == _SAID.file_id, _CLAIM.transaction_control == _SAID.transaction_control
    )
    return payers.scalar_subquery() > 1


def _speaks() -> ColumnElement[bool]:
    """Not a transaction of a file that is not known: that is said once, of the file."""
    return ~((_SAID.level == "transaction") & _SAID.method.in_((*UNKNOWN, OTHER_GROUP)))


def _state(counts: Mapping[str, tuple[int, int]], odd: Iterable[_Odd]) -> tuple[str, str, int]:
    names = ["interchange", "group", "claim"]
    if "group" in counts or "claim" not in counts:
        names += ["transaction", "provider"]
    levels = [level for level in names if level in counts]
    total = sum(counts[level][0] for level in levels)
    joined = sum(counts[level][1] for level in levels)
    why = _why(one for one in odd if one[0] in levels)
    if why and why.endswith(OTHER_GROUP) and not joined:
        return "elsewhere", why, 0
    state = "joined" if joined == total else "partly" if joined else "unmatched"
    return state, why, total - joined


def _why(odd: Iterable[_Odd]) -> str:
    """What is odd about the joins, in words."""
    found: dict[str, tuple[int, str]] = {}
    for _, method, count, key in odd:
        others, least = found.get(method, (0, key))
        found[method] = (others + count, min(least, key))
    told = []
    for method, (count, key) in sorted(found.items()):
        name = _tellable(next((part for part in reversed(from_json(key)) if part), ""))
        more = f" and {count - 1:,} more" if count > 1 else ""
        told.append(f"{name}{more}: {method}" if name else f"{method}{more}")
    return "; ".join(told)


def _tellable(name: str) -> str:
    """A number as pages and logs may tell it: one without a digit may be a patient's name."""
    plain = name.isascii() and " " not in name and "," not in name
    if not name or (plain and any(mark.isdigit() for mark in name)):
        return name
    return f"{name[0]}***{name[-1]}" if len(name) >= _SHOWN_FROM else "*" * len(name)
