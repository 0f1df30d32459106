"""Checks transactions against their guide: fast where they are right, precise where not.

``check`` takes a whole file, ``check_transaction`` one transaction of ``edi.envelope``,
``check_texts`` segments we wrote ourselves. A fault is a ``Problem``; none of them raises for what
stands in a file, but ``NotX12`` where there is no interchange at all.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Final

from attrs import evolve, frozen

from edi import envelope
from edi.check_business import auditors
from edi.check_codes import Finding
from edi.check_compile import LoopNode, Node, Step, compile_guide
from edi.check_envelope import check_group, check_interchange
from edi.check_explain import explain_segment
from edi.check_numbers import Call, Claims, Levels, Lines
from edi.check_route import route
from edi.check_walk import State, explain
from edi.envelope import Transaction
from edi.guide import Guide
from edi.problem import Place, Problem
from edi.separators import Separators

__all__ = [
    "CANONICAL",
    "CheckedTransaction",
    "FileCheck",
    "check",
    "check_texts",
    "check_transaction",
    "locate",
]

CANONICAL: Final = Separators()


@frozen(kw_only=True)
class CheckedTransaction:
    """One transaction of a file; ``guide`` is empty where it was not checked."""

    type: str  # ST01
    control: str  # ST02
    guide: str  # 837P


@frozen(kw_only=True)
class FileCheck:
    """What ``check`` found in a file, problems in the order of the file."""

    file: str
    transactions: tuple[CheckedTransaction, ...]
    problems: tuple[Problem, ...]


def check(chunks: Iterable[bytes], file: str = "") -> FileCheck:
    """Check a file: its envelopes and every transaction whose guide we have.

    Raises:
        NotX12: where there is no interchange at all.
    """
    problems: list[Problem] = []
    transactions = []
    claims: set[str] = set()
    for interchange in envelope.read(chunks, problems, file):
        fresh_isa = True
        for group in interchange.groups():
            fresh_gs = True
            for transaction in group.transactions():
                guide = _guide_of(transaction)
                if guide and fresh_isa:
                    problems.extend(check_interchange(interchange, guide))
                    fresh_isa = False
                if guide and fresh_gs:
                    problems.extend(check_group(group, guide))
                    fresh_gs = False
                problems.extend(check_transaction(transaction, claims))
                transactions.append(
                    CheckedTransaction(
                        type=transaction.type,
                        control=transaction.control,
                        guide=guide.name if guide else "",
                    )
                )
    return FileCheck(file=file, transactions=tuple(transactions), problems=tuple(problems))


def _guide_of(transaction: Transaction) -> Guide | None:
    return route(transaction.type, transaction.version, transaction.implementation)[0]


def check_transaction(
    transaction: Transaction, claims: set[str] | None = None
) -> Iterator[Problem]:
    """Problems of one transaction, read to its SE.

    Counts and control numbers of the envelope are told by ``edi.envelope``. ``claims`` keeps the
    CLM01 seen in the file across transactions.
    """
    guide, findings = route(transaction.type, transaction.version, transaction.implementation)
    place: Callable[..., Place] = transaction.place
    for finding in findings:
        yield _problem(1, finding, place)
    if guide is None:
        return
    watch = _watch(guide, claims if claims is not None else set())
    for number, finding in _walk(guide, transaction.texts(), transaction.separators, watch):
        yield _problem(number, finding, place)


def check_texts(
    guide: Guide,
    texts: Sequence[str],
    separators: Separators = CANONICAL,
    claims: set[str] | None = None,
) -> list[Problem]:
    """Problems of one transaction given as its segments ST to SE, without terminators.

    Meant for what we write: also SE01, SE02 and a missing SE are told.
    """
    watch = _watch(guide, claims if claims is not None else set())
    found = [*_walk(guide, texts, separators, watch), *_trailer(texts, separators)]
    return [_problem(number, finding, Place) for number, finding in found]


def locate(
    guide: Guide, texts: Iterable[str], separators: Separators = CANONICAL
) -> Iterator[tuple[str, str]]:
    """(loop id, text) of each segment ST to SE; one out of place has the loop before it."""
    root = _compiled(guide)
    swap, _ = _swaps(separators)
    state = State(root.anchor, root.start)
    for number, text in enumerate(texts, 1):
        node, mask = state.node, state.mask
        step = _fast(node, text.translate(swap) if swap else text)
        if step is not None:
            after = (mask & step.keep | step.seen) + step.add
            if mask & step.need == step.need and not after & step.over:
                state = State(step.node, after)
                yield step.node.loop.id, text
                continue
        values = text.split(separators.element)
        if number > 1 or values[0] != root.anchor.id:
            _, state, _ = explain(state, values, separators)
        yield state.node.loop.id, text


def _fast(node: Node, text: str) -> Step | None:
    """The step a well-formed segment makes from a node; None where that needs explaining."""
    try:
        start, stop, steps = node.follow[text[:3]]
        step = steps[text[start:stop]]
    except KeyError:
        return None
    return step if step.node.match(text) is not None else None


@cache
def _compiled(guide: Guide) -> LoopNode:
    return compile_guide(guide)


@frozen
class _Watch:
    """What looks beyond the guide, by segment id, and which claim is at hand."""

    calls: Mapping[str, tuple[Call, ...]]
    claims: Claims
    anywhere: bool  # sums of an 835 are right only if no amount is passed over


def _watch(guide: Guide, seen: set[str]) -> _Watch:
    """Made anew for each transaction."""
    claims = Claims()
    tables = [claims.calls(), Levels(guide).calls()]
    if guide.name == "837P":
        tables.append(Lines().calls())
    tables += auditors(guide.name, seen)
    calls: dict[str, tuple[Call, ...]] = {}
    for table in tables:
        for name, call in table.items():
            calls[name] = (*calls.get(name, ()), call)
    return _Watch(calls, claims, guide.name == "835")


def _walk(
    guide: Guide,
    texts: Iterable[str],
    separators: Separators,
    watch: _Watch,
) -> Iterator[tuple[int, Finding]]:
    """(segment number, finding) in order. The loop in here is the fast path of the check."""
    root = _compiled(guide)
    calls, own = watch.calls, watch.claims.own
    swap, back = _swaps(separators)
    canonical = (text.translate(swap) for text in texts) if swap else texts
    node, mask, lost = root.anchor, root.start, False
    for number, text in enumerate(canonical, 1):
        try:
            start, stop, steps = node.follow[text[:3]]
            step = steps[text[start:stop]]
            fits = step.node.match(text) is not None
        except KeyError:
            fits = False
        after = mask
        if fits and not step.plain:
            after = (mask & step.keep | step.seen) + step.add
            fits = mask & step.need == step.need and not after & step.over
        if fits:
            node, mask, lost = step.node, after, False
            name = node.id
        else:
            original = text.translate(back) if back else text
            state = State(node, mask, lost)
            values = original.split(separators.element)
            if number == 1:
                right = node.match(text) is not None
                found, state, placed = _begin(state, values, separators, right=right)
            else:
                found, state, placed = explain(state, values, separators)
            watch.claims.placed(state.node.id if placed else "", text, number)
            for finding in found:
                yield number, own(number, finding, finding.loop)
            node, mask, lost = state.node, state.mask, state.lost
            name = node.id if placed else (values[0] if watch.anywhere else "")
        for call in calls.get(name, ()):
            for finding in call(text, number):
                yield number, own(number, finding, node.loop.id)


def _begin(
    state: State, values: Sequence[str], separators: Separators, *, right: bool
) -> tuple[list[Finding], State, bool]:
    """The first segment, which should be ST."""
    use = state.node.use
    if right:
        return [], state, True
    if values[0] != use.id:
        return explain(state, values, separators)
    found = [
        evolve(finding, loop=state.node.loop.id)
        for finding in explain_segment(use, values, separators)
    ]
    return found, state, True


def _swaps(separators: Separators) -> tuple[dict[int, str], dict[int, str]]:
    """Tables from a file's separators to the canonical ones and back; empty where they are.

    A canonical separator that stands for data in the file changes places with one that does not;
    where the file has no component or repetition separator, or one that is taken already, its
    character is made unreadable to the fast path.
    """
    theirs: list[str] = []
    for mark, none in (
        (separators.element, ""),
        (separators.component, "\0"),
        (separators.repetition, "\1"),
    ):
        theirs.append(mark if mark and mark not in theirs else none)
    ours = [CANONICAL.element, CANONICAL.component, CANONICAL.repetition]
    if theirs == ours:
        return {}, {}
    freed = [one for one in theirs if one not in ours]
    displaced = [two for two in ours if two not in theirs]
    table = dict(zip(theirs + displaced, ours + freed, strict=True))
    forth = {ord(one): two for one, two in table.items()}
    return forth, {ord(two): one for one, two in table.items()}


def _trailer(texts: Sequence[str], separators: Separators) -> Iterator[tuple[int, Finding]]:
    """SE01, SE02 and whether SE is there; in a file ``edi.envelope`` tells."""
    number = len(texts)
    first = [*texts[0].split(separators.element), "", "", ""] if texts else [""] * 3
    last = [*texts[-1].split(separators.element), "", "", ""] if texts else [""] * 3
    if last[0] != "SE":
        message = "the transaction has no SE segment at its end"
        yield number, Finding(code="transaction.unclosed", standard="IK502:2", message=message)
        return
    if last[1] != str(number):
        message = f"SE01 is not {number}, the number of segments"
        yield (
            number,
            Finding(code="transaction.count", standard="IK502:4", element="SE01", message=message),
        )
    if last[2] != first[2]:
        message = "SE02 does not repeat ST02"
        yield (
            number,
            Finding(
                code="transaction.control", standard="IK502:3", element="SE02", message=message
            ),
        )


def _problem(number: int, finding: Finding, place: Callable[..., Place]) -> Problem:
    return Problem(
        code=finding.code,
        message=finding.message,
        level=finding.level,
        standard=finding.standard,
        value=finding.value,
        where=place(
            segment=finding.segment or number,
            loop=finding.loop,
            element=finding.element,
            claim=finding.claim,
        ),
    )
