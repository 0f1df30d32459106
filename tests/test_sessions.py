"""The sessions shown in README and tutorial are what the commands really print."""

import datetime as dt
import hashlib
import os
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from resident import resident

from mapping.numbers import patient_control_number

ROOT = Path(__file__).resolve().parents[1]
PAGES = (
    "README.md",
    "docs/tutorial.md",
    "docs/rules/policy.md",
    "docs/rules/pairs.md",
    "docs/rules/own-rules.md",
    "docs/rules/units.md",
    "docs/rules/thresholds.md",
    "docs/rules/codes.md",
    "docs/rules/assistants.md",
    "docs/rules/expected.md",
    "docs/rules/corrections.md",
    "docs/rules/documentation.md",
    "docs/rules/identifiers.md",
    "docs/rules/secondary.md",
    "docs/by-hand.md",
    "docs/missing.md",
    "docs/transfer.md",
    "docs/acknowledgements.md",
    "docs/life-of-a-claim.md",
    "docs/night.md",
    "docs/proof.md",
    "docs/provider-adjustments.md",
    "docs/reports.md",
)
MOMENT = re.compile(r"\b20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ")  # when a row was recorded
AGE = re.compile(r"\b\d{2,4} days old\b")  # of a figure entered
HEAD = re.compile(r"\bhead [0-9a-f]{24}\b")  # of the journal: control numbers are in it
NUMBER = re.compile(r"C[TP][A-HJ-NP-Z2-9]{15}")  # patient control numbers begin anywhere
RECEIVED = re.compile(r"\b[0-9a-f]{12}(?=\.(?:835|837|277|999|997|ta1|txt|csv|file)\b)")  # by bytes
SESSION = re.compile(r"(<!-- session -->\n```console\n)(.*?)(```\n<!-- /session -->)", re.DOTALL)


@pytest.fixture(scope="session", name="commands")
def _commands(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of the command ``claimline``."""
    with resident(tmp_path_factory.mktemp("resident")) as folder:
        yield folder


def spoken(text: str, folder: Path, commands: Path) -> str:
    """A session run again: each line after ``$`` by a shell, its output below it.

    Standard error is shown where it comes; exit statuses above 1 are said.
    """
    environment = os.environ | {
        "PATH": f"{commands}{os.pathsep}{os.environ['PATH']}",
        "CLAIMLINE_LEDGER": str(folder / "ledger.sqlite3"),
        "CLAIMLINE_TABLES": str(folder / "tables.sqlite3"),
        "COLUMNS": "100",
        "NO_COLOR": "1",
    }
    said = []
    for line in text.splitlines():
        if not line.startswith("$ "):
            continue
        done = subprocess.run(
            line[2:],
            shell=True,
            cwd=folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        output = MOMENT.sub("2026-04-01T12:00:00Z", done.stdout.replace(str(folder), "~")).rstrip()
        output = output.replace(f"received {dt.datetime.now(dt.UTC).date()}", "received 2026-04-01")
        output = output.replace(f"imported {dt.datetime.now(dt.UTC).date()}", "imported 2026-04-01")
        output = AGE.sub("266 days old", output)
        output = HEAD.sub("head 5d41402abc4b2a76b9719d91", output)
        said.append(f"{line}\n{output}\n" if output else f"{line}\n")
        if done.returncode > 1:
            said.append(f"exit status {done.returncode}\n")
    return "".join(said)


def numbered(text: str, seen: dict[str, str]) -> str:
    """The text with the n-th control number ever seen as the n-th of a fixed row of numbers.

    So with the names of received files, which are made of their bytes.
    """

    def fixed(found: re.Match[str]) -> str:
        number = found[0]
        of_claims = sum(NUMBER.fullmatch(name) is not None for name in seen)
        return seen.setdefault(number, patient_control_number(of_claims + 1, tag=number[:2]))

    def named(found: re.Match[str]) -> str:
        of_files = sum(len(name) == len(found[0]) for name in seen)
        name = hashlib.sha256(f"received file {of_files + 1}".encode()).hexdigest()
        return seen.setdefault(found[0], name[: len(found[0])])

    return RECEIVED.sub(named, NUMBER.sub(fixed, text))


@pytest.mark.parametrize("page", PAGES)
def test_sessions_are_what_is_printed(
    page: str, tmp_path: Path, commands: Path, golden: Callable[[Path, str], None]
) -> None:
    """Every session of a page, run in order in one folder, prints what the page shows."""
    (tmp_path / "fixtures").symlink_to(ROOT / "fixtures")
    text = (ROOT / page).read_text(encoding="utf-8")
    assert SESSION.search(text), f"{page} shows no session"
    seen: dict[str, str] = {}
    again = SESSION.sub(
        lambda m: m[1] + numbered(spoken(m[2], tmp_path, commands), seen) + m[3], text
    )
    golden(ROOT / page, again)
