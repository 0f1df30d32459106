"""``timely``: proof that a claim was filed in time, from the stored acknowledgements alone."""

import datetime as dt
from collections.abc import Iterator
from typing import Any, Final

from attrs import field, frozen
from sqlalchemy import Connection, select

from claimline import __version__
from claimline.services.correct_find import named
from claimline.services.payer_facts import Facts
from claimline.services.plain import money
from claimline.services.received_segments import said_in
from claimline.services.trace_heard import key_of, numbers_of, who
from edi import envelope
from edi.acknowledgement_words import list_name
from edi.elements import read_date
from mapping.practice import Practice
from reconcile.acknowledgements import Heard
from reconcile.acknowledgements_match import Sending
from reconcile.acknowledgements_proof import MEANING, Proof, proof
from reconcile.correction_deadline import Deadline, deadline, later_filing
from reconcile.ledger import ClaimStory, Ledger, Run, Usage
from reconcile.ledger.acknowledgements_read import heard_of, sendings_of
from reconcile.ledger.tables import file, written_file
from reconcile.ledger.tables_answered import delivered_file
from reconcile.turns import is_later_turn, turn_of
from reconcile.values import PayerFacts

SEGMENTS_OF: Final = 6  # words whose segments are shown
TURNS: Final = ("P", "S", "T")
PROVEN: Final = ("payer", "received by the payer", "clearinghouse")


@frozen(kw_only=True)
class Question:
    """Who asks for which claim, and when."""

    identifier: str
    on: dt.date
    now: dt.datetime
    user: str
    usage: Usage | None = None


@frozen(kw_only=True)
class SentIn:
    """One sending of the claim, as its file has it."""

    number: int  # from 1
    file: str
    digest: str
    interchange: str  # ISA13
    transaction: str  # ST02
    batch: str  # BHT03
    made: str  # ISA09 and ISA10, as the file says
    recorded: str  # UTC
    delivered: str = ""  # UTC: to the clearinghouse, where Claimline sent it itself


@frozen(kw_only=True)
class Answer:
    """The proof for one claim, with all a sheet needs. ``segments`` by row number of the word."""

    story: ClaimStory = field(repr=False)
    usage: Usage
    proof: Proof
    sent: tuple[SentIn, ...]
    due: Deadline | None
    segments: dict[int, tuple[str, ...]] = field(factory=dict, repr=False)

    @property
    def in_time(self) -> bool | None:
        """Whether the proof is of the deadline or before; None where it is not known.

        The form of a file proves nothing of a claim, in time or not.
        """
        if self.proof.strength not in PROVEN:
            return None
        return self.proof.is_in_time(self.due.last if self.due else None)

    @property
    def is_proven(self) -> bool:
        """Whether somebody's word on the claim itself proves it, in time as far as is known."""
        return self.proof.strength in PROVEN and self.in_time is not False

    @property
    def rejection(self) -> Heard | None:
        """The word by which the newest sending came back, where nothing proves another one."""
        if self.proof.strength != "none":
            return None
        newest = [one for one in self.proof.against if one.sending == len(self.sent) - 1]
        return max(newest, key=lambda one: (one.date, one.id), default=None)

    @property
    def words(self) -> str:
        """What it comes to in one sentence."""
        said = MEANING[self.proof.strength]
        if self.rejection is not None:
            word = self.rejection
            return f"rejected by {who(word)} on {word.date}: what came back was not filed"
        if self.proof.day is not None:
            said += f", on {self.proof.day.isoformat()}"
        if self.proof.arrived is not None and self.proof.arrived != self.proof.day:
            said += f", and received it on {self.proof.arrived.isoformat()}"
        if self.proof.strength == "form":
            return f"{said}: no proof that the claim was filed"
        if self.due is None:
            return f"{said}; the payer's filing limit is not known"
        verdict = {True: "in time", False: "too late", None: "not proven"}[self.in_time]
        return f"{said}: {verdict}"

    @property
    def limit(self) -> str:
        """By when it had to be filed, and who says so; empty where nobody does."""
        return f"{self.due.last.isoformat()} ({self.due.source})" if self.due else ""


def timely(ledger: Ledger, question: Question, practice: Practice | None = None) -> Answer:
    """The proof of filing of the claim an identifier leads to; the view is recorded.

    Raises:
        WrongUsageError: it leads to no claim or to several.
    """
    found = named(ledger, question.identifier, question.usage)
    story = found.story
    run = Run(command="timely", version=__version__, started=question.now, user=question.user)
    with ledger.begin(run) as writer:
        claim = story.sent.claim
        writer.viewed(user=question.user, patient=claim.patient, subject=claim.control)
    with ledger.reading() as connection:
        number = numbers_of(connection, {claim.control}, found.usage)[key_of(story)]
        heard = heard_of(connection, [number])[number]
        sendings = sendings_of(connection, [number])[number]
        files = _files(connection, {one.file for one in sendings})
    shown = proof(heard, sendings=len(sendings))
    facts = Facts(ledger, practice, question.on).of(claim, story.sent.payer_name)
    return Answer(
        story=story,
        usage=found.usage,
        proof=shown,
        sent=tuple(_sent(ledger, one, files[one.file], n) for n, one in enumerate(sendings, 1)),
        due=_due(ledger, story, facts, question),
        segments={
            word.id: said_in(word, ledger.file_bytes(word.file_digest))
            for word in (*shown.words, *shown.against)[:SEGMENTS_OF]
            if word.file_digest and word.kind != "report"
        },
    )


