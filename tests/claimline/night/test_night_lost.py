"""The connection to the ledger's server lost in the middle of a night: said, and done by the next."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from attrs import evolve
from canonical import differences
from databases import Databases, NewUrl, Server, running
from night_desk import OWN, SECOND, Desk
from sqlalchemy import Engine, event
from sqlalchemy.engine import make_url

from claimline.night import run
from claimline.night.alone import alone
from claimline.night.lock import NightBusyError
from claimline.night.values import Step
from reconcile.ledger import LedgerLocked, connect

pytestmark = pytest.mark.parametrize("database", ["postgresql"], indirect=True)
LOST = ("was lost", "cannot be reached")


@contextmanager
def cut_at(step: str, number: int, cut: Callable[[], None]) -> Iterator[list[str]]:
    """Before the N-th statement of a step's writers, ``cut``; gives the statements cut there."""
    at: list[str] = []
    writes = 0
    works = ""

    def before(connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        nonlocal writes
        if works == step and connection.get_execution_options().get(connect.WRITING):
            writes += 1
            if writes == number:
                at.append(statement)
                cut()

    def noted(part: run.Part) -> run.Part:
        def work(*given: Any) -> Any:
            nonlocal works
            works = part.name
            return part.work(*given)

        return evolve(part, work=work)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run, "STEPS", tuple(noted(part) for part in run.STEPS))
        event.listen(Engine, "before_cursor_execute", before)
        try:
            yield at
        finally:
            event.remove(Engine, "before_cursor_execute", before)


@pytest.fixture(name="calm")
def _calm(second_day: Desk, new_url: NewUrl, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """The same desk after a night that nothing happened to."""
    desk = second_day.copied(tmp_path_factory.mktemp("calm") / "desk", new_url)
    assert desk.night(SECOND).returncode == 1
    return desk


def same(calm: Desk, desk: Desk) -> list[str]:
    """What differs in ledger and files from the calm night."""
    both = calm.files(*OWN).items() ^ desk.files(*OWN).items()
    return differences(calm.dump(), desk.dump()) + [f"file {name}" for name, _ in both]


def _cut(new_url: NewUrl, url: str) -> None:
    """End all connections to a database."""
    assert isinstance(new_url, Databases)
    name = make_url(url).database
    new_url.server.run(
        f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{name}'"
    )


def test_a_lost_lock_is_taken_again_or_ends_the_night(ledger_url: str, new_url: NewUrl) -> None:
    """Cut off, a night goes on while nobody else began; where somebody did, no step follows."""
    done: list[str] = []
    with alone(ledger_url) as may_go_on:
        _cut(new_url, ledger_url)
        may_go_on()
        with pytest.raises(NightBusyError), alone(ledger_url):
            pytest.fail("both are alone")
        _cut(new_url, ledger_url)
        with alone(ledger_url):
            assert [one.status for one in _steps(done, may_go_on)] == [3, 3]
            with pytest.raises(LedgerLocked, match="another night began meanwhile"):
                may_go_on()
        assert done == []
        assert [one.status for one in _steps(done, may_go_on)] == [0, 0]
    assert done == ["collect", "send"]


def _steps(done: list[str], check: Callable[[], None]) -> tuple[Step, ...]:
    """Two steps of a night that only say that they were done."""

    def part(name: str) -> run.Part:
        def work(*_given: Any) -> Step:
            done.append(name)
            return Step(name=name)

        return run.Part(name=name, does="", work=work)

    night: Any = SimpleNamespace(log=None)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run, "STEPS", (part("collect"), part("send")))
        return run.steps(night, run.names(), check)


@pytest.mark.parametrize(
    ("step", "number"),
    [("receive", 6), ("receive", 30), ("build", 1), ("build", 12), ("send", 6)],
)
def test_a_connection_cut_in_a_step(
    step: str, number: int, desk: Desk, calm: Desk, new_url: NewUrl
) -> None:
    """Every connection is ended: 3, the step says so, the others send nothing; the next is whole."""
    with cut_at(step, number, lambda: _cut(new_url, desk.url)) as at:
        done = desk.night(SECOND)
    assert len(at) == 1, "nothing was cut"
    _told(done.returncode, desk, step)
    again = desk.night(SECOND)
    assert again.returncode == 1, again.stdout + again.stderr
    assert same(calm, desk) == []


def _told(status: int, desk: Desk, step: str) -> None:
    """The page says in which step the server went away.

    Receiving goes on with the next file, as the server is there again; after any other step
    nothing more is begun.
    """
    report = desk.report("2026-03-18-1")
    assert status == 3
    notes = {one["kind"]: one for one in report["notes"]}
    left_out = [one["name"] for one in report["steps"] if "left_out" in one]
    if step == "receive":
        assert left_out == []
        assert any(words in str(notes) for words in LOST)
        return
    note = notes[f"night.{step}-failed"]
    assert note["urgency"] == "now"
    assert any(words in note["what"] for words in LOST)
    assert left_out == list(run.names()[run.names().index(step) + 1 :])


def test_a_server_stopped_in_the_middle(new_url: NewUrl, tmp_path_factory: Any) -> None:
    """The server goes down while claims are built: 3, said; once it is up the night is whole."""
    folder = tmp_path_factory.mktemp("stopped")
    with running(f"night-{os.getpid()}") as own:
        desks = _two(own, folder)
        calm, desk = next(desks), next(desks)
        assert calm.night(SECOND).returncode == 1
        with cut_at("build", 8, own.handle.stop) as at:
            done = desk.night(SECOND)
        assert len(at) == 1, "nothing was cut"
        assert "the report is not in the ledger" in done.stderr
        _told(done.returncode, desk, "build")
        assert desk.night(SECOND, "--check").returncode == 3
        own.handle.ensure_postgres_running()
        again = desk.night(SECOND)
        assert again.returncode == 1, again.stdout + again.stderr
        assert same(calm, desk) == []


def _two(own: Server, folder: Any) -> Iterator[Desk]:
    """Two equal desks in a server of their own."""
    databases = own.databases()
    first = Desk(folder / "desk", databases()).second_day()
    for name in ("calm", "cut"):
        yield first.copied(folder / name, databases)
