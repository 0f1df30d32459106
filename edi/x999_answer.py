"""How a received file is answered: the checker's problems as the codes of a TA1 and a 999.

Of what a practice receives (835, 277CA) every transaction that is whole is taken, so a fault in
it is "accepted with errors"; a transaction that is not whole, or whose guide is not spoken, is
rejected. Claims (837) are rejected for any error, as receivers of claims do. A 999, 997 or TA1 is
never answered (005010X231A1 1.4: no acknowledgement of an acknowledgement).
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, Literal

from attrs import field, frozen

from edi import envelope
from edi.check import check_transaction
from edi.problem import Problem
from edi.segment_ids import KNOWN

Code = Literal["A", "E", "R"]

_NOT_ANSWERED: Final = frozenset({"999", "997"})
_ANSWERED_GROUPS: Final = frozenset({"HC", "HP", "HN"})  # AK101: of what is read here
_STRICT: Final = frozenset({"837"})
_KINDS: Final = frozenset(  # AK201
    {"270", "271", "276", "277", "278", "820", "834", "835", "837"}
)
_SET_NUMBER: Final = re.compile(r"[A-Za-z0-9]{4,9}\Z")  # ST02
_GROUP_NUMBER: Final = re.compile(r"\d{1,9}\Z")  # GS06
_VERSION: Final = re.compile(r"[A-Za-z0-9]{1,12}\Z")  # GS08; ST03 has up to 35 and is like it
_MOST: Final = 5  # codes of IK5 and AK9
_MISSING: Final = frozenset({"IK304:3", "IK304:I6", "IK304:I7", "IK304:I8"})
_OPENER: Final = re.compile(r"(?:\A|begins with )([A-Z][A-Z0-9]{1,2})\b")
_ELEMENT: Final = re.compile(r"[A-Z][A-Z0-9]{1,2}?(\d\d)(?:-(\d{1,2}))?\Z")


@frozen(kw_only=True)
class ElementFault:
    """IK4: where in the segment, and what."""

    position: int  # IK401-1
    component: int = 0  # IK401-2
    code: str  # IK403
    value: str = field(default="", repr=False)  # IK404


@frozen(kw_only=True)
class SegmentFault:
    """IK3: where in the transaction, and what."""

    segment: str  # IK301
    position: int  # IK302
    loop: str = ""  # IK303
    code: str = "8"  # IK304
    claim: str = ""  # CLM01 of an 837
    elements: tuple[ElementFault, ...] = ()


@frozen(kw_only=True)
class TransactionAnswer:
    """AK2 to IK5."""

    type: str  # ST01
    control: str  # ST02
    implementation: str = ""  # ST03
    code: Code  # IK501
    codes: tuple[str, ...] = ()  # IK502 to IK506
    faults: tuple[SegmentFault, ...] = ()


@frozen(kw_only=True)
class GroupAnswer:
    """AK1 to AK9; what AK9 counts and says follows from the transactions."""

    functional_id: str  # GS01
    control: str  # GS06
    version: str  # GS08
    included: int  # GE01
    transactions: tuple[TransactionAnswer, ...]
    unnamed: int = 0  # rejected, and without a number or kind that AK2 could repeat
    codes: tuple[str, ...] = ()  # AK905 to AK909


@frozen(kw_only=True)
class InterchangeAnswer:
    """TA1 and the groups. ``header`` is ISA01 to ISA16; a rejected one has no groups."""

    header: tuple[str, ...]
    code: Code
    note: str  # TA105
    groups: tuple[GroupAnswer, ...]
    group_codes: tuple[str, str] = ("", "")  # GS02 and GS03 of the first group
    only_acknowledgements: bool = False  # nothing in it is to be answered by a 999


def answers(chunks: Iterable[bytes], file: str = "") -> Iterator[InterchangeAnswer]:
    """The answer to each interchange of a file.

    Raises:
        NotX12: where there is no interchange at all: nobody can be answered.
    """
    problems: list[Problem] = []
    claims: set[str] = set()
    for interchange in envelope.read(chunks, problems, file):
        made: list[GroupAnswer] = []
        codes, asked, lost = ("", ""), 0, False
        for group in interchange.groups():
            codes = codes if any(codes) else _codes(group)
            answer = _group(group, problems, claims)
            asked += group.functional_id in _ANSWERED_GROUPS
            made += [answer] if answer else []
            lost |= answer is None and group.functional_id in _ANSWERED_GROUPS
        code, note = _of_interchange(interchange, problems)
        if lost and code == "A":
            code, note = "E", "024"
        yield InterchangeAnswer(
            header=interchange.header,
            code=code,
            note=note,
            groups=tuple(made) if code != "R" else (),
            group_codes=codes,
            only_acknowledgements=not asked
            and bool(interchange.group_count or interchange.interchange_acks),
        )
        problems.clear()


def _codes(group: envelope.Group) -> tuple[str, str]:
    header = [*group.header, "", "", ""]
    return header[1].strip(), header[2].strip()


def _of_interchange(
    interchange: envelope.Interchange, problems: Sequence[Problem]
) -> tuple[Code, str]:
    """TA104 and TA105: rejected where nothing in it could be read."""
    notes = [p.standard.removeprefix("TA1:") for p in problems if p.standard.startswith("TA1:")]
    if not interchange.group_count and not interchange.interchange_acks:
        return "R", notes[0] if notes else "024"
    return ("E", notes[0]) if notes else ("A", "000")


def _group(group: envelope.Group, problems: list[Problem], claims: set[str]) -> GroupAnswer | None:
    made = []
    mark = len(problems)
    for transaction in group.transactions():
        if transaction.type in _NOT_ANSWERED:
            transaction.drain()
            continue
        watch = _Texts()
        found = list(check_transaction(watch.watched(transaction), claims))
        own = [*found, *(p for p in problems[mark:] if p.where.transaction)]
        mark = len(problems)
        made.append(_transaction(transaction, own, watch))
    named = tuple(one for one in made if one.type in _KINDS and _SET_NUMBER.match(one.control))
    if not made or not _can_be_named(group):
        return None
    about = [p for p in problems if p.where.group == group.number and not p.where.transaction]
    said = next((p.value.strip() for p in about if p.code == "group.count"), "")
    return GroupAnswer(
        functional_id=group.functional_id,
        control=group.control,
        version=group.version,
        included=int(said[:6]) if said.isascii() and said.isdigit() else group.transaction_count,
        transactions=named,
        unnamed=len(made) - len(named),
        codes=_some(about, "AK905:"),
    )


def _can_be_named(group: envelope.Group) -> bool:
    """Whether AK1 can repeat what the GS says; else the TA1 alone tells of it."""
    return (
        group.functional_id in _ANSWERED_GROUPS
        and _GROUP_NUMBER.match(group.control) is not None
        and _VERSION.match(group.version) is not None
    )


class _Texts:
    """Remembers ST and the ids of the segments while a transaction is checked: IK301 names them."""

    def __init__(self) -> None:
        self.ids: list[str] = []
        self.st03 = ""

    def watched(self, transaction: envelope.Transaction) -> envelope.Transaction:
        """The transaction, whose texts pass by here."""
        texts, star, ids = transaction.texts, transaction.separators.element, self.ids
        names: dict[str, str] = {}  # each id is kept once, however often it comes

        def seen() -> Iterator[str]:
            for text in texts():
                if not ids:
                    self.st03 = [*text.split(star), "", "", ""][3].strip()
                name = text.partition(star)[0].strip().upper()
                ids.append(names.setdefault(name, name))
                yield text

        transaction.texts = seen  # type: ignore[method-assign]  # one reading, two readers
        return transaction


def _some(problems: Iterable[Problem], prefix: str) -> tuple[str, ...]:
    """The standard's codes with this prefix, once each, as many as a trailer holds."""
    found = [p.standard.removeprefix(prefix) for p in problems if p.standard.startswith(prefix)]
    return tuple(dict.fromkeys(found))[:_MOST]


