"""A PostgreSQL server whose databases lie on a small disk of their own, which can be filled."""

import os
import pwd
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from databases import Databases, Server

MEGABYTES = 64  # of the disk
PAGE = 8192  # bytes of a page of a table


class Small(Databases):
    """Databases in a tablespace on the small disk."""

    def __init__(self, server: Server, space: str) -> None:
        super().__init__(server, server.databases()._template)
        self._space = space

    def __call__(self) -> str:
        """The URL of a new one."""
        return self._copy(self._template)

    def _copy(self, name: str) -> str:
        options = f"TEMPLATE {name} STRATEGY FILE_COPY TABLESPACE {self._space}"
        return self._named(self.server.new_database(options))

    def fill(self, room: int) -> None:
        """Fill the disk but for that many KB."""
        table = "(line) WITH (fillfactor = 10) TABLESPACE"
        long = "SELECT repeat(md5(n::text), 60)"  # more than a fifth of a page: no two in one
        for name, pages in ((f"spare_{self._space}", room * 1024 // PAGE), (self._filler, 0)):
            self.server.run(
                f"CREATE TABLE {name} {table} {self._space} AS "
                f"{long} FROM generate_series(1, {pages}) n"
            )
        rows = 1024
        while rows:  # what a statement that fails had taken is not given back
            try:
                self.server.run(
                    f"INSERT INTO {self._filler} {long} FROM generate_series(1, {rows}) n"
                )
            except psycopg.errors.DiskFull:
                rows //= 2
        self.server.run(f"DROP TABLE spare_{self._space}", "CHECKPOINT")

    def make_room(self) -> None:
        """Empty the disk of all that only filled it."""
        self.server.run(f"DROP TABLE IF EXISTS {self._filler}", "CHECKPOINT")

    @property
    def _filler(self) -> str:
        return f"filler_{self._space}"


@contextmanager
def small_disk(server: Server) -> Iterator[Small]:
    """Databases on a disk of their own; where none can be mounted the test is skipped."""
    folder = Path(tempfile.mkdtemp(prefix="claimline-small-"))
    if not _mounted(folder):
        folder.rmdir()
        pytest.skip("only an administrator may mount a small disk for the server")
    space = f"small_{uuid.uuid4().hex}"
    made: Small | None = None
    try:
        user = pwd.getpwnam(server.handle.system_user)
        (folder / "data").mkdir(mode=0o700)
        os.chown(folder / "data", user.pw_uid, user.pw_gid)
        server.run(f"CREATE TABLESPACE {space} LOCATION '{folder}/data'")
        made = Small(server, space)
        yield made
    finally:
        try:
            if made is not None:
                made.make_room()
                made.drop()
                server.run(f"DROP TABLESPACE {space}")
        finally:
            subprocess.run(["umount", "-l", str(folder)], check=True)
            folder.rmdir()


def _mounted(folder: Path) -> bool:
    """Whether a small disk is now in the place of the folder."""
    command = ["mount", "-t", "tmpfs", "-o", f"size={MEGABYTES}m,mode=755", "tmpfs", str(folder)]
    try:
        return os.geteuid() == 0 and not subprocess.run(command, capture_output=True).returncode  # noqa: PLW1510 - its status is the answer
    except OSError:
        return False
