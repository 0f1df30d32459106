"""Rows of a clearinghouse's report to what they say of claims; a row that says nothing is told."""

import csv
import datetime as dt
import io
import re
from collections.abc import Iterator, Mapping
from typing import Final

from claimline.services.report_profile import FIELDS, ReportProfile
from edi import codes
from edi.acknowledgement import Acknowledged, Status
from edi.problem import Level, Place, Problem, declare

_DAMAGED: Final = re.compile(r"\d+[.,]?\d*E[+-]?\d+")  # 7.11E+02
_PAYMENT: Final = re.compile(r"[FPR]\d[A-Z]?:\d{1,3}")  # X12 code list 507
_STC: Final = re.compile(r"[A-Z]\d:\d{1,3}")

declare(
    {
        "report.row": (
            "A row of a clearinghouse's report does not look as its profile says.",
            "Compare the row with the profile; the other rows were read.",
        ),
        "report.status": (
            "A row of a clearinghouse's report has a status that its profile does not name.",
            "Add the status text to the profile's [status] and give the report again.",
        ),
        "report.claim": (
            "A row of a clearinghouse's report names no claim.",
            "Look at the row: it cannot be put to a claim.",
        ),
        "report.date": (
            "A date of a clearinghouse's report is not as its profile says.",
            "Set date_format in the profile; the day the report was received is taken instead.",
        ),
        "report.code": (
            "A code of a clearinghouse's report is not in our tables, or was damaged on the way.",
            "Compare it with the report as the clearinghouse sent it; it was kept as it is.",
        ),
        "report.payment": (
            "A row of a clearinghouse's report is rejected with a code of an answer about payment.",
            "It decides nothing: look at the remittance. Is it a rejection: claimline reject.",
        ),
        "report.encoding": (
            "A clearinghouse's report holds bytes that are no text in its encoding.",
            "Set encoding in the profile, cp1252 for many older systems.",
        ),
    }
)

Row = tuple[int, Mapping[str, str] | None]  # number in the file, what stands in its fields


