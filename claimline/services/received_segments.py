"""The segments of a received file in which something was said of a claim, as they came."""

from collections.abc import Iterable, Iterator
from itertools import islice, takewhile
from typing import Final

from edi import envelope
from edi.envelope import Interchange, Transaction
from reconcile.acknowledgements import Heard

# What ends what was said of a thing that begins with the segment.
ENDS: Final[dict[str, tuple[str, ...]]] = {
    "TRN": ("TRN", "HL", "SVC", "SE"),
    "HL": ("HL", "SE"),
    "SVC": ("SVC", "TRN", "HL", "SE"),
    "AK2": ("AK2", "AK9", "SE"),
    "AK9": ("SE",),
}
PRIVATE: Final = "NM1"  # names: of whoever is spoken of
GROUP: Final = "AK1"


def said_in(word: Heard, chunks: Iterable[bytes]) -> tuple[str, ...]:
    """The segments of one word; empty where it was entered by hand or stands in no X12 file.

    Args:
        word: what was said.
        chunks: the bytes of the file it came in.
    """
    number = acks = 0
    for interchange in envelope.read(chunks, []):
        for group in interchange.groups():
            for transaction in group.transactions():
                number += 1
                if word.kind != "TA1" and number == word.number:
                    return tuple(_in(transaction, word))
        acks, found = _ta1(interchange, acks, word)
        if found:
            return (found,)
    return ()


def _ta1(interchange: Interchange, before: int, word: Heard) -> tuple[int, str]:
    """How many TA1s there were so far, and the one that is meant."""
    acks = interchange.interchange_acks
    if word.kind == "TA1" and before < word.number <= before + len(acks):
        return 0, interchange.separators.element.join(acks[word.number - before - 1])
    return before + len(acks), ""


def _in(transaction: Transaction, word: Heard) -> Iterator[str]:
    """From the segment of the word to the last that belongs to it; of a 999 the group too."""
    mark = transaction.separators.element
    texts = transaction.texts()
    for text in islice(texts, word.position - 1):
        if text.split(mark, 1)[0] == GROUP:
            yield text
    first = next(texts, "")
    name = first.split(mark, 1)[0]
    if name not in ENDS:
        return
    yield first
    ends = ENDS[name]
    rest = takewhile(lambda text: text.split(mark, 1)[0] not in ends, texts)
    yield from (text for text in rest if text.split(mark, 1)[0] != PRIVATE)
