"""The code card: what ``explain`` tells of a procedure code and of modifiers."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from mapping.codes import CODES, MODIFIER_LABELS

ROOT = Path(__file__).resolve().parents[2]
PRACTICE = ROOT / "fixtures" / "practice" / "practice.toml"
Json = dict[str, Any]


@pytest.fixture
def card(command: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The card of a code, by the starter tables."""
    monkeypatch.setenv("CLAIMLINE_TABLES", str(tmp_path / "none.sqlite3"))

    def of(code: str, *more: object) -> Json:
        _, out, _ = command("explain", code, "--format", "json", *more)
        found: Json = json.loads(out)["codes"][0]["card"]
        return found

    return of


def test_97530_tells_all_its_parts(card: Any) -> None:
    """Timing, caps, modifiers, pairs, refusals and Medicare's amount, each with its table."""
    told = card("97530", "--on", "2026-03-10")
    assert "15 minutes" in told["timing"]
    assert told["caps"][0]["cap"].startswith("6 units a day")
    assert "starter unit limits" in told["caps"][0]["table"]
    assert (told["medicare"]["unit"], told["medicare"]["further"]) == ("35.07", "25.05")
    assert {pair["with"] for pair in told["pairs"]} >= {"97140", "97164"}
    assert all(pair["table"] for pair in told["pairs"])
    assert {"CO-97", "CO-236", "CO-197"} <= {one["adjustment"] for one in told["denials"]}
    assert all(one["next_step"] for one in told["denials"])


@pytest.mark.parametrize(
    ("on", "unit"), [("2025-06-01", "34.61"), ("2024-02-01", None), ("2019-05-01", "40.72")]
)
def test_the_amount_is_that_of_the_day(card: Any, on: str, unit: str | None) -> None:
    """Each year has its amount (of two factors in 2024 one is by date)."""
    found = card("97530", "--on", on)["medicare"]["unit"]
    assert found == (unit or "36.02")


def test_no_amount_without_a_table(card: Any) -> None:
    """2026 is shipped for 97530 alone: another code says that there is no table."""
    medicare = card("97110", "--on", "2026-03-10")["medicare"]
    assert medicare["unit"] is None
    assert "97110" in medicare["why"]


def test_pairs_are_those_in_force_on_the_day(card: Any) -> None:
    """Before 2020-10-01 the starter table has no pair; 59 on the code is suspicious then."""
    told = card("97530", "--on", "2020-02-01")
    assert told["pairs"] == []
    assert told["modifiers"][0] | {"source": ""} == {
        "modifier": "59",
        "use": "suspicious",
        "why": "no pair of the day has it on this code",
        "source": "",
    }


def test_caps_of_the_practices_payers(card: Any, tmp_path: Path) -> None:
    """With a practice file the payers' daily caps are told, with who set them."""
    text = PRACTICE.read_text("utf-8").replace(
        "[[payers.lakeshore.policy]]\nfrom = 2025-01-01\n",
        "[[payers.lakeshore.policy]]\nfrom = 2025-01-01\nmax_units_per_day = 4\n",
    )
    (tmp_path / "practice.toml").write_text(text, "utf-8")
    told = card("97530", "--practice", tmp_path / "practice.toml", "--on", "2026-03-10")
    (cap,) = (one for one in told["caps"] if one["who"] == "lakeshore")
    assert cap["cap"] == "4 timed units a day"
    assert "lakeshore" in cap["table"]
    assert not any(one["who"] == "lakeshore" for one in card("97530")["caps"])


@pytest.mark.parametrize(
    ("code", "words"),
    [("97130", "only with 97129"), ("97129", "97130 may be added"), ("97110", "0770T")],
)
def test_add_ons_both_ways(card: Any, code: str, words: str) -> None:
    """An add-on names its first code, the first code its add-on."""
    assert any(words in one["says"] for one in card(code)["add_ons"])


def test_modifiers_fit_the_codes_disciplines(card: Any) -> None:
    """A code of physical therapy alone has no GO, GN or CO among its modifiers."""
    told = {one["modifier"]: one["use"] for one in card("97161")["modifiers"]}
    assert told["GP"] == "usual"
    assert not {"GO", "GN", "CO"} & told.keys()
    assert told["51"] == "suspicious"


def test_public_averages_stand_with_their_doubts(card: Any) -> None:
    """The averages are told for 97530 only, as a summary, with the doubts; names when asked."""
    told = card("97530")["public_averages"]
    assert (told["payers"], told["least"], told["most"]) == (166, "15.00", "105.33")
    assert (told["asked"], len(told["doubts"])) == ([], 4)
    asked = card("97530", "--rates", "aetna medicare")["public_averages"]["asked"]
    assert {one["average"] for one in asked} == {"39.65", "19.14"}
    assert card("97110")["public_averages"] is None


@pytest.mark.parametrize("code", sorted(CODES))
def test_every_therapy_code_has_a_card(card: Any, code: str) -> None:
    """Whatever its shape, a code's card can be told."""
    assert card(code, "--on", "2025-06-01")["timing"]


@pytest.mark.parametrize("code", sorted(MODIFIER_LABELS))
def test_modifiers_say_when_they_are_derived(command: Any, code: str) -> None:
    """Group, meaning, when it is put on a line by itself; evidence wherever it is derived."""
    _, out, _ = command("explain", code, "--format", "json")
    (found,) = (one for one in json.loads(out)["codes"] if one["kind"] == "modifier")
    assert found["meaning"]
    assert found["derived"]
    assert bool(found["evidence"]) != found["derived"].startswith("never by itself")


def test_an_unknown_code_names_the_nearest(command: Any) -> None:
    """A slip of the keyboard is answered with what is written nearly so."""
    status, out, _ = command("explain", "97531", "--format", "json")
    assert status == 1
    assert "97530" in json.loads(out)["codes"][0]["todo"]


def test_suspicious_modifiers_are_none_that_we_derive() -> None:
    """What the card calls suspicious the mapper never puts on a line."""
    text = (ROOT / "mapping" / "tables" / "modifier_use.csv").read_text("utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    suspicious = {m for row in rows if row["use"] == "suspicious" for m in row["modifier"].split()}
    assert not suspicious & set(MODIFIER_LABELS)
    assert all(row["source"] for row in rows)


def test_a_payer_that_is_in_no_average_is_said(command: Any) -> None:
    """A name that fits nothing does not look as if nothing was asked."""
    status, _, errors = command("explain", "97530", "--rates", "zzz")
    assert (status, "no payer there has 'zzz' in its name" in errors) == (0, True)
