"""What a professional claim must be beyond the guide's syntax: no engine of X12 asks for it.

Each method looks at one kind of segment of an 837P; the state is that of the claim at hand.
"""

from collections.abc import Mapping

from edi.check_balance import Balance
from edi.check_codes import Finding
from edi.check_money import cents, dollars
from edi.check_numbers import NOTHING, Call
from edi.npi import is_npi
from edi.problem import declare

declare(
    {
        "claim.charge-differs": (
            "The claim's charge (CLM02) is not the sum of its lines (SV102).",
            "Correct the one or the other.",
        ),
        "claim.money-decimals": (
            "An amount of money has more than two decimals.",
            "Round it to cents.",
        ),
        "claim.negative": ("A charge or a number of units is negative.", "Correct it."),
        "claim.pointer": (
            "A line points to a diagnosis the claim does not have.",
            "Correct SV107, or add the diagnosis to HI.",
        ),
        "claim.diagnosis-mixed": (
            "The claim mixes ICD-9 and ICD-10 diagnoses.",
            "Use one of them: ICD-10 from 1 October 2015 on.",
        ),
        "claim.diagnosis-point": ("A diagnosis code is written with its point.", "Leave it out."),
        "claim.patient-level": (
            "SBR02 and the patient's level do not fit each other.",
            "18 in SBR02 and no patient level, or empty SBR02 and a patient level.",
        ),
        "claim.range-reversed": ("A range of dates ends before it starts.", "Swap the dates."),
        "claim.duplicate": (
            "The same patient control number (CLM01) stands earlier in the file.",
            "See that the claim is not sent twice; give each claim its own number.",
        ),
        "claim.npi": ("The check digit of an NPI is wrong.", "Look for a typing error."),
    }
)


def auditors(name: str, claims: set[str]) -> list[Mapping[str, Call]]:
    """Segment id -> what looks at it beyond the guide, for a new transaction of that guide."""
    if name == "837P":
        return [ClaimRules(claims).calls()]
    if name == "835":
        return [Balance().calls()]
    return []


