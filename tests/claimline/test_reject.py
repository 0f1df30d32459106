"""Rejections by hand and from clearinghouses' own reports."""

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from acknowledged_made import RUN, record, sent
from attrs import evolve
from sqlalchemy import func, select

from claimline.__main__ import main
from claimline.errors import WrongUsageError
from claimline.services.rebuild import rebuild
from claimline.services.receive import receive
from claimline.services.reject import Request, reject
from claimline.services.report_profile import ReportProfile, read
from claimline.services.report_take import Taken, take_bytes
from reconcile.acknowledgements import Heard, standing
from reconcile.ledger import Ledger, open_ledger
from reconcile.ledger.acknowledgements_read import heard_of
from reconcile.ledger.tables_answered import acknowledgement

ONE, TWO = "C0000001X", "C0000002X"
NOW = dt.datetime(2026, 3, 5, 12, tzinfo=dt.UTC)
CSV_PROFILE = """
name = "Relay daily report"
source = "clearinghouse"
kind = "csv"
date_format = "%m/%d/%Y"
[columns]
claim = "Patient Control No"
status = "Status"
code = "Error"
message = "Message"
date = "Date"
[status]
"Rejected" = "rejected"
"Accepted" = "accepted"
"""
CSV = f"""Date,Patient Control No,Patient Name,Status,Error,Message
03/04/2026,{ONE},"Doe, Jane",REJECTED,A7:164,Member id not found
03/04/2026,{TWO},"Roe, Rick",accepted,,
03/04/2026,{TWO},"Roe, Rick",IN LIMBO,,
03/04/2026,,"Poe, Pat",Rejected,,
short row
"""
FIXED = """
name = "Old report"
kind = "fixed"
skip = 1
[columns]
claim = [1, 9]
status = [11, 13]
message = [15, 40]
[status]
REJ = "rejected"
"""
LINES = r"""
name = "Older report"
kind = "lines"
line = 'Claim (?P<claim>\S+) was (?P<status>\w+): (?P<message>.*)'
ignore = '^HEADER'
[status]
REFUSED = "rejected"
"""


@pytest.fixture
def ledger(ledger_url: str) -> Iterator[Ledger]:
    """Two claims in one file."""
    with open_ledger(ledger_url) as opened:
        record(opened, *(evolve(sent(c), position=10) for c in (ONE, TWO)), control=77)
        yield opened


def heard(ledger: Ledger, number: int = 1) -> tuple[Heard, ...]:
    """All that was said of a claim, by its row."""
    with ledger.reading() as connection:
        return heard_of(connection, [number])[number]


def said(ledger: Ledger, *claims: str, undo: bool = False, on: int = 4) -> list[str]:
    """Enter or take back a rejection of each claim."""
    request = Request(
        source="payer",
        reason="member id not found",
        code="a7:164",
        on=dt.date(2026, 3, on),
        by="portal",
        undo=undo,
        user="mkeller",
        now=NOW,
    )
    return [one.state for one in reject(ledger, [("arg", c) for c in claims], request)]


