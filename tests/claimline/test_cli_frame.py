"""The frame of the command line: exit statuses, help, quiet pipes, errors without patient data."""

import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

from claimline import __main__ as entry
from claimline.cli import COMMANDS, cli, keep_lines, load
from claimline.errors import COULD_NOT_RUN, DONE, NEEDS_PERSON, WRONG_USAGE, CommandError, worst

ROOT = Path(__file__).resolve().parents[2]


def run(*arguments: str, **more: str) -> "subprocess.CompletedProcess[str]":
    """The real command in a process of its own."""
    environment = {**os.environ, **more}
    return subprocess.run(
        [sys.executable, "-m", "claimline", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        cwd=ROOT,
    )


def test_help_lists_every_command_without_loading_it() -> None:
    """The list of commands needs no command's module and none of the big libraries: it is fast."""
    code = (
        "import sys; from claimline.__main__ import main; main(['--help']);"
        "HEAVY = ('claimline.cli.', 'claimline.services', 'claimline.render', 'edi', 'mapping',"
        " 'reconcile', 'sqlalchemy', 'lxml', 'rich', 'structlog', 'openpyxl');"
        "print([m for m in sys.modules if m.startswith(HEAVY)])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert all(entry.name in done.stdout for entry in COMMANDS)
    assert done.stdout.rstrip().endswith("[]")


@pytest.mark.parametrize("entry", COMMANDS, ids=lambda entry: entry.name)
def test_every_command_is_there_and_shows_an_example(entry: object) -> None:
    """Each command in the list loads, and its help and that of its parts has an example."""
    command = load(entry)  # type: ignore[arg-type]
    parts = [command, *getattr(command, "commands", {}).values()]
    for part in parts:
        assert part.help is not None
        assert "Example" in part.help, f"{part.name} shows no example"


def test_an_unknown_command_is_wrong_usage_and_names_the_nearest() -> None:
    """A misspelled command ends with 2 and the names it may have meant."""
    done = run("denial")
    assert done.returncode == WRONG_USAGE
    assert "denials" in done.stderr
    assert done.stdout == ""


def test_an_unknown_option_is_wrong_usage() -> None:
    """Click's own usage errors end with 2."""
    assert run("units", "--nonsense").returncode == WRONG_USAGE


def _with_command(monkeypatch: pytest.MonkeyPatch, fault: BaseException) -> None:
    """Let ``units`` fail in a given way."""

    @click.command(context_settings={"ignore_unknown_options": True})
    def broken() -> int:
        raise fault

    monkeypatch.setattr("claimline.cli.load", lambda _: broken)


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        pytest.param(ValueError("SAMPLE, PAT 1950-01-01"), COULD_NOT_RUN, id="unforeseen"),
        pytest.param(KeyboardInterrupt(), COULD_NOT_RUN, id="keyboard"),
        pytest.param(CommandError("no", todo="do"), COULD_NOT_RUN, id="command error"),
        pytest.param(BrokenPipeError(), DONE, id="closed pipe"),
        pytest.param(MemoryError(), COULD_NOT_RUN, id="out of memory"),
        pytest.param(RecursionError(), COULD_NOT_RUN, id="recursion"),
    ],
)
def test_no_exception_ends_with_1_or_a_traceback(
    fault: BaseException,
    status: int,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """Whatever is raised becomes an exit status, and its text, which may name a patient, stays in."""
    _with_command(monkeypatch, fault)
    monkeypatch.setattr(entry, "_drop_output", lambda: None)
    assert entry.main(["units"]) == status
    said = capfd.readouterr()
    assert "SAMPLE" not in said.out + said.err
    assert "Traceback" not in said.err


def test_debug_tells_the_place_and_no_value(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """CLAIMLINE_DEBUG=1 names type, file and line of an internal error, never its text."""
    _with_command(monkeypatch, ValueError("SAMPLE, PAT"))
    monkeypatch.setenv("CLAIMLINE_DEBUG", "1")
    assert entry.main(["units"]) == COULD_NOT_RUN
    said = capfd.readouterr().err
    assert "ValueError" in said
    assert "test_cli_frame.py:" in said
    assert "SAMPLE" not in said


def test_a_closed_pipe_is_quiet() -> None:
    """``claimline explain ... | head -1`` says nothing on standard error."""
    many = ["CO-97"] * 400
    with subprocess.Popen(
        [sys.executable, "-m", "claimline", "explain", *many, "--format", "csv"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        said = process.stderr.read()
        assert process.wait() == DONE
    assert said == b""


def test_raw_docstrings_keep_their_lines() -> None:
    """Examples in help stay on lines of their own."""
    command = click.Command("x", help="Words.\n\n\\b\nExample:\n  one\n  two")
    assert keep_lines(command).help == "Words.\n\n\b\nExample:\n  one\n  two"
    assert "\\b" not in (cli.help or "")


def test_the_end_of_a_command_is_logged_where_asked() -> None:
    """CLAIMLINE_LOG=info gives one JSON line on standard error; without it there is none."""
    import json

    (line,) = run("units", "97530=24", CLAIMLINE_LOG="info").stderr.splitlines()
    told = json.loads(line)
    assert (told["command"], told["status"]) == ("units", DONE)
    assert run("units", "97530=24", CLAIMLINE_LOG="").stderr == ""


def test_the_worst_status_wins() -> None:
    """Of several files the highest status is the command's."""
    assert worst() == DONE
    assert worst(DONE, COULD_NOT_RUN, NEEDS_PERSON) == COULD_NOT_RUN


def test_the_version_is_the_packages() -> None:
    """``--version`` says what pyproject.toml says."""
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert run("--version").stdout.split()[-1] == project["version"]


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&- >&- 2>&-"])
@pytest.mark.parametrize(
    ("words", "status"), [("units 97530=24", DONE), ("check no-such-file", COULD_NOT_RUN)]
)
def test_closed_streams_change_no_status(closed: str, words: str, status: int) -> None:
    """Without a place to print to, the exit status still tells what happened."""
    line = f"{sys.executable} -m claimline {words} {closed}"
    done = subprocess.run(["/bin/sh", "-c", line], capture_output=True, check=False, cwd=ROOT)
    assert done.returncode == status
    assert b"Traceback" not in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_could_not_run() -> None:
    """What could not be written is never "done"."""
    line = f"{sys.executable} -m claimline units 97530=24 > /dev/full"
    done = subprocess.run(["/bin/sh", "-c", line], capture_output=True, check=False, cwd=ROOT)
    assert done.returncode == COULD_NOT_RUN
    assert b"No space left" in done.stderr


@pytest.mark.parametrize("words", ["trace - --ledger {}", "check -", "receive - --ledger {}"])
def test_closed_standard_input_is_said(words: str, ledger_url: str) -> None:
    """- without a standard input ends with 3 and a plain word."""
    line = f"{sys.executable} -m claimline {words.format(ledger_url)} <&-"
    done = subprocess.run(["/bin/sh", "-c", line], capture_output=True, check=False, cwd=ROOT)
    assert done.returncode == COULD_NOT_RUN
    assert b"standard input is closed" in done.stderr
