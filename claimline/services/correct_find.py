"""The claim that a correction is asked for, its family, and the corrected visits."""

from collections.abc import Iterable, Sequence

from attrs import field, frozen

from claimline.errors import CommandError, WrongUsageError
from claimline.render.words import listed
from claimline.services import bill_input, visit_text
from claimline.services.correct_values import CorrectRequest
from edi.claim import FREQUENCY_ORIGINAL, FREQUENCY_VOID
from mapping.visit import Visit
from reconcile.correction import FIRST
from reconcile.ledger import ClaimStory, Found, Ledger, Usage


@frozen(kw_only=True)
class Target:
    """The claim to be corrected, with the claims of its family to the same payer."""

    story: ClaimStory
    family: tuple[ClaimStory, ...]  # in the order of sending, the target too
    usage: Usage

    @property
    def newest(self) -> ClaimStory:
        """The newest claim of the family to that payer."""
        return self.family[-1]


@frozen(kw_only=True)
class Corrected:
    """The visits the claim shall be made of now; empty where nobody gave any."""

    visits: tuple[Visit, ...] = field(default=(), repr=False)
    files: tuple[str, ...] = ()

    @property
    def marks(self) -> dict[str, str]:
        """Visit id to the digest of its content."""
        return {visit.visit_id: visit_text.digest(visit) for visit in self.visits}


def target(ledger: Ledger, request: CorrectRequest) -> Target:
    """The claim an identifier leads to: the one of that number, else the newest of the family.

    Raises:
        WrongUsageError: it leads to no claim or to several families.
    """
    return named(ledger, request.identifier, request.usage)


def named(ledger: Ledger, identifier: str, usage: Usage | None = None) -> Target:
    """The claim an identifier leads to, in the given book or in any; see ``target``."""
    found = _families(ledger, identifier, usage)
    [family] = found.families
    stories = [one for one in ledger.story(family, usage=found.usage) if one.was_sent]
    if not stories:
        raise WrongUsageError(
            f"claim {family} was taken back before it was sent: there is nothing to correct",
            todo="mend the visit; claimline bill makes the claim again",
        )
    word = identifier.strip().upper()
    same = [one for one in stories if one.sent.claim.control.upper() == word]
    if not same or same[0].sent.claim.frequency == FREQUENCY_ORIGINAL:
        stories = [one for one in stories if not _is_rejected_correction(one)] or stories
    first_payer = [
        one
        for one in stories
        if one.sent.claim.payer_rank == FIRST and one.sent.claim.frequency != FREQUENCY_VOID
    ]
    chosen = same[0] if same else (first_payer or list(stories))[-1]
    rank = chosen.sent.claim.payer_rank
    return Target(
        story=chosen,
        family=tuple(one for one in stories if one.sent.claim.payer_rank == rank),
        usage=found.usage,
    )


def _is_rejected_correction(story: ClaimStory) -> bool:
    """Whether it is a replacement or void that was rejected: it changed nothing at the payer."""
    state = story.stand.state if story.stand is not None else ""
    return state == "rejected" and story.sent.claim.frequency != FREQUENCY_ORIGINAL


def _families(ledger: Ledger, identifier: str, book: Usage | None) -> Found:
    """What the identifier leads to: one family of claims."""
    found = [one for one in ledger.find(identifier) if one.families]
    found = [one for one in found if book in {None, one.usage}]
    if not found:
        raise WrongUsageError(
            "that leads to no claim that was sent",
            todo="claimline trace finds claims by any number; see also --production",
        )
    surest = [one for one in found if one.kind == found[0].kind]
    chosen = next((one for one in surest if one.usage == "P"), surest[0])
    if len(chosen.families) > 1:
        some = [*chosen.families[:5], *(["others"] if len(chosen.families) > 5 else [])]
        raise WrongUsageError(
            f"that is a {chosen.kind} of several claims: {listed(some)}",
            todo="name one claim",
        )
    return chosen


def corrected(ledger: Ledger, request: CorrectRequest, found: Target) -> Corrected:
    """The corrected visits: of the files given, else those ``bill`` holds as changed.

    Visits of the files that are of no interest here (of other claims) are left out.

    Raises:
        WrongUsageError: a file cannot be read, or holds no visit of the claim.
    """
    if request.visits:
        return _of_files(ledger, request.visits, found)
    own = {visit for visit, _ in found.story.sent.visits}
    held = [
        visit
        for one in ledger.held_claims(usage=found.usage)
        if any(code == "bill.changed" for code, _ in one.reasons)
        and own & {visit for visit, _ in one.visits}
        for visit in visit_text.from_text(one.detail)
    ]
    return Corrected(visits=_whole(held, found) if held else ())


def _of_files(ledger: Ledger, names: Sequence[str], found: Target) -> Corrected:
    incoming = bill_input.read_all(names)
    wrong = [f"{name}: {why}" for name, why in incoming.unreadable]
    if wrong:
        raise CommandError("; ".join(wrong))
    faults = [p for p in incoming.problems if p.level == "error"]
    mine = _not_elsewhere(
        ledger, [visit for visit in incoming.visits if _is_of(visit, found)], found
    )
    if not mine:
        first = f": {faults[0].message}" if faults else ""
        own = listed([visit for visit, _ in found.story.sent.visits]) or "no visit of ours"
        raise WrongUsageError(
            f"no visit of claim {found.story.sent.claim.control} is in {', '.join(names)}{first}",
            todo=f"it was made of {own}; bill --dry-run shows what is wrong with a file",
        )
    return Corrected(visits=_whole(mine, found), files=tuple(names))


def _not_elsewhere(ledger: Ledger, visits: Sequence[Visit], found: Target) -> list[Visit]:
    """The visits without those that were billed in a claim of another family."""
    family = {one.sent.claim.control for one in found.family}
    known = ledger.known_visits({visit.visit_id for visit in visits}, usage=found.usage)
    elsewhere = {
        key
        for key, one in known.items()
        if one.state == "billed" and one.claims and family.isdisjoint(one.claims)
    }
    return [visit for visit in visits if visit.visit_id not in elsewhere]


def _is_of(visit: Visit, found: Target) -> bool:
    """Whether a visit belongs to the claim: by its id, or as another of the same day."""
    claim = found.story.sent.claim
    if found.story.sent.visits:
        own = {visit_id for visit_id, _ in found.story.sent.visits}
        if visit.visit_id in own:
            return True
        same = visit.patient.id == found.story.sent.patient_id
        return same and visit.date == claim.date and _goes_along(visit, found)
    member = visit.coverages[0].member_id if visit.coverages else ""
    return member.upper() == claim.member_id.upper() and claim.date <= visit.date <= claim.until


def _goes_along(visit: Visit, found: Target) -> bool:
    """Whether a further visit of the day would have gone on the same claim."""
    sent = found.story.sent
    payer = visit.coverages[0].payer if visit.coverages else ""
    return payer == sent.claim.payer and visit.discipline == sent.discipline


def _whole(visits: Iterable[Visit], found: Target) -> tuple[Visit, ...]:
    """The visits, all the claim was made of among them.

    Raises:
        WrongUsageError: one is missing: the claim is made anew from all of its visits.
    """
    known = {visit.visit_id: visit for visit in visits}
    missing = [visit for visit, _ in found.story.sent.visits if visit not in known]
    if missing:
        raise WrongUsageError(
            f"the claim was made of visit {listed(missing)} too, which is not given",
            todo="give all visits of the claim, also those that stay as they are: --visits FILE",
        )
    return tuple(known.values())
