"""What a code means here and what to do: every table that knows it, with the table's date.

A code may mean several things: 59 is a modifier and an adjustment reason. All are shown; who wants
one says which (``CARC 59``, ``CLP02 4``). A code nobody knows is said to be unknown.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, Final

from attrs import frozen

from edi import codes

KINDS: Final = {  # how a person names a table -> the table
    "CARC": "carc", "CAS": "carc", "RARC": "rarc", "LQ": "rarc", "MOA": "rarc", "CAS01": "group",
    "GROUP": "group", "CLP02": "claim_status", "PLB": "plb", "PLB03": "plb", "STC": "status",
}  # fmt: skip
BARE: Final = ("group", "carc", "rarc", "claim_status", "plb", "status_category")
TITLES: Final = {
    "carc": "adjustment reason (CARC)",
    "rarc": "remark (RARC)",
    "group": "adjustment group",
    "claim_status": "claim status (CLP02)",
    "plb": "provider adjustment (PLB)",
    "status": "claim status code (277CA)",
    "status_category": "status category (277CA)",
    "procedure": "procedure code",
    "modifier": "modifier",
    "unknown": "unknown",
}
REFUSAL_WORDS: Final = {
    "yes": "refuses payment",
    "no": "is no refusal",
    "pending": "waits for something",
    "unknown": "not known whether it refuses payment",
}
GENERAL: Final = defaultdict(  # for the words that a real line fills in
    str,
    times="start and stop times",
    partner="the other service",
    modifier="59 or X",
    authorization="number",
    code="the line",
    excess="the excess",
)
_GROUP_AND_REASON: Final = re.compile(r"(CO|PR|OA|PI|CR)[-: ]?([A-Z]?\d{1,3})")


@frozen(kw_only=True)
class Explanation:
    """One meaning of one code."""

    asked: str
    kind: str
    code: str
    meaning: str
    todo: str = ""
    more: tuple[str, ...] = ()
    table: str = ""  # which table, of which day
    known: bool = True


def explain(words: Sequence[str]) -> Iterator[Explanation]:
    """All meanings of the codes asked for, in the order asked; at least one for each."""
    for asked, kind in _asked(words):
        found = list(_meanings(asked, kind))
        yield from found or [_unknown(asked)]


def _asked(words: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Each code with the table it was asked of; empty for any."""
    kind = ""
    for word in words:
        text = word.strip().upper()
        if text in KINDS:
            kind = KINDS[text]
            continue
        head, _, tail = text.replace("=", " ").replace("-", " ", 1).partition(" ")
        if not kind and head in KINDS and tail:
            yield tail.strip(), KINDS[head]
        else:
            yield text, kind
        kind = ""


def _meanings(code: str, kind: str) -> Iterator[Explanation]:
    """What a code means in the table asked, or in all of them."""
    if not kind and (pair := _GROUP_AND_REASON.fullmatch(code)):
        yield from _adjustment(code, pair[1], pair[2])
        return
    for name in (kind,) if kind else BARE:
        yield from _in_table(code, name)
    if not kind:
        yield from _therapy(code)


def _in_table(code: str, name: Any) -> Iterator[Explanation]:
    """The meaning in one of ``edi.codes``' tables, if it has one."""
    entry = codes.lookup(name, code)
    if entry is None:
        return
    more = [f"last day of use {entry.until.isoformat()}"] if entry.until else []
    if name == "carc":
        more.append(REFUSAL_WORDS[entry.refusal or "unknown"])
        more += [f"usual group {entry.group}"] if entry.group else []
    elif name == "rarc" and entry.group:
        more.append(f"usually with reason {entry.group}")
    yield Explanation(
        asked=code, kind=name, code=entry.code, meaning=entry.meaning, todo=entry.todo,
        more=tuple(more), table=_table(name),
    )  # fmt: skip


def _adjustment(asked: str, group: str, reason: str) -> Iterator[Explanation]:
    """A reason under its group: what decides is both together."""
    whose = codes.lookup("group", group)
    entry = codes.lookup("carc", reason)
    if whose is None or entry is None:
        return
    yield Explanation(
        asked=asked,
        kind="carc",
        code=f"{group}-{entry.code}",
        meaning=entry.meaning,
        todo=entry.todo,
        more=(
            f"{group} {whose.meaning}",
            REFUSAL_WORDS[codes.refusal(group, reason)],
            *_denials(group, entry.code),
        ),
        table=_table("carc"),
    )


def _denials(group: str, reason: str) -> Iterator[str]:
    """What lines with this reason turn out to be, by payer and remark: the denial table's rows."""
    from reconcile.denial_table import shipped_table

    for row in shipped_table().rows:
        if row.codes.isdisjoint({f"{group}-{reason}", f"*-{reason}"}):
            continue
        where = [*sorted(row.families), *(f"with {remark}" for remark in sorted(row.remarks))]
        where += [f"{' '.join(sorted(row.beside))} the same day"] if row.beside else []
        where += [f"{_modifiers(row.sent)} sent"] if row.sent else []
        where += [f"{_modifiers(row.not_sent)} not sent"] if row.not_sent else []
        where += [f"REF {reference} sent" for reference in sorted(row.references)]
        never = f"; never: {', '.join(row.never)}" if row.never else ""
        told = f"{row.category} ({', '.join(where)})" if where else row.category
        yield f"{told}: {row.next_step}{never}".format_map(GENERAL)


def _modifiers(wanted: frozenset[str]) -> str:
    """A set of modifiers in short."""
    return "59 or X" if "59" in wanted else " ".join(sorted(wanted))


def _therapy(code: str) -> Iterator[Explanation]:
    """Therapy procedure codes and modifiers."""
    from mapping import codes as therapy

    if code in therapy.MODIFIER_LABELS:
        yield Explanation(
            asked=code,
            kind="modifier",
            code=code,
            meaning=therapy.MODIFIER_LABELS[code],
            more=(f"group: {therapy.MODIFIER_GROUPS[code]}",),
            table=therapy.VERSION,
        )
    known = therapy.CODES.get(code)
    if known is not None:
        base = f", {known.base_minutes} minutes" if known.base_minutes else ""
        more = [f"{known.shape}{base}", f"disciplines {' '.join(known.disciplines)}"]
        more += [f"therapy code: {known.disposition}"] if known.disposition else []
        more += [known.note] if known.note else []
        yield Explanation(
            asked=code,
            kind="procedure",
            code=code,
            meaning=known.label,
            more=(*more, *_pairs(code)),
            table=therapy.VERSION,
        )


def _pairs(code: str) -> Iterator[str]:
    """The edit pairs of a procedure code: with what, and which line takes the modifier."""
    from mapping.pairs import PAIRS

    for codes_of_pair, rows in PAIRS.items():
        if code not in codes_of_pair:
            continue
        for pair in rows:
            other = pair.column2 if pair.column1 == code else pair.column1
            note = f" ({pair.note})" if pair.note else ""
            if pair.decides:
                yield f"with {other} of the day: 59 on {pair.column2}, separate blocks only{note}"
            else:
                yield f"with {other} of the day: look at it{note}"


def _table(name: Any) -> str:
    """Which table decided, and of which day."""
    table = codes.table(name)
    return f"{table.title}, {table.date.isoformat()}"


def _unknown(asked: str) -> Explanation:
    """A code that no table knows: said, never guessed."""
    return Explanation(
        asked=asked,
        kind="unknown",
        code=asked,
        meaning="no table here knows this code",
        todo="look it up in the payer's own list; nothing is assumed about it",
        known=False,
    )
