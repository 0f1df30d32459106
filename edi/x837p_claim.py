"""A claim's values to the texts of its segments, loop by loop, in the guide's order.

What a reader kept beside the values is put back where the guide has it.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from typing import Final, NamedTuple

from edi import guide
from edi import x837p_segments as segments
from edi.claim import (
    Address,
    Claim,
    Elements,
    Kept,
    Party,
    Reference,
    ServiceLine,
    Submission,
)
from edi.separators import Separators
from edi.shared_segments import Segment, flat, per, ref
from edi.writing import Element, clean, identifier, kept_writer, segment_writer
from edi.x837p_others import as_they_were, write_adjudications, write_others

BILLING: Final = ("2000A", "2010A")  # loops above a claim, by the start of their ids
SUBSCRIBER: Final = ("2000B", "2010B")
PATIENT: Final = ("2000C", "2010C")
ABOVE: Final = BILLING + SUBSCRIBER + PATIENT

# Elements of free text; all others are codes and numbers, in which nothing may be replaced.
_TEXTS: Final = frozenset(
    {"NM103", "NM104", "NM105", "NM107", "N301", "N302", "N401", "PER02"}
    | {"NTE02", "SBR04", "REF03", "SV101-7", "K301"}
)
_CONTACTS: Final = frozenset({"PER04", "PER06", "PER08"})


class Block(NamedTuple):
    """The segments of one occurrence of a loop; their texts where they are known already."""

    loop: str
    occurrence: int
    segments: Sequence[Segment]
    texts: Sequence[str] | None = None


class Parts(NamedTuple):
    """A claim as texts: what it hangs under, and itself from CLM to its last line."""

    control: str
    keys: tuple[object, object, object]  # same key, same billing, subscriber, patient level
    billing: tuple[str, ...]  # 2000A without HL
    subscriber: tuple[str, ...]  # 2000B without HL
    patient: tuple[str, ...]  # 2000C without HL; empty where the patient is the subscriber
    claim: list[str]


class Pen:
    """How segments are written in one file: separators, case, numbers. Parties are written once."""

    def __init__(self, separators: Separators, *, as_read: bool) -> None:
        self.separators = separators
        self.as_read = as_read
        self.number: segments.Number = segments.exact if as_read else segments.shortest
        self.write: Callable[..., str] = segment_writer(separators, None if as_read else tidy)
        self._kept = kept_writer(separators)
        self._parties: dict[tuple[int, str], tuple[Party, list[Segment], list[str]]] = {}
        self._billing: dict[tuple[int, int], tuple[Claim, tuple[str, ...]]] = {}

    def kept(self, segment: Elements) -> str:
        """The text of a segment that was kept as it was read."""
        return self._kept(segment if self.as_read else tuple(e.upper() for e in segment))

    def party(self, loop: str, party: Party, occurrence: int = 0, prv: str = "") -> Block:
        """The block of a party. Few parties stand in many claims: each is written once."""
        known = self._parties.get((id(party), prv))
        if known is None:
            absent = self.as_read and not (party.name or party.id or party.address)
            made = [] if absent else list(_party(party, prv))
            known = (party, made, [self.write(*segment) for segment in made])
            self._parties[id(party), prv] = known  # holds the party too, so its id stays its own
        return Block(loop, occurrence, known[1], known[2])

    def billing(self, claim: Claim) -> tuple[str, ...]:
        """Loop 2000A without its HL; few billing providers stand in many claims."""
        kept = _of(claim.kept, BILLING)
        key = (id(claim.billing), id(claim.pay_to))
        if kept or key not in self._billing:
            texts = tuple(self.render(_billing(self, claim), kept))
            if kept:
                return texts
            self._billing[key] = (claim, texts)  # holds the parties, so their ids stay their own
        return self._billing[key][1]

    def render(self, blocks: Iterable[Block], kept: Sequence[Kept] = ()) -> list[str]:
        """The texts of these blocks, with the kept segments among them."""
        if kept:
            return _merge(self, blocks, kept)
        texts: list[str] = []
        for block in blocks:
            if block.texts is None:
                texts += [self.write(*segment) for segment in block.segments]
            else:
                texts += block.texts
        return texts


def tidy(name: str, parts: Sequence[Element]) -> list[Element]:
    """Free text in the basic character set; codes and numbers in upper case."""
    cleaned: list[Element] = []
    for number, part in enumerate(parts, 1):
        ref = f"{name}{number:02d}"
        if isinstance(part, str):
            cleaned.append(_tidy(ref, part))
        else:
            cleaned.append(tuple(_tidy(f"{ref}-{n}", text) for n, text in enumerate(part, 1)))
    return cleaned


def _tidy(ref: str, text: str) -> str:
    if ref in _TEXTS:
        return clean(text, ref)
    return clean(text, ref, email=True) if ref in _CONTACTS else identifier(text, ref)


# --- loops -----------------------------------------------------------------------------------


def header(pen: Pen, submission: Submission) -> list[str]:
    """BHT, 1000A, 1000B."""
    blocks = (
        Block("ST_LOOP", 0, [segments.bht(submission)]),
        pen.party("1000A", submission.submitter),
        pen.party("1000B", submission.receiver),
    )
    return pen.render(blocks, submission.kept)


def parts(pen: Pen, claim: Claim) -> Parts:
    """All texts of a claim.

    Raises:
        WriteError: naming the element that cannot be written.
    """
    kept = claim.kept
    billing = pen.billing(claim)
    subscriber = tuple(pen.render(_subscriber(pen, claim), _of(kept, SUBSCRIBER)))
    patient = tuple(pen.render(_patient(claim), _of(kept, PATIENT)))
    keys: tuple[object, object, object] = (billing, subscriber, patient)
    if pen.as_read:  # levels stay as they were: claims of one level share its values
        keys = (id(claim.billing), id(claim.subscriber), id(claim.patient))
    own = [k for k in kept if not k.loop.startswith(ABOVE)]
    others: Iterable[Block] = (Block(*one) for one in write_others(claim.others, pen.number))
    exact = as_they_were(own, claim) if own else None
    if exact is not None:
        own, others = exact, ()
    body = pen.render((*_claim(pen, claim), *others), own)
    for line in claim.lines:
        body += _line_texts(pen, line)
    return Parts(claim.control, keys, billing, subscriber, patient, body)


def _of(kept: Sequence[Kept], loops: tuple[str, ...]) -> list[Kept]:
    return [k for k in kept if k.loop.startswith(loops)] if kept else []


def _billing(pen: Pen, claim: Claim) -> Iterator[Block]:
    if claim.billing.taxonomy:
        yield Block("2000A", 0, [segments.prv("BI", claim.billing.taxonomy)])
    yield pen.party("2010AA", claim.billing)
    if claim.pay_to:
        yield pen.party("2010AB", claim.pay_to)


def _subscriber(pen: Pen, claim: Claim) -> Iterator[Block]:
    subscriber = claim.subscriber
    yield Block("2000B", 0, [segments.sbr(subscriber)])
    person = _person(subscriber.party, segments.dmg(subscriber.birth_date, subscriber.gender))
    yield Block("2010BA", 0, [*person, *_y4(claim if claim.patient is None else None)])
    yield pen.party("2010BB", claim.payer)


def _patient(claim: Claim) -> Iterator[Block]:
    patient = claim.patient
    if patient is not None:
        yield Block("2000C", 0, [segments.pat(patient)])
        person = _person(patient.party, segments.dmg(patient.birth_date, patient.gender))
        yield Block("2010CA", 0, [*person, *_y4(claim)])


def _y4(claim: Claim | None) -> list[Segment]:
    """REF*Y4 stands with who was hurt: 2010BA or 2010CA."""
    if claim is None or not claim.property_casualty_claim:
        return []
    return [ref(Reference(qualifier="Y4", value=claim.property_casualty_claim))]


def _claim(pen: Pen, claim: Claim) -> Iterator[Block]:
    yield Block("2300", 0, list(_claim_segments(pen, claim)))
    for number, party in enumerate(claim.referring):
        yield pen.party("2310A", party, number)
    if claim.rendering:
        yield pen.party("2310B", claim.rendering, prv="PE")
    if claim.facility and (pen.as_read or not _is_billing_place(claim.facility, claim.billing)):
        yield pen.party("2310C", claim.facility)
    if claim.supervising:
        yield pen.party("2310D", claim.supervising)


def _claim_segments(pen: Pen, claim: Claim) -> Iterator[Segment]:
    yield segments.clm(claim, pen.number)
    for dated in claim.dates:
        yield segments.dtp(dated.qualifier, dated.date, dated.until)
    if claim.amount_paid_by_patient is not None:
        yield segments.amt(claim.amount_paid_by_patient, pen.number)
    for reference in claim.references:
        yield ref(reference)
    if claim.note:
        yield segments.nte(claim.note_code, claim.note)
    if claim.diagnoses:
        yield segments.hi(claim.diagnoses)


def _line_texts(pen: Pen, line: ServiceLine) -> list[str]:
    """Loop 2400 with what hangs under it."""
    kept: Sequence[Kept] = line.kept
    decided: Iterable[Block] = ()
    if line.adjudications:
        exact = as_they_were(kept, line) if kept else None
        kept = kept if exact is None else exact
        if exact is None:
            decided = (Block(*one) for one in write_adjudications(line.adjudications, pen.number))
    return pen.render((*_line(pen, line), *decided), kept)


def _line(pen: Pen, line: ServiceLine) -> Iterator[Block]:
    yield Block("2400", 0, list(_line_segments(pen, line)))
    if line.rendering:
        yield pen.party("2420A", line.rendering, prv="PE")
    if line.supervising:
        yield pen.party("2420D", line.supervising)
    if line.ordering:
        yield pen.party("2420E", line.ordering)
    for number, party in enumerate(line.referring):
        yield pen.party("2420F", party, number)


def _line_segments(pen: Pen, line: ServiceLine) -> Iterator[Segment]:
    if line.number:  # none where a file that was read has no LX
        yield ("LX", str(line.number))
    yield segments.sv1(line, pen.number)
    if line.date:
        yield segments.dtp("472", line.date, line.until or line.date)
    for dated in line.dates:
        yield segments.dtp(dated.qualifier, dated.date, dated.until)
    if line.control:
        yield ("REF", "6R", line.control)
    for reference in line.references:
        yield ref(reference)
    if line.note:
        yield segments.nte("", line.note)


def _party(party: Party, prv: str) -> Iterator[Segment]:
    """NM1 and what follows it. The billing provider's PRV stands in 2000A instead."""
    yield segments.nm1(party)
    if prv and party.taxonomy:
        yield segments.prv(prv, party.taxonomy)
    if party.address:
        yield from _address(party.address)
    for reference in party.references:
        yield ref(reference)
    for contact in party.contacts:
        yield per(contact)


