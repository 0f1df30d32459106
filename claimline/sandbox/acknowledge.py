"""The answers before any money: TA1, 999, and 277CAs of the clearinghouse and the payer.

``deal`` says who meets which scenario of ``refusals``; ``files`` writes what the receiver's
translator, the clearinghouse and the payers say of it. Names hold day and sender, no patient.
"""

import datetime as dt
import itertools
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, Literal, TypeVar

from attrs import field, frozen

from claimline.sandbox.folder import ReplyFile, Sender, envelope_back, sender_of
from claimline.sandbox.refusals import BY_NAME, REFUSALS, TAKEN, USUAL, Refusal
from edi import envelope
from edi.claim import Claim, Party, Submission
from edi.elements import read_date
from edi.problem import Problem
from edi.ta1 import answer
from edi.writing import Envelope
from edi.x277ca_write import BatchVerdict, ClaimVerdict, write_277ca
from edi.x837p import read_837p
from edi.x999_answer import ElementFault, GroupAnswer, SegmentFault, TransactionAnswer
from edi.x999_write import write_999

SHARE: Final = 4  # at most every fourth claim, and every fourth batch, is refused
WANTS_TA1: Final = "1"  # ISA14
PAYER_AFTER: Final = dt.timedelta(days=1)  # the payer speaks a day after the clearinghouse


@frozen(kw_only=True)
class Batch:
    """One ST of claims. ``fault``: a place in it that a 999 may name."""

    group: tuple[str, str, str]  # GS01, GS06, GS08
    control: str  # ST02
    implementation: str  # ST03
    head: Submission
    claims: tuple[Claim, ...] = field(repr=False)
    fault: SegmentFault


@frozen(kw_only=True)
class Received:
    """One interchange of claims, as the clearinghouse got it."""

    header: tuple[str, ...]  # ISA01 to ISA16
    sender: Sender
    batches: tuple[Batch, ...]

    @property
    def day(self) -> dt.date:
        """ISA09: it is received on the day it was made."""
        return read_date(f"20{self.header[8]}") or dt.date(2012, 1, 1)

    @property
    def relay(self) -> Party:
        """The clearinghouse: who the file was sent to."""
        name = self.header[7]
        return Party(role="AY", is_person=False, name=name, id_qualifier="46", id=name)


@frozen(kw_only=True)
class Dealt:
    """Which scenario each file, batch and claim meets, by their places."""

    files: Mapping[int, Refusal]
    batches: Mapping[tuple[int, int], Refusal]
    claims: Mapping[tuple[int, int, int], Refusal]

    def of(self, place: tuple[int, int, int]) -> Refusal:
        """The scenario of a claim: that of its file, else of its batch, else its own."""
        return (
            self.files.get(place[0]) or self.batches.get(place[:2]) or self.claims.get(place, USUAL)
        )


def read_received(path: Path, problems: list[Problem]) -> Iterator[Received]:
    """The interchanges of claims in a file.

    Raises:
        OSError: the file cannot be read.
        NotX12: it holds no interchange.
    """
    data = path.read_bytes()
    places = _places(data)
    for number, interchange in enumerate(envelope.read([data], problems, path.name)):
        batches: list[Batch] = []
        sender = None
        for group in interchange.groups():
            for transaction in group.transactions():
                key = (number, group.number, transaction.number)
                head, *claims = [*read_837p(transaction), None]
                if isinstance(head, Submission) and claims[:-1]:
                    batches.append(_batch(transaction, head, claims, places[key]))
                    sender = sender or sender_of(interchange, group)
        if sender is not None:
            yield Received(header=interchange.header, sender=sender, batches=tuple(batches))


def _batch(
    transaction: envelope.Transaction,
    head: Submission,
    parts: Sequence[Submission | Claim | None],
    fault: SegmentFault,
) -> Batch:
    group = transaction.group
    return Batch(
        group=(group.functional_id, group.control, group.version),
        control=transaction.control,
        implementation=transaction.implementation,
        head=head,
        claims=tuple(part for part in parts if isinstance(part, Claim)),
        fault=fault,
    )


def _places(data: bytes) -> dict[tuple[int, int, int], SegmentFault]:
    """In each ST the principal diagnosis of its first claim, as a 999 would name it."""
    found = {}
    for number, interchange in enumerate(envelope.read([data], [])):
        for group in interchange.groups():
            for transaction in group.transactions():
                key = (number, group.number, transaction.number)
                found[key] = _fault(list(transaction.segments()))
    return found


def _fault(segments: list[list[str]]) -> SegmentFault:
    names = [segment[0] for segment in segments]
    claim = names.index("CLM") if "CLM" in names else 0
    at = names.index("HI", claim) if "HI" in names[claim:] else claim
    element = ElementFault(position=1, component=2 if names[at] == "HI" else 0, code="7")
    return SegmentFault(
        segment=names[at],
        position=at + 1,
        loop="2300",
        claim=segments[claim][1] if names[claim] == "CLM" else "",
        elements=(element,),
    )


