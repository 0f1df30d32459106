"""The usual refusals of therapy lines, as data: each is a scenario of its own.

Codes and where they come from: the public CARC and RARC lists; which payer uses which is trade
experience. Words are ours.
"""

from typing import Final

from attrs import frozen


@frozen(kw_only=True)
class Denial:
    """A refusal: what stands in CAS, in LQ and in MOA.

    ``medicare`` True: by Part B only; False: by others only; None: by anybody.
    ``beside``: fits only where one of these codes was billed on the same claim.
    """

    name: str
    about: str
    group: str
    reason: str
    remarks: tuple[str, ...] = ()
    claim_remarks: tuple[str, ...] = ()
    status: str = "1"
    medicare: bool | None = None
    beside: tuple[str, ...] = ()
    whole_claim: bool = False


DENIALS: Final = (
    Denial(
        name="denied-bundled",
        about="97530 is included in manual therapy of the day (CO-97, N20)",
        group="CO", reason="97", remarks=("N20",), medicare=False, beside=("97140",),
    ),
    Denial(
        name="denied-ncci",
        about="97530 is the second code of an NCCI pair (CO-236)",
        group="CO", reason="236", medicare=True, beside=("97140", "97164", "97116", "97168"),
    ),
    Denial(
        name="denied-authorization",
        about="no authorization on file (CO-197)",
        group="CO", reason="197", medicare=False,
    ),
    Denial(
        name="denied-unprocessable",
        about="returned as unprocessable: a modifier is missing (CO-16, N822, MA130 in MOA)",
        group="CO", reason="16", remarks=("N822",), claim_remarks=("MA130",), medicare=True,
        whole_claim=True,
    ),
    Denial(
        name="denied-modifier",
        about="modifier does not fit the code (CO-4, N519)",
        group="CO", reason="4", remarks=("N519",),
    ),
    Denial(
        name="denied-threshold",
        about="therapy threshold reached and no KX (CO-119)",
        group="CO", reason="119", medicare=True,
    ),
    Denial(
        name="denied-necessity",
        about="not medically necessary to the payer (CO-50, N115)",
        group="CO", reason="50", remarks=("N115",), claim_remarks=("MA01",),
    ),
    Denial(
        name="denied-units",
        about="more units than the payer takes for a day, the whole line (CO-151, N362)",
        group="CO", reason="151", remarks=("N362",),
    ),
    Denial(
        name="denied-duplicate",
        about="the payer says it has this line already (OA-18, N522)",
        group="OA", reason="18", remarks=("N522",),
    ),
    Denial(
        name="denied-records",
        about="records are wanted first (CO-252, M127)",
        group="CO", reason="252", remarks=("M127",),
    ),
    Denial(
        name="denied-visit-limit",
        about="the plan's visits of the year are used up (PR-119)",
        group="PR", reason="119", medicare=False,
    ),
    Denial(
        name="denied-diagnosis",
        about="diagnosis does not support the code (CO-11)",
        group="CO", reason="11",
    ),
    Denial(
        name="denied-coordination",
        about="another payer should pay first (CO-22)",
        group="CO", reason="22", claim_remarks=("MA04",), whole_claim=True,
    ),
    Denial(
        name="denied-late",
        about="filed after the payer's limit (CO-29)",
        group="CO", reason="29", whole_claim=True,
    ),
)  # fmt: skip
