"""``claimline transfer``: files to and from the clearinghouses."""

from contextlib import contextmanager
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from claimline.cli.options import format_option
from claimline.errors import DONE, NEEDS_PERSON, WrongUsageError, worst

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from claimline.night.context import Night
    from claimline.transfer.values import Profile, Transferred
    from reconcile.ledger import Ledger, Run

F = TypeVar("F", bound="Callable[..., Any]")
SHORTEST: Final = 6  # letters that begin a name of a received file
STATES: Final = {"well": DONE, "look": NEEDS_PERSON, "wrong": NEEDS_PERSON}


def _options(function: F) -> F:
    """``--config`` and ``--profile``."""
    config = click.option(
        "--config",
        default="night.toml",
        show_default=True,
        type=click.Path(),
        help="The file with the profiles.",
    )
    profile = click.option("--profile", default="", metavar="NAME", help="Only this one.")
    return config(profile(function))


DRY_RUN: Final = click.option(
    "--dry-run", is_flag=True, help="Show what would happen; change nothing."
)


@click.group()
def transfer() -> None:
    r"""Files to and from the clearinghouses, as the profiles in night.toml say.

    claimline night does all of it; these commands are for setting it up, and for the one who is
    called at night.

    \b
    Example:
      claimline transfer check
      claimline transfer list --profile relay
    """


@transfer.command()
@_options
@click.option("--no-write", is_flag=True, help="Do not try whether files may be written there.")
@format_option("table", "json", "csv")
def check(*, config: str, profile: str, no_write: bool, shape: str) -> int:
    r"""See whether each clearinghouse can be worked: reached, let in, folders, clock, password.

    A small file is written there under a temporary name, renamed and removed again. Exit status 1
    where a person has to look at something.

    \b
    Example:
      claimline transfer check --profile relay
    """
    from attrs import asdict

    from claimline.render import Column, Result, Table, show
    from claimline.transfer.look import check as look
    from claimline.transfer.look import check_own

    night, profiles = _night(config, profile, dry_run=True)
    found = [*check_own(night.config.folders)]
    for one in profiles:
        found += look(one, night.local, write=not no_write)
    rows = [asdict(one) for one in found]
    columns = (
        Column(key="profile", title="Profile", kind="id", once=True),
        Column(key="what", title="What"),
        Column(key="state", title="State", kind="id"),
        Column(key="detail", title="Found"),
        Column(key="todo", title="to do", place="below"),
    )
    shown = [{**row, "profile": row["profile"] or "(here)"} for row in rows]
    show(Result(data=rows, tables=(Table(columns=columns, rows=shown, tight=True),)), shape)
    return worst(*(STATES[one.state] for one in found))


@transfer.command("list")
@_options
@format_option("table", "json", "csv")
def list_files(*, config: str, profile: str, shape: str) -> int:
    r"""List what is over there, and what is known of it here.

    \b
    Example:
      claimline transfer list --profile relay
    """
    from attrs import asdict

    from claimline.files import complain
    from claimline.render import Column, Result, Table, show
    from claimline.transfer.errors import TransferError
    from claimline.transfer.look import listing
    from reconcile.ledger import open_ledger

    night, profiles = _night(config, profile, dry_run=True)
    rows: list[dict[str, Any]] = []
    status = DONE
    with open_ledger(night.config.ledger) as ledger:
        for one in profiles:
            try:
                rows += [asdict(each) for each in listing(one, ledger, night.config.profiles)]
            except TransferError as error:
                complain(error.message, error.todo)
                status = worst(status, error.status)
    columns = (
        Column(key="profile", title="Profile", kind="id", once=True),
        Column(key="folder", title="folder", place="file"),
        Column(key="way", title="Way", kind="id"),
        Column(key="name", title="File", kind="id"),
        Column(key="size", title="Bytes", kind="number"),
        Column(key="modified", title="changed", place="file"),
        Column(key="state", title="State"),
        Column(key="when", title="moved", place="file"),
        Column(key="moment", title="When", kind="date", in_files=False),
    )
    shown = [row | {"moment": row["when"] or row["modified"]} for row in rows]
    show(
        Result(
            data=rows,
            tables=(Table(columns=columns, rows=shown, empty="" if status else "No files."),),
        ),
        shape,
    )
    return status


