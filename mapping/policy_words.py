"""The keys of a policy for people: by topic, and what happens where nobody says one."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

import attrs

from mapping.policy import Policy

TOPICS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "Units": (
            "unit_rule", "tie_break", "pool", "pool_cognitive", "max_units_per_day",
            "max_minutes_per_day", "max_units_of_code", "capped_codes", "mue", "mue_clinical",
        ),
        "Modifiers": (
            "discipline_modifier", "assistant_modifiers", "assistant_reduction_percent",
            "assistant_reduction_base", "ncci", "ncci_state", "distinct_modifier",
            "distinct_column", "kx", "telehealth_modifier", "telehealth_audio_modifier",
            "modifier_order",
        ),
        "Claims and lines": (
            "claim_per", "one_claim_per_day", "same_code_lines", "evaluation_with_treatment",
            "telehealth_place", "names_further_coverages",
        ),
        "Asked of a claim": (
            "taxonomy_required", "referring_required", "authorization_required",
            "times_per_code_required",
        ),
        "Corrections and deadlines": (
            "timely_filing_days", "takes_replacement", "takes_new_claim", "takes_void",
            "corrected_claim_days", "corrected_claim_from", "reopening_days", "reopening_from",
            "appeal1_days", "appeal1_from", "appeal1_source",
        ),
        "Payment": ("payment_basis", "era_enrolled"),
        "As a secondary": (
            "secondary_filing_days", "secondary_filing_from", "secondary_co45", "qmb_billing",
            "crossover_wait_days",
        ),
    }
)  # fmt: skip
REST: Final = "Checks before billing"

# A key that nobody says and that has no default: what then happens.
UNSAID: Final[Mapping[str, str]] = MappingProxyType(
    {
        "unit_rule": "claims with timed codes are held",
        "pool_cognitive": "97129 and 97130 are counted by themselves",
        "max_units_per_day": "no cap",
        "max_minutes_per_day": "no cap",
        "max_units_of_code": "no cap",
        "capped_codes": "caps count all timed codes",
        "mue": "no unit limits by code are checked",
        "discipline_modifier": "all claims are held",
        "assistant_modifiers": "claims with an assistant's minutes are held",
        "assistant_reduction_percent": "no assistant cut is expected",
        "assistant_reduction_base": "no assistant cut is expected",
        "ncci": "claims with a pair of the starter table are held",
        "ncci_state": "no state's own table",
        "distinct_modifier": "claims with an edit pair are held",
        "telehealth_place": "telehealth visits without a place of their own are held",
        "telehealth_modifier": "video visits that do not state one are held",
        "telehealth_audio_modifier": "audio visits that do not state one are held",
        "timely_filing_days": "no deadline is checked or shown",
        "takes_replacement": "no replacement is made until this is said",
        "takes_void": "no void is made until this is said",
        "takes_new_claim": "a decided claim is not sent as a new one",
        "corrected_claim_days": "no deadline is shown",
        "reopening_days": "no reopening is offered",
        "bill_as_allowed": "such visits are held",
        "authorization_exempt": "no code is exempt",
        "member_id_shape": "only the payer's own pattern is checked",
        "appeal1_days": "no deadline is shown",
        "appeal1_source": "none is shown",
        "secondary_filing_days": "no deadline is shown",
        "secondary_co45": "its CO-45 is read by the amounts; a whole rest is flagged",
        "qmb_billing": "a QMB's Medicaid claim waits for a person",
        "crossover_wait_days": "a forwarded claim waits for a person",
        "era_enrolled": "claimline missing asks for it until an 835 has come",
    }
)


def topics() -> Mapping[str, tuple[str, ...]]:
    """Every key of a policy, each under one topic; those of no other topic come last."""
    named = {key for keys in TOPICS.values() for key in keys}
    rest = tuple(a.name for a in attrs.fields(Policy) if a.name not in named)
    return MappingProxyType({**TOPICS, REST: rest})


def value_words(value: Any) -> str:
    """A value as the practice file would have it, without quotes; empty where there is none."""
    if value is None or value in {"", ()}:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return str(value)


def unsaid_words(key: str, value: Any) -> str:
    """What holds where nobody says the key: its default, or what happens then."""
    if value_words(value):
        return "default"
    return "not said: " + UNSAID.get(key, "nothing is assumed")
