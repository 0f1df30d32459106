"""A piece of the visits to numbered files: the work of ``bill`` that needs no ledger.

First the piece is drafted, which tells how many claims go to whom; then, with numbers, each
receiver's file is written. Both can be done in this process or in another (``bill_workers``).
"""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from attrs import field, frozen

from claimline.reference.lookup import open_tables
from claimline.services import bill_file, bill_hold
from claimline.services.bill_file import Made, Numbers
from claimline.services.bill_values import HeldVisits
from mapping.authorization_use import AuthorizationKey, Use
from mapping.claims import draft as draft_claims
from mapping.draft import ClaimDraft, DayKey, History, TreatedKey
from mapping.one_on_one import Shared
from mapping.practice import Practice
from mapping.reference import BilledLine, ReferenceTables
from mapping.totals import DeductibleLeft, RunningTotal, TotalKey
from mapping.visit import Visit

VISITS_PER_PIECE: Final = 2500  # also the most claims of a file, but for visits split over claims


@frozen(kw_only=True)
class Piece:
    """All visits of some patients, and what was decided or billed for them before."""

    number: int
    visit_ids: tuple[str, ...]
    waived: Mapping[str, frozenset[str]]
    billed: Mapping[DayKey, tuple[str, ...]] = field(repr=False)
    lines: Mapping[tuple[str, dt.date], tuple[BilledLine, ...]] = field(repr=False, factory=dict)
    totals: Mapping[TotalKey, RunningTotal] = field(repr=False, factory=dict)
    deductibles: Mapping[tuple[str, int], DeductibleLeft] = field(repr=False, factory=dict)
    shared: Mapping[str, tuple[Shared, ...]] = field(repr=False, factory=dict)
    authorized: Mapping[AuthorizationKey, tuple[Use, ...]] = field(repr=False, factory=dict)
    days: Mapping[TreatedKey, frozenset[dt.date]] = field(repr=False, factory=dict)


@frozen(kw_only=True)
class Drafted:
    """What came of a piece: for each receiver the visits and payers of its claims, and holds."""

    claims: Mapping[str, tuple[tuple[str, ...], ...]]
    payers: Mapping[str, frozenset[str]]
    held: tuple[HeldVisits, ...]


class Maker(Protocol):
    """Drafts and writes pieces; what is asked for is fetched by the function that is returned."""

    def add(self, visits: Sequence[Visit]) -> None:
        """Visits that came to light later; pieces may name them."""

    def draft(self, piece: Piece) -> Callable[[], Drafted]:
        """Draft a piece."""

    def write(
        self, piece: int, receiver: str, numbers: Numbers, gone: frozenset[str]
    ) -> Callable[[], Made]:
        """Write a drafted piece's file for a receiver, without claims of the visits ``gone``."""

    def forget(self, piece: int) -> None:
        """The piece is recorded: its drafts are not needed any more."""


class LocalMaker:
    """Works in this process, when the answer is fetched."""

    def __init__(
        self, practice: Practice, visits: Mapping[str, Visit], context: bill_file.Context
    ) -> None:
        self._practice = practice
        self._visits = dict(visits)
        self._context = context
        self._today = context.now.astimezone(ZoneInfo(practice.time_zone)).date()
        self._drafts: dict[int, dict[str, list[ClaimDraft]]] = {}
        self._tables: ReferenceTables | None = None

    def add(self, visits: Sequence[Visit]) -> None:
        """See ``Maker``."""
        self._visits.update((visit.visit_id, visit) for visit in visits)

    def draft(self, piece: Piece) -> Callable[[], Drafted]:
        """See ``Maker``."""
        return lambda: self._draft(piece)

    def write(
        self, piece: int, receiver: str, numbers: Numbers, gone: frozenset[str]
    ) -> Callable[[], Made]:
        """See ``Maker``."""
        return lambda: self._write(piece, receiver, numbers, gone)

    def forget(self, piece: int) -> None:
        """See ``Maker``."""
        self._drafts.pop(piece, None)

    def _reference(self) -> ReferenceTables:
        """The reference tables, opened by the process that asks them."""
        if self._tables is None:
            self._tables = open_tables(self._context.tables)
        return self._tables

    def _draft(self, piece: Piece) -> Drafted:
        found = draft_claims(
            [self._visits[visit_id] for visit_id in piece.visit_ids],
            self._practice,
            History(
                billed=piece.billed,
                lines=piece.lines,
                totals=piece.totals,
                deductibles=piece.deductibles,
                shared=piece.shared,
                authorized=piece.authorized,
                days=piece.days,
            ),
            waived=piece.waived,
            today=self._today,
            reference=self._reference(),
        )
        ordered = sorted(found.drafts, key=lambda one: one.receiver)
        made = {key: list(own) for key, own in groupby(ordered, key=lambda one: one.receiver)}
        self._drafts[piece.number] = made
        return Drafted(
            claims={key: tuple(one.visit_ids for one in own) for key, own in made.items()},
            payers={key: frozenset(one.payer for one in own) for key, own in made.items()},
            held=tuple(bill_hold.from_draft(held) for held in found.held),
        )

    def _write(self, piece: int, receiver: str, numbers: Numbers, gone: frozenset[str]) -> Made:
        drafts = self._drafts[piece][receiver]
        if gone:
            drafts = [one for one in drafts if not gone & set(one.visit_ids)]
        return bill_file.make(drafts, self._practice, numbers, self._context, self._visits)


def pieces(visits: Sequence[Visit], size: int) -> Iterator[tuple[Visit, ...]]:
    """The visits in pieces, all of a patient in one: yearly totals run through a patient's claims.

    Patients come in the order of their first visit; within a piece the order of visits stays.
    """
    patients: dict[str, list[int]] = {}
    for position, visit in enumerate(visits):
        patients.setdefault(visit.patient.id, []).append(position)
    piece: list[int] = []
    for positions in patients.values():
        if piece and len(piece) + len(positions) > size:
            yield tuple(visits[position] for position in sorted(piece))
            piece = []
        piece += positions
    if piece:
        yield tuple(visits[position] for position in sorted(piece))