def _person(party: Party, demographics: Segment) -> list[Segment]:
    """A party with its DMG, which stands after N4."""
    made = list(_party(party, ""))
    if any(demographics[1:]):
        after = 1 + sum(segment[0] in ("N3", "N4") for segment in made)
        made.insert(after, demographics)
    return made


def _address(address: Address) -> Iterator[Segment]:
    if address.line1 or address.line2:
        yield segments.n3(address.line1, address.line2)
    place = segments.n4(address.city, address.state, address.zip, address.country)
    if any(place[1:]):
        yield place


def _is_billing_place(facility: Party, billing: Party) -> bool:
    """Whether 2310C would repeat the billing provider: TR3 wants it only for another location."""
    same_id = not facility.id or facility.id == billing.id
    return facility.address is not None and facility.address == billing.address and same_id


# --- kept segments ---------------------------------------------------------------------------


@cache
def _ranks() -> dict[str, int]:
    """Loops of the guide in their order from ST to SE."""
    found: dict[str, int] = {}

    def walk(loop: guide.Loop) -> None:
        found.setdefault(loop.id, len(found))
        for child in loop.children:
            if isinstance(child, guide.Loop):
                walk(child)

    walk(guide.load("837P").root)
    return found


def _rank(loop: str) -> int:
    """Where a loop stands. Loops below 2320 stay with it; one the guide lacks follows its kin."""
    ranks = _ranks()
    if loop.startswith("2330"):
        return ranks["2320"]
    if loop in ranks:
        return ranks[loop]
    kin = [rank for known, rank in ranks.items() if known[:4] == loop[:4]]
    return max(kin, default=len(ranks))


