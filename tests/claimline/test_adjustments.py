"""Provider adjustments followed across remittances: to zero, with ages and hints."""

import datetime as dt
import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from acknowledged_made import a277ca, claim_said, take_277ca
from proof_made import record
from receive_made import Line, clp, remit, sent, take, x12

from claimline.__main__ import main
from claimline.services.adjustments import Booked, adjustment_notes, book
from claimline.services.trace import Question, trace
from edi.remittance import ProviderAdjustment
from reconcile.ledger import Ledger, open_ledger
from reconcile.ledger.proof import prove
from reconcile.plb import ProviderEntry, Receivable, plb_book

ONE = "AAAAAAAAAA1"
ON = dt.date(2026, 6, 1)
NOW = dt.datetime(2026, 6, 1, tzinfo=dt.UTC)


@pytest.fixture(name="ledger")
def _ledger(ledger_url: str) -> Iterator[Ledger]:
    with open_ledger(ledger_url) as ledger:
        record(ledger, sent(ONE))
        take(ledger, x12(remit(clp(ONE, icn="ICN77001"))), "1.835")
        yield ledger


def plb(*pairs: str) -> list[str]:
    """A PLB for each of these reasons, references and amounts."""
    return [f"PLB*1234567893*20261231*{pair}" for pair in pairs]


def pay(ledger: Ledger, number: int, date: str, *pairs: str, more: str = "500") -> None:
    """A payment of one unmatched claim with these provider adjustments."""
    claim = clp(f"OTHER{number}", Line(charge=more, paid=more, cas=()), icn=f"X{number}")
    data = x12(remit(claim, trace=f"E{number}", date=date, plb=plb(*pairs)), control=number)
    take(ledger, data, f"{number}.835")


def entry(
    reason: str, reference: str, amount: str, day: int, provider: str = "1234567893"
) -> ProviderEntry:
    """An entry of one payer on a day of March."""
    return ProviderEntry(
        payer="1512345678",
        date=dt.date(2026, 3, day),
        trace=f"E{day}",
        adjustment=ProviderAdjustment(
            provider=provider, fiscal_date="20261231", reason=reason, reference=reference,
            amount=Decimal(amount),
        ),
    )  # fmt: skip


def only(found: tuple[Receivable, ...]) -> Receivable:
    """The one line of the book."""
    (one,) = found
    return one


