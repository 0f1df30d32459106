"""The clock of timely filing: from the day of service to today, as the payer's policy counts."""

import datetime as dt
from collections.abc import Iterator

from edi.problem import Problem, declare
from mapping.day import Day
from mapping.edit_found import hold, warn

declare(
    {
        "hold.filing": ("the payer's days to send a first claim are over",
            "with proof of an earlier sending, let a named person decide; else write it off"),
        "warn.filing": ("the payer's days to send a first claim are nearly over", "send it now"),
    }
)  # fmt: skip


def check_filing(day: Day) -> Iterator[Problem]:
    """Sent within ``timely_filing_days``; near the end it is said, past it the claim is held."""
    days = day.policy.timely_filing_days
    if days is None or day.today is None:
        return
    last = day.date + dt.timedelta(days)
    left = (last - day.today).days
    if left > day.policy.filing_warning_days:
        return
    origin = day.practice.resolve(day.payer.key, day.date).origin.get("timely_filing_days", "")
    source = f"timely_filing_days = {days} ({origin})"
    if left < 0:
        message = f"payer {day.payer.key} took first claims until {last}, {days} days after service"
        yield hold(day, "filing", message, source=source)
    else:
        message = f"payer {day.payer.key} takes first claims until {last}: {left} days are left"
        yield warn(day, "filing", message, source=source)
