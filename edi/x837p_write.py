"""Submissions to the bytes of an 837P file: hierarchy, counts, and claims held that are not right.

Claims are grouped by billing provider, subscriber and patient, in the order of first appearance
(a group is known by the texts of its loop). A claim that cannot be written, breaks a rule of ours
or is found wrong by the checker is held with its Problems; the others are numbered anew and go.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from attrs import evolve, field, frozen

from edi.check import check_texts
from edi.check_envelope import check_written
from edi.claim import Claim, Submission
from edi.guide import load
from edi.problem import Place, Problem
from edi.separators import Separators
from edi.writing import Envelope, WriteError, control_number, interchange, transaction
from edi.x837p_claim import Parts, Pen, header, parts
from edi.x837p_rules import refusals, refused_for

VERSION: Final = "005010X222A1"  # GS08 and ST03
_CLAIMS_PER_HL: Final = 100  # loop 2300 repeats no more below one HL (TR3 005010X222A1)

Check = Callable[[Sequence[str], Separators], Iterable[Problem]]  # texts from ST to SE


class Placed(NamedTuple):
    """Where a claim stands in the file."""

    control: str  # CLM01
    transaction: str  # ST02
    segment: int  # position of its CLM, ST = 1


@frozen(kw_only=True)
class HeldClaim:
    """A claim that was not written, and why."""

    control: str  # CLM01
    problems: tuple[Problem, ...]


@frozen(kw_only=True)
class Written:
    """An 837P file."""

    data: bytes = field(repr=False)  # empty where every claim is held
    held: tuple[HeldClaim, ...]
    index: tuple[Placed, ...]


def by_the_guide(texts: Sequence[str], separators: Separators) -> list[Problem]:
    """What our compiled guide says of a transaction."""
    return check_texts(load("837P"), texts, separators)


def _not_judged(_texts: Sequence[str], _separators: Separators) -> tuple[()]:
    """No judgement: what was read is written again as it was."""
    return ()


def write_837p(
    envelope: Envelope,
    submissions: Iterable[Submission],
    *,
    check: Check = by_the_guide,
    as_read: bool = False,
) -> Written:
    """Write one interchange with one group; each submission is a transaction.

    Args:
        envelope: Sender, receiver, control numbers, separators.
        submissions: Each with the claims of one ST. One without a good claim is left out.
        check: Judges a transaction, ST to SE; by default our compiled guide.
        as_read: Write what was read from a file as it was: its own case, nothing held or left out.

    Raises:
        WriteError: for the envelope, submitter or receiver; a claim's faults hold the claim.
    """
    check_written(envelope, load("837P"), "HC")
    pen = Pen(envelope.separators, as_read=as_read)
    held: list[HeldClaim] = []
    index: list[Placed] = []
    written: list[list[str]] = []
    seen: set[str] = set()
    for submission in submissions:
        good = []
        for claim in submission.claims:
            made = _made(pen, claim, seen)
            if isinstance(made, HeldClaim):
                held.append(made)
            else:
                good.append(made)
        control = control_number(len(written) + 1)
        judge = _not_judged if as_read else check
        draft, wrong = _checked(pen, header(pen, submission), good, control, judge)
        held += wrong
        if draft is not None:
            written.append(draft.texts)
            index += draft.placed(control)
    data = interchange(envelope, "HC", VERSION, written) if written else b""
    return Written(data=data, held=tuple(held), index=tuple(index))


def _made(pen: Pen, claim: Claim, seen: set[str]) -> Parts | HeldClaim:
    """The claim's texts, or why there are none."""
    problems = [] if pen.as_read else refusals(claim)
    if claim.control in seen and not pen.as_read:
        words = "CLM01: an earlier claim of this batch has the same patient control number"
        where = Place(claim=claim.control, loop="2300", element="CLM01")
        problems.append(Problem(code="write.duplicate", message=words, where=where))
    seen.add(claim.control)
    if not problems:
        try:
            return parts(pen, claim)
        except WriteError as error:
            problems = [refused_for(claim.control, error)]
    return HeldClaim(control=claim.control, problems=tuple(problems))


