"""What ``correct`` is asked for and what it answers."""

import datetime as dt
from pathlib import Path

from attrs import field, frozen

from claimline.services.bill_values import MadeFile
from edi.problem import Problem
from reconcile.correction import Choice, Road
from reconcile.correction_compare import Difference
from reconcile.ledger import Usage


@frozen(kw_only=True)
class CorrectRequest:
    """One call of ``correct``. ``now`` has a time zone; nothing below reads a clock."""

    identifier: str = field(repr=False)  # any that ``trace`` takes
    visits: tuple[str, ...] = ()  # files with the corrected visits; none: what is held of them
    practice: str = ""  # needed for claims; without it payers are as ``bill`` recorded them
    tables: str = ""  # file of imported reference tables; empty: the shipped ones serve
    road: Road | None = None  # None: policy and the answer choose
    reason: str = ""
    out: Path
    usage: Usage | None = None  # None: production if there is any, else test
    dry_run: bool = False
    now: dt.datetime
    today: dt.date
    user: str = ""


@frozen(kw_only=True)
class CorrectResult:
    """What was decided and made.

    Something was made where ``file`` or ``sheets`` is given. ``held``: why the corrected visits
    make no claim. ``already`` names the claim or the sheets that were made of the same before.
    """

    claim: str
    frequency: str
    payer: str
    date: dt.date = field(repr=False)
    choice: Choice
    differences: tuple[Difference, ...] | None = None  # None: no corrected visit was given
    new_claim: str = ""
    file: MadeFile | None = None
    sheets: tuple[str, ...] = ()
    already: str = ""
    held: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()  # of the corrected claim
    dry_run: bool = False

    @property
    def done(self) -> bool:
        """Whether nothing is left for a person but to send or hand over what was made."""
        return bool(self.file or self.sheets or self.already)