class Reader:
    """Reads one report; ``problems`` hold what could not be read."""

    def __init__(self, profile: ReportProfile, name: str) -> None:
        self._profile = profile
        self._name = name
        self.problems: list[Problem] = []

    def things(self, data: bytes) -> Iterator[Acknowledged]:
        """What each row says of its claim, in order; ``position`` is the row's number."""
        text = data.decode(self._profile.encoding, errors="replace").removeprefix("\ufeff")
        if "\ufffd" in text:
            line = text[: text.index("\ufffd")].count("\n") + 1
            words = f"Line {line} holds bytes that are no {self._profile.encoding} text."
            self._tell("report.encoding", line, words, level="warning")
        for number, row in self._rows(text):
            if row is None:
                words = f"Row {number} does not look as the profile says; it was left out."
                self._tell("report.row", number, words)
            else:
                thing = self._thing(number, row)
                if thing is not None:
                    yield thing

    def _tell(self, code: str, row: int, message: str, *, level: Level = "error") -> None:
        where = Place(file=self._name, line=row)
        self.problems.append(Problem(code=code, message=message, where=where, level=level))

    # -- rows

    def _rows(self, text: str) -> Iterator[Row]:
        if self._profile.kind == "csv":
            return self._of_csv(text)
        return self._of_lines(text)

    def _of_csv(self, text: str) -> Iterator[Row]:
        profile = self._profile
        lines = text.splitlines(keepends=True)[profile.skip :]
        stream = io.StringIO("".join(lines), newline="")
        reader = csv.reader(stream, delimiter=profile.delimiter, strict=True)
        places: dict[str, int] | None = None
        named = any(isinstance(column, str) for column in profile.columns.values())
        while (cells := self._next(reader)) is not None:
            number = reader.line_num + profile.skip
            if not any(cell.strip() for cell in cells) or self._is_ignored(",".join(cells)):
                continue
            if places is None:
                places = self._places(cells)
                if places is None:
                    self._tell("report.row", number, self._no_heading(cells))
                    return
                if named:
                    continue
            if max(places.values()) >= len(cells):
                yield number, None
            else:
                yield number, {key: cells[at].strip() for key, at in places.items()}

    def _next(self, reader: Iterator[list[str]]) -> list[str] | None:
        """The next row; None at the end. What is no row of a CSV is told with where it began."""
        while True:
            began = reader.line_num + self._profile.skip + 1  # type: ignore[attr-defined]  # csv
            try:
                return next(reader, None)
            except csv.Error:
                words = (
                    f"Row {began} is no row of a CSV: a quotation mark is not closed, or stands "
                    "within a field. It and what it ran into were left out."
                )
                self._tell("report.row", began, words)

    def _places(self, heading: list[str]) -> dict[str, int] | None:
        """Where each field stands in a row; None where a heading is not there."""
        names = {" ".join(cell.upper().split()): at for at, cell in enumerate(heading)}
        found: dict[str, int] = {}
        for key, column in self._profile.columns.items():
            if isinstance(column, int):
                found[key] = column - 1
            elif " ".join(str(column).upper().split()) in names:
                found[key] = names[" ".join(str(column).upper().split())]
            else:
                return None
        return found

    def _no_heading(self, cells: list[str]) -> str:
        wanted = [str(column) for column in self._profile.columns.values()]
        there = {" ".join(cell.upper().split()) for cell in cells}
        missing = [each for each in wanted if " ".join(each.upper().split()) not in there]
        return (
            f"The heading has no column {', '.join(missing)}: is it in another line (skip), or is "
            "the delimiter another one? Nothing was read."
        )

    def _of_lines(self, text: str) -> Iterator[Row]:
        profile = self._profile
        for number, line in enumerate(text.splitlines(), 1):
            if number <= profile.skip or not line.strip() or self._is_ignored(line):
                continue
            if profile.line is not None:
                found = profile.line.search(line)
                row = found.groupdict(default="") if found else None
            else:
                row = {
                    key: line[place[0] - 1 : place[1]]
                    for key, place in profile.columns.items()
                    if isinstance(place, tuple)
                }
            yield number, row

    def _is_ignored(self, line: str) -> bool:
        return self._profile.ignore is not None and bool(self._profile.ignore.search(line))

    # -- what a row says

    def _thing(self, number: int, row: Mapping[str, str]) -> Acknowledged | None:
        claim, status, code, message, day, payer_claim = (
            row.get(key, "").strip() for key in FIELDS
        )
        if not claim:
            self._tell("report.claim", number, f"Row {number} names no claim; it was left out.")
            return None
        verdict = self._profile.status.get(" ".join(status.upper().split()))
        if verdict is None:
            words = f"Row {number} has a status the profile does not name; it was left out."
            self._tell("report.status", number, words)
            return None
        self._check_code(number, code.upper())
        if verdict == "rejected" and _PAYMENT.fullmatch(code.upper()):
            words = f"Row {number} is rejected by its status and of an answer about payment by its "
            words += f"code {code.upper()}; it decides nothing: look at the remittance."
            self._tell("report.payment", number, words, level="warning")
            verdict = "other"  # as in a 277CA: a denied claim must not go as an original
        list_name = "STC" if _STC.fullmatch(code.upper()) else "report"
        return Acknowledged(
            level="claim",
            verdict=verdict,
            claim=claim,
            statuses=(Status(list=list_name, code=code.upper()),) if code else (),
            text=message,
            payer_control=payer_claim,
            date=self._date(number, day),
            position=number,
        )

    def _check_code(self, number: int, code: str) -> None:
        """Tell a code that a spreadsheet turned into a number, or a claim status nobody knows."""
        if _DAMAGED.fullmatch(code):
            words = (
                f"Row {number} has the code {code}: a spreadsheet made a number of it. It was kept "
                "as it is; take the report as the clearinghouse sent it."
            )
        elif _STC.fullmatch(code) and not _is_known(code):
            words = f"Row {number} has the code {code}: not in our tables; it was kept as it is."
        else:
            return
        self._tell("report.code", number, words, level="warning")

    def _date(self, number: int, text: str) -> dt.date | None:
        if not text:
            return None
        try:
            return dt.datetime.strptime(text, self._profile.date_format).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            words = f"Row {number} has a date that is not {self._profile.date_format}."
            self._tell("report.date", number, words, level="warning")
            return None


def _is_known(code: str) -> bool:
    """Whether both parts of a category and status (A7:562) are in our tables."""
    category, _, status = code.partition(":")
    return codes.is_known("status_category", category) and codes.is_known("status", status)
