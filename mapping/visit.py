"""A coded therapy visit: what a practice knows of one patient's session, before it is a claim.

All values are immutable. An empty string, an empty tuple or ``None`` means "not given". Money is
``Decimal`` dollars. Patient fields never appear in a repr. The words beside each field are the
words of ``docs/visits.md`` and of the JSON Schema.
"""

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from attrs import field

from mapping.fields import doc

if TYPE_CHECKING:  # frozen to the reader and to mypy; cheap to make by the million at run time
    from attrs import frozen as value
else:
    from attrs import define as value

Discipline = Literal["PT", "OT", "SLP"]
Who = Literal["therapist", "assistant", "both"]
Gender = Literal["", "F", "M", "U"]
Relationship = Literal["self", "spouse", "child", "employee", "life partner", "unknown", "other"]


@value(kw_only=True)
class Address:
    """A street address in the United States."""

    line1: str = field(default="", repr=False, metadata=doc("street and number"))
    line2: str = field(default="", repr=False, metadata=doc("suite, apartment"))
    city: str = field(default="", repr=False, metadata=doc("city"))
    state: str = field(default="", repr=False, metadata=doc("two letters", "state"))
    zip: str = field(default="", repr=False, metadata=doc("ZIP, 5 or 9 digits", "zip"))


@value(kw_only=True)
class Patient:
    """Who was treated."""

    id: str = field(repr=False, metadata=doc("the practice's own number of the patient", "id"))
    last_name: str = field(repr=False, metadata=doc("last name"))
    first_name: str = field(repr=False, metadata=doc("first name"))
    middle_name: str = field(default="", repr=False, metadata=doc("middle name or initial"))
    suffix: str = field(default="", repr=False, metadata=doc("JR, SR, III"))
    birth_date: dt.date = field(repr=False, metadata=doc("date of birth"))
    gender: Gender = field(default="", repr=False, metadata=doc("F, M or U (unknown)"))
    address: Address = field(default=Address(), repr=False, metadata=doc("where the patient lives"))


@value(kw_only=True)
class Subscriber:
    """Who holds a coverage, where that is not the patient."""

    last_name: str = field(repr=False, metadata=doc("last name, or an employer's name"))
    first_name: str = field(default="", repr=False, metadata=doc("first name, empty for a firm"))
    middle_name: str = field(default="", repr=False, metadata=doc("middle name or initial"))
    suffix: str = field(default="", repr=False, metadata=doc("JR, SR, III"))
    birth_date: dt.date | None = field(default=None, repr=False, metadata=doc("date of birth"))
    gender: Gender = field(default="", repr=False, metadata=doc("F, M or U (unknown)"))
    address: Address = field(default=Address(), repr=False, metadata=doc("the holder's address"))


@value(kw_only=True)
class Coverage:
    """One coverage of the patient. The first in the list is billed first."""

    payer: str = field(metadata=doc("key of the payer in the practice file"))
    member_id: str = field(repr=False, metadata=doc("member number as on the card", "id"))
    relationship: Relationship = field(
        default="self",
        metadata=doc("the patient is the subscriber's ...; `self` where they are the same person"),
    )
    subscriber: Subscriber | None = field(
        default=None, repr=False, metadata=doc("who holds the coverage, when not the patient")
    )
    group_number: str = field(default="", repr=False, metadata=doc("group or policy number", "id"))
    group_name: str = field(default="", repr=False, metadata=doc("group or plan name"))
    filing_indicator: str = field(
        default="", metadata=doc("SBR09 where it differs from the payer's in the practice file")
    )
    insurance_type: str = field(
        default="", metadata=doc("SBR05: why Medicare is secondary (12 13 14 15 16 41 42 43 47)")
    )
    crossover: bool | None = field(
        default=None, metadata=doc("the payer before this one forwards its claims here")
    )
    qmb: bool = field(default=False, metadata=doc("Qualified Medicare Beneficiary: owes nothing"))
    effective_from: dt.date | None = field(
        default=None, repr=False, metadata=doc("first day of the coverage")
    )
    effective_until: dt.date | None = field(
        default=None, repr=False, metadata=doc("last day of the coverage")
    )
    claim_number: str = field(
        default="",
        repr=False,
        metadata=doc("workers' compensation or auto claim number (REF Y4)", "id"),
    )


