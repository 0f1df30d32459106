"""Claim payments as text: what equals what, and how one is kept until it can be posted.

A fingerprint is taken of a CLP loop's segments with canonical separators, so that the same answer
in another file has the same. Kept segments are JSON and are read again by the reader of 835s.
"""

import hashlib
import json
import unicodedata
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any, Final, cast

from attrs import evolve, frozen

from edi.envelope import Transaction
from edi.problem import Level, Problem
from edi.remittance import ClaimPayment, RemittanceHeader, RemittanceTrailer
from edi.separators import Separators
from edi.x835 import read_835
from reconcile.ledger.bulk import BATCH

_SEPARATORS: Final = Separators(element="*", component=":", repetition="^", terminator="~")
_ENDS: Final = frozenset({"CLP", "LX", "TS2", "TS3", "PLB", "SE"})  # what ends a claim


def fingerprint(text: str) -> str:
    """Of a CLP loop's segments in canonical separators, joined by ``~``: 32 characters.

    Letters with accents count as those without: one copy of a file may keep them, another not.
    """
    if not text.isascii():
        text = unaccented(text)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def unaccented(text: str) -> str:
    """The text with its accents dropped."""
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


def adjudication_id(payment_key: str, fingerprint: str, occurrence: int) -> str:
    """Unique in the ledger, and the same whatever the order in which files came."""
    text = f"{payment_key} {fingerprint} {occurrence}"
    return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()


def canonical(separators: Separators) -> dict[int, str] | None:
    """The table that makes a text's separators canonical; None where they are.

    Data that would then look like a separator is marked, so that different texts stay different.
    """
    pairs = ((separators.element, "*"), (separators.component, ":"), (separators.repetition, "^"))
    if all(used in (wanted, "") for used, wanted in pairs):
        return None
    table = {ord("*"): "\x1d", ord(":"): "\x1f", ord("^"): "\x1e"}
    return table | {ord(used): wanted for used, wanted in pairs if used}


class Digest:
    """Of a transaction's content: the same whatever its separators and control numbers."""

    def __init__(self, separators: Separators) -> None:
        self._canonical = canonical(separators)
        self._digest = hashlib.sha256()

    def add(self, texts: Sequence[str]) -> None:
        """Take the next segments; ST and SE, which hold control numbers, are left out by you."""
        text = "~".join([*texts, ""])
        if self._canonical is not None:
            text = text.translate(self._canonical)
        if not text.isascii():
            text = unaccented(text)
        self._digest.update(text.encode())

    def hexdigest(self) -> str:
        """The digest of all segments taken."""
        return self._digest.hexdigest()


Numbered = tuple[int, list[str]]  # a segment with its place in the transaction, ST = 1
PROBLEMS_KEPT: Final = 1000  # of one payment, the first of them; what is beyond is counted
LARGEST: Final = Decimal(10) ** 15  # dollars; more does not fit into the tables' whole cents


def bounded(payment: ClaimPayment) -> ClaimPayment:
    """The payment; one with an amount beyond any sense is a fault, so that it is never posted."""
    amounts = _amounts(payment)
    if max(amounts) < LARGEST and min(amounts) > -LARGEST:
        return payment
    nothing = Decimal(0)
    faults = (*payment.faults, "an amount of more than 15 digits")
    return evolve(payment, charge=nothing, paid=nothing, patient_responsibility=None, faults=faults)


def _amounts(payment: ClaimPayment) -> list[Decimal]:
    """All amounts of a claim payment that the tables hold."""
    found = [payment.charge, payment.paid, payment.patient_responsibility or payment.paid]
    found += [one.amount for one in payment.adjustments]
    for line in payment.lines:
        found += [line.charge, line.paid]
        found += [one.amount for one in line.adjustments]
        found += [one.amount for one in line.amounts]
    return found


def bounded_header(header: RemittanceHeader) -> RemittanceHeader:
    """The header; a payment beyond any sense is a fault: its claims are kept aside."""
    if abs(header.paid) < LARGEST:
        return header
    return evolve(header, paid=Decimal(0), faults=(*header.faults, "BPR02 of more than 15 digits"))


class Kept:
    """A claim payment with its text; ``segments`` makes the JSON it is kept as."""

    __slots__ = ("component", "element", "fingerprint", "payment", "texts")

    def __init__(self, payment: ClaimPayment, texts: list[str], mark: str, of: Separators) -> None:
        self.payment = payment
        self.texts = texts
        self.fingerprint = mark
        self.element = of.element
        self.component = of.component

    def segments(self) -> str:
        """The segments as JSON, components joined with ``:``."""
        return _as_json(self.texts, self.element, self.component)


