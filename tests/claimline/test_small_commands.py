"""``units``, ``explain``, ``schema``, ``practice check``, ``sandbox``, ``check``, ``read``."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

ROOT = Path(__file__).resolve().parents[2]
PRACTICE = ROOT / "fixtures" / "practice" / "practice.toml"


def test_units_have_the_documented_shape(command: Any) -> None:
    """The example of the design: 47 minutes by the 8-minute rule."""
    status, out, _ = command("units", "97530=24", "97112=23", "--format", "json")
    told = json.loads(out)
    assert status == 0
    assert told["rule"] == "cms"
    assert told["total_minutes"] == 47
    assert told["units"] == {"97530": 2, "97112": 1}
    assert told["because"]


def test_units_show_the_other_rules(command: Any) -> None:
    """Full units, what is left and who got the spare unit; what other rules give stands beside."""
    _, out, _ = command("units", "97530=24", "97112=23")
    assert [line.split() for line in out.splitlines()[2:4]] == [
        ["97530", "24", "1", "9", "1", "2", "2", "1", "2"],
        ["97112", "23", "1", "8", "0", "1", "2", "1", "1"],
    ]


def test_units_of_therapist_and_assistant_with_a_payer(command: Any) -> None:
    """The payer's rule, its charges, and the lines with and without CQ; other rules' charges."""
    _, out, _ = command(
        "units", "97530=14+24", "97140=15", "--payer", "medicare", "--practice", str(PRACTICE),
        "--on", "2025-12-02", "--format", "json",
    )  # fmt: skip
    told = json.loads(out)
    assert [
        (line["code"], line["modifier"], line["units"], line["charge"]) for line in told["lines"]
    ] == [("97530", "", 1, "75.00"), ("97530", "CQ", 2, "150.00"), ("97140", "", 1, "50.00")]
    assert told["charges"] == {
        "cms": "275.00", "midpoint": "275.00", "full15": "200.00", "hybrid": "275.00",
    }  # fmt: skip
    assert told["policy"]


@pytest.mark.parametrize(
    ("words", "note"),
    [
        (["--on", "2019-12-31"], "no CQ or CO before 2020-01-01"),
        (["--discipline", "SLP"], "no modifier for a speech-language assistant"),
        (["--payer", "heron", "--practice", str(PRACTICE)], "heron takes no CQ"),
    ],
    ids=["before 2020", "speech", "a payer that takes none"],
)
def test_units_say_why_no_modifier_divides_them(command: Any, words: list[str], note: str) -> None:
    """Where an assistant's minutes make no CQ or CO, the reason is told."""
    _, out, _ = command("units", "97530=8+20", *words, "--format", "json")
    told = json.loads(out)
    assert {line["modifier"] for line in told["lines"]} == {""}
    assert any(note in each for each in told["notes"])


def test_units_of_an_unknown_payer_are_wrong_usage(command: Any) -> None:
    """A slip in the payer's key is told with the key that is meant."""
    status, _, err = command("units", "97530=24", "--payer", "medicar", "--practice", str(PRACTICE))
    assert status == 2
    assert "mean medicare" in err


@pytest.mark.parametrize(
    "words",
    [
        ["97530"],
        ["97530=-4"],
        ["97530=x"],
        ["=24"],
        ["97530=1441"],
        ["97530=24", "--rule", "x"],
        [],
    ],
    ids=["no minutes", "negative", "letters", "no code", "more than a day", "no rule", "nothing"],
)
def test_units_refuse_what_they_cannot_read(command: Any, words: list[str]) -> None:
    """Bad arguments are wrong usage, with the form that is wanted."""
    status, out, err = command("units", *words)
    assert status == 2
    assert out == ""
    assert err


def test_units_that_minutes_do_not_tell_need_a_person(command: Any) -> None:
    """A code of another shape gets no guess."""
    status, out, _ = command("units", "96125=60", "--format", "json")
    assert status == 1
    assert json.loads(out)["unassigned"].keys() == {"96125"}


@pytest.mark.parametrize(
    ("words", "kind", "part"),
    [
        (["CO-97"], "carc", "included in another"),
        (["co97"], "carc", "included in another"),
        (["PR-1"], "carc", "deductible"),
        (["N130"], "rarc", "benefit"),
        (["MA130"], "rarc", "unprocessable"),
        (["CLP02", "4"], "claim_status", "denied"),
        (["CLP02-22"], "claim_status", "revers"),
        (["WO"], "plb", "recovery"),
        (["97530"], "procedure", "therapeutic"),
        (["CQ"], "modifier", "physical therapist assistant"),
    ],
    ids=lambda value: "_".join(value) if isinstance(value, list) else None,
)
def test_explain_says_what_a_code_means(
    command: Any, words: list[str], kind: str, part: str
) -> None:
    """Each kind of code is found in its table."""
    status, out, _ = command("explain", *words, "--format", "json")
    (told,) = json.loads(out)["codes"]
    assert status == 0
    assert told["kind"] == kind
    assert part in told["meaning"]
    assert told["table"]


