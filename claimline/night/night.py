"""``claimline night``: one night, alone, kept, and what its configuration would do."""

import datetime as dt
import json
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from attrs import evolve, field, frozen

from claimline import settings, temporary
from claimline.errors import COULD_NOT_RUN, CommandError, WrongUsageError, worst
from claimline.night import keep, rehearse, run
from claimline.night.alone import alone
from claimline.night.check import fitting, no_folder
from claimline.night.config import Config
from claimline.night.context import Night
from claimline.night.earlier import cut_off, earlier, whole
from claimline.night.lock import NAME, only_one, path_of
from claimline.night.logs import begin_log, log_end
from claimline.night.report import Report, could_not_run, local, report_of
from claimline.night.values import Note
from claimline.render.words import counted
from claimline.services import payer_facts
from claimline.services.practice import load
from reconcile.ledger import LedgerError, LedgerMissing, nights, open_ledger


@frozen(kw_only=True)
class Asked:
    """What a night is asked for beyond its file."""

    dry_run: bool = False
    new_ledger: bool = False  # make one where there is none
    only: tuple[str, ...] = ()  # steps; empty: all
    skip: tuple[str, ...] = ()


@frozen(kw_only=True)
class Done:
    """A night's report, where it stands, and what of keeping it went wrong."""

    report: Report = field(repr=False)
    written: tuple[Path, ...] = ()
    faults: tuple[tuple[str, str], ...] = ()  # (what, what to do)
    ledger_created: str = ""

    @property
    def status(self) -> int:
        """0 all well, 1 a person is needed, 3 something could not run."""
        return worst(int(self.report["status"]), *(COULD_NOT_RUN for _ in self.faults))


def night_of(config: Config, *, dry_run: bool = False) -> Night:
    """The night that begins now.

    Raises:
        WrongUsageError: the practice file is not right; or the clock is set, for production.
    """
    if config.production and settings.clock_stands() and not dry_run:
        raise WrongUsageError(
            f"{settings.NOW_VARIABLE} sets the clock: a production night cannot run with it",
            todo=f"unset {settings.NOW_VARIABLE}, or set production = false",
        )
    practice = load(str(config.practice))
    fitting(config, practice)
    return Night(
        config=config,
        practice=practice,
        now=settings.now(),
        user=settings.user(),
        dry_run=dry_run,
    )


def run_night(config: Config, asked: Asked) -> Done:
    """Run a night and keep what it tells. A dry run takes no lock, and changes nothing.

    Raises:
        WrongUsageError: a step that does not exist; the practice file is not right.
        NightBusyError: another night is at work; nothing was changed.
    """
    night = night_of(config, dry_run=asked.dry_run)
    wanted = wanted_steps(asked)
    temporary.clear()
    if asked.dry_run:
        return Done(report=_rehearsal(night, wanted, new=asked.new_ledger))
    _make_folders(config)
    if asked.new_ledger:
        settings.make_data_folder(config.ledger)
    folder = no_folder(config.ledger)
    reports = config.folders.reports
    lock = path_of(config.ledger, reports) if folder is None else reports / NAME
    with only_one(lock, local(night, night.now)):
        made = _check_ledger(night, new=asked.new_ledger) if folder is None else _no_ledger(folder)
        if isinstance(made, Note):
            return _kept(night, could_not_run(night, made, status=COULD_NOT_RUN))
        with alone(config.ledger) as may_go_on:
            report = _worked(night, wanted, number=keep.next_number(night), check=may_go_on)
            return _kept(night, report, created=made)


def wanted_steps(asked: Asked) -> tuple[str, ...]:
    """The steps that are asked for, in their order.

    Raises:
        WrongUsageError: nothing is left to do.
    """
    wanted = tuple(
        name for name in run.names() if name not in asked.skip and name in (asked.only or {name})
    )
    if not wanted:
        raise WrongUsageError("no step is left to do", todo=f"steps are {', '.join(run.names())}")
    return wanted


def shown(config: Config, day: str) -> Report:
    """The report that the ledger kept of the last night, or of the last one of a day.

    Raises:
        CommandError: there is none.
        LedgerError: the ledger cannot be read.
    """
    try:
        day = dt.date.fromisoformat(day).isoformat() if day else ""
    except ValueError:
        raise WrongUsageError(
            f"--day {day}: there is no such day", todo="a day is written 2026-03-18"
        ) from None
    with open_ledger(config.ledger) as ledger, ledger.reading() as connection:
        content = nights.newest(connection, day)
    if not content:
        when = f" of {day}" if day else ""
        todo = "claimline night --show prints the last one" if day else "claimline night runs one"
        raise CommandError(f"the ledger keeps no night{when}", todo=todo)
    report: dict[str, Any] = json.loads(content)
    return report


