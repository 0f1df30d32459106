"""An acknowledgement in business words: what ``claimline read`` shows of TA1, 999, 997, 277CA."""

from typing import Any

from claimline.render.words import shown_number
from claimline.services.plain import money
from edi.acknowledgement import Acknowledged, Acknowledgement, Kind, Status
from edi.acknowledgement_words import list_name, meaning, named, standing, todo
from edi.acknowledgements import kind_of, stream
from edi.envelope import Interchange, Transaction
from edi.ta1 import read_ta1

Content = dict[str, Any]


def of_transaction(transaction: Transaction, *, show_patient: bool) -> Content:
    """One 999, 997 or 277CA."""
    head: Content = {}
    kind = kind_of(transaction) or "999"
    things: list[Content] = []
    for part in stream(transaction):
        if isinstance(part, Acknowledgement):
            head = _head(part)
        else:
            things.append(_thing(part, kind, show_patient=show_patient))
    return head | {"complete": transaction.complete, "things": things}


def of_interchange(interchange: Interchange) -> list[Content]:
    """The TA1s of an interchange that was read to its end."""
    return [
        _head(each)
        | {
            "complete": True,
            "things": [_thing(t, each.kind, show_patient=False) for t in each.things],
        }
        for each in read_ta1(interchange)
    ]


def _head(given: Acknowledgement) -> Content:
    return {
        "kind": given.kind,
        "source": given.source,
        "source_name": given.source_name,
        "source_id": given.source_id,
        "control": given.control,
        "reference": given.reference,
        "date": given.date.isoformat() if given.date else None,
    }


def _thing(thing: Acknowledged, kind: Kind, *, show_patient: bool) -> Content:
    """What is said of one thing; free text and wrong values only where patients may be shown."""
    return {
        "level": thing.level,
        "what": named(thing),
        "number": _number(thing, show_patient=show_patient),
        "verdict": thing.verdict,
        "means": standing(thing),
        **{key: getattr(thing, key) for key in ("interchange", "group", "transaction", "batch")},
        **{key: getattr(thing, key) for key in ("provider", "line", "procedure")},
        "claim": _claim(thing, show_patient=show_patient),
        "payer_claim": thing.payer_control,
        "clearinghouse_claim": thing.clearinghouse_control,
        "date": thing.date.isoformat() if thing.date else None,
        "amount": money(thing.amount) if thing.amount is not None else None,
        "count": thing.claims,
        "accepted": thing.accepted,
        "rejected": thing.rejected,
        "segment": thing.position,
        "statuses": [_status(each, kind, show_patient=show_patient) for each in thing.statuses],
        "text": thing.text if show_patient else "",
        "text_hidden": bool(thing.text) and not show_patient,
    }


def _claim(thing: Acknowledged, *, show_patient: bool) -> str:
    """The claim's number; other systems put names into it."""
    return thing.claim if show_patient else shown_number(thing.claim)


def _number(thing: Acknowledged, *, show_patient: bool) -> str:
    """The number that names it at its level."""
    by_level = {
        "interchange": thing.interchange,
        "group": thing.group,
        "transaction": thing.transaction or thing.batch,
        "provider": thing.provider,
        "claim": _claim(thing, show_patient=show_patient),
        "line": thing.line or thing.procedure,
    }
    return by_level[thing.level]


def _status(status: Status, kind: Kind, *, show_patient: bool) -> Content:
    return {
        "list": list_name(status.list, kind),
        "code": status.code,
        "entity": status.entity,
        "means": meaning(status),
        "todo": todo(status),
        **{key: getattr(status, key) for key in ("segment", "position", "loop", "element")},
        "trigger": status.trigger,
        **({"value": status.value} if show_patient else {}),
    }