def _as_json(texts: Sequence[str], element: str, component: str) -> str:
    split = [text.split(element) for text in texts]
    if component not in ("", ":"):
        split = [[part.replace(component, ":") for part in one] for one in split]
    return json.dumps(split, separators=(",", ":"))


def segments_at(transaction: Transaction, places: Collection[int]) -> Iterator[tuple[int, str]]:
    """The segments of some claims, as ``Kept.segments`` has them; the others are passed over.

    Args:
        transaction: an 835, not yet read.
        places: of their CLPs, counted from ST = 1.

    Yields:
        The place, and the segments.
    """
    of = transaction.separators
    claim: list[str] = []
    place, last = 0, max(places, default=0)
    for position, text in enumerate(transaction.texts(), 1):
        if text[:4].partition(of.element)[0] not in _ENDS:
            if claim:
                claim.append(text)
            continue
        if claim:
            yield place, _as_json(claim, of.element, of.component)
        if position > last:
            return
        claim, place = [text] if position in places else [], position
    if claim:
        yield place, _as_json(claim, of.element, of.component)


@frozen(kw_only=True)
class Share:
    """Which claims of an 835 one of several readers reads: every so many hundred of them."""

    number: int  # of the reader, from 0; the first also reads what belongs to no claim
    readers: int
    size: int  # claims in a row

    def has(self, claim: int) -> bool:
        """Whether the claim of that place (from 0) is its own."""
        return claim // self.size % self.readers == self.number


class Reading:
    """One 835 read with the text of each claim beside its value.

    ``problems`` are the reader's, of very many the first; ``more`` says how many were left out.

    Of several readers each makes the claims of its ``share``; all give the header and a trailer.
    """

    def __init__(self, transaction: Transaction, share: Share | None = None) -> None:
        self._transaction = transaction
        self._share = share
        self.batch = BATCH if share is None else share.size  # claims to be dealt with at a time
        self._claims: deque[tuple[list[str], str]] = deque()
        self._canonical = canonical(transaction.separators)
        self.problems: list[Problem] = []
        self.more = 0

    def parts(self) -> Iterator[RemittanceHeader | Kept | RemittanceTrailer]:
        """The header, the claims, the trailer."""
        separators = self._transaction.separators
        own = None
        if self._share is not None:
            own = _Own(self._transaction, self._share, self._finish).segments()
        for part in read_835(cast("Transaction", self), own):  # all that it asks for is here
            if isinstance(part, ClaimPayment):
                texts, mark = self._claims.popleft()
                yield Kept(bounded(part), texts, mark, separators)
            elif isinstance(part, RemittanceHeader):
                if self._share is not None and self._share.number:
                    self.problems.clear()  # the first reader tells those of the header
                yield bounded_header(part)
            else:
                yield self._bounded_trailer(part)

    def _bounded_trailer(self, trailer: RemittanceTrailer) -> RemittanceTrailer:
        """The trailer without provider adjustments beyond any sense, which are told."""
        kept = tuple(p for p in trailer.provider_adjustments if abs(p.amount) < LARGEST)
        if len(kept) < len(trailer.provider_adjustments):
            words = "A provider adjustment has more than 15 digits and was left out."
            self.tell("remit.amount", words, "IK403:5", loop="PLB")
        return evolve(trailer, provider_adjustments=kept)

    def segments(self) -> Iterator[list[str]]:
        """The segments, split; claims are collected on the way."""
        element = self.separators.element
        claim: list[str] = []
        for text in self._transaction.texts():
            split = text.split(element)
            name = split[0]
            if name in _ENDS:
                if claim:
                    self._finish(claim)
                    claim = []
                if name == "CLP":
                    claim.append(text)
            elif claim:
                claim.append(text)
            yield split
        if claim:
            self._finish(claim)

    def _finish(self, claim: list[str]) -> None:
        text = "~".join(claim)
        if self._canonical is not None:
            text = text.translate(self._canonical)
        self._claims.append((claim, fingerprint(text)))

    @property
    def separators(self) -> Separators:
        """The file's."""
        return self._transaction.separators

    @property
    def control(self) -> str:
        """ST02."""
        return self._transaction.control

    @property
    def complete(self) -> bool:
        """Whether its SE is there and right, once all was read."""
        return self._transaction.complete

    def tell(self, code: str, words: str, standard: str = "", **more: Any) -> None:
        """Collect what the reader finds wrong."""
        level: Level = more.pop("level", "error")
        value = more.pop("value", "")
        where = self._transaction.place(**more)
        self.problems.append(
            Problem(
                code=code, message=words, level=level, where=where, standard=standard, value=value
            )
        )
        if len(self.problems) >= 2 * PROBLEMS_KEPT:
            self.problems, beyond = first_of(self.problems)
            self.more += beyond


