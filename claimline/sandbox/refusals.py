"""What a clearinghouse or payer may say of a claim before any money: named scenarios.

Those of ``CLAIM`` meet one claim, those of ``BATCH`` one ST, those of ``FILE`` one file. A claim
that any of them refuses, or leaves pending, gets no remittance.
"""

from typing import Final, Literal

from attrs import frozen

from edi.x277ca_write import Status

Level = Literal["claim", "batch", "file"]

TAKEN: Final = Status(category="A1", status="19")
ACCEPTED: Final = Status(category="A2", status="20")


@frozen(kw_only=True)
class Refusal:
    """A named way to answer. ``statuses``: of the claim, by who speaks (AY, PR)."""

    name: str
    about: str
    level: Level
    relay: Status = ACCEPTED  # what the clearinghouse says of the claim, or of the batch
    payer: Status | None = None  # what the payer says; None: it never hears of it
    is_paid: bool = False  # whether a remittance follows


REFUSALS: Final = (
    Refusal(
        name="rejected-claim",
        about="the clearinghouse rejects the claim (277CA A7:562, billing provider's NPI)",
        level="claim",
        relay=Status(category="A7", status="562", entity="85", action="U"),
    ),
    Refusal(
        name="rejected-by-payer",
        about="the clearinghouse accepts the claim, the payer rejects it (277CA A3:33, subscriber)",
        level="claim",
        payer=Status(category="A3", status="33", entity="IL", action="U", text="MEMBER NOT FOUND"),
    ),
    Refusal(
        name="pended",
        about="accepted by both; the payer says pending (P1, none of a 277CA's) and never pays",
        level="claim",
        payer=Status(category="P1", status="20"),
    ),
    Refusal(
        name="rejected-transaction",
        about="the 999 rejects one ST (IK5 R) and names a segment: all its claims are rejected",
        level="batch",
    ),
    Refusal(
        name="accepted-with-errors",
        about="the 999 notes an error (IK5 E) and takes the ST: its claims go on",
        level="batch",
        payer=ACCEPTED,
        is_paid=True,
    ),
    Refusal(
        name="rejected-batch",
        about="the clearinghouse rejects the whole ST in its 277CA (HL 21, A3:24), no claim named",
        level="batch",
        relay=Status(category="A3", status="24", entity="41", action="U"),
    ),
    Refusal(
        name="rejected-file",
        about="the TA1 rejects the file (note 025, number used before): nothing of it was taken",
        level="file",
    ),
)
BY_NAME: Final = {refusal.name: refusal for refusal in REFUSALS}
USUAL: Final = Refusal(
    name="accepted",
    about="taken by all: TA1 and 999 A, 277CA A2 of clearinghouse and payer",
    level="claim",
    payer=ACCEPTED,
    is_paid=True,
)
