"""When the mapper puts a modifier on a line by itself, and what must show it."""

from typing import Final

PAIRS: Final = "two codes of an edit pair in force on the day, on the line of column 2"
SEPARATE: Final = "times of both codes that do not meet, or separate_block in the visit"
STATED: Final = "never by itself: state it in the visit"

# Modifier: when it is derived, the evidence asked for.
DERIVED: Final[dict[str, tuple[str, str]]] = {
    **dict.fromkeys(("59", "XE", "XS", "XP", "XU"), (PAIRS, SEPARATE)),
    **dict.fromkeys(
        ("GP", "GO", "GN"),
        (
            "on the lines where the payer's policy wants it",
            "discipline of the visit's plan of care",
        ),
    ),
    **dict.fromkeys(
        ("CQ", "CO"),
        (
            "on the units an assistant furnished in whole or in part, where the payer wants it",
            "minutes or blocks of therapist and assistant",
        ),
    ),
    "KX": (
        "from the claim on that crosses the year's threshold, where the payer has one",
        "the therapist's statement (kx of the visit), and the patient's running total",
    ),
    "GA": ("where a required advance notice is in the visit", "abn of the visit, kind required"),
    "GX": ("where a voluntary advance notice is in the visit", "abn of the visit, kind voluntary"),
    **dict.fromkeys(
        ("95", "93", "GT"),
        ("on telehealth visits, as the payer's policy says", "telehealth of the visit"),
    ),
}


def derived(code: str) -> tuple[str, str]:
    """When a modifier is derived and by what evidence; that it is not, for all others."""
    return DERIVED.get(code, (STATED, ""))
