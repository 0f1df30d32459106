"""Files of claims after they were made: sent again, taken back, written again, payers paused."""

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from acknowledged_made import a277ca, a999, ak2, claim_said, interchange

from claimline.__main__ import main
from claimline.errors import CommandError
from claimline.services import outbox

FIRST = "relay-T-000000001.837"
SET = re.compile(r"ST\*837.*?SE\*\d+\*\d+~", re.DOTALL)


@pytest.fixture(name="desk")
def _desk(
    tmp_path: Path,
    fixtures: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    ledger_url: str,
) -> "Desk":
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CLAIMLINE_LEDGER", ledger_url)
    desk = Desk(tmp_path, fixtures, capsys)
    assert desk.bill() in {0, 1}
    return desk


class Desk:
    """A biller's desk: commands, an outbox, and answers that come back."""

    def __init__(self, folder: Path, fixtures: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self.practice = str(fixtures / "practice" / "practice.toml")
        self.visits = str(fixtures / "practice" / "visits" / "pt.json")
        self.capsys = capsys

    def do(self, *words: str) -> tuple[int, dict[str, object]]:
        """Run a command; gives its exit status and what it says to programs."""
        self.capsys.readouterr()
        status = main([*words, "--format", "json"])
        said = self.capsys.readouterr().out
        return status, json.loads(said) if said else {}

    def bill(self) -> int:
        """Bill the visits of the fixture practice."""
        return main(["bill", self.visits, "--practice", self.practice])

    def answer(self, data: bytes, name: str) -> None:
        """Something comes back."""
        path = self.folder / name
        path.write_bytes(data)
        main(["receive", str(path)])

    def reject(self, control: int, *sets: str) -> None:
        """The clearinghouse's translator refuses transactions of a file, and takes the first."""
        said = a999(control, ak2("0001"), *(ak2(one, "R") for one in sets), group="P")
        self.answer(interchange(said, sender="RELAYTEST", receiver="RIVERBENDT"), f"{control}.999")

    def out(self, name: str) -> str:
        """A file in the outbox."""
        return (self.folder / "outbox" / name).read_text()

    def states(self) -> dict[str, int]:
        """How many claims are in which state."""
        _, said = self.do("claims")
        return {one["state"]: one["claims"] for one in said["states"]}  # type: ignore[attr-defined]  # JSON


class TestResend:
    """What was refused as a whole goes again; nothing else does."""

    def test_only_what_was_refused(self, desk: Desk) -> None:
        """Of a file that was taken in part only the refused transaction goes, byte for byte."""
        desk.reject(1, "0002")
        status, said = desk.do("resend", FIRST)
        assert (status, len(said["files"])) == (0, 1)  # type: ignore[arg-type]  # JSON
        first, again = SET.findall(desk.out(FIRST)), SET.findall(desk.out("relay-T-000000002.837"))
        assert len(again) == 1
        differing = [
            (a, b) for a, b in zip(first[1].split("~"), again[0].split("~"), strict=True) if a != b
        ]
        assert [a.strip().split("*")[0] for a, _ in differing] == ["ST", "BHT", "SE"]
        assert again[0].splitlines()[1].startswith("BHT*0019*00*0000000020001*")

    def test_twice_is_once(self, desk: Desk) -> None:
        """The same request again makes nothing."""
        desk.reject(1, "0002")
        desk.do("resend", FIRST)
        before = sorted(one.name for one in (desk.folder / "outbox").iterdir())
        status, said = desk.do("resend", FIRST, "--transaction", "0002")
        assert (status, said["files"]) == (0, [])
        assert {one["already"] for one in said["left"]} == {True}  # type: ignore[attr-defined]  # JSON
        assert sorted(one.name for one in (desk.folder / "outbox").iterdir()) == before

    def test_refused_twice(self, desk: Desk) -> None:
        """Refused again, the first file's name leads to the newer one, and that goes once more."""
        desk.reject(1, "0002")
        newer = desk.do("resend", FIRST)[1]["files"][0]["file"]  # type: ignore[index]  # JSON
        said = interchange(
            a999(2, ak2("0001", "R"), group="R"), sender="RELAYTEST", receiver="RIVERBENDT"
        )
        desk.answer(said, "again.999")
        status, told = desk.do("resend", FIRST)
        assert (status, told["files"]) == (1, [])
        todo = {one["todo"] for one in told["left"] if one["state"] == "rejected"}  # type: ignore[attr-defined]  # JSON
        assert todo == {f"claimline resend {Path(newer).name}"}
        assert desk.do("resend", newer)[0] == 0
        assert "rejected" not in desk.states()

    def test_dry_run_changes_nothing(self, desk: Desk) -> None:
        """A dry run says what would go, and uses no number."""
        desk.reject(1, "0002")
        before = desk.states()
        assert desk.do("resend", FIRST, "--dry-run")[0] == 0
        assert desk.states() == before
        assert desk.do("resend", FIRST)[1]["files"][0]["control"] == "000000002"  # type: ignore[index]  # JSON

    def test_accepted_is_refused(self, desk: Desk) -> None:
        """Accepted, with errors too, is never sent again."""
        said = a999(1, ak2("0001", "E"), group="A")
        desk.answer(interchange(said, sender="RELAYTEST", receiver="RIVERBENDT"), "e.999")
        status, told = desk.do("resend", FIRST, "--transaction", "0001")
        assert (status, told["files"]) == (1, [])
        assert "duplicate" in told["left"][0]["why"]  # type: ignore[index]  # JSON

    def test_lost_needs_a_reason(self, desk: Desk) -> None:
        """A file that nobody answered goes again with a reason only."""
        assert desk.do("resend", FIRST)[0] == 1
        status, told = desk.do("resend", FIRST, "--reason", "they never got it")
        assert (status, told["left"]) == (0, [])
        assert len(SET.findall(desk.out("relay-T-000000002.837"))) == len(
            SET.findall(desk.out(FIRST))
        )

    def test_resent_is_accepted(self, desk: Desk) -> None:
        """The newest transmission decides: its 999 makes the claims received."""
        desk.reject(1, "0002")
        refused = desk.states()["rejected"]
        desk.do("resend", FIRST)
        assert "rejected" not in desk.states()
        received = desk.states()["received"]
        said = a999(2, ak2("0001"), group="A")
        desk.answer(interchange(said, sender="RELAYTEST", receiver="RIVERBENDT"), "again.999")
        assert desk.states()["received"] == received + refused

    def test_one_claim_of_a_transaction(self, desk: Desk) -> None:
        """A claim that was refused for itself goes as it is only by name and with a reason."""
        control = re.search(r"CLM\*(\w+)\*", desk.out(FIRST))[1]  # type: ignore[index]  # it is there
        said = a277ca(claim_said(control, "A3:496:1P*20260402*U*100"))
        data = interchange(
            said, group="HN", version="005010X214", sender="RELAYTEST", receiver="RIVERBENDT"
        )
        desk.answer(data, "a.277")
        assert desk.states()["rejected"] == 1
        assert desk.do("resend", control)[0] == 1
        status, told = desk.do("resend", control, "--reason", "the enrollment is done now")
        assert (status, told["files"][0]["claims"]) == (0, [control])  # type: ignore[index]  # JSON
        assert re.findall(r"CLM\*(\w+)\*", desk.out("relay-T-000000002.837")) == [control]

    def test_rerun_after_a_crash_writes_the_same_bytes(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Cut off between recording and writing, the next run writes the very file: no gap."""
        desk.reject(1, "0002")

        def cut(*_given: object) -> None:
            raise CommandError("the power is gone")

        with monkeypatch.context() as power:
            power.setattr(outbox, "write_whole", cut)
            assert main(["resend", FIRST]) == 3
        assert not (desk.folder / "outbox" / "relay-T-000000002.837").exists()
        desk.do("resend", FIRST)
        assert "*000000002*0*T*" in desk.out("relay-T-000000002.837")
        assert not (desk.folder / "outbox" / "relay-T-000000003.837").exists()


class TestKilled:
    """resend is killed outright, and run again."""

    def test_goes_once(self, desk: Desk) -> None:
        """Whenever it was killed, at the end there is one new file of the refused claims, no gap."""
        desk.reject(1, "0002")
        command = [sys.executable, "-m", "claimline", "resend", FIRST]
        began = time.monotonic()
        subprocess.run([*command, "--dry-run"], check=True, capture_output=True, cwd=desk.folder)
        took = time.monotonic() - began
        for part in (0.8, 0.95, 1.05):
            running = subprocess.Popen(command, cwd=desk.folder, stdout=subprocess.DEVNULL)
            time.sleep(took * part)
            running.kill()
            running.wait()
        assert desk.do("resend", FIRST)[0] == 0
        refused = SET.findall(desk.out(FIRST))[1]
        [again] = SET.findall(desk.out("relay-T-000000002.837"))
        numbers = re.compile(r"CLM\*(\w+)\*")
        assert numbers.findall(again) == numbers.findall(refused)
        outbox = {one.name for one in (desk.folder / "outbox").glob("relay*")}
        assert outbox == {FIRST, "relay-T-000000002.837"}


class TestUnsend:
    """A file is taken back before it was picked up."""

    def test_bills_again(self, desk: Desk) -> None:
        """The file leaves the outbox, and its visits are billed under new numbers."""
        before = set(re.findall(r"CLM\*(\w+)\*", desk.out(FIRST)))
        status, said = desk.do("unsend", FIRST, "--reason", "wrong month")
        assert (status, said["already"]) == (0, False)
        assert not (desk.folder / "outbox" / FIRST).exists()
        assert (desk.folder / "outbox" / "taken-back" / FIRST).exists()
        assert desk.states()["closed"] == len(before)
        desk.bill()
        after = set(re.findall(r"CLM\*(\w+)\*", desk.out("relay-T-000000002.837")))
        assert (len(after), after & before) == (len(before), set())
        assert desk.do("unsend", FIRST, "--reason", "again")[1]["already"] is True

    def test_resent_file_taken_back(self, desk: Desk) -> None:
        """Taken back, a file that went again leaves its claims as they were: rejected."""
        desk.reject(1, "0002")
        before = desk.states()
        desk.do("resend", FIRST)
        assert desk.do("unsend", "2", "--reason", "not yet")[0] == 0
        assert desk.states() == before
        claim = re.findall(r"CLM\*(\w+)\*", desk.out(FIRST).partition("ST*837*0002")[2])[0]
        main(["trace", claim])
        shown = " ".join(desk.capsys.readouterr().out.split())
        assert "Its life: rejected" in shown
        assert "claimline resend" in shown
        assert "Wait for the payer's answer" not in shown

    def test_answered_file_stays(self, desk: Desk) -> None:
        """What somebody has cannot be taken back: refused, no fault of the program."""
        desk.reject(1, "0002")
        assert desk.do("unsend", FIRST, "--reason", "late")[0] == 1
        assert (desk.folder / "outbox" / FIRST).exists()

    def test_not_in_the_outbox(self, desk: Desk) -> None:
        """A file that somebody took out of the outbox is taken back, and looked for."""
        (desk.folder / "outbox" / FIRST).unlink()
        assert desk.do("unsend", FIRST, "--reason", "wrong month")[0] == 1
        assert desk.do("unsend", FIRST, "--reason", "wrong month")[0] == 0


class TestWrongNumbers:
    """Of several wrong numbers each is told, and nothing is done."""

    def test_resend(self, desk: Desk) -> None:
        """A file that may go does not go beside words that lead to none."""
        desk.reject(1, "0002")
        before = desk.states()
        desk.capsys.readouterr()
        assert main(["resend", FIRST, "V-2001", "nothing.837"]) == 2
        told = desk.capsys.readouterr().err
        assert "V-2001 is no claim's number but a visit id: it leads to claim" in told
        assert "no file or claim that was sent from here" in told
        assert "Nothing was sent" in told
        assert desk.states() == before

    def test_emit(self, desk: Desk) -> None:
        """Both wrong names are told, and nothing is written."""
        assert main(["emit", FIRST, "one.837", "two.837", "--out", "again"]) == 2
        told = desk.capsys.readouterr().err
        assert "one.837" in told
        assert "two.837" in told
        assert not (desk.folder / "again").exists()

    def test_close(self, desk: Desk) -> None:
        """A visit id closes nothing and leads to the claim's number."""
        before = desk.states()
        assert main(["claims", "--close", "V-2001", "--reason", "written off"]) == 2
        told = desk.capsys.readouterr().err
        assert "V-2001 is no claim's number but a visit id: it leads to claim" in told
        assert desk.states() == before


class TestEmit:
    """A file is written again as it was."""

    @pytest.mark.parametrize("word", [FIRST, "1", "000000001"])
    def test_byte_for_byte(self, desk: Desk, word: str) -> None:
        """By name or ISA13 the same bytes come out, and nothing is recorded."""
        before = desk.states()
        assert desk.do("emit", word, "--out", "again")[0] == 0
        assert (desk.folder / "again" / FIRST).read_text() == desk.out(FIRST)
        assert desk.states() == before

    def test_unknown(self, desk: Desk) -> None:
        """A word that leads to no file is wrong usage."""
        assert desk.do("emit", "nothing.837", "--out", "again")[0] == 2


class TestFirstNumber:
    """Two ledgers that send under the same ids must not use the same numbers."""

    def test_begins_where_the_practice_says(self, desk: Desk) -> None:
        """The first number moves the ledger's counter on; a lower one changes nothing."""
        text = Path(desk.practice).read_text()
        at = 'test = { sender = "RIVERBENDT", '
        assert at in text
        for first, name in ((500000, "000500000"), (7, "000500001")):
            path = desk.folder / f"{first}.toml"
            path.write_text(text.replace(at, f"{at}first_interchange_control = {first}, "))
            newest = max((desk.folder / "outbox").glob("*.837")).name
            desk.do("unsend", newest, "--reason", "begin anew")
            main(["bill", desk.visits, "--practice", str(path)])
            assert f"*{name}*0*T*" in desk.out(f"relay-T-{name}.837")


class TestBook:
    """Test files never leave as production."""

    def test_usage_of(self) -> None:
        """ISA15 says it, and what is no X12 has none."""
        assert outbox.usage_of(interchange(usage="T")) == "T"
        assert outbox.usage_of(interchange(usage="P")) == "P"
        with pytest.raises(CommandError):
            outbox.usage_of(b"visit,date\n")

    def test_other_book_is_refused(self) -> None:
        """A test file is refused where production goes, and the other way round."""
        outbox.refuse_other_book(interchange(usage="T"), "T", "a.837")
        with pytest.raises(CommandError, match="marked test"):
            outbox.refuse_other_book(interchange(usage="T"), "P", "a.837")
        with pytest.raises(CommandError, match="marked production"):
            outbox.refuse_other_book(interchange(usage="P"), "T", "a.837")


class TestPause:
    """Nothing goes to a payer for a while."""

    @pytest.fixture(name="paused")
    def _paused(self, desk: Desk) -> Callable[[], dict[str, int]]:
        desk.do("unsend", FIRST, "--reason", "begin anew")
        reason = ("--reason", "enrollment is not done", "--practice", desk.practice)
        assert desk.do("pause", "medicare", *reason)[0] == 0
        return desk.states

    def test_paused_already(self, desk: Desk, paused: Callable[[], dict[str, int]]) -> None:
        """A second pause changes the reason and not since when, and says how many wait."""
        del paused
        desk.bill()
        again = ("--reason", "portal is down", "--practice", desk.practice)
        status, said = desk.do("pause", "medicare", *again)
        assert (status, said["already"], said["reason"]) == (0, True, "portal is down")
        assert said["held"] == desk.do("pause")[1][0]["held"]  # type: ignore[index]  # JSON

    def test_nothing_is_sent_again(self, desk: Desk) -> None:
        """A rejected claim of a paused payer waits; those of the others go."""
        desk.reject(1, "0001", "0002")
        reason = ("--reason", "enrollment is not done", "--practice", desk.practice)
        desk.do("pause", "medicare", *reason)
        status, said = desk.do("resend", FIRST, "--dry-run")
        waits = [one for one in said["left"] if "is paused since" in one["why"]]  # type: ignore[attr-defined]  # JSON
        assert status == 1
        assert waits
        desk.do("pause", "medicare", "--resume")
        again = desk.do("resend", FIRST, "--dry-run")[1]["files"][0]["claims"]  # type: ignore[index]  # JSON
        assert {one["claim"] for one in waits} <= set(again)

    def test_others_go(self, desk: Desk, paused: Callable[[], dict[str, int]]) -> None:
        """The payer's visits are held with the reason, the others are billed."""
        before = paused()["held"]
        desk.bill()
        text = desk.out("relay-T-000000002.837")
        assert "CLM*" in text
        assert "*MEDICARE" not in text.upper().replace("MEDICARE ADVANTAGE", "")
        _, said = desk.do("pause")
        assert said[0]["held"] >= paused()["held"] - before > 0  # type: ignore[index]  # JSON
        assert "enrollment is not done" in str(desk.do("held", "list")[1])

    def test_resumed(self, desk: Desk, paused: Callable[[], dict[str, int]]) -> None:
        """Resumed, what waited for this alone goes with the next run."""
        desk.bill()
        waiting = desk.do("pause")[1][0]["held"]  # type: ignore[index]  # JSON
        assert desk.do("pause", "medicare", "--resume")[1]["released"] == waiting
        assert desk.do("pause")[1] == []
        before = paused()["sent"]
        main(["bill", "--practice", desk.practice])
        assert paused()["sent"] > before
