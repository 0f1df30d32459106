"""Acknowledgements of a kept file taken into the ledger: TA1, 999, 997 and 277CA.

A file is read whole or not at all. What was read before is not read again; a file kept by an
older version, which read no acknowledgements, is read when it is met again. The same content in
another file (whatever its control numbers) is a duplicate and says so.
"""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final

from attrs import evolve, frozen
from sqlalchemy import select

from claimline.services.collector import swept
from claimline.services.receive_acknowledge_values import AcknowledgementResult
from edi import envelope
from edi.acknowledgement import Acknowledged, Acknowledgement
from edi.acknowledgements import kind_of, stream
from edi.elements import read_date
from edi.envelope import Interchange, Transaction
from edi.problem import Problem
from edi.ta1 import read_ta1
from edi.x999 import parties_of
from reconcile.ledger import acknowledgements, bulk, received
from reconcile.ledger.acknowledgements import About, Kept
from reconcile.ledger.acknowledgements_join import Joiners
from reconcile.ledger.acknowledgements_summary import summaries
from reconcile.ledger.payments import Digest
from reconcile.ledger.tables import file
from reconcile.ledger.tables_answered import acknowledged

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from reconcile.ledger import Ledger, Run, StoredFile, Writer

KINDS: Final = frozenset({"TA1", "999", "997", "277CA", "mixed"})
OURS: Final = "ack."  # the codes of problems of acknowledgements begin so
_ISA09: Final = 8


def acknowledge(
    ledger: "Ledger", run: "Run", stored: "StoredFile", name: str
) -> tuple[tuple[AcknowledgementResult, ...], list[Problem]]:
    """Take in what a kept file acknowledges, and tell of all of it.

    Args:
        ledger: open.
        run: this start of the command.
        stored: the file.
        name: of the file as it was given now, for its problems.
    """
    if stored.kind not in KINDS:
        return (), []
    with ledger.reading() as connection:
        if acknowledgements.of_file(connection, stored.id):
            return known_results(connection, stored.id), []
    with ledger.begin(run) as writer:
        if acknowledgements.of_file(writer.connection, stored.id):  # another run meanwhile
            return known_results(writer.connection, stored.id), []
        return read_file(ledger, writer, stored, name)


def read_file(
    ledger: "Ledger", writer: "Writer", stored: "StoredFile", name: str
) -> tuple[tuple[AcknowledgementResult, ...], list[Problem]]:
    """Read the acknowledgements of a kept file of which none was read yet."""
    problems: list[Problem] = []
    work = _Reading(writer, stored)
    looked = list(_looked_over(ledger.file_bytes(stored.digest)))
    if not looked:
        return (), []
    results = list(work.run(ledger.file_bytes(stored.digest), looked, problems, name))
    own = [problem for problem in problems if problem.code.startswith(OURS)]
    received.add_problems(
        writer, stored.id, received.new_problems(writer.connection, stored.id, own)
    )
    return tuple(results), own


def read_unread(ledger: "Ledger", writer: "Writer") -> None:
    """Read the acknowledgements of files that an older version kept without reading them."""
    for stored in acknowledgements.unread_files(writer.connection, KINDS):
        read_file(ledger, writer, stored, "")


# --- the first look: what is there, whether it is whole, its digest -----------------------------


@frozen(kw_only=True)
class _Looked:
    """One acknowledgement before it is read. ``number`` of a TA1 counts the file's TA1s."""

    kind: str
    number: int
    digest: str
    complete: bool


def _looked_over(chunks: Iterable[bytes]) -> Iterator[_Looked]:
    """The acknowledgements of a file: of each its digest without control numbers."""
    number = acks = 0
    for interchange in envelope.read(chunks, []):
        for group in interchange.groups():
            for transaction in group.transactions():
                number += 1
                kind = kind_of(transaction)
                if kind is not None:
                    digest = _digest(transaction, kind)
                    yield _Looked(
                        kind=kind, number=number, digest=digest, complete=transaction.complete
                    )
        for ack in interchange.interchange_acks:
            acks += 1
            content = Digest(interchange.separators)
            content.add([_partners(interchange), "|".join(text.strip() for text in ack)])
            yield _Looked(kind="TA1", number=acks, digest=content.hexdigest(), complete=True)


def _partners(interchange: Interchange) -> str:
    """Between whom it goes, and in which book: the same numbers of others are other content."""
    return " ".join((*interchange.sender, *interchange.receiver, interchange.usage)).upper()


def _digest(transaction: Transaction, kind: str) -> str:
    content = Digest(transaction.separators)
    content.add([kind, _partners(transaction.interchange), *parties_of(transaction)])
    texts = transaction.texts()
    next(texts, "")  # ST, which holds a control number
    for batch in bulk.batches(texts):
        if batch[-1].startswith(f"SE{transaction.separators.element}"):
            batch.pop()
        if batch:
            content.add(batch)
    return content.hexdigest()


