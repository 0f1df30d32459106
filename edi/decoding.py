"""Bytes to text by one rule: UTF-8, and Latin-1 from the first byte on that is not UTF-8.

X12 leaves the encoding to the partners; the basic and extended character sets are ASCII. A file
that begins with a UTF-16 byte order mark (as some shells write it), or with an ISA in UTF-16, is
read as UTF-16.
"""

import codecs
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from edi.problem import declare

_NOTHING: Final = "\ufffd"  # stands for NUL, which no text may hold (PostgreSQL refuses it)
_PIECE: Final = 256 * 1024  # bytes decoded at a time
_UTF16_STARTS: Final = {  # the IS of an ISA without a byte order mark before it
    b"I\0S\0": "utf-16-le",
    b"\0I\0S": "utf-16-be",
}

declare(
    {
        "file.encoding": (
            "The file is not plain ASCII or UTF-8.",
            "Check names with accents; it was read as Latin-1 or UTF-16 as the message says.",
        ),
    }
)


class Decoder:
    """A window of text that moves over a file: ``text[at:]`` is what was not taken yet.

    ``report(code, message, line)`` is told of an encoding other than UTF-8.
    """

    __slots__ = ("_latin", "_lines", "_pieces", "_report", "_rest", "_utf16", "at", "text")

    def __init__(self, chunks: Iterable[bytes], report: Callable[[str, str, int], None]) -> None:
        self.text = ""
        self.at = 0
        self._pieces = _pieces(chunks)
        self._report = report
        self._rest = b""
        self._latin = False
        self._lines = 1
        self._utf16: codecs.IncrementalDecoder | None = None
        self._begin()

    def fill(self, count: int) -> bool:
        """Have ``count`` characters ready, or all there are; False at the end of the file."""
        have = len(self.text) - self.at
        if have >= count:
            return True
        parts = [self.text[self.at :]]
        more = True
        while have < count and more:
            piece = next(self._pieces, None)
            more = piece is not None
            parts.append(self._decode(piece or b"", final=not more))
            have += len(parts[-1])
        self.text, self.at = "".join(parts), 0
        return more

    def back(self, text: str) -> None:
        """Give back the last characters that were taken."""
        if self.at >= len(text):
            self.at -= len(text)
        else:
            self.text, self.at = text + self.text[self.at :], 0

    def _begin(self) -> None:
        start = b""
        while len(start) < 4:
            piece = next(self._pieces, None)
            if piece is None:
                break
            start += piece
        marked = start[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
        name = "utf-16" if marked else _UTF16_STARTS.get(start[:4])
        if name:
            self._utf16 = codecs.getincrementaldecoder(name)("replace")
            self._report("file.encoding", "The file is UTF-16; it was read as such.", 1)
        self.text = self._decode(start, final=False)

    def _decode(self, piece: bytes, *, final: bool) -> str:
        if self._utf16 is not None:
            return self._utf16.decode(piece, final).replace("\0", _NOTHING)
        data = self._rest + piece if self._rest else piece
        self._rest = b""
        if self._latin:
            return data.decode("latin-1").replace("\0", _NOTHING)
        try:
            text, used = codecs.utf_8_decode(data, "strict", final)
        except UnicodeDecodeError as error:
            start = data[: error.start].decode()
            self._latin = True
            line = self._lines + start.count("\n")
            message = "The file is not UTF-8; from this line on it was read as Latin-1."
            self._report("file.encoding", message, line)
            return (start + data[error.start :].decode("latin-1")).replace("\0", _NOTHING)
        self._rest = data[used:]
        self._lines += text.count("\n")
        return text.replace("\0", _NOTHING)


def _pieces(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The chunks, none larger than a piece."""
    for chunk in chunks:
        if len(chunk) <= _PIECE:
            yield chunk
        else:
            view = memoryview(chunk)
            for start in range(0, len(chunk), _PIECE):
                yield bytes(view[start : start + _PIECE])