def first_of(problems: Iterable[Problem]) -> tuple[list[Problem], int]:
    """Problems of a payment in its order, of very many the first; and how many were left out."""
    found = sorted(problems, key=lambda one: one.where.segment)
    return found[:PROBLEMS_KEPT], max(len(found) - PROBLEMS_KEPT, 0)


class _Own:
    """The segments of a transaction that one of several readers reads, with their places.

    A claim is ended by the number of its group (LX) once more where another reader's follows.
    """

    def __init__(
        self, transaction: Transaction, share: Share, finish: Callable[[list[str]], None]
    ) -> None:
        self._transaction = transaction
        self._share = share
        self._finish = finish  # takes the texts of each claim
        self._is_first = share.number == 0
        self._mark = transaction.separators.element
        self._claim: list[str] = []  # that is open
        self._claims = 0
        self._group = ["LX"]
        self._totals: list[Numbered] = []  # TS2, TS3 of the claim that follows
        self._reads = True

    def segments(self) -> Iterator[Numbered]:
        """Those of the header and of the share; the first reader's also hold all else."""
        mark = self._mark
        for position, text in enumerate(self._transaction.texts(), 1):
            if text[:4].partition(mark)[0] in _ENDS:
                yield from self._border(position, text)
            elif self._reads:
                if self._claim:
                    self._claim.append(text)
                yield position, text.split(mark)
        self._end()
        if self._is_first:
            yield from self._totals

    def _end(self) -> None:
        if self._claim:
            self._finish(self._claim)
            self._claim = []

    def _border(self, position: int, text: str) -> Iterator[Numbered]:
        """What ends a claim."""
        self._end()
        segment = text.split(self._mark)
        if segment[0] == "CLP":
            yield from self._begin(position, text, segment)
            return
        self._reads = self._is_first
        if segment[0] == "LX":
            self._group = segment[:2]
            yield position, segment
        elif segment[0] in ("TS2", "TS3"):
            yield position, self._group
            self._totals.append((position, segment))
        else:
            yield position, segment if self._reads else self._group

    def _begin(self, position: int, text: str, segment: list[str]) -> Iterator[Numbered]:
        self._reads = self._share.has(self._claims)
        self._claims += 1
        totals, self._totals = self._totals, []
        if self._reads:
            self._claim.append(text)
            yield from totals
            yield position, segment
        else:
            yield position, self._group


class HeaderReading:
    """The first segments of an 835 as the reader wants them, to look at its header alone."""

    def __init__(self, transaction: Transaction, segments: list[list[str]]) -> None:
        self.separators = transaction.separators
        self.control = transaction.control
        self.complete = True
        self._segments = segments

    def segments(self) -> Iterator[list[str]]:
        """The header's."""
        yield from self._segments

    def tell(self, code: str, words: str, standard: str = "", **more: Any) -> None:
        """Told when the transaction is read whole."""


class _Replay:
    """Kept segments as the reader wants them. Their problems were told when they came."""

    separators = _SEPARATORS
    control = ""
    complete = True

    def __init__(self, segments: Iterable[list[str]]) -> None:
        self._segments = segments

    def segments(self) -> Iterator[list[str]]:
        yield from self._segments

    def tell(self, code: str, words: str, standard: str = "", **more: Any) -> None:
        """Known already."""


def again(segments: str, position: int) -> ClaimPayment:
    """The claim payment whose segments were kept, at its place in its transaction."""
    replay = _Replay(json.loads(segments))
    parts = read_835(cast("Transaction", replay))
    found = bounded(next(part for part in parts if isinstance(part, ClaimPayment)))
    return moved(found, position - found.position)


def moved(payment: ClaimPayment, by: int) -> ClaimPayment:
    """The payment with its positions moved: they count from the ST of its transaction."""
    lines = tuple(evolve(line, position=line.position + by) for line in payment.lines)
    return evolve(payment, position=payment.position + by, lines=lines)
