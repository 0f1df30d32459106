"""The payer's desk: a folder of 837P files in, a folder of 835 files out."""

import datetime as dt
import itertools
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, Literal

from attrs import field, frozen

from claimline.sandbox.payer import Answer
from edi import envelope
from edi.claim import Claim
from edi.problem import Problem
from edi.writing import Envelope
from edi.x835 import write_835
from edi.x837p import read_837p

OFFICE_HOUR: Final = dt.time(8, 0)
BLOCK: Final = 1 << 20


@frozen(kw_only=True)
class Sender:
    """Who sent the claims to whom: the answer goes the other way."""

    sender: tuple[str, str]  # ISA05, ISA06
    receiver: tuple[str, str]  # ISA07, ISA08
    group_sender: str  # GS02
    group_receiver: str  # GS03
    usage: Literal["T", "P"]


@frozen(kw_only=True)
class Sent:
    """The claims of one file, and what was wrong with the file."""

    file: str
    sender: Sender
    claims: tuple[Claim, ...] = field(repr=False)


@frozen(kw_only=True)
class ReplyFile:
    """One 835 file to be written. Its name holds payer and date, nothing of a patient."""

    name: str
    data: bytes = field(repr=False)
    payments: int
    claims: int


def read_claims(path: Path, problems: list[Problem]) -> Iterator[Sent]:
    """The claims of an 837P file, interchange by interchange.

    Raises:
        OSError: the file cannot be read.
        NotX12: it holds no interchange.
    """
    with path.open("rb") as stream:
        chunks = iter(lambda: stream.read(BLOCK), b"")
        for interchange in envelope.read(chunks, problems, path.name):
            for group in interchange.groups():
                claims = tuple(
                    item
                    for transaction in group.transactions()
                    if transaction.type == "837"
                    for item in read_837p(transaction)
                    if isinstance(item, Claim)
                )
                if claims:
                    sender = sender_of(interchange, group)
                    yield Sent(file=path.name, sender=sender, claims=claims)


def sender_of(interchange: envelope.Interchange, group: envelope.Group) -> Sender:
    """Who sent a group."""
    header = [*group.header, "", "", ""]
    return Sender(
        sender=interchange.sender,
        receiver=interchange.receiver,
        group_sender=header[1].strip(),
        group_receiver=header[2].strip(),
        usage="P" if interchange.usage == "P" else "T",
    )


def reply_files(answers: Iterable[Answer], sender: Sender) -> Iterator[ReplyFile]:
    """The answers as files: one per payer and day, and one more for payments sent twice."""
    control = itertools.count(1)
    ordered = sorted(answers, key=lambda a: (a.date, a.payer_id))
    for (date, payer_id), group in itertools.groupby(ordered, lambda a: (a.date, a.payer_id)):
        batch = list(group)
        for copy in range(1, max(answer.copies for answer in batch) + 1):
            sent = [answer for answer in batch if answer.copies >= copy]
            again = "-again" if copy > 1 else ""
            safe = "".join(c for c in payer_id if c.isalnum()) or "payer"
            name = f"{date:%Y%m%d}-{safe}{again}.835"
            yield _reply_file(name, sent, envelope_back(sender, date, next(control)))


def envelope_back(sender: Sender, date: dt.date, control: int) -> Envelope:
    """The way back: who received the claims sends the answer."""
    return Envelope(
        sender_qualifier=sender.receiver[0],
        sender_id=sender.receiver[1],
        receiver_qualifier=sender.sender[0],
        receiver_id=sender.sender[1],
        group_sender=sender.group_receiver or sender.receiver[1],
        group_receiver=sender.group_sender or sender.sender[1],
        created=dt.datetime.combine(date, OFFICE_HOUR),
        control=control,
        group_control=control,
        usage=sender.usage,
    )


def _reply_file(name: str, answers: list[Answer], made: Envelope) -> ReplyFile:
    """One interchange of remittances."""
    return ReplyFile(
        name=name,
        data=write_835(made, [answer.remittance for answer in answers]),
        payments=len(answers),
        claims=sum(len(answer.remittance.claims) for answer in answers),
    )
