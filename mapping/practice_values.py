"""What a practice file says: who bills, where, through whom, which payers want what, and charges.

Every value is immutable; look-ups by day (policy, charge) are remembered.
"""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Literal

from attrs import field, frozen

from edi.problem import Problem
from mapping.contracts import Contract, of_day
from mapping.enrollment import Enrollment
from mapping.fields import doc
from mapping.policy import ALWAYS, DatedPolicy, Family, Policy, Span
from mapping.policy_layers import Layer, Resolution, resolve, shipped_layers
from mapping.threshold_table import NO_TABLE, Table
from mapping.user_rules import NO_RULES, OwnRules

Role = Literal["therapist", "assistant", "referring"]


@frozen(kw_only=True)
class Address:
    """A street address in the United States."""

    line1: str = field(metadata=doc("street and number"))
    line2: str = field(default="", metadata=doc("suite"))
    city: str = field(metadata=doc("city"))
    state: str = field(metadata=doc("two letters", "state"))
    zip: str = field(metadata=doc("ZIP; of a billing provider or facility all 9 digits", "zip"))


@frozen(kw_only=True)
class Contact:
    """Whom the clearinghouse calls."""

    name: str = field(metadata=doc("name of a person or desk"))
    phone: str = field(default="", metadata=doc("10 digits", "phone"))
    email: str = field(default="", metadata=doc("address"))


@frozen(kw_only=True)
class MipsYear:
    """What Medicare's quality programme (MIPS) does to the payments of a year of service."""

    year: int = field(metadata=doc("year of service", "count"))
    way: Literal["bonus", "cut"] = field(metadata=doc("bonus or cut"))
    percent: Decimal = field(metadata=doc("percent of the payment, as CMS told", "money"))


@frozen(kw_only=True)
class Entity:
    """A billing provider: a legal person with its NPI and tax number."""

    key: str = field(metadata=doc("key of this table"))
    legal_name: str = field(metadata=doc("name as the tax office and payers know it"))
    npi: str = field(metadata=doc("group NPI", "npi"))
    ein: str = field(metadata=doc("tax number, 9 digits", "ein"))
    taxonomy: str = field(default="", metadata=doc("taxonomy code billed under", "taxonomy"))
    address: Address = field(metadata=doc("street address, no post office box"))
    pay_to: Address | None = field(default=None, metadata=doc("where payment goes, if elsewhere"))
    contact: Contact | None = field(default=None, metadata=doc("billing contact"))
    medicare_participating: bool = field(
        default=True,
        metadata=doc("participates in Medicare; if not, the fee schedule pays 95 percent"),
    )
    medicare_qualifying: bool = field(
        default=False,
        metadata=doc("qualifying APM participant (QP): a conversion factor of its own from 2026"),
    )
    medicare_mips: tuple[MipsYear, ...] = field(
        default=(), metadata=doc("adjustment of Medicare's payments by year of service")
    )

    def mips(self, year: int) -> Decimal:
        """Percent added to Medicare's payments of a year; negative where they are cut."""
        found = next((one for one in self.medicare_mips if one.year == year), None)
        if found is None:
            return Decimal(0)
        return found.percent if found.way == "bonus" else -found.percent


@frozen(kw_only=True)
class Location:
    """A place of treatment."""

    key: str = field(metadata=doc("key of this table"))
    name: str = field(metadata=doc("name of the place"))
    entity: str = field(
        default="", metadata=doc("key of the billing provider; may be left out if there is one")
    )
    place_of_service: str = field(metadata=doc("place of service: 11, 12, 31 ...", "pos"))
    address: Address | None = field(
        default=None, metadata=doc("its address, where it differs from the billing provider's")
    )
    npi: str = field(default="", metadata=doc("the place's own NPI, if it has one", "npi"))
    locality: str = field(
        default="",
        metadata=doc(
            "Medicare payment locality, MAC and number as in the GPCI file: 15202-00; empty: "
            "national amounts are expected"
        ),
    )


@frozen(kw_only=True)
class Submitter:
    """Who sends the files (loop 1000A)."""

    name: str = field(metadata=doc("name"))
    id: str = field(metadata=doc("number the receiver knows the sender by (1000A NM109)"))
    contact: Contact = field(metadata=doc("whom to call about a file; phone or email needed"))


