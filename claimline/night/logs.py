"""The night's lines for machines: JSON on standard error, each with the run. No patient data.

What is written of a step are its counts, of a note its kind: never its words. A received file is
named by its bytes: the name it came with may name a patient.
"""

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from claimline import __version__, settings
from claimline.night.context import Night
from claimline.night.report import Report
from claimline.night.values import Step
from claimline.services.receive_values import FileResult
from claimline.transfer.disk import digest_of
from claimline.transfer.names import house_name
from claimline.transfer.put_away import kind_of


def begin_log(day: str, number: int) -> Any:
    """The log of a night, where logs are asked for (``CLAIMLINE_LOG``); its lines name the run."""
    if not settings.log_level():
        return None
    from claimline.log import logger

    log = logger().bind(run=f"{day}-{number}")
    _tell(log, "night begins", day=day, version=__version__)
    return log


def log_step(night: Night, step: Step) -> None:
    """One line for a step that is done, one for each of its notes and each file that went."""
    if night.log is None:
        return
    _tell(
        night.log,
        "step",
        step=step.name,
        status=step.status,
        seconds=round(step.seconds, 3),
        counts={key: count for key, count in step.counts.items() if isinstance(count, int)},
    )
    for note in step.notes:
        about = {"kind": note.kind, "urgency": note.urgency, "count": note.count}
        _tell(night.log, "note", step=step.name, **about)
    if step.name in {"collect", "send"}:
        _log_moved(night, step.name, step.detail.get("files", ()))


def _log_moved(night: Night, step: str, rows: Iterable[dict[str, Any]]) -> None:
    for row in rows:
        told = {key: row[key] for key in ("profile", "file", "state", "bytes", "digest")}
        _tell(night.log, "transfer", step=step, **told)


def log_received(night: Night, result: FileResult) -> None:
    """One line for a received file; one that was not kept has its digest too."""
    if night.log is None:
        return
    digest = result.digest
    if not digest:
        with suppress(OSError):  # it cannot be read at all: it stays without
            digest = digest_of(Path(result.file))
    _tell(
        night.log,
        "file",
        file=house_name(digest, result.file, kind_of(result)) if digest else "",
        digest=digest,
        state=result.state,
        status=result.status,
        payments=len(result.payments),
        posted=sum(payment.posted for payment in result.payments),
        problems=len(result.problems),
    )


def log_end(log: Any, report: Report) -> None:
    """The last line: how it ended."""
    if log is not None:
        told = {"status": report["status"], "needs_person": report["needs_person"]}
        _tell(log, "night ends", **told)


def _tell(log: Any, event: str, **keys: Any) -> None:
    """Write a line; where nobody takes it any more (a closed pipe), the night goes on."""
    with suppress(OSError):
        log.info(event, **keys)