@value(kw_only=True)
class Referring:
    """Who referred, ordered or certified the plan of care: by key, or by NPI and name."""

    key: str = field(default="", metadata=doc("key of the person in the practice file"))
    npi: str = field(default="", metadata=doc("NPI, where no key is given", "npi"))
    last_name: str = field(default="", metadata=doc("last name, where no key is given"))
    first_name: str = field(default="", metadata=doc("first name, where no key is given"))
    qualifier: Literal["DN", "DK", "P3"] = field(
        default="DN",
        metadata=doc(
            "DN referring (Medicare: who certifies the plan of care), "
            "DK ordering (sent on the lines), P3 primary care"
        ),
    )


@value(kw_only=True)
class Accident:
    """An accident the treatment is due to."""

    date: dt.date = field(repr=False, metadata=doc("day of the accident or injury"))
    kind: Literal["auto", "employment", "other"] = field(metadata=doc("auto, employment or other"))
    state: str = field(default="", metadata=doc("state of an auto accident", "state"))


@value(kw_only=True)
class PlanOfCare:
    """The plan the treatment is furnished under."""

    evaluated: dt.date | None = field(
        default=None, metadata=doc("day of the evaluation the plan follows")
    )
    order_signed: dt.date | None = field(
        default=None, metadata=doc("day the order or referral in the record was signed")
    )
    sent: dt.date | None = field(
        default=None, metadata=doc("day the plan was sent to the referrer")
    )
    certified: dt.date | None = field(
        default=None, metadata=doc("day the plan was signed by the certifying clinician")
    )
    certified_from: dt.date | None = field(
        default=None,
        metadata=doc("first day of the certification period; empty: the first treatment"),
    )
    certified_through: dt.date | None = field(
        default=None, metadata=doc("last day of the certification period")
    )
    recertified: bool = field(
        default=False, metadata=doc("the certification is a later one, not the initial one")
    )
    last_progress_report: dt.date | None = field(
        default=None, metadata=doc("day of the last progress report")
    )
    progress_report_by: str = field(
        default="", metadata=doc("key of the clinician who wrote the last progress report")
    )
    visit_number: int | None = field(
        default=None, metadata=doc("number of this visit since the last progress report", "count")
    )


@value(kw_only=True)
class Authorization:
    """A number the payer gave for these services."""

    number: str = field(repr=False, metadata=doc("the number the payer gave", "id"))
    kind: Literal["prior authorization", "referral"] = field(
        default="prior authorization", metadata=doc("sent as REF G1, or a referral as REF 9F")
    )
    payer: str = field(default="", metadata=doc("key of the payer; empty: the first coverage"))
    codes: tuple[str, ...] = field(default=(), metadata=doc("codes it covers; empty: all", "hcpcs"))
    discipline: Literal["", "PT", "OT", "SLP"] = field(
        default="", metadata=doc("discipline it covers; empty: all")
    )
    valid_from: dt.date | None = field(default=None, metadata=doc("first day it covers"))
    valid_until: dt.date | None = field(default=None, metadata=doc("last day it covers"))
    visits_approved: int | None = field(default=None, metadata=doc("visits approved", "count"))
    visits_used: int | None = field(
        default=None, metadata=doc("visits used before this one", "count")
    )
    units_approved: int | None = field(default=None, metadata=doc("units approved", "count"))
    units_used: int | None = field(
        default=None, metadata=doc("units used before this visit", "count")
    )


@value(kw_only=True)
class Abn:
    """An Advance Beneficiary Notice given to the patient."""

    signed: dt.date = field(metadata=doc("day the patient signed"))
    kind: Literal["required", "voluntary"] = field(
        default="required", metadata=doc("required (GA) or voluntary (GX)")
    )
    codes: tuple[str, ...] = field(
        default=(), metadata=doc("codes the notice names; empty: all", "hcpcs")
    )


@value(kw_only=True)
class Kx:
    """The therapist's statement that the record supports treatment above the threshold."""

    supported_by: str = field(metadata=doc("key of the clinician who says so"))
    date: dt.date = field(metadata=doc("day of the statement"))


@value(kw_only=True)
class Block:
    """A span of one-on-one time. ``end`` is after ``start``, on the same day."""

    start: dt.time = field(metadata=doc("24-hour clock, 09:00"))
    end: dt.time = field(metadata=doc("24-hour clock, 09:15"))
    who: Who = field(
        default="therapist",
        metadata=doc("therapist, assistant, or both at once (counts as the therapist's)"),
    )


