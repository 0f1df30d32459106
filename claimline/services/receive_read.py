"""One 835 read through: its claims some hundred at a time, what does not add up, and its end."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal

from attrs import field, frozen

from claimline.services.collector import swept
from edi.problem import Problem
from edi.remittance import RemittanceHeader, RemittanceTrailer
from reconcile.balance import Balance, Difference
from reconcile.ledger import bulk, posting
from reconcile.ledger.payments import Kept, Reading, first_of

Claims = list[tuple[Kept, int]]  # with the cents that their own figures leave open


@frozen(kw_only=True)
class Ended:
    """What is known of a payment when all of it was read."""

    trailer: RemittanceTrailer = field(factory=RemittanceTrailer)
    claims_paid: Decimal
    difference: Decimal  # claims - provider adjustments - BPR02
    unbalanced: int  # claims whose own figures do not add up
    problems: tuple[Problem, ...] = field(repr=False)
    more: int = 0  # problems, beyond those


def together(shares: Sequence[Ended]) -> Ended:
    """The end of a payment that several readers read: ``reconcile.ledger.payments.Share``.

    The first knows what belongs to no claim; its difference leaves out what the others' claims pay.
    """
    first, *others = shares
    problems, more = first_of(p for one in shares for p in one.problems)
    return Ended(
        trailer=first.trailer,
        claims_paid=sum((one.claims_paid for one in others), first.claims_paid),
        difference=sum((one.claims_paid for one in others), first.difference),
        unbalanced=sum(one.unbalanced for one in shares),
        problems=tuple(problems),
        more=more + sum(one.more for one in shares),
    )


class Through:
    """Reads a payment through, once."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._parts = reading.parts()
        self._balance = Balance()
        self._unbalanced = 0
        self._paid = Decimal("0.00")
        self._trailer = RemittanceTrailer()
        self._difference = Decimal("0.00")
        header = next(self._parts)
        assert isinstance(header, RemittanceHeader), "the reader gives the header first"
        self._balance.add_header(header)
        self.faults = header.faults

    def batches(self, wanted: Callable[[str], bool]) -> Iterator[Claims]:
        """The claims whose fingerprint is wanted."""
        yield from swept(bulk.batches(self._claims(wanted), self._reading.batch))

    def _claims(self, wanted: Callable[[str], bool]) -> Iterator[tuple[Kept, int]]:
        for part in self._parts:
            if isinstance(part, RemittanceTrailer):
                self._trailer = part
                for odd in self._balance.add_trailer(part):
                    self._difference = odd.expected - odd.actual
            elif isinstance(part, Kept):
                found = self._balance.add_claim(part.payment)
                self._balance.differences.clear()  # told as problems; memory stays flat
                self._paid += part.payment.paid
                if found:
                    self._tell(found)
                if wanted(part.fingerprint):
                    yield part, posting.claim_difference(found)

    def _tell(self, found: Iterable[Difference]) -> None:
        real = [one for one in found if one.level != "information"]
        self._unbalanced += bool(real)
        for one in real:
            self._reading.tell(
                f"remit.{one.level}-unbalanced",
                f"{one.equation} does not hold: expected {one.expected:.2f}, sent "
                f"{one.actual:.2f}. The difference of {one.expected - one.actual:.2f} is kept as "
                "not explained.",
                segment=one.position,
                claim=one.claim,
            )

    def ended(self) -> Ended:
        """What is known once all batches were taken."""
        problems, more = first_of(self._reading.problems)
        return Ended(
            trailer=self._trailer,
            claims_paid=self._paid,
            difference=self._difference,
            unbalanced=self._unbalanced,
            problems=tuple(problems),
            more=more + self._reading.more,
        )
