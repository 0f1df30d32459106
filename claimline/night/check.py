"""``claimline night --check``: whether night.toml is right, and what a night would work with."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from claimline import settings
from claimline.errors import COULD_NOT_RUN, DONE, NEEDS_PERSON
from claimline.night.config import FOLDERS, Config, missing_folders, named_files, wrong
from claimline.night.lock import holder, path_of
from claimline.night.run import STEPS
from claimline.render import Column, Result, Table, counted
from claimline.services.practice import load
from mapping.practice import Practice
from mapping.structure import nearest
from reconcile.ledger import LedgerError, LedgerMissing, LedgerUnreachable, open_ledger
from reconcile.ledger.connect import parse, shown, sqlite_path

_FOLDER = "Mount the disk, make the folder, or mend `ledger` in night.toml."
_FIRST = (
    "If this is the first night: claimline night --new-ledger makes it. If not, see where the "
    "ledger is, and name it as `ledger` in night.toml."
)
BOOKS = {True: "production", False: "test"}


def fitting(config: Config, practice: Practice) -> None:
    """Refuse a night.toml that does not fit its practice file.

    Raises:
        WrongUsageError: with every receiver or profile that one of them names and nobody knows.
    """
    faults = list(_unknown(config, practice))
    if faults:
        raise wrong(str(config.file), faults)


def result_of(config: Config) -> tuple[Result, int]:
    """What the file means, for a person, and the exit status.

    Raises:
        WrongUsageError: the practice file is not right, or does not fit.
    """
    practice = load(str(config.practice))
    fitting(config, practice)
    rows = list(_places(config, practice))
    warnings = list(_warnings(config, practice))
    plan = [{"step": part.name, "does": part.does} for part in STEPS]
    data = {
        "file": str(config.file),
        "practice": practice.name,
        "time_zone": practice.time_zone,
        "book": BOOKS[config.production],
        "places": rows,
        "profiles": [_profile_row(one) for one in config.profiles],
        "warnings": warnings,
        "steps": plan,
    }
    tables = (_table(rows, config), _profiles_table(data, config), _plan_table(plan))
    book = BOOKS[config.production]
    head = f"{config.file.name} is right. {practice.name}, {book} book, {practice.time_zone} time."
    fault = next((row["fault"] for row in rows if "fault" in row), "")
    if fault:
        head = f"{config.file.name} can be read, but no night can run: {fault}"
    text = (head, *(f"look: {line}" for line in warnings))
    return Result(data=data, tables=tables, text=text), _status(fault, warnings)


def _status(fault: str, warnings: Sequence[str]) -> int:
    """3 where a night would not begin."""
    return COULD_NOT_RUN if fault else NEEDS_PERSON if warnings else DONE


def _unknown(config: Config, practice: Practice) -> Iterator[str]:
    """Receivers and profiles that only one of the two files knows."""
    for profile in config.profiles:
        for key in profile.receivers:
            if key not in practice.receivers:
                near = nearest(key, practice.receivers)
                yield f"profiles.{profile.key}.receivers: the practice file has no {key}{near}"
    known = {profile.key: profile for profile in config.profiles}
    for key, receiver in practice.receivers.items():
        ids = receiver.production if config.production else receiver.test
        named = ids.profile if ids else ""
        if named and named not in known:
            yield f"profiles.{named}: is missing, and receiver {key} of the practice file names it"


def _warnings(config: Config, practice: Practice) -> Iterator[str]:
    """What is not wrong, but hardly meant."""
    usage = "P" if config.production else "T"
    served = {
        key
        for profile in config.profiles
        for key in profile.receivers
        if profile.put and profile.book == usage
    }
    for key, receiver in practice.receivers.items():
        ids = receiver.production if config.production else receiver.test
        if ids is not None and key not in served and not ids.profile:
            yield f"no profile takes the files for {key}: they stay in the outbox, for a person"
    for profile in config.profiles:
        if profile.put and profile.book != usage:
            yield (
                f"profile {profile.key} takes files of the other book: this night makes "
                f"{BOOKS[config.production]} files"
            )
    if not config.profiles:
        yield "no profile: nothing is fetched or sent; the inbox is received all the same"
    yield from _not_there(config)
    if not config.visits:
        yield "no visits are named: only released holds and further payers are billed"


def _not_there(config: Config) -> Iterator[str]:
    """Folders that the file names and a night does not make."""
    for folder in missing_folders(config.visits):
        yield f"visits: the folder {_short(folder, config)} is not there: no visit is billed"
    for folder in missing_folders(config.bank_files):
        yield f"bank.files: the folder {_short(folder, config)} is not there: no deposit is read"
    for profile in config.profiles:
        for folder in (profile.put, *profile.get) if profile.kind == "folder" else ():
            if folder and not Path(folder).is_dir():
                short = _short(folder, config)
                yield f"profile {profile.key}: the folder {short} is not there"


def _places(config: Config, practice: Practice) -> Iterator[dict[str, Any]]:
    """Each place of the file, and how it stands."""
    counts = (
        counted(len(practice.payers), "payer"),
        counted(len(practice.receivers), "receiver"),
    )
    yield {"what": "practice", "where": str(config.practice), "state": ", ".join(counts)}
    yield {"what": "ledger", **_ledger_row(config)}
    lock = path_of(config.ledger, config.folders.reports)
    if at_work := holder(lock):
        yield {"what": "lock", "where": str(lock), "state": at_work}
    if config.tables:
        yield _there("tables", Path(config.tables), "is not there: the shipped tables serve")
    for pattern in config.visits:
        found = counted(len(named_files((pattern,))), "file")
        yield {"what": "visits", "where": pattern, "state": f"{found} now"}
    for pattern in config.bank_files:
        found = counted(len(named_files((pattern,))), "file")
        yield {"what": "bank", "where": pattern, "state": f"{found} now"}
    for key in FOLDERS:
        yield _there(key, getattr(config.folders, key), "will be made")
    if config.metrics_file:
        yield _there("figures", config.metrics_file, "will be written")


def no_folder(ledger: str) -> LedgerUnreachable | None:
    """What is said where the folder of an SQLite ledger is not there; None where it is."""
    path = sqlite_path(parse(ledger))
    if path is None or path.parent.is_dir():
        return None
    todo = _FIRST if path == settings.default_ledger_path() else _FOLDER
    return LedgerUnreachable(f"There is no folder {path.parent} for the ledger.", todo)


def _ledger_row(config: Config) -> dict[str, str]:
    place = shown(parse(config.ledger))
    if fault := no_folder(config.ledger):
        return _unopened(place, fault.message, fault.todo)
    try:
        with open_ledger(config.ledger):
            return {"where": place, "state": "opens"}
    except LedgerMissing:
        told = "is not there; for the very first night: claimline night --new-ledger"
        return {"where": place, "state": told}
    except LedgerError as error:
        return _unopened(place, error.message, error.todo)


def _unopened(place: str, message: str, todo: str) -> dict[str, str]:
    fault = " ".join(filter(None, (message, todo)))
    return {"where": place, "state": "cannot be opened", "fault": fault}


def _there(what: str, path: Path, otherwise: str) -> dict[str, Any]:
    return {"what": what, "where": str(path), "state": "is there" if path.exists() else otherwise}


def _profile_row(profile: Any) -> dict[str, Any]:
    return {
        "profile": profile.key,
        "kind": profile.kind,
        "book": BOOKS[profile.book == "P"] if profile.put else "",
        "receivers": list(profile.receivers),
        "put": profile.put,
        "get": list(profile.get),
        "call": profile.call,
    }


def _table(rows: list[dict[str, Any]], config: Config) -> Table:
    return Table(
        title="Places",
        columns=(
            Column(key="what", title="What", kind="id"),
            Column(key="where", title="Where"),
            Column(key="state", title="State"),
        ),
        rows=[{**row, "where": _short(row["where"], config)} for row in rows],
    )


def _short(where: str, config: Config) -> str:
    """A path, from the folder of night.toml on."""
    return where.removeprefix(f"{config.beside}/")


def _profiles_table(data: dict[str, Any], config: Config) -> Table:
    columns = ("profile", "kind", "book", "receivers", "put", "get", "call")
    return Table(
        title="Clearinghouses",
        columns=tuple(Column(key=key, title=key.capitalize()) for key in columns),
        rows=[
            {
                **row,
                "put": _short(row["put"], config),
                "get": [_short(folder, config) for folder in row["get"]],
            }
            for row in data["profiles"]
        ],
        empty="None.",
        notes=("Whether they can be reached says: claimline transfer check",)
        if data["profiles"]
        else (),
    )


def _plan_table(plan: list[dict[str, str]]) -> Table:
    return Table(
        title="The steps of a night",
        columns=(Column(key="step", title="Step", kind="id"), Column(key="does", title="Does")),
        rows=plan,
    )
