"""The segments of an 837P in pairs: values to elements, elements to values.

The writer uses one half, the reader the other. ``canonical`` runs both: what the values of a
segment say when they are written again. Where that is not what the file said, the reader keeps
the segment as it was beside the values (``Kept.restates``), so that nothing is lost.

A composite is a tuple when it is to be written, and one text with ``:`` between its components
when it was read. Source of the places: TR3 005010X222A1.
"""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final

from edi import elements
from edi.claim import (
    Claim,
    Dated,
    Diagnosis,
    Elements,
    Party,
    Patient,
    Procedure,
    ServiceLine,
    Submission,
    Subscriber,
)
from edi.shared_segments import Segment, flat, per, read_per, read_ref, ref
from edi.writing import Element

Number = Callable[[Decimal], str]  # how a number is written
Values = dict[str, Any]  # keyword arguments of a value

PRINCIPAL: Final = frozenset({"ABK", "BK"})  # HI01-1 of the segment that holds the diagnoses
DIAGNOSIS: Final = PRINCIPAL | {"ABF", "BF"}
SELF: Final = "18"  # SBR02: the patient is the subscriber
NOTE: Final = "ADD"  # NTE01 where the values name no other
_SIZE: Final = 24  # elements a read segment is filled up to


def filled(segment: Sequence[str]) -> list[str]:
    """The segment with empty elements at its end, so that any place can be asked for."""
    return [*segment, *[""] * (_SIZE - len(segment))]


def count(text: str) -> int | None:
    """A whole number of at most nine digits (X12 type N0), or None."""
    return int(text) if len(text) <= 9 and text.isascii() and text.isdigit() else None


def exact(number: Decimal) -> str:
    """A number with the decimals it was read with, without a leading zero (RFI 396)."""
    text = format(number, "f")
    return text.replace("0.", ".", 1) if number and text.startswith(("0.", "-0.")) else text


@lru_cache(maxsize=4096)
def shortest(number: Decimal) -> str:
    """A number in its shortest form; few occur, and often."""
    return elements.encode_number(number)


# --- parties ---------------------------------------------------------------------------------


def nm1(party: Party) -> Segment:
    """NM1 of any loop."""
    kind = "1" if party.is_person else "2"
    name = (party.name, party.first, party.middle, "", party.suffix)
    return ("NM1", party.role, kind, *name, party.id_qualifier, party.id)


def read_nm1(s: Sequence[str]) -> Values:
    """Arguments of a ``Party``."""
    return {
        "role": s[1],
        "is_person": s[2] == "1",
        "name": s[3],
        "first": s[4],
        "middle": s[5],
        "suffix": s[7],
        "id_qualifier": s[8],
        "id": s[9],
    }


def n3(line1: str, line2: str) -> Segment:
    """N3 street."""
    return ("N3", line1, line2)


def n4(city: str, state: str, zip_code: str, country: str) -> Segment:
    """N4 city, state, ZIP code, country."""
    return ("N4", city, state, zip_code, country)


def read_n4(s: Sequence[str]) -> Values:
    """Arguments of an ``Address`` but the street; a ZIP code of the United States has no dash."""
    abroad = s[4] not in ("", "US", "USA")
    return {
        "city": s[1],
        "state": s[2],
        "zip": s[3] if abroad else "".join(filter(str.isdigit, s[3])),
        "country": s[4],
    }


def prv(code: str, taxonomy: str) -> Segment:
    """PRV: ``BI`` in 2000A, ``PE`` in 2310B and 2420A."""
    return ("PRV", code, "PXC", taxonomy)


def sbr(subscriber: Subscriber) -> Segment:
    """SBR of 2000B."""
    group = (subscriber.group_number, subscriber.group_name, subscriber.insurance_type)
    rank = (subscriber.payer_rank, subscriber.relationship)
    return ("SBR", *rank, *group, "", "", "", subscriber.filing_indicator)


def read_sbr(s: Sequence[str]) -> Values:
    """Arguments of a ``Subscriber`` but its party."""
    return {
        "payer_rank": s[1],
        "relationship": s[2],
        "group_number": s[3],
        "group_name": s[4],
        "insurance_type": s[5],
        "filing_indicator": s[9],
    }


def pat(patient: Patient) -> Segment:
    """PAT of 2000C."""
    return ("PAT", patient.relationship)


def dmg(birth_date: dt.date | None, gender: str) -> Segment:
    """DMG of 2010BA and 2010CA."""
    return ("DMG", "D8" if birth_date else "", date(birth_date), gender)


def read_dmg(s: Sequence[str]) -> Values:
    """Arguments of ``Subscriber`` and ``Patient``: birth date and gender."""
    return {"birth_date": read_date(s[2]), "gender": s[3]}


# --- dates -----------------------------------------------------------------------------------


def date(day: dt.date | None) -> str:
    """CCYYMMDD, or nothing."""
    return "" if day is None else elements.encode_date(day)


