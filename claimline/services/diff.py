"""Two claims, or two files of claims, compared by claim and line in business words."""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from attrs import field, frozen

from claimline import files
from claimline.errors import CommandError, WrongUsageError
from claimline.services import correct_find, sent_claim
from edi.claim import Claim
from edi.tokens import NotX12
from edi.x837p import read_submissions
from reconcile.correction_compare import Difference, compare
from reconcile.ledger import Ledger, open_ledger

if TYPE_CHECKING:
    from edi.problem import Problem

BY_NUMBER: Final = "claim number"
BY_PATIENT: Final = "patient, member id, day and payer"
ASKED: Final = "asked for"


@frozen(kw_only=True)
class ClaimDiff:
    """Two claims that belong together, and what is not the same."""

    before: str  # CLM01
    after: str  # CLM01
    date: dt.date | None = field(repr=False)
    matched_by: str
    differences: tuple[Difference, ...]


class Alone(NamedTuple):
    """A claim that stands on one side only."""

    control: str
    date: dt.date | None
    charge: str


@frozen(kw_only=True)
class DiffResult:
    """All that was compared."""

    same: int  # claims without a difference
    different: tuple[ClaimDiff, ...]
    only_before: tuple[Alone, ...] = ()
    only_after: tuple[Alone, ...] = ()

    @property
    def equal(self) -> bool:
        """Nothing differs."""
        return not (self.different or self.only_before or self.only_after)


def diff(before: str, after: str, ledger: str) -> DiffResult:
    """Compare two 837P files, or two claims of the ledger by a number or a visit id.

    Raises:
        WrongUsageError: one is a file and the other is not, a file has no claims, or a number
            leads to no claim or to several.
        CommandError: a file cannot be read.
        LedgerError: the ledger cannot be used.
    """
    are_files = [Path(name).is_file() for name in (before, after)]
    if all(are_files):
        return _of_files(_claims(before), _claims(after))
    if any(are_files):
        other = after if are_files[0] else before
        raise WrongUsageError(f"{other} is no file", todo="give two files, or two claim numbers")
    with open_ledger(ledger) as opened:
        return compared([(_sent(opened, before), _sent(opened, after), ASKED)])


def _sent(ledger: Ledger, number: str) -> Claim:
    """The claim a number or a visit id leads to, as ``correct`` finds it."""
    return sent_claim.load_story(ledger, correct_find.named(ledger, number).story)


def _claims(name: str) -> tuple[Claim, ...]:
    """The professional claims of a file."""
    problems: list[Problem] = []
    try:
        found = [x for s in read_submissions(files.chunks(name), problems, name) for x in s.claims]
    except NotX12 as error:
        raise CommandError(f"{name}: {error}") from error
    if not found:
        raise WrongUsageError(
            f"{name} holds no professional claims (837P)", todo="give files that bill wrote"
        )
    return tuple(found)


def _of_files(before: Sequence[Claim], after: Sequence[Claim]) -> DiffResult:
    """Claims of two files: by their number, the others by patient, member id, day and payer."""
    pairs, left, right = _by(before, after, _number)
    more, left, right = _by(left, right, _member)
    own, left, right = _by(left, right, _dependent)
    more += own
    result = compared(
        [*((*pair, BY_NUMBER) for pair in pairs), *((*pair, BY_PATIENT) for pair in more)]
    )
    return DiffResult(
        same=result.same,
        different=result.different,
        only_before=tuple(map(_alone, left)),
        only_after=tuple(map(_alone, right)),
    )


def compared(pairs: Iterable[tuple[Claim, Claim, str]]) -> DiffResult:
    """The differences of claims that belong together."""
    same = 0
    found: list[ClaimDiff] = []
    for before, after, how in pairs:
        differences = compare(before, after)
        if not differences:
            same += 1
            continue
        found.append(
            ClaimDiff(
                before=before.control,
                after=after.control,
                date=_day(before),
                matched_by=how,
                differences=differences,
            )
        )
    return DiffResult(same=same, different=tuple(found))


Key = tuple[object, ...]
Keyed = Callable[[Claim], Key | None]  # None: pairs with nothing
Parted = tuple[list[tuple[Claim, Claim]], list[Claim], list[Claim]]


def _by(before: Iterable[Claim], after: Iterable[Claim], key: Keyed) -> Parted:
    """Claims of one key are paired in their order; with what is left on either side."""
    waiting = _grouped(after, key)
    pairs: list[tuple[Claim, Claim]] = []
    left: list[Claim] = []
    for claim in before:
        wanted = key(claim)
        found = waiting.get(wanted) if wanted is not None else None
        if found:
            pairs.append((claim, found.pop()))
        else:
            left.append(claim)
    taken = {id(other) for _, other in pairs}
    return pairs, left, [claim for claim in after if id(claim) not in taken]


def _grouped(claims: Iterable[Claim], key: Keyed) -> dict[Key | None, list[Claim]]:
    """Claims by key, the first of each last, so that it is taken first."""
    found: dict[Key | None, list[Claim]] = {}
    for claim in reversed(list(claims)):
        found.setdefault(key(claim), []).append(claim)
    return found


def _number(claim: Claim) -> Key:
    """A void may have the number of the claim it voids."""
    return (claim.control, claim.frequency == "8")


def _member(claim: Claim) -> Key | None:
    """The patient by the holder's member id: a name alone does not say who it is."""
    return _patient(claim, claim.subscriber.party.id)


def _dependent(claim: Claim) -> Key | None:
    """The patient by an id of their own."""
    return _patient(claim, claim.patient.party.id) if claim.patient is not None else None


def _patient(claim: Claim, number: str) -> Key | None:
    """Who, when, to whom; None without a number."""
    if not number:
        return None
    who = claim.patient or claim.subscriber
    name = (who.party.name.upper(), who.party.first.upper(), who.birth_date)
    return (number.upper(), *name, _day(claim), claim.payer.id, claim.frequency == "8")


def _day(claim: Claim) -> dt.date | None:
    return min((line.date for line in claim.lines if line.date), default=None)


def _alone(claim: Claim) -> Alone:
    return Alone(control=claim.control, date=_day(claim), charge=f"{claim.charge:.2f}")


def rows(result: DiffResult) -> Iterator[tuple[ClaimDiff, Difference]]:
    """Every difference with its claim."""
    for claim in result.different:
        for one in claim.differences:
            yield claim, one