class TestFollowed:
    """What belongs together is one line of the book."""

    @pytest.mark.parametrize(
        ("entries", "state", "is_open"),
        [
            pytest.param(
                [entry("WO", "ICN77001", "-75", 1), entry("WO", "ICN77001", "75", 2)],
                "closed", "0", id="given back, then taken (RFI 1756)"),
            pytest.param(
                [entry("WO", "ICN77001", "-75", 1), entry("WO", "ICN77001", "50", 2),
                 entry("WO", "ICN77001", "20", 9)],
                "owed to the payer", "5", id="taken in parts"),
            pytest.param(
                [entry("WO", "ICN77001", "-75", 1),
                 entry("WO", "PAT17 20260105 ICN77001", "75", 2)],
                "closed", "0", id="a reference with more in it (RFI 968)"),
            pytest.param(
                [entry("72", "CHECK9001", "-75", 1), entry("WO", "CHECK9001", "75", 1)],
                "closed", "0", id="a refund sent (RFI 1374)"),
            pytest.param(
                [entry("FB", "E1", "-75", 1), entry("FB", "E1", "75", 2)],
                "closed", "0", id="carried on"),
            pytest.param(
                [entry("FB", "E1", "-75", 1), entry("FB", "E2", "75", 2)],
                "closed", "0", id="carried on under the other payment's number"),
            pytest.param(
                [entry("FB", "E1", "-75", 1), entry("FB", "E2", "40", 2)],
                "owed to the payer", "35", id="carried on, taken in part"),
            pytest.param(
                [entry("WO", "ICN77001", "75", 1)],
                "taken, its origin not seen", "-75", id="taken at once"),
            pytest.param([entry("L6", "", "-1.25", 1)], "final", "0", id="interest"),
            pytest.param([entry("B2", "CHECK9001", "-12.50", 1)], "final", "0", id="a rebate"),
            pytest.param(
                [entry("WO", "ICN77001", "-75", 1), entry("72", "ICN77001", "-75", 9),
                 entry("WO", "ICN77001", "75", 9)],
                "closed", "0", id="owed, then refunded by check"),
            pytest.param(
                [entry("WO", "ICN77001", "-75", 1), entry("72", "ICN77001", "-50", 9),
                 entry("WO", "ICN77001", "50", 9)],
                "owed to the payer", "25", id="owed, refunded in part: 75 less 50"),
            pytest.param(
                [entry("WO", "ICN77001", "-75", 1), entry("72", "ICN77001", "-50", 9),
                 entry("WO", "ICN77001", "50", 9), entry("WO", "ICN77001", "25", 12)],
                "closed", "0", id="refunded in part, the rest taken"),
            pytest.param(
                [entry("WO", "ICN77001", "-75", 1), entry("WO", "ICN77001", "25", 2),
                 entry("WO", "ICN77001", "25", 9), entry("WO", "ICN77001", "25", 16)],
                "closed", "0", id="taken in three instalments"),
            pytest.param(
                [entry("WO", "2608300000001", "-75", 1), entry("WO", "2608300000", "75", 9)],
                "closed", "0", id="its reference cut short"),
            pytest.param(
                [entry("WO", "0002608300001", "-75", 1), entry("WO", "2608300001", "75", 9)],
                "closed", "0", id="filled up with zeros"),
            pytest.param(
                [entry("WO", "00262851234503EG4TE5MK73", "-75", 1),
                 entry("WO", "26285123450", "50", 9), entry("WO", "0026285123450 PT17", "20", 16)],
                "owed to the payer", "5", id="run together, then taken in two ways"),
            pytest.param(
                [entry("WO", "1126285123450123456789A", "-75", 1),
                 entry("WO", "1126285123450", "40", 9)],
                "owed to the payer", "35", id="an old member id run on to it"),
            pytest.param(
                [entry("WO", "icn77001", "-75", 1), entry("WO", "ICN77001", "75", 9)],
                "closed", "0", id="in small letters"),
            pytest.param(
                [entry("WO", "ICN77001", "-75", 1),
                 entry("WO", "ICN77001", "75", 9, provider="1987654321")],
                "closed", "0", id="taken from another NPI's payment"),
            pytest.param(
                [entry("FB", "X", "-75", 1), entry("FB", "X", "75", 2), entry("FB", "X", "-30", 2),
                 entry("FB", "X", "30", 3)],
                "closed", "0", id="carried on twice"),
            pytest.param([entry("FB", "E1", "-75", 1)], "owed to the payer", "75",
                         id="carried on and never taken"),
        ],
    )  # fmt: skip
    def test_states(self, entries: list[ProviderEntry], state: str, is_open: str) -> None:
        """The entries are one line with that state, whatever their order; their sum is kept."""
        for order in (entries, entries[::-1]):
            one = only(plb_book(order))
            assert (one.state, one.open) == (state, Decimal(is_open))
            assert one.total == sum(e.adjustment.amount for e in entries)
            assert one.balances[-1] == one.open or state == "final"

    @pytest.mark.parametrize(
        "entries",
        [
            pytest.param(
                [entry("FB", "E1", "-75", 1), entry("FB", "E2", "-60", 2),
                 entry("FB", "E3", "40", 3)], id="two balances it could be of"),
            pytest.param(
                [entry("FB", "E1", "-75", 1), entry("FB", "E2", "75", 2, provider="1987654321")],
                id="balances of two NPIs"),
            pytest.param(
                [entry("WO", "2608300000001", "-75", 1), entry("WO", "2608300000", "70", 9)],
                id="cut short, another amount"),
            pytest.param(
                [entry("WO", "2608300000001", "-75", 1), entry("WO", "2608300000002", "-75", 1),
                 entry("WO", "2608300000", "75", 9)],
                id="cut short, two it could be"),
            pytest.param(
                [entry("WO", "PAT1 20260105", "-75", 1), entry("WO", "PAT2 20260105", "75", 2)],
                id="only a day in common"),
            pytest.param(
                [entry("WO", "ICN77001 A", "-75", 1), entry("WO", "ICN77001 B", "-75", 2)],
                id="both give"),
            pytest.param(
                [entry("WO", "ICN77001 A", "-75", 1), entry("WO", "ICN77001 B", "60", 2),
                 entry("WO", "ICN77001 C", "40", 3)],
                id="two take more than was given"),
        ],
    )  # fmt: skip
    def test_apart(self, entries: list[ProviderEntry]) -> None:
        """What is not certain stays apart: nothing is guessed."""
        assert len(plb_book(entries)) == len(entries)

    def test_names_the_payment(self) -> None:
        """Of two balances that one taken in part could be of, the one it names (RFI 1114)."""
        first, second = entry("FB", "A", "-75", 1), entry("FB", "B", "-60", 2)
        for taken, left in (("E1", {"A": "35", "B": "60"}), ("E2", {"A": "75", "B": "20"})):
            found = plb_book([first, second, entry("FB", taken, "40", 3)])
            assert {one.reference: one.open for one in found} == {
                reference: Decimal(amount) for reference, amount in left.items()
            }

    def test_since(self) -> None:
        """It is open from the day its balance last left zero."""
        taken = [entry("WO", "ICN77001", amount, day)
                 for amount, day in (("-75", 1), ("75", 5), ("-30", 9), ("10", 12))]  # fmt: skip
        assert only(plb_book(taken)).since == dt.date(2026, 3, 9)