@transfer.command()
@click.argument("name")
@click.option(
    "--config",
    default="night.toml",
    show_default=True,
    type=click.Path(),
    help="The file with the profiles.",
)
@format_option("table", "json", "csv")
def which(*, name: str, config: str, shape: str) -> int:
    r"""Say as what a received file came, from whom, and where it lies.

    Here it is named by its bytes, as on the page of a night; the name it came with may name a
    patient, and stands in the ledger alone.

    \b
    Example:
      claimline transfer which 0b52c1f7a1c2.835
    """
    from attrs import asdict

    from claimline.render import Column, Result, Table, show
    from claimline.transfer.look import lies_in
    from claimline.transfer.names import shown
    from reconcile.ledger import open_ledger, transfers

    beginning = name.lower().partition(".")[0].partition("-")[0]
    if len(beginning) < SHORTEST or not set(beginning) <= set("0123456789abcdef"):
        raise WrongUsageError(
            f"{name} is no name of a received file",
            todo=f"give it as the page does, or at least its first {SHORTEST} letters",
        )
    night = _read(config)
    with open_ledger(night.config.ledger) as ledger, ledger.reading() as connection:
        found = transfers.came_as(connection, beginning)
    rows = [asdict(one) | {"place": lies_in(night.config.folders, one.digest)} for one in found]
    beside = f"{night.config.beside}/"
    columns = (
        Column(key="name", title="It came as", kind="id"),
        Column(key="profile", title="From", kind="id"),
        Column(key="kind", title="Kind", kind="id"),
        Column(key="recorded_at", title="When", kind="date"),
        Column(key="size", title="Bytes", kind="number"),
        Column(key="place", title="it lies in", place="below"),
        Column(key="digest", title="SHA-256", place="file"),
    )
    told = [
        row
        | {
            "name": shown(row["name"]),
            "profile": row["profile"] or "by hand",
            "place": row["place"].removeprefix(beside),
        }
        for row in rows
    ]
    empty = "No received file begins so. One that came by hand and could not be read stands only "
    table = Table(columns=columns, rows=told, empty=f"{empty}in the quarantine.")
    show(Result(data=rows, tables=(table,)), shape)
    return DONE if rows else NEEDS_PERSON


@transfer.command()
@_options
@DRY_RUN
@format_option("table", "json", "csv")
def collect(*, config: str, profile: str, dry_run: bool, shape: str) -> int:
    r"""Fetch what is new into the inbox; claimline receive takes it from there.

    \b
    Example:
      claimline transfer collect --dry-run
      claimline transfer collect && claimline receive inbox
    """
    from claimline.transfer import collect as fetch

    night, profiles = _night(config, profile, dry_run=dry_run)
    with _ledger(night, "collect") as (ledger, run):
        done = fetch(
            profiles, night.config.folders, ledger, run, night.local, dry_run=night.dry_run
        )
    return _told(done, shape, "would come", "Nothing new.")


@transfer.command()
@_options
@DRY_RUN
@format_option("table", "json", "csv")
def send(*, config: str, profile: str, dry_run: bool, shape: str) -> int:
    r"""Send the files of claims that wait; what is over there already is not sent again.

    \b
    Example:
      claimline transfer send --dry-run
      claimline transfer send --profile relay
    """
    from claimline.transfer import clear_outbox
    from claimline.transfer import send as deliver

    night, profiles = _night(config, profile, dry_run=dry_run)
    with _ledger(night, "send") as (ledger, run):
        done = deliver(profiles, ledger, run, night.local, dry_run=dry_run)
        if not dry_run:
            clear_outbox(night.config.folders, ledger, night.local)
    return _told(done, shape, "would go", "Nothing waits.")