class TestByHand:
    """Entered by a person."""

    def test_entered_once(self, ledger: Ledger) -> None:
        """The entry is the payer's word; the very same again changes nothing."""
        assert said(ledger, ONE, "NOBODY") == ["entered", "not known"]
        assert said(ledger, ONE) == ["known"]
        [word] = heard(ledger)
        assert (word.kind, word.source, word.verdict, word.source_name) == (
            "hand", "payer", "rejected", "mkeller"
        )  # fmt: skip
        assert [code.code for code in word.codes] == ["A7:164"]

    def test_taken_back_and_entered_again(self, ledger: Ledger) -> None:
        """Nothing is overwritten: the entry taken back stays, and the same can be made anew."""
        said(ledger, ONE)
        assert said(ledger, ONE, undo=True) == ["taken back"]
        assert (heard(ledger), said(ledger, ONE, undo=True)) == ((), ["nothing"])
        assert [one for one in rebuild(ledger, RUN) if not one.equal] == []
        assert said(ledger, ONE) == ["entered"]
        assert len(heard(ledger)) == 1
        assert [one for one in rebuild(ledger, RUN) if not one.equal] == []
        assert len(heard(ledger)) == 1
        with ledger.reading() as connection:
            rows = connection.execute(select(func.count()).select_from(acknowledgement))
            assert rows.scalar_one() == 2

    def test_last_entry_is_taken_back(self, ledger: Ledger) -> None:
        """Of two entries the later is taken back, then the earlier one."""
        said(ledger, ONE, on=2)
        said(ledger, ONE, on=4)
        said(ledger, ONE, undo=True)
        assert [one.date for one in heard(ledger)] == ["2026-03-02"]

    def test_command(self, ledger: Ledger, capsys: pytest.CaptureFixture[str]) -> None:
        """The command says what became of each claim; a reason is needed."""
        url = ledger.url.render_as_string(hide_password=False)
        given = ["reject", ONE, "--reason", "no such member", "--on", "2026-03-04"]
        assert main([*given, "--ledger", url, "--format", "json"]) == 0
        assert json.loads(capsys.readouterr().out)[0]["state"] == "entered"
        assert main(["reject", ONE, "--ledger", url]) == 2
        assert main(["reject", ONE, "--reason", "x", "--on", "2027-01-01", "--ledger", url]) == 2

    @pytest.mark.parametrize("code", ["A0", "A1:20", "a2:20", "A5"])
    def test_an_acceptance_is_no_rejection(self, ledger: Ledger, code: str) -> None:
        """A code that says that the claim was received or accepted rejects nothing."""
        url = ledger.url.render_as_string(hide_password=False)
        given = ["reject", ONE, "--reason", "typed wrong", "--on", "2026-03-04", "--ledger", url]
        assert main([*given, "--code", code]) == 2
        assert heard(ledger) == ()

    @pytest.mark.parametrize("code", ["F2:29", "f0", "P1:20", "R3", "Jane Doe", "DOE", "A7 562"])
    def test_a_denial_or_words_are_no_rejection(self, ledger: Ledger, code: str) -> None:
        """A denied claim is not sent as an original; a name does not stand as a code in lists."""
        url = ledger.url.render_as_string(hide_password=False)
        given = ["reject", ONE, "--reason", "typed wrong", "--on", "2026-03-04", "--ledger", url]
        assert main([*given, "--code", code]) == 2
        assert heard(ledger) == ()

    @pytest.mark.parametrize("code", ["E101", "A3", "a7:562:85", "F-12"])
    def test_a_code_of_theirs_is_kept(self, ledger: Ledger, code: str) -> None:
        """A clearinghouse may have codes of its own."""
        url = ledger.url.render_as_string(hide_password=False)
        given = ["reject", ONE, "--reason", "no such id", "--on", "2026-03-04", "--ledger", url]
        assert main([*given, "--code", code]) == 0
        assert [each.code for each in heard(ledger)[0].codes] == [code.upper()]

    def test_not_before_it_was_sent(self, ledger: Ledger) -> None:
        """A rejection of a day before the sending is refused, and stands nowhere."""
        url = ledger.url.render_as_string(hide_password=False)
        given = ["reject", ONE, "--reason", "typed wrong", "--on", "2020-01-01", "--ledger", url]
        assert main(given) == 1
        assert heard(ledger) == ()


@pytest.mark.parametrize(
    ("code", "told"), [("7.11E+02", 1), ("A7:9998", 0), ("A7:998", 1), ("A7:164", 0), ("ERR12", 0)]
)
def test_a_damaged_code_is_told(ledger: Ledger, code: str, told: int) -> None:
    """A code that a spreadsheet made a number of, or that nobody knows, is warned of and kept."""
    found = taken(ledger, CSV.replace("A7:164", code), profile())
    assert [p.code for p in found.problems].count("report.code") == told
    assert [one.code for one in heard(ledger)[0].codes] == [code]


def test_a_denial_in_a_report_is_no_rejection(ledger: Ledger) -> None:
    """A row that says rejected with a code of payment decides nothing, and is told."""
    found = taken(ledger, CSV.replace("A7:164", "F2:29"), profile())
    assert "report.payment" in [problem.code for problem in found.problems]
    assert standing(heard(ledger), sending=0).verdict != "rejected"


def profile(text: str = CSV_PROFILE) -> ReportProfile:
    """A profile from its text."""
    return read("profile.toml", text)


def taken(ledger: Ledger, text: str, how: ReportProfile) -> Taken:
    """Take a report in."""
    return take_bytes(ledger, RUN, "daily.csv", text.encode(), how, "T")


def states(ledger: Ledger) -> list[str]:
    """How each acknowledgement stands."""
    with ledger.reading() as connection:
        query = select(acknowledgement.c.state).order_by(acknowledgement.c.id)
        return list(connection.execute(query).scalars())