@value(kw_only=True)
class Procedure:
    """One coded service of the visit."""

    code: str = field(metadata=doc("CPT or HCPCS code", "hcpcs"))
    therapist_minutes: int = field(
        default=0,
        metadata=doc("one-on-one minutes of the therapist, joint minutes included", "minutes"),
    )
    assistant_minutes: int = field(
        default=0,
        metadata=doc("minutes of the assistant alone; the total is the sum of the two", "minutes"),
    )
    blocks: tuple[Block, ...] = field(
        default=(), metadata=doc("start and end times; where given, minutes equal their sum")
    )
    separate_block: bool = field(
        default=False,
        metadata=doc("the clinician attests a time block apart from the visit's other codes"),
    )
    modifiers: tuple[str, ...] = field(
        default=(), metadata=doc("modifiers you want kept, at most 4", "modifier", most=4)
    )
    units: int | None = field(
        default=None, metadata=doc("units of an untimed code, or your own count", "units")
    )
    charge: Decimal | None = field(
        default=None,
        metadata=doc(
            "charge of ONE unit, in dollars, where it differs from the fee schedule", "money"
        ),
    )
    diagnosis_pointers: tuple[int, ...] = field(
        default=(), metadata=doc("positions in diagnoses, from 1, at most 4", "pointer", most=4)
    )
    note: str = field(default="", repr=False, metadata=doc("note to the payer on the line (NTE)"))
    goal: str = field(
        default="",
        repr=False,
        metadata=doc("functional goal the service works on; looked at, never sent"),
    )
    activity: str = field(
        default="", repr=False, metadata=doc("what was done, in words; looked at, never sent")
    )


@value(kw_only=True)
class Visit:
    """One session of one patient in one discipline on one day."""

    visit_id: str = field(metadata=doc("your number of the visit, unique", "id"))
    session: str = field(default="", metadata=doc("which session of the day, where several"))
    date: dt.date = field(repr=False, metadata=doc("day of service"))
    place_of_service: str = field(
        default="", metadata=doc("place of service where it differs from the location's", "pos")
    )
    location: str = field(metadata=doc("key of the location in the practice file"))
    patient: Patient = field(repr=False, metadata=doc("who was treated"))
    coverages: tuple[Coverage, ...] = field(
        repr=False, metadata=doc("coverages in the order they are billed, at least one")
    )
    discipline: Discipline = field(metadata=doc("discipline of the plan of care: PT, OT or SLP"))
    treating_clinician: str = field(metadata=doc("key of the therapist who treated or supervised"))
    billing_clinician: str = field(
        default="", metadata=doc("key of the clinician to bill under; empty: who treated")
    )
    assistant: str = field(default="", metadata=doc("key of the assistant who took part"))
    referring: Referring | None = field(
        default=None, metadata=doc("who referred or certifies the plan of care")
    )
    diagnoses: tuple[str, ...] = field(
        repr=False, metadata=doc("ICD-10-CM codes, the first is the principal", "icd10")
    )
    onset_date: dt.date | None = field(
        default=None, repr=False, metadata=doc("onset of the current illness (DTP 431)")
    )
    first_treatment_date: dt.date | None = field(
        default=None, repr=False, metadata=doc("first treatment of the episode (DTP 454)")
    )
    last_seen_date: dt.date | None = field(
        default=None, repr=False, metadata=doc("last seen by the physician (DTP 304)")
    )
    accident: Accident | None = field(
        default=None, repr=False, metadata=doc("the accident the treatment is due to")
    )
    plan_of_care: PlanOfCare | None = field(
        default=None, repr=False, metadata=doc("the plan of care and its dates")
    )
    authorizations: tuple[Authorization, ...] = field(
        default=(), repr=False, metadata=doc("authorization and referral numbers")
    )
    home_health: bool = field(
        default=False, metadata=doc("the patient is in a home health episode on the day")
    )
    snf_part_a: bool = field(
        default=False, metadata=doc("the patient is in a Part A skilled nursing stay on the day")
    )
    hospice: bool = field(default=False, metadata=doc("the patient has elected hospice on the day"))
    telehealth: Literal["", "video", "audio"] = field(
        default="", metadata=doc("video or audio, where the visit was not in person")
    )
    abn: Abn | None = field(default=None, metadata=doc("advance notice given to the patient"))
    kx: Kx | None = field(
        default=None, metadata=doc("statement that the record supports the KX modifier")
    )
    amount_collected: Decimal | None = field(
        default=None, metadata=doc("dollars the patient paid at the visit (AMT F5)", "money")
    )
    note: str = field(default="", repr=False, metadata=doc("note to the payer on the claim (NTE)"))
    note_signed: dt.date | None = field(
        default=None, metadata=doc("day the treatment note was signed")
    )
    procedures: tuple[Procedure, ...] = field(metadata=doc("what was done, at least one"))
