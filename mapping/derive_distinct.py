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
        if found.marks != code or found.explicit or not found.evidence or not pair.decides:
            continue
        if pair.indicator == "1":  # with 0 no modifier helps
            where = f" of {found.beside}" if found.beside else ""
            return wanted, f"{code} with {pair.column1}{where}, {found.evidence}"
    return None