def _due(
    ledger: Ledger, story: ClaimStory, facts: PayerFacts, question: Question
) -> Deadline | None:
    """By when it had to be filed: with a later payer not by the limit of a first claim."""
    claim = story.sent.claim
    if not is_later_turn(claim):
        return deadline("filing", facts, decided=question.on, service=claim.date)
    turn = TURNS.index(turn_of(claim))
    before = [
        answer.date
        for one in ledger.story(claim.family, usage=story.usage)
        for answer in one.adjudications
        if TURNS.index(answer.rank) < turn
        and not answer.is_reversal
        and answer.date.isoformat() <= story.recorded_at
    ]
    return later_filing(facts, before=max(before, default=None), service=claim.date)


def _files(connection: Connection, numbers: set[int]) -> dict[int, Any]:
    """Name, digest and moments of the sent files, by row number."""
    query = (
        select(
            file.c.id, file.c.name, file.c.digest, file.c.recorded_at,
            written_file.c.recorded_at.label("written"),
            delivered_file.c.recorded_at.label("delivered"),
        )
        .outerjoin(written_file, written_file.c.file_id == file.c.id)
        .outerjoin(delivered_file, delivered_file.c.file_id == file.c.id)
        .where(file.c.id.in_(sorted(numbers)))
    )  # fmt: skip
    return {row.id: row for row in connection.execute(query)}


def _sent(ledger: Ledger, sending: Sending, row: Any, number: int) -> SentIn:
    """One sending, with the numbers that its file has."""
    interchange, batch, made = _envelope(ledger, row.digest, sending.transaction)
    return SentIn(
        number=number,
        file=row.name,
        digest=row.digest,
        interchange=interchange,
        transaction=sending.transaction,
        batch=batch,
        made=made,
        recorded=row.written or row.recorded_at,
        delivered=row.delivered or "",
    )


def _envelope(ledger: Ledger, digest: str, control: str) -> tuple[str, str, str]:
    """ISA13, BHT03 and the interchange's date and time, from the kept bytes of the file."""
    for interchange in envelope.read(ledger.file_bytes(digest), []):
        for group in interchange.groups():
            for transaction in group.transactions():
                if transaction.control != control:
                    continue
                bht = next((s for s in transaction.segments() if s[0] == "BHT"), [])
                day = read_date(f"20{interchange.header[8]}")
                clock = interchange.header[9]
                made = f"{day.isoformat() if day else ''} {clock[:2]}:{clock[2:4]}".strip()
                return interchange.control, (bht[3].strip() if len(bht) > 3 else ""), made
    return "", "", ""


def data(answer: Answer) -> dict[str, Any]:
    """The proof as plain values, without anything of the patient."""
    claim = answer.story.sent.claim
    return {
        "claim": claim.control,
        "payer": answer.story.sent.payer_name or claim.payer,
        "date": claim.date.isoformat(),
        "charge": money(claim.charge),
        "usage": answer.usage,
        "strength": answer.proof.strength,
        "proven": answer.is_proven,
        "in_time": answer.in_time,
        "day": answer.proof.day.isoformat() if answer.proof.day else None,
        "arrived": answer.proof.arrived.isoformat() if answer.proof.arrived else None,
        "deadline": answer.due.last.isoformat() if answer.due else None,
        "deadline_source": answer.due.source if answer.due else None,
        "words": answer.words,
        "sent": [
            {
                "sending": one.number,
                "file": one.file,
                "interchange": one.interchange,
                "transaction": one.transaction,
                "batch": one.batch,
                "made": one.made,
                "recorded": one.recorded,
                "delivered": one.delivered or None,
            }
            for one in answer.sent
        ],
        "proof": [word_data(one, answer) for one in answer.proof.words],
        "no_proof": [word_data(one, answer) for one in answer.proof.against],
    }


def word_data(one: Heard, answer: Answer) -> dict[str, Any]:
    """One word with its codes and segments."""
    return {
        "date": one.date,
        "by": who(one),
        "kind": one.kind,
        "level": one.level,
        "verdict": one.verdict,
        "sending": one.sending + 1,
        "codes": [
            {"list": list_name(c.list, one.kind), "code": c.code, "words": c.words}
            for c in one.codes
        ],
        "payer_claim": one.payer_control or None,
        "file": one.file or None,
        "interchange": one.interchange or None,
        "transaction": one.transaction or None,
        "segments": list(answer.segments.get(one.id, ())),
    }


def payer_claims(answer: Answer) -> Iterator[str]:
    """The payer's numbers of the claim, each once."""
    paid = [each.payer_control for each in answer.story.adjudications]
    told = [one.payer_control for one in answer.proof.words]
    yield from filter(None, dict.fromkeys((*paid, *told)))