class TestBook:
    """The book in the ledger: names, ages, hints, totals."""

    def test_hints_and_ages(self, ledger: Ledger) -> None:
        """The payer's claim number leads to our claim; the age counts to the day asked for."""
        pay(ledger, 2, "20260301", "WO:ICN77001*-75")
        pay(ledger, 3, "20260310", "WO:ICN77001*50", "L6*-1.25")
        found = {one.receivable.kind: one for one in book(ledger, "T", ON)}
        one = found["recovery"]
        assert (one.payer, one.days, one.receivable.open) == ("AETNA", 92, Decimal("25.00"))
        (hint,) = one.hints
        assert (hint.claim, "ICN77001" in hint.evidence) == (ONE, True)
        assert found["L6"].days is None

    def test_short_number(self, ledger: Ledger) -> None:
        """A reference that is a claim's number as a whole leads to it, however short it is."""
        record(ledger, sent("BBBBBBBBBB2"), control=2)
        take(ledger, x12(remit(clp("BBBBBBBBBB2", icn="A1001"), trace="E5"), control=5), "5.835")
        pay(ledger, 2, "20260301", "WO:A1001*30")
        (one,) = book(ledger, "T", ON)
        assert [hint.claim for hint in one.hints] == ["BBBBBBBBBB2"]

    @pytest.mark.parametrize(
        ("icn", "reference"),
        [
            ("1126285123450", "11262851234503EG4TE5MK73"),
            ("1126285123450", "W123456789 1126285123450"),
            ("0026285123450", "26285123450"),
            ("26285123450", "0026285123450"),
            ("icn285123450", "ICN285123450"),
        ],
        ids=["run together", "two words", "zeros left out", "zeros before", "small letters"],
    )
    def test_ways_to_write_a_number(self, ledger: Ledger, icn: str, reference: str) -> None:
        """The payer's number leads to the claim, and the claim's trace shows it, however written."""
        record(ledger, sent("BBBBBBBBBB2"), control=2)
        take(ledger, x12(remit(clp("BBBBBBBBBB2", icn=icn), trace="E5"), control=5), "5.835")
        pay(ledger, 2, "20260301", f"WO:{reference}*30", "WO:1126285123999*9")
        hints = [tuple(hint.claim for hint in one.hints) for one in book(ledger, "T", ON)]
        assert sorted(hints) == [(), ("BBBBBBBBBB2",)]
        question = Question(identifier="BBBBBBBBBB2", on=ON, now=NOW, user="me", usage="T")
        (claim,) = trace(ledger, question).claims
        assert [one["open"] for one in claim["provider_adjustments"]] == ["-30.00"]

    def test_number_of_a_277ca(self, ledger: Ledger) -> None:
        """The payer's number that only a 277CA told (BlueCard's host) leads to the claim too."""
        said = claim_said(ONE, "A2:20*20260303*WQ*100", "REF*1K*HOST900")
        take_277ca(ledger, a277ca(said))
        pay(ledger, 2, "20260301", "WO:HOST900 DOE*30")
        (one,) = book(ledger, "T", ON)
        assert [(hint.claim, "HOST900 of its 277CA" in hint.evidence) for hint in one.hints] == [
            (ONE, True)
        ]
        question = Question(identifier=ONE, on=ON, now=NOW, user="me", usage="T")
        (claim,) = trace(ledger, question).claims
        assert [given["open"] for given in claim["provider_adjustments"]] == ["-30.00"]

    def test_amount_of_a_reversal(self, ledger: Ledger) -> None:
        """Without a number, a claim taken back with that amount is a hint, by that evidence."""
        back = clp(ONE, icn="ICN77001", status="22", sign=-1)
        take(ledger, x12(remit(back, trace="E2", date="20260301", plb=plb("WO:R1*-75")),
                         control=2), "2.835")  # fmt: skip
        (one,) = book(ledger, "T", ON)
        assert [(h.claim, "2026-03-01" in h.evidence) for h in one.hints] == [(ONE, True)]

    @pytest.mark.parametrize("shown", [False, True])
    def test_trace_masks_member_ids(self, ledger: Ledger, *, shown: bool) -> None:
        """A member id run on to the payer's number is shown only where the patient may be."""
        pay(ledger, 2, "20260301", "WO:11262851239993EG4TE5MK73*-75")
        question = Question(
            identifier="E2", on=ON, now=dt.datetime(2026, 6, 1, tzinfo=dt.UTC), user="me",
            usage="T", show_patient=shown,
        )  # fmt: skip
        told = repr(trace(ledger, question))
        assert ("3EG4TE5MK73" in told) == shown
        assert "1126285123999" in told

    def test_filters(self, ledger: Ledger) -> None:
        """By payer, and only what is open."""
        pay(ledger, 2, "20260301", "WO:ICN77001*-75", "L6*-1.25")

        def asked(payer: str = "", *, only_open: bool = False) -> tuple[Booked, ...]:
            return book(ledger, "T", ON, payer=payer, only_open=only_open)

        assert [len(asked()), len(asked("aet")), len(asked("cigna"))] == [2, 2, 0]
        assert [one.receivable.kind for one in asked(only_open=True)] == ["recovery"]

    def test_totals_are_proved(self, ledger: Ledger) -> None:
        """The proof finds every PLB amount in the book."""
        pay(ledger, 2, "20260301", "WO:ICN77001*-75", "L6*-1.25", "FB:E2*-20")
        with ledger.reading() as connection:
            proof = prove(connection, "T")
        one = next(e for e in proof.equations if e.rule.key == "adjustments.book")
        assert one.closes
        assert one.left == Decimal("-96.25")

    def test_notes(self, ledger: Ledger) -> None:
        """What is open for long becomes a note: how old, how much, whom to call, what to do."""
        pay(ledger, 2, "20260301", "WO:ICN77001*-75", "L6*-1.25")
        assert adjustment_notes(ledger, "T", dt.date(2026, 3, 15)) == ()
        (note,) = adjustment_notes(ledger, "T", ON)
        assert (note.kind, note.days, note.money, note.call) == (
            "adjustment.old",
            92,
            Decimal(75),
            "AETNA",
        )
        assert "keep the money ready" in note.todo

    def test_command(
        self, ledger: Ledger, ledger_url: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """The command shows entries in order with the balance after each."""
        pay(ledger, 2, "20260301", "WO:ICN77001*-75")
        pay(ledger, 3, "20260310", "WO:ICN77001*50")
        asked = ["adjustments", "--test", "--ledger", ledger_url, "--format"]
        assert main([*asked, "json"]) == 0
        (one,) = json.loads(capsys.readouterr().out)
        assert [(e["trace"], e["balance"]) for e in one["entries"]] == [
            ("E2", "75.00"), ("E3", "25.00")
        ]  # fmt: skip
        for shape in ("table", "csv"):
            assert main([*asked, shape]) == 0
            assert ONE in capsys.readouterr().out


class TestTheClaimsOwn:
    """A claim's trace shows the line of the book that the command shows."""

    def shown(self, ledger: Ledger) -> list[dict[str, Any]]:
        """The provider adjustments of the trace of the claim."""
        question = Question(
            identifier=ONE, on=ON, now=dt.datetime(2026, 6, 1, tzinfo=dt.UTC), user="me", usage="T"
        )
        (claim,) = trace(ledger, question).claims
        return list(claim["provider_adjustments"])

    def test_all_entries(self, ledger: Ledger) -> None:
        """Whatever the letter case, and with more in the reference: closed as in the book."""
        pay(ledger, 2, "20260301", "WO:ICN77001*-50")
        pay(ledger, 3, "20260310", "WO:icn77001*30")
        pay(ledger, 4, "20260320", "WO:ICN77001 PD1 20260210*20")
        (booked,) = book(ledger, "T", ON)
        (one,) = self.shown(ledger)
        assert (one["state"], one["open"]) == (booked.receivable.state, "0.00")
        assert one["state"] == "closed"
        assert len(one["entries"]) == 3

    def test_a_reference_with_more_alone(self, ledger: Ledger) -> None:
        """One that only contains the payer's claim number is shown; another claim's is not."""
        pay(ledger, 2, "20260301", "WO:ICN77001 PD1*15", "WO:ICN770011*9")
        (one,) = self.shown(ledger)
        assert (one["state"], one["open"]) == ("taken, its origin not seen", "-15.00")

    def test_headline_counts_the_whole_book(
        self, ledger: Ledger, ledger_url: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """With ``--open`` the first line still says how many are in the book."""
        pay(ledger, 2, "20260301", "WO:ICN77001*-75", "L6*-1.25", "L6:B*-1.50")
        assert main(["adjustments", "--test", "--open", "--ledger", ledger_url]) == 0
        out = capsys.readouterr().out
        assert out.startswith("3 provider adjustments in the book, 1 open.")
        assert main(["adjustments", "--test", "--payer", "nobody", "--ledger", ledger_url]) == 2
        assert "no claim was sent to a payer 'nobody'" in capsys.readouterr().err
