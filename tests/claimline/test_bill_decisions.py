"""What a biller meets at the desk: decisions, visits of one day, two ledgers, what is shown."""

import datetime as dt
import json
from pathlib import Path

import pytest
from databases import NewUrl
from test_bill import PAIR, PRACTICE, Desk, _desk, _file_desk, visit  # noqa: F401 - fixtures

from claimline import settings
from claimline.services import outbox
from edi.problem import CODES
from reconcile.ledger import open_ledger


def override(desk: Desk, *ids: str) -> tuple[int, str, str]:
    """``held override`` by somebody, for a reason."""
    return desk.run("held", "override", *ids, "--by", "mk", "--reason", "payer said so")


def shown(desk: Desk, *arguments: str) -> tuple[int, str, str]:
    """``bill`` as a person sees it."""
    practice = str(PRACTICE / "practice.toml")
    return desk.run("bill", *arguments, "--practice", practice, "--out", str(desk.out))


def second(desk: Desk, name: str, ledger: str) -> Desk:
    """Another desk, with a ledger of its own and the same outbox."""
    folder = desk.folder / name
    folder.mkdir()
    other = Desk(folder, desk._capsys, ledger)
    other.out = desk.out
    return other


def test_two_ledgers_give_other_claim_numbers_and_replace_no_file(
    desk: Desk, new_url: NewUrl
) -> None:
    """Claims of a second ledger have numbers of their own, and its file does not overwrite."""
    _, first = desk.bill(desk.write([visit()]))
    before = desk.files()
    other = second(desk, "second", new_url())
    status, _, errors = shown(other, other.write([visit("V2", date="2026-03-11")]))
    assert status == 3
    assert "exists with other content" in errors
    assert "relay-T-000000001.837" in errors
    assert desk.files() == before
    other.out = other.folder / "outbox"
    assert other.bill()[0] == 0
    (data,) = other.files().values()
    assert first["claims"][0]["claim"].encode() not in data


def test_the_same_file_again_is_no_fault(tmp_path: Path) -> None:
    """A file that stands there with the very bytes is done."""
    for _ in range(2):
        outbox.write_whole(tmp_path / "x.837", b"ISA")
    assert (tmp_path / "x.837").read_bytes() == b"ISA"


def test_an_override_of_a_pair_says_what_it_does_not_do(desk: Desk) -> None:
    """Deciding and billing both say that no modifier is sent, and what to do instead."""
    desk.bill(desk.write([visit(procedures=PAIR)]))
    _, out, _ = override(desk, "V1")
    assert "goes without a modifier" in out
    assert "separate_block" in out
    _, answer = desk.bill()
    assert "goes without a modifier" in answer["claims"][0]["warnings"][0]["message"]


def test_an_override_holds_when_another_reason_appears(desk: Desk) -> None:
    """The decision is of the content and the reason: a new reason does not undo it."""
    name = desk.write([visit(procedures=PAIR)])
    desk.bill(name)
    assert override(desk, "V1")[0] == 0
    text = (PRACTICE / "practice.toml").read_text(encoding="utf-8")
    lacking = desk.folder / "practice.toml"
    lacking.write_text("\n".join(x for x in text.splitlines() if not x.startswith("97140")))
    _, answer = desk.bill(name, practice=str(lacking))
    errors = [r["code"] for r in answer["held"][0]["reasons"] if r["level"] == "error"]
    assert errors == ["hold.charge"]
    status, answer = desk.bill(name)
    assert (status, len(answer["claims"])) == (0, 1)


def test_warnings_do_not_stop_an_override(desk: Desk) -> None:
    """Only what holds the claim counts, and only that is listed."""
    warned = visit(procedures=[*PAIR, {"code": "97113", "therapist_minutes": 20, "charge": "50"}])
    desk.bill(desk.write([warned]))
    (held,) = json.loads(desk.run("held", "list", "--format", "json")[1])
    assert {reason["code"] for reason in held["reasons"]} == {"hold.pair"}
    assert override(desk, "V1")[0] == 0


def test_a_day_held_for_one_visit_is_not_lost_when_that_is_mended(desk: Desk) -> None:
    """The visit that waited for the other goes with it, though it is not in the new file."""
    part_b = [{"payer": "medicare", "member_id": "1EG4TE5MK72"}]
    good = visit("V2", coverages=part_b, procedures=[{"code": "97110", "therapist_minutes": 15}])
    desk.bill(desk.write([visit(coverages=part_b, procedures=PAIR), good]))
    status, answer = desk.bill(desk.write([visit(coverages=part_b)], "mended.json"))
    assert (status, answer["held"]) == (0, [])
    assert [claim["visits"] for claim in answer["claims"]] == [["V1", "V2"]]


def test_an_override_of_a_day_is_not_stopped_by_the_visits_that_wait(desk: Desk) -> None:
    """``hold.waits`` goes when the reason it waits for is set aside."""
    part_b = [{"payer": "medicare", "member_id": "1EG4TE5MK72"}]
    times = [{"start": "09:00", "end": "09:20"}]
    minutes = [{"code": "97530", "therapist_minutes": 24, "blocks": times}]
    days = [visit(coverages=part_b, procedures=minutes), visit("V2", coverages=part_b)]
    desk.bill(desk.write(days))
    assert override(desk, "V1+V2")[0] == 0
    status, answer = desk.bill()
    assert (status, [claim["visits"] for claim in answer["claims"]]) == (0, [["V1", "V2"]])


