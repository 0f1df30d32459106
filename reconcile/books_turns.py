"""What each payer in each turn says of a line, added up, in the order in which it counts."""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Final

from attrs import evolve, frozen

from reconcile.buckets import Buckets, receiving_lines
from reconcile.values import Adjudication, LineShare, SentLine

NO_REVERSAL: Final = "the payer will send no reversal"  # a note of an answer: a person said so
RANK_ORDER: Final = {"P": 0, "S": 1, "T": 2}


@frozen(kw_only=True)
class Entry:
    """One share with the adjudication it stands in."""

    adjudication: Adjudication
    share: LineShare


def is_reversal(entry: Entry) -> bool:
    """CLP02 22: it takes a decision back."""
    return entry.adjudication.is_reversal


@frozen(kw_only=True)
class Group:
    """What one payer in one turn says of the line, added up."""

    payer: str
    rank: int
    entries: tuple[Entry, ...]
    sums: Buckets
    stale: bool = False  # a payer before decided otherwise after it had answered
    alone: bool = False  # the payer before took its decision back

    def is_of(self, answer: Adjudication) -> bool:
        """Whether the answer is the payer's, in this turn."""
        return (self.payer, self.rank) == (answer.payer, RANK_ORDER[answer.rank])

    @property
    def decisions(self) -> tuple[Entry, ...]:
        """Without reversals; oldest first."""
        return tuple(entry for entry in self.entries if not is_reversal(entry))

    def is_once(self, line: SentLine) -> bool:
        """Whether it decides the line once: by one answer, or by several on parts of it."""
        return len(self.decisions) < 2 or self.sums.charge <= line.charge

    def of_newest(self) -> "Group":
        """What it says by its newest decision alone."""
        newest = self.decisions[-1:]
        return evolve(self, entries=newest, sums=sum_of(newest))

    @property
    def date(self) -> dt.date:
        """Of its newest answer."""
        return self.entries[-1].adjudication.date


def apart(live: Sequence[Entry], *, over: bool) -> tuple[list[Entry], list[Entry]]:
    """What counts, and the decisions that count no more because a person said so.

    Such a decision gives way to another one of its payer and turn; where none stands it counts.

    Args:
        live: of a line, what nobody took back.
        over: the claim was replaced or voided: the decision gives way to that.
    """
    marked = [e for e in live if NO_REVERSAL in e.adjudication.notes and not is_reversal(e)]
    if not marked:
        return list(live), []
    stands = {_turn(e) for e in live if not is_reversal(e) and e not in marked}
    aside = [e for e in marked if over or _turn(e) in stands]
    return [e for e in live if e not in aside], aside


def _turn(entry: Entry) -> tuple[str, str]:
    return entry.adjudication.payer, entry.adjudication.rank


def groups_of(live: Sequence[Entry]) -> list[Group]:
    """By payer and turn, the newest last."""
    found: dict[tuple[str, int], list[Entry]] = {}
    for entry in live:
        key = (entry.adjudication.payer, RANK_ORDER[entry.adjudication.rank])
        found.setdefault(key, []).append(entry)
    groups = [
        Group(payer=payer, rank=rank, entries=tuple(entries), sums=sum_of(entries))
        for (payer, rank), entries in found.items()
    ]
    return sorted(groups, key=lambda g: (g.date, g.rank, g.payer))


def in_turn(groups: list[Group], history: Sequence[Entry]) -> list[Group]:
    """In the order of turns where a payer before decided anew after the next one had answered.

    The next one answered what it saw then. Where the share left to the patient is the same as
    before, its answer holds; else only its payment counts, against the share that is left now.
    """
    lead = min(groups, key=lambda g: g.rank, default=None)
    if lead is None or (not lead.rank and len(groups) == 1):
        return groups
    if lead.rank and _gone(lead, groups, history):
        return [evolve(g, alone=True) for g in groups]
    early = [g for g in groups if g.rank > lead.rank and g.date < lead.date]
    if not early:
        return groups
    told = [
        evolve(g, stale=g in early and not _same_share(lead, _before(lead, g, history)))
        for g in groups
    ]
    return sorted(told, key=lambda g: (g.rank, g.date, g.payer))


def _gone(lead: Group, groups: Sequence[Group], history: Sequence[Entry]) -> bool:
    """Whether all decisions of an earlier turn than these were taken back, none made anew."""
    here = {id(e) for g in groups for e in g.entries}
    earlier = (e for e in history if RANK_ORDER[e.adjudication.rank] < lead.rank)
    return any(not is_reversal(e) and id(e) not in here for e in earlier)


def _before(lead: Group, group: Group, history: Sequence[Entry]) -> Entry | None:
    """The leading payer's decision that the next one saw when it answered."""
    found = [
        e
        for e in history
        if not is_reversal(e)
        and RANK_ORDER[e.adjudication.rank] == lead.rank
        and e.adjudication.date <= group.date
    ]
    return found[-1] if found else None


def _same_share(lead: Group, before: Entry | None) -> bool:
    """Whether the newest decision leaves to the patient what the one before left."""
    if before is None:
        return False
    old = sum_of((before,))
    return (old.patient, old.denied) == (lead.sums.patient, lead.sums.denied)


def sum_of(entries: Iterable[Entry]) -> Buckets:
    """Their amounts by bucket."""
    sums = Buckets()
    for entry in entries:
        adjudication = entry.adjudication
        sums.add(adjudication, entry.share, receiving_lines(adjudication))
    return sums
