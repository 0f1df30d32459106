"""No command tells who a patient is where nobody asked: every one of them is run on a marked case.

Every field of the patient holds a text of its own; claims of another system are numbered by a name.
A new command fails here until it has its line in ``CALLS``.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile, is_zipfile

import click
import pytest
from command_line import Command
from receive_made import Line, clp, remit, x12

from claimline.cli import COMMANDS, load

ROOT = Path(__file__).resolve().parents[2]
PRACTICE = ROOT / "fixtures" / "practice" / "practice.toml"
EXAMPLE = ROOT / "fixtures" / "visits" / "examples" / "corrections" / "unprocessable.json"
OTHER = "ZQFOREIGNNAME"  # another system's claim number
MARKS = (
    "ZQLASTNAME", "ZQFIRSTNAME", "ZQMEMBER77", "ZQSTREET", "ZQTOWN", "19310719", "1931-07-19",
    OTHER, "ZQOTHERLAST", "ZQOTHERFIRST", "ZQOTHER88", "ZQPAYERTEXT",
)  # fmt: skip
WRITES = "writes a file for a payer or a reader, told to"
# Each command with its words; {claim} and the like are filled in. A text: why it is not run.
CALLS: dict[str, str | tuple[str, ...]] = {
    "bill": ("{visits} --practice {practice} --out {out}", "{held} --practice {practice}"),
    "edits": ("{visits} {held} --practice {practice}",),
    "check": ("{sent} {era} {acks}",),
    "read": ("{sent}", "{era}", "{acks}", "{era} --segments", "{sent} --segments"),
    "receive": ("{era} {acks}",),
    "reject": ("{claim} --status A7:562 --reason text --dry-run",),
    "claims": ("", "--state all", "--no-reversal {claim} --reason x", "--close {claim} --reason x"),
    "resend": ("{claim}",),
    "unsend": ("{sentname} --reason x",),
    "emit": ("{sentname} --out {out}",),
    "pause": ("lakeshore --reason x --practice {practice}",),
    "acknowledge": ("{era} --out {out}",),
    "denials": ("", "--status unmatched --status denied --status check", "--practice {practice}"),
    "underpaid": ("",),
    "trace": ("{claim}", "{claim} --explain --segments", OTHER, "ZQMEMBER77", "E7", "ZQOTHER88"),
    "held list": ("",),
    "held release": ("nobody --reason x",),
    "held override": ("nobody --reason x",),
    "missing": ("--practice {practice}",),
    "match list": ("", "--by-hand"),
    "match claim": ("{other} --to {claim} --reason x", "{other} --to NOBODY --reason x"),
    "match rule": ("--old-system --pattern ZQ* --before 2020-01-01 --reason x",),
    "match rules": ("",),
    "remit enter": ("{paper}",),
    "remit list": ("",),
    "remit undo": ("E7 --reason x",),
    "remit keep": ("E7 --reason x",),
    "bank import": ("{paper}",),
    "bank list": ("",),
    "bank match": ("1 --to E7 --reason x",),
    "secondary list": ("--practice {practice}",),
    "secondary bill": ("{claim} --practice {practice} --out {out}",),
    "report": tuple(
        f"{name} --practice {{practice}}"
        for name in (
            "aging",
            "denials",
            "first-pass",
            "days",
            "lines",
            "unmatched",
            "balances",
            "drift",
            "summary",
        )
    ),
    "advice": ("{era}", "E7"),
    "owes": ("{claim}", "ZQMEMBER77", "--practice {practice} {claim}"),
    "correct": ("{claim} --void --reason x --out {out}",),
    "timely": ("{claim}",),
    "diff": ("{sent} {sent}", "{sent} {held837}"),
    "units": "minutes only",
    "explain": ("18 {claim}",),
    "thresholds set": ("ZQMEMBER77 --year 2026 --pt-slp 100",),
    "thresholds import": ("{paper}",),
    "thresholds show": ("",),
    "schema": "no data",
    "practice check": ("{practice}",),
    "policy show": ("lakeshore --practice {practice}",),
    "policy list": "no patient data is read",
    "policy rules": "no patient data is read",
    "tables import": "reference tables only",
    "tables list": "reference tables only",
    "tables remove": "reference tables only",
    "tables show": "reference tables only",
    "adjustments": ("", "--practice {practice}"),
    "proof": ("",),
    "verify": ("",),
    "ledger status": ("",),
    "ledger waiting": ("", "--all"),
    "ledger upgrade": ("",),
    "ledger backup": WRITES,
    "ledger rebuild": ("",),
    "ledger dismiss": ("{eraname} --reason x",),
    "night": ("--config {night} --new-ledger",),
    "transfer check": "moves files, knows nothing of their content (tests/claimline/transfer)",
    "transfer list": "as transfer check",
    "transfer which": "as transfer check",
    "transfer collect": "as transfer check",
    "transfer send": "as transfer check",
    "sandbox": ("{out}",),
}


def leaves() -> Iterator[tuple[str, click.Command]]:
    """Every command that can be run, by its words."""
    for entry in COMMANDS:
        yield from _leaves(entry.name, load(entry))


def _leaves(name: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    if isinstance(command, click.Group):
        for child, inner in command.commands.items():
            yield from _leaves(f"{name} {child}", inner)
    else:
        yield name, command


LEAVES = dict(leaves())
RUN = sorted(name for name, words in CALLS.items() if isinstance(words, tuple))


def shapes(command: click.Command) -> tuple[str, ...]:
    """The shapes in which a command tells what it found."""
    for option in command.params:
        if "--format" in option.opts and isinstance(option.type, click.Choice):
            return tuple(map(str, option.type.choices))
    return ("",)


def test_every_command_is_looked_at() -> None:
    """A command that is added says here how it is run, or why it need not be."""
    assert sorted(CALLS) == sorted(LEAVES)


@pytest.fixture(scope="module", name="case")
def _case(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A marked patient billed, acknowledged and answered; answers of another system's patient."""
    from claimline.__main__ import main

    folder = tmp_path_factory.mktemp("marked")
    visit = json.loads(EXAMPLE.read_text())[0]
    visit["patient"] |= {"last_name": "Zqlastname", "first_name": "Zqfirstname",
                         "birth_date": "1931-07-19"}  # fmt: skip
    visit["patient"]["address"] |= {"line1": "7 ZQSTREET", "city": "ZQTOWN"}
    visit["coverages"] = [{"payer": "lakeshore", "member_id": "ZQMEMBER77"}]
    (folder / "visits").mkdir()
    visits, held = folder / "visits" / "visits.json", folder / "held.json"
    visits.write_text(json.dumps([visit]))
    held.write_text(json.dumps([visit | {"visit_id": "H-1", "diagnoses": ["BAD"]}]))
    ledger, out = str(folder / "ledger.db"), folder / "out"
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("CLAIMLINE_NOW", "2026-04-01T12:00:00+00:00")
        bill = ["bill", str(visits), "--practice", str(PRACTICE), "--out", str(out)]
        assert main([*bill, "--ledger", ledger]) == 0
        sent = next(out.glob("*.837"))
        claim = next(s for s in sent.read_text().split("~") if "CLM*" in s).strip().split("*")[1]
        acks = folder / "acks"
        assert main(["sandbox", str(out), "--out", str(acks), "--acknowledge"]) == 0
        era = folder / "era.835"
        era.write_bytes(_era(claim))
        words = sorted(str(one) for one in acks.iterdir() if one.suffix != ".835")
        main(["receive", str(era), *words, "--ledger", ledger])
    night = folder / "night.toml"
    text = (ROOT / "fixtures" / "night" / "night.toml").read_text()
    night.write_text(text.replace("fixtures/night/practice.toml", str(PRACTICE)))
    (folder / "inbox").mkdir()
    (folder / "inbox" / "era.835").write_bytes(era.read_bytes())
    (folder / "clearinghouse" / "in").mkdir(parents=True)
    (folder / "clearinghouse" / "out").mkdir(parents=True)
    paper = folder / "paper.csv"
    paper.write_text(f"payer,number,date,amount,claim,code,charge,paid\nNobody,ZQMEMBER77,"
                     f"2026-13-01,x,{OTHER},97530,1,1\n")  # fmt: skip
    return {
        "visits": str(visits), "held": str(held), "practice": str(PRACTICE), "out": str(out),
        "sent": str(sent), "sentname": sent.name, "era": str(era), "eraname": era.name,
        "acks": " ".join(words), "claim": claim, "other": OTHER, "paper": str(paper),
        "night": str(night), "held837": str(sent), "ledger": ledger, "folder": str(folder),
    }  # fmt: skip


