"""The night's lines for machines: what each step did, which file came. No patient data."""

from pathlib import PurePath

from claimline.night.context import Night
from claimline.night.values import Step
from claimline.services.receive_values import FileResult


def log_step(night: Night, step: Step) -> None:
    """One line for a step that is done."""
    if night.log is None:
        return
    night.log.info(
        "step",
        step=step.name,
        status=step.status,
        seconds=round(step.seconds, 3),
        notes=sum(note.urgency != "know" for note in step.notes),
        **{f"count_{key.replace(' ', '_')}": value for key, value in step.counts.items()},
    )


def log_received(night: Night, result: FileResult) -> None:
    """One line for a received file."""
    if night.log is None:
        return
    night.log.info(
        "file",
        file=PurePath(result.file).name,
        digest=result.digest,
        state=result.state,
        status=result.status,
        payments=len(result.payments),
        posted=sum(payment.posted for payment in result.payments),
        problems=len(result.problems),
    )
