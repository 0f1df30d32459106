"""What a number is that was given where another was wanted: a visit id leads to its claims."""

from typing import Final

from claimline.render.words import listed, masked, shown_number
from reconcile.ledger import Ledger, Usage

OF_PATIENTS: Final = frozenset({"patient id", "member id"})
FEW: Final = 3  # claims named that another number leads to


def what_it_is(ledger: Ledger, word: str, usage: Usage | None, *, or_else: str = "claim") -> str:
    """Of a word that is no claim's number: what it is, and which claims it leads to.

    ``or_else`` is what was wanted.

    The word itself may be a member id and is masked.
    """
    leads = [one for one in ledger.find(word) if one.families and usage in {None, one.usage}]
    if not leads:
        return f"{_shown(word)} is no {or_else} that was sent from here"
    kind = leads[0].kind
    shown = masked(word) if kind in OF_PATIENTS else word
    claims = [shown_number(one) for one in leads[0].families[:FEW]]
    more = " and others" if len(leads[0].families) > FEW else ""
    return f"{shown} is no claim's number but a {kind}: it leads to claim {listed(claims)}{more}"


def _shown(word: str) -> str:
    """A number of ours whole, any other masked: it may be a member id."""
    shown = shown_number(word)
    return word if shown == word and len(word) >= len("CP7K2MWQ4XTRB9DEF") else masked(word)
