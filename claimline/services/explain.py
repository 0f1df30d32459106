"""What a code means here and what to do: every table that knows it, with the table's date.

A code may mean several things: 59 is a modifier and an adjustment reason. All are shown; who wants
one says which (``CARC 59``, ``CLP02 4``). A code nobody knows is said to be unknown.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from attrs import frozen

from edi import codes

if TYPE_CHECKING:
    from reconcile.denial_table import Row as DenialRow

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
    code="line",
    target="the line that takes it",
    other="the other line",
    correction="replacement or reopening",
    why="what the remark says",
    fix="correct what the remark names",
    advice="do as the remark says",
    appeal="first appeal",
    excess="the excess",
)
_GROUP_AND_REASON: Final = re.compile(r"(CO|PR|OA|PI|CR)[-: ]?([A-Z]?\d{1,3})")


@frozen(kw_only=True)
class Case:
    """What a line with a reason turns out to be, and what to do about it then."""

    category: str
    when: str
    next_step: str
    never: tuple[str, ...] = ()


@frozen(kw_only=True)
class Explanation:
    """One meaning of one code."""

    asked: str
    kind: str
    code: str
    meaning: str
    todo: str = ""
    more: tuple[str, ...] = ()
    cases: tuple[Case, ...] = ()  # the first that fits decides
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
        ),
        cases=tuple(_cases(group, entry.code)),
        table=_table("carc"),
    )


def _cases(group: str, reason: str) -> Iterator[Case]:
    """What lines with this reason turn out to be, by payer and remark: the denial table's rows."""
    from reconcile.denial_table import shipped_table

    for row in shipped_table().rows:
        if row.codes.isdisjoint({f"{group}-{reason}", f"*-{reason}"}):
            continue
        yield Case(
            category=row.category,
            when="; ".join(_conditions(row)) or "otherwise",
            next_step=row.next_step.format_map(GENERAL),
            never=tuple(text.format_map(GENERAL) for text in row.never),
        )


def _conditions(row: "DenialRow") -> Iterator[str]:
    """What a row of the denial table asks for, in words."""
    named = (
        ("", row.families), ("not ", row.not_families), ("with ", row.remarks | row.or_remarks),
        ("without ", row.not_remarks), ("line ", row.lines), ("the same day ", row.beside),
    )  # fmt: skip
    for words, wanted in named:
        if wanted:
            yield f"{words}{' or '.join(sorted(wanted))}"
    if row.sent:
        yield f"{_modifiers(row.sent)} sent"
    if row.not_sent:
        yield f"{_modifiers(row.not_sent)} not sent"
    if row.references:
        yield f"REF {' or '.join(sorted(row.references))} sent"
    if row.units:
        yield f"{row.units} units sent" if row.units != "one" else "one unit sent"
    if row.twin:
        yield "beside a plain or assistant line of the code"
    if row.misplaced:
        yield "59 or X on the other line of the pair"
    if row.paid:
        yield "paid in part" if row.paid == "part" else "nothing paid"


def _modifiers(wanted: frozenset[str]) -> str:
    """A set of modifiers in short."""
    return "59 or X" if "59" in wanted else " or ".join(sorted(wanted))


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