def _merge(pen: Pen, blocks: Iterable[Block], kept: Sequence[Kept]) -> list[str]:
    """Blocks with the kept segments of their loop in them, whole kept loops between."""
    waiting: dict[tuple[str, int], list[Kept]] = {}
    for one in kept:
        waiting.setdefault((one.loop, one.occurrence), []).append(one)
    ranked: list[tuple[int, list[str]]] = []
    for block in blocks:
        own = waiting.pop((block.loop, block.occurrence), [])
        ranked.append((_rank(block.loop), _weave(pen, block, own)))
    ranked += [
        (_rank(one.loop), [pen.kept(one.segment)])
        for one in kept
        if (one.loop, one.occurrence) in waiting and not one.restates
    ]
    ranked.sort(key=lambda pair: pair[0])
    return [text for _, texts in ranked for text in texts]


def _weave(pen: Pen, block: Block, kept: Sequence[Kept]) -> list[str]:
    """The texts of one block: exact forms in place of what restates them, others in order."""
    plain = [flat(segment) for segment in block.segments]
    texts = [pen.write(*segment) for segment in block.segments]
    open_to = dict.fromkeys(range(len(plain)))
    for one in kept:
        if one.restates:
            again = segments.canonical(one.segment, pen.number)
            place = next((n for n in open_to if plain[n] == again), None)
            if place is not None:
                del open_to[place]
                texts[place] = pen.kept(one.segment)
    extra = [one.segment for one in kept if not one.restates]
    if not extra:
        return texts
    known = block.loop in _ranks()
    order = guide.load("837P").position if known else lambda *_: (0,)
    placed = [(order(block.loop, s), text) for s, text in zip(plain, texts, strict=True)]
    placed += [(order(block.loop, s), pen.kept(s)) for s in extra]
    placed.sort(key=lambda pair: pair[0])
    return [text for _, text in placed]
