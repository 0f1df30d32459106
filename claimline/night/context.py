"""What all steps of a night share.

The ledger is opened by each step for itself: helper processes are started in between, and must
not inherit it.
"""

import datetime as dt
from collections.abc import Mapping
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from attrs import field, frozen

from claimline import __version__
from claimline.night.config import Config
from claimline.night.values import Step
from claimline.transfer.profiles import profile_for
from mapping.practice import Practice
from reconcile.ledger import Ledger, LedgerError, Run, Usage, open_ledger

if TYPE_CHECKING:
    from structlog.typing import FilteringBoundLogger


class HaltedError(Exception):
    """The ledger failed in the middle of a step: what the step did, and why no other may follow."""

    def __init__(self, step: Step, cause: LedgerError) -> None:
        super().__init__(cause.message)
        self.step = step
        self.cause = cause


@frozen(kw_only=True)
class Night:
    """One night: what it works with, and when it began."""

    config: Config
    practice: Practice = field(repr=False)
    now: dt.datetime  # with a time zone
    user: str
    dry_run: bool = False
    log: "FilteringBoundLogger | None" = field(default=None, repr=False)

    @property
    def usage(self) -> Usage:
        """The book that claims are made in."""
        return "P" if self.config.production else "T"

    @property
    def zone(self) -> ZoneInfo:
        """The practice's time zone."""
        return ZoneInfo(self.practice.time_zone)

    @property
    def day(self) -> dt.date:
        """The practice's day."""
        return self.local.date()

    @property
    def local(self) -> dt.datetime:
        """When the night began, on the practice's clock."""
        return self.now.astimezone(self.zone)

    @property
    def run(self) -> Run:
        """This start, as facts are recorded with it."""
        return Run(command="night", version=__version__, started=self.now, user=self.user)

    @property
    def profiles(self) -> Mapping[str, str]:
        """By which profile the files of a receiver go, by its key; empty: by none of this book."""
        served = {key for profile in self.config.profiles for key in profile.receivers}
        return {key: profile_for(self.config.profiles, key, self.usage) for key in served}

    def ledger(self) -> Ledger:
        """The ledger, open; to be used as a context manager.

        Raises:
            LedgerError: it cannot be used.
        """
        return open_ledger(self.config.ledger)

    def age(self, text: str) -> int | None:
        """How many days ago a day (CCYY-MM-DD, or a moment that begins so) was; None: none said.

        One that lies ahead (the clock was set back since) is none ago.
        """
        try:
            return max(0, (self.day - dt.date.fromisoformat(text[:10])).days)
        except ValueError:
            return None