def _night(config: str, profile: str, *, dry_run: bool) -> "tuple[Night, tuple[Profile, ...]]":
    """What night.toml says, and the profiles that are asked for.

    Raises:
        WrongUsageError: the file is not right, or has no such profile.
    """
    from mapping.structure import nearest

    night = _read(config, dry_run=dry_run)
    all_of = night.config.profiles
    if not all_of:
        raise WrongUsageError(
            f"{config} has no profile", todo="docs/transfer.md shows how to write one"
        )
    chosen = tuple(one for one in all_of if not profile or one.key == profile)
    if not chosen:
        near = nearest(profile, {one.key: one for one in all_of})
        named = ", ".join(one.key for one in all_of)
        raise WrongUsageError(f"there is no profile {profile}{near}", todo=f"there are: {named}")
    return night, chosen


def _read(config: str, *, dry_run: bool = True) -> "Night":
    """What night.toml says.

    Raises:
        WrongUsageError: the file is not right.
    """
    from claimline.night.config import read_config
    from claimline.night.night import night_of

    return night_of(read_config(config), dry_run=dry_run)


@contextmanager
def _ledger(night: "Night", what: str) -> "Iterator[tuple[Ledger, Run]]":
    """The ledger, and no night at work beside us; a dry run needs no lock.

    Raises:
        NightBusyError: a night is at work.
        LedgerError: there is no ledger, or it cannot be used.
    """
    from contextlib import nullcontext

    from claimline import __version__
    from claimline.night.lock import only_one, path_of
    from reconcile.ledger import Run, open_ledger

    since = f"{night.local:%Y-%m-%d %H:%M}"
    path = path_of(night.config.ledger, night.config.folders.reports)
    run = Run(command=f"transfer {what}", version=__version__, started=night.now, user=night.user)
    reports = night.config.folders.reports
    if path.parent == reports and not night.dry_run:  # no night has made it yet
        reports.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (
        nullcontext() if night.dry_run else only_one(path, since),
        open_ledger(night.config.ledger) as ledger,
    ):
        yield ledger, run


def _told(done: "Transferred", shape: str, would: str, empty: str) -> int:
    """Print what was moved; what a person should know goes to standard error."""
    from claimline.files import complain
    from claimline.render import Column, Result, Table, show

    rows: list[dict[str, Any]] = [
        {
            "profile": one.profile,
            "name": one.name,
            "state": one.state,
            "size": one.size,
            "digest": one.digest,
            "inbox": str(one.path) if one.path else "",
        }
        for one in done.files
    ]
    columns = (
        Column(key="profile", title="Profile", kind="id", once=True),
        Column(key="file", title="File", kind="id", in_files=False),
        Column(key="state", title="State", kind="id"),
        Column(key="size", title="Bytes", kind="number"),
        Column(key="here", title="In the inbox", kind="id", in_files=False),
        Column(key="name", title="name", place="file"),
        Column(key="inbox", title="inbox", place="file"),
        Column(key="digest", title="SHA-256", place="file"),
    )
    for note in done.notes:
        todo = note.todo + (f" ({note.call})" if note.call and note.call not in note.todo else "")
        complain(note.what, todo)
    data = {"files": rows, "counts": dict(done.counts), "notes": _notes(done)}
    shown = [
        row
        | {
            "file": PurePath(row["name"]).name,
            "here": PurePath(row["inbox"]).name,
            "state": would if row["state"] == "would" else row["state"],
        }
        for row in rows
    ]
    table = Table(columns=columns, rows=shown, empty="" if done.failed else empty)
    show(Result(data=data, tables=(table,)), shape)
    return done.status


def _notes(done: "Transferred") -> list[dict[str, Any]]:
    return [
        {
            "kind": note.kind,
            "urgency": note.urgency,
            "what": note.what,
            "todo": note.todo,
            "call": note.call,
            "ids": list(note.ids),
        }
        for note in done.notes
    ]
