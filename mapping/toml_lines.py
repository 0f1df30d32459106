"""On which line of a TOML text a table or key stands, for messages: the parser does not tell.

A light reading of headers and keys, not a second parser: a place it cannot tell is line 0.
"""

import re
from collections.abc import Mapping
from typing import Final

from edi.problem import Place, Problem
from mapping.kinds import Fault
from mapping.structure import shown

Path = tuple[str | int, ...]
_HEADER: Final = re.compile(r"\s*(\[\[?)([^\[\]]+)(\]\]?)\s*(#.*)?$")
_KEY: Final = re.compile(r"""\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"))*)\s*=""")
_PART: Final = re.compile(r""""([^"]*)"|'([^']*)'|([\w-]+)""")


def lines(text: str) -> Mapping[Path, int]:
    """Path of each table and key to its line, 1 for the first."""
    found: dict[Path, int] = {}
    sizes: dict[Path, int] = {}
    here: Path = ()
    quoted = ""
    for number, line in enumerate(text.splitlines(), 1):
        if quoted:
            quoted = "" if quoted in line else quoted
            continue
        if header := _HEADER.match(line):
            here = _table(_parts(header[2]), sizes, is_array=header[1] == "[[")
            found.setdefault(here, number)
            if isinstance(here[-1], int):
                found.setdefault(here[:-1], number)
        elif key := _KEY.match(line):
            found.setdefault((*here, *_parts(key[1])), number)
            quoted = next((q for q in ('"""', "'''") if line.count(q) == 1), "")
    return found


def line_of(path: Path, known: Mapping[Path, int]) -> int:
    """The line of a path, or of the table that holds it; 0 where it is not told."""
    for end in range(len(path), 0, -1):
        if path[:end] in known:
            return known[path[:end]]
    return 0


def _parts(written: str) -> tuple[str, ...]:
    return tuple(a or b or c for a, b, c in _PART.findall(written))


def _table(parts: tuple[str, ...], sizes: dict[Path, int], *, is_array: bool) -> Path:
    """The path of a header, with the number of each table in its array."""
    path: Path = ()
    for part in parts[:-1]:
        path = (*path, part)
        if path in sizes:
            path = (*path, sizes[path] - 1)
    path = (*path, parts[-1]) if parts else ("",)
    if is_array:
        sizes[path] = sizes.get(path, 0) + 1
        return (*path, sizes[path] - 1)
    return path


def problem_of(name: str, fault: Fault, known: Mapping[Path, int]) -> Problem:
    """A fault of a TOML file as a problem: the file, the line where it can be told, the path."""
    return Problem(
        code=fault.code,
        level=fault.level,
        message=fault.message,
        where=Place(file=name, line=line_of(fault.path, known), column=shown(fault.path)),
        value=fault.value,
    )
