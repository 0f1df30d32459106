"""A file of claims made once more from its bytes: new control numbers, all else as it was."""

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from attrs import evolve

from edi import envelope
from edi.claim import FREQUENCY_ORIGINAL, Claim, Submission
from edi.writing import Envelope
from edi.x837p import Written, read_837p, write_837p
from reconcile.ledger.out_files import SentOnce

if TYPE_CHECKING:
    from edi.envelope import Group, Transaction
    from edi.problem import Problem

Named = tuple[str, str]  # CLM01, CLM05-3
_LATER: Final = dt.datetime(1, 1, 1, tzinfo=dt.UTC)  # the caller gives the moment


def rewritten(
    data: bytes, claims: Sequence[SentOnce], *, control: int, now: dt.datetime
) -> Written:
    """The claims of a file once more, in their order, in an interchange of a new number.

    ISA and GS are those of the file but for numbers and time; ST02 counts from 1, BHT03 follows
    the interchange as ``claimline bill`` makes it.
    """
    wanted: dict[str, set[Named]] = {}
    for one in claims:
        wanted.setdefault(one.transaction, set()).add((one.control, one.frequency))
    problems: list[Problem] = []
    [interchange] = list(_loaded(data, wanted, problems))
    header, submissions = interchange
    numbered = (
        evolve(one, reference=f"{control:09d}{n:04d}") for n, one in enumerate(submissions, 1)
    )
    made = evolve(header, control=control, group_control=control, created=now)
    return write_837p(made, numbered, as_read=True)


def _loaded(
    data: bytes, wanted: dict[str, set[Named]], problems: "list[Problem]"
) -> Iterator[tuple[Envelope, list[Submission]]]:
    for interchange in envelope.read([data], problems):
        for group in interchange.groups():
            submissions = [
                one
                for transaction in group.transactions()
                if transaction.control in wanted
                for one in _submission(transaction, wanted[transaction.control])
            ]
            yield _envelope(group, data), submissions


def _submission(transaction: "Transaction", wanted: set[Named]) -> Iterator[Submission]:
    header: Submission | None = None
    claims: list[Claim] = []
    for part in read_837p(transaction):
        if isinstance(part, Submission):
            header = part
        elif (part.control, part.frequency[:1] or FREQUENCY_ORIGINAL) in wanted:
            claims.append(part)
    if header is not None and claims:
        yield evolve(header, claims=tuple(claims))


def _envelope(group: "Group", data: bytes) -> Envelope:
    """The envelope of the file, as it was."""
    interchange = group.interchange
    isa, gs = interchange.header, group.header
    separators = interchange.separators
    end = separators.terminator.encode() + b"\n"
    return Envelope(
        sender_qualifier=isa[4].strip(),
        sender_id=isa[5].strip(),
        receiver_qualifier=isa[6].strip(),
        receiver_id=isa[7].strip(),
        group_sender=gs[1],
        group_receiver=gs[2],
        created=_LATER,
        control=1,
        group_control=1,
        usage="T" if isa[14] == "T" else "P",
        ack_requested=isa[13] == "1",
        separators=separators,
        newline=end in data,
    )
