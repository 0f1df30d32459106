"""Lines of a CSV file to rows: a quotation mark never closed costs one row, not the rest."""

import csv
from collections.abc import Generator, Iterator, Sequence

Row = tuple[list[str], bool]  # its cells, and whether it was read to its end


def split(lines: Sequence[str], delimiter: str) -> tuple[list[str], Iterator[Row]]:
    """The header's cells, and the rows below it."""
    table = csv.reader((f"{line}\n" for line in lines), delimiter=delimiter)
    try:
        header = next(table, [])
    except csv.Error:  # a cell of more than 131,072 characters: no header
        return [], iter(())
    return header, _rows(lines, table.line_num, len(header), delimiter)


def _rows(lines: Sequence[str], start: int, width: int, delimiter: str) -> Iterator[Row]:
    """Rows from a line on. Where a row swallowed whole ones, reading goes on at its next line."""
    while start < len(lines):
        opened = yield from _until_open(lines, start, width, delimiter)
        if opened is None:
            return
        yield _alone(lines[opened].replace('"', ""), delimiter), False
        start = opened + 1


def _until_open(
    lines: Sequence[str], start: int, width: int, delimiter: str
) -> Generator[Row, None, int | None]:
    """Rows until one whose quotation mark is never closed. Returns that line's number."""
    table = csv.reader((f"{lines[n]}\n" for n in range(start, len(lines))), delimiter=delimiter)
    here = start
    try:
        for row in table:
            following = start + table.line_num
            if following - here > 1 and _swallows(lines[here + 1 : following], width, delimiter):
                return here
            yield row, True
            here = following
    except csv.Error:  # a cell of more than 131,072 characters
        return here
    return None


def _swallows(lines: Sequence[str], width: int, delimiter: str) -> bool:
    """Whether one of the lines is a row by itself and no piece of a note.

    Such a line has most of the header's cells, and no quotation mark is open in it.
    """
    return any(
        line.count('"') % 2 == 0 and 2 * len(_alone(line, delimiter)) > width for line in lines
    )


def _alone(line: str, delimiter: str) -> list[str]:
    """The cells of one line."""
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:  # a cell of more than 131,072 characters
        return []
