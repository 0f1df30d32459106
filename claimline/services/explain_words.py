"""What a person types for a code, read into codes and the tables they are asked of."""

import re
from collections.abc import Iterator, Sequence
from typing import Final, Literal

from attrs import frozen

from edi import codes

Kind = codes.Kind | Literal["modifier"]
KINDS: Final[dict[str, Kind]] = {  # how a person names a table -> the table
    "CARC": "carc", "CAS": "carc", "RARC": "rarc", "LQ": "rarc", "MOA": "rarc", "CAS01": "group",
    "GROUP": "group", "CLP02": "claim_status", "PLB": "plb", "PLB03": "plb", "STC": "status",
    "MODIFIER": "modifier",
    "TA105": "TA105", "TA1": "TA105", "AK905": "AK905", "AK9": "AK905",
    "IK304": "IK304", "IK3": "IK304", "AK304": "IK304", "AK3": "IK304",
    "IK403": "IK403", "IK4": "IK403", "AK403": "IK403", "AK4": "IK403",
    "IK502": "IK502", "IK5": "IK502", "AK502": "IK502", "AK5": "IK502",
}  # fmt: skip
_DASHES: Final = str.maketrans(  # en dash, minus and their like; CO/45, CO_45
    dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212_/=:", "-")
)
_PAIR: Final = re.compile(r"([A-Z]{2})-([A-Z]?\d{1,4})")
_STATUS: Final = re.compile(r"([A-Z]\d)-(\d{1,3})(?:-(\w{2,3}))?")  # STC01: A7:21, A7:562:85
_JOINED: Final = re.compile(r"(CO|PR|OA|PI|CR)([A-Z]?\d{1,3})")


@frozen(kw_only=True)
class Asked:
    """One code as it is looked up. ``code`` is empty where a whole table is asked for."""

    code: str
    kind: Kind | None = None  # None: any table
    group: str = ""  # of an adjustment reason
    read_as: str = ""  # where it was written in another way


def asked(words: Sequence[str]) -> Iterator[Asked]:
    """The codes asked for, in order; a table's name applies to the code after it."""
    tokens = [token for word in words for token in _tokens(word)]
    at = 0
    while at < len(tokens):
        token, after = tokens[at], tokens[at + 1 : at + 2]
        at += 1
        if token in KINDS:
            if after and after[0] not in KINDS:
                some = list(_named(token, tokens[at : at + 2]))
                at += 2 if len(some) > 1 and not _STATUS.fullmatch(after[0]) else 1
                yield from some
            else:
                yield Asked(code="", kind=KINDS[token])
        elif after and _are_a_pair(token, after[0]):
            at += 1
            reason = _plain(after[0])
            yield Asked(code=reason, group=token, read_as=f"{token}-{reason}")
        else:
            yield from _status(token) or (_one(token),)


def _tokens(word: str) -> Iterator[str]:
    """A word cut at commas and spaces, every dash a hyphen; CARC-59 is two."""
    for token in re.split(r"[\s,;]+", word.upper().translate(_DASHES)):
        head, dash, tail = token.strip("-").partition("-")
        if dash and head in KINDS:
            yield from (head, tail)
        elif head:
            yield token.strip("-")


def _are_a_pair(first: str, second: str) -> bool:
    """``CO 45``: a group and a reason as two words."""
    return codes.is_known("group", first) and codes.is_known("carc", _plain(second))


def _named(table: str, after: Sequence[str]) -> Iterator[Asked]:
    """The code after a table's name; after STC a category, and the status that follows it."""
    first, second = after[0], "".join(after[1:])
    if KINDS[table] == "TA105":
        yield Asked(code=first.zfill(3), kind="TA105")
    elif KINDS[table] != "status":
        yield Asked(code=_plain(first), kind=KINDS[table])
    elif _status(first):
        yield from _status(first)
    elif not codes.is_known("status_category", first):
        yield Asked(code=_plain(first), kind="status")
    else:
        yield Asked(code=first, kind="status_category")
        if codes.is_known("status", _plain(second)):
            yield Asked(code=_plain(second), kind="status")


def _status(token: str) -> tuple[Asked, ...]:
    """Category and status of a 277CA in one word, A7:21; nothing where it is no such pair."""
    pair = _STATUS.fullmatch(token)
    if pair is None or not codes.is_known("status_category", pair[1]):
        return ()
    read_as = f"STC {pair[1]}:{pair[2]}" + (f", without the entity {pair[3]}" if pair[3] else "")
    return (
        Asked(code=pair[1], kind="status_category", read_as=read_as),
        Asked(code=_plain(pair[2]), kind="status", read_as=read_as),
    )


def _one(token: str) -> Asked:
    """A code by itself, or a group and a reason with a hyphen."""
    joined = token.replace("-", "")
    if _is_somewhere(joined):
        return Asked(code=_plain(joined), read_as=joined if joined != token else "")
    pair = _PAIR.fullmatch(token) or _JOINED.fullmatch(token)
    if pair is None:
        plain = _plain(token)
        return Asked(code=plain, read_as=plain if plain != token else "")
    reason = _plain(pair[2])
    name = f"{pair[1]}-{reason}"
    return Asked(code=reason, group=pair[1], read_as=name if name != token else "")


def _is_somewhere(code: str) -> bool:
    return any(codes.is_known(kind, code) for kind in ("carc", "rarc", "group", "plb"))


def _plain(code: str) -> str:
    """045 is 45."""
    return code.lstrip("0") or "0" if code.isdigit() and len(code) <= 3 else code
