"""The practice's and the visit's people and places as parties of an 837P claim."""

from attrs import frozen

from edi import claim as x
from mapping import member_ids
from mapping import visit as v
from mapping.day import Day, Row, billed_under
from mapping.practice_values import Address, Entity, Location, Payer, Person

# PAT01 and SBR02 (X12 element 1069).
RELATIONSHIPS = {
    "self": "18",
    "spouse": "01",
    "child": "19",
    "employee": "20",
    "life partner": "53",
    "unknown": "21",
    "other": "G8",
}


def address(given: Address | v.Address) -> x.Address:
    """N3 and N4."""
    return x.Address(
        line1=given.line1,
        line2=given.line2,
        city=given.city,
        state=given.state,
        zip=given.zip,
    )


def billing(entity: Entity) -> x.Party:
    """2010AA, with the taxonomy of 2000A."""
    contacts: tuple[x.Contact, ...] = ()
    if entity.contact is not None:
        pairs = (("TE", entity.contact.phone), ("EM", entity.contact.email))
        numbers = tuple((kind, number) for kind, number in pairs if number)
        contacts = (x.Contact(name=entity.contact.name, numbers=numbers),) if numbers else ()
    return x.Party(
        role="85",
        is_person=False,
        name=entity.legal_name,
        id_qualifier="XX",
        id=entity.npi,
        address=address(entity.address),
        taxonomy=entity.taxonomy,
        references=(x.Reference(qualifier="EI", value=entity.ein),),
        contacts=contacts,
    )


def pay_to(entity: Entity) -> x.Party | None:
    """2010AB, where payment goes elsewhere."""
    if entity.pay_to is None:
        return None
    return x.Party(role="87", is_person=False, address=address(entity.pay_to))


def payer(given: Payer) -> x.Party:
    """2010BB."""
    return x.Party(
        role="PR",
        is_person=False,
        name=given.name,
        id_qualifier=given.id_qualifier,
        id=given.id,
        address=address(given.address) if given.address is not None else None,
    )


def facility(location: Location, entity: Entity) -> x.Party | None:
    """2310C, only where treatment was not at the billing provider's address."""
    if location.address is None or location.address == entity.address:
        return None
    return x.Party(
        role="77",
        is_person=False,
        name=location.name,
        id_qualifier="XX" if location.npi else "",
        id=location.npi,
        address=address(location.address),
    )


def clinician(person: Person, role: str) -> x.Party:
    """A person of the practice file: 82 rendering (with taxonomy), DN, DK, P3, DQ."""
    return x.Party(
        role=role,
        is_person=True,
        name=person.last_name,
        first=person.first_name,
        middle=person.middle_name,
        id_qualifier="XX" if person.npi else "",
        id=person.npi,
        taxonomy=person.taxonomy if role == "82" else "",
    )


@frozen(kw_only=True)
class Constant:
    """What all claims of one payer and location share; made once, used by the million."""

    billing: x.Party
    pay_to: x.Party | None
    payer: x.Party
    facility: x.Party | None
    entity: Entity
    receiver: str


def constant(day: Day, location: Location) -> Constant:
    """The parties of a payer's claims for a location."""
    entity = day.practice.entity_of(location)
    return Constant(
        billing=billing(entity),
        pay_to=pay_to(entity),
        payer=payer(day.payer),
        facility=facility(location, entity),
        entity=entity,
        receiver=day.practice.receiver_of(day.payer).key,
    )


def referring(given: v.Referring, person: Person | None) -> x.Party:
    """Who referred, in the role the visit says: DN, P3 (2310A) or DK (2420E)."""
    return clinician(person or _named(given), given.qualifier)


def _named(given: v.Referring) -> Person:
    return Person(
        key="",
        last_name=given.last_name,
        first_name=given.first_name,
        npi=given.npi,
        role="referring",
    )


def rendering(day: Day, row: Row, entity: Entity) -> x.Party | None:
    """2310B or 2420A: who treated; not sent where that is the billing provider itself."""
    person = day.person(row.rendering)
    if person is None or person.npi == entity.npi:
        return None
    return clinician(person, "82")


def supervising(day: Day) -> x.Party | None:
    """2310D: the therapist, where the claim is billed under an assistant."""
    for visit in day.visits:
        billed, treated = day.person(billed_under(visit)), day.person(visit.treating_clinician)
        if billed and treated and billed.role == "assistant" and treated.role == "therapist":
            return clinician(treated, "DQ")
    return None


def subscriber(day: Day) -> x.Subscriber:
    """2000B and 2010BA of the coverage billed, which is the first."""
    coverage, patient = day.coverage, day.visits[0].patient
    own = coverage.relationship == "self" or coverage.subscriber is None
    holder = patient if own or coverage.subscriber is None else coverage.subscriber
    lives = holder.address.line1 and holder.address.city
    return x.Subscriber(
        payer_rank="P",
        relationship="18" if own else "",
        group_number=coverage.group_number,
        # SBR04 only where there is no group number (situational rule of SBR04).
        group_name="" if coverage.group_number else coverage.group_name,
        filing_indicator=coverage.filing_indicator or day.payer.filing_indicator,
        party=x.Party(
            role="IL",
            is_person=bool(holder.first_name),
            name=holder.last_name,
            first=holder.first_name,
            middle=holder.middle_name,
            suffix=holder.suffix,
            id_qualifier="MI",
            id=member_ids.sent(
                coverage.member_id, day.payer.member_id_pattern or day.policy.member_id_shape
            ),
            address=address(holder.address) if lives else None,
        ),
        birth_date=holder.birth_date,
        gender=(holder.gender or "U") if holder.birth_date is not None else "",
    )


def patient(day: Day) -> x.Patient | None:
    """2000C and 2010CA, where the patient is not the subscriber."""
    given = day.visits[0].patient
    if day.coverage.relationship == "self":
        return None
    return x.Patient(
        relationship=RELATIONSHIPS[day.coverage.relationship],
        party=x.Party(
            role="QC",
            is_person=True,
            name=given.last_name,
            first=given.first_name,
            middle=given.middle_name,
            suffix=given.suffix,
            address=address(given.address),
        ),
        birth_date=given.birth_date,
        gender=given.gender or "U",
    )