def test_explain_shows_every_meaning_of_a_code(command: Any) -> None:
    """59 is an adjustment reason and a modifier."""
    _, out, _ = command("explain", "59", "--format", "json")
    assert [each["kind"] for each in json.loads(out)["codes"]] == ["carc", "modifier"]


def test_explain_tells_apart_refusals_by_group(command: Any) -> None:
    """CO-45 is no refusal, CO-197 is one: the group and the reason decide together."""
    _, out, _ = command("explain", "CO-45", "CO-197", "--format", "json")
    first, second = json.loads(out)["codes"]
    assert "is no refusal" in first["more"]
    assert "refuses payment" in second["more"]


def test_explain_says_when_it_does_not_know(command: Any) -> None:
    """An unknown code is shown as it is, known false, exit status 1."""
    status, out, _ = command("explain", "N99999", "CO-ZZZ", "--format", "json")
    assert status == 1
    assert [each["known"] for each in json.loads(out)["codes"]] == [False, False]


def test_explain_leaves_no_word_unfilled(command: Any) -> None:
    """The table's words in braces are filled in for a general answer."""
    _, out, _ = command("explain", *(f"CO-{reason}" for reason in range(1, 300)))
    assert "{" not in out
    assert "  the the " not in out


@pytest.mark.parametrize("what", ["visit", "practice"])
def test_schemas_are_json_schemas(command: Any, what: str) -> None:
    """What ``schema`` prints is a valid JSON Schema."""
    status, out, _ = command("schema", what)
    assert status == 0
    jsonschema.Draft202012Validator.check_schema(json.loads(out))


def test_a_right_practice_file_is_done(command: Any) -> None:
    """The fixture practice has no errors."""
    status, out, err = command("practice", "check", PRACTICE)
    assert status == 0, err
    assert "no errors" in out


def test_a_wrong_practice_file_is_wrong_usage(command: Any, tmp_path: Path) -> None:
    """Each fault is named by its place; exit status 2."""
    path = tmp_path / "practice.toml"
    path.write_text('[practice]\nnam = "X"\n', encoding="utf-8")
    status, out, _ = command("practice", "check", path, "--format", "json")
    assert status == 2
    assert "practice.name" in {problem["column"] for problem in json.loads(out)["problems"]}


def test_a_practice_file_that_is_no_toml_is_wrong_usage(command: Any, tmp_path: Path) -> None:
    """A syntax error has its line; a file in another encoding too."""
    path = tmp_path / "practice.toml"
    path.write_text("[practice\n", encoding="utf-8")
    assert command("practice", "check", path)[0] == 2
    path.write_bytes(b'[practice]\nname = "Caf\xe9"\n')
    status, _, err = command("practice", "check", path)
    assert status == 2
    assert "line 2" in err


def test_the_sandbox_lists_its_scenarios(command: Any) -> None:
    """Every named scenario with what it does."""
    status, out, _ = command("sandbox", "--list", "--format", "json")
    names = [each["name"] for each in json.loads(out)]
    assert status == 0
    assert {"paid", "denied-bundled", "reversal", "paid-twice", "stranger"} <= set(names)
    assert len(names) == len(set(names))


def test_the_sandbox_gives_the_same_bytes_again(
    command: Any, job_files: Path, tmp_path: Path
) -> None:
    """Same claims, seed and date: same files; their names tell nothing of a patient."""
    command("sandbox", job_files / "claims", "--out", tmp_path / "a")
    command("sandbox", job_files / "claims", "--out", tmp_path / "b")
    first = {path.name: path.read_bytes() for path in (tmp_path / "a").iterdir()}
    again = {path.name: path.read_bytes() for path in (tmp_path / "b").iterdir()}
    assert first
    assert first == again
    assert all(path.stat().st_mode & 0o077 == 0 for path in (tmp_path / "a").iterdir())


def test_what_the_sandbox_writes_is_right_but_where_it_says(command: Any, job_files: Path) -> None:
    """Check finds nothing wrong in the replies but the scenario that does not balance."""
    status, out, _ = command("check", *sorted((job_files / "inbox").iterdir()), "--format", "json")
    codes = {p["code"] for each in json.loads(out)["files"] for p in each["problems"]}
    assert status == 1
    assert codes == {"remit.line-unbalanced", "remit.claim-unbalanced"}


@pytest.mark.parametrize(
    "words",
    [["none"], ["none", "--scenario", "denied-bundeld"], []],
    ids=["no folder", "no scenario", "nothing"],
)
def test_the_sandbox_refuses_what_is_not_there(
    command: Any, tmp_path: Path, words: list[str]
) -> None:
    """A missing folder is 3, an unknown scenario or nothing at all is 2."""
    status, _, err = command("sandbox", *[str(tmp_path / w) if w == "none" else w for w in words])
    assert status == (3 if words == ["none"] else 2)
    assert err