def test_a_sent_visit_that_changed_cannot_be_released(desk: Desk) -> None:
    """It needs a correction of the sent claim; it stays held, and bill says no more of release."""
    desk.bill(desk.write([visit()]))
    changed = visit(procedures=[{"code": "97530", "therapist_minutes": 45}])
    _, out, _ = shown(desk, desk.write([changed]))
    assert "held release" not in out
    assert "needs a correction" in out
    status, _, errors = desk.run("held", "release", "V1")
    assert status == 2
    assert "needs a correction" in errors
    assert len(json.loads(desk.run("held", "list", "--format", "json")[1])) == 1


EMPTY = [("", "x"), ("mk", ""), ("mk", "  ")]


@pytest.mark.parametrize(("by", "reason"), EMPTY, ids=["no name", "no reason", "blanks"])
def test_a_decision_needs_words(desk: Desk, by: str, reason: str) -> None:
    """Nobody and nothing is no decision: exit status 2, the claim still waits."""
    desk.bill(desk.write([visit(procedures=PAIR)]))
    assert desk.run("held", "override", "V1", "--by", by, "--reason", reason)[0] == 2
    (held,) = json.loads(desk.run("held", "list", "--format", "json")[1])
    assert held["state"] == "held"


def test_one_bad_id_changes_nothing_and_says_so(desk: Desk) -> None:
    """All ids or none."""
    desk.bill(desk.write([visit(procedures=PAIR)]))
    status, _, errors = override(desk, "V1", "V9")
    assert status == 2
    assert "nothing was changed" in errors
    (held,) = json.loads(desk.run("held", "list", "--format", "json")[1])
    assert held["state"] == "held"


def test_the_practice_says_which_day_it_is(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Late in the evening in New York it is not yet the next day, whatever it is in Greenwich."""
    late = dt.datetime(2026, 3, 10, 3, 30, tzinfo=dt.UTC)  # 9 March, 23:30 in New York
    monkeypatch.setattr(settings, "now", lambda: late)
    _, answer = desk.bill(desk.write([visit(), visit("V2", date="2026-03-09")]))
    assert [claim["visits"] for claim in answer["claims"]] == [["V2"]]
    assert answer["held"][0]["reasons"][0]["code"] == "hold.date"


def test_a_dry_run_shows_the_claims_line_by_line(desk: Desk) -> None:
    """Visit, code with modifiers, units and charge, before anything goes."""
    _, out, _ = shown(desk, desk.write([visit()]), "--dry-run")
    (line,) = (line for line in out.splitlines() if line.startswith("V1"))
    assert line.split() == ["V1", "(next)", "heron", "97530", "GP", "2", "150.00"]


def test_visits_that_could_not_be_read_are_counted(desk: Desk) -> None:
    """The summary says how many did not come through; a header is no visit."""
    name = desk.write([visit(), visit("V2", date="2026-02-30"), visit("V3", discipline="X")])
    _, out, _ = shown(desk, name)
    assert "2 visits could not be read" in out
    (desk.folder / "bare.csv").write_text("V-1,2026-03-10,main")
    assert "could not be read" not in shown(desk, str(desk.folder / "bare.csv"))[1]


def test_other_files_are_only_said_to_be_billed_if_there_were_any(desk: Desk) -> None:
    """One missing file alone says only that."""
    missing = str(desk.folder / "none.json")
    assert "other files" not in shown(desk, missing)[2]
    assert "other files" in shown(desk, missing, desk.write([visit()]))[2]


def test_a_missing_practice_file_is_wrong_usage(desk: Desk) -> None:
    """Exit status 2, with its name."""
    name = str(desk.folder / "none.toml")
    status, _, errors = desk.run("bill", desk.write([visit()]), "--practice", name)
    assert status == 2
    assert "practice file" in errors


def test_a_refused_element_names_the_field_of_the_visit(desk: Desk) -> None:
    """``N301`` is the standard's word; the biller's is patient_line1."""
    bad = visit()
    bad["patient"] = bad["patient"] | {"address": bad["patient"]["address"] | {"line1": "1 ~ ST"}}
    _, answer = desk.bill(desk.write([bad]))
    assert "look at patient_line1 of the visit" in answer["held"][0]["reasons"][0]["message"]


def test_a_counter_begins_where_it_is_told_and_only_once(ledger_url: str) -> None:
    """``start`` counts for a counter that was never asked; peeking takes nothing."""
    from reconcile.ledger import Run

    run = Run(command="test", version="test", started=dt.datetime(2026, 4, 1, tzinfo=dt.UTC))
    with open_ledger(ledger_url) as ledger:
        assert ledger.next_number("claim", usage="T", start=2**47) == 2**47
        with ledger.begin(run) as writer:
            assert writer.reserve("claim", usage="T", count=3, start=2**47) == 2**47
            assert writer.reserve("claim", usage="T", start=5) == 2**47 + 3


def test_held_in_production_is_looked_at_and_named(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where production has but a hold, held list and decisions look there and say so."""
    name = desk.write([visit(procedures=PAIR)])
    monkeypatch.delenv("CLAIMLINE_NOW", raising=False)  # a set clock makes test files only
    shown(desk, name, "--production")
    out = desk.run("held", "list")[1]
    assert "Held in the production book" in out
    assert "hold.pair" in out
    assert CODES["hold.pair"].todo.split()[0] in out
    assert "Nothing is held in the test book." in desk.run("held", "list", "--test")[1]
    assert "add --production" in desk.run("held", "release", "V1", "--test")[2]
    assert "claimline bill --production" in desk.run("held", "release", "V1")[1]


def test_owes_says_that_a_visit_is_held(desk: Desk) -> None:
    """Nothing is owed for it yet, and the person learns why."""
    desk.bill(desk.write([visit(procedures=PAIR)]))
    status, _, errors = desk.run("owes", "V1")
    assert (status, "the visit is held, V1" in errors) == (1, True)