def deal(received: Sequence[Received], scenario: str) -> Dealt:
    """Who meets what: all the named scenario, or each scenario one that it fits.

    A file-wide refusal comes only by its name, or where there are four files. The last claims and
    batches are taken: the first ones meet the scenarios of the remittances.
    """
    named = BY_NAME.get(scenario)
    whole = {n: named for n in range(len(received)) if named and named.level == "file"}
    batches = [(f, b) for f, one in enumerate(received) for b in range(len(one.batches))]
    claims = [(f, b, c) for f, b in batches for c in range(len(received[f].batches[b].claims))]
    if named is not None:
        of_batches = {place: named for place in batches if named.level == "batch"}
        of_claims = {place: named for place in claims if named.level == "claim"}
        return Dealt(files=whole, batches=of_batches, claims=of_claims)
    if scenario:  # one of the remittances: all is taken
        return Dealt(files={}, batches={}, claims={})
    by_level = {level: [r for r in REFUSALS if r.level == level] for level in _LEVELS}
    files = dict(_last(range(len(received)), by_level["file"]))
    left = [place for place in batches if place[0] not in files]
    refused = dict(_last(left, by_level["batch"]))
    free = [place for place in claims if place[:2] not in refused and place[0] not in files]
    return Dealt(files=files, batches=refused, claims=dict(_last(free, by_level["claim"])))


_LEVELS: Final[tuple[Literal["claim", "batch", "file"], ...]] = ("claim", "batch", "file")
_Place = TypeVar("_Place")  # of a file, a batch, a claim


