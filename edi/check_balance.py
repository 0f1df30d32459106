"""Whether an 835 balances at line, claim and transaction (TR3 005010X221A1 1.10.2.1; RFI 2601).

Line: SVC02 less its adjustments is SVC03 (RFI 2348). Claim: CLP03 less the adjustments of the claim
and of all its lines is CLP04 (RFI 358). Transaction: the sum of CLP04 less the PLB amounts is
BPR02. Integer cents; nothing is kept but sums, so memory is flat.
"""

from collections.abc import Mapping

from edi.check_codes import Finding
from edi.check_money import cents, dollars
from edi.check_numbers import NOTHING, Call
from edi.problem import declare

_ASK = "Post with care and ask the payer; the difference is not to be written off by itself."

declare(
    {
        "remit.line-unbalanced": ("A line's charge less adjustments is not what was paid.", _ASK),
        "remit.claim-unbalanced": ("A claim's charge less adjustments is not what was paid.", _ASK),
        "remit.transaction-unbalanced": (
            "The claims' payments less provider adjustments are not the amount of the payment.",
            _ASK,
        ),
    }
)


class Account:
    """Charge less adjustments against paid, of a line or claim; ``bad``: unreadable."""

    __slots__ = ("adjusted", "bad", "charge", "number", "paid")

    def __init__(self, number: int, charge: int | None, paid: int | None) -> None:
        self.number = number  # of its segment
        self.bad = charge is None or paid is None
        self.charge = charge or 0
        self.paid = paid or 0
        self.adjusted = 0

    def finding(self, code: str, loop: str, element: str) -> list[Finding]:
        """What is off, if anything."""
        difference = self.charge - self.adjusted - self.paid
        if self.bad or not difference:
            return NOTHING
        return [
            Finding(
                code=code,
                loop=loop,
                element=element,
                segment=self.number,
                message=f"charge {dollars(self.charge)} less adjustments {dollars(self.adjusted)} "
                f"gives {dollars(self.paid + difference)}, but {element} says "
                f"{dollars(self.paid)} was paid: difference {dollars(-difference)}",
            )
        ]


class Balance:
    """The three equations of one transaction."""

    def __init__(self) -> None:
        self._claim: Account | None = None
        self._line: Account | None = None
        self._total: int | None = 0  # BPR02
        self._is_debit = False  # BPR03
        self._number = 0  # of BPR
        self._paid = 0  # CLP04
        self._provider = 0  # PLB
        self._bad = False

    def calls(self) -> Mapping[str, Call]:
        """Segment id -> what looks at it."""
        return {
            "BPR": self.payment,
            "CLP": self.claim,
            "CAS": self.adjustment,
            "SVC": self.service,
            "PLB": self.provider,
            "SE": self.end,
        }

    def payment(self, text: str, number: int) -> list[Finding]:
        """BPR."""
        self._number = number
        _, _, total, sign, *_ = [*text.split("*", 4), "", "", ""]
        self._total, self._is_debit = cents(total), sign == "D"
        return NOTHING

    def claim(self, text: str, number: int) -> list[Finding]:
        """CLP."""
        found = self._close()
        elements = text.split("*", 5)
        if len(elements) < 5:
            self._bad = True
            return found
        paid = cents(elements[4])
        self._claim = Account(number, cents(elements[3]), paid)
        if paid is None:
            self._bad = True
        else:
            self._paid += paid
        return found

    def service(self, text: str, number: int) -> list[Finding]:
        """SVC."""
        line = self._line
        found = line.finding("remit.line-unbalanced", "2110", "SVC03") if line else NOTHING
        elements = text.split("*", 4)
        if len(elements) < 4:
            elements += ["", "", ""]
        self._line = Account(number, cents(elements[2]), cents(elements[3]))
        return found

    def adjustment(self, text: str, _number: int) -> list[Finding]:
        """CAS: up to six amounts, of the line where one is open; they count for the claim too."""
        elements = text.split("*")
        total = cents(elements[3]) if len(elements) > 3 else 0
        for amount in elements[6::3]:
            more = cents(amount)
            total = None if total is None or more is None else total + more
        for account in (self._line, self._claim):
            if account is None:
                continue
            if total is None:
                account.bad = True
            else:
                account.adjusted += total
        return NOTHING

    def provider(self, text: str, _number: int) -> list[Finding]:
        """PLB: up to six amounts."""
        found = self._close()
        for amount in text.split("*")[4::2]:
            value = cents(amount)
            if value is None:
                self._bad = True
            else:
                self._provider += value
        return found

    def end(self, _text: str, _number: int) -> list[Finding]:
        """SE."""
        found = self._close()
        total = self._total
        if self._bad or total is None or not self._number:
            return found
        total = -total if self._is_debit and total > 0 else total
        difference = self._paid - self._provider - total
        if not difference:
            return found
        finding = Finding(
            code="remit.transaction-unbalanced",
            element="BPR02",
            segment=self._number,
            message=f"claims paid {dollars(self._paid)} less provider adjustments (PLB) "
            f"{dollars(self._provider)} give {dollars(total + difference)}, but BPR02 says "
            f"{dollars(total)} was paid: difference {dollars(-difference)}",
        )
        return [*found, finding]

    def _close(self) -> list[Finding]:
        """The claim at hand and its last line end."""
        line, claim = self._line, self._claim
        self._line = self._claim = None
        found = line.finding("remit.line-unbalanced", "2110", "SVC03") if line else NOTHING
        if claim is not None and (
            wrong := claim.finding("remit.claim-unbalanced", "2100", "CLP04")
        ):
            return [*found, *wrong]
        return found
