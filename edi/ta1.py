"""TA1: what a receiver says of a whole interchange, both ways.

A TA1 stands between ISA and GS, alone in its interchange, or (as some write) after GE.
Sources: the interchange control structures (X12.5); note codes TA105 of X12 list I18.
"""

from collections.abc import Sequence
from typing import Final, Literal

from edi.acknowledgement import Acknowledged, Acknowledgement, Status, Verdict
from edi.elements import read_date
from edi.envelope import Interchange

__all__ = ["NO_ERROR", "answer", "control_text", "read_ta1"]

NO_ERROR: Final = "000"
_CONTROL_LENGTH: Final = 9
_VERDICTS: Final[dict[str, Verdict]] = {
    "A": "accepted",
    "E": "accepted with errors",
    "R": "rejected",
}


def read_ta1(interchange: Interchange) -> tuple[Acknowledgement, ...]:
    """Every TA1 of an interchange, in order; each speaks of one interchange of ours.

    Ask when the interchange is read to its end (``interchange.drain()``): a TA1 after GE is met
    last. What cannot be read is a Problem in the list that was given to ``edi.envelope.read``.
    """
    return tuple(_one(interchange, ack) for ack in interchange.interchange_acks)


def _one(interchange: Interchange, ack: Sequence[str]) -> Acknowledgement:
    _, control, day, time, code, note = [*(text.strip() for text in ack), *[""] * 6][:6]
    verdict = _VERDICTS.get(code.upper(), "other")
    if verdict == "other":
        words = "TA104 is not A, E or R: whether the interchange was accepted is not known."
        interchange.tell("ack.verdict", words, "TA1:024", level="warning", element="TA104")
    status = Status(list="TA105", code=note.zfill(3) if note else "")
    name = interchange.sender[1].strip()
    return Acknowledgement(
        kind="TA1",
        source="translator",
        source_name=name,
        source_id=name,
        date=read_date(f"20{day}") if len(day) == len("YYMMDD") else read_date(day),
        things=(
            Acknowledged(
                level="interchange",
                verdict=verdict,
                interchange=control_text(control),
                made=f"{day} {time}".strip(),
                statuses=(status,) if note else (),
            ),
        ),
    )


def control_text(control: str) -> str:
    """An interchange's number as ISA13 has it, nine digits: Office Ally's TA1 says ``101``."""
    return control.zfill(_CONTROL_LENGTH) if control.isdigit() else control


def answer(header: Sequence[str], code: Literal["A", "E", "R"], note: str) -> tuple[str, ...]:
    """The TA1 that answers a received interchange: its date and time stand as they came.

    Args:
        header: ISA01 to ISA16 as ``Interchange.header`` has them.
        code: A accepted, E accepted with errors (not to be sent again), R rejected.
        note: TA105, ``000`` for no error.
    """
    return ("TA1", control_text(header[12]), header[8], header[9], code, note)
