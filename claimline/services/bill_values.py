"""What ``bill`` is asked for and what it answers."""

import datetime as dt
import secrets
from collections.abc import Iterable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from attrs import field, frozen

from edi.problem import Problem

SERIAL_BITS: Final = 48  # of the 50 that fit into a patient control number


def new_serial() -> int:
    """Where a new ledger begins to number claims: two ledgers shall not give the same numbers."""
    return secrets.randbits(SERIAL_BITS)


@frozen(kw_only=True)
class BillRequest:
    """One call of ``bill``. ``now`` has a time zone; nothing below reads a clock."""

    visits: tuple[str, ...]  # file names, ``-`` for standard input
    practice: str
    out: Path
    ledger: str  # URL
    production: bool = False
    dry_run: bool = False
    only_checked: bool = False  # in a dry run: receivers need no ids, for nothing is sent
    tables: str = ""  # file of imported reference tables; empty: the shipped ones serve
    explain: bool = False  # every decision of each claim in the answer
    profiles: Mapping[str, str] = field(factory=dict)  # receiver's key: who delivers its files
    now: dt.datetime
    user: str = ""
    first_serial: int = field(factory=lambda: new_serial())  # noqa: PLW0108 - found when called


@frozen(kw_only=True)
class BilledClaim:
    """A claim that goes: what a person wants to see of it, and the segments of its lines."""

    claim: str  # "(next)" in a dry run, which takes no number
    visits: tuple[str, ...]
    payer: str
    discipline: str
    date: dt.date = field(repr=False)
    charge: Decimal
    lines: tuple[dict[str, object], ...]
    because: tuple[str, ...]
    warnings: tuple[Problem, ...]
    file: str
    explained: dict[str, Any] | None = None  # of ``explain_claim``, where that was asked for


def held_id(visit_ids: Iterable[str]) -> str:
    """What held visits of one claim are called together: their ids."""
    return "+".join(visit_ids)


@frozen(kw_only=True)
class HeldVisits:
    """Visits that do not go, and why. ``id`` is what ``held release`` takes."""

    id: str
    visits: tuple[str, ...]
    payer: str
    discipline: str
    date: dt.date | None = field(repr=False)
    charge: Decimal | None
    problems: tuple[Problem, ...]


@frozen(kw_only=True)
class MadeFile:
    """A file of claims, written or (in a dry run) not."""

    file: str
    receiver: str
    control: int  # ISA13
    usage: str
    claims: int
    lines: int
    charge: Decimal


@frozen(kw_only=True)
class AlreadyBilled:
    """A visit that went before with the same content."""

    visit: str
    file: str
    claims: tuple[str, ...]


@frozen(kw_only=True)
class Unread:
    """A visit, or a row of none, that could not be read, or a whole file; ``why`` names places."""

    file: str
    visit: str = ""
    row: int = 0
    why: str


@frozen(kw_only=True)
class BillResult:
    """Everything ``bill`` did. Every visit read is in exactly one of claims, held, already."""

    files: tuple[MadeFile, ...] = ()
    recovered: tuple[str, ...] = ()  # files of an earlier, interrupted run
    claims: tuple[BilledClaim, ...] = field(default=(), repr=False)
    held: tuple[HeldVisits, ...] = field(default=(), repr=False)
    already: tuple[AlreadyBilled, ...] = ()
    problems: tuple[Problem, ...] = ()  # of rows that could not be read
    practice_warnings: tuple[Problem, ...] = ()  # of the practice file
    unreadable: tuple[tuple[str, str], ...] = ()  # file, why
    files_read: int = 0
    asked: bool = True  # visit files were named; without, only released holds are billed
    ledger_created: str = ""
    tables: tuple[str, ...] = ()  # what is worth saying of the reference tables that decided
    dry_run: bool = False

    def unread(self) -> tuple[Unread, ...]:
        """The visits that did not come through, each once, in the order of the files."""
        errors: dict[tuple[str, str | int], list[Problem]] = {}
        for problem in self.problems:
            where = problem.where
            if problem.level == "error":
                errors.setdefault((where.file, where.claim or where.row), []).append(problem)
        return tuple(
            Unread(
                file=file,
                visit=found[0].where.claim,
                row=found[0].where.row,
                why="; ".join(_placed(problem) for problem in found),
            )
            for (file, _), found in errors.items()
        )


def _placed(problem: Problem) -> str:
    """A problem's message, with the field it is about."""
    field_ = problem.where.column
    return f"{field_}: {problem.message}" if field_ else problem.message
