"""Reference tables for a person: import files, list what is there, remove, look up."""

import datetime as dt
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Final

from attrs import field, frozen

from claimline.errors import DONE, CommandError, WrongUsageError
from claimline.reference.database import Database, reading, writing
from claimline.reference.importers import IMPORTERS
from claimline.reference.importers.names import checked
from claimline.reference.load import Loaded, NoTableError, load
from claimline.reference.lookup import gaps, open_tables
from claimline.reference.sheets import readable, sheets
from claimline.reference.values import Imported, Options
from mapping.reference import PairEdit, UnitLimit

_CODE: Final = re.compile(r"[0-9]{4}[0-9AFMTU]|[A-Z][0-9]{4}")
TITLES: Final = {importer.kind: importer.title for importer in IMPORTERS}


@frozen(kw_only=True)
class Refused:
    """A file or sheet that was not imported."""

    file: str
    message: str
    todo: str
    status: int


@frozen(kw_only=True)
class Done:
    """What came of an import: every sheet is in one of the two."""

    loaded: tuple[Loaded, ...] = ()
    refused: tuple[Refused, ...] = ()
    left_out: tuple[str, ...] = ()  # what else was in a zip
    gaps: tuple[str, ...] = ()  # parts that are still missing
    status: int = DONE


def import_files(
    path: Path, names: Iterable[str], options: Options, *, replace: bool, now: dt.datetime
) -> Done:
    """Import files; one that cannot be is said and does not stop the others.

    Raises:
        CommandError: the database cannot be made or opened.
    """
    with writing(path) as database:
        take = partial(load, database, options=options, replace=replace, now=now)
        files = [_import_file(name, take) for name in names]
        loaded = tuple(one for each in files for one in each.loaded)
        refused = tuple(one for each in files for one in each.refused)
        kinds = {one.imported.kind for one in loaded}
        missing = tuple(_gaps(one for one in database.imported() if one.kind in kinds))
    return Done(
        loaded=loaded,
        refused=refused,
        left_out=tuple(words for each in files for words in each.left_out),
        gaps=missing,
        status=max((one.status for one in refused), default=DONE),
    )


def _import_file(name: str, take: Callable[..., Loaded | None]) -> Done:
    """A file, or each table of a zip: one that cannot be read does not stop those beside it.

    What is no table at all is left out where the zip has tables beside it.
    """
    loaded: list[Loaded] = []
    refused: list[Refused] = []
    unknown: list[CommandError] = []
    try:
        for found in sheets(name):
            try:
                with readable(found.name):
                    got = take(found.sheet(), beside={one.imported.id for one in loaded})
                    loaded += [] if got is None else [got]
            except NoTableError as error:
                unknown.append(error)
            except CommandError as error:
                refused.append(_refused(f"{name}: {found.name}" if found.in_zip else name, error))
        if not loaded and not refused:
            nothing = CommandError(f"{name}: no table in this", todo="name the table's own file")
            refused.append(_refused(name, unknown[0] if unknown else nothing))
            unknown.clear()
    except CommandError as error:
        refused.append(_refused(name, error))
    left_out = tuple(f"{error.message}: left out" for error in unknown)
    return Done(loaded=tuple(loaded), refused=tuple(refused), left_out=left_out)


def _refused(file: str, error: CommandError) -> Refused:
    return Refused(file=file, message=error.message, todo=error.todo, status=error.status)


def listed(path: Path) -> tuple[tuple[Imported, ...], tuple[str, ...]]:
    """What is imported, and which parts are missing."""
    if not path.exists():
        return (), ()
    with reading(path) as database:
        found = database.imported()
    return found, tuple(_gaps(found))


def _gaps(found: Iterable[Imported]) -> Iterator[str]:
    """The missing parts of each edition, in words."""
    for (kind, table, _), parts in groupby(found, _edition):
        editions = list(parts)
        words = gaps(editions)
        if words:
            yield f"{TITLES[kind]}: {table} {editions[0].edition.version}: {words}"


def _edition(one: Imported) -> tuple[str, str, dt.date]:
    return one.kind, one.edition.table, one.edition.first


def remove(path: Path, wanted: Sequence[int]) -> tuple[Imported, ...]:
    """Take imports out by their numbers.

    Raises:
        CommandError: a number is none of the list.
    """
    with reading(path):  # it is there
        pass
    with writing(path) as database:
        return _removed(database, wanted)


def _removed(database: Database, wanted: Sequence[int]) -> tuple[Imported, ...]:
    known = {one.id: one for one in database.imported()}
    wanted = tuple(dict.fromkeys(wanted))
    lacking = [number for number in wanted if number not in known]
    if lacking:
        raise CommandError(
            f"there is no import number {lacking[0]}", todo="see: claimline tables list"
        )
    with database.transaction():
        for number in wanted:
            database.remove(known[number])
    return tuple(known[number] for number in wanted)


@frozen(kw_only=True)
class Said:
    """What the tables say of codes on a day. ``pairs`` None: no table speaks of that day."""

    codes: tuple[str, ...]
    day: dt.date
    table: str
    pairs: tuple[PairEdit, ...] | None
    limits: tuple[UnitLimit, ...]
    versions: tuple[str, ...] = field(factory=tuple)


def look_up(path: Path, codes: Sequence[str], day: dt.date, table: str) -> Said:
    """The pairs among the codes and their unit limits on a day.

    Raises:
        WrongUsageError: a code or the table's name is none.
    """
    asked = tuple(dict.fromkeys(code.strip().upper() for code in codes))
    for one in asked:
        if not _CODE.fullmatch(one):
            raise WrongUsageError(
                f"{one[:12]} is no procedure code", todo="say codes of five characters: 97530"
            )
    checked(table)
    tables = open_tables(path)
    found = (tables.limit(code, day, table) for code in asked)
    return Said(
        codes=asked,
        day=day,
        table=table,
        pairs=(
            tables.pairs_of(asked[0], day, table)
            if len(asked) == 1
            else tables.pairs(asked, day, table)
        ),
        limits=tuple(one for one in found if one is not None),
        versions=tables.versions(),
    )
