"""Keeping what a night told: files that are never overwritten, a row of the ledger, figures."""

import errno
import json
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from io import StringIO
from pathlib import Path
from typing import Final

from claimline.errors import CommandError
from claimline.night.context import Night
from claimline.night.html import html_page
from claimline.night.metrics import metrics_text
from claimline.night.page import result_of
from claimline.night.report import Report
from claimline.render.table import write_tables
from reconcile.ledger import LedgerError, nights

LINKLESS: Final = frozenset({errno.EPERM, errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOSYS})  # shares
_NUMBER: Final = re.compile(r"\d{4}-\d\d-\d\d-(\d{1,9})\.(?:json|txt|html)")


def next_number(night: Night) -> int:
    """The number of this night among those of its day: one more than any that is kept."""
    kept = [0]
    with suppress(LedgerError), night.ledger() as ledger, ledger.reading() as connection:
        kept.append(nights.count_of(connection, night.day.isoformat()))
    with suppress(OSError):
        names = (path.name for path in night.config.folders.reports.glob(f"{night.day}-*"))
        kept += [int(found[1]) for name in names if (found := _NUMBER.fullmatch(name))]
    return max(kept) + 1


def keep_files(night: Night, report: Report) -> tuple[Path, ...]:
    """Write the report: JSON, text, and HTML where it is wanted.

    Raises:
        CommandError: the disk does not take it; the night's work is done all the same.
    """
    folder = night.config.folders.reports
    stem = f"{report['day']}-{report['number']}"
    written = []
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for ending, text in _pages(night, report):
            path = folder / f"{stem}.{ending}"
            _write_new(path, text)
            written.append(path)
    except OSError as error:
        raise CommandError(
            f"the night is done, but its report could not be written: {error.strerror}",
            todo=f"make room in {folder}; claimline night --show prints what the ledger kept",
        ) from error
    return tuple(written)


def keep_row(night: Night, report: Report) -> None:
    """Keep the report in the ledger.

    Raises:
        LedgerError: it cannot be written now.
    """
    content = json.dumps(report, ensure_ascii=False, separators=(",", ":"))
    with night.ledger() as ledger, ledger.begin(night.run) as writer:
        nights.keep(writer, day=report["day"], status=report["status"], content=content)


def keep_metrics(path: Path, report: Report) -> None:
    """Write the figures where Prometheus finds them; a reader sees the old or the new ones whole.

    Raises:
        CommandError: the disk does not take it.
    """
    part = path.with_name(f".{path.name}.part")
    try:
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            os.fchmod(stream.fileno(), 0o644)  # for the exporter: it holds counts alone
            stream.write(metrics_text(report))
        part.replace(path)
    except OSError as error:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise CommandError(
            f"the figures for monitoring could not be written to {path}: {error.strerror}",
            todo="see to report.metrics_file of night.toml, its folder and its owner",
        ) from error


def _pages(night: Night, report: Report) -> Iterator[tuple[str, str]]:
    yield "json", json.dumps(report, ensure_ascii=False, indent=2) + "\n"
    text = StringIO()
    write_tables(result_of(report), text)
    yield "txt", text.getvalue()
    if night.config.html:
        yield "html", html_page(report)


def _write_new(path: Path, text: str) -> None:
    """Write a file that is not there, whole or not at all, for its owner only.

    Raises:
        OSError: the disk does not take it, or the name is taken.
    """
    part = path.with_name(f".{path.name}.part")  # a night that was killed may have left one
    try:
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        _named(part, path)
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def _named(part: Path, path: Path) -> None:
    """Give a whole file its name, which nothing has yet.

    Raises:
        OSError: the name is taken, or the disk does not take it.
    """
    try:
        os.link(part, path)  # refuses a name that is taken
    except OSError as error:
        if error.errno not in LINKLESS:
            raise
        if path.exists():  # nobody else writes here: the night holds its lock
            raise FileExistsError(errno.EEXIST, "the name is taken") from error
        part.rename(path)
