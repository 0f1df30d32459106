"""A night from beginning to end: the steps in their order, each by itself, then the report.

A step that fails does not stop those that can still go safely. Only when the ledger itself cannot
be read or written nothing more is done, but to tell: what is not recorded must not be sent.
"""

import time
import traceback
from collections.abc import Callable, Collection, Sequence
from pathlib import PurePath
from typing import Final

from attrs import evolve, frozen

from claimline.errors import COULD_NOT_RUN, NEEDS_PERSON, CommandError
from claimline.night.context import HaltedError, Night
from claimline.night.logs import log_step
from claimline.night.steps_bank import bank_step
from claimline.night.steps_build import build_step
from claimline.night.steps_proof import missing_step, proof_step
from claimline.night.steps_receive import post_step, receive_step
from claimline.night.steps_transfer import collect_step, send_step
from claimline.night.steps_waiting import waiting_step
from claimline.night.values import Note, Step
from reconcile.ledger import LedgerError

AGAIN: Final = "run claimline night again: what is done is not done twice"
_REPORT: Final = "tell the makers of Claimline the place; the other steps are not touched by it"


@frozen(kw_only=True)
class Part:
    """A step by its name: what it does in a few words, and how."""

    name: str
    does: str
    work: Callable[[Night, Sequence[Step]], Step]  # the steps before, with what they did


STEPS: Final = (
    Part(name="collect", does="files of the clearinghouses into the inbox", work=collect_step),
    Part(name="receive", does="files of the inbox into the ledger", work=receive_step),
    Part(name="post", does="payments that a run before was cut off in", work=post_step),
    Part(name="bank", does="deposits of the bank's files into the ledger", work=bank_step),
    Part(name="build", does="claims of visits, and to further payers", work=build_step),
    Part(name="send", does="files of claims to the clearinghouses", work=send_step),
    Part(name="waiting", does="what waits for a person", work=waiting_step),
    Part(name="missing", does="what should have come and has not", work=missing_step),
    Part(name="proof", does="whether every claim and every cent is accounted for", work=proof_step),
)


def names() -> tuple[str, ...]:
    """The steps in their order."""
    return tuple(part.name for part in STEPS)


def steps(night: Night, wanted: Collection[str], check: Callable[[], None]) -> tuple[Step, ...]:
    """Do the steps that are wanted, in their order.

    Args:
        night: this one.
        wanted: their names.
        check: raises a ``LedgerError`` where no further step may begin.
    """
    done: list[Step] = []
    halted: LedgerError | None = None
    for part in STEPS:
        if part.name not in wanted:
            continue
        if halted is not None:
            done.append(_left_out(part, halted))
            continue
        step, halted = _done(part, night, done, check)
        log_step(night, step)
        done.append(step)
    return tuple(done)


def _done(
    part: Part, night: Night, before: Sequence[Step], check: Callable[[], None]
) -> tuple[Step, LedgerError | None]:
    """One step, with how long it took; and the ledger's error, where that ends the night."""
    begun = time.monotonic()
    halted: LedgerError | None = None
    try:
        check()
        step = part.work(night, before)
    except HaltedError as error:
        halted = error.cause
        step = _with(error.step, _failed(part, halted.message, halted.todo))
    except LedgerError as error:
        halted = error
        step = _with(Step(name=part.name), _failed(part, error.message, error.todo))
    except CommandError as error:
        step = _with(Step(name=part.name), _failed(part, error.message, error.todo))
    except OSError as error:
        reason = error.strerror or type(error).__name__
        what = f"the system refused to read or write: {reason}"
        step = _with(Step(name=part.name), _failed(part, what, f"see to the disk; {AGAIN}"))
    except Exception as error:  # noqa: BLE001 - one step's fault must not hold up the others
        step = _with(Step(name=part.name), _failed(part, _unforeseen(error), _REPORT))
    return _complete(evolve(step, seconds=time.monotonic() - begun)), halted


def _with(step: Step, note: Note) -> Step:
    return evolve(step, status=COULD_NOT_RUN, notes=(note, *step.notes))


def _failed(part: Part, what: str, todo: str) -> Note:
    return Note(
        kind=f"night.{part.name}-failed",
        urgency="now",
        what=f"{part.name} could not be done: {what}",
        todo=todo or AGAIN,
    )


def _left_out(part: Part, halted: LedgerError) -> Step:
    """A step that was not begun, because the ledger failed before it."""
    return Step(
        name=part.name, status=COULD_NOT_RUN, detail={"left_out": f"not done: {halted.message}"}
    )


def _complete(step: Step) -> Step:
    """The step; where its status asks for a person and no note says why, with one that does."""
    if step.status < NEEDS_PERSON or any(note.urgency != "know" for note in step.notes):
        return step
    note = Note(
        kind=f"night.{step.name}",
        urgency="today",
        what=f"{step.name} needs a person",
        todo="look at its part of the report",
    )
    return evolve(step, notes=(*step.notes, note))


def _unforeseen(error: Exception) -> str:
    """An error nobody foresaw: its kind and place, never its text, which may hold patient data."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "site-packages" not in frame.filename] or frames
    place = f" at {PurePath(ours[-1].filename).name}:{ours[-1].lineno}" if ours else ""
    return f"internal error ({type(error).__name__}{place})"
