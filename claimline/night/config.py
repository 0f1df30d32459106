"""night.toml: what a night works with. Read whole, with every fault told at once.

Paths are relative to the file. What profiles and limits mean is read by those who use them.
"""

import glob
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from attrs import field, frozen

from claimline import files, settings
from claimline.errors import CommandError, WrongUsageError
from claimline.services.bank_read import Profile as BankProfile
from claimline.services.bank_read import read_profile
from claimline.services.missing import read_limits
from claimline.services.practice import text_of
from claimline.services.report_profile import ReportProfile, load
from claimline.transfer.profiles import read_profiles
from claimline.transfer.values import Profile
from mapping.structure import nearest

FOLDERS: Final = ("inbox", "outbox", "archive", "quarantine", "reports")
KEYS: Final[Mapping[str, Mapping[str, type]]] = {  # table: its keys, and what stands there
    "": {
        "practice": str,
        "ledger": str,
        "tables": str,
        "visits": list,
        "production": bool,
    },
    "folders": dict.fromkeys(FOLDERS, str),
    "receive": {"reports": list},
    "bank": {"files": list, "profile": str},
    "call": {"machine": str, "desk": str},
    "report": {"html": bool, "metrics_file": str},
}
HANDED_ON: Final = ("profiles", "missing")  # tables read by others
WORDS: Final[Mapping[type, str]] = {
    str: "a text",
    list: "a list of texts",
    bool: "true or false",
    dict: "a table",
}


@frozen(kw_only=True)
class Folders:
    """Where files come, wait, and end. They are made, for their owner only, when first needed."""

    inbox: Path
    outbox: Path
    archive: Path
    quarantine: Path
    reports: Path


@frozen(kw_only=True)
class Config:
    """A night.toml that is right in itself; whether its places can be reached is not looked at."""

    file: Path
    practice: Path
    ledger: str  # URL
    tables: str = ""  # file of imported reference tables; empty: as everywhere
    visits: tuple[str, ...] = ()  # patterns of absolute paths
    production: bool = False
    folders: Folders
    reports: tuple[ReportProfile, ...] = ()  # how clearinghouses' own reports are read
    bank_files: tuple[str, ...] = ()  # patterns
    bank_profile: BankProfile | None = None  # how the bank names its columns
    call_machine: str = ""  # who looks after this machine: name and phone
    call_desk: str = ""  # who looks after claims
    html: bool = True
    metrics_file: Path | None = None
    profiles: tuple[Profile, ...] = ()
    missing: Mapping[str, Any] = field(factory=dict)  # right: see services.missing.read_limits

    @property
    def beside(self) -> Path:
        """The folder that paths in the file start from."""
        return self.file.parent


def read_config(name: str) -> Config:
    """Read a night.toml.

    Raises:
        WrongUsageError: it cannot be read, or with every key that is not right.
    """
    path = Path(name).expanduser().absolute()
    if path.is_dir():
        raise WrongUsageError(f"{name} is a folder", todo=f"name the file: {path / 'night.toml'}")
    document = _document(name)
    faults = list(_faults(document))
    if faults:
        raise wrong(name, faults)
    folders = document.get("folders", {})
    made = {key: _path(path, folders.get(key, key)) for key in FOLDERS}
    if doubled := _doubled(made):
        raise wrong(name, doubled)
    limits = document.get("missing", {})
    read_limits(limits, name)
    bank, report = document.get("bank", {}), document.get("report", {})
    metrics = report.get("metrics_file", "")
    return Config(
        file=path,
        practice=_path(path, document["practice"]),
        ledger=_ledger(path, document.get("ledger", "")),
        tables=str(_path(path, document["tables"])) if document.get("tables") else "",
        visits=_patterns(path, document.get("visits", [])),
        production=document.get("production", False),
        folders=Folders(**made),
        reports=_reports(path, document.get("receive", {}).get("reports", [])),
        bank_files=_patterns(path, bank.get("files", [])),
        bank_profile=_bank_profile(path, bank.get("profile", "")),
        call_machine=document.get("call", {}).get("machine", ""),
        call_desk=document.get("call", {}).get("desk", ""),
        html=report.get("html", True),
        metrics_file=_path(path, metrics) if metrics else None,
        profiles=read_profiles(document.get("profiles", {}), path.parent, made),
        missing=limits,
    )


def wrong(name: str, faults: Sequence[str]) -> WrongUsageError:
    """The error for a file that is not right."""
    listed = "\n".join(f"  {fault}" for fault in faults)
    return WrongUsageError(
        f"{name} is not right:\n{listed}", todo="mend it; look with: claimline night --check"
    )