@frozen(kw_only=True)
class Exchange:
    """The ids on the envelope of a file, as the receiver wants them."""

    sender_qualifier: str = field(default="ZZ", metadata=doc("ISA05"))
    sender: str = field(metadata=doc("ISA06"))
    receiver_qualifier: str = field(default="ZZ", metadata=doc("ISA07"))
    receiver: str = field(metadata=doc("ISA08"))
    group_sender: str = field(default="", metadata=doc("GS02; empty: as ISA06"))
    group_receiver: str = field(default="", metadata=doc("GS03; empty: as ISA08"))
    first_interchange_control: int = field(
        default=1,
        metadata=doc(
            "ISA13 to begin with; for a second ledger that sends under the same ids", "control"
        ),
    )
    profile: str = field(
        default="",
        metadata=doc("profile of night.toml that delivers the files; empty: a person sends them"),
    )


@frozen(kw_only=True)
class Receiver:
    """A clearinghouse or payer that takes the files (loop 1000B)."""

    key: str = field(metadata=doc("key of this table"))
    name: str = field(metadata=doc("name"))
    id: str = field(metadata=doc("1000B NM109"))
    test: Exchange | None = field(default=None, metadata=doc("envelope ids for test files"))
    production: Exchange | None = field(default=None, metadata=doc("envelope ids in earnest"))
    claims_per_transaction: int = field(
        default=20,
        metadata=doc(
            "claims per ST; a receiver rejects a whole ST for one bad claim, so keep it small",
            "units",
        ),
    )
    newline: bool = field(default=False, metadata=doc("a line feed after each segment"))


@frozen(kw_only=True)
class Person:
    """A clinician: one of ours, or one who refers to us."""

    key: str = field(metadata=doc("key of this table"))
    last_name: str = field(metadata=doc("last name"))
    first_name: str = field(metadata=doc("first name"))
    middle_name: str = field(default="", metadata=doc("middle name or initial"))
    npi: str = field(default="", metadata=doc("NPI; an assistant may have none", "npi"))
    taxonomy: str = field(default="", metadata=doc("taxonomy code", "taxonomy"))
    discipline: Literal["", "PT", "OT", "SLP"] = field(
        default="", metadata=doc("discipline of a therapist or assistant")
    )
    role: Role = field(default="therapist", metadata=doc("therapist, assistant or referring"))
    license_until: dt.date | None = field(
        default=None, metadata=doc("last day of the license to practice, where it is watched")
    )
    enrolled: tuple[Enrollment, ...] = field(
        default=(), metadata=doc("tables [[people.KEY.enrolled]] with payer, location and days")
    )


@frozen(kw_only=True)
class Payer:
    """Who pays: its ids on the wire and what it wants."""

    key: str = field(metadata=doc("key of this table"))
    name: str = field(metadata=doc("name (2010BB NM103)"))
    id: str = field(metadata=doc("payer id as the receiver knows it (2010BB NM109)"))
    id_qualifier: Literal["PI", "XV"] = field(default="PI", metadata=doc("NM108: PI or XV"))
    receiver: str = field(
        default="", metadata=doc("key of the receiver; may be left out if there is one")
    )
    filing_indicator: str = field(metadata=doc("SBR09: MB MC CI BL CH WC AM VA 16 ..."))
    family: Family = field(metadata=doc("whose defaults apply where the policy says nothing"))
    state: str = field(
        default="",
        metadata=doc("whose state rules apply: Medicaid, workers' compensation, auto", "state"),
    )
    address: Address | None = field(default=None, metadata=doc("where paper would go"))
    member_id_pattern: str = field(
        default="",
        metadata=doc(
            "shape of its member ids: mbi (Medicare), or a regular expression for the whole id",
            "pattern",
        ),
    )
    policies: tuple[DatedPolicy, ...] = field(
        default=(), metadata=doc("tables [[payers.KEY.policy]] with from and until")
    )
    group: str = field(default="", metadata=doc("the practice's own family it belongs to"))
    inherited: tuple[Layer, ...] = field(
        default=(), metadata=doc("the practice's tables [[families.NAME]] that hold for it")
    )

    @property
    def layers(self) -> tuple[Layer, ...]:
        """All tables that hold for the payer, the later over the earlier."""
        own = Layer(name=f"policy {self.key}", rows=self.policies)
        return (*shipped_layers(self.family, self.state), *self.inherited, own)


