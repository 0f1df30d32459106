"""What a payer wants: a dated table of settings.

A field of ``Policy`` is a key of the practice file: its type says what may stand there, ``None``
means that nobody has said. A claim that needs an unsaid key is held with a plain reason. Tables
are read in ``policy_read``; ``policy_layers`` puts them one above the other: the family's defaults,
the state's, the practice's own for a family, the payer's.
"""

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final, Literal

from attrs import field, frozen

from mapping.fields import doc
from mapping.policy_checks import Checks, Demand

UnitRule = Literal["cms", "midpoint", "full15", "hybrid"]
TieBreak = Literal["first listed", "more minutes", "therapist first"]
DeadlineFrom = Literal["remittance", "receipt of the remittance", "day of service"]
FilingFrom = Literal["day of service", "primary's remittance"]
Family = Literal[
    "medicare-b",
    "medicare-advantage",
    "medicaid",
    "commercial",
    "workers-comp",
    "auto",
    "tricare",
    "va",
]
ModifierGroup = Literal[
    "distinct", "discipline", "assistant", "kx", "liability", "telehealth", "other"
]
DEFAULT_ORDER: tuple[ModifierGroup, ...] = (
    "distinct",
    "discipline",
    "assistant",
    "kx",
    "liability",
    "telehealth",
    "other",
)


