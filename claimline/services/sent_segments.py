"""The segments of a claim as they were sent, from the bytes the ledger keeps."""

from collections.abc import Iterator
from itertools import islice, takewhile
from typing import TYPE_CHECKING, Final

from edi import envelope
from reconcile.ledger import ClaimStory, Ledger

if TYPE_CHECKING:
    from edi.problem import Problem

NEXT: Final = ("CLM", "HL", "SE")  # what stands after the last segment of a claim
PRIVATE: Final = ("HI", "NTE")  # diagnoses and notes


def sent_segments(ledger: Ledger, story: ClaimStory, *, show_patient: bool) -> list[str]:
    """CLM to the last segment of the last line, in the file's own separators.

    Segments that tell who the patient is stand above CLM and are not among them; diagnoses and
    notes are masked unless they may be shown. Empty where the claim is not found in its file.
    """
    problems: list[Problem] = []
    for interchange in envelope.read(ledger.file_bytes(story.file_digest), problems):
        mark = interchange.separators.element
        for group in interchange.groups():
            for transaction in group.transactions():
                if transaction.control != story.sent.transaction:
                    continue
                found = list(_claim(transaction.texts(), story, mark))
                if found:
                    return found if show_patient else [_masked(text, mark) for text in found]
    return []


def _masked(text: str, mark: str) -> str:
    """A segment without what it tells of the patient."""
    name = text.split(mark, 1)[0]
    return f"{name}{mark}***" if name in PRIVATE else text


def _claim(texts: Iterator[str], story: ClaimStory, mark: str) -> Iterator[str]:
    """The claim's segments, if it is the claim that stands at its place."""
    rest = islice(texts, max(story.sent.position - 1, 0), None)
    first = next(rest, "")
    if first.split(mark)[:2] != ["CLM", story.sent.claim.control]:
        return
    yield first
    yield from takewhile(lambda text: text.split(mark, 1)[0] not in NEXT, rest)