class ClaimRules:
    """The rules of an 837P across segments."""

    def __init__(self, claims: set[str]) -> None:
        self._claims = claims  # CLM01 seen in the file
        self._number = 0  # of the CLM at hand; 0: none
        self._charge: int | None = None  # cents
        self._lines: int | None = 0  # cents
        self._diagnoses = 0
        self._level = ""  # HL03
        self._is_patient = False  # SBR02 = 18
        self._awaits_subscriber = False

    def calls(self) -> Mapping[str, Call]:
        """Segment id -> what looks at it."""
        return {
            "HL": self.level,
            "SBR": self.subscriber,
            "CLM": self.claim,
            "HI": self.diagnoses,
            "SV1": self.service,
            "DTP": self.date,
            "NM1": self.name,
            "SE": self.end,
        }

    def level(self, text: str, _number: int) -> list[Finding]:
        """HL: a claim ends; a patient's level under a subscriber who is the patient is wrong."""
        found = self._close()
        self._level = text[-4:-2]
        self._awaits_subscriber = self._level == "22"
        if self._level == "23" and self._is_patient:
            words = "a patient level (HL*23) follows a subscriber who is the patient (SBR02 = 18)"
            found = [*found, _finding("claim.patient-level", words, "HL03", "2000C")]
        return found

    def subscriber(self, text: str, _number: int) -> list[Finding]:
        """SBR of 2000B; that of another payer (2320) says nothing here."""
        if self._awaits_subscriber:
            self._is_patient = text.split("*", 3)[2:3] == ["18"]
            self._awaits_subscriber = False
        return NOTHING

    def claim(self, text: str, number: int) -> list[Finding]:
        """CLM."""
        found = self._close()
        elements = [*text.split("*", 3), "", ""]
        self._number = number
        self._lines = 0
        self._diagnoses = 0
        self._charge = cents(elements[2])
        if self._charge is None or self._charge < 0:
            found = [*found, *_money("CLM02", self._charge, elements[2], "2300")]
        if elements[1] in self._claims:
            words = "the patient control number (CLM01) stands earlier in this file"
            finding = _finding("claim.duplicate", words, "CLM01", "2300", level="warning")
            found = [*found, finding]
        self._claims.add(elements[1])
        if self._level == "22" and not self._is_patient:
            words = "the claim hangs under the subscriber, but SBR02 does not say 18 (self)"
            found = [*found, _finding("claim.patient-level", words, "SBR02", "2300")]
        return found

    def diagnoses(self, text: str, _number: int) -> list[Finding]:
        """HI: diagnoses are counted; other lists (BP, BG) are not diagnoses."""
        if not text.startswith(("HI*ABK:", "HI*BK:")):
            return NOTHING
        codes = text.split("*")[1:]
        self._diagnoses = len(codes)
        found = []
        if len({code.startswith("A") for code in codes}) > 1:
            words = "ICD-9 (BK, BF) and ICD-10 (ABK, ABF) qualifiers stand in one HI"
            found.append(_finding("claim.diagnosis-mixed", words, "HI01-1", "2300"))
        if "." in text:
            words = "a diagnosis code is written with its point"
            found.append(_finding("claim.diagnosis-point", words, "HI01-2", "2300"))
        return found

    def service(self, text: str, _number: int) -> list[Finding]:
        """SV1."""
        elements = [*text.split("*", 8), "", "", "", "", "", "", ""]
        charge = cents(elements[2])
        if charge is None or self._lines is None:
            self._lines = None
        else:
            self._lines += charge
        found = []
        if charge is None or charge < 0:
            found += _money("SV102", charge, elements[2], "2400")
        if elements[4].startswith("-"):
            found.append(_finding("claim.negative", "SV104 (units) is negative", "SV104", "2400"))
        for place, pointer in enumerate(elements[7].split(":"), 1):
            if self._diagnoses and pointer.isdigit() and int(pointer[:4]) > self._diagnoses:
                words = f"the line points to diagnosis {pointer[:4]}, "
                words += f"the claim has {self._diagnoses}"
                found.append(_finding("claim.pointer", words, f"SV107-{place}", "2400"))
        return found

    def date(self, text: str, _number: int) -> list[Finding]:
        """DTP with a range."""
        if text[8:11] == "RD8" and text[12:20] > text[21:29]:
            words = "the range of dates ends before it starts"
            return [_finding("claim.range-reversed", words, "DTP03")]
        return NOTHING

    def name(self, text: str, _number: int) -> list[Finding]:
        """NM1 with an NPI."""
        before, qualifier, number = text.rpartition("*XX*")
        if qualifier and before.count("*") == 7 and not is_npi(number):
            words = "NM109 is no NPI: its check digit is wrong"
            return [_finding("claim.npi", words, "NM109", level="warning", value=number)]
        return NOTHING

    def end(self, _text: str, _number: int) -> list[Finding]:
        """SE: the last claim ends."""
        return self._close()

    def _close(self) -> list[Finding]:
        number, self._number = self._number, 0
        if not number or self._charge is None or self._lines in {None, self._charge}:
            return NOTHING
        assert self._lines is not None
        words = (
            f"CLM02 is {dollars(self._charge)}, but the lines (SV102) sum to "
            f"{dollars(self._lines)}: difference {dollars(self._charge - self._lines)}"
        )
        return [_finding("claim.charge-differs", words, "CLM02", "2300", segment=number)]


def _money(element: str, amount: int | None, text: str, loop: str) -> list[Finding]:
    """What is wrong with an amount that is negative or not cents; the guide tells no number."""
    if amount is not None:
        return [_finding("claim.negative", f"{element} (charge) is negative", element, loop)]
    if "." in text:
        words = f"{element} has more than two decimals"
        return [_finding("claim.money-decimals", words, element, loop)]
    return NOTHING


def _finding(
    code: str,
    message: str,
    element: str,
    loop: str = "",
    *,
    level: str = "error",
    segment: int = 0,
    value: str = "",
) -> Finding:
    return Finding(
        code=code,
        message=message,
        element=element,
        loop=loop,
        level="warning" if level == "warning" else "error",
        segment=segment,
        value=value,
    )
