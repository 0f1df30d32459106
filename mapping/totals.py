"""What has been allowed for a patient's therapy in a year, and what is to be said of a claim by it.

Amounts are allowed amounts (deductible and coinsurance included), in the order in which claims are
sent, per patient, calendar year and bucket: physical therapy and speech-language pathology
together, occupational therapy apart (SSA 1833(g); CMS Pub. 100-04 ch. 5 sec. 10.3).
"""

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Final, Literal

from attrs import field

if TYPE_CHECKING:  # frozen to the reader and to mypy; cheap to make by the million at run time
    from attrs import frozen as value
else:
    from attrs import define as value

Bucket = Literal["PT+SLP", "OT"]
BUCKETS: Final[tuple[Bucket, ...]] = ("PT+SLP", "OT")
TotalKey = tuple[str, int, Bucket]  # patient key, year of service, bucket
State = Literal["under", "over", "unsure", "no table"]
ZERO: Final = Decimal("0.00")


def bucket(discipline: str) -> Bucket:
    """The bucket of a plan of care, or of its modifier (GP, GN; GO)."""
    return "OT" if discipline in {"OT", "GO"} else "PT+SLP"


@value(kw_only=True)
class RunningTotal:
    """What a bucket holds: an entered eligibility figure, and our own claims sent since its day.

    ``own`` is what is known of our own lines; those of which no allowed amount is known count at
    their charge in ``bound``: the payer allows the lesser of charge and fee.
    """

    figure: Decimal | None = None  # None: nobody entered one; other providers are not counted
    as_of: dt.date | None = field(default=None, repr=False)  # day of the figure
    source: str = ""  # "HETS 271", "MAC portal"
    own: Decimal = ZERO
    bound: Decimal = ZERO
    unknown: int = 0  # lines in ``bound``

    @property
    def at_least(self) -> Decimal:
        """What is known for certain."""
        return (self.figure or ZERO) + self.own

    @property
    def at_most(self) -> Decimal:
        """With lines of unknown amount at their charge; other providers since are not in it."""
        return self.at_least + self.bound

    def plus(self, own: Decimal, bound: Decimal = ZERO, unknown: int = 0) -> "RunningTotal":
        """With further lines of our own."""
        return RunningTotal(
            figure=self.figure,
            as_of=self.as_of,
            source=self.source,
            own=self.own + own,
            bound=self.bound + bound,
            unknown=self.unknown + unknown,
        )


@value(kw_only=True)
class DeductibleLeft:
    """What is left of a patient's yearly deductible, as somebody entered it."""

    amount: Decimal
    as_of: dt.date = field(repr=False)
    source: str = ""

    def less(self, allowed: Decimal) -> "DeductibleLeft":
        """After a claim of that much: the deductible is taken from what is allowed."""
        left = max(self.amount - allowed, ZERO)
        return DeductibleLeft(amount=left, as_of=self.as_of, source=self.source)


@value(kw_only=True)
class Reckoning:
    """Where a bucket stands with the claim at hand."""

    year: int
    bucket: Bucket
    state: State
    threshold: Decimal | None
    review: Decimal | None
    after: RunningTotal  # this claim included
    because: str


NOTHING_YET: Final = RunningTotal()
