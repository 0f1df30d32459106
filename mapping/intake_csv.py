"""Visits in CSV: one row for each procedure, the visit's columns repeated or left empty."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final

from attrs import evolve, frozen

from edi.problem import Place, Problem
from mapping.columns import COLUMNS, REQUIRED, Column, column_of
from mapping.csv_rows import Row, split
from mapping.intake_json import structured
from mapping.structure import nearest, shown
from mapping.visit import Visit

if TYPE_CHECKING:
    from mapping.kinds import Notes

_CLOCK: Final = r"\d{1,2}:\d\d(?::\d\d)?(?:\s*[AaPp]\.?[Mm]\.?)?"
# Word and Excel like to write an en dash between times.
_BLOCK: Final = re.compile(rf"\s*({_CLOCK})\s*(?:[-\u2013]|to)\s*({_CLOCK})\s*(.*?)\s*")
_TITLE: Final = re.compile(r"[A-Za-z_ ]{1,40}")
_SEPARATOR_LINE: Final = re.compile(r"sep=(.)\s*\n", re.IGNORECASE)  # a line Excel writes and reads


def read_csv(name: str, text: str) -> Iterator[Visit | Problem]:
    """The visits of a CSV text and its problems; ``row`` counts as a spreadsheet does."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    told = _SEPARATOR_LINE.match(text)
    lines = text.split("\n")[1 if told else 0 :]
    skipped = next((n for n, line in enumerate(lines) if line.strip(",;\t| ")), 0)
    place = Place(file=name, row=skipped + (2 if told else 1))
    delimiter = told[1] if told else _delimiter(lines[skipped])
    header, rows = split(lines[skipped:], delimiter)
    columns, found = _header(header, evolve(place, row=0, line=place.row))
    yield from found
    if any(problem.level == "error" for problem in found):
        return
    groups, broken = _groups(rows, columns, place)
    yield from broken
    for group in groups.values():
        yield from _visit(group, columns, place)


def _delimiter(header: str) -> str:
    """The separator that parts the header best."""
    return max((",", ";", "\t", "|"), key=header.count)


def _key(title: str) -> str:
    return re.sub(r"[\s\-./]+", "_", title.strip().lower())


def _header(header: list[str], place: Place) -> tuple[list[Column | None], list[Problem]]:
    """The column each cell belongs to, ``None`` for one we do not know."""
    keys = [_key(title) for title in header]
    found: list[Problem] = []
    known = sum(key in COLUMNS for key in keys)
    if not known:
        names = ", ".join(REQUIRED[:4])
        message = f"the file has no header row: expected columns such as {names}"
        return [], [_problem("input.missing", message, place)]
    for key, times in Counter(key for key in keys if key in COLUMNS).items():
        if times > 1:
            found.append(
                _problem("input.invalid", f"the column {key} stands {times} times", place, key)
            )
    for number, (key, title) in enumerate(zip(keys, header, strict=True), 1):
        if key and key not in COLUMNS:
            # A title that may be a cell of a patient is not repeated.
            is_title = _TITLE.fullmatch(title.strip()) and 2 * known > sum(map(bool, keys))
            named = title.strip() if is_title else ""
            shown_as = f"the column {named}" if named else f"the title of column {number}"
            message = f"{shown_as} is not one we know{nearest(key, COLUMNS)}"
            warning = _problem("input.unknown-field", message, place, named)
            found.append(evolve(warning, level="warning"))
    found.extend(
        _problem("input.missing", f"the column {name} is missing", place, name)
        for name in REQUIRED
        if name not in keys
    )
    return [COLUMNS.get(key) for key in keys], found


def _problem(code: str, message: str, place: Place, column: str = "") -> Problem:
    return Problem(code=code, message=message, where=evolve(place, column=column))


@frozen
class _Group:
    """The rows of one visit, with their numbers."""

    key: str
    rows: list[tuple[int, list[str]]]


def _groups(
    table: Iterable[Row], columns: list[Column | None], place: Place
) -> tuple[dict[str, _Group], list[Problem]]:
    """Rows by visit, in the order of each visit's first row."""
    at = next(i for i, column in enumerate(columns) if column and column.name == "visit_id")
    groups: dict[str, _Group] = {}
    broken: list[Problem] = []
    for number, (row, is_whole) in enumerate(table, place.row + 1):
        if not any(map(str.strip, row)):
            continue
        key = row[at].strip() if at < len(row) else ""
        if not is_whole:
            where = evolve(place, row=number, claim=key)
            message = "a quotation mark is opened and never closed: the row was not read"
            broken.append(_problem("input.invalid", message, where))
            groups.setdefault(key, _Group(key, [])).rows.append((0, row))
            continue
        if not key:
            where = evolve(place, row=number)
            broken.append(_problem("input.missing", "visit_id is empty", where, "visit_id"))
            continue
        if len(row) > len(columns) and any(row[len(columns) :]):
            where = evolve(place, row=number, claim=key)
            message = f"the row has {len(row)} cells, the header {len(columns)}"
            broken.append(evolve(_problem("input.invalid", message, where), level="error"))
            key_rows = groups.setdefault(key, _Group(key, []))
            key_rows.rows.append((0, row))
            continue
        found = groups.get(key)
        if found is None:
            groups[key] = _Group(key, [(number, row)])
        else:
            found.rows.append((number, row))
    return groups, broken


