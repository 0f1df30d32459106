"""What a practice file lacks before claims can go out: a tuple of checks of one shape."""

import datetime as dt
import re
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Final

from attrs import evolve

from edi.problem import Level, Place, Problem, declare
from mapping.policy import Policy
from mapping.policy_hints import hints
from mapping.policy_words import value_words
from mapping.practice_file import dangling
from mapping.practice_values import Exchange, Payer, Practice
from mapping.structure import shown

declare(
    {
        "practice.incomplete": (
            "something a claim or a file needs is not in the practice file",
            "add it; until then claims that need it are held",
        ),
        "practice.address": (
            "an address is not as a claim file needs it",
            "mend it: clearinghouses and payers refuse claims with such an address",
        ),
        "practice.no-policy": (
            "the practice file does not say what a payer wants",
            "add the key to a table [[payers.KEY.policy]], from the payer's contract or manual",
        ),
        "practice.no-charge": (
            "a common code has no charge, or one of 0",
            "add it to the fee schedule",
        ),
        "practice.same-id": (
            "two payers have one id",
            "check both; a remittance cannot tell them apart",
        ),
        "practice.taxonomy": (
            "a taxonomy code is none of the clinician's discipline",
            "check it in the NPI registry: payers deny a code that does not fit the provider",
        ),
    }
)

# Without these no claim of the payer goes out; others are asked for when a claim needs them.
NEEDED_KEYS: Final = ("unit_rule", "discipline_modifier")
ADVISED_KEYS: Final = ("assistant_modifiers", "ncci", "distinct_modifier", "timely_filing_days")
# How taxonomy codes of a discipline begin (NUCC provider taxonomy), therapists and assistants.
TAXONOMIES: Final[Mapping[tuple[str, str], str]] = MappingProxyType(
    {
        ("therapist", "PT"): "2251",
        ("therapist", "OT"): "225X",
        ("therapist", "SLP"): "235Z",
        ("assistant", "PT"): "2252",
        ("assistant", "OT"): "224Z",
        ("assistant", "SLP"): "2355S0801X",
    }
)
_BOX: Final = re.compile(r"\b(?:p\.?\s*o\.?|post\s+office|lock)\s*box\b", re.IGNORECASE)
COMMON_CODES: Final = ("97110", "97112", "97116", "97140", "97530", "97535")


def _found(path: str, message: str, code: str, level: Level = "warning") -> Problem:
    return Problem(code=code, level=level, message=message, where=Place(column=path))


def check_keys(practice: Practice) -> Iterator[Problem]:
    """Every key leads to a table."""
    for fault in dangling(practice):
        yield _found(shown(fault.path), fault.message, fault.code, "error")


def check_policies(practice: Practice) -> Iterator[Problem]:
    """Each payer says what decides units and modifiers, on every day its tables speak of."""
    for key, payer in practice.payers.items():
        days = {row.span.first or row.span.last or dt.date.max for row in payer.policies}
        asked = sorted(days) or [dt.date.max]
        stated = [practice.policy(key, day) for day in asked]
        for name in (*NEEDED_KEYS, *ADVISED_KEYS):
            if any(_is_silent(policy, name) for policy in stated):
                yield _found(
                    f"payers.{key}.policy.{name}",
                    f"is not said, and the family {payer.family} has no default"
                    + _suggested(payer, name, asked[-1]),
                    "practice.no-policy",
                    "error" if name in NEEDED_KEYS else "warning",
                )


def _suggested(payer: Payer, name: str, day: dt.date) -> str:
    """What such payers are said to want: never applied, only told."""
    for hint in hints(payer.family, payer.state, payer.name, day):
        if hint.key == name:
            value = value_words(hint.value)
            return f"; suggested, not applied: {value} ({hint.source}; {hint.confidence})"
    return ""


def _is_silent(policy: Policy, name: str) -> bool:
    """Whether a key nobody says could matter: without pair edits no distinct modifier does."""
    if name == "distinct_modifier" and policy.ncci == "none":
        return False
    return getattr(policy, name) is None


def check_receivers(practice: Practice) -> Iterator[Problem]:
    """Each receiver has envelope ids for test and for production, of a length that fits."""
    for key, receiver in practice.receivers.items():
        for usage in ("test", "production"):
            exchange: Exchange | None = getattr(receiver, usage)
            path = f"receivers.{key}.{usage}"
            if exchange is None:
                yield _found(path, "ids are missing", "practice.incomplete")
                continue
            for name in ("sender", "receiver", "group_sender", "group_receiver"):
                if len(getattr(exchange, name)) > 15:
                    message = "is longer than the 15 characters of its place"
                    yield _found(f"{path}.{name}", message, "practice.incomplete", "error")