def test_check_has_the_documented_shape(command: Any, job_files: Path) -> None:
    """files, transactions with type and control, problems with all their places."""
    files = sorted((job_files / "inbox").iterdir())
    _, out, _ = command("check", *files, "--format", "json")
    told = json.loads(out)["files"]
    assert [each["file"] for each in told] == [str(path) for path in files]
    assert all(t.keys() >= {"type", "control"} for each in told for t in each["transactions"])
    wanted = {
        "code", "standard", "level", "interchange", "group", "transaction", "segment", "line",
        "loop", "element", "message",
    }  # fmt: skip
    assert all(p.keys() >= wanted for each in told for p in each["problems"])


def test_check_of_what_bill_wrote_is_clean(command: Any, job_files: Path) -> None:
    """Our own files have no errors."""
    status, out, err = command("check", *sorted((job_files / "claims").iterdir()))
    assert status == 0, out + err
    assert "no problems" in out


def test_check_as_csv(command: Any, job_files: Path) -> None:
    """One row for each problem, with its file."""
    _, out, _ = command("check", *sorted((job_files / "inbox").iterdir()), "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert {row["element"] for row in rows} == {"SVC03", "CLP04"}
    assert all(row["file"].endswith(".835") for row in rows)


def test_read_of_an_835_has_the_documented_shape(command: Any, job_files: Path) -> None:
    """Payment, claims, lines, adjustments, and whether it adds up."""
    _, out, _ = command("read", *sorted((job_files / "inbox").iterdir()), "--format", "json")
    remittances = json.loads(out)["remittances"]
    first = remittances[0]
    assert first.keys() >= {
        "trace", "payer", "paid", "balanced", "differences", "claims", "provider_adjustments",
    }  # fmt: skip
    claim = next(c for c in first["claims"] if c["lines"])
    assert claim.keys() >= {
        "claim", "status", "charge", "paid", "patient", "payer_claim", "remarks", "adjustments",
        "lines",
    }  # fmt: skip
    assert claim["lines"][0].keys() >= {
        "code", "modifiers", "date", "charge", "paid", "units", "control", "adjustments", "remarks",
    }  # fmt: skip
    assert claim["lines"][0]["adjustments"][0].keys() == {"group", "reason", "amount", "units"}
    assert [r["balanced"] for r in remittances].count(False) == 1


def test_read_of_an_unbalanced_file_needs_a_person(command: Any, job_files: Path) -> None:
    """The difference is shown with its equation; other files are done."""
    statuses = {}
    for path in sorted((job_files / "inbox").iterdir()):
        statuses[path.name], out, _ = command("read", path)
        if statuses[path.name]:
            words = " ".join(out.split())
            assert "does not balance" in words
            assert "SVC02 - CAS of the line = SVC03" in words
    assert sorted(statuses.values())[-2:] == [0, 1]


def test_read_of_claims_shows_lines_and_no_patient(command: Any, job_files: Path) -> None:
    """An 837P as claims and lines; names and member ids are not in it."""
    path = next((job_files / "claims").iterdir())
    status, out, _ = command("read", path, "--format", "json")
    told = json.loads(out)
    lines = [line for s in told["submissions"] for c in s["claims"] for line in c["lines"]]
    assert status == 0
    assert any(line["code"] == "97530" for line in lines)
    assert "NM1*IL" not in out
    assert "member" not in out


def test_read_by_segment_masks_the_patient(command: Any, job_files: Path) -> None:
    """Each value with its name; names, ids and birth dates as ***."""
    path = next((job_files / "claims").iterdir())
    status, out, _ = command("read", path, "--segments", "--format", "json")
    segments = [s for t in json.loads(out)["transactions"] for s in t["segments"]]
    insured = [s for s in segments if s["id"] == "NM1" and s["loop"] == "2010BA"]
    values = {v["ref"]: v["value"] for s in insured for v in s["values"]}
    assert status == 0
    assert values["NM103"] == values["NM109"] == "***"
    assert {s["loop"] for s in segments} >= {"2300", "2400"}
    line = next(s for s in segments if s["id"] == "SV1")
    assert "Line Item Charge Amount" in {v["name"] for v in line["values"]}


def test_read_takes_standard_input(
    command: Any, job_files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """- is standard input."""
    data = next((job_files / "claims").iterdir()).read_bytes()
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data)))
    status, out, _ = command("read", "-")
    assert status == 0
    assert "97530" in out


@pytest.mark.parametrize("day", ["2026-03-10", "3/10/2026"])
def test_a_day_is_taken_as_people_write_it(command: Any, day: str) -> None:
    """Every command takes a day as the files do."""
    status, out, _ = command("explain", "97530", "--on", day)
    assert (status, "2026-03-10" in out) == (0, True)


def test_a_day_that_is_none_is_refused_with_an_example(command: Any) -> None:
    """The person sees how to write it."""
    status, _, errors = command("explain", "97530", "--on", "march")
    assert (status, "expected as 2026-03-01" in errors) == (2, True)