@frozen(kw_only=True)
class FeeSchedule:
    """Charges of ONE unit, for all payers or for some, within a span of days."""

    name: str = field(default="", metadata=doc("name of the schedule"))
    payers: tuple[str, ...] = field(default=(), metadata=doc("keys of payers; empty: all others"))
    span: Span = ALWAYS
    charges: Mapping[str, Decimal] = field(
        metadata=doc('code, or code-modifier, to dollars: `97530 = 75.00`, `"97530-CQ" = 60.00`')
    )


@frozen(kw_only=True)
class Practice:
    """All of a practice that a claim needs. Tables are by key."""

    file: str = ""  # where it was read from, for problems
    name: str
    time_zone: str = "America/New_York"
    claim_number_length: int = 17  # CLM01, 12 to 20: some payers keep only the first 17
    entities: Mapping[str, Entity]
    locations: Mapping[str, Location]
    submitter: Submitter
    receivers: Mapping[str, Receiver]
    people: Mapping[str, Person]
    payers: Mapping[str, Payer]
    fees: tuple[FeeSchedule, ...]
    contracts: tuple[Contract, ...] = ()
    thresholds: Table = NO_TABLE  # of years the shipped table does not know, or says otherwise
    own_rules: OwnRules = NO_RULES
    warnings: tuple[Problem, ...] = ()  # of the file: repairs, oddities
    _resolved: dict[tuple[str, dt.date], Resolution] = field(
        factory=dict, init=False, repr=False, eq=False
    )
    _charges: dict[tuple[str, str, tuple[str, ...], dt.date], tuple[Decimal, str] | None] = field(
        factory=dict, init=False, repr=False, eq=False
    )

    remembered: dict[Any, Any] = field(factory=dict, init=False, repr=False, eq=False)
    """What other modules worked out from the practice alone, by keys of their own."""

    def resolve(self, payer: str, day: dt.date) -> Resolution:
        """What the payer of that key wants on the day, with the origin of each value."""
        found = self._resolved.get((payer, day))
        if found is None:
            known = self.payers[payer]
            found = self._resolved[payer, day] = resolve(known.layers, day, known.state)
        return found

    def policy(self, payer: str, day: dt.date) -> Policy:
        """What the payer of that key wants on the day."""
        return self.resolve(payer, day).policy

    def charge(
        self, payer: str, code: str, modifiers: tuple[str, ...], day: dt.date
    ) -> tuple[Decimal, str] | None:
        """The charge of one unit and the schedule it stands in; ``None`` where there is none."""
        key = (payer, code, modifiers, day)
        try:
            return self._charges[key]
        except KeyError:
            found = self._charges[key] = _charge(self.fees, *key)
            return found

    def contract(self, payer: str, day: dt.date) -> Contract | None:
        """The contract with the payer of that key that holds on the day."""
        return of_day(self.contracts, payer, day)

    def entity_of(self, location: Location) -> Entity:
        """The billing provider of a location."""
        return self.entities[location.entity or next(iter(self.entities))]

    def receiver_of(self, payer: Payer) -> Receiver:
        """Who takes the payer's claims."""
        return self.receivers[payer.receiver or next(iter(self.receivers))]


def _charge(
    fees: tuple[FeeSchedule, ...], payer: str, code: str, modifiers: tuple[str, ...], day: dt.date
) -> tuple[Decimal, str] | None:
    """The payer's own schedule before the general one; code with modifier before code."""
    for own in (True, False):
        for schedule in fees:
            if bool(schedule.payers) != own or (own and payer not in schedule.payers):
                continue
            if not schedule.span.holds(day):
                continue
            for name in (*(f"{code}-{modifier}" for modifier in modifiers), code):
                if name in schedule.charges:
                    return schedule.charges[name], schedule.name or f"fees {schedule.span}"
    return None
