"""The claim to the next payer: the claim as it was sent, and what the payers before decided of it.

Lines, charges, diagnoses and clinicians stay as they were sent; subscriber, patient and payer are
those of the further coverage; each payer before stands in loops 2320 and 2330 with its decision of
each line in 2430 (TR3 005010X222A1, coordination of benefits).
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final

from attrs import evolve, field, frozen

from edi import claim as x
from mapping import member_ids, parties
from mapping.codes import CODES, DISCIPLINE_MODIFIERS
from mapping.modifiers import added
from mapping.policy import Policy
from mapping.practice_values import Payer
from mapping.visit import Coverage, Subscriber

TURNS: Final = ("P", "S", "T")  # SBR01
# Numbers one payer gave for the claim: the next one has its own, and may see the first's.
_OF_PAYER: Final = frozenset({"G1", "9F"})  # authorization, referral: 2330B REF
_MEDICARE: Final = frozenset({"MA", "MB"})  # SBR09
_LEFT_OUT: Final = frozenset({"F8", "D9", *_OF_PAYER})


@frozen(kw_only=True)
class Prior:
    """What a payer before decided. ``lines`` by line number; their ``payer`` is filled in here.

    Without lines the payer told nothing of them: its decision is the claim's.
    """

    paid: Decimal
    number: str = field(repr=False)  # its claim number, empty where it gave none
    remarks: tuple[str, ...] = ()  # of the claim (MOA), at most five are told
    adjustments: tuple[x.Adjustment, ...] = ()  # of the claim, not of its lines
    patient_owes: Decimal | None = None  # of the claim, where lines do not tell it
    date: dt.date | None = None  # of the decision
    lines: Mapping[int, x.LineAdjudication]


@frozen(kw_only=True)
class Holder:
    """A payer of the practice file with the patient's coverage there."""

    payer: Payer
    coverage: Coverage = field(repr=False)


def faults(holder: Holder) -> tuple[str, ...]:
    """What the coverage lacks for a claim, each in a few words without patient data."""
    coverage = holder.coverage
    found = []
    if not coverage.member_id:
        found.append("the coverage has no member id")
    if coverage.relationship != "self" and coverage.subscriber is None:
        found.append("the patient is not the subscriber, and the coverage names no subscriber")
    return tuple(found)


def normal(member_id: str) -> str:
    """A member id as it is compared: letters and digits, in upper case."""
    return "".join(filter(str.isalnum, member_id)).upper()


def not_apart(first: tuple[str, str], holders: Sequence[Holder]) -> str:
    """Why the claim to the last holder cannot tell the coverages apart; empty where it can.

    Args:
        first: payer id and member id of the claim to the first payer.
        holders: the further coverages, second payer first.
    """
    ids = [first[0], *(one.payer.id for one in holders)]
    members = [normal(first[1]), *(normal(one.coverage.member_id) for one in holders)]
    if (ids[-1], members[-1]) in zip(ids[:-1], members[:-1], strict=True):
        return "payer and member id are those of a coverage before it: give its own member id"
    before = ids[:-1]
    if len(set(before)) < len(before):
        return (
            "both payers before it have one id, so a line could not say which of them decided: "
            "bill it by portal or on paper"
        )
    return ""


def with_further(
    claim: x.Claim, coverages: Sequence[Coverage], payers: Mapping[str, Payer]
) -> x.Claim:
    """A claim to the first payer that names those who may pay after it (loops 2320 and 2330).

    One whose payer or member id is not known, or that is named already, is left out; a claim with
    one coverage stays as it is. Two coverages with one payer differ by their member ids.
    """
    person, known = _patient(claim), {(claim.payer.id, normal(claim.subscriber.party.id))}
    found = []
    for rank, coverage in zip(TURNS[1:], coverages, strict=False):
        payer = payers.get(coverage.payer)
        if payer is None or (payer.id, normal(coverage.member_id)) in known:
            continue
        holder = Holder(payer=payer, coverage=coverage)
        if not faults(holder):
            known.add((payer.id, normal(coverage.member_id)))
            found.append(_further(person, holder, None, rank=rank))
    return evolve(claim, others=tuple(found)) if found else claim


def next_claim(
    sent: x.Claim,
    priors: Sequence[Prior],
    holders: Sequence[Holder],
    *,
    policy: Policy | None = None,
    discipline: str = "",
) -> x.Claim:
    """The claim to the last of the holders, its control numbers empty.

    Units and charges stay: they are what the payers before decided. A discipline modifier that the
    next payer wants and the first did not is put in.

    Args:
        sent: the claim to the first payer, as it was sent.
        priors: what the payers before decided, first payer first.
        holders: the further coverages, second payer first; one for each of ``priors``.
        policy: of the last holder on the day of service.
        discipline: of the plan of care (PT, OT, SLP); empty where it is not known.
    """
    assert len(holders) == len(priors), "each payer before the last has decided"
    person = _patient(sent)
    own = holders[-1]
    shape = "" if policy is None else policy.member_id_shape
    others = [_first(sent, priors[0])]
    for n, (holder, prior) in enumerate(zip(holders, priors[1:], strict=False), 1):
        others.append(_further(person, holder, prior, rank=TURNS[n]))
    return evolve(
        sent,
        control="",
        frequency=x.FREQUENCY_ORIGINAL,
        subscriber=_subscriber(person, own, rank=TURNS[len(holders)], shape=shape),
        patient=_dependent(person, own.coverage),
        payer=parties.payer(own.payer),
        references=tuple(r for r in sent.references if r.qualifier not in _LEFT_OUT),
        property_casualty_claim=own.coverage.claim_number,
        others=tuple(others),
        lines=tuple(
            _wanted(_line(line, others, priors), policy, discipline) for line in sent.lines
        ),
        kept=(),
    )


