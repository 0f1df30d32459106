"""What all tests share: where the fixtures are, and golden files."""

import functools
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from databases import KINDS, Copies, NewUrl, Server, running
from statements import share

from reconcile.ledger import open_ledger

ROOT = Path(__file__).parent.parent
CORPUS = ROOT.parent / "shared" / "corpus"


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--rewrite`` writes the golden files anew; look at the difference before committing it."""
    parser.addoption("--rewrite", action="store_true", help="write golden files anew")


def pytest_configure(config: pytest.Config) -> None:
    """Nobody looks at a difference in continuous integration, so nothing is rewritten there.

    Reference tables are those a test imports, or the shipped ones. The clock stands, so that no
    deadline of a fixture passes with the years.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # begun in the background: what the tests
        signal.signal(signal.SIGINT, signal.default_int_handler)  # start would not hear Ctrl-C
    share()
    os.environ["CLAIMLINE_NOW"] = "2026-11-22T12:00:00+00:00"
    os.environ["CLAIMLINE_TABLES"] = str(ROOT / "no-tables-here.sqlite3")  # not the developer's
    if config.getoption("rewrite") and os.environ.get("CI"):
        raise pytest.UsageError("--rewrite is refused where CI is set")


@pytest.fixture(scope="session")
def fixtures() -> Path:
    """The folder of synthetic files."""
    return ROOT / "fixtures"


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder of other people's sample files, where it is there."""
    if not CORPUS.is_dir():
        pytest.skip("the corpus of public sample files (../shared/corpus) is not there")
    return CORPUS


@pytest.fixture(scope="session", name="_sqlite")
def _sqlite_fixture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty ledger to copy: making one runs all migrations."""
    path = tmp_path_factory.mktemp("empty") / "empty.sqlite3"
    open_ledger(str(path), create=True).close()
    return path


@pytest.fixture(scope="session", name="_postgresql")
def _postgresql_fixture() -> Iterator[Server]:
    """A real PostgreSQL server, shared by the processes of this run of the tests."""
    with running() as server:
        yield server


@pytest.fixture(scope="module", params=KINDS)
def database(request: pytest.FixtureRequest) -> str:
    """The kind of database: whatever is asked for with this one runs on each."""
    return str(request.param)


@pytest.fixture(scope="session")
def lasting(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], NewUrl]:
    """By kind, ledgers that stay until the end: of what is made once and then read or copied."""

    @functools.cache
    def of(kind: str) -> NewUrl:
        if kind == "sqlite":
            return Copies(request.getfixturevalue("_sqlite"), tmp_path_factory.mktemp("lasting"))
        server: Server = request.getfixturevalue("_postgresql")
        return server.databases()  # they go with the server

    return of


@pytest.fixture
def new_url(request: pytest.FixtureRequest, database: str, tmp_path: Path) -> Iterator[NewUrl]:
    """Gives the URL of another empty ledger each time it is called, in both kinds of database."""
    if database == "sqlite":
        empty = request.getfixturevalue("_sqlite")
        yield Copies(empty, tmp_path)
        return
    databases = request.getfixturevalue("_postgresql").databases()
    yield databases
    databases.drop()


@pytest.fixture
def ledger_url(new_url: NewUrl) -> str:
    """The URL of an empty ledger, each test once on SQLite and once on PostgreSQL."""
    return new_url()


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[Path, str], None]:
    """Compares a text with a golden file, or writes it under ``--rewrite``."""

    def compare(path: Path, text: str) -> None:
        if request.config.getoption("rewrite"):
            path.write_text(text, encoding="utf-8")
        assert path.exists(), f"{path.name} is missing; run pytest --rewrite and look at it"
        assert text == path.read_text(encoding="utf-8")

    return compare