def _checked(
    pen: Pen, top: list[str], good: list[Parts], control: str, check: Check
) -> "tuple[_Draft | None, list[HeldClaim]]":
    """The transaction with the claims the checker finds right, and those it does not."""
    held: list[HeldClaim] = []
    while good:
        draft = _Draft(pen.separators, top, good, control)
        found = check(draft.texts, pen.separators)
        blamed = draft.blamed(problem for problem in found if problem.level == "error")
        if not blamed:
            return draft, held
        held += [
            HeldClaim(control=made.control, problems=tuple(blamed[made.control]))
            for made in good
            if made.control in blamed
        ]
        good = [made for made in good if made.control not in blamed]
    return None, held


class _Draft:
    """One transaction laid out, with the claims each stretch of segments belongs to."""

    def __init__(
        self, separators: Separators, top: list[str], claims: Sequence[Parts], control: str
    ) -> None:
        self._starts: list[int] = []  # position of the first segment of each stretch, ST = 1
        self._owners: list[Sequence[Parts]] = []
        self._clm: list[tuple[Parts, int]] = []
        self._body: list[str] = list(top)
        self._star = separators.element
        self._hl = 0
        for billing in _groups(claims, 0):
            self._billing(billing)
        self.texts = transaction(separators, "837", control, self._body, VERSION)

    def placed(self, control: str) -> Iterator[Placed]:
        """Where each claim stands."""
        for made, position in self._clm:
            yield Placed(made.control, control, position)

    def blamed(self, problems: Iterable[Problem]) -> dict[str, list[Problem]]:
        """Problems by the claim at fault; one in a shared loop is all its claims' fault.

        Raises:
            WriteError: for a problem above all claims: submitter or receiver.
        """
        blamed: dict[str, list[Problem]] = {}
        for problem in problems:
            stretch = bisect_right(self._starts, problem.where.segment) - 1
            if stretch < 0:
                where = problem.where
                raise WriteError("", f"{where.loop} {where.element}".strip(), problem.message)
            for made in self._owners[stretch]:
                where = Place(
                    claim=made.control, loop=problem.where.loop, element=problem.where.element
                )
                blamed.setdefault(made.control, []).append(evolve(problem, where=where))
        return blamed

    def _open(self, owners: Sequence[Parts], texts: Iterable[str]) -> None:
        self._starts.append(len(self._body) + 2)  # ST is the first segment
        self._owners.append(owners)
        self._body += texts

    def _level(self, parent: int, code: str, owners: Sequence[Parts], *, children: bool) -> int:
        """An HL segment; returns its number."""
        self._hl += 1
        hl = ("HL", str(self._hl), str(parent) if parent else "", code, "1" if children else "0")
        self._open(owners, [self._star.join(hl)])
        return self._hl

    def _billing(self, claims: list[Parts]) -> None:
        number = self._level(0, "20", claims, children=True)
        self._body += claims[0].billing
        for group in _groups(claims, 1):
            own = [made for made in group if not made.patient]
            if own:
                for some in _some(own):
                    self._level(number, "22", some, children=False)
                    self._body += some[0].subscriber
                    self._claims(some)
            dependents = [made for made in group if made.patient]
            if dependents:
                self._subscriber(number, dependents)

    def _subscriber(self, parent: int, claims: list[Parts]) -> None:
        number = self._level(parent, "22", claims, children=True)
        self._body += claims[0].subscriber
        for group in _groups(claims, 2):
            for some in _some(group):
                self._level(number, "23", some, children=False)
                self._body += some[0].patient
                self._claims(some)

    def _claims(self, claims: Sequence[Parts]) -> None:
        for made in claims:
            self._clm.append((made, len(self._body) + 2))
            self._open((made,), made.claim)


def _groups(claims: Sequence[Parts], level: int) -> Iterable[list[Parts]]:
    """Claims of the same level together, in the order of first appearance."""
    groups: dict[object, list[Parts]] = {}
    for made in claims:
        groups.setdefault(made.keys[level], []).append(made)
    return groups.values()


def _some(claims: list[Parts]) -> Iterator[list[Parts]]:
    """As many claims at a time as one HL takes."""
    for start in range(0, len(claims), _CLAIMS_PER_HL):
        yield claims[start : start + _CLAIMS_PER_HL]