def _last(
    places: Sequence[_Place], refusals: Sequence[Refusal]
) -> Iterator[tuple[_Place, Refusal]]:
    """The last places with a scenario each, as many as the share allows."""
    count = min(len(refusals), len(places) // SHARE)
    yield from zip(reversed(places), refusals[:count], strict=False)


def paid_claims(received: Sequence[Received], dealt: Dealt) -> tuple[Claim, ...]:
    """The claims that reach a payer who answers them with money or a denial."""
    return tuple(claim for place, claim in _claims(received) if dealt.of(place).is_paid)


def _claims(received: Sequence[Received]) -> Iterator[tuple[tuple[int, int, int], Claim]]:
    for f, one in enumerate(received):
        for b, batch in enumerate(one.batches):
            for c, claim in enumerate(batch.claims):
                yield (f, b, c), claim


def files(
    received: Sequence[Received],
    dealt: Dealt,
    *,
    numbers: Mapping[str, str],
    control: Iterator[int],
) -> Iterator[ReplyFile]:
    """TA1s, 999s and 277CAs, a file of each kind per day and sender.

    Args:
        received: what was sent.
        dealt: who meets what.
        numbers: CLM01 -> the payer's claim number, CLP07 of the remittance to come.
        control: ISA13 and GS06 of the answers.
    """
    ordered = sorted(enumerate(received), key=lambda item: (item[1].day, item[1].header[7]))
    for (day, relay), some in itertools.groupby(
        ordered, key=lambda item: (item[1].day, item[1].header[7])
    ):
        batch = list(some)
        name = f"{day:%Y%m%d}-{_safe(relay)}"
        yield from _translated(batch, dealt, name, day, control)
        yield from _spoken(batch, dealt, numbers, (day, control))


def _translated(
    received: Sequence[tuple[int, Received]],
    dealt: Dealt,
    name: str,
    day: dt.date,
    control: Iterator[int],
) -> Iterator[ReplyFile]:
    """TA1 where one is asked for or the file is rejected, 999 for every group that is read."""
    ta1s = []
    groups: list[GroupAnswer] = []
    for f, one in received:
        refused = dealt.files.get(f)
        if refused:
            ta1s.append(answer(one.header, "R", "025"))
        elif one.header[13] == WANTS_TA1:
            ta1s.append(answer(one.header, "A", "000"))
        if not refused:
            groups += _groups(f, one, dealt)
    sender = received[0][1].sender
    if ta1s:
        data = write_999(_back(sender, day, control), (), ta1s)
        yield ReplyFile(name=f"{name}.ta1", data=data, payments=0, claims=0)
    if groups:
        data = write_999(_back(sender, day, control), groups)
        claims = sum(len(b.claims) for f, r in received if f not in dealt.files for b in r.batches)
        yield ReplyFile(name=f"{name}.999", data=data, payments=0, claims=claims)


def _back(sender: Sender, day: dt.date, control: Iterator[int]) -> Envelope:
    return envelope_back(sender, day, next(control))


def _groups(f: int, one: Received, dealt: Dealt) -> Iterator[GroupAnswer]:
    """How the groups of a file are answered."""
    numbered = list(enumerate(one.batches))
    for group, some in itertools.groupby(numbered, key=lambda item: item[1].group):
        answers = tuple(_of_transaction(batch, dealt.batches.get((f, b))) for b, batch in some)
        yield GroupAnswer(
            functional_id=group[0],
            control=group[1],
            version=group[2],
            included=len(answers),
            transactions=answers,
        )


def _of_transaction(batch: Batch, met: Refusal | None) -> TransactionAnswer:
    """IK5 A, or R or E with the segment named."""
    code: Literal["A", "E", "R"] = "A"
    if met is not None and met.name in ("rejected-transaction", "accepted-with-errors"):
        code = "R" if met.name == "rejected-transaction" else "E"
    return TransactionAnswer(
        type="837",
        control=batch.control,
        implementation=batch.implementation,
        code=code,
        codes=() if code == "A" else ("5",),
        faults=() if code == "A" else (batch.fault,),
    )


def _spoken(
    received: Sequence[tuple[int, Received]],
    dealt: Dealt,
    numbers: Mapping[str, str],
    when: tuple[dt.date, Iterator[int]],
) -> Iterator[ReplyFile]:
    """The clearinghouse's 277CA, then a payer's each, a day later."""
    day, control = when
    relayed: list[BatchVerdict] = []
    by_payer: dict[str, list[BatchVerdict]] = {}
    for f, one in received:
        for b in range(len(one.batches)):
            met = dealt.files.get(f) or dealt.batches.get((f, b))
            if met is not None and met.name in ("rejected-file", "rejected-transaction"):
                continue  # it never got so far
            relayed.append(_relayed(one, (f, b), dealt, day))
            if met is not None and met.payer is None:
                continue
            for payer, verdict in _of_payers(one, (f, b), dealt, numbers):
                by_payer.setdefault(payer, []).append(verdict)
    sender, relay = received[0][1].sender, _safe(received[0][1].header[7])
    if relayed:
        yield _file(f"{day:%Y%m%d}-{relay}.277", _back(sender, day, control), relayed)
    for payer, verdicts in sorted(by_payer.items()):
        later = day + PAYER_AFTER
        name = f"{later:%Y%m%d}-{_safe(payer)}.277"
        yield _file(name, _back(sender, later, control), verdicts)


def _file(name: str, back: Envelope, verdicts: Sequence[BatchVerdict]) -> ReplyFile:
    claims = sum(len(verdict.claims) for verdict in verdicts)
    return ReplyFile(name=name, data=write_277ca(back, verdicts), payments=0, claims=claims)


def _relayed(one: Received, place: tuple[int, int], dealt: Dealt, day: dt.date) -> BatchVerdict:
    """What the clearinghouse says of a batch."""
    batch, met = one.batches[place[1]], dealt.batches.get(place)
    whole = met.relay if met is not None and met.relay.action == "U" else TAKEN
    return BatchVerdict(
        source=one.relay,
        reference=f"R{day:%y%m%d}{one.header[12]}{place[1] + 1:04d}",
        submitter=batch.head.submitter,
        batch=batch.head.reference,
        received=day,
        processed=day,
        status=whole,
        claims=tuple(
            ClaimVerdict(claim=claim, statuses=(dealt.of((*place, c)).relay,))
            for c, claim in enumerate(batch.claims)
        ),
    )


def _of_payers(
    one: Received,
    place: tuple[int, int],
    dealt: Dealt,
    numbers: Mapping[str, str],
) -> Iterator[tuple[str, BatchVerdict]]:
    """What each payer says of its claims in a batch: those the clearinghouse sent on."""
    batch, day = one.batches[place[1]], one.day + PAYER_AFTER
    by_payer: dict[str, list[ClaimVerdict]] = {}
    payers: dict[str, Party] = {}
    for c, claim in enumerate(batch.claims):
        status = dealt.of((*place, c)).payer
        if status is None:
            continue
        key = claim.payer.id or "UNKNOWN"
        payers.setdefault(key, claim.payer)
        number = numbers.get(claim.control, "")
        verdict = ClaimVerdict(claim=claim, statuses=(status,), payer_control=number)
        by_payer.setdefault(key, []).append(verdict)
    for key, verdicts in by_payer.items():
        payer = payers[key]
        source = Party(role="PR", is_person=False, name=payer.name, id_qualifier="PI", id=key)
        yield (
            key,
            BatchVerdict(
                source=source,
                reference=f"P{day:%y%m%d}{one.header[12]}{place[1] + 1:04d}",
                submitter=batch.head.submitter,
                batch=batch.head.reference,
                received=day,
                processed=day,
                claims=tuple(verdicts),
            ),
        )


def _safe(name: str) -> str:
    return "".join(c for c in name if c.isalnum()) or "receiver"
