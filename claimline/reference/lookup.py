"""Answers from the imported tables, as ``mapping.reference.ReferenceTables``.

Where no table of a kind is imported the starter tables serve. Of pair tables the newest edition
decides for every day: CMS's files carry the history of each pair, corrected backwards. Of the other
kinds the edition of the day decides. An answer names the edition it comes from.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from functools import lru_cache
from itertools import combinations
from pathlib import Path
from typing import Any, Final

from claimline.reference.database import OPEN, Database, open_to_read
from claimline.reference.importers import IMPORTERS
from claimline.reference.importers.pprrvu import QUALIFYING
from claimline.reference.values import Imported
from mapping.reference import (
    DiagnosisState,
    Factor,
    FeeRow,
    Locality,
    PairEdit,
    TableKind,
    UnitLimit,
)
from mapping.starter import STARTER, Starter

KEPT: Final = 1 << 16  # answers kept for each kind of question
WORDS: Final = {
    "ptp": "NCCI PTP",
    "mue": "NCCI MUE",
    "fee": "PPRRVU",
    "locality": "GPCI",
    "diagnosis": "ICD-10-CM",
}
PARTS: Final = {importer.kind: importer.parts for importer in IMPORTERS}


def open_tables(path: str | Path) -> "Tables | Starter":
    """The imported tables, or the starter tables where nothing was imported or nothing is named.

    Each process opens them for itself.

    Raises:
        CommandError: the file is no database of reference tables.
    """
    found = open_to_read(Path(path)) if path else None
    return STARTER if found is None else Tables(found)


class Tables:
    """The imported tables of a database, read-only; what was asked before is remembered."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._editions: dict[tuple[str, str], list[tuple[Imported, ...]]] = {}
        self._versions: dict[int, str] = {}
        for one in database.imported():
            self._versions[one.id] = version_of(one)
            editions = self._editions.setdefault((one.kind, one.edition.table), [])
            if editions and editions[-1][0].edition.first == one.edition.first:
                editions[-1] = (*editions[-1], one)
            else:
                editions.append((one,))
        self._all_pairs = lru_cache(maxsize=KEPT)(self._find_pairs)
        self._limit = lru_cache(maxsize=KEPT)(self._find_limit)
        self.fee = lru_cache(maxsize=KEPT)(self._fee)
        self.locality = lru_cache(maxsize=KEPT)(self._locality)
        self.diagnosis = lru_cache(maxsize=KEPT)(self._diagnosis)

    def close(self) -> None:
        """Close the database."""
        self._database.connection.close()

    def _named(self, kind: str, table: str) -> list[tuple[Imported, ...]]:
        """The editions of a table, oldest first; a state's falls back on the general one."""
        found = self._editions.get((kind, table))
        if found is None and table.startswith("medicaid:"):
            found = self._editions.get((kind, "medicaid"))
        return found or []

    def _on(self, kind: str, table: str, day: dt.date, *, within: bool) -> Imported | None:
        """The newest edition that has begun by the day, and has not ended (``within``)."""
        for one, *_ in reversed(self._named(kind, table)):
            if one.edition.first <= day:
                ended = one.edition.last is not None and one.edition.last < day
                return None if within and ended else one
        return None

    def pairs(self, codes: Iterable[str], day: dt.date, table: str) -> tuple[PairEdit, ...] | None:
        """See ``ReferenceTables``."""
        asked = tuple(dict.fromkeys(codes))
        editions = self._named("ptp", table)
        if not editions:
            return STARTER.pairs(asked, day, table)
        if len(asked) < 2:
            return ()
        found = self._all_pairs(asked, table)
        if not found:
            return found
        return tuple(edit for edit in found if edit.holds(day))

    def _find_pairs(self, codes: tuple[str, ...], table: str) -> tuple[PairEdit, ...]:
        """The edits among the codes on any day, in the order of the codes."""
        found: dict[frozenset[str], list[PairEdit]] = {}
        for code in codes:
            others = [other for other in codes if other != code]
            part, is_known = self._part_of(code, table)
            edits = (
                self._rows_of(part, code, others) if is_known else self._starter_pairs(code, others)
            )
            for edit in edits:
                found.setdefault(frozenset((edit.column1, edit.column2)), []).append(edit)
        return tuple(
            edit
            for one, other in combinations(codes, 2)
            for edit in found.get(frozenset((one, other)), ())
        )

    def _part_of(self, code: str, table: str) -> tuple[Imported | None, bool]:
        """The part with the code as column 1, and whether the table is known to be whole there.

        Where a part of the newest edition is missing, the edition before serves.
        """
        for parts in reversed(self._named("ptp", table)):
            part = next((one for one in parts if one.low <= code <= one.high), None)
            if part is not None or is_whole(parts):
                return part, True
        return None, False

    @staticmethod
    def _starter_pairs(code: str, others: Sequence[str]) -> list[PairEdit]:
        """What the starter table has where the part of the imported table is missing."""
        listed = STARTER.all_pairs((code, *others))
        return [edit for edit in listed if edit.column1 == code]

    def _rows_of(self, part: Imported | None, code: str, others: Sequence[str]) -> list[PairEdit]:
        if part is None:
            return []
        places = ", ".join("?" * len(others))
        rows = self._database.connection.execute(
            "SELECT column2, first, last, indicator, rationale FROM ptp"  # noqa: S608 - ? only
            f" WHERE imported = ? AND column1 = ? AND column2 IN ({places})",
            (part.id, code, *others),
        )
        version = self._versions[part.id]
        return [
            PairEdit(
                column1=code,
                column2=column2,
                indicator=indicator,
                first=dt.date.fromordinal(first),
                last=None if last == OPEN else dt.date.fromordinal(last),
                rationale=rationale,
                version=version,
            )
            for column2, first, last, indicator, rationale in rows
        ]

    def pairs_of(self, code: str, day: dt.date, table: str) -> tuple[PairEdit, ...]:
        """All pairs of one code on a day: for a person, not for the mapper (a whole scan)."""
        editions = self._named("ptp", table)
        if not editions:
            return STARTER.pairs_of(code, day, table)
        rows = {
            frozenset(row)
            for parts in editions  # where a part is missing an older one, or the starter, serves
            for one in parts
            for row in self._database.connection.execute(
                "SELECT DISTINCT column1, column2 FROM ptp"
                " WHERE imported = ? AND ? IN (column1, column2)",
                (one.id, code),
            )
        }
        starter = STARTER.pairs_of(code, day, table)
        rows |= {frozenset((pair.column1, pair.column2)) for pair in starter}
        found = [self.pairs(codes, day, table) or () for codes in sorted(map(sorted, rows))]
        return tuple(
            sorted(
                (pair for pairs in found for pair in pairs), key=lambda p: (p.column1, p.column2)
            )
        )

    def limit(self, code: str, day: dt.date, table: str) -> UnitLimit | None:
        """See ``ReferenceTables``."""
        if not self._named("mue", table):
            return STARTER.limit(code, day, table)
        return self._limit(code, day, table)

    def _find_limit(self, code: str, day: dt.date, table: str) -> UnitLimit | None:
        edition = self._on("mue", table, day, within=False)
        if edition is None:  # before the first one
            return STARTER.limit(code, day, table)
        row = self._row("SELECT most, mai, rationale FROM mue", "code", edition, code)
        if row is None:
            return None
        most, mai, rationale = row
        return UnitLimit(
            code=code, most=most, mai=mai, rationale=rationale, version=self._versions[edition.id]
        )

    def _row(
        self, select: str, key: str, edition: Imported | None, value: str
    ) -> tuple[Any, ...] | None:
        if edition is None:
            return None
        found: tuple[Any, ...] | None = self._database.connection.execute(
            f"{select} WHERE imported = ? AND {key} = ?", (edition.id, value)
        ).fetchone()
        return found

    def _fee(self, code: str, day: dt.date) -> FeeRow | None:
        edition = self._on("fee", "", day, within=True)
        if edition is None:  # the values are the same in both files
            edition = self._on("fee", QUALIFYING, day, within=True)
        columns = "status, work, practice, malpractice, multiple"
        row = self._row(f"SELECT {columns} FROM fee", "code", edition, code)  # noqa: S608 - ours
        if row is None or edition is None:
            return STARTER.fee(code, day) if edition is None else None
        status, work, practice, malpractice, multiple = row
        return FeeRow(
            code=code,
            status=status,
            work=Decimal(work),
            practice=Decimal(practice),
            malpractice=Decimal(malpractice),
            multiple=bool(multiple),
            version=self._versions[edition.id],
        )

    def _locality(self, key: str, day: dt.date) -> Locality | None:
        edition = self._on("locality", "", day, within=True)
        columns = "name, work, practice, malpractice"
        row = self._row(f"SELECT {columns} FROM locality", "key", edition, key)  # noqa: S608 - ours
        if row is None or edition is None:
            return STARTER.locality(key, day) if edition is None else None
        name, work, practice, malpractice = row
        return Locality(
            key=key,
            name=name,
            work=Decimal(work),
            practice=Decimal(practice),
            malpractice=Decimal(malpractice),
            version=self._versions[edition.id],
        )

    def factor(self, day: dt.date, *, qualifying: bool = False) -> Factor | None:
        """See ``ReferenceTables``: of the imported file of the day, else of the starter table."""
        edition = self._on("fee", QUALIFYING if qualifying else "", day, within=True)
        select = "SELECT factor FROM fee WHERE imported = ? LIMIT 1"
        row = None
        if edition is not None:
            row = self._database.connection.execute(select, (edition.id,)).fetchone()
        if row is None or edition is None:
            return STARTER.factor(day, qualifying=qualifying)
        return Factor(
            amount=Decimal(row[0]),
            first=edition.edition.first,
            last=edition.edition.last,
            version=self._versions[edition.id],
        )

    def _diagnosis(self, code: str, day: dt.date) -> DiagnosisState | None:
        edition = self._on("diagnosis", "", day, within=True)
        if edition is None:
            return STARTER.diagnosis(code, day)
        row = self._row("SELECT is_full FROM diagnosis", "code", edition, code)
        if row is None:
            return "unknown"
        return "valid" if row[0] else "not full length"

    def imported(self, kind: str) -> set[str]:
        """Whose tables of a kind there are: medicare, medicaid (of any state), own."""
        return {table.partition(":")[0] for name, table in self._editions if name == kind}

    def gaps(self, day: dt.date) -> tuple[str, ...]:
        """What is missing: parts of the newest editions, and quarters up to a day of service."""
        newest = [editions[-1] for editions in self._editions.values()]
        return tuple(words for parts in newest for words in _lacking(parts, day))

    def version(self, kind: TableKind, table: str, day: dt.date) -> str:
        """See ``ReferenceTables``."""
        editions = self._named(kind, table)
        if not editions:
            return STARTER.version(kind, table, day)
        if kind == "ptp":
            return self._versions[editions[-1][0].id]
        found = self._on(kind, table, day, within=False)
        return STARTER.version(kind, table, day) if found is None else self._versions[found.id]

    def versions(self) -> tuple[str, ...]:
        """See ``ReferenceTables``: the newest edition of each table."""
        own = [self._versions[editions[-1][0].id] for editions in self._editions.values()]
        return (*own, *STARTER.versions())


