"""Who treated, and where, as reports group claims: from the claim as it was sent."""

from edi.claim import Claim


def rendering_npi(claim: Claim) -> str:
    """The NPI of who treated: 2310B, else the first line's 2420A, else the billing provider's.

    2310B is left out where the billing provider treated (005010X222A1, 2310B).
    """
    on_lines = (line.rendering for line in claim.lines if line.rendering is not None)
    party = claim.rendering or next(on_lines, None) or claim.billing
    return party.id


def place(claim: Claim) -> str:
    """Where, of a claim made elsewhere: the service facility's NPI or name (2310C), else empty."""
    return "" if claim.facility is None else claim.facility.id or claim.facility.name