def read_date(text: str) -> dt.date | None:
    """CCYYMMDD, or None where it is no date."""
    return elements.read_date(text)


def dtp(qualifier: str, first: dt.date, until: dt.date) -> Segment:
    """DTP: one day (D8) or a range (RD8)."""
    if first == until:
        return ("DTP", qualifier, "D8", date(first))
    return ("DTP", qualifier, "RD8", f"{date(first)}-{date(until)}")


def read_dtp(s: Sequence[str]) -> Dated | None:
    """DTP, or None where its text is no date."""
    first, _, until = s[3].partition("-") if s[2] == "RD8" else (s[3], "", s[3])
    begin, end = read_date(first), read_date(until)
    return Dated(qualifier=s[1], date=begin, until=end) if begin and end else None


# --- transaction and claim -------------------------------------------------------------------


def bht(submission: Submission) -> Segment:
    """BHT: purpose, reference, time, kind."""
    made = submission.created
    return (
        *("BHT", "0019", submission.purpose, submission.reference),
        *(date(made.date()), elements.encode_time(made.time()), submission.kind),
    )


def read_bht(s: Sequence[str]) -> Values:
    """Arguments of a ``Submission``; ``created`` is None where BHT04 is no date."""
    day, clock = read_date(s[4]), elements.read_time(s[5])
    made = dt.datetime.combine(day, clock or dt.time()) if day else None
    return {"purpose": s[2], "reference": s[3], "created": made, "kind": s[6]}


def clm(claim: Claim, number: Number) -> Segment:
    """CLM."""
    causes = (*claim.related_causes, "", "", "")[:3]
    related = (*causes, claim.accident_state, claim.accident_country)
    return (
        *("CLM", claim.control, number(claim.charge), "", ""),
        (claim.place_of_service, claim.facility_qualifier, claim.frequency),
        *(claim.provider_signature, claim.assignment, claim.benefits_assigned, claim.release),
        *(claim.signature_source, _whole(related), claim.special_program),
        *("", "", "", "", "", "", "", claim.delay_reason),
    )


def read_clm(s: Sequence[str]) -> Values:
    """Arguments of a ``Claim``; ``charge`` is None where CLM02 is no amount."""
    place = (*s[5].split(":"), "", "")
    related = (*s[11].split(":"), "", "", "", "")
    return {
        "control": s[1],
        "charge": elements.read_money(s[2]),
        "place_of_service": place[0],
        "facility_qualifier": place[1],
        "frequency": place[2],
        "provider_signature": s[6],
        "assignment": s[7],
        "benefits_assigned": s[8],
        "release": s[9],
        "signature_source": s[10],
        "related_causes": tuple(filter(None, related[:3])),
        "accident_state": related[3],
        "accident_country": related[4],
        "special_program": s[12],
        "delay_reason": s[20],
    }


def hi(diagnoses: Sequence[Diagnosis]) -> Segment:
    """HI with the diagnoses, the principal one first."""
    return ("HI", *((d.qualifier, d.code) for d in diagnoses))


def read_hi(s: Sequence[str]) -> tuple[Diagnosis, ...]:
    """The diagnoses of an HI segment."""
    pairs = (part.split(":") for part in s[1:] if part)
    return tuple(Diagnosis(qualifier=p[0], code=p[1] if len(p) > 1 else "") for p in pairs)


def amt(amount: Decimal, number: Number) -> Segment:
    """AMT*F5, what the patient paid."""
    return ("AMT", "F5", number(amount))


def read_amt(s: Sequence[str]) -> Decimal | None:
    """AMT*F5; None for another amount or none."""
    return elements.read_money(s[2]) if s[1] == "F5" else None


def nte(code: str, note: str) -> Segment:
    """NTE."""
    return ("NTE", code or NOTE, note)


# --- service line ----------------------------------------------------------------------------


def sv1(line: ServiceLine, number: Number) -> Segment:
    """SV1."""
    return (
        *("SV1", procedure(line.procedure), number(line.charge), line.unit_basis),
        *(number(line.units), line.place_of_service, ""),
        tuple(map(str, line.pointers)) if line.pointers else "",
        *("", line.emergency, "", line.epsdt, line.family_planning, "", "", line.copay_status),
    )


def read_sv1(s: Sequence[str]) -> Values:
    """Arguments of a ``ServiceLine``; ``charge`` and ``units`` are None where not a number."""
    return {
        "procedure": read_procedure(s[1]),
        "charge": elements.read_money(s[2]),
        "unit_basis": s[3],
        "units": elements.read_number(s[4]),
        "place_of_service": s[5],
        "pointers": read_pointers(s[7]),
        "emergency": s[9],
        "epsdt": s[11],
        "family_planning": s[12],
        "copay_status": s[15],
    }


@lru_cache(maxsize=4096)
def read_pointers(text: str) -> tuple[int, ...]:
    """SV107: positions of diagnoses; what is no number is left out."""
    return tuple(n for part in text.split(":") if (n := count(part)) is not None)


