"""``verify`` and the books as of a day: made again from the files, and compared."""

import datetime as dt
import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from acknowledged_made import a277ca, claim_said, take_277ca
from databases import NewUrl, break_up, content
from proof_made import BACK, PAID, bytes_of, fill
from receive_made import DAY, clp, remit, sent, take, x12
from sqlalchemy import Connection, delete, select, update

from claimline.__main__ import main
from claimline.services.again import as_of, end_of
from claimline.services.verify import verify
from reconcile.ledger import Ledger, Run, open_ledger, tables
from reconcile.ledger import tables_answered as answered
from reconcile.ledger import tables_received as received
from reconcile.ledger.proof import prove

RUN = Run(command="test", version="0", started=dt.datetime(2026, 3, 1, 8, tzinfo=dt.UTC))
EXAMPLES = ("units", "assistants", "expected")


@pytest.fixture(scope="module", name="desk")
def _desk(
    tmp_path_factory: pytest.TempPathFactory,
    fixtures: Path,
    lasting: Callable[[str], NewUrl],
    database: str,
) -> str:
    """A ledger of real files: billed, acknowledged, answered, one claim held."""
    folder = tmp_path_factory.mktemp("desk")
    ledger = lasting(database)()
    visits = [str(fixtures / "visits" / "examples" / f"{name}.json") for name in EXAMPLES]
    practice = str(fixtures / "practice" / "practice.toml")
    where = ["--ledger", ledger]
    assert main(["bill", *visits, "--practice", practice, "--out", str(folder / "out"), *where]) < 2
    inbox = str(folder / "in")
    assert main(["sandbox", str(folder / "out"), "--out", inbox, "--acknowledge"]) == 0
    assert main(["receive", inbox, *where]) < 2
    return ledger


@pytest.fixture(name="real")
def _real(real_url: str) -> Iterator[Ledger]:
    with open_ledger(real_url) as ledger:
        yield ledger


@pytest.fixture(name="real_url")
def _real_url(desk: str, new_url: NewUrl) -> str:
    """The URL of ``real``: a copy of the desk's ledger."""
    return new_url.copy(desk)


def change(ledger: Ledger, damage: Callable[[Connection], Any]) -> None:
    """Change the ledger behind its back."""
    with ledger.begin(RUN) as writer:
        damage(writer.connection)


def _first(table: Any, **values: Any) -> Callable[[Connection], Any]:
    key = next(iter(table.primary_key))
    first = select(key).order_by(key).limit(1).scalar_subquery()
    return lambda connection: connection.execute(update(table).where(key == first).values(**values))


DAMAGES = {
    "units of a line": ("sent claims", _first(tables.sent_line, units="9")),
    "modifiers of a line": ("sent claims", _first(tables.sent_line, modifiers="XX")),
    "day of a claim's line": ("sent claims", _first(tables.sent_line, date="2020-01-01")),
    "member id": ("sent claims", _first(tables.sent_claim, member_id="SECRETID")),
    "patient's name": ("sent claims", _first(tables.sent_claim, patient_name="SECRET, NAME")),
    "payer": ("sent claims", _first(tables.sent_claim, payer_id="OTHER")),
    "trace": ("payments received", _first(received.remittance, trace="OTHER")),
    "content of a payment": ("payments received", _first(received.remittance, digest="0" * 64)),
    "remark": ("claim payments", _first(received.claim_payment, remarks="N999")),
    "whose turn": ("claim payments", _first(received.claim_payment, rank="T")),
    "allowed amount": ("line shares", _first(received.line_share, allowed=1)),
    "reason of a posting": ("postings", _first(received.posting, reason="999")),
    "cause of a state": ("states", _first(answered.claim_state, cause="{}")),
    "verdict": ("what they say", _first(answered.acknowledged, verdict="rejected")),
    "acknowledgement removed": (
        "what they say",
        lambda connection: connection.execute(
            delete(answered.acknowledged).where(
                answered.acknowledged.c.id == select(answered.acknowledged.c.id).limit(1)
                .scalar_subquery()
            )
        ),
    ),
    "bytes": ("files", _first(tables.file, size=1)),
}  # fmt: skip


