"""Files as rows of text cells: text with tabs or commas, workbooks, zips of either.

Nothing is kept: rows come one after the other, so that a file of any size stays flat. CMS writes
Latin-1; a byte order mark says otherwise and is believed.
"""

import codecs
import csv
import datetime as dt
import hashlib
import io
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from itertools import islice
from pathlib import Path, PurePath
from typing import IO, Any, Final

from attrs import frozen

from claimline.errors import CommandError
from claimline.files import BLOCK, unreadable

HEAD: Final = 80  # lines a file is recognised by
TEXTS: Final = frozenset({".txt", ".csv", ".tsv", ".tab"})
MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
MOST_WORKBOOK: Final = 512 << 20  # bytes of a workbook inside a zip, unpacked
# How reading a damaged zip fails: its directory or a member's sum, its packed bytes, its end.
DAMAGED: Final = (zipfile.BadZipFile, zlib.error, EOFError)
Opener = Callable[[], AbstractContextManager[IO[bytes]]]


class Sheet:
    """One table: a text file or the first sheet of a workbook, alone or inside a zip."""

    def __init__(self, name: str, opener: Opener) -> None:
        self.name = name
        self._open = opener
        with opener() as stream:
            start = stream.read(4)
        self.is_workbook = start.startswith(b"PK\x03\x04")
        self._encoding = next((e for mark, e in MARKS if start.startswith(mark)), "latin-1")
        self.head: tuple[str, ...] = tuple(islice(self.lines(), HEAD))

    @property
    def digest(self) -> str:
        """The sha256 of its bytes."""
        with self._open() as stream:
            found = hashlib.sha256()
            while block := stream.read(BLOCK):
                found.update(block)
            return found.hexdigest()

    def lines(self) -> Iterator[str]:
        """Its lines as they stand, without their ends; a workbook's cells with tabs between."""
        if self.is_workbook:
            yield from ("\t".join(cells) for cells in self._cells_of_workbook())
            return
        with self._open() as stream:
            text = io.TextIOWrapper(stream, encoding=self._encoding, errors="replace")
            for line in text:
                yield line.rstrip("\n")

    def cells(self, delimiter: str) -> Iterator[Sequence[str]]:
        """Its rows. A tab parts plainly; a comma by the rules of CSV, quotes and all."""
        if self.is_workbook:
            yield from self._cells_of_workbook()
        elif delimiter == "\t":
            for line in self.lines():
                yield line.split("\t")
        else:
            with self._open() as stream:
                text = io.TextIOWrapper(
                    stream, encoding=self._encoding, errors="replace", newline=""
                )
                rows = csv.reader(text, delimiter=delimiter)
                try:
                    yield from rows
                except csv.Error as error:
                    raise CommandError(
                        f"{self.name}: line {rows.line_num} cannot be read ({error}): is a "
                        "quotation mark before it not closed?",
                        todo="get the file again, as it is shipped",
                    ) from None

    def _cells_of_workbook(self) -> Iterator[Sequence[str]]:
        try:
            import python_calamine
        except ImportError:
            raise CommandError(
                f"{self.name}: to read workbooks python-calamine is needed",
                todo="pip install 'claimline[xlsx]', or import the text file of the same table",
            ) from None
        with self._open() as stream:
            try:
                book = python_calamine.load_workbook(stream)
                sheet = book.get_sheet_by_index(0)
            except (python_calamine.CalamineError, OSError) as error:
                raise CommandError(
                    f"{self.name}: this is no workbook: {error}", todo="get the file again"
                ) from None
            for row in sheet.iter_rows():
                yield [cell if cell.__class__ is str else _text(cell) for cell in row]


def _text(cell: Any) -> str:
    """A workbook's cell as a person sees it: 97530.0 is 97530, a day is 2026-04-01."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, dt.datetime):
        return cell.date().isoformat()
    return "" if cell is None else str(cell)


@frozen(kw_only=True)
class Found:
    """A table of a file, not read yet."""

    name: str
    opener: Opener
    in_zip: bool = False

    def sheet(self) -> Sheet:
        """It, with its head read."""
        return Sheet(self.name, self.opener)


def sheets(name: str) -> Iterator[Found]:
    """The tables of a file; reading them stands under ``readable``.

    In a zip a workbook gives way to the text file of the same name.

    Raises:
        CommandError: it cannot be read, or a zip is damaged.
    """
    path = Path(name)
    with readable(name):
        with path.open("rb") as stream:
            is_zip = stream.read(4).startswith(b"PK\x03\x04")
        members = []
        if is_zip:
            with zipfile.ZipFile(path) as archive:
                members = archive.namelist()
        if not is_zip or "[Content_Types].xml" in members:
            yield Found(name=path.name, opener=lambda: path.open("rb"))
            return
        with zipfile.ZipFile(path) as archive:
            for member in _tables(members):
                opener = _opener(archive, member)
                yield Found(name=PurePath(member).name, opener=opener, in_zip=True)


@contextmanager
def readable(name: str) -> Iterator[None]:
    """Say for a person why a file or what is in it cannot be read.

    Raises:
        CommandError: it cannot be.
    """
    try:
        yield
    except OSError as error:
        raise unreadable(name, error) from error
    except DAMAGED:
        raise CommandError(f"{name}: this zip is damaged", todo="get it again") from None
    except RuntimeError as error:  # zipfile's, of a password or a way of packing it does not know
        if not any(word in str(error) for word in ("password", "compression")):
            raise
        raise CommandError(
            f"{name}: this zip cannot be unpacked here: {error}",
            todo="unpack it yourself and name its files",
        ) from None


def _tables(members: Sequence[str]) -> Iterator[str]:
    """The members that may be tables, the fullest form of each first."""
    real = [m for m in members if not m.startswith("__MACOSX/")]  # a Mac's own notes
    stems = {str(PurePath(m).with_suffix("")) for m in real if PurePath(m).suffix.lower() in TEXTS}
    for member in sorted(real, key=lambda m: "order" not in m.lower()):  # ICD-10-CM: with headings
        path = PurePath(member)
        is_text = path.suffix.lower() in TEXTS
        if is_text or (path.suffix.lower() == ".xlsx" and str(path.with_suffix("")) not in stems):
            yield member


def _opener(archive: zipfile.ZipFile, member: str) -> Opener:
    if PurePath(member).suffix.lower() in TEXTS:
        return lambda: archive.open(member)
    if archive.getinfo(member).file_size > MOST_WORKBOOK:
        raise CommandError(f"{member}: this workbook is too big", todo="unpack the zip first")
    return lambda: io.BytesIO(archive.read(member))
