"""Every command in every situation: the exit status of the table in the command line's design."""

import io
from pathlib import Path
from typing import Any

import pytest
from job_done import Job

ROOT = Path(__file__).resolve().parents[2]
PRACTICE = ROOT / "fixtures" / "practice" / "practice.toml"
DONE, PERSON, USAGE, COULD_NOT = 0, 1, 2, 3

CASES = [
    ("denials", DONE),
    ("denials --code 99999", DONE),
    ("denials --since tomorrow", USAGE),
    ("denials --format pdf", USAGE),
    ("denials --practice missing.toml", USAGE),
    ("denials --practice {words}", USAGE),
    ("denials --ledger {none}", COULD_NOT),
    ("denials --ledger {folder}", COULD_NOT),
    ("denials --ledger {words}", COULD_NOT),
    ("denials --ledger postgresql+nodriver://u:secret@h/d", COULD_NOT),
    ("denials --format csv --output {folder}/none/out.csv", COULD_NOT),
    ("denials --format csv --output {folder}", USAGE),
    ("trace {claim}", DONE),
    ("trace %", PERSON),
    ("trace _________________", PERSON),
    ("trace {long}", PERSON),
    ("trace", USAGE),
    ("trace {claim} --ledger {none}", COULD_NOT),
    ("receive {era}", DONE),
    ("receive {institutional}", PERSON),
    ("receive {ack}", PERSON),
    ("receive {words}", COULD_NOT),
    ("receive {folder}", COULD_NOT),
    ("receive {era} missing.835", COULD_NOT),
    ("receive", USAGE),
    ("check {claims}", DONE),
    ("check {unbalanced}", PERSON),
    ("check {words}", COULD_NOT),
    ("check {unbalanced} missing.835", COULD_NOT),
    ("check", USAGE),
    ("read {claims}", DONE),
    ("read {unbalanced}", PERSON),
    ("read missing.835", COULD_NOT),
    ("read {era} --format xlsx --output {folder}/none/a.xlsx", COULD_NOT),
    ("explain CO-97 NOSUCH", PERSON),
    ("explain", USAGE),
    ("units 97530=24 97112=23", DONE),
    ("units 97530", USAGE),
    ("units 97530=24 --rule other", USAGE),
    ("schema visit", DONE),
    ("schema other", USAGE),
    ("practice check {practice}", DONE),
    ("practice check {words}", USAGE),
    ("practice check missing.toml", COULD_NOT),
    ("ledger status", DONE),
    ("ledger status --ledger {none}", COULD_NOT),
    ("ledger upgrade", DONE),
    ("ledger backup {folder}", USAGE),
    ("ledger backup {words}/copy.db", COULD_NOT),
    ("ledger rebuild --ledger {none}", COULD_NOT),
    ("sandbox --list", DONE),
    ("sandbox", USAGE),
    ("sandbox missing", COULD_NOT),
    ("sandbox {folder} --scenario nosuch", USAGE),
    ("held list", DONE),
    ("held list --ledger {none}", COULD_NOT),
    ("nosuch", USAGE),
]


@pytest.fixture(name="names", scope="module")
def _names(job: Job, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Files of every kind, by the words that the cases use."""
    folder = tmp_path_factory.mktemp("statuses")
    inbox = {path.name: path for path in sorted((job / "inbox").iterdir())}
    unbalanced = next(path for path in inbox.values() if b"*105.71*" in path.read_bytes())
    claims = next(iter(sorted((job / "claims").iterdir())))
    words = folder / "words.toml"
    words.write_text("Dear payer,", encoding="utf-8")
    institutional = folder / "institutional.837"
    institutional.write_bytes(claims.read_bytes().replace(b"005010X222A1", b"005010X223A2"))
    ack = next((ROOT / "fixtures" / "x12").rglob("ta1-alone.edi"))
    clm = claims.read_bytes().split(b"CLM*", 1)[1].split(b"*", 1)[0].decode()
    return {
        "folder": str(folder), "words": str(words), "none": str(folder / "none.db"),
        "era": str(inbox[next(name for name in inbox if inbox[name] != unbalanced)]),
        "unbalanced": str(unbalanced), "claims": str(claims), "ack": str(ack),
        "institutional": str(institutional), "claim": clm, "long": "A" * 10_000,
        "practice": str(PRACTICE),
    }  # fmt: skip


@pytest.mark.parametrize(("line", "status"), CASES, ids=[line for line, _ in CASES])
def test_the_exit_status_is_that_of_the_design(  # noqa: PLR0917 - fixtures
    command: Any,
    job: Job,
    names: dict[str, str],
    line: str,
    status: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """0 done, 1 somebody is needed, 2 wrong usage, 3 could not run; a word is said where not 0."""
    monkeypatch.setenv("CLAIMLINE_LEDGER", job.ledger)
    found, out, err = command(*(word.format(**names) for word in line.split()))
    assert found == status, out + err
    assert not status or out or err
    assert "secret" not in out + err
    assert "internal error" not in err


def test_an_institutional_file_is_named_for_what_it_is(
    command: Any, names: dict[str, str], ledger_url: str
) -> None:
    """An 837I is kept and said to be one, not passed over in silence."""
    status, _, err = command("receive", names["institutional"], "--ledger", ledger_url)
    assert status == PERSON
    assert "institutional claims (837I)" in " ".join(err.split())


def test_bytes_that_are_no_text_are_no_identifier(
    command: Any, job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A byte of another encoding on standard input leads to no claim, not to an error of ours."""
    given = io.TextIOWrapper(io.BytesIO(b"\xff\xfe\n\0\n"), errors="surrogateescape")
    monkeypatch.setattr("sys.stdin", given)
    status, _, err = command("trace", "-", "--ledger", job.ledger)
    assert status == PERSON
    assert err.count("not known") == 2
