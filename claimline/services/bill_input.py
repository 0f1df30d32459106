"""Visits in, sorted by what the ledger knows of them: new, billed before, changed since."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from attrs import field, frozen

from claimline import files
from claimline.errors import CommandError
from claimline.services import visit_text
from claimline.services.bill_values import AlreadyBilled, HeldVisits
from edi.problem import Place, Problem, declare
from mapping.intake import read as read_visits
from mapping.structure import shown_key
from mapping.visit import Visit

if TYPE_CHECKING:
    from reconcile.ledger import KnownVisit

declare(
    {
        "bill.changed": (
            "a visit that was billed before comes again with other content",
            "if the claim was wrong, correct it by the payer's road; the first stays as sent",
        ),
        "bill.twice": (
            "two visits of one run have the same id and different content",
            "give each visit its own id, or leave the wrong one out",
        ),
    }
)


@frozen(kw_only=True)
class Incoming:
    """What the visit files hold: each visit once."""

    visits: tuple[Visit, ...] = field(repr=False)
    problems: tuple[Problem, ...]
    unreadable: tuple[tuple[str, str], ...]
    conflicts: tuple[HeldVisits, ...]


@frozen(kw_only=True)
class Sorted:
    """Visits by what is to be done with them."""

    fresh: tuple[Visit, ...] = field(repr=False)
    already: tuple[AlreadyBilled, ...]
    changed: tuple[tuple[Visit, "KnownVisit"], ...] = field(repr=False)


def read_all(names: Iterable[str]) -> Incoming:
    """Read the visit files; one that cannot be read does not stop the others."""
    visits: dict[str, Visit] = {}
    problems: list[Problem] = []
    unreadable: list[tuple[str, str]] = []
    conflicts: dict[str, HeldVisits] = {}
    for name in names:
        if name.lower().endswith(".toml"):
            unreadable.append((name, "is no visit file: visits are CSV or JSON, not TOML"))
            continue
        try:
            data = files.content(name)
        except CommandError as error:
            unreadable.append((name, error.message.removeprefix(f"{name}: ")))
            continue
        for item in read_visits(name, data):
            if isinstance(item, Problem):
                problems.append(item)
                continue
            if visits.setdefault(item.visit_id, item) != item:
                conflicts[item.visit_id] = _conflict(item, name)
    return Incoming(
        visits=tuple(v for key, v in visits.items() if key not in conflicts),
        problems=tuple(problems),
        unreadable=tuple(unreadable),
        conflicts=tuple(conflicts.values()),
    )


def sort_out(visits: Iterable[Visit], known: Mapping[str, "KnownVisit"]) -> Sorted:
    """Part the visits: those never billed, those billed as they are, those changed since."""
    fresh, already, changed = [], [], []
    for visit in visits:
        before = known.get(visit.visit_id)
        if before is None or before.state != "billed":
            fresh.append(visit)
        elif before.digest == visit_text.digest(visit):
            already.append(
                AlreadyBilled(visit=visit.visit_id, file=before.file, claims=before.claims)
            )
        else:
            changed.append((visit, before))
    return Sorted(fresh=tuple(fresh), already=tuple(already), changed=tuple(changed))


def changed_visit(visit: Visit, before: "KnownVisit") -> HeldVisits:
    """The hold of a visit that was billed before with other content."""
    claims = ", ".join(before.claims)
    problem = Problem(
        code="bill.changed",
        message=f"was billed before with other content: claim {claims} in {before.file}; "
        f"it is not billed again: claimline correct {visit.visit_id} corrects that claim",
        where=Place(claim=visit.visit_id),
    )
    return _held(visit, problem)


def _conflict(visit: Visit, name: str) -> HeldVisits:
    message = f"comes again in {name} with other content; neither is billed"
    problem = Problem(code="bill.twice", message=message, where=Place(claim=visit.visit_id))
    return _held(visit, problem)


def _held(visit: Visit, problem: Problem) -> HeldVisits:
    return HeldVisits(
        id=visit.visit_id,
        visits=(visit.visit_id,),
        payer=shown_key(visit.coverages[0].payer) if visit.coverages else "",
        discipline=visit.discipline,
        date=visit.date,
        charge=None,
        problems=(problem,),
    )
