"""Bytes to segments: any chunking, any size, oddities told once."""

import gzip
import io
import tarfile
import tracemalloc
import zipfile
from base64 import b64encode
from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from x12read import segments_of, transactions
from x12text import file_of, interchange, isa

from edi.envelope import NotX12, read
from edi.problem import CODES, Problem

BODY = "BPR*I*0~TRN*1*T~" + "".join(f"REF*EA*{n}~" for n in range(2000))


@given(st.lists(st.integers(0, 3000), max_size=8))
def test_chunking_never_matters(cuts: list[int]) -> None:
    """The same bytes in other chunks are the same segments."""
    data = file_of("BPR*I*0~TRN*1*PEÑA~" + "REF*EA*1~" * 250)
    edges = [0, *sorted(cut for cut in cuts if cut <= len(data)), len(data)]
    chunks = [data[a:b] for a, b in pairwise(edges)]
    assert segments_of(chunks) == segments_of([data])


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"", "empty"),
        (b" \r\n\t", "empty"),
        (b"%PDF-1.7 \xe2\xe3", "PDF"),
        (b"PK\x03\x04\x14\x00", "zip"),
        (b"\x1f\x8b\x08\x00\x00", "gzip"),
        (b"-----BEGIN PGP MESSAGE-----\n", "PGP"),
        (isa().encode("cp037"), "EBCDIC"),
        (b"<?xml version='1.0'?>", "XML"),
        (b"GS*HP*A*B~ST*835*1~", "without its ISA"),
        (b"visit,date\n1,2026-01-05\n", "not an X12 file"),
        (isa()[:60].encode(), "cut off"),
        (b64encode(isa().encode()), "Base64"),
        (b"MSH|^~\\&|LOUISA|1|2|3|4|5|6|7|8|9|0|1|2|3|4|5|6", "HL7"),
    ],
    ids=[
        *("nothing", "blank", "PDF", "xlsx", "gzip", "PGP", "EBCDIC"),
        *("XML", "no ISA", "CSV", "cut ISA", "Base64", "HL7"),
    ],
)
def test_what_holds_no_interchange_is_refused_in_words(data: bytes, word: str) -> None:
    """The one exception of reading says to a person what the file seems to be."""
    with pytest.raises(NotX12, match=word):
        list(read([data], []))


def _stored(kind: str) -> bytes:
    """An archive in which a file stands as it is."""
    made, data = io.BytesIO(), file_of(BODY)
    if kind == "zip":
        with zipfile.ZipFile(made, "w") as archive:
            archive.writestr("era.835", data)
    elif kind == "tar":
        with tarfile.open(fileobj=made, mode="w") as archive:
            entry = tarfile.TarInfo("era.835")
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    else:
        made.write(gzip.compress(data, compresslevel=0))
    return made.getvalue()


@pytest.mark.parametrize("kind", ["zip", "tar", "gzip"])
def test_an_archive_is_not_read_though_an_interchange_can_be_seen_in_it(kind: str) -> None:
    """What is stored and not compressed is refused like any archive: unpack it."""
    data = _stored(kind)
    assert b"ISA*" in data
    with pytest.raises(NotX12, match=f"{kind} archive.*Unpack it"):
        list(read([data], []))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_is_read_and_told(encoding: str) -> None:
    """With a byte order mark or without one the segments are the same, and a warning says so."""
    data, problems = file_of(BODY), []
    chunks = [data.decode().encode(encoding)]
    found = [s for t in transactions(chunks, problems) for s in t.segments()]
    assert found == segments_of([data])
    assert [problem.code for problem in problems] == ["file.encoding"]


def test_lines_are_those_of_an_editor() -> None:
    """A place names the line of the file, whatever stands at the line ends."""
    for end in ("\n", "\r\n"):
        text = file_of(BODY, end=end).decode()
        for one in transactions([text.encode()], []):
            for number, segment in enumerate(one.segments(), 1):
                line = one.place(number).line
                assert text.split("\n")[line - 1].startswith("*".join(segment))