def _wanted(line: x.ServiceLine, policy: Policy | None, discipline: str) -> x.ServiceLine:
    """The line with GP, GO or GN where the payer wants it."""
    modifier = DISCIPLINE_MODIFIERS.get(discipline, "")
    if policy is None or not modifier:
        return line
    code, wanted = line.procedure, policy.discipline_modifier
    if wanted != "always" and not (wanted == "therapy codes" and code.code in CODES):
        return line
    names = added(code.modifiers, modifier, policy.modifier_order)
    return evolve(line, procedure=evolve(code, modifiers=names))


@frozen(kw_only=True)
class _Person:
    """The patient as the first claim has them."""

    party: x.Party = field(repr=False)
    birth_date: dt.date | None = field(repr=False)
    gender: str = field(repr=False)


def _patient(sent: x.Claim) -> _Person:
    who = sent.patient or sent.subscriber
    return _Person(party=who.party, birth_date=who.birth_date, gender=who.gender)


def _subscriber(person: _Person, holder: Holder, *, rank: str, shape: str = "") -> x.Subscriber:
    """2000B and 2010BA of a further coverage."""
    coverage = holder.coverage
    member_id = member_ids.sent(coverage.member_id, holder.payer.member_id_pattern or shape)
    filing = coverage.filing_indicator or holder.payer.filing_indicator
    made = x.Subscriber(
        payer_rank=rank,
        relationship="18" if coverage.relationship == "self" else "",
        group_number=coverage.group_number,
        # SBR04 only where there is no group number (situational rule of SBR04).
        group_name="" if coverage.group_number else coverage.group_name,
        # SBR05 only where Medicare is not the first payer (situational rule of SBR05).
        insurance_type=coverage.insurance_type if filing in _MEDICARE else "",
        filing_indicator=filing,
        party=evolve(
            person.party,
            role="IL",
            id_qualifier="MI",
            id=member_id,
            references=(),
        ),
        birth_date=person.birth_date,
        gender=person.gender,
    )
    if coverage.relationship == "self" or coverage.subscriber is None:
        return made
    insured = coverage.subscriber
    return evolve(
        made,
        party=_insured(insured, member_id),
        birth_date=insured.birth_date,
        gender=(insured.gender or "U") if insured.birth_date is not None else "",
    )


def _insured(given: Subscriber, member_id: str) -> x.Party:
    lives = given.address.line1 and given.address.city
    return x.Party(
        role="IL",
        is_person=bool(given.first_name),
        name=given.last_name,
        first=given.first_name,
        middle=given.middle_name,
        suffix=given.suffix,
        id_qualifier="MI",
        id=member_id,
        address=parties.address(given.address) if lives else None,
    )


def _dependent(person: _Person, coverage: Coverage) -> x.Patient | None:
    """2000C and 2010CA, where the patient is not the subscriber of the further coverage."""
    if coverage.relationship == "self":
        return None
    return x.Patient(
        relationship=parties.RELATIONSHIPS[coverage.relationship],
        party=evolve(person.party, role="QC", id_qualifier="", id="", references=()),
        birth_date=person.birth_date,
        gender=person.gender or "U",
    )


def _first(sent: x.Claim, prior: Prior) -> x.OtherPayer:
    """The first payer, as the claim to it named it."""
    relationship = sent.patient.relationship if sent.patient else sent.subscriber.relationship
    numbers = tuple(r for r in sent.references if r.qualifier in _OF_PAYER)
    return _other(
        evolve(
            sent.subscriber,
            relationship=relationship,
            party=evolve(sent.subscriber.party, references=()),
            birth_date=None,
            gender="",
        ),
        evolve(sent.payer, references=numbers, contacts=()),
        prior,
    )


def _further(person: _Person, holder: Holder, prior: Prior | None, *, rank: str) -> x.OtherPayer:
    """A further payer, with what it has decided where it has."""
    relationship = parties.RELATIONSHIPS[holder.coverage.relationship]
    insured = _subscriber(person, holder, rank=rank)
    return _other(
        evolve(insured, relationship=relationship, birth_date=None, gender=""),
        parties.payer(holder.payer),
        prior,
    )


def _other(subscriber: x.Subscriber, payer: x.Party, prior: Prior | None) -> x.OtherPayer:
    """Loops 2320 and 2330.

    What is left to the patient stands with the lines (2430 AMT*EAF), or with the claim where part
    of it was said of the claim (2320 AMT*EAF): never in both (RFI 1391, 1517). The day stands with
    the lines, too, and in 2330B where no line is told. AMT*A8 is for a payer that was not billed,
    because the next one wants no decision of it (RFI 1353): none of these.
    """
    if prior is None:
        return x.OtherPayer(subscriber=subscriber, payer=payer)
    number = (x.Reference(qualifier="F8", value=prior.number),) if prior.number else ()
    return x.OtherPayer(
        subscriber=subscriber,
        payer=evolve(payer, references=(*payer.references, *number)),
        adjustments=prior.adjustments,
        paid=prior.paid,
        patient_owes=prior.patient_owes,
        date=None if prior.lines else prior.date,
        outpatient=("MOA", "", "", *prior.remarks[:5]) if prior.remarks else (),
    )


def _line(
    line: x.ServiceLine, others: Sequence[x.OtherPayer], priors: Sequence[Prior]
) -> x.ServiceLine:
    decided = tuple(
        evolve(prior.lines[line.number], payer=other.payer.id)
        for other, prior in zip(others, priors, strict=True)
        if prior.lines
    )
    references = tuple(r for r in line.references if r.qualifier not in _OF_PAYER)
    return evolve(line, control="", references=references, adjudications=decided, kept=())
