"""The keys a remittance's claims are looked up by: normalised control numbers.

Payers cut, pad, re-case and strip patient control numbers (RFI 504, 525, 535). Ours are unique in
their first twelve characters whatever the case, so a short stem finds the candidates of hundreds
of payments in one query; ``match_claim`` then confirms or refuses them.
"""

from typing import Final

from attrs import field, frozen

from edi.remittance import ClaimPayment

STEM_LENGTH: Final = 12
SHORTEST: Final = 6  # a number cut shorter than this says too little to look up
FILLED: Final = 20  # characters up to which payers fill their claim numbers with zeros


@frozen(kw_only=True)
class CandidateKeys:
    """What to look sent claims up by. Empty means: not by this.

    ``stem`` is compared with ``stem(SentClaim.control)`` and ``stem(SentClaim.family)``. ``prefix``
    is set as well where the number is shorter than twelve characters, perhaps cut: all stems that
    begin with it (a range look-up, ``prefix <= stem < prefix + "~"``). ``payer_controls`` are
    looked up among the payer claim numbers seen so far, ``line_controls`` among those sent.
    The claims of the families found are candidates too.
    """

    stem: str = ""
    prefix: str = ""
    payer_controls: tuple[str, ...] = field(default=(), repr=False)
    line_controls: tuple[str, ...] = ()


def normal(control: str) -> str:
    """Upper case, letters and digits only, no leading zeros."""
    if control.isalnum() and control[0] != "0" and control.isascii():
        return control.upper()
    kept = "".join(c for c in control.upper() if c.isascii() and c.isalnum())
    return kept.lstrip("0")


def stem(control: str) -> str:
    """The first twelve characters of the normalised control number.

    >>> stem("00ab-c")
    'ABC'
    """
    return normal(control)[:STEM_LENGTH]


def payer_numbers(payment: ClaimPayment) -> tuple[str, ...]:
    """The payer claim numbers a payment names: CLP07, and the original's in REF*F8 (RFI 1808)."""
    numbers = [payment.payer_control] if payment.payer_control.strip("0 ") else []
    numbers += [r.value for r in payment.references if r.qualifier == "F8" and r.value]
    return tuple(dict.fromkeys(numbers))


def spellings(number: str) -> tuple[str, ...]:
    """A payer's claim number as another answer may have it: more or fewer zeros, other case.

    >>> spellings("0012ab")[:4]
    ('12ab', '12AB', '012ab', '012AB')
    """
    bare = number.lstrip("0")
    cases = dict.fromkeys((bare, bare.upper(), bare.lower())) if bare else ()
    longest = max(FILLED, len(number)) - len(bare)
    return tuple("0" * zeros + one for zeros in range(longest + 1) for one in cases)


def candidate_keys(payment: ClaimPayment) -> CandidateKeys:
    """The keys to fetch the candidates of one claim payment by."""
    key = stem(payment.control)
    return CandidateKeys(
        stem=key,
        prefix=key if SHORTEST <= len(key) < STEM_LENGTH else "",
        payer_controls=payer_numbers(payment),
        line_controls=tuple(dict.fromkeys(c for line in payment.lines if (c := line.control))),
    )