class TestVerify:
    """What the files and decisions make is what the ledger holds."""

    def test_equal(self, real: Ledger) -> None:
        """A sound ledger is equal in every kind of rows, and each kind has some."""
        found = verify(real)
        assert found.equal, found.differences
        some = {one.what for one in found.compared if one.kept}
        assert {one.what for one in found.compared} - some == {
            "keys by which new evidence finds claims",
            "provider adjustments",
            "bank deposits",
            "rejections by hand and from reports",
            "what these say",
        }
        assert all(proof.closes for proof in found.proofs)

    @pytest.mark.parametrize("name", DAMAGES)
    def test_damage_is_found(self, real: Ledger, name: str) -> None:
        """A change that the proof cannot see is found and named, without the patient."""
        what, damage = DAMAGES[name]
        change(real, damage)
        found = verify(real)
        assert not found.equal
        assert what in {one.what for one in found.compared if not one.equal}
        assert what in {one.what for one in found.differences}
        assert "SECRET" not in str(found.differences)

    @pytest.mark.parametrize(
        ("what", "statements"),
        [
            ("sent claims", ["DELETE FROM sent_claim WHERE id = 1"]),
            ("payments received", ["DELETE FROM remittance WHERE id = 1"]),
            ("books made again", ["DELETE FROM run WHERE id = 1"]),
            ("sent claims", ["UPDATE sent_claim SET reference = '0000'"]),
            ("files", ["UPDATE file_chunk SET data = 'no bytes' WHERE file_id = 1"]),
            ("files", ["DELETE FROM file_chunk WHERE file_id = 2"]),
            ("control numbers", ["UPDATE control_number SET next_number = 1"]),
        ],
        ids=["claim", "payment", "run", "list", "text for bytes", "bytes", "counter"],
    )
    def test_coarse_damage_is_named(
        self, real_url: str, what: str, statements: list[str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        """What was removed or broken behind the ledger's back is named; nothing ends in a crash."""
        break_up(real_url, *statements)
        assert main(["verify", "--ledger", real_url]) == 1
        assert what in " ".join(capsys.readouterr().out.split("\n\n")[0].split())
        assert main(["proof", "--ledger", real_url]) in {0, 1, 3}
        assert "internal error" not in "".join(capsys.readouterr())

    def test_counter_set_back(
        self,
        real: Ledger,
        real_url: str,
        tmp_path: Path,
        fixtures: Path,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        """A counter that gives used numbers writes no file, and says so."""
        change(real, lambda c: c.execute(update(tables.control_number).values(next_number=1)))
        real.close()
        out = tmp_path / "out"
        visits = str(fixtures / "visits" / "examples" / "pairs.json")
        practice = ["--practice", str(fixtures / "practice" / "practice.toml")]
        place = ["--ledger", real_url, "--out", str(out)]
        assert main(["bill", visits, *practice, *place]) == 3
        assert "used before" in capsys.readouterr().err
        assert not list(out.glob("*.837*"))

    def test_nothing_is_changed(self, real: Ledger, real_url: str) -> None:
        """The ledger is only read."""
        before = content(real_url)
        verify(real)
        assert content(real_url) == before

    def test_both_databases(self, ledger_url: str) -> None:
        """The books, payments and states of either database are equal to those made again."""
        with open_ledger(ledger_url) as ledger:
            fill(ledger)
            found = verify(ledger)
        different = {one.what for one in found.compared if not one.equal}
        assert different == {"sent claims"}  # their files hold no more than the money

    def test_taken_over(self, ledger_url: str) -> None:
        """Claims taken over from another system, a number used for two days, are equal too."""
        other = sent(PAID, day=DAY + dt.timedelta(days=7))
        with open_ledger(ledger_url) as ledger:
            take(ledger, bytes_of(sent(PAID), other, sent(BACK)), "theirs.837")
            take(ledger, x12(remit(clp(PAID), clp(BACK)), control=2), "era.835")
            found = verify(ledger)
        assert found.equal, found.differences

    def test_command(
        self, real: Ledger, real_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """The command ends with 0 or 1, fills the ledger it is told to, and no other."""
        asked = ["verify", "--ledger", real_url]
        assert main([*asked, "--into", str(tmp_path / "again.sqlite3"), "--format", "json"]) == 0
        assert json.loads(capsys.readouterr().out)["equal"]
        assert main(["proof", "--ledger", str(tmp_path / "again.sqlite3")]) == 0
        assert main([*asked, "--into", str(tmp_path / "again.sqlite3")]) == 3
        capsys.readouterr()
        change(real, DAMAGES["units of a line"][1])
        assert main([*asked]) == 1
        assert "line 1: units" in capsys.readouterr().out


class TestAsOf:
    """The books as they were known at the end of a day."""

    @pytest.fixture(name="days")
    def _days(self, ledger_url: str) -> Iterator[Ledger]:
        """Claims of March 1; a payment of March 2; its reversal of March 5."""
        with open_ledger(ledger_url) as ledger:
            take(ledger, bytes_of(sent(PAID), sent(BACK)), "theirs.837", run=RUN)
            self._take(ledger, 2, clp(BACK, icn="I2"), "EFT1")
            plb = ["PLB*1234567893*20261231*FB:EFT2*-75"]
            back = clp(BACK, icn="I2", status="22", sign=-1)
            self._take(ledger, 5, back, "EFT2", paid="0", plb=plb)
            yield ledger

    def _take(self, ledger: Ledger, day: int, claim: list[str], trace: str, **more: Any) -> None:
        at = dt.datetime(2026, 3, day, 23, 30, tzinfo=dt.UTC)
        run = Run(command="receive", version="0", started=at)
        take(ledger, x12(remit(claim, trace=trace, **more), control=day), f"{day}.835", run=run)

    @pytest.mark.parametrize(
        ("day", "state", "is_open"),
        [
            pytest.param(dt.date(2026, 3, 1), "sent", "100", id="before the payment"),
            pytest.param(dt.date(2026, 3, 2), "paid", "0", id="on its day"),
            pytest.param(dt.date(2026, 3, 4), "paid", "0", id="before the reversal"),
            pytest.param(dt.date(2026, 3, 5), "reversed", "100", id="after it"),
        ],
    )
    def test_day(self, days: Ledger, day: dt.date, state: str, is_open: str) -> None:
        """What came later is not known; the books of the day close."""
        c = answered.claim_state.c
        sent_claim = tables.sent_claim
        query = select(c.state, c.open).join(sent_claim, sent_claim.c.id == c.sent_claim_id)
        query = query.where(sent_claim.c.control == BACK)
        with as_of(days, day) as then, then.reading() as connection:
            row = connection.execute(query).one()
            assert prove(connection, "T").closes
        assert (row.state.startswith(state[:4]) or row.state == "closed", Decimal(row.open) / 100) \
            == (True, Decimal(is_open))  # fmt: skip

    def test_before_all(self, days: Ledger) -> None:
        """Before the first fact there is nothing."""
        with as_of(days, dt.date(2026, 2, 1)) as then:
            assert then.status().files == 0

    def test_answered_before_it_was_known(self, ledger_url: str) -> None:
        """An acknowledgement of a claim that was taken over later stands alone until then."""
        second = Run(command="receive", version="0", started=RUN.started + dt.timedelta(days=2))
        with open_ledger(ledger_url) as ledger:
            take_277ca(ledger, a277ca(claim_said(BACK, "A2:20*20260303*WQ*100")))
            take(ledger, bytes_of(sent(BACK)), "theirs.837", run=second)
            with as_of(ledger, RUN.started.date()) as then:
                assert then.status().files == 1
            with as_of(ledger, second.started.date()) as then, then.reading() as connection:
                assert connection.execute(select(answered.claim_state.c.state)).scalar() == (
                    "accepted"
                )

    def test_zone(self) -> None:
        """The day ends where the practice is."""
        west = dt.timezone(dt.timedelta(hours=-5))
        assert end_of(DAY, west).astimezone(dt.UTC).isoformat() == "2026-01-06T04:59:59+00:00"

    def test_now(self, days: Ledger, tmp_path: Path) -> None:
        """As of today the books are those that are kept."""
        with as_of(days, dt.date(2026, 12, 31)) as then, then.reading() as connection:
            made = [(e.rule.key, e.left, e.right) for e in prove(connection, "T").equations]
        with days.reading() as connection:
            kept = [(e.rule.key, e.left, e.right) for e in prove(connection, "T").equations]
        assert made == kept

    def test_command(
        self, days: Ledger, ledger_url: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """The proof of a day is told as of that day."""
        asked = ["proof", "--test", "--ledger", ledger_url, "--as-of", "2026-03-02"]
        assert main([*asked, "--format", "json"]) == 0
        equations = {e["key"]: e for e in json.loads(capsys.readouterr().out)["equations"]}
        assert equations["remits.money"]["left"] == "75.00"
        assert main(asked) == 0
        assert "as of 2026-03-02" in capsys.readouterr().out
        assert main([*asked[:-1], "2026-02-01"]) == 0
        assert "Nothing was recorded here up to 2026-02-01" in capsys.readouterr().out
        assert main([*asked[:-1], "2027-02-01"]) == 0
        assert "2027-02-01 is not over" in capsys.readouterr().out
        assert days.status().files == 3


def test_rebuild_mends_what_the_proof_finds(ledger_url: str) -> None:
    """After a rebuild the changed posting and state are right again, and the proof closes."""
    with open_ledger(ledger_url) as ledger:
        fill(ledger)
    with open_ledger(ledger_url) as ledger:
        change(ledger, _first(received.posting, cents=1))
        change(ledger, _first(answered.claim_state, state="denied"))
    asked = ["--ledger", ledger_url]
    assert main(["proof", "--test", *asked]) == 1
    assert main(["ledger", "rebuild", *asked]) == 1
    assert main(["proof", "--test", *asked]) == 0
