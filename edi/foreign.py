"""What a file is that is no X12: in words, for the person who gave it."""

from typing import Final

BLANK: Final = " \t\r\n\ufeff"
OTHER_KINDS: Final = (
    ("%PDF", "a PDF document"),
    ("PK\x03\x04", "a zip archive or an Excel workbook; unpack it first"),
    ("\x1f\x8b", "a gzip archive; unpack it first"),
    ("-----BEGIN PGP", "encrypted with PGP; decrypt it first"),
    ("\xc9\xe2\xc1", "X12 in EBCDIC, the code of mainframes; convert it to ASCII first"),
    ("\xd0\xcf\x11", "an old Excel or Word document"),
    ("SVNB", "X12 in Base64, as mails carry it; decode it first"),
    ("UNA", "an EDIFACT file"),
    ("UNB", "an EDIFACT file"),
    ("MSH", "an HL7 message"),
    ("<", "an XML or HTML file"),
    ("{", "a JSON file"),
    ("[", "a JSON file"),
    ("GS", "X12 without its ISA segment, the first line of an interchange"),
    ("ST", "X12 without its ISA segment, the first line of an interchange"),
)

# Beginnings of archives. What is in one may stand there as it is (a ZIP that stores and does not
# compress) and look like an interchange with something around it: half of it, or several of it.
PACKED: Final = (
    ("PK\x03\x04", "a zip archive or an Excel workbook"),
    ("PK\x07\x08", "a part of a zip archive"),
    ("PK00PK", "a part of a zip archive"),
    ("\x1f\x8b", "a gzip archive"),
    ("7z\xbc\xaf", "a 7z archive"),
    ("Rar!\x1a\x07", "a rar archive"),
    ("BZh", "a bzip2 archive"),
    ("\xfd7zXZ", "an xz archive"),
)
TAR: Final = 257  # where "ustar" stands in a tar archive
HEAD: Final = 300  # characters that are looked at


def packed(head: str) -> str:
    """A sentence, where the file is an archive or document; empty where it is none."""
    kind = next((words for begin, words in PACKED if head.startswith(begin)), "")
    if head.startswith("ustar", TAR):
        kind = "a tar archive"
    if not kind:
        return ""
    return f"This is not an X12 file: it is {kind}. Unpack it and give the X12 file in it."


def what_it_is(head: str, *, cut: bool) -> str:
    """A sentence for the person who gave a file that is not X12."""
    start = head.lstrip(BLANK + "\0")
    if not start:
        return "This file is empty: there is no X12 interchange in it."
    if cut:
        return "This file begins like X12 but its ISA segment is cut off or unreadable."
    kind = next((words for begin, words in OTHER_KINDS if start.startswith(begin)), "")
    seems = f" It seems to be {kind}." if kind else ""
    return f"This is not an X12 file: there is no ISA segment in it.{seems}"
