"""What an acknowledgement says, in our own words: verdicts, codes, entities.

The words of codes are in ``edi.codes``; a code we do not know is shown as it came.
"""

from collections.abc import Mapping
from typing import Final

from edi import codes
from edi.acknowledgement import CODE_LISTS, Acknowledged, Kind, Level, Status, Verdict

__all__ = ["ENTITIES", "list_name", "meaning", "named", "standing", "todo"]

ENTITIES: Final[Mapping[str, str]] = {  # STC01-3, X12 list 98, as far as a 277CA of claims uses it
    "40": "receiver",
    "41": "submitter",
    "71": "attending provider",
    "77": "service location",
    "82": "rendering provider",
    "85": "billing provider",
    "87": "pay-to provider",
    "1P": "provider",
    "AY": "clearinghouse",
    "DK": "ordering provider",
    "DN": "referring provider",
    "DQ": "supervising provider",
    "GB": "other insured",
    "IL": "subscriber",
    "P3": "primary care provider",
    "PR": "payer",
    "QC": "patient",
    "03": "dependent",
}
_WHOLE: Final[Mapping[Level, str]] = {
    "interchange": "file",
    "group": "group",
    "transaction": "transaction",
    "provider": "provider's claims",
    "claim": "claim",
    "line": "line",
}
_STANDING: Final[Mapping[Verdict, str]] = {
    "accepted": "accepted",
    "accepted with errors": "accepted with errors: do not send again",
    "partly accepted": "partly accepted: see the parts",
    "received": "received, not yet accepted",
    "forwarded": "forwarded to another",
    "rejected": "rejected",
    "other": "no verdict",
}
_REJECTED: Final[Mapping[Level, str]] = {  # what became of what was sent
    "interchange": "rejected: nothing of the file was taken",
    "group": "rejected: no claim of it was taken",
    "transaction": "rejected: no claim of it was taken",
    "provider": "rejected: no claim of this provider was taken",
    "claim": "rejected: repair and send as an original",
    "line": "rejected: the claim is not taken with it",
}
_TAKEN: Final[Mapping[Level, str]] = {  # the syntax was right: no word about claims or payment
    "interchange": "accepted: the envelope is right",
    "group": "accepted: the form is right",
    "transaction": "accepted: the form is right",
}


_FAMILIES: Final[Mapping[str, str]] = {  # list 507 by its letters; new numbers come each year
    "D": "nothing found",
    "E": "not answered",
    "F": "finished; no verdict in a 277CA",
    "P": "pending; no verdict in a 277CA",
    "R": "more information asked for; no verdict in a 277CA",
}


def list_name(code_list: str, kind: Kind) -> str:
    """A list as the acknowledgement itself calls it: a 997 has AK304 where a 999 has IK304."""
    return f"A{code_list[1:]}" if kind == "997" and code_list[:2] == "IK" else code_list


def standing(thing: Acknowledged) -> str:
    """What became of a thing, in a few words; an accepted 999 is never said to accept claims."""
    if thing.verdict == "rejected":
        return _REJECTED[thing.level]
    if thing.verdict == "accepted" and not thing.batch and thing.level in _TAKEN:
        return _TAKEN[thing.level]
    return _STANDING[thing.verdict]


def named(thing: Acknowledged) -> str:
    """A thing as a person calls its level."""
    return "batch" if thing.level == "transaction" and thing.batch else _WHOLE[thing.level]


def meaning(status: Status) -> str:
    """A code in our words with its place: ``CLM05-1 (segment 22): code not valid``."""
    if status.list == "STC":
        return _of_claim(status)
    if status.list not in CODE_LISTS:  # a clearinghouse's own report
        return f"code {status.code}, the sender's own"
    entry = codes.lookup(status.list, status.code)  # type: ignore[arg-type]  # one of CODE_LISTS
    words = entry.meaning if entry else f"code {status.code}, not in our tables"
    place = status.element or status.segment
    if not place:
        return words
    where = " ".join(
        (
            *((f"segment {status.position}",) if status.position else ()),
            *((f"loop {status.loop}",) if status.loop else ()),
        )
    )
    cause = f" because of {status.trigger}" if status.trigger else ""
    return f"{place}{f' ({where})' if where else ''}: {words}{cause}"


def todo(status: Status) -> str:
    """What to do about a code; empty where we do not know it."""
    if status.list not in CODE_LISTS:
        return ""
    if status.list != "STC":
        entry = codes.lookup(status.list, status.code)  # type: ignore[arg-type]  # as above
        return entry.todo if entry else ""
    category, _, code = status.code.partition(":")
    what, kind = codes.lookup("status", code.lstrip("0")), codes.lookup("status_category", category)
    said = [what.todo] if what and what.todo not in ("", "fix", "none") else []
    return "; ".join([*said, *([kind.todo] if kind and kind.todo not in said else [])])


def _of_claim(status: Status) -> str:
    """``category:status`` and whom it is about."""
    category, _, code = status.code.partition(":")
    kind = codes.lookup("status_category", category)
    what = codes.lookup("status", code.lstrip("0") or code)
    unknown = _FAMILIES.get(category[:1], "not in our tables")
    words = kind.meaning if kind else f"category {category}: {unknown}"
    if code:
        words += f"; {what.meaning if what else f'status {code}, not in our tables'}"
    if status.entity:
        words += f" ({ENTITIES.get(status.entity.upper(), f'entity {status.entity}')})"
    return words
