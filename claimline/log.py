"""Structured logs for the machine that runs Claimline: JSON lines on standard error.

Quiet unless ``CLAIMLINE_LOG`` names a level. Only the keys in ``ALLOWED`` are written, so that no
patient data can reach a log by accident; what was left out is counted.
"""

import functools
import logging
import sys
from typing import TYPE_CHECKING, Any, Final, NoReturn, TextIO

from claimline import settings

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    from structlog.typing import FilteringBoundLogger

ALLOWED: Final = frozenset(
    {
        "event", "level", "timestamp", "run", "command", "version", "file", "digest", "bytes",
        "seconds", "status", "code", "count", "claims", "lines", "visits", "held", "payments",
        "transactions", "problems", "duplicates", "unmatched", "aside", "interchange", "group",
        "transaction", "segment", "row", "column", "payer", "usage", "error_type", "place",
        "left_out", "state", "trace", "posted", "known", "not_posted", "lines_left", "unbalanced",
        "odd", "step", "counts", "notes", "kind", "urgency", "day", "profile", "needs_person",
    }
)  # fmt: skip
LEVELS: Final = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING}


def keep_allowed(
    _logger: Any, _method: str, event: "MutableMapping[str, Any]"
) -> "MutableMapping[str, Any]":
    """A processor: drop every key that is not in ``ALLOWED`` and count what was dropped."""
    refused = [key for key in event if key not in ALLOWED]
    for key in refused:
        del event[key]
    if refused:
        event["left_out"] = len(refused)
    return event


def silence(_logger: Any, _method: str, _event: "MutableMapping[str, Any]") -> NoReturn:
    """A processor: write nothing.

    Raises:
        DropEvent: always; structlog takes it as "no".
    """
    import structlog

    raise structlog.DropEvent


def configure(level: str, stream: TextIO) -> None:
    """Send logs of ``level`` and above to ``stream`` as JSON lines; an empty level is silence."""
    import structlog

    structlog.configure(
        processors=[
            *([] if level in LEVELS else [silence]),
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            keep_allowed,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS.get(level, logging.CRITICAL)),
        logger_factory=structlog.PrintLoggerFactory(stream),
    )


@functools.cache
def logger() -> "FilteringBoundLogger":
    """The logger, set up on first use: structlog takes longer to load than most commands run."""
    import structlog

    configure(settings.log_level(), sys.stderr)
    bound: FilteringBoundLogger = structlog.get_logger()
    return bound
