"""What a code means here and what to do: every table that knows it, with the table's date.

A code may mean several things: 59 is a modifier and an adjustment reason. All are shown; who wants
one says which (``CARC 59``, ``CLP02 4``). A code nobody knows is said to be unknown.
"""

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from itertools import groupby
from typing import Final, get_args

from attrs import evolve, frozen

from claimline.services.explain_cases import Case, cases, decisive
from claimline.services.explain_words import Asked, asked
from edi import codes

BARE: Final[tuple[codes.Kind, ...]] = (
    "group", "carc", "rarc", "claim_status", "plb", "status_category",
)  # fmt: skip
TITLES: Final = {
    "carc": "adjustment reason (CARC)",
    "rarc": "remark (RARC)",
    "group": "adjustment group",
    "claim_status": "claim status (CLP02)",
    "plb": "provider adjustment (PLB)",
    "status": "claim status code (277CA)",
    "status_category": "status category (277CA)",
    "TA105": "answer to an interchange (TA105)",
    "IK304": "fault of a segment (IK304, AK304)",
    "IK403": "fault of an element (IK403, AK403)",
    "IK502": "fault of a transaction (IK502, AK502)",
    "AK905": "fault of a group (AK905)",
    "procedure": "procedure code",
    "modifier": "modifier",
    "together": "codes given together",
    "problem": "rule or problem of Claimline",
    "unknown": "unknown",
}
DECIDE_FIRST: Final = "ask with the line's remark codes: some decide whatever the reason"
SEE_ABOVE: Final = "see the codes together, above"
OUR_OWN: Final = "Claimline's own, listed in docs/problems.md"
REFUSAL_WORDS: Final = {
    "yes": "refuses payment",
    "no": "is no refusal",
    "pending": "waits for something",
    "unknown": "not known whether it refuses payment",
}
ROADS: Final = {
    "fix": "Part B: reopening (with MA130: new claim); others: replacement",
    "records": "Part B: redetermination; others: appeal",
}
GROUP_WORDS: Final = {
    "distinct": "tells two services of a pair apart",
    "discipline": "names the plan of care",
    "assistant": "treated by an assistant",
    "kx": "yearly threshold",
    "liability": "who pays if it is refused",
    "telehealth": "telehealth",
}
NO_OTHER_LINE: Final = ("without separate times", "without a pair")
OWN_WORDS: Final = "general knowledge, no table of ours: check the payer's policy"
MODIFIERS: Final = {  # what to do, never
    **dict.fromkeys(
        ("59", "XE", "XS", "XP", "XU"),
        ("only for separate time blocks, on the line of the pair that takes it", NO_OTHER_LINE),
    ),
    **dict.fromkeys(
        ("GP", "GO", "GN"),
        ("one on each therapy line: it names the plan of care, not the person", ()),
    ),
    "CQ": ("with GP, decided unit by unit", ("without GP",)),
    "CO": ("with GO, decided unit by unit", ("without GO",)),
    "KX": ("over the threshold, where the record supports it", ("routinely below the threshold",)),
    "GA": ("only with the signed advance notice on file", ("without the notice",)),
    "95": ("place 10 or 02 as the payer wants it", ()),
}
FURTHER_MODIFIERS: Final = {  # not in the therapy tables: label, what to do, never
    "76": ("repeat by the same clinician", "only where the payer's policy asks for it",
           ("to get past a duplicate denial",)),
    "77": ("repeat by another clinician", "only where the payer's policy asks for it",
           ("to get past a duplicate denial",)),
    "52": ("reduced service", "not for timed codes: bill the units given", ()),
}  # fmt: skip


@frozen(kw_only=True)
class Explanation:
    """One meaning of one code."""

    asked: str
    kind: str
    code: str
    meaning: str
    todo: str = ""
    never: tuple[str, ...] = ()
    more: tuple[str, ...] = ()
    derived: str = ""  # modifier: when it is put on a line without being stated
    evidence: str = ""  # modifier: what must show it then
    cases: tuple[Case, ...] = ()  # the denial table's rows, the first that fits decides
    table: str = ""  # which table, of which day
    known: bool = True


