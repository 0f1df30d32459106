"""The real command in this process, and a ledger in which the whole job has been done once."""

import functools
from collections.abc import Callable
from pathlib import Path

import pytest
from command_line import Command, Ran
from databases import NewUrl
from job_done import Job, done

from claimline import settings
from claimline.__main__ import main


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs a command line: exit status, standard output, standard error."""

    def run(*arguments: object) -> Ran:
        capsys.readouterr()
        status = main([str(argument) for argument in arguments])
        said = capsys.readouterr()
        return status, said.out, said.err

    return run


@pytest.fixture(scope="session", name="jobs")
def _jobs(
    tmp_path_factory: pytest.TempPathFactory, lasting: Callable[[str], NewUrl]
) -> Callable[[str], Job]:
    """The whole job by kind of database, done once."""
    return functools.cache(lambda kind: done(tmp_path_factory.mktemp("job"), lasting(kind)()))


@pytest.fixture(scope="module")
def job(jobs: Callable[[str], Job], database: str) -> Job:
    """The whole job, to be read: in each kind of database."""
    return jobs(database)


@pytest.fixture(scope="session")
def job_files(jobs: Callable[[str], Job]) -> Path:
    """The folders of claims and answers, for what asks no ledger."""
    return jobs("sqlite").folder


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An environment without a ledger."""
    monkeypatch.setenv(settings.LEDGER_VARIABLE, str(tmp_path / "none.db"))
    return tmp_path
