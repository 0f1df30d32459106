"""59 or X{EPSU}: a separate service of an edit pair, where times or an attestation show it."""

from mapping.day import Day, Share
from mapping.separations import marked


def derive(day: Day, share: Share) -> tuple[str, str] | None:
    """The payer's distinct modifier for the code of a separate pair that takes it."""
    wanted = day.policy.distinct_modifier
    if wanted is None or wanted == "none":
        return None
    code = share.row.code
    for found in day.separations:
        pair = found.pair
        if found.explicit or not found.evidence or not pair.decides or marked(day, found) != code:
            continue
        if pair.indicator == "1":  # with 0 no modifier helps
            where = f" of {found.beside}" if found.beside else ""
            other = pair.column1 if code == pair.column2 else pair.column2
            return wanted, f"{code} with {other}{where}, {found.evidence}"
    return None