def _era(claim: str) -> bytes:
    """Answers: to ours, to another system's, and recoveries with member ids in them."""
    ours = (
        "NM1*QC*1*ZQLASTNAME*ZQFIRSTNAME****MI*ZQMEMBER77",
        "NM1*74*1*ZQLASTNAME*ZQFIRSTNAME****C*ZQMEMBER77",
    )
    other = ("NM1*QC*1*ZQOTHERLAST*ZQOTHERFIRST****MI*ZQOTHER88",)
    refused = Line(charge="150", paid="0", cas=("CO*97*150",))
    odd = Line(charge="150", paid="70", cas=("CO*45*50",), control="")
    plb = [
        f"PLB*1555000102*20261231*{one}"
        for one in ("WO:A1 ZQMEMBER77*10", "WO:A2ZQOTHER88*10", "FB:ZQMEMBER77A3*-10")
    ]
    claims = (
        clp(claim, refused, extra=ours),
        clp(OTHER, odd, extra=other, icn="X8"),
        clp(f"{OTHER}X", Line(control=""), status="23", extra=other, icn="X9"),
    )
    return x12(remit(*claims, trace="E7", plb=plb))


def _read(path: Path) -> str:
    """The text of a file, also of a workbook."""
    data = path.read_bytes()
    if is_zipfile(path):
        with ZipFile(path) as sheet:
            data = b"".join(sheet.read(name) for name in sheet.namelist())
    return data.decode("utf-8", "replace")


