"""Proving: what should have come and has not."""

from collections.abc import Sequence

from claimline.errors import DONE, NEEDS_PERSON
from claimline.night.context import Night
from claimline.night.values import Step
from claimline.services.missing import missing, read_limits


def missing_step(night: Night, _before: Sequence[Step]) -> Step:
    """What should have come and has not, with whom to call."""
    with night.ledger() as ledger:
        notes = missing(
            ledger,
            night.practice,
            read_limits(night.config.missing),
            night.now,
            night.usage,
            profiles=night.config.profiles,
        )
    return Step(
        name="missing",
        status=NEEDS_PERSON if any(note.urgency != "know" for note in notes) else DONE,
        counts={note.kind: note.count for note in notes},
        notes=notes,
    )
