"""The commands ``receive`` and ``ledger``: what they print and the status they end with."""

import json
from pathlib import Path

import pytest
from databases import NewUrl, content, tamper
from receive_made import Line, clp, record, remit, sent, x12

from claimline.__main__ import main
from reconcile.ledger import connect, migrate, open_ledger

ONE, TWO = "AAAAAAAAAAAA11", "BBBBBBBBBBBB22"


@pytest.fixture(name="ledger")
def _ledger(ledger_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL of a ledger with one sent claim, named by the environment."""
    with open_ledger(ledger_url) as ledger:
        record(ledger, sent(ONE))
    monkeypatch.setenv("CLAIMLINE_LEDGER", ledger_url)
    return ledger_url


@pytest.fixture(name="era")
def _era(tmp_path: Path) -> str:
    """A remittance for the sent claim."""
    path = tmp_path / "era.835"
    path.write_bytes(x12(remit(clp(ONE))))
    return str(path)


class TestReceive:
    """``claimline receive``."""

    def test_posted_then_known(
        self, ledger: str, era: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """The first time claims are posted, the second time nothing changes; both end with 0."""
        assert main(["receive", era, "--format", "json"]) == 0
        first = json.loads(capsys.readouterr().out)["files"][0]
        assert (first["state"], first["payments"][0]["posted"]) == ("received", 1)
        assert first["payments"][0]["paid"] == "75.00"
        assert main(["receive", era]) == 0
        assert "received before; nothing changed" in " ".join(capsys.readouterr().out.split())

    def test_new_ledger_is_said(
        self, new_url: NewUrl, era: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """A ledger that is made is named on standard error."""
        url = new_url.bare()
        assert main(["receive", era, "--ledger", url]) == 1
        shown = capsys.readouterr()
        said = shown.err.replace("\n", "").replace(" ", "")
        assert connect.shown(connect.parse(url)).replace(" ", "") in said
        assert "fits nothing that was sent" in " ".join(shown.out.split())

    @pytest.mark.parametrize(
        "bad",
        [
            pytest.param((b"", "empty"), id="empty"),
            pytest.param((b"%PDF-1.7\n1 0 obj", "PDF"), id="pdf"),
            pytest.param((b"Dear Sir", "X12"), id="letter"),
        ],
    )
    def test_no_x12(
        self,
        ledger: str,
        era: str,
        capsys: pytest.CaptureFixture[str],
        bad: tuple[bytes, str],
    ) -> None:
        """A file that is no X12 ends with 3 and says what it is; the file after it is received."""
        content, words = bad
        path = Path(era).with_name("bad.835")
        path.write_bytes(content)
        assert main(["receive", str(path), era, "--format", "json"]) == 3
        shown = capsys.readouterr()
        assert "bad.835" in shown.err
        assert words in shown.err
        assert [f["state"] for f in json.loads(shown.out)["files"]] == ["unreadable", "received"]

    def test_missing_file(self, ledger: str, era: str, capsys: pytest.CaptureFixture[str]) -> None:
        """A file that is not there ends with 3; the other is received."""
        assert main(["receive", "nowhere.835", era]) == 3
        assert "nowhere.835" in capsys.readouterr().err
        assert main(["ledger", "status", "--format", "json"]) == 0
        assert json.loads(capsys.readouterr().out)["books"][1]["claim_payments"] == {"posted": 1}

    @pytest.mark.parametrize(
        "claims",
        [
            pytest.param([clp(TWO)], id="a claim nobody sent"),
            pytest.param([clp(ONE, Line(cas=("CO*45*20",)))], id="figures that do not add up"),
        ],
    )
    def test_needs_a_person(self, ledger: str, tmp_path: Path, claims: list[list[str]]) -> None:
        """What somebody has to look at ends with 1."""
        path = tmp_path / "era.835"
        path.write_bytes(x12(remit(*claims)))
        assert main(["receive", str(path)]) == 1

    def test_cut_file_in_words(
        self, ledger: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """A file cut in the middle says that the payment is not whole, and ends with 1."""
        path = tmp_path / "cut.835"
        path.write_bytes(x12(remit(clp(ONE)))[:-120])
        assert main(["receive", str(path)]) == 1
        assert "not whole" in " ".join(capsys.readouterr().out.split())


class TestLedger:
    """``claimline ledger``."""

    @pytest.mark.parametrize("command", ["status", "upgrade", "rebuild"])
    def test_missing(
        self, new_url: NewUrl, capsys: pytest.CaptureFixture[str], command: str
    ) -> None:
        """Without a ledger every command ends with 3, says what makes one, and makes none."""
        url = new_url.bare()
        assert main(["ledger", command, "--ledger", url]) == 3
        assert "claimline receive" in " ".join(capsys.readouterr().err.split())
        if url.startswith("sqlite"):
            assert not Path(url.removeprefix("sqlite:///")).exists()
        else:
            assert content(url) == {}

    def test_older_version(
        self, new_url: NewUrl, era: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """A ledger of an older version ends with 3 and names the command that upgrades it."""
        url = new_url.bare()
        engine = connect.make_engine(connect.parse(url))
        migrate.upgrade(engine, "0001")
        engine.dispose()
        at = ["--ledger", url]
        for command in (["ledger", "status"], ["receive", era]):
            assert main([*command, *at]) == 3
            assert "claimline ledger upgrade" in " ".join(capsys.readouterr().err.split())
        assert main(["ledger", "upgrade", *at]) == 0
        assert "0001" in capsys.readouterr().out
        assert main(["ledger", "status", *at]) == 0

    def test_backup(self, ledger: str, era: str, tmp_path: Path) -> None:
        """A backup is a ledger of its own; an existing file is not overwritten."""
        copy = tmp_path / "copy.sqlite3"
        assert main(["ledger", "backup", str(copy)]) == 0
        assert main(["ledger", "backup", str(copy)]) == 3
        assert main(["receive", era, "--ledger", str(copy)]) == 0

    def test_rebuild(self, ledger: str, era: str, capsys: pytest.CaptureFixture[str]) -> None:
        """Equal books end with 0; a cent changed behind our back is found, mended, and ends with 1."""
        assert main(["receive", era]) == 0
        assert main(["ledger", "rebuild"]) == 0
        tamper(ledger, "UPDATE posting SET cents = cents + 1 WHERE id = 1")
        capsys.readouterr()
        assert main(["ledger", "rebuild", "--format", "json"]) == 1
        (row,) = [row for row in json.loads(capsys.readouterr().out) if not row["equal"]]
        assert row["what"] == "postings"
        (line,) = row["lines"]
        assert (line["claim"], line["line"]) == (ONE, f"01{ONE}")
        assert (line["before"], line["after"]) == ("75.01", "75.00")
        assert main(["ledger", "rebuild"]) == 0