def procedure(code: Procedure) -> tuple[str, ...]:
    """The procedure composite SV101; a fifth modifier would be read as the description."""
    if not code.description:
        return (code.qualifier, code.code, *code.modifiers)
    modifiers = (*code.modifiers, "", "", "", "")[: max(4, len(code.modifiers))]
    return (code.qualifier, code.code, *modifiers, code.description)


@lru_cache(maxsize=4096)
def read_procedure(text: str) -> Procedure:
    """SV101."""
    parts = (*text.split(":"), "", "", "", "", "", "")
    return Procedure(
        qualifier=parts[0],
        code=parts[1],
        modifiers=tuple(filter(None, parts[2:6])),
        description=parts[6],
    )


# --- what a segment says when written again --------------------------------------------------


def says_all(segment: Elements) -> bool:
    """Whether the values of a segment hold all of it, so that it is written again as it was."""
    name = segment[0]
    sure = _SURE.get(name)
    if sure and sure(segment):
        return True
    return _alike(segment) if name in _FEW else canonical(segment, exact) == segment


@lru_cache(maxsize=4096)
def _alike(segment: Elements) -> bool:
    return canonical(segment, exact) == segment


def canonical(segment: Elements, number: Number) -> Elements | None:
    """The segment as its values would be written; None for one that holds no values of ours."""
    again = _AGAIN.get(segment[0])
    written = again(filled(segment), number) if again else None
    return flat(written) if written else None


def _clm_again(s: Sequence[str], number: Number) -> Segment:
    values = read_clm(s)
    empty = {"billing": None, "subscriber": None, "payer": None, "lines": ()}
    charge = values.pop("charge") or Decimal(0)
    return clm(Claim(**values, **empty, charge=charge), number)  # type: ignore[arg-type]  # unused


def _sv1_again(s: Sequence[str], number: Number) -> Segment:
    values = read_sv1(s)
    charge, units = values.pop("charge") or Decimal(0), values.pop("units") or Decimal(0)
    return sv1(ServiceLine(number=0, charge=charge, units=units, **values), number)


def _dtp_again(s: Sequence[str], _: Number) -> Segment | None:
    dated = read_dtp(s)
    return dtp(dated.qualifier, dated.date, dated.until) if dated else None


def _amt_again(s: Sequence[str], number: Number) -> Segment | None:
    amount = read_amt(s)
    return None if amount is None else amt(amount, number)


def _sbr_again(s: Sequence[str], _: Number) -> Segment:
    return sbr(Subscriber(party=Party(role="IL", is_person=True), **read_sbr(s)))


def _bht_again(s: Sequence[str], _: Number) -> Segment | None:
    values = read_bht(s)
    nobody = Party(role="", is_person=False)
    if values["created"] is None:
        return None
    return bht(Submission(**values, submitter=nobody, receiver=nobody, claims=()))


def _dmg_again(s: Sequence[str], _: Number) -> Segment:
    values = read_dmg(s)
    return dmg(values["birth_date"], values["gender"])


_AGAIN: Final[Mapping[str, Callable[[Sequence[str], Number], Segment | None]]] = MappingProxyType(
    {
        "BHT": _bht_again,
        "NM1": lambda s, _: nm1(Party(**read_nm1(s))),
        "N3": lambda s, _: n3(s[1], s[2]),
        "N4": lambda s, _: n4(
            **{"zip_code" if k == "zip" else k: v for k, v in read_n4(s).items()}
        ),
        "PRV": lambda s, _: prv(s[1], s[3]),
        "REF": lambda s, _: ref(read_ref(s)),
        "PER": lambda s, _: per(read_per(s)),
        "SBR": _sbr_again,
        "PAT": lambda s, _: ("PAT", s[1]),
        "DMG": _dmg_again,
        "DTP": _dtp_again,
        "CLM": _clm_again,
        "HI": lambda s, _: hi(read_hi(s)),
        "AMT": _amt_again,
        "NTE": lambda s, _: nte("" if s[1] == NOTE else s[1], s[2]),
        "LX": lambda s, _: None if (n := count(s[1])) is None else ("LX", str(n)),
        "SV1": _sv1_again,
    }
)


_FEW: Final = frozenset({"SV1", "HI", "PRV", "LX", "PAT"})  # few different ones, and often
# Shapes of which ``canonical`` is known without asking it; most segments have them.
_SURE: Final[Mapping[str, Callable[[Elements], bool]]] = MappingProxyType(
    {
        "NM1": lambda s: 2 < len(s) <= 10 and s[2] in ("1", "2") and not "".join(s[6:7]),
        "N3": lambda s: len(s) <= 3,
        "REF": lambda s: len(s) <= 4,
        "DTP": lambda s: len(s) == 4 and s[2] == "D8" and read_date(s[3]) is not None,
    }
)


def _whole(parts: tuple[str, ...]) -> Element:
    """A composite, or nothing where all its parts are empty."""
    return parts if any(parts) else ""
