"""The one door to matching: claims first, then their lines. Each match names its method."""

from typing import Final

from reconcile.keys import CandidateKeys, candidate_keys, stem
from reconcile.match_claim import MATCHERS, match_claim
from reconcile.match_claim import METHODS as CLAIM_METHODS
from reconcile.match_lines import (
    LINE_MATCHERS,
    LINE_METHODS,
    LineMatches,
    Pairing,
    Unpaired,
    match_lines,
)

METHODS: Final = CLAIM_METHODS + LINE_METHODS

__all__ = [
    "CLAIM_METHODS",
    "LINE_MATCHERS",
    "LINE_METHODS",
    "MATCHERS",
    "METHODS",
    "CandidateKeys",
    "LineMatches",
    "Pairing",
    "Unpaired",
    "candidate_keys",
    "match_claim",
    "match_lines",
    "stem",
]