def check_submitter(practice: Practice) -> Iterator[Problem]:
    """Somebody can be called about a file."""
    contact = practice.submitter.contact
    if not (contact.phone or contact.email):
        yield _found(
            "submitter.contact", "needs a phone or an email", "practice.incomplete", "error"
        )


def check_entities(practice: Practice) -> Iterator[Problem]:
    """Billing providers have a taxonomy, a street and all nine digits of their ZIP (2010AA)."""
    for key, entity in practice.entities.items():
        path = f"entities.{key}"
        if not entity.taxonomy:
            yield _found(f"{path}.taxonomy", "is missing", "practice.incomplete")
        if len(entity.address.zip) != 9:
            message = "needs all nine digits for a billing provider"
            yield _found(f"{path}.address.zip", message, "practice.address")
        for name in ("line1", "line2"):
            if _BOX.search(getattr(entity.address, name)):
                message = "is a post office box: a billing provider needs a street; a box may "
                message += "stand in the address that payments go to"
                yield _found(f"{path}.address.{name}", message, "practice.address")


def check_locations(practice: Practice) -> Iterator[Problem]:
    """A place with an address of its own has all nine digits of its ZIP (837P 2310C N403)."""
    for key, location in practice.locations.items():
        if location.address is not None and len(location.address.zip) != 9:
            message = "needs all nine digits for a place of treatment"
            yield _found(f"locations.{key}.address.zip", message, "practice.address")


def check_taxonomies(practice: Practice) -> Iterator[Problem]:
    """A clinician's taxonomy is one of the discipline's; of who refers nothing is said."""
    for key, person in practice.people.items():
        begins = TAXONOMIES.get((person.role, person.discipline))
        if begins and person.taxonomy and not person.taxonomy.startswith(begins):
            message = f"those of a {person.discipline} {person.role} begin with {begins}"
            yield _found(f"people.{key}.taxonomy", message, "practice.taxonomy")


def check_people(practice: Practice) -> Iterator[Problem]:
    """Therapists and referrers have an NPI, therapists a taxonomy and a discipline."""
    for key, person in practice.people.items():
        wanted = {"therapist": ("npi", "taxonomy", "discipline"), "referring": ("npi",)}
        for name in wanted.get(person.role, ("discipline",)):
            if not getattr(person, name):
                yield _found(f"people.{key}.{name}", "is missing", "practice.incomplete")


def check_charges(practice: Practice) -> Iterator[Problem]:
    """Codes that most practices bill have a charge in the newest general schedule."""
    general = [schedule for schedule in practice.fees if not schedule.payers]
    if not general:
        yield _found("fees", "no schedule for all payers", "practice.no-charge")
        return
    newest = max(general, key=lambda schedule: schedule.span.first or dt.date.min)
    for code in COMMON_CODES:
        if code not in newest.charges:
            yield _found(f"fees.charges.{code}", "has no charge", "practice.no-charge")


def check_fees(practice: Practice) -> Iterator[Problem]:
    """No charge is 0: a line without a charge is held."""
    for number, schedule in enumerate(practice.fees):
        for code in (code for code, charge in schedule.charges.items() if not charge):
            yield _found(f"fees[{number}].charges.{code}", "is 0.00", "practice.no-charge")


def check_payer_ids(practice: Practice) -> Iterator[Problem]:
    """Two payers of one id look alike in a remittance."""
    keys: dict[tuple[str, str], str] = {}
    for key, payer in practice.payers.items():
        first = keys.setdefault((practice.receiver_of(payer).key, payer.id), key)
        if first != key:
            message = f"is the id of payer {first} too: check which is right"
            yield _found(f"payers.{key}.id", message, "practice.same-id")


CHECKS: Final[tuple[Callable[[Practice], Iterator[Problem]], ...]] = (
    check_keys,
    check_policies,
    check_receivers,
    check_submitter,
    check_entities,
    check_locations,
    check_people,
    check_taxonomies,
    check_charges,
    check_fees,
    check_payer_ids,
)


def check(practice: Practice) -> list[Problem]:
    """All that is missing or looks wrong, errors and warnings, in the order of the file."""
    return [
        *practice.warnings,
        *(
            evolve(problem, where=evolve(problem.where, file=practice.file))
            for one in CHECKS
            for problem in one(practice)
        ),
    ]