def version_of(one: Imported) -> str:
    """``NCCI PTP medicare v321r0 (imported 2026-04-02)``: what a claim cites."""
    table = f" {one.edition.table}" if one.edition.table else ""
    return f"{WORDS[one.kind]}{table} {one.edition.version} (imported {one.imported_at[:10]})"


def _lacking(parts: Sequence[Imported], day: dt.date) -> Iterator[str]:
    version, last = version_of(parts[0]), parts[0].edition.last
    if words := gaps(parts):
        yield f"{version}: {words}."
    if parts[0].kind in {"ptp", "mue", "diagnosis"} and last is not None and last < day:
        yield f"{version} is the table until {last}, and visits are later: import the newer one."


def is_whole(editions: Sequence[Imported]) -> bool:
    """Whether all parts are there: as many as there should be, or one file with all of them."""
    wanted = PARTS[editions[0].kind]
    numbered = sum(one.edition.part.isdigit() for one in editions)
    if (numbered or len(editions)) >= wanted:
        return True
    (one, *others) = editions
    return not others and not one.edition.part.isdigit() and one.low < "1" and one.high > "99"


def gaps(editions: Sequence[Imported]) -> str:
    """Which parts of an edition are missing and what they would cover, in words; or nothing."""
    wanted = PARTS[editions[0].kind]
    if is_whole(editions):
        return ""
    numbers = [one.edition.part for one in editions]
    lacking = [str(n) for n in range(1, wanted + 1) if str(n) not in numbers]
    named = all(number.isdigit() for number in numbers)
    which = f"part {', '.join(lacking)}" if named else f"{wanted - len(editions)} of {wanted} parts"
    covered = ", ".join(f"{one.low} to {one.high}" for one in sorted(editions, key=_low))
    rest = "elsewhere an older quarter or the starter pairs do"
    return f"{which} missing: the table decides where column 1 is {covered}; {rest}"


def _low(one: Imported) -> str:
    return one.low