def test_a_line_can_be_asked_for_later() -> None:
    """The place of an earlier segment is known after later ones were read."""
    one = next(transactions([file_of(BODY)], []))
    assert len(list(one.segments())) == 2004
    assert [one.place(number).line for number in (1, 2, 1000, 2004)] == [3, 4, 1002, 2006]


def test_an_oddity_is_told_once_per_interchange() -> None:
    """A thousand blank segments give one Problem, with the place of the first."""
    data = file_of(BODY).replace(b"REF*EA*", b"~REF*EA*")
    problems: list[Problem] = []
    for one in transactions([data + data], problems):
        one.drain()
    assert {p.code for p in problems} <= set(CODES)
    blanks = [p.where.line for p in problems if p.code == "segment.blank"]
    assert blanks == [6, 6 + 2008]


def test_a_huge_segment_is_one_segment() -> None:
    """A segment of 20 MB in chunks is one segment; a reader that copies at each chunk hangs here."""
    data = file_of(f"NTE*ADD*{'X' * 20_000_000}~")
    chunks = [data[at : at + 4096] for at in range(0, len(data), 4096)]
    assert [len(s[2]) for s in segments_of(chunks) if s[0] == "NTE"] == [20_000_000]


def test_many_small_interchanges_in_one_chunk() -> None:
    """Each costs by its own size; a reader that copies what follows hangs here."""
    data = file_of("BPR*I*0~TRN*1*T~") * 20_000
    assert len(segments_of([data])) == 4 * 20_000


def test_lines_of_odd_segments_are_forgotten_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """In an indented file only the lines of the last segments are kept: memory stays flat."""
    monkeypatch.setattr("edi.envelope._ODD_RUNS_KEPT", 2)
    one = next(transactions([file_of("REF*EA*1~" * 200_000, end="\n  ")], []))
    assert one.place(1).line == 3
    one.drain()
    assert one.place(2).line == 0
    assert one.place(one.segment_count).line == one.segment_count + 2


def test_memory_is_flat() -> None:
    """Reading four times as much keeps no more."""

    def chunks(count: int) -> Iterator[bytes]:
        whole = file_of("BPR*I*0~").decode()
        head, tail = whole.split("SE*", 1)
        yield head.encode()
        for _ in range(count):
            yield b"REF*EA*1234567890~\n" * 5000
        yield ("SE*" + tail).encode()

    def peak(count: int) -> int:
        tracemalloc.start()
        for one in transactions(chunks(count), []):
            for _ in one.segments():
                pass
        top = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return top

    assert peak(32) < 1.3 * peak(8) + 200_000


def test_a_wrapped_line_may_not_hide_the_next_interchange() -> None:
    """An IEA without terminator before the next ISA on its own line loses neither."""
    data = file_of("BPR*I*0~").decode().rstrip("~\n")
    problems: list[Problem] = []
    count = len(list(transactions([f"{data}\n{data}~\n".encode()], problems)))
    assert count == 2
    assert "segment.unterminated" in {p.code for p in problems}


def test_a_lower_case_trailer_still_ends_the_interchange() -> None:
    """What follows an ``iea`` belongs to the next interchange."""
    data = interchange([]).replace("IEA", "iea").encode()
    assert len(list(read([data + file_of("BPR*I*0~")], []))) == 2


def test_names_of_people_are_no_interchanges() -> None:
    """LISA and VISA within a segment begin nothing."""
    body = "NM1*QC*1*DOE*LISA~NM1*QC*1*LOUISA*00*MARISA~ISAX*1~"
    assert [s[0] for s in segments_of([file_of(body)])] == ["ST", "NM1", "NM1", "ISAX", "SE"]


def test_a_quoted_mail_is_recognised() -> None:
    """A file saved from a reply has > before each line: the attachment is wanted."""
    head = f"ISA*00*{' ' * 10}*00*{' ' * 10}*ZZ*{'A':<15}*ZZ*{'B':<15}*260105*0800*^*00501*"
    problems: list[Problem] = []
    data = f"> {head}000000001*0*T*:~\n> IEA*0*000000001~\n".encode()
    assert not list(transactions([data], problems))
    assert "quoted mail" in problems[0].message