def _rehearsal(night: Night, wanted: Collection[str], *, new: bool) -> Report:
    """The report of a dry run: of the whole night on a copy."""
    try:
        with rehearse.rehearsed(night, new=new) as (copy, real):
            report: Report = real(_worked(copy, wanted, number=0, check=lambda: None))
            return report
    except LedgerError as error:
        found = no_folder(night.config.ledger) or error
        return could_not_run(night, _no_ledger(found), status=COULD_NOT_RUN)


def _worked(
    night: Night, wanted: Collection[str], *, number: int, check: Callable[[], None]
) -> Report:
    """The report of the steps; ``check`` says before each whether it may begin."""
    logged = evolve(night, log=begin_log(night.day.isoformat(), number))
    cut: tuple[str, ...] = ()
    clock = tuple(_clock(logged))
    if number:
        with suppress(LedgerError):  # the first step that needs the ledger says why
            cut = cut_off(night)
            _begun(night)
    with suppress(LedgerError), night.ledger() as ledger:  # as above
        payer_facts.refresh(ledger, night.run, night.practice, night.day)
    done = run.steps(logged, wanted, check)
    report = report_of(
        night,
        done,
        number=number,
        ended=settings.now(),
        left_out=[name for name in run.names() if name not in wanted],
        clock=clock,
    )
    if number:
        with suppress(LedgerError):  # a step that failed says so; this run's own page stands
            report = whole(night, report, earlier(night, cut))
    log_end(logged.log, report)
    return report


def _clock(night: Night) -> Iterator[Note]:
    """A day before that of a night that was: which of the two is wrong, a person knows.

    Nothing else is done otherwise: where the earlier night's day was the wrong one, this is right.
    """
    last = ""
    with suppress(LedgerError), night.ledger() as ledger, ledger.reading() as connection:
        last = nights.last_day(connection)  # a ledger that fails: the first step says why
    if last > night.day.isoformat():
        days = (dt.date.fromisoformat(last) - night.day).days
        yield Note(
            kind="night.clock",
            urgency="now",
            what=f"the clock of this machine says {night.day}, {counted(days, 'day')} before the "
            f"last night ({last}); what this night made bears that day",
            todo="compare the clock of this machine (date) with a calendar. Is it wrong, set it, "
            "before more claims are made; for what was sent with the wrong day: claimline unsend "
            "before the clearinghouse has it. Was the last night's clock wrong: this is told until "
            "its day is past",
        )


def _begun(night: Night) -> int:
    """Record that the night began (its run's number): cut off anywhere, the next one knows of it.

    Raises:
        LedgerError: the ledger cannot be written.
    """
    with night.ledger() as ledger, ledger.begin(night.run) as writer:
        return writer.run_id


def _kept(night: Night, report: Report, *, created: str = "") -> Done:
    """Keep a report wherever that is possible: one place that fails does not stop the others."""
    faults: list[tuple[str, str]] = []
    written: Sequence[Path] = ()
    if not report["number"]:
        report["number"] = keep.next_number(night)
    try:
        written = keep.keep_files(night, report)
    except CommandError as error:
        faults.append((error.message, error.todo))
    if report["steps"]:
        try:
            keep.keep_row(night, report)
        except LedgerError as error:
            faults.append((f"the report is not in the ledger: {error.message}", error.todo))
    if night.config.metrics_file is not None:
        try:
            keep.keep_metrics(night.config.metrics_file, report)
        except CommandError as error:
            faults.append((error.message, error.todo))
    return Done(report=report, written=tuple(written), faults=tuple(faults), ledger_created=created)


_NEW: Final = "If this is the first night: claimline night --new-ledger makes it."


def _check_ledger(night: Night, *, new: bool) -> Note | str:
    """Open the ledger once: where it was made, or why the night cannot begin."""
    try:
        with open_ledger(night.config.ledger, create=new) as ledger:
            return ledger.place if ledger.created else ""
    except LedgerError as error:
        return _no_ledger(error)


def _no_ledger(error: LedgerError) -> Note:
    """Why the night cannot begin."""
    missing = isinstance(error, LedgerMissing)
    todo = f"{_NEW} If not, see to `ledger` in night.toml." if missing else error.todo
    return Note(
        kind="night.ledger",
        urgency="now",
        what=f"the night could not begin: {error.message}",
        todo=todo,
    )


def _make_folders(config: Config) -> None:
    """The folders of night.toml, for their owner only.

    Raises:
        CommandError: one cannot be made.
    """
    folders = config.folders
    for path in (folders.inbox, folders.outbox, folders.archive, folders.quarantine,
                 folders.reports):  # fmt: skip
        try:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise CommandError(
                f"the folder {path} cannot be made: {error.strerror}",
                todo="see to [folders] of night.toml and to who owns them",
            ) from error
