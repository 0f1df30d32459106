"""What the steps of a night answer, and what the morning's page is made of. No patient data."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Literal

from attrs import field, frozen

from claimline.errors import DONE, NEEDS_PERSON

Urgency = Literal["now", "today", "soon", "know"]


@frozen(kw_only=True)
class Note:
    """One thing a person should know in the morning: what, how much, what to do, whom to call."""

    kind: str  # our own code, as of a Problem: "missing.999", "proof.not-explained"
    urgency: Urgency  # know: nothing to do
    what: str  # one sentence
    todo: str = ""
    call: str = ""  # whom, with the number
    count: int = 1
    days: int | None = None  # how old it is
    money: Decimal | None = None
    ids: tuple[str, ...] = ()  # files, claims, traces: to look further


@frozen(kw_only=True)
class Step:
    """What one step of a night did. ``status`` is an exit status: 0, 1 or 3."""

    name: str  # collect, receive, post, build, send, missing, proof
    status: int = DONE
    counts: Mapping[str, int | str] = field(factory=dict)  # shown, and metrics where they are int
    notes: tuple[Note, ...] = ()
    detail: Mapping[str, Any] = field(factory=dict)  # JSON, for the machine-readable report
    seconds: float = 0.0

    @property
    def needs_person(self) -> bool:
        """Whether somebody has to do something."""
        return self.status == NEEDS_PERSON or any(note.urgency != "know" for note in self.notes)
