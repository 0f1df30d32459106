"""Bytes to segment texts: incremental, a block at a time, flat in memory whatever the file's size.

A block is split in one go where it is clean (every terminator followed by the same line end, no
stray characters); only a block with something odd in it is looked at segment by segment. Oddities
become Problems, once per interchange and kind, with the place of the first. Line numbers are
computed when asked for.
"""

import re
from array import array
from collections.abc import Iterable, Sequence
from typing import Final

from edi import foreign
from edi.decoding import Decoder
from edi.problem import Place, Problem, declare
from edi.separators import IsaHeader, Separators, from_isa

_ISA_ROOM: Final = 400  # characters in which an ISA must have its 16 separators
_FIRST_BLOCK: Final = 8 * 1024  # small, so that many small interchanges stay cheap
_LAST_BLOCK: Final = 256 * 1024
_LONGEST: Final = 32 * 1024 * 1024  # characters of a segment; what is longer is cut
_KEPT: Final = 64 * 1024  # of one that is longer
_BLANK: Final = "\r\n\t \ufeff"
_LINE_ENDS: Final = ("", "\n", "\r\n", "\r")
_ENDS: Final = frozenset({"SE", "GE", "IEA"})  # their numbers tell whether they are whole
_KNOWN_LIMIT: Final = 10_000  # heads of segments remembered as well-formed

_ISA_START: Final = re.compile(
    r"(?<![A-Za-z0-9])[Ii][Ss][Aa][^A-Za-z0-9\s]"
    r"|[Ii][Ss][Aa]([^A-Za-z0-9\s])\d\d\1.{10}\1\d\d\1"
)
# Enough of an ISA to know one by wherever it stands: two qualifiers of two digits.
_ISA_SHAPE: Final = re.compile(r"[Ii][Ss][Aa]([^A-Za-z0-9\s])\d\d\1.{10}\1\d\d\1")
_ISA_LIKE: Final = re.compile(r"[Ii][Ss][Aa]([^A-Za-z0-9\s])\d\d\1")

declare(
    {
        "file.bom": (
            "The file begins with a byte order mark.",
            "Nothing: it was skipped. Other programs may refuse the file.",
        ),
        "file.garbage": (
            "There is text outside of any interchange.",
            "Look at that place of the file: something may have been cut off or pasted in.",
        ),
        "file.isa-unreadable": (
            "An ISA segment is cut off or its separators cannot be told.",
            "Ask the sender for the file again; what follows up to the next ISA was not read.",
        ),
        "isa.width": (
            "The ISA segment does not have the fixed width of the standard (106 characters).",
            "Nothing: it was read by counting its elements. Tell the sender.",
        ),
        "isa.separators": (
            "Two separators of the interchange are the same character.",
            "Ask the sender to use four different separators; the data may be misread.",
        ),
        "isa.terminator-leading": (
            "Segment terminators stand at the start of the next line.",
            "Nothing: the file was read so. Tell the sender.",
        ),
        "segment.blank": (
            "There is a segment terminator with no segment before it.",
            "Nothing: it was skipped. Tell the sender.",
        ),
        "segment.indented": (
            "Segments are indented with spaces.",
            "Nothing: the spaces were skipped. Tell the sender.",
        ),
        "segment.lower-case": (
            "A segment's name is in lower case.",
            "Nothing: it was read as upper case. Tell the sender.",
        ),
        "segment.too-long": (
            "A segment has no end for more than thirty million characters.",
            "Ask the sender for the file again: its segment terminator may have changed midway.",
        ),
        "segment.unterminated": (
            "The last segment has no terminator.",
            "Check that the file is whole: but for SE, GE and IEA, that segment was not read.",
        ),
        "segment.wrapped": (
            "Line breaks stand inside segments, as in a file wrapped at 80 columns.",
            "Nothing: the line breaks were taken out. Tell the sender.",
        ),
    }
)


class NotX12(Exception):  # noqa: N818 - the name says it: no error of the program
    """There is no interchange in the file. The text says what it seems to be, for a person."""