def _transaction(
    transaction: envelope.Transaction, problems: Sequence[Problem], watch: _Texts
) -> TransactionAnswer:
    errors = [problem for problem in problems if problem.level == "error"]
    codes = _some(errors, "IK502:")
    faults = tuple(_faults(errors, watch.ids, claims=transaction.type == "837"))
    refused = bool(codes) or (transaction.type in _STRICT and bool(faults))
    if faults and refused:
        codes = tuple(dict.fromkeys((*codes, "5")))[:_MOST]
    elif faults:
        codes = ("5",)
    return TransactionAnswer(
        type=transaction.type,
        control=transaction.control,
        implementation=watch.st03 if _VERSION.match(watch.st03) else "",
        code="R" if refused else "E" if faults else "A",
        codes=codes,
        faults=faults,
    )


def _faults(
    problems: Iterable[Problem], ids: Sequence[str], *, claims: bool
) -> Iterator[SegmentFault]:
    """IK3 with its IK4s, in the order of the segments."""
    by_segment: dict[tuple[int, str], list[Problem]] = defaultdict(list)
    for problem in problems:
        kind, _, code = problem.standard.partition(":")
        if kind in ("IK304", "IK403"):
            by_segment[problem.where.segment, code if kind == "IK304" else "8"].append(problem)
    for (position, code), some in sorted(by_segment.items(), key=lambda item: item[0]):
        first = some[0]
        yield SegmentFault(
            segment=_segment_id(first, ids),
            position=max(position, 1),
            loop=first.where.loop,
            code=code,
            claim=next((p.where.claim for p in some if p.where.claim), "") if claims else "",
            elements=tuple(filter(None, map(_element, some))),
        )


def _segment_id(problem: Problem, ids: Sequence[str]) -> str:
    """IK301: the segment at fault; of a missing one its message begins with the id."""
    if problem.standard in _MISSING:
        named = _OPENER.search(problem.message)
        if named and named[1] in KNOWN:
            return named[1]
    at = problem.where.segment - 1
    found = ids[at] if 0 <= at < len(ids) else ""
    return found if re.fullmatch(r"[A-Z][A-Z0-9]{1,2}", found) else "ST"


def _element(problem: Problem) -> ElementFault | None:
    kind, _, code = problem.standard.partition(":")
    place = _ELEMENT.match(problem.where.element)
    if kind != "IK403" or place is None:
        return None
    return ElementFault(
        position=int(place[1]), component=int(place[2] or 0), code=code, value=problem.value
    )