def _visit(group: _Group, columns: list[Column | None], place: Place) -> Iterator[Visit | Problem]:
    """One visit from its rows, or its problems."""
    if any(number == 0 for number, _ in group.rows):
        return  # a row too long or without its end was told; the visit waits
    place = evolve(place, row=group.rows[0][0], claim=group.key)
    if _says_nothing(group, columns):
        message = "nothing of a visit stands beside visit_id; if the row is a total, take it out"
        yield _problem("input.missing", message, place, "visit_id")
        return
    cells, conflicts = _merged(group, columns, place)
    if conflicts:
        yield from conflicts
        return
    made: dict[str, Any] = {"procedures": []}
    for column, cell in cells:
        _put(made, column, cell)
    ours = [(i, c) for i, c in enumerate(columns) if c is not None and c.of_procedure]
    for _, row in group.rows:
        procedure: dict[str, Any] = {}
        for index, column in ours:
            cell = row[index] if index < len(row) else ""
            if cell.strip():
                _put(procedure, column, cell)
        made["procedures"].append(procedure)
    notes: Notes = []
    visit = structured(_listed(made), notes)
    for note in notes:
        yield _located(note, group, place)
    repeated = list(_repeated(group, place))
    yield from repeated
    if visit is not None and not repeated:
        yield visit


def _says_nothing(group: _Group, columns: list[Column | None]) -> bool:
    """Whether every column a visit must have is empty, but for its id: a line of totals."""
    wanted = [
        index
        for index, column in enumerate(columns)
        if column and column.name in REQUIRED and column.name != "visit_id"
    ]
    return not any(row[i].strip() for _, row in group.rows for i in wanted if i < len(row))


def _merged(
    group: _Group, columns: list[Column | None], place: Place
) -> tuple[list[tuple[Column, str]], list[Problem]]:
    """The visit's cells over its rows: an empty cell repeats, a different one conflicts."""
    cells: list[tuple[Column, str]] = []
    conflicts: list[Problem] = []
    rows = group.rows
    for index, column in enumerate(columns):
        if column is None or column.of_procedure:
            continue
        value, first = "", 0
        for number, row in rows:
            cell = row[index].strip() if index < len(row) else ""
            if not cell or cell == value:
                continue
            if value:
                message = f"rows {first} and {number} of one visit disagree in column {column.name}"
                conflicts.append(_problem("input.conflict", message, place, column.name))
                break
            value, first = cell, number
        if value:
            cells.append((column, value))
    return cells, conflicts


def _put(made: dict[str, Any], column: Column, cell: str) -> None:
    """A cell into the object, at the column's path."""
    inner: Any = made
    for step in column.path[:-1]:
        inner = inner.setdefault(step, {})
    inner[column.path[-1]] = _value(column, cell)


def _value(column: Column, cell: str) -> Any:
    if column.is_blocks:
        return [_block(part) for part in re.split("[;,]", cell) if part.strip()]
    if column.is_list:
        return [part for part in re.split(r"[;,|\s]+", cell) if part]
    return cell


def _block(part: str) -> dict[str, str]:
    found = _BLOCK.fullmatch(part)
    if found is None:
        return {"start": part.strip(), "end": part.strip()}
    return {"start": found[1], "end": found[2], "who": found[3]}


def _listed(made: dict[str, Any]) -> dict[str, Any]:
    """Numbered coverages and authorizations as lists."""
    for name in ("coverages", "authorizations"):
        if name in made:
            made[name] = [made[name][number] for number in sorted(made[name])]
    return made


def _located(note: Any, group: _Group, place: Place) -> Problem:
    """A note with the row and column it comes from."""
    number = place.row
    if note.path[:1] == ("procedures",) and len(note.path) > 1:
        number = group.rows[note.path[1]][0]
    column = column_of(note.path) or shown(note.path)
    return Problem(
        code=note.code,
        level=note.level,
        message=note.message,
        where=evolve(place, row=number, column=column),
        value=note.value,
    )


def _repeated(group: _Group, place: Place) -> Iterator[Problem]:
    """Rows that are alike to the letter: an export appended to itself, or two of a kind."""
    seen: dict[tuple[str, ...], int] = {}
    for number, row in group.rows:
        key = tuple(cell.strip() for cell in row)
        first = seen.setdefault(key, number)
        if first != number:
            message = (
                f"rows {first} and {number} are the same: if both are meant, give each its "
                "blocks or put the minutes in one row"
            )
            yield _problem("input.duplicate", message, evolve(place, row=number))
