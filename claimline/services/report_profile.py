"""How to read a clearinghouse's own report: a small TOML profile, written once per report.

The profile says where the claim's number, the status, a code, a message and a date stand (a column
of a CSV, places in a line, or a pattern) and what each status text means. What it does not say is
not guessed: a status it does not name is a Problem with the row's number.
"""

import re
import tomllib
from collections.abc import Mapping
from typing import Any, Final, Literal, cast, get_args

from attrs import field, frozen

from claimline.errors import WrongUsageError
from edi.acknowledgement import Source, Verdict

Kind = Literal["csv", "fixed", "lines"]
FIELDS: Final = ("claim", "status", "code", "message", "date", "payer_claim")
KEYS: Final = frozenset(
    {
        "name", "source", "kind", "delimiter", "skip", "encoding", "date_format", "columns",
        "status", "line", "ignore", "files",
    }
)  # fmt: skip
SOURCES: Final = ("clearinghouse", "payer")
VERDICTS: Final = ("accepted", "rejected", "received", "forwarded", "accepted with errors")


@frozen(kw_only=True)
class ReportProfile:
    """A profile as it was read. ``columns`` are headings, numbers from 1 or (from, to) places."""

    name: str  # who reports: shown with each word
    source: Source
    kind: Kind
    text: str = field(repr=False)  # the TOML itself, kept with what it read
    delimiter: str = ","
    skip: int = 0  # lines before the heading, or before the first row
    encoding: str = "utf-8"
    date_format: str = "%Y-%m-%d"
    columns: Mapping[str, str | int | tuple[int, int]] = field(factory=dict)
    status: Mapping[str, Verdict] = field(factory=dict)  # the report's words in capitals
    line: re.Pattern[str] | None = None  # with named groups, of kind "lines"
    ignore: re.Pattern[str] | None = None  # lines that say nothing
    files: str = ""  # a pattern of file names that are such reports


def load(name: str) -> ReportProfile:
    """Read a profile file.

    Raises:
        WrongUsageError: it is not right; the message names the key.
        CommandError: it cannot be read.
    """
    from claimline import files
    from claimline.services.practice import text_of

    return read(name, text_of(name, files.content(name)))


def read(name: str, text: str) -> ReportProfile:
    """A profile from its text.

    Raises:
        WrongUsageError: it is not right; the message names the key.
    """
    try:
        given = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise WrongUsageError(f"{name} is not TOML: {error}") from error
    check = _Check(name, given)
    kind = cast("Kind", check.choice("kind", get_args(Kind), "csv"))
    return ReportProfile(
        name=check.text("name", ""),
        source=cast("Source", check.choice("source", SOURCES, "clearinghouse")),
        kind=kind,
        text=text,
        delimiter=check.delimiter(),
        skip=check.number("skip"),
        encoding=check.encoding(),
        date_format=check.text("date_format", "%Y-%m-%d"),
        columns=check.columns(kind),
        status=check.statuses(),
        line=check.line(kind),
        ignore=check.pattern("ignore"),
        files=check.text("files", "") if "files" in given else "",
    )


class _Check:
    """Takes what a profile says key by key and refuses what is not right."""

    def __init__(self, name: str, given: Mapping[str, Any]) -> None:
        self._name = name
        self._given = given
        unknown = sorted(given.keys() - KEYS)
        if unknown:
            raise self._wrong(unknown[0], f"is not known; keys are {', '.join(sorted(KEYS))}")

    def _wrong(self, key: str, what: str) -> WrongUsageError:
        return WrongUsageError(
            f"{self._name}: {key} {what}", todo="docs/acknowledgements.md shows a whole profile"
        )

    def text(self, key: str, default: str) -> str:
        found = self._given.get(key, default)
        if not isinstance(found, str) or not found:
            raise self._wrong(key, "must be a text that is not empty")
        return found

    def delimiter(self) -> str:
        found = self.text("delimiter", ",")
        if len(found) != 1 or found in '"\r\n':
            raise self._wrong("delimiter", 'must be one character, "\\t" for a tabulator')
        return found

    def number(self, key: str) -> int:
        found = self._given.get(key, 0)
        if not isinstance(found, int) or isinstance(found, bool) or found < 0:
            raise self._wrong(key, "must be a number of lines")
        return found

    def choice(self, key: str, choices: tuple[str, ...], default: str) -> str:
        found = self.text(key, default)
        if found not in choices:
            raise self._wrong(key, f"must be one of {', '.join(choices)}")
        return found

    def encoding(self) -> str:
        found = self.text("encoding", "utf-8")
        try:
            "".encode(found)
        except LookupError:
            raise self._wrong("encoding", "is none this machine knows") from None
        return found

    def columns(self, kind: Kind) -> dict[str, str | int | tuple[int, int]]:
        """Where each field stands; of kind "lines" the pattern's groups say it."""
        found = self._given.get("columns", {})
        if kind == "lines":
            if found:
                raise self._wrong("columns", "are not for lines: name the groups of the pattern")
            return {}
        if not isinstance(found, dict) or not {"claim", "status"} <= found.keys():
            raise self._wrong("columns", "must name at least claim and status")
        for key in found.keys() - set(FIELDS):
            raise self._wrong(f"columns.{key}", f"is not known; fields are {', '.join(FIELDS)}")
        return {key: self._place(key, value, kind) for key, value in found.items()}

    def _place(self, key: str, value: Any, kind: Kind) -> str | int | tuple[int, int]:
        if kind == "fixed":
            numbers = isinstance(value, list) and all(type(each) is int for each in value)
            if not numbers or len(value) != 2 or not 0 < value[0] <= value[1]:
                raise self._wrong(f"columns.{key}", "must be [first, last] place in the line")
            return value[0], value[1]
        if isinstance(value, str) and value.strip():
            return value
        if type(value) is int and value > 0:
            return value
        raise self._wrong(f"columns.{key}", "must be a heading, or a number from 1")

    def statuses(self) -> dict[str, Verdict]:
        """What each status text means."""
        found = self._given.get("status", {})
        if not isinstance(found, dict) or not found:
            raise self._wrong("status", "must say what each status text means")
        for key, value in found.items():
            if value not in VERDICTS:
                raise self._wrong(f"status.{key}", f"must be one of {', '.join(VERDICTS)}")
        return {" ".join(key.upper().split()): value for key, value in found.items()}

    def line(self, kind: Kind) -> re.Pattern[str] | None:
        """The pattern of a row, of kind "lines"."""
        if kind != "lines":
            return None
        found = self.pattern("line")
        if found is None or not {"claim", "status"} <= found.groupindex.keys():
            raise self._wrong("line", "must be a pattern with the groups claim and status")
        for key in found.groupindex.keys() - set(FIELDS):
            raise self._wrong("line", f"has a group {key}; groups are {', '.join(FIELDS)}")
        return found

    def pattern(self, key: str) -> re.Pattern[str] | None:
        """A regular expression, where one is given."""
        if key not in self._given:
            return None
        try:
            return re.compile(self.text(key, ""))
        except re.error as error:
            raise self._wrong(key, f"is no pattern: {error}") from None
