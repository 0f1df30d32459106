"""The equations of the proof, in words: what must be equal, what a difference means, what to do."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from reconcile.proof import Rule

_REBUILD: Final = (
    "Make a backup, then run claimline ledger rebuild: it makes these amounts anew from the kept "
    "files. Differs it again, report it as a fault of Claimline."
)
_VERIFY: Final = (
    "Somebody or something changed the database: claimline verify says what else differs. Restore "
    "the last backup that verifies, and receive the files since again."
)
RULES: Final[tuple[Rule, ...]] = (
    Rule(
        key="claims.state",
        says="every claim sent is in exactly one state",
        unit="count",
        left="claims sent",
        right="claims in a state",
        means="A claim has no state, or a state has no claim: it would be missing from every list.",
        todo=_REBUILD,
    ),
    Rule(
        key="claims.follows",
        says="every state is the one its facts lead to",
        unit="count",
        left="claims in a state",
        right="that follow from the facts",
        means="The state that is kept is not what the acknowledgements and remittances say.",
        todo=_REBUILD,
    ),
    Rule(
        key="claims.charge",
        says="claims are charged what their lines are",
        unit="money",
        left="charge of claims",
        right="charge of lines",
        means="A claim or a line was changed, added or removed after it was sent.",
        todo=_VERIFY,
    ),
    Rule(
        key="claims.kept",
        says="claims are what the kept files sent (CLM02, SV102, AMT*F5)",
        unit="money",
        left="charge in kept files",
        right="charge in the ledger",
        means="The ledger's claim is not the one in the bytes that left.",
        todo=_VERIFY,
    ),
    Rule(
        key="claims.open",
        says="open is what no payer has decided",
        unit="money",
        left="open by the answers",
        right="open by the states",
        means="The amount that waits for a payer is kept wrong: aging and reports use it.",
        todo=_REBUILD,
    ),
    Rule(
        key="claims.moved",
        says="bundling moves money, it makes none",
        unit="money",
        left="moved to other lines",
        right="moved from them",
        means="A payer moved a charge between the lines of a claim (OA-94, CO-97), and the two "
        "sides differ.",
        todo="claimline trace CLAIM shows the lines. Ask the payer which line it paid in place of "
        "which; the claim's own sum holds all the same.",
    ),
    Rule(
        key="lines.adjudicated",
        says="each line closes: charge = paid + adjustments + not explained",
        unit="money",
        left="charge",
        right="paid + adjustments + not explained",
        means="The amounts kept of an answer to a line do not add up to its charge.",
        todo=_REBUILD,
    ),
    Rule(
        key="lines.posted",
        says="postings are what the answers say",
        unit="money",
        left="by the answers",
        right="postings",
        means="A posting is missing, doubled or changed.",
        todo=_REBUILD,
    ),
    Rule(
        key="answers.charge",
        says="all postings of an answer make its charge (CLP03)",
        unit="money",
        left="CLP03",
        right="postings",
        means="A charge or a posting of an answer was changed, or one is missing.",
        todo=_REBUILD,
    ),
    Rule(
        key="answers.paid",
        says="paid postings of an answer make its payment (CLP04)",
        unit="money",
        left="CLP04",
        right="paid postings",
        means="A payment is on the books with another amount than the payer sent.",
        todo=_REBUILD,
    ),
    Rule(
        key="answers.open",
        says="what an answer leaves open is what its postings do not explain",
        unit="money",
        left="left open by the payer",
        right="postings not explained",
        means="The difference of a payer's own figures is kept wrong.",
        todo=_REBUILD,
    ),
    Rule(
        key="answers.unposted",
        says="what is not posted touches no books",
        unit="count",
        left="answers on the books",
        right="of them posted",
        means="An unmatched or parked answer has amounts on a claim, or a posted one is on none.",
        todo=_REBUILD,
    ),
    Rule(
        key="remits.kept",
        says="remittances are what the kept files say (BPR02, CLP02-05, PLB)",
        unit="money",
        left="BPR02 in kept files",
        right="in the ledger",
        means="An amount, a claim or a payment in the ledger is not the one that came.",
        todo=_VERIFY,
    ),
    Rule(
        key="remits.sums",
        says="each remittance's sums are those of its claims and PLBs",
        unit="money",
        left="sums kept",
        right="added up anew",
        means="A claim payment or provider adjustment is missing, doubled or changed.",
        todo=_REBUILD,
    ),
    Rule(
        key="remits.money",
        says="every cent of BPR02 has a place",
        unit="money",
        left="BPR02",
        right="claims - provider adjustments - not explained",
        means="A part of a payment is nowhere, or in two places.",
        todo=_REBUILD,
    ),
    Rule(
        key="adjustments.book",
        says="the book of provider adjustments holds every PLB amount",
        unit="money",
        left="PLB amounts",
        right="entries of the book",
        means="A recovery, a balance carried forward or another PLB amount is not in the book.",
        todo=_REBUILD,
    ),
    Rule(
        key="facts.journal",
        says="facts are as they were recorded (journal)",
        unit="count",
        left="rows recorded",
        right="rows as they were recorded",
        means="What is never changed was changed, removed or put in beside Claimline: a decision, "
        "a visit, a claim as it was sent, a delivery.",
        todo=_VERIFY,
    ),
)
RULE: Final[Mapping[str, Rule]] = MappingProxyType({rule.key: rule for rule in RULES})
