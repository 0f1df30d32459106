"""Answers to X12 text: TA1 between ISA and GS, one 999 (005010X231A1) per received group.

What is said comes from ``edi.x999_answer`` or from whoever plays the receiver. AK9 follows from
the transactions: P where some were rejected, R where all were, E where a fault was noted.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from edi.check_envelope import check_written
from edi.guide import load
from edi.writing import Envelope, WriteError, control_number, gs, isa, segment_writer, transaction
from edi.x999_answer import ElementFault, GroupAnswer, SegmentFault, TransactionAnswer

FUNCTIONAL_ID: Final = "FA"
VERSION: Final = "005010X231A1"
_NOT_COPIED: Final = frozenset({"5", "6"})  # IK403: too long, characters that are not allowed
_LONGEST_COPY: Final = 99  # IK404
_LONGEST_CLAIM: Final = 35  # CTX01-2
_LONGEST_LOOP: Final = 4  # IK303 holds 2300, not 2010BA; the position says where


def write_999(
    envelope: Envelope,
    groups: Iterable[GroupAnswer],
    ta1: Sequence[tuple[str, ...]] = (),
) -> bytes:
    """An interchange with these TA1s, then a 999 for each group; TA1s alone where there is none.

    Args:
        envelope: the way back.
        groups: what was received and how it is answered.
        ta1: segments as ``edi.ta1.answer`` makes them.

    Raises:
        WriteError: there is nothing to say, or a value is not legal.
    """
    write = segment_writer(envelope.separators)
    texts = [isa(envelope), *(write(*one) for one in ta1)]
    count = 0
    for count, group in enumerate(groups, 1):
        if count == 1:
            check_written(envelope, load("999"), FUNCTIONAL_ID)
            texts.append(gs(envelope, FUNCTIONAL_ID, VERSION))
        body = list(_group(envelope, group))
        number = control_number(count)
        texts += transaction(envelope.separators, "999", number, body, VERSION)
    if count:
        texts.append(write("GE", str(count), str(envelope.group_control)))
    elif not ta1:
        raise WriteError("", "AK1", "there is no group to answer and no TA1 to write")
    texts.append(write("IEA", "1" if count else "0", f"{envelope.control:09d}"))
    end = envelope.separators.terminator
    end += "\n" if envelope.newline and end != "\n" else ""
    return (end.join(texts) + end).encode()


def _group(envelope: Envelope, group: GroupAnswer) -> Iterator[str]:
    """AK1 to AK9."""
    write = segment_writer(envelope.separators)
    yield write("AK1", group.functional_id, group.control, group.version)
    for one in group.transactions:
        yield from _transaction(envelope, one)
    received = len(group.transactions) + group.unnamed
    accepted = sum(one.code != "R" for one in group.transactions)
    noted = group.codes or any(one.code == "E" for one in group.transactions)
    code = "R" if not accepted else "P" if accepted < received else "E" if noted else "A"
    counts = (str(group.included), str(received), str(accepted))
    yield write("AK9", code, *counts, *group.codes)


def _transaction(envelope: Envelope, one: TransactionAnswer) -> Iterator[str]:
    """AK2 to IK5."""
    write = segment_writer(envelope.separators)
    yield write("AK2", one.type, one.control, one.implementation)
    for fault in one.faults:
        yield from _fault(envelope, fault)
    yield write("IK5", one.code, *one.codes)


def _fault(envelope: Envelope, fault: SegmentFault) -> Iterator[str]:
    """IK3, the claim it is in, IK4s."""
    write = segment_writer(envelope.separators)
    loop = fault.loop if len(fault.loop) <= _LONGEST_LOOP else ""
    yield write("IK3", fault.segment, str(fault.position), loop, fault.code)
    if 0 < len(fault.claim) <= _LONGEST_CLAIM and not envelope.separators.inside(fault.claim):
        yield write("CTX", ("CLM01", fault.claim))
    for element in fault.elements:
        place = (str(element.position), str(element.component) if element.component else "")
        copy = _copy(envelope, element)
        yield write("IK4", place if place[1] else place[0], "", element.code, copy)


def _copy(envelope: Envelope, element: ElementFault) -> str:
    """IK404: the bad value, where it can be written."""
    value = element.value.strip()
    if element.code in _NOT_COPIED or len(value) > _LONGEST_COPY or not value.isprintable():
        return ""
    return "" if envelope.separators.inside(value) or not value.isascii() else value
