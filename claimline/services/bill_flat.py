"""What one process of ``bill`` tells another, as plain tuples: a tenth of the cost of objects."""

import datetime as dt
import marshal
import pickle
from decimal import Decimal
from typing import Any

from claimline.services.bill_file import Made
from claimline.services.bill_make import Drafted
from claimline.services.bill_values import BilledClaim
from edi.claim import Reference
from reconcile.ledger import SentRecord
from reconcile.values import SentClaim, SentLine

Flat = tuple[Any, ...]


def pack_drafted(drafted: Drafted) -> bytes:
    """What came of a piece."""
    return pickle.dumps(drafted)


def drafted(packed: bytes) -> Drafted:
    """What ``pack_drafted`` packed."""
    found: Drafted = pickle.loads(packed)  # noqa: S301 - of our own process
    return found


def pack_made(made: Made) -> bytes:
    """A file with its rows."""
    return marshal.dumps(
        (
            made.name,
            made.data,
            [_flat_record(one) for one in made.records],
            [_flat_claim(one) for one in made.claims],
            pickle.dumps(made.refused),
        )
    )


def made(packed: bytes) -> Made:
    """What ``pack_made`` packed."""
    name, data, records, claims, refused = marshal.loads(packed)  # noqa: S302 - our own process
    return Made(
        name=name,
        data=data,
        records=tuple(map(_record, records)),
        claims=tuple(map(_claim, claims)),
        refused=pickle.loads(refused),  # noqa: S301 - of our own process
    )


def _flat_record(one: SentRecord) -> Flat:
    return (
        _flat_sent(one.claim),
        one.transaction,
        one.position,
        one.visits,
        one.discipline,
        one.payer_name,
        one.patient_id,
        one.patient_name,
        one.patient_birth,
        one.decisions,
        one.rendering_npi,
        one.location,
    )


def _record(flat: Flat) -> SentRecord:
    return SentRecord(
        claim=_sent(flat[0]),
        transaction=flat[1],
        position=flat[2],
        visits=flat[3],
        discipline=flat[4],
        payer_name=flat[5],
        patient_id=flat[6],
        patient_name=flat[7],
        patient_birth=flat[8],
        decisions=flat[9],
        rendering_npi=flat[10],
        location=flat[11],
    )


def _flat_sent(claim: SentClaim) -> Flat:
    return (
        claim.control,
        claim.family,
        claim.frequency,
        claim.payer,
        claim.payer_id,
        claim.payer_rank,
        claim.member_id,
        claim.patient,
        claim.billing_npi,
        str(claim.charge),
        claim.date.toordinal(),
        claim.until.toordinal(),
        str(claim.collected),
        tuple((r.qualifier, r.value, r.description) for r in claim.references),
        tuple(map(_flat_line, claim.lines)),
    )


def _sent(flat: Flat) -> SentClaim:
    return SentClaim(
        control=flat[0],
        family=flat[1],
        frequency=flat[2],
        payer=flat[3],
        payer_id=flat[4],
        payer_rank=flat[5],
        member_id=flat[6],
        patient=flat[7],
        billing_npi=flat[8],
        charge=Decimal(flat[9]),
        date=dt.date.fromordinal(flat[10]),
        until=dt.date.fromordinal(flat[11]),
        collected=Decimal(flat[12]),
        references=tuple(Reference(qualifier=q, value=v, description=d) for q, v, d in flat[13]),
        lines=tuple(map(_line, flat[14])),
    )


def _flat_line(line: SentLine) -> Flat:
    return (
        line.control,
        line.number,
        line.code,
        line.modifiers,
        str(line.charge),
        str(line.units),
        line.date.toordinal(),
        line.until.toordinal(),
        line.evidence,
        "" if line.expected is None else str(line.expected),
        "" if line.expected_allowed is None else str(line.expected_allowed),
        line.terms,
    )


def _line(flat: Flat) -> SentLine:
    return SentLine(
        control=flat[0],
        number=flat[1],
        code=flat[2],
        modifiers=flat[3],
        charge=Decimal(flat[4]),
        units=Decimal(flat[5]),
        date=dt.date.fromordinal(flat[6]),
        until=dt.date.fromordinal(flat[7]),
        evidence=flat[8],
        expected=Decimal(flat[9]) if flat[9] else None,
        expected_allowed=Decimal(flat[10]) if flat[10] else None,
        terms=flat[11],
    )


def _flat_claim(one: BilledClaim) -> Flat:
    names = one.claim, one.visits, one.payer, one.discipline
    warnings = pickle.dumps(one.warnings) if one.warnings else b""
    return (
        *names,
        one.date.toordinal(),
        str(one.charge),
        one.lines,
        one.because,
        warnings,
        one.file,
        one.explained,
    )


def _claim(flat: Flat) -> BilledClaim:
    return BilledClaim(
        claim=flat[0],
        visits=flat[1],
        payer=flat[2],
        discipline=flat[3],
        date=dt.date.fromordinal(flat[4]),
        charge=Decimal(flat[5]),
        lines=flat[6],
        because=flat[7],
        warnings=pickle.loads(flat[8]) if flat[8] else (),  # noqa: S301 - of our own process
        file=flat[9],
        explained=flat[10],
    )