@frozen(kw_only=True)
class Policy(Checks):
    """What a payer wants on one day. ``None``: neither the practice nor the family says."""

    unit_rule: UnitRule | None = field(
        default=None,
        metadata=doc(
            "minutes to units: cms (8-minute rule, minutes of all codes pooled), midpoint (8 "
            "minutes of each code by itself), full15 (15 full minutes of each code), "
            "hybrid (the smaller of cms and midpoint)"
        ),
    )
    tie_break: TieBreak = field(
        default="first listed",
        metadata=doc("cms rule: who gets a spare unit where remainders are equal"),
    )
    pool: Literal["day", "visit"] = field(
        default="day",
        metadata=doc("count minutes over all visits of the day and discipline, or visit by visit"),
    )
    max_units_per_day: int | None = field(
        default=None, metadata=doc("most timed units a day; more holds the claim", "units")
    )
    discipline_modifier: Literal["always", "never", "therapy codes"] | None = field(
        default=None,
        metadata=doc("GP/GO/GN: on every line, on none, or on codes of the therapy list only"),
    )
    assistant_modifiers: Literal["required", "none"] | None = field(
        default=None, metadata=doc("CQ/CO for what an assistant did: required or none")
    )
    ncci: Literal["medicare", "medicaid", "own", "none"] | None = field(
        default=None, metadata=doc("which table of code pairs the payer edits by")
    )
    distinct_modifier: Literal["59", "XE", "XS", "XP", "XU", "none"] | None = field(
        default=None,
        metadata=doc("modifier for a separate service of an edit pair; none: never sent"),
    )
    distinct_column: Literal["2", "either"] = field(
        default="2",
        metadata=doc(
            "where a distinct modifier you state yourself is accepted: column 2 or either"
        ),
    )
    modifier_order: tuple[ModifierGroup, ...] = field(
        default=DEFAULT_ORDER, metadata=doc("order of modifiers on a line, by group")
    )
    claim_per: Literal["day", "visit"] = field(
        default="day", metadata=doc("one claim per patient, day and discipline, or one per visit")
    )
    one_claim_per_day: bool = field(
        default=False,
        metadata=doc(
            "a second claim of a day already billed in the discipline is held: the payer takes "
            "neither a replacement nor added lines"
        ),
    )
    taxonomy_required: Demand = field(
        default="no", metadata=doc("rendering clinician's taxonomy missing: no, warn, hold")
    )
    referring_required: Demand = field(
        default="no", metadata=doc("referring provider's NPI missing: no, warn, hold")
    )
    takes_replacement: bool | None = field(
        default=None, metadata=doc("the payer takes replacement claims (frequency 7)")
    )
    appeal1_days: int | None = field(
        default=None, metadata=doc("days for the first appeal (redetermination)", "days")
    )
    appeal1_source: str = field(
        default="", metadata=doc("where the appeal days are written: contract, manual, law")
    )
    reopening_days: int | None = field(
        default=None, metadata=doc("days to ask for a clerical reopening", "days")
    )
    corrected_claim_days: int | None = field(
        default=None, metadata=doc("days to send a corrected claim", "days")
    )
    timely_filing_days: int | None = field(
        default=None, metadata=doc("days to send the first claim, from the day of service", "days")
    )
    secondary_filing_days: int | None = field(
        default=None, metadata=doc("days to send a secondary claim", "days")
    )
    secondary_filing_from: FilingFrom = field(
        default="primary's remittance", metadata=doc("the day secondary_filing_days count from")
    )
    takes_new_claim: bool | None = field(
        default=None,
        metadata=doc("a denied claim is corrected by a new claim (not Part B, and where unpaid)"),
    )
    takes_void: bool | None = field(
        default=None, metadata=doc("the payer takes void claims (frequency 8)")
    )
    reopening_from: DeadlineFrom = field(
        default="remittance", metadata=doc("the day reopening_days count from")
    )
    corrected_claim_from: DeadlineFrom = field(
        default="remittance", metadata=doc("the day corrected_claim_days count from")
    )
    appeal1_from: DeadlineFrom = field(
        default="remittance", metadata=doc("the day appeal1_days count from")
    )
    pool_cognitive: bool | None = field(
        default=None,
        metadata=doc("cms rule: minutes of 97129 and 97130 join the pool of the 15-minute codes"),
    )
    assistant_reduction_percent: int | None = field(
        default=None, metadata=doc("percent taken off for CQ/CO: 15", "count")
    )
    assistant_reduction_base: Literal["payment", "allowed"] | None = field(
        default=None,
        metadata=doc("the CQ/CO cut is taken from the payer's payment, or from the allowed amount"),
    )
    ncci_state: str = field(
        default="", metadata=doc("ncci medicaid: the state whose table is used", "state")
    )
    mue: Literal["medicare", "medicaid", "own", "none"] | None = field(
        default=None, metadata=doc("which table of most units a day (MUE) the payer edits by")
    )
    mue_clinical: Demand = field(
        default="hold",
        metadata=doc("units above a clinical limit (MUE, MAI 3): no, warn, hold"),
    )
    max_minutes_per_day: int | None = field(
        default=None, metadata=doc("most timed minutes a day; more holds the claim", "minutes")
    )
    max_units_of_code: int | None = field(
        default=None, metadata=doc("most units of ONE timed code a day; more holds", "units")
    )
    capped_codes: tuple[str, ...] = field(
        default=(),
        metadata=doc("codes the daily caps count; empty: all timed codes", "hcpcs"),
    )
    kx: Literal["threshold", "never"] = field(
        default="never",
        metadata=doc("KX where the year's threshold is crossed (Medicare), or never"),
    )
    times_per_code_required: Demand = field(
        default="no", metadata=doc("start and end times of a timed code missing: no, warn, hold")
    )
    same_code_lines: Literal["merged", "split"] = field(
        default="merged",
        metadata=doc("one line of a code and day, or one line for each visit of the day"),
    )
    authorization_required: Demand = field(
        default="no", metadata=doc("no authorization number good for the day: no, warn, hold")
    )
    telehealth_place: Literal["", "02", "10", "as in person"] = field(
        default="", metadata=doc("place of service of a telehealth visit; empty: nobody says")
    )
    telehealth_modifier: Literal["", "95", "93", "GT", "none"] = field(
        default="", metadata=doc("modifier of a video visit; empty: nobody says")
    )
    evaluation_with_treatment: Literal["pays", "warn", "hold"] = field(
        default="pays", metadata=doc("an evaluation and treatment on one day: pays, warn, hold")
    )
    payment_basis: Literal["by line", "per visit", "per diem", "case rate", "capitation"] = field(
        default="by line",
        metadata=doc(
            "what the contract pays for: lines, whole visits, days, cases, or nothing by claim"
        ),
    )
    names_further_coverages: bool = field(
        default=False,
        metadata=doc("a first claim names the patient's further coverages (loop 2320)"),
    )
    secondary_co45: Literal["restates", "adjusts"] | None = field(
        default=None,
        metadata=doc("as a secondary its CO-45 restates the rest of the charge, or is a write-off"),
    )
    qmb_billing: Literal["forwarded", "bill", "never"] | None = field(
        default=None,
        metadata=doc("Medicaid for a QMB: the primary forwards, we bill it, or it is never billed"),
    )
    crossover_wait_days: int | None = field(
        default=None,
        metadata=doc("working days to wait for a forwarded claim before billing it here", "days"),
    )
    era_enrolled: dt.date | None = field(
        default=None,
        metadata=doc("day from which the payer sends its remittances (835) here: ERA enrollment"),
    )


@frozen(kw_only=True)
class Span:
    """Days a row of a dated table is good for, both ends included; ``None`` is open."""

    first: dt.date | None = None
    last: dt.date | None = None

    def holds(self, day: dt.date) -> bool:
        """Whether the day lies in the span."""
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)

    def overlaps(self, other: "Span") -> bool:
        """Whether a day lies in both."""
        return not (
            (self.last is not None and other.first is not None and self.last < other.first)
            or (other.last is not None and self.first is not None and other.last < self.first)
        )

    def __str__(self) -> str:
        """``2026-01-01 to 2026-12-31``, ``since 2026-01-01``, ``always``."""
        if self.first and self.last:
            return f"{self.first} to {self.last}"
        if self.first:
            return f"since {self.first}"
        return f"until {self.last}" if self.last else "always"


ALWAYS: Final = Span()


@frozen(kw_only=True)
class DatedPolicy:
    """What is wanted within a span of days: only the keys that are stated."""

    span: Span
    stated: Mapping[str, Any]
    source: str = ""