# --- the second: what they say ------------------------------------------------------------------


class _Reading:
    """The acknowledgements of one file while they are kept."""

    def __init__(self, writer: "Writer", stored: "StoredFile") -> None:
        self._writer = writer
        self._stored = stored
        self._acks = 0
        self._joiners = Joiners(writer.connection)

    def run(
        self,
        chunks: Iterable[bytes],
        looked: Iterable[_Looked],
        problems: list[Problem],
        name: str,
    ) -> Iterator[AcknowledgementResult]:
        """Keep them one after the other, in the order of the file."""
        by_number = {(one.kind == "TA1", one.number): one for one in looked}
        number = 0
        for interchange in envelope.read(chunks, problems, name):
            for group in interchange.groups():
                for transaction in swept(group.transactions()):
                    number += 1
                    one = by_number.get((False, number))
                    if one is not None:
                        parts = iter(stream(transaction))
                        head = next(parts)
                        assert isinstance(head, Acknowledgement), "a stream begins with its head"
                        things = (part for part in parts if isinstance(part, Acknowledged))
                        yield self._keep(interchange, one, head, things)
            yield from self._of_interchange(interchange, by_number)

    def _of_interchange(
        self, interchange: Interchange, by_number: dict[tuple[bool, int], _Looked]
    ) -> Iterator[AcknowledgementResult]:
        """The TA1s, which speak of our interchange and are dated by theirs (ISA09)."""
        said = read_date(f"20{interchange.header[_ISA09]}")
        for head in read_ta1(interchange):
            self._acks += 1
            dated = evolve(head, date=said or head.date)
            yield self._keep(interchange, by_number[True, self._acks], dated, head.things)

    def _keep(
        self,
        interchange: Interchange,
        one: _Looked,
        head: Acknowledgement,
        things: Iterable[Acknowledged],
    ) -> AcknowledgementResult:
        usage = "T" if interchange.usage.upper() == "T" else "P"
        about = About(
            file_id=self._stored.id,
            number=one.number,
            usage=usage,
            sender=interchange.sender[1].strip(),
            receiver=interchange.receiver[1].strip(),
            interchange_control=interchange.control,
            digest=one.digest,
            state=self._state(one, usage),
        )
        nothing = about.state != "unmatched"
        kept = acknowledgements.keep(
            self._writer, head, () if nothing else things, about, self._joiners
        )
        return result_of(self._writer.connection, head, kept, usage)

    def _state(self, one: _Looked, usage: str) -> str:
        if not one.complete:
            return "incomplete"
        same = acknowledgements.same_content(self._writer.connection, one.digest, usage)
        return "unmatched" if same is None else "duplicate"


def result_of(
    connection: "Connection", head: Acknowledgement, kept: Kept, usage: str
) -> AcknowledgementResult:
    """What became of an acknowledgement that was just kept."""
    return AcknowledgementResult(
        kind=head.kind,
        source=head.source,
        source_name=head.source_name,
        usage=usage,
        transaction=head.control,
        date=head.date.isoformat() if head.date else "",
        state=kept.state,
        why=kept.why,
        file=_our_file(connection, kept.id),
        verdicts=dict(kept.verdicts),
        in_rejected=kept.in_rejected,
        unmatched=kept.unmatched,
        rejected=tuple(kept.rejected),
    )


def _our_file(connection: "Connection", number: int) -> str:
    """The name of the one file of ours an acknowledgement speaks of."""
    c = acknowledged.c
    query = (
        select(file.c.name)
        .join(acknowledged, c.file_id == file.c.id)
        .where(c.acknowledgement_id == number)
        .distinct()
        .order_by(file.c.name)
        .limit(2)
    )
    names = [row[0] for row in connection.execute(query)]
    return names[0] if len(names) == 1 else ""


def known_results(connection: "Connection", file_id: int) -> tuple[AcknowledgementResult, ...]:
    """What a file acknowledges that was read before, and how it stands now."""
    rows = acknowledgements.of_file(connection, file_id)
    counts = summaries(connection, [row.id for row in rows])
    return tuple(_known_one(connection, row, counts[row.id]) for row in rows)


def _known_one(
    connection: "Connection", row: Any, counts: dict[tuple[str, str], int]
) -> AcknowledgementResult:
    return AcknowledgementResult(
        kind=row.kind,
        source=row.source,
        source_name=row.source_name,
        usage=row.usage,
        transaction=row.transaction_control,
        date=row.date,
        state="known",
        stored=row.state,
        why=row.why,
        file=_our_file(connection, row.id),
        verdicts=counts,
    )