def explain(words: Sequence[str]) -> Iterator[Explanation]:
    """All meanings of the codes asked for, in the order asked; at least one for each."""
    for ours, some in groupby(words, key=lambda word: "." in word):
        group = list(some)
        yield from map(_problem, group) if ours else _explained(group)


def _problem(word: str) -> Explanation:
    """A problem code of our own, as ``hold.pair``: what it means and what to do."""
    from claimline.docs import declare_all
    from edi.problem import CODES

    declare_all()
    code = word.strip().lower()
    if code not in CODES:
        near = get_close_matches(code, CODES, n=3)
        return Explanation(
            asked=code, kind="unknown", code=code, meaning="no rule or problem has this code",
            todo=f"nearest: {', '.join(near)}" if near else "docs/problems.md lists them all",
            known=False,
        )  # fmt: skip
    told = CODES[code]
    return Explanation(
        asked=code, kind="problem", code=code, meaning=told.meaning, todo=told.todo, table=OUR_OWN
    )


def _explained(words: Sequence[str]) -> Iterator[Explanation]:
    """The meanings of codes of other people's tables; first what they mean together."""
    wanted = list(asked(words))
    both = _together(wanted)
    yield from both
    for each in wanted:
        found = list(_meanings(each)) or [_unknown(each)]
        if both:
            found = [evolve(one, todo=SEE_ABOVE, never=(), cases=()) for one in found]
        note = (f"read as {each.read_as}",) if each.read_as else ()
        yield from (evolve(one, more=(*note, *one.more)) for one in found)


def _together(wanted: Sequence[Asked]) -> tuple[Explanation, ...]:
    """Reasons and remarks of one line as one answer, where the denial table asks for both."""
    remarks = [each.code for each in wanted if _is_remark(each)]
    pairs = [(e.group, e.code) for e in wanted if e.group and codes.is_known("carc", e.code)]
    if not pairs or not decisive(remarks) or len(pairs) + len(remarks) < len(wanted):
        return ()
    code = " ".join([*(f"{group}-{reason}" for group, reason in pairs), *remarks])
    told = Explanation(
        asked=code, kind="together", code=code, meaning="these codes on one line or its claim",
        cases=tuple(cases(pairs, remarks)), table=_table("carc"),
    )  # fmt: skip
    return (told,)


def _is_remark(each: Asked) -> bool:
    return not each.group and each.kind in {None, "rarc"} and codes.is_known("rarc", each.code)


def _meanings(each: Asked) -> Iterator[Explanation]:
    """What a code means in the table asked, or in all of them; all codes of a table."""
    if each.group:
        yield from _adjustment(each)
    elif each.kind == "modifier":
        for code in (each.code,) if each.code else _modifiers():
            yield from (one for one in _therapy(code) if one.kind == "modifier")
    elif not each.code and each.kind:
        for code in codes.table(each.kind).entries:
            yield from _in_table(code, each.kind)
    else:
        for kind in (each.kind,) if each.kind else BARE:
            yield from _in_table(each.code, kind)
        if not each.kind:
            yield from _therapy(each.code)


def _modifiers() -> Sequence[str]:
    """All that are known here."""
    from mapping.codes import MODIFIER_LABELS

    return (*MODIFIER_LABELS, *FURTHER_MODIFIERS)


def _in_table(code: str, kind: codes.Kind) -> Iterator[Explanation]:
    """The meaning in one of ``edi.codes``' tables, if it has one."""
    entry = codes.lookup(kind, code)
    if entry is None:
        return
    more = [f"last day of use {entry.until.isoformat()}"] if entry.until else []
    if kind == "carc":
        more.append(REFUSAL_WORDS[entry.refusal or "unknown"])
        more += [f"usual group {entry.group}"] if entry.group else []
        more += [f"under PR: {entry.patient_todo}"] if entry.patient_todo else []
    elif kind == "rarc" and entry.group:
        more.append(f"usually with reason {entry.group}")
    yield Explanation(
        asked=code, kind=kind, code=entry.code, meaning=entry.meaning, todo=_todo(entry),
        never=entry.never, more=tuple(more), table=_table(kind),
    )  # fmt: skip


