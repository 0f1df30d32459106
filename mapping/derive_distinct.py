"""59 or X{EPSU}: a separate service of an edit pair, where times or an attestation show it."""

from mapping.day import Day, Share


def derive(day: Day, share: Share) -> tuple[str, str] | None:
    """The payer's distinct modifier for the column 2 code of a pair that was separate."""
    wanted = day.policy.distinct_modifier
    if wanted is None or wanted == "none":
        return None
    code = share.row.code
    for found in day.separations:
        pair = found.pair
        if pair.column2 == code and found.evidence and pair.decides and not found.explicit:
            return wanted, f"{code} with {pair.column1}, {found.evidence}"
    return None