class TestReports:
    """A clearinghouse's own report, read by a profile."""

    def test_rows_are_joined_or_told(self, ledger: Ledger) -> None:
        """Each row is put to its claim or told with its number; nothing of it is lost."""
        found = taken(ledger, CSV, profile())
        assert [one.words for one in found.results] == [
            f"report of Relay daily report: 1 claim accepted, 1 rejected; rejected: {ONE} (A7:164)"
        ]
        assert [(p.code, p.where.line) for p in found.problems] == [
            ("report.status", 4), ("report.claim", 5), ("report.row", 6),
        ]  # fmt: skip
        [word] = heard(ledger)
        assert (word.source, word.date, word.text) == (
            "clearinghouse", "2026-03-04", "Member id not found"
        )  # fmt: skip
        assert standing(heard(ledger, 2), sending=0).verdict == "accepted"

    def test_a_row_is_told_once(self, ledger: Ledger) -> None:
        """What could not be read is an error the first time; then only its rows are named."""
        first, again = (taken(ledger, CSV, profile()) for _ in range(2))
        assert (len(first.problems), first.told_before) == (3, ())
        assert (again.problems, again.told_before) == ((), (4, 5, 6))
        assert not any(one.needs_person for one in again.results)

    def test_a_stranger_waits(self, ledger: Ledger) -> None:
        """A row of a claim nobody sent is kept, told, and joined when the claim comes."""
        found = taken(ledger, CSV.replace(TWO, "C0000003X"), profile())
        assert "C0000003X: no claim of that number was sent from here" in found.results[0].why
        assert states(ledger) == ["partly"]
        record(ledger, evolve(sent("C0000003X"), position=10), control=78)
        assert states(ledger) == ["joined"]

    def test_a_trial_keeps_nothing(
        self, ledger: Ledger, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """--dry-run shows each row with its claim and leaves the ledger as it was."""
        (tmp_path / "daily.csv").write_text(CSV, encoding="utf-8")
        (tmp_path / "p.toml").write_text(CSV_PROFILE, encoding="utf-8")
        url = ledger.url.render_as_string(hide_password=False)
        given = ["--report", str(tmp_path / "daily.csv"), "--profile", str(tmp_path / "p.toml")]
        before = ledger.status()
        assert main(["reject", *given, "--dry-run", "--ledger", url, "--format", "json"]) == 1
        shown = json.loads(capsys.readouterr().out)
        assert [(row["row"], row["claim"], row["found"]) for row in shown["rows"]] == [
            (2, ONE, "yes, by claim number"), (3, TWO, "yes, by claim number"),
        ]  # fmt: skip
        assert (heard(ledger), ledger.status()) == ((), before)

    def test_no_name_is_kept_or_told(self, ledger: Ledger) -> None:
        """Columns the profile does not name are not taken; problems name no patient."""
        found = taken(ledger, CSV, profile())
        told = json.dumps([one.data for one in found.results]) + repr(found.problems)
        told += repr([heard(ledger, 1), heard(ledger, 2)])
        assert not any(name in told for name in ("Doe", "Jane", "Roe", "Poe"))

    def test_mended_profile_reads_the_rest(self, ledger: Ledger) -> None:
        """The same report by a mended profile adds the rows that could not be read before."""
        taken(ledger, CSV, profile())
        more = profile(CSV_PROFILE + '"In limbo" = "received"\n')
        again = taken(ledger, CSV, more)
        assert [one.state for one in again.results] == ["joined"]
        assert [one.verdict for one in heard(ledger, 2)] == ["accepted", "received"]
        assert [one.state for one in taken(ledger, CSV, more).results] == ["known", "known"]

    def test_same_rows_in_another_file(self, ledger: Ledger) -> None:
        """The same rows in other bytes are a duplicate."""
        taken(ledger, CSV, profile())
        again = taken(ledger, CSV.replace("Doe", "DOE"), profile())
        assert [one.state for one in again.results] == ["duplicate"]

    def test_received_among_others(self, ledger: Ledger) -> None:
        """Receive reads a file that is no X12 as a report where a profile says how."""
        [result] = receive(ledger, RUN, ["daily.csv"], lambda _: lambda: [CSV.encode()], profile())
        assert (result.state, result.status, len(result.acknowledged)) == ("received", 1, 1)
        assert [one for one in rebuild(ledger, RUN) if not one.equal] == []

    @pytest.mark.parametrize(
        ("text", "report"),
        [
            (FIXED, f"HEADER\n{ONE} REJ member id not found\n\n"),
            (LINES, f"HEADER\nClaim {ONE} was refused: member id not found\n"),
        ],
        ids=["fixed", "lines"],
    )
    def test_other_kinds(self, ledger: Ledger, text: str, report: str) -> None:
        """Places in a line and patterns are read as columns are."""
        found = taken(ledger, report, profile(text))
        assert found.problems == ()
        assert [(one.verdict, one.text) for one in heard(ledger)] == [
            ("rejected", "member id not found")
        ]

    @pytest.mark.parametrize(
        ("text", "named"),
        [
            ('name = "x"\nfoo = 1\n', "foo"),
            ('name = "x"\n[columns]\nclaim = "a"\n', "columns"),
            ('name = "x"\n[columns]\nclaim = "a"\nstatus = "b"\n', "status"),
            ('name = "x"\n[columns]\nclaim = "a"\nstatus = "b"\n[status]\nA = "gone"\n', "status.A"),
            ('name = "x"\nkind = "lines"\nline = "("\n[status]\nA = "accepted"\n', "line"),
            ('name = "x"\nencoding = "klingon"\n', "encoding"),
            ('name = "x"\ndelimiter = "||"\n', "delimiter"),
            ('name = "x"\n[columns]\nclaim = -1\nstatus = 2\n', "columns.claim"),
            ("name =", "TOML"),
        ],
        ids=["unknown-key", "no-status-column", "no-statuses", "unknown-verdict", "bad-pattern",
             "encoding", "long-delimiter", "place-below-one", "toml"],
    )  # fmt: skip
    def test_wrong_profile_names_the_key(self, text: str, named: str) -> None:
        """A profile that is not right is refused with the key that is wrong."""
        with pytest.raises(WrongUsageError, match=named):
            read("profile.toml", text)

    def test_open_quotation_mark_loses_no_row_unsaid(self, ledger: Ledger) -> None:
        """A row whose quotation mark is never closed is told with its number, not swallowed."""
        report = CSV.splitlines()[:2]
        text = "\n".join([*report, f'03/04/2026,{TWO},"Roe,Rejected,A7:164,x', "one more"])
        found = taken(ledger, text, profile())
        assert [(p.code, p.where.line) for p in found.problems] == [("report.row", 3)]
        assert [one.verdict for one in heard(ledger)] == ["rejected"]

    def test_field_too_long(self, ledger: Ledger) -> None:
        """A field longer than any report's is told, and the rows around it are read."""
        lines = CSV.splitlines()
        text = "\n".join([lines[0], f"03/04/2026,X,{'x' * 200_000},Rejected,,", lines[1]])
        found = taken(ledger, text, profile())
        assert [p.code for p in found.problems] == ["report.row"]
        assert [one.verdict for one in heard(ledger)] == ["rejected"]

    def test_heading_in_another_line(self, ledger: Ledger) -> None:
        """Where the heading lacks a column nothing is read, and the column is named."""
        found = taken(ledger, CSV.replace("Status", "State"), profile())
        assert [p.code for p in found.problems] == ["report.row"]
        assert "Status" in found.problems[0].message

    def test_command(
        self, ledger: Ledger, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """The command tells what a report says and ends with 1 where a row could not be read."""
        (tmp_path / "daily.csv").write_text(CSV, encoding="utf-8")
        (tmp_path / "p.toml").write_text(CSV_PROFILE, encoding="utf-8")
        url = ledger.url.render_as_string(hide_password=False)
        given = ["--report", str(tmp_path / "daily.csv"), "--profile", str(tmp_path / "p.toml")]
        assert main(["reject", *given, "--ledger", url]) == 1
        shown = capsys.readouterr()
        assert "1 claim accepted, 1 rejected" in " ".join(shown.out.split())
        assert "Row 4 has a status" in " ".join(shown.err.split())

    def test_a_report_received_again_after_its_profile_was_mended(self, ledger: Ledger) -> None:
        """The inbox too: the rows that could not be read are read, the others are known."""
        mended = profile(CSV_PROFILE + '"In limbo" = "received"\n')
        data = CSV.encode()
        for how, told in ((profile(), "received"), (mended, "received"), (mended, "known")):
            [done] = receive(ledger, RUN, ["relay.csv"], lambda _: lambda: iter([data]), how)
            assert done.state == told
        assert [one.verdict for one in heard(ledger, 2)] == ["accepted", "received"]
