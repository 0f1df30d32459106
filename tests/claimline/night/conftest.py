"""Desks of nights in both kinds of database."""

import functools
from collections.abc import Callable
from pathlib import Path

import pytest
from databases import NewUrl
from night_desk import Desk

Places = Callable[[str], NewUrl]


def _desk(folder: Path, kind: str, places: NewUrl) -> Desk:
    """A desk whose ledger is a file in its folder, or a database."""
    return Desk(folder, "" if kind == "sqlite" else places())


@pytest.fixture(scope="session", name="mornings")
def _mornings(tmp_path_factory: pytest.TempPathFactory, lasting: Places) -> Callable[[str], Desk]:
    """By kind of database, a desk on the morning of its second day: made once, then copied."""

    @functools.cache
    def of(kind: str) -> Desk:
        folder = tmp_path_factory.mktemp("night") / "desk"
        return _desk(folder, kind, lasting(kind)).second_day()

    return of


@pytest.fixture(scope="module")
def second_day(mornings: Callable[[str], Desk], database: str) -> Desk:
    """A desk on the morning of its second day, to be copied."""
    return mornings(database)


@pytest.fixture
def desk(second_day: Desk, new_url: NewUrl, tmp_path: Path) -> Desk:
    """A copy of it for one test."""
    return second_day.copied(tmp_path / "desk", new_url)


@pytest.fixture
def first_day(database: str, new_url: NewUrl, tmp_path: Path) -> Desk:
    """A desk on the morning of its first day."""
    return _desk(tmp_path / "desk", database, new_url).laid_out()


@pytest.fixture
def no_ledger(database: str, new_url: NewUrl, tmp_path: Path) -> Desk:
    """A desk on the morning of its first day where nobody has made a ledger."""
    url = "" if database == "sqlite" else new_url.bare()
    return Desk(tmp_path / "desk", url).laid_out(ledger=False)


@pytest.fixture(scope="module")
def copied(
    second_day: Desk,
    lasting: Places,
    database: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Callable[[], Desk]:
    """Copies of the second day's desk that stay for the whole module."""
    return lambda: second_day.copied(tmp_path_factory.mktemp("night") / "desk", lasting(database))
