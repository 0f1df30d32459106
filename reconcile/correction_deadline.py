"""By when an appeal, a reopening or a corrected claim must be with the payer."""

import datetime as dt
from typing import Final

from attrs import frozen

from reconcile.values import PayerFacts

NAMES: Final = {
    "appeal": "first appeal",
    "reopening": "reopening",
    "corrected": "corrected claim",
    "filing": "new claim",
}
FROM_SERVICE: Final = "day of service"
FROM_RECEIPT: Final = "receipt of the remittance"
# 42 CFR 405.942(a)(1): a notice is presumed received five days after its date.
PRESUMED_DAYS: Final = 5
PART_B: Final = "medicare-b"


@frozen(kw_only=True)
class Deadline:
    """``day`` is the one to work by; ``last`` is the rule's own last day, never before it."""

    kind: str  # one of NAMES
    day: dt.date
    last: dt.date
    source: str  # who says so

    @property
    def name(self) -> str:
        """What it is for: "first appeal"."""
        return NAMES[self.kind]


def later_filing(facts: PayerFacts, *, before: dt.date | None, service: dt.date) -> Deadline | None:
    """By when a claim must be with a payer after the first; None where nobody says or it is open.

    Args:
        facts: what that payer allows.
        before: the date of the remittance of the payer before it; None where there is none.
        service: the first day of service.
    """
    from_service = facts.secondary_filing_from == FROM_SERVICE
    start = service if from_service else before
    if facts.secondary_filing_days is None or start is None:
        return None
    day = start + dt.timedelta(days=facts.secondary_filing_days)
    counted = "service" if from_service else f"remittance of {start.isoformat()} before it"
    name = facts.name or facts.key
    source = f"policy of {name}, {facts.secondary_filing_days} days from the {counted}"
    return Deadline(kind="filing", day=day, last=day, source=source)


def deadline(
    kind: str, facts: PayerFacts, *, decided: dt.date, service: dt.date
) -> Deadline | None:
    """The deadline, or None where the payer's policy does not say.

    A notice from Medicare Part B is presumed received five days after its date; the five days are
    kept in hand: ``day`` is without them, ``last`` with them. Other payers' deadlines that count
    from the receipt are counted from the remittance's date, which is never too late.

    Args:
        kind: of what, one of ``NAMES``.
        facts: what the payer allows.
        decided: the date of the remittance that counts: for a reopening the first decision's.
        service: the first day of service.
    """
    days, source, start = {
        "appeal": (facts.appeal1_days, facts.appeal1_source, facts.appeal1_from),
        "reopening": (facts.reopening_days, "", facts.reopening_from),
        "corrected": (facts.corrected_claim_days, "", facts.corrected_claim_from),
        "filing": (facts.timely_filing_days, "", FROM_SERVICE),
    }[kind]
    if days is None:
        return None
    from_service = start == FROM_SERVICE
    counted = "service" if from_service else "remittance"
    day = (service if from_service else decided) + dt.timedelta(days=days)
    mailing = PRESUMED_DAYS if kind == "appeal" and facts.family == PART_B else 0
    return Deadline(
        kind=kind,
        day=day,
        last=day + dt.timedelta(days=mailing),
        source=source or f"policy of {facts.name or facts.key}, {days} days from the {counted}",
    )