class Batch:
    """Some consecutive segments of one interchange, as texts without their terminators.

    ``controls`` are the indexes of the envelope's segments (GS GE ST SE IEA TA1) in ``texts``.
    """

    __slots__ = ("_lines", "_start", "_step", "controls", "texts")

    def __init__(
        self,
        texts: list[str],
        controls: Sequence[int],
        *,
        start: int = 0,
        step: int = 0,
        lines: Sequence[int] = (),
    ) -> None:
        self.texts = texts
        self.controls = controls
        self._start = start
        self._step = step
        self._lines = lines  # given where the lines do not follow from the count of segments

    def places(self) -> "Batch":
        """The same without its texts: keeps only what ``line`` needs."""
        return Batch([], (), start=self._start, step=self._step, lines=self._lines)

    def forget(self) -> None:
        """Give up lines that are kept one by one, to stay flat in memory: they become unknown."""
        if self._lines:
            self._lines, self._start, self._step = (), 0, 0

    def line(self, index: int) -> int:
        """The line of the file, from 1, on which a segment begins; 0 where it is not known now."""
        return self._lines[index] if self._lines else self._start + self._step * index


class Tokens:
    """The segments of a file, interchange by interchange.

    ``advance`` goes to the next ISA; ``batch`` gives what follows it, up to its IEA.
    """

    def __init__(self, chunks: Iterable[bytes], problems: list[Problem], file: str = "") -> None:
        self.header = IsaHeader(separators=Separators(), elements=(), length=0)
        self.header_line = 0
        self.number = 0  # of the interchange in the file, from 1
        self._problems = problems
        self._file = file
        self._line = 1
        self._newline = "\n"
        self._told: set[str] = set()
        self._heads: set[str] = set()  # known to be well-formed
        self._open = False
        self._head = ""
        self._cut = False
        self._source = Decoder(chunks, self._encoding)

    def report(self, code: str, message: str, line: int, **more: str) -> None:
        """Add a warning at a line of the current interchange, once per interchange and code."""
        if code in self._told:
            return
        self._told.add(code)
        where = Place(file=self._file, interchange=self.number, line=line)
        standard, value = more.get("standard", ""), more.get("value", "")
        self._problems.append(
            Problem(
                code=code,
                message=message,
                level="error" if standard else "warning",
                where=where,
                standard=standard,
                value=value,
            )
        )

    def _encoding(self, code: str, message: str, line: int) -> None:
        where = Place(file=self._file, line=line)
        self._problems.append(Problem(code=code, message=message, level="warning", where=where))

    # -- between interchanges

    def advance(self) -> IsaHeader | None:
        """The next interchange's header, or None at the end of the file.

        Raises:
            NotX12: where the file holds no interchange at all.
        """
        while self._open:
            self.batch()
        self._told.clear()
        found = self._find()
        if self.number == 0:
            packed = foreign.packed(self._head)
            if packed or found is None:
                raise NotX12(packed or foreign.what_it_is(self._head, cut=self._cut))
        if found is not None:
            self._begin(found)
        return found

    def _find(self) -> IsaHeader | None:
        """Skip to the next readable ISA; what is skipped is reported."""
        source = self._source
        garbage, line = "", 0
        while True:
            more = source.fill(2 * _ISA_ROOM)
            self._head = self._head or source.text[: foreign.HEAD]
            match = _ISA_START.search(source.text, source.at)
            if match:
                end = match.start()
            else:
                end = max(source.at, len(source.text) - 60) if more else len(source.text)
            skipped, begun = self._skip(end), self._line
            if match:
                source.fill(_ISA_ROOM)
                header = from_isa(source.text[source.at : source.at + _ISA_ROOM])
                if header is None:
                    self._cut = self._cut or bool(_ISA_LIKE.match(source.text, source.at))
                    skipped += self._skip(source.at + 3)
            if skipped.strip(_BLANK):
                line = line or begun - skipped.lstrip(_BLANK).count(self._newline)
                garbage = (garbage + skipped.strip(_BLANK))[:200]
            if (match and header) or (not match and not more):
                self._tell_garbage(garbage, line)
                return header if match else None

    def _skip(self, end: int) -> str:
        """Take the text up to ``end``, counting its lines."""
        source = self._source
        text = source.text[source.at : end]
        self._line += text.count(self._newline)
        source.at = end
        if "\ufeff" in text:
            self.report("file.bom", "A byte order mark stands before the interchange.", self._line)
        return text

    def _tell_garbage(self, garbage: str, line: int) -> None:
        if not garbage:
            return
        if self._cut:
            self._cut = self.number == 0  # remembered for the message of NotX12
            code, words = "file.isa-unreadable", "An ISA segment could not be read: it and what"
            words += " follows it, up to the next ISA, was skipped."
        else:
            code, words = "file.garbage", "Text outside of any interchange was skipped."
            if garbage.startswith(">"):
                words += " It looks like a quoted mail: save the attachment itself."
        self.report(code, words, line, standard="TA1:022", value=garbage[:60])

    def _begin(self, header: IsaHeader) -> None:
        """Start an interchange: its separators, its own list of oddities."""
        self.number += 1
        self._heads.clear()
        self.header, self.header_line, self._open = header, self._line, True
        mark = header.separators.terminator
        self._newline = "\r" if mark == "\r" else "\n"
        self._noise = "\r\n".replace(mark, "")
        self._size = _FIRST_BLOCK
        self._skip(self._source.at + header.length)
        ends = {end.replace(mark, "") for end in _LINE_ENDS}
        self._glues = [mark + end for end in _LINE_ENDS if end in ends]
        self._glues += [end + mark for end in _LINE_ENDS if end in ends and end]
        names = ("GS", "GE", "ST", "SE")
        element = header.separators.element
        self._control_heads = {"IEA", "TA1", *names, *(name + element for name in names)}
        self._tell_header(header)

    def _tell_header(self, header: IsaHeader) -> None:
        line = self.header_line
        if not header.fixed:
            words = "The ISA segment is not 106 characters long; it was read by its separators."
            self.report("isa.width", words, line)
        if header.wrapped:
            self.report("segment.wrapped", "A line break stands inside the ISA segment.", line)
        if header.leading:
            words = "The segment terminators stand at the start of the next line."
            self.report("isa.terminator-leading", words, line)
        if header.separators.clash():
            words = "Two separators of the interchange are the same character."
            self.report("isa.separators", words, line, standard="TA1:027")

    # -- inside an interchange

    def batch(self) -> Batch | None:
        """The next segments of the current interchange, or None after its IEA or its end."""
        while self._open:
            block, whole = self._block()
            found = (self._clean(block) if whole else None) or self._mended(block, whole=whole)
            self._line += block.count(self._newline)
            if whole and self._newline == self.header.separators.terminator:
                self._line += 1
            if found.texts:
                return found
        return None

    def _block(self) -> tuple[str, bool]:
        """Some whole segments without the last terminator, or (..., False) what is left."""
        source, mark = self._source, self.header.separators.terminator
        parts: list[str] = []
        length = 0
        while True:
            source.fill(self._size)
            window = source.text[source.at : source.at + self._size]
            self._size = min(2 * self._size, _LAST_BLOCK)
            cut = window.rfind(mark)
            source.at += len(window) if cut < 0 else cut + 1
            parts.append(window if cut < 0 else window[:cut])
            if cut >= 0 or not window:
                block = "".join(parts) if len(parts) > 1 else parts[0]
                self._open = bool(window)
                return self._bounded(block, whole=bool(window))
            length += len(window)
            if length > _LONGEST:
                block, length = "".join(parts), 0
                if self._segment_at(block, "ISA") >= 0:
                    return self._bounded(block, whole=False)
                parts = [self._shortened(block)]

    def _shortened(self, block: str) -> str:
        """The beginning of a segment that does not end, and what may be that of an ISA."""
        words = "A segment does not end for more than thirty million characters; the rest was cut."
        self.report("segment.too-long", words, self._line, standard="IK304:8")
        return block[:_KEPT] + block[-_ISA_ROOM:]

    def _bounded(self, block: str, *, whole: bool) -> tuple[str, bool]:
        """The part of a block that belongs to this interchange; the rest is given back."""
        mark = self.header.separators.terminator
        isa = self._segment_at(block, "ISA")
        iea = self._segment_at(block, "IEA")
        stop = block.find(mark, iea) if iea >= 0 else -1
        end = mark if whole else ""
        if isa >= 0 and (stop < 0 or isa < stop):
            self._source.back(block[isa:] + end)
            self._open = False
            return block[:isa], False
        if iea >= 0:
            self._open = False
            if stop >= 0:
                self._source.back(block[stop + 1 :] + end)
                return block[:stop], True
        return block, whole

    def _segment_at(self, block: str, name: str) -> int:
        """Where the first segment of that name begins in a block, or -1."""
        best = -1
        # In a file of capitals one look for an "a" spares the look for lower-case names.
        for wanted in (name, name.lower()) if "a" in block else (name,):
            at = block.find(wanted)
            while at >= 0:
                if self._is_segment(block, at, name):
                    best = at if best < 0 else min(at, best)
                    break
                at = block.find(wanted, at + 3)
        return best

    def _is_segment(self, block: str, at: int, name: str) -> bool:
        """Whether a segment begins there: after a terminator, or plainly an ISA."""
        before = block[max(0, at - 40) : at].rstrip(
            _BLANK.replace(self.header.separators.terminator, "")
        )
        follows = block[at + 3 : at + 4]
        if follows.isascii() and follows.isalnum():
            return False
        if (not before and at <= 40) or before.endswith(self.header.separators.terminator):
            return name == "IEA" or bool(follows.strip())
        return name == "ISA" and _ISA_SHAPE.match(block, at) is not None

    def _clean(self, block: str) -> Batch | None:
        """A block split at one blow, or None where something in it is odd."""
        body = block.lstrip(self._noise)
        start = self._line + block[: len(block) - len(body)].count(self._newline)
        body = body.rstrip(self._noise)
        glue = self._glue_of(body)
        if not glue:
            return None
        texts = body.split(glue)
        heads = {text[:3] for text in texts}
        new = heads - self._heads
        if new and not self._well_formed(new):
            return None
        controls: list[int] = []
        if not heads.isdisjoint(self._control_heads):
            controls = self._controls(texts)
        return Batch(texts, controls, start=start, step=glue.count(self._newline))

    def _glue_of(self, body: str) -> str:
        """What joins all segments of a block: the terminator and one kind of line end, or ''."""
        if not body:
            return ""
        count = body.count(self.header.separators.terminator)
        breaks = (body.count("\n"), body.count("\r"))
        for index, glue in enumerate(self._glues):
            wanted = (count * glue.count("\n"), count * glue.count("\r"))
            if breaks == wanted and (len(glue) == 1 or body.count(glue) == count):
                self._glues.insert(0, self._glues.pop(index))
                return glue
        return ""

    def _well_formed(self, heads: set[str]) -> bool:
        """Whether heads begin with a letter and have no lower case; those are remembered."""
        good = all(head[:1].isalpha() and head == head.upper() for head in heads)
        if good and len(self._heads) < _KNOWN_LIMIT:
            self._heads |= heads
        return good

    def _controls(self, texts: list[str]) -> list[int]:
        wanted = self._control_heads
        return [index for index, text in enumerate(texts) if text[:3] in wanted]

    def _mended(self, block: str, *, whole: bool) -> Batch:
        """A block looked at segment by segment, its oddities reported and put right."""
        mark, newline = self.header.separators.terminator, self._newline
        element = self.header.separators.element
        blank = _BLANK.replace(mark, "")
        texts: list[str] = []
        lines = array("Q")
        line = self._line
        pieces = block.split(mark)
        for index, piece in enumerate(pieces):
            unended = not whole and index == len(pieces) - 1
            body = piece.lstrip(blank)
            lead = piece[: len(piece) - len(body)]
            begun = line + lead.count(newline)
            line += piece.count(newline) + (newline == mark)
            body = body.rstrip(self._noise)
            if body:
                self._tell_piece(body, lead, begun, unended=unended)
                text = self._put_right(body)
                if unended and not self.header.leading and text[:3].rstrip(element) not in _ENDS:
                    continue  # it may be cut in the middle of an amount or a number
                texts.append(text)
                lines.append(begun)
            elif not unended:
                self.report("segment.blank", "A segment terminator stands alone.", begun)
        return Batch(texts, self._controls(texts), lines=lines)

    def _tell_piece(self, body: str, lead: str, line: int, *, unended: bool) -> None:
        if unended and not self.header.leading:
            words = "The last segment has no terminator; the file may be cut off there, and what"
            words += " may be cut in its middle is not read."
            self.report("segment.unterminated", words, line)
        if " " in lead or "\t" in lead:
            self.report("segment.indented", "Segments are indented; the spaces were skipped.", line)
        if "\n" in body or "\r" in body:
            words = "A line break stands inside a segment; it was taken out."
            self.report("segment.wrapped", words, line)
        name = body.partition(self.header.separators.element)[0]
        if name != name.upper():
            self.report("segment.lower-case", "A segment's name is in lower case.", line)

    def _put_right(self, body: str) -> str:
        text = body.replace("\r", "").replace("\n", "")
        name, element, rest = text.partition(self.header.separators.element)
        return name.upper() + element + rest
