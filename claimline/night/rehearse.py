"""A dry run: the whole night on a copy of the ledger, in a folder that is gone afterwards.

Killed, it leaves the copy: the next night removes it (``claimline.temporary``).

What lies in the inbox is received there, what is ready is built there: so the page says what the
night would say. The ledger itself is not even opened, unless somebody works with it meanwhile; a
database of PostgreSQL is read in one snapshot.
"""

import os
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from attrs import evolve

from claimline import temporary
from claimline.errors import CommandError
from claimline.night.config import FOLDERS, Config, Folders
from claimline.night.context import Night
from reconcile.ledger import open_ledger
from reconcile.ledger.backup import backup_ledger
from reconcile.ledger.connect import missing, parse, shown, sqlite_path

NAME: Final = "ledger.sqlite3"
PARTS: Final = ("", "-wal", "-journal")  # of a database: what is not in it yet stands beside it
TRIES: Final = 5
TICK: Final = 0.05  # seconds: more than a file system's clock is coarse by


@contextmanager
def rehearsed(night: Night, *, new: bool) -> Iterator[tuple[Night, Callable[[Any], Any]]]:
    """The night on a copy, and a function that puts the real places into what it tells.

    Args:
        night: the real one.
        new: where there is no ledger, begin with an empty one.

    Raises:
        LedgerError: there is no ledger, or it cannot be read.
        CommandError: there is no room for the copy.
    """
    try:
        with temporary.room() as room:
            yield _moved_in(night, room, new=new), _real(night.config, room)
    except OSError as error:
        raise CommandError(
            f"the dry run cannot be made: {error.strerror or type(error).__name__}",
            todo="it works on a copy of the ledger in the folder for temporary files: make room "
            "there, or name another in TMPDIR",
        ) from error


def _moved_in(night: Night, room: Path, *, new: bool) -> Night:
    config = night.config
    there = sqlite_path(parse(config.ledger))
    if there is not None and not there.exists():
        if not new:
            raise missing(parse(config.ledger))
        open_ledger(f"sqlite:///{room / NAME}", create=True).close()
    elif there is None or not _copied(there, room / NAME):
        backup_ledger(config.ledger, room / NAME)
    folders = Folders(**{name: _made(room / name) for name in FOLDERS})
    for name in ("inbox", "quarantine"):
        _linked(getattr(config.folders, name), getattr(folders, name))
    profiles = tuple(evolve(one, after="leave") for one in config.profiles)
    changed = evolve(config, ledger=f"sqlite:///{room / NAME}", folders=folders, profiles=profiles)
    return evolve(night, config=changed)


def _made(folder: Path) -> Path:
    folder.mkdir(mode=0o700)
    return folder


def _linked(source: Path, target: Path) -> None:
    """Name the files of a folder in another one; none is touched."""
    if source.is_dir():
        for path in source.iterdir():
            if path.is_file() and not path.name.startswith("."):
                (target / path.name).symlink_to(path)


def _copied(source: Path, target: Path) -> bool:
    """Copy an SQLite database as bytes while nobody writes it; False where somebody does.

    To open it would be to change it: SQLite makes side files, and clears up after a crash.
    """
    for _ in range(TRIES):
        before = _stands(source)
        if max(changed for _, changed in before.values()) > time.time() - TICK:
            time.sleep(2 * TICK)
            continue
        for part in before:
            shutil.copyfile(f"{source}{part}", f"{target}{part}")
        if _stands(source) == before:
            return True
        _remove(f"{target}{part}" for part in PARTS)
    return False


def _stands(source: Path) -> dict[str, tuple[int, float]]:
    """Size and time of a database's files."""
    found = {}
    for part in PARTS:
        path = Path(f"{source}{part}")
        if path.exists():
            stat = path.stat()
            found[part] = (stat.st_size, stat.st_mtime_ns / 1e9)
    return found


def _remove(names: Iterable[str]) -> None:
    for name in names:
        Path(name).unlink(missing_ok=True)


def _real(config: Config, room: Path) -> Callable[[Any], Any]:
    """A function that says the real places where the copy's are said."""
    places = {
        str(room / NAME): shown(parse(config.ledger)),
        **{str(room / name): str(getattr(config.folders, name)) for name in FOLDERS},
        f"{room}{os.sep}": "",
    }

    def told(value: Any) -> Any:
        if isinstance(value, str):
            for copy, real in places.items():
                value = value.replace(copy, real)
            return value
        if isinstance(value, dict):
            return {key: told(one) for key, one in value.items()}
        return [told(one) for one in value] if isinstance(value, list) else value

    return told