def _todo(entry: codes.Entry, todo: str = "") -> str:
    """What to do, with the road on which the payers take it."""
    todo = todo or entry.todo
    return f"{todo}. {ROADS[entry.road]}" if entry.road else todo


def _adjustment(each: Asked) -> Iterator[Explanation]:
    """A reason under its group: what decides is both together."""
    whose = codes.lookup("group", each.group)
    entry = codes.lookup("carc", each.code)
    if whose is None or entry is None:
        return
    todo, never = codes.advice(each.group, entry.code)
    yield Explanation(
        asked=f"{each.group}-{each.code}",
        kind="carc",
        code=f"{each.group}-{entry.code}",
        meaning=entry.meaning,
        todo=_todo(entry, todo),
        never=never,
        more=(
            f"{each.group} {whose.meaning}",
            REFUSAL_WORDS[codes.refusal(each.group, each.code)],
            *((DECIDE_FIRST,) if codes.refusal(each.group, each.code) == "yes" else ()),
        ),
        cases=tuple(cases([(each.group, entry.code)])),
        table=_table("carc"),
    )


def _therapy(code: str) -> Iterator[Explanation]:
    """Therapy procedure codes and modifiers."""
    from claimline.services.card import timing
    from claimline.services.card_modifiers import derived
    from mapping import codes as therapy

    if code in therapy.MODIFIER_LABELS:
        todo, never = MODIFIERS.get(code, ("", ()))
        group = therapy.MODIFIER_GROUPS[code]
        yield Explanation(
            asked=code,
            kind="modifier",
            code=code,
            meaning=therapy.MODIFIER_LABELS[code],
            todo=todo,
            never=never,
            more=(GROUP_WORDS.get(group, group),),
            derived=derived(code)[0],
            evidence=derived(code)[1],
            table=therapy.VERSION,
        )
    elif code in FURTHER_MODIFIERS:
        label, todo, never = FURTHER_MODIFIERS[code]
        yield Explanation(
            asked=code, kind="modifier", code=code, meaning=label, todo=todo, never=never,
            derived=derived(code)[0], table=OWN_WORDS,
        )  # fmt: skip
    known = therapy.CODES.get(code)
    if known is not None:
        more = [f"disciplines {' '.join(known.disciplines)}"]
        more += [f"therapy code: {known.disposition}"] if known.disposition else []
        more += [known.note] if known.note else []
        yield Explanation(
            asked=code,
            kind="procedure",
            code=code,
            meaning=known.label,
            todo=timing(known),
            more=tuple(more),
            table=therapy.VERSION,
        )


def _table(kind: codes.Kind) -> str:
    """Which table decided, and of which day."""
    table = codes.table(kind)
    return f"{table.title}, {table.date.isoformat()}"


def _unknown(each: Asked) -> Explanation:
    """A code that no table knows: said, never guessed."""
    code = f"{each.group}-{each.code}" if each.group else each.code
    meaning = "no table here knows this code"
    if each.group and codes.lookup("group", each.group) is None:
        meaning = f"there is no group {each.group}: X12 has CO, OA, PI and PR"
        if codes.is_known("carc", each.code):
            meaning += f"; the reason {each.code} is known by itself"
    return Explanation(
        asked=code,
        kind="unknown",
        code=code,
        meaning=meaning,
        todo=_nearest(each.code)
        + "look it up in the payer's own list, or call; nothing is assumed about it",
        known=False,
    )


def _nearest(code: str) -> str:
    """Codes that differ from it in one character, the numerically nearest first."""
    from mapping import codes as therapy

    known = {name for kind in get_args(codes.Kind) for name in codes.table(kind).entries}
    known |= therapy.CODES.keys() | therapy.MODIFIER_LABELS.keys() | FURTHER_MODIFIERS.keys()
    near = [
        name
        for name in known
        if len(name) == len(code) > 1 and sum(a != b for a, b in zip(name, code, strict=True)) == 1
    ]
    near.sort(key=lambda name: (abs(_number(name) - _number(code)), name))
    return f"nearest: {', '.join(near[:3])}; else " if near else ""


def _number(code: str) -> int:
    """The number in a code."""
    return int("".join(char for char in code if char.isdigit()) or 0)