def named_files(patterns: Sequence[str]) -> tuple[str, ...]:
    """The files that patterns name now, each once, by name; hidden ones are left out."""
    found = {
        name
        for pattern in patterns
        for name in glob.glob(pattern, recursive=True)  # noqa: PTH207 - patterns are absolute
    }
    shown = (name for name in found if not Path(name).name.startswith("."))
    return tuple(sorted(name for name in shown if Path(name).is_file()))


def missing_folders(patterns: Sequence[str]) -> tuple[str, ...]:
    """The folders that patterns of files begin in and that are not there."""
    found = []
    for pattern in patterns:
        folder = Path(pattern).parent
        while glob.has_magic(folder.name) and folder != folder.parent:
            folder = folder.parent
        if not any(Path(one).is_dir() for one in glob.glob(str(folder))):  # noqa: PTH207 - as above
            found.append(str(folder))
    return tuple(dict.fromkeys(found))


def _document(name: str) -> dict[str, Any]:
    """The file as TOML.

    Raises:
        WrongUsageError: it is missing, may not be read, or is no TOML.
    """
    try:
        text = text_of(name, files.content(name))
        return tomllib.loads(text)
    except WrongUsageError:
        raise
    except CommandError as error:
        raise WrongUsageError(error.message, todo=error.todo) from error
    except tomllib.TOMLDecodeError as error:
        raise WrongUsageError(
            f"{name} is no TOML: {error}", todo="mend the line; docs/night.md shows a whole file"
        ) from error


def _faults(document: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong in the file."""
    tables = {*KEYS, *HANDED_ON} - {""}
    top = {key: value for key, value in document.items() if key not in tables}
    yield from _faults_of("", top, more=tables)
    for name in tables & document.keys():
        if not isinstance(document[name], dict):
            yield f"{name}: expected a table [{name}]"
        elif name in KEYS:
            yield from _faults_of(name, document[name])
    if not document.get("practice"):
        yield "practice: is missing: name the practice file"


def _faults_of(
    table: str, given: Mapping[str, Any], *, more: set[str] | frozenset[str] = frozenset()
) -> Iterator[str]:
    """What is wrong in one table: keys nobody knows, values of another kind."""
    known = KEYS[table]
    for key, value in given.items():
        place = f"{table}.{key}" if table else key
        if key not in known:
            near = nearest(key, dict.fromkeys([*known, *more]))
            yield f"{place}: is not a key we know{near}"
        elif not _fits(value, known[key]):
            yield f"{place}: expected {WORDS[known[key]]}"


def _fits(value: Any, kind: type) -> bool:
    if kind is list:
        return isinstance(value, list) and all(isinstance(one, str) and one for one in value)
    return isinstance(value, kind) and value != ""


def _doubled(folders: Mapping[str, Path]) -> list[str]:
    """Folders that are one and the same: what is put away would come again."""
    keys: dict[Path, list[str]] = {}
    for key, path in folders.items():
        keys.setdefault(path.resolve(), []).append(key)
    return [
        f"folders.{same[1]}: is the same folder as {same[0]}"
        for same in keys.values()
        if len(same) > 1
    ]


def _path(file: Path, text: str) -> Path:
    """A path of the file: relative to it."""
    return file.parent / Path(text).expanduser()


def _patterns(file: Path, texts: Sequence[str]) -> tuple[str, ...]:
    """Patterns of files, the folder of the file itself taken as it is written."""
    folder = glob.escape(str(file.parent))
    return tuple(
        text if Path(text).is_absolute() else f"{folder}/{text}"
        for text in (str(Path(one).expanduser()) for one in texts)
    )


def _bank_profile(file: Path, text: str) -> BankProfile | None:
    """How the bank writes its CSV, where the file says so.

    Raises:
        WrongUsageError: the profile cannot be read.
    """
    if not text:
        return None
    name = str(_path(file, text))
    try:
        return read_profile(name, text_of(name, files.content(name)))
    except WrongUsageError:
        raise
    except CommandError as error:
        raise WrongUsageError(f"bank.profile: {error.message}", todo=error.todo) from error


def _reports(file: Path, texts: Sequence[str]) -> tuple[ReportProfile, ...]:
    """How clearinghouses write their own reports: one that names its files before one for all.

    Raises:
        WrongUsageError: a profile cannot be read.
    """
    try:
        found = [load(str(_path(file, text))) for text in texts]
    except WrongUsageError:
        raise
    except CommandError as error:
        raise WrongUsageError(f"receive.reports: {error.message}", todo=error.todo) from error
    return tuple(sorted(found, key=lambda one: not one.files))


def _ledger(file: Path, text: str) -> str:
    """The ledger's URL: as the file says, else as everywhere."""
    return settings.ledger_url(text if "://" in text or not text else str(_path(file, text)))
