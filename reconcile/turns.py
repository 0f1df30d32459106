"""A claim to a second payer bills lines that were billed before: its answers stand on those lines.

The money of a service line is in one place, whoever pays: on the claim to the first payer. The
claim to the next one is of the same family and has numbers of its own, so that its remittance is
found for certain; what that says is then told of the first claim's lines, number by number.
"""

from collections.abc import Sequence
from typing import Final, Literal

from attrs import evolve

from edi.claim import FREQUENCY_VOID
from reconcile.values import Adjudication, LineShare, SentClaim, UnmatchedLine

FIRST: Final = "P"  # SBR01


def is_later_turn(claim: SentClaim) -> bool:
    """Whether the claim was sent to a second or third payer after one to the first."""
    return claim.payer_rank != FIRST and claim.family != claim.control


def home(claim: SentClaim, earlier: Sequence[SentClaim]) -> SentClaim:
    """The claim on whose lines the answers to ``claim`` stand: itself but for later turns.

    Args:
        claim: that an answer was matched to.
        earlier: the claims of its family that were sent before it, oldest first.
    """
    if not is_later_turn(claim):
        return claim
    lines = [(line.number, line.code, line.charge) for line in claim.lines]
    for one in reversed(earlier):
        same = [(line.number, line.code, line.charge) for line in one.lines] == lines
        if one.payer_rank == FIRST and one.frequency != FREQUENCY_VOID and same:
            return one
    return claim


def onto(adjudication: Adjudication, claim: SentClaim, first: SentClaim) -> Adjudication:
    """An answer to ``claim`` told of the lines of ``first``, which have the same numbers.

    A second payer that says it decided first (CLP02 1) is believed no more than our own claim.
    """
    number = {line.control: line.number for line in claim.lines}
    control = {line.number: line.control for line in first.lines}
    lines = {own: control[n] for own, n in number.items()}
    return evolve(
        adjudication,
        claim=first.control,
        rank=turn_of(claim) if adjudication.rank == FIRST else adjudication.rank,
        lines=tuple(_share(share, lines) for share in adjudication.lines),
        unmatched=tuple(_unmatched(line, lines) for line in adjudication.unmatched),
    )


def turn_of(claim: SentClaim) -> Literal["P", "S", "T"]:
    """The turn of payers that the claim was sent in (SBR01)."""
    if claim.payer_rank == FIRST:
        return "P"
    return "S" if claim.payer_rank == "S" else "T"


def _share(share: LineShare, lines: dict[str, str]) -> LineShare:
    bundled = lines.get(share.bundled_into, share.bundled_into)
    return evolve(share, line=lines[share.line], bundled_into=bundled)


def _unmatched(line: UnmatchedLine, lines: dict[str, str]) -> UnmatchedLine:
    return evolve(line, candidates=tuple(lines.get(one, one) for one in line.candidates))
