"""What was billed before on the days of some visits, as the mapper asks it."""

import datetime as dt
from collections.abc import Collection, Iterable

from attrs import frozen

from mapping.day import patient_key
from mapping.draft import DayKey
from mapping.practice import Practice
from mapping.reference import BilledLine
from mapping.visit import Visit
from reconcile.ledger import Billed, Ledger, Usage


@frozen(kw_only=True)
class Before:
    """Claims and lines sent before, by patient and day: plain values another process can take."""

    billed: dict[DayKey, tuple[str, ...]]
    lines: dict[tuple[str, dt.date], tuple[BilledLine, ...]]


def before(
    ledger: Ledger,
    practice: Practice,
    visits: Iterable[Visit],
    usage: Usage,
    *,
    without: Collection[str] = (),
) -> Before:
    """What was billed before for these patients on these days.

    Lines of a claim whose place another took, or that was taken back, do not count; nor do the
    claims ``without``, which are being corrected.
    """
    entities = {entity.npi: entity.key for entity in practice.entities.values()}
    found = Before(billed={}, lines={})
    days = {(patient_key(visit), visit.date) for visit in visits}
    for one in ledger.billed_on(days, usage=usage):
        if one.claim in without:
            continue
        key = (one.patient, one.date, one.payer, one.discipline)
        found.billed[key] = (*found.billed.get(key, ()), one.claim)
        if one.stands:
            entity = entities.get(one.billing_npi, one.billing_npi)
            day = key[:2]
            found.lines[day] = (*found.lines.get(day, ()), *_lines(one, entity))
    return found


def _lines(one: Billed, entity: str) -> Iterable[BilledLine]:
    return (
        BilledLine(
            claim=one.claim,
            payer=one.payer,
            entity=entity,
            discipline=one.discipline,
            code=line.code,
            modifiers=line.modifiers,
            units=line.units,
            charge=line.charge,
            date=one.date,
            evidence=line.evidence,
        )
        for line in one.lines
    )
