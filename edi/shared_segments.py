"""Segments that an 837P and an 835 have alike, in pairs: values to elements, elements to values.

A composite is a tuple when it is to be written, and one text with ``:`` between its components
when it was read. What is read is given filled up with empty elements at its end.
"""

from collections.abc import Sequence

from edi.claim import Contact, Elements, Reference
from edi.writing import Element

Segment = tuple[Element, ...]  # id, then elements


def ref(reference: Reference) -> Segment:
    """REF."""
    return ("REF", reference.qualifier, reference.value, reference.description)


def read_ref(s: Sequence[str]) -> Reference:
    """REF without its composite REF04."""
    return Reference(qualifier=s[1], value=s[2], description=s[3])


def per(contact: Contact) -> Segment:
    """PER: a name and up to three numbers."""
    numbers = [part for pair in contact.numbers for part in pair]
    return ("PER", contact.function, contact.name, *numbers)


def read_per(s: Sequence[str]) -> Contact:
    """PER."""
    pairs = ((s[3], s[4]), (s[5], s[6]), (s[7], s[8]))
    return Contact(function=s[1], name=s[2], numbers=tuple(p for p in pairs if p[0] or p[1]))


def flat(segment: Segment) -> Elements:
    """A segment to be written in the form of one that was read, without its empty end."""
    texts = [e if isinstance(e, str) else ":".join(e).rstrip(":") for e in segment]
    while not texts[-1]:
        texts.pop()
    return tuple(texts)
