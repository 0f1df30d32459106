"""A claim as it was sent, read back from the bytes the ledger keeps."""

from typing import TYPE_CHECKING

from attrs import frozen
from sqlalchemy import select

from claimline.errors import CommandError
from claimline.render.words import shown_number
from edi import envelope
from edi.claim import FREQUENCY_ORIGINAL, Claim
from edi.x837p import read_837p
from reconcile.ledger import ClaimStory, Ledger, Usage
from reconcile.ledger.tables import file, sent_claim

if TYPE_CHECKING:
    from edi.envelope import Transaction
    from edi.problem import Problem


@frozen(kw_only=True)
class Place:
    """Where a claim stands. A number may be used twice: by a claim and by its void."""

    control: str  # CLM01
    frequency: str  # CLM05-3
    digest: str  # of the file
    file: str  # its name, for messages
    transaction: str  # ST02


def load(ledger: Ledger, control: str, *, usage: Usage | None = None) -> Claim:
    """The claim of that patient control number as it was sent, whole; the first of that number.

    Raises:
        CommandError: no such claim was sent, or its file does not hold it any more.
        LedgerDamaged: the kept file is damaged.
    """
    c = sent_claim.c
    query = (
        select(c.control, c.frequency, c.transaction_control, file.c.name, file.c.digest)
        .join(file, file.c.id == c.file_id)
        .where(c.control == control, *([c.usage == usage] if usage else []))
        .order_by(c.id)
        .limit(1)
    )
    with ledger.reading() as connection:
        row = connection.execute(query).first()
    if row is None:
        raise CommandError(
            f"no claim {shown_number(control)} was sent",
            todo="claimline trace finds claims by other numbers",
        )
    place = Place(
        control=row.control,
        frequency=row.frequency,
        digest=row.digest,
        file=row.name,
        transaction=row.transaction_control,
    )
    return load_at(ledger, place)


def load_story(ledger: Ledger, story: ClaimStory) -> Claim:
    """The claim of a story as it was sent; see ``load``."""
    sent = story.sent.claim
    place = Place(
        control=sent.control,
        frequency=sent.frequency,
        digest=story.file_digest,
        file=story.file,
        transaction=story.sent.transaction,
    )
    return load_at(ledger, place)


def load_at(ledger: Ledger, place: Place) -> Claim:
    """The claim that stands at a place; see ``load``."""
    problems: list[Problem] = []
    for interchange in envelope.read(ledger.file_bytes(place.digest), problems):
        for group in interchange.groups():
            for transaction in group.transactions():
                if transaction.control == place.transaction:
                    found = _in(transaction, place)
                    if found is not None:
                        return found
    raise CommandError(
        f"claim {place.control} is not found in {place.file} as the ledger keeps it",
        todo="claimline ledger status says whether the ledger is sound",
    )


def _in(transaction: "Transaction", place: Place) -> Claim | None:
    """The claim, if the transaction has it."""
    wanted = (place.control, place.frequency)
    for part in read_837p(transaction):
        if isinstance(part, Claim):
            frequency = part.frequency[:1] or FREQUENCY_ORIGINAL
            if (part.control, frequency) == wanted:
                return part
    return None