@pytest.mark.parametrize("name", RUN)
def test_no_command_names_a_patient(
    name: str,
    case: dict[str, str],
    command: Command,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Neither on the screen nor in a report, a message or the log, in any shape."""
    monkeypatch.setenv("CLAIMLINE_NOW", "2026-06-01T12:00:00+00:00")
    monkeypatch.setenv("CLAIMLINE_LOG", "debug")
    monkeypatch.setenv("CLAIMLINE_DEBUG", "1")
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.chdir(tmp_path)
    ledger = tmp_path / "ledger.db"
    found: list[str] = []
    calls = CALLS[name]
    assert isinstance(calls, tuple)
    options = {opt for one in LEAVES[name].params for opt in one.opts}
    for words in calls:
        for shape in shapes(LEAVES[name]):
            ledger.write_bytes(Path(case["ledger"]).read_bytes())
            given = [part for word in words.split() for part in word.format(**case).split(" ")]
            line = [*name.split(), *given]
            line += ["--ledger", str(ledger)] if "--ledger" in options else []
            line += ["--format", shape] if shape else []
            to_file = "--output" in options and shape in {"xlsx", "html"} and name != "advice"
            line += ["--output", f"told.{shape}"] if to_file else []
            _, out, errors = command(*line)
            told = out + errors + (_read(tmp_path / f"told.{shape}") if to_file else "")
            own = {mark for mark in MARKS if mark in " ".join(given)}  # what was typed
            said = told.upper()
            found += [f"{' '.join(line)}: {m}" for m in MARKS if m in said and m not in own]
    if name == "night":
        folder = Path(case["folder"])
        for path in (folder / "reports").rglob("*"):
            if path.is_file():
                found += [f"{path.name}: {m}" for m in MARKS if m in _read(path).upper()]
    assert not found, "\n".join(found)
    assert os.environ["CLAIMLINE_LOG"] == "debug"
