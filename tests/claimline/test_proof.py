"""The proof: closes on sound books, and names whatever was changed in them."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from databases import NewUrl
from proof_made import BACK, MOVED, NOBODY, OPEN, PAID, fill, record, unbalanced
from receive_made import NOW, RUN, Line, clp, remit, sent, take, x12
from sqlalchemy import Connection, delete, func, select, update

from claimline.__main__ import main
from claimline.services.proof import beside_note
from reconcile.ledger import Ledger, Run, bulk, open_ledger, tables
from reconcile.ledger import tables_answered as answered
from reconcile.ledger import tables_received as received
from reconcile.ledger.proof import accept, prove
from reconcile.proof import Proof
from reconcile.proof_rules import RULES

POSTING, SHARE = received.posting.c, received.line_share.c
ANSWER, PAYMENT = received.claim_payment.c, received.remittance.c
CLAIM, STATE = tables.sent_claim.c, answered.claim_state.c


@pytest.fixture(name="ledger")
def _ledger(ledger_url: str) -> Iterator[Ledger]:
    with open_ledger(ledger_url) as ledger:
        fill(ledger)
        yield ledger


def proof_of(ledger: Ledger) -> Proof:
    """The proof of the test book."""
    with ledger.reading() as connection:
        return prove(connection, "T")


def told(proof: Proof) -> str:
    """What does not close, for a message."""
    return "; ".join(f"{one.rule.key} {one.left} {one.right} {one.items}" for one in proof.broken)


class TestSound:
    """Books that nobody touched close."""

    def test_closes(self, ledger: Ledger) -> None:
        """Every equation holds, and each says something: no side is empty but where nothing is."""
        proof = proof_of(ledger)
        assert proof.closes, told(proof)
        assert [one.rule.key for one in proof.equations] == [rule.key for rule in RULES]
        empty = {one.rule.key for one in proof.equations if not one.left and not one.right}
        assert empty == {"answers.open"}

    def test_says_in_which_book_our_claims_are(self, ledger: Ledger) -> None:
        """A stranger's payment opens the production book: the other one is named."""
        assert not beside_note(ledger, "T")
        assert "--test shows it" in beside_note(ledger, "P")
        record(ledger, sent("EEEEEEEEEE5", Line()), usage="P", control=8)
        assert not beside_note(ledger, "P")

    def test_provider_adjustment_of_nothing(self, ledger: Ledger) -> None:
        """A PLB amount of 0.00 is nothing on both sides."""
        plb = ["PLB*1234567893*20261231*L6*0*FB:X*0.00*WO:Y*-3"]
        take(ledger, x12(remit(clp(OPEN, Line(), Line(code="97110")), plb=plb), control=9))
        proof = proof_of(ledger)
        assert proof.closes, told(proof)

    def test_where_the_money_is(self, ledger: Ledger) -> None:
        """The places of the money make up BPR02: 76.25 for interest more than the claims."""
        (_, total), *rest = proof_of(ledger).places
        assert sum(amount for _, amount in rest) == total
        assert dict(rest)["on no claim: unmatched, not posted, parked"] == 75
        assert dict(rest)["provider adjustments (taken below zero)"] == 76.25

    def test_empty(self, ledger_url: str) -> None:
        """An empty ledger closes."""
        with open_ledger(ledger_url) as ledger:
            assert proof_of(ledger).closes

    def test_other_book(self, ledger: Ledger) -> None:
        """Production is proved apart: nothing of the test book is in it."""
        with ledger.reading() as connection:
            proof = prove(connection, "P")
        assert proof.closes
        of_book = [one for one in proof.equations if one.rule.key != "facts.journal"]
        assert not any(one.left or one.right for one in of_book)


def _set(table: Any, where: Any, **values: Any) -> Any:
    return lambda connection: connection.execute(update(table).where(where).values(**values))


def _gone(*steps: tuple[Any, Any]) -> Any:
    def remove(connection: Connection) -> None:
        for table, where in steps:
            connection.execute(delete(table).where(where))

    return remove


def _twice(table: Any, where: Any, **changed: Any) -> Any:
    def double(connection: Connection) -> None:
        row = connection.execute(select(table).where(where).order_by(table.c.id).limit(1)).one()
        number = connection.execute(select(func.max(table.c.id))).scalar_one() + 1
        values = {**row._mapping, "id": number, **changed}
        bulk.insert(connection, table, [tuple(values[column.name] for column in table.columns)])

    return double


def _of(control: str, status: str = "1") -> Any:
    """The answers of a claim, as a query of row numbers."""
    return select(ANSWER.id).where(ANSWER.control == control, ANSWER.status == status)


def _sent(control: str) -> Any:
    return select(CLAIM.id).where(CLAIM.control == control)


_FIRST = PAYMENT.trace == "EFT1"
_POSTED = POSTING.claim_payment_id.in_(_of(PAID)) & (POSTING.reason == "45")
_SHARED = SHARE.claim_payment_id.in_(_of(PAID)) & (SHARE.paid != 0)
_STATE = STATE.sent_claim_id.in_(_sent(OPEN))
_LINE = tables.sent_line.c.control == f"01{OPEN}"
_SECOND = select(PAYMENT.id).where(PAYMENT.trace == "EFT2")
_IN_SECOND = select(ANSWER.id).where(ANSWER.remittance_id.in_(_SECOND))
_PLB = received.provider_adjustment.c.reason == "L6"

# What is done to the books, the equation that must fail, and what it must name.
DAMAGES = {
    "posting by a cent": (_set(received.posting, _POSTED, cents=POSTING.cents + 1),
                          "lines.posted", PAID),
    "posting with another reason": (_set(received.posting, _POSTED, reason="16"),
                                    "lines.posted", PAID),
    "posting removed": (_gone((received.posting, _POSTED)), "lines.posted", PAID),
    "posting twice": (_twice(received.posting, _POSTED), "lines.posted", PAID),
    "posting on another line": (
        _set(received.posting, _POSTED, line_share_id=select(func.max(SHARE.id)).scalar_subquery()),
        "lines.posted", PAID),
    "state": (_set(answered.claim_state, _STATE, state="paid"), "claims.follows", OPEN),
    "state's event": (_set(answered.claim_state, _STATE, event="paid"), "claims.follows", OPEN),
    "state's day": (_set(answered.claim_state, _STATE, since="2026-01-01T00:00:00Z"),
                    "claims.follows", OPEN),
    "state's cause": (_set(answered.claim_state, _STATE, cause='{"file":"else.835"}'),
                      "claims.follows", OPEN),
    "state removed": (_gone((answered.claim_state, _STATE)), "claims.state", OPEN),
    "open by a cent": (_set(answered.claim_state, _STATE, open=STATE.open + 1),
                       "claims.open", OPEN),
    "open of a claim taken back": (
        _set(answered.claim_state, STATE.sent_claim_id.in_(_sent(BACK)), open=1),
        "claims.open", BACK),
    "charge sent": (_set(tables.sent_claim, CLAIM.control == OPEN, charge=CLAIM.charge + 1),
                    "claims.charge", OPEN),
    "charge sent, not as in the file": (
        _set(tables.sent_claim, CLAIM.control == OPEN, charge=CLAIM.charge + 1),
        "claims.kept", OPEN),
    "collected": (_set(tables.sent_claim, CLAIM.control == OPEN, collected=1), "claims.kept", OPEN),
    "line's charge": (_set(tables.sent_line, _LINE, charge=tables.sent_line.c.charge - 1),
                      "claims.charge", OPEN),
    "line removed": (_gone((tables.sent_line, _LINE)), "claims.charge", OPEN),
    "claim removed": (
        _gone((answered.claim_state, _STATE),
              (tables.sent_line, tables.sent_line.c.sent_claim_id.in_(_sent(OPEN))),
              (tables.visit, tables.visit.c.sent_claim_id.in_(_sent(OPEN))),
              (tables.sent_claim, CLAIM.control == OPEN)),
        "claims.kept", "1.837"),
    "claim renumbered": (_set(tables.sent_claim, CLAIM.control == OPEN, control="OTHER"),
                         "claims.kept", "OTHER"),
    "share's payment": (_set(received.line_share, _SHARED, paid=SHARE.paid + 1),
                        "lines.adjudicated", PAID),
    "share's charge": (_set(received.line_share, _SHARED, charge=SHARE.charge + 1),
                       "lines.adjudicated", PAID),
    "share's adjustment": (
        _set(received.line_share, _SHARED, adjustments='[["CO","45",2600,""]]'),
        "lines.adjudicated", PAID),
    "share's rest": (_set(received.line_share, _SHARED, not_explained=1),
                     "lines.adjudicated", PAID),
    "share twice": (_twice(received.line_share, _SHARED), "lines.posted", PAID),
    "answer's payment": (_set(received.claim_payment, ANSWER.id.in_(_of(PAID)),
                              paid=ANSWER.paid + 1), "answers.paid", PAID),
    "answer's charge": (_set(received.claim_payment, ANSWER.id.in_(_of(PAID)),
                             charge=ANSWER.charge + 1), "answers.charge", PAID),
    "answer's rest": (_set(received.claim_payment, ANSWER.id.in_(_of(PAID)), difference=1),
                      "answers.open", PAID),
    "answer beside the lines": (_set(received.claim_payment, ANSWER.id.in_(_of(PAID)),
                                     beside_lines=1), "lines.posted", PAID),
    "payment of an unmatched claim": (
        _set(received.claim_payment, ANSWER.control == NOBODY, paid=ANSWER.paid + 1),
        "remits.kept", NOBODY),
    "unmatched claim on the books": (
        _set(received.claim_payment, ANSWER.control == NOBODY,
             sent_claim_id=_sent(OPEN).scalar_subquery()),
        "answers.unposted", NOBODY),
    "unmatched claim removed": (
        _gone((received.awaiting, received.awaiting.c.claim_payment_id.in_(_of(NOBODY))),
              (received.claim_payment, ANSWER.control == NOBODY)),
        "remits.sums", "EFT1"),
    "unmatched claim twice": (
        _twice(received.claim_payment, ANSWER.control == NOBODY, occurrence=1, position=999),
        "remits.sums", "EFT1"),
    "denial removed": (
        _gone((received.posting, POSTING.claim_payment_id.in_(_of(BACK)) & (POSTING.reason == "97")),
              (received.line_share, SHARE.adjustments.contains('"97"')
               & SHARE.claim_payment_id.in_(_of(BACK))),
              (received.claim_payment, (ANSWER.control == BACK) & (ANSWER.paid == 0))),
        "remits.sums", "EFT2"),
    "reversal's status": (
        _set(received.claim_payment, ANSWER.id.in_(_of(BACK, "22")), status="1"),
        "remits.kept",
        BACK,
    ),
    "transfer between lines": (
        _set(received.line_share, SHARE.claim_payment_id.in_(_of(MOVED)) & (SHARE.charge == 5000),
             adjustments='[["OA","94",-9900,""],["CO","45",4900,""]]'),
        "claims.moved", MOVED),
    "BPR02": (_set(received.remittance, _FIRST, paid=PAYMENT.paid + 1), "remits.money", "EFT1"),
    "BPR02, not as in the file": (_set(received.remittance, _FIRST, paid=PAYMENT.paid + 1),
                                  "remits.kept", "EFT1"),
    "BPR02 of the key": (
        _set(received.remittance, _FIRST, payment_key='["1512345678","EFT1",1,"2026-02-20","T"]'),
        "remits.kept", "EFT1"),
    "sum of claims": (_set(received.remittance, _FIRST, claims_paid=PAYMENT.claims_paid + 1),
                      "remits.sums", "EFT1"),
    "sum of PLBs": (_set(received.remittance, _FIRST,
                         provider_adjusted=PAYMENT.provider_adjusted + 1), "remits.sums", "EFT1"),
    "difference": (_set(received.remittance, _FIRST, difference=1), "remits.money", "EFT1"),
    "number of claims": (_set(received.remittance, _FIRST, claims=PAYMENT.claims + 1),
                         "remits.sums", "EFT1"),
    "PLB by a cent": (_set(received.provider_adjustment, _PLB,
                           cents=received.provider_adjustment.c.cents + 1),
                      "remits.sums", "EFT1"),
    "PLB removed": (_gone((received.provider_adjustment, _PLB)), "remits.sums", "EFT1"),
    "PLB twice": (_twice(received.provider_adjustment, _PLB), "remits.sums", "EFT1"),
    "payment that does not count": (_set(received.remittance, _FIRST, state="duplicate"),
                                    "remits.money", "EFT1"),
    "payment aside, its claims on the books": (_set(received.remittance, _FIRST, state="aside"),
                                               "remits.money", "EFT1"),
    "answer on a claim of the other book": (
        _set(tables.sent_claim, CLAIM.control == PAID, usage="P"), "answers.unposted", PAID),
    "payment and all of it removed": (
        _gone(*((table, table.c.claim_payment_id.in_(_IN_SECOND))
                for table in (received.posting, received.line_share, received.awaiting)),
              (received.claim_payment, ANSWER.id.in_(_IN_SECOND)),
              (received.provider_adjustment,
               received.provider_adjustment.c.remittance_id.in_(_SECOND)),
              (received.remittance, PAYMENT.trace == "EFT2")),
        "remits.kept", "second.835"),
    "bytes": (_set(tables.file_chunk,
                   tables.file_chunk.c.file_id.in_(
                       select(tables.file.c.id).where(tables.file.c.name == "first.835")),
                   data=b"damaged"), "remits.kept", "first.835"),
}  # fmt: skip


class _UndoneError(Exception):
    """What a damage did is undone."""


def _after(ledger: Ledger, damage: Any) -> Proof:
    """The proof of the books with that damage, which is undone."""
    found: list[Proof] = []
    try:
        with ledger.begin(RUN) as writer:
            damage(writer.connection)
            found.append(prove(writer.connection, "T"))
            raise _UndoneError  # noqa: TRY301 - begin must see it
    except _UndoneError:
        return found[0]


class TestDamaged:
    """One posting, one state, one cent: changed, removed or doubled, it is found and named."""

    def test_every_damage_is_found(self, ledger: Ledger) -> None:
        """Each damage fails its equation, which names the claim, payment or file."""
        missed = []
        for name, (damage, equation, named) in DAMAGES.items():
            proof = _after(ledger, damage)
            assert not proof.closes, name
            found = next(one for one in proof.equations if one.rule.key == equation)
            names = {(item.claim, item.trace, item.file) for item in found.items}
            if found.closes or not any(named in one for one in names):
                missed.append(f"{name}: {equation} {found.items}; {told(proof)}")
        assert not missed, "\n".join(missed)
        assert proof_of(ledger).closes  # all was undone

    def test_command_says_so(
        self, ledger: Ledger, ledger_url: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """The command ends with 1, names the claim and what to do; sound books end with 0."""
        asked = ["proof", "--test", "--ledger", ledger_url, "--format"]
        assert main([*asked, "json"]) == 0
        capsys.readouterr()
        with ledger.begin(RUN) as writer:
            DAMAGES["posting by a cent"][0](writer.connection)
        assert main([*asked, "json"]) == 1
        broken = [e for e in json.loads(capsys.readouterr().out)["equations"] if not e["closes"]]
        assert {one["key"] for one in broken} == {"lines.posted", "answers.charge"}
        item = broken[0]["items"][0]
        assert (item["claim"], item["expected"], item["found"]) == (PAID, "100.00", "100.01")
        assert main([*asked, "table"]) == 1
        page = capsys.readouterr().out
        assert "CO-45 25.00 is missing" in " ".join(page.split())
        assert "claimline ledger rebuild" in " ".join(page.split())

    def test_as_of_a_day(
        self, ledger: Ledger, ledger_url: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """Books of a day are made of facts that are looked up in the journal that is kept."""
        asked = ["proof", "--test", "--ledger", ledger_url, "--as-of", "2026-03-01"]
        assert main([*asked, "--format", "json"]) == 0
        capsys.readouterr()
        with ledger.begin(RUN) as writer:
            _set(tables.sent_claim, CLAIM.control == OPEN, patient_id="another")(writer.connection)
        assert main([*asked, "--format", "json"]) == 1
        broken = [e for e in json.loads(capsys.readouterr().out)["equations"] if not e["closes"]]
        assert [one["key"] for one in broken] == ["facts.journal"]
        assert broken[0]["items"][0]["claim"] == OPEN


class TestNotExplained:
    """What a payer's own figures leave open is named until somebody accepts it."""

    def test_named(self, ledger: Ledger) -> None:
        """A line that the payer does not balance is an item: claim, line, payment, whom to ask."""
        take(ledger, x12(remit(unbalanced(), trace="EFT3"), control=3), "third.835")
        proof = proof_of(ledger)
        assert not proof.closes
        assert not proof.broken, told(proof)
        (item,) = proof.unexplained
        assert (item.claim, item.line, item.trace) == (OPEN, f"01{OPEN}", "EFT3")
        assert (item.file, item.payer, str(item.difference)) == ("third.835", "AETNA", "5.00")
        assert str(proof.not_explained) == "5.00"

    def test_payment(self, ledger: Ledger) -> None:
        """A payment that is not its claims less its provider adjustments is an item."""
        take(ledger, x12(remit(clp(OPEN, icn="I4"), trace="EFT3", paid="70"), control=3), "t.835")
        proof = proof_of(ledger)
        assert not proof.broken, told(proof)
        assert [(i.trace, str(i.difference)) for i in proof.unexplained] == [("EFT3", "5.00")]

    def test_taken_back(self, ledger: Ledger) -> None:
        """A reversal with the same fault takes the difference back: nothing is left to explain."""
        off = Line(paid="70")
        first = clp(OPEN, off, Line(code="97110"), icn="I4")
        back = clp(OPEN, off, Line(code="97110"), icn="I4", status="22", sign=-1)
        take(ledger, x12(remit(first, trace="EFT3"), control=3), "3.835")
        assert not proof_of(ledger).closes
        plb = ["PLB*1234567893*20261231*FB:EFT4*-145"]
        take(ledger, x12(remit(back, trace="EFT4", paid="0", plb=plb), control=4), "4.835")
        assert proof_of(ledger).closes

    def test_accepted(
        self, ledger: Ledger, ledger_url: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """An accepted difference is listed with its reason, not added up; that can be undone."""
        take(ledger, x12(remit(unbalanced(), trace="EFT3"), control=3), "third.835")
        key = proof_of(ledger).unexplained[0].key
        asked = ["proof", "--test", "--ledger", ledger_url]
        assert main([*asked, "--accept", key]) == 2  # no reason
        assert main([*asked, "--accept", "0000000000", "--reason", "x"]) == 2
        assert main([*asked, "--accept", OPEN, "--reason", "they will not"]) == 0
        assert "they will not" in capsys.readouterr().out
        assert main([*asked, "--accept", key, "--reason", "again"]) == 2
        assert main([*asked]) == 0
        assert main([*asked, "--accept", key, "--undo", "--reason", "they will"]) == 1

    def test_other_amount(self, ledger: Ledger) -> None:
        """An acceptance is of that amount: another difference of the same line is told anew."""
        take(ledger, x12(remit(unbalanced(), trace="EFT3"), control=3), "third.835")
        item = proof_of(ledger).unexplained[0]
        with ledger.begin(Run(command="proof", version="0", started=NOW, user="me")) as writer:
            writer.decide(accept(item, user="me", reason="small"))
        assert proof_of(ledger).closes
        again = unbalanced(off="7")
        take(ledger, x12(remit(again, trace="EFT4"), control=4), "fourth.835")
        assert [str(one.difference) for one in proof_of(ledger).unexplained] == ["12.00"]

    def test_ledger_fault_cannot_be_accepted(
        self, ledger: Ledger, ledger_url: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """What the ledger itself has wrong cannot be accepted."""
        with ledger.begin(RUN) as writer:
            DAMAGES["posting by a cent"][0](writer.connection)
        key = next(i.key for e in proof_of(ledger).broken for i in e.items)
        asked = ["proof", "--test", "--ledger", ledger_url, "--accept", key, "--reason", "x"]
        assert main(asked) == 2
        assert "fault of the ledger" in capsys.readouterr().err


class TestMoney:
    """Payments in parts, copies, aside, cut off: each cent has one place."""

    def test_parts_copies_aside_cut(self, ledger: Ledger) -> None:
        """A split payment, a copy, one kept aside and one cut off count once each."""
        record(ledger, *(sent(f"EEEEEEEEEE{n}") for n in range(5, 9)), control=2)
        one, two, three, four = (clp(f"EEEEEEEEEE{n}", icn=f"E{n}") for n in range(5, 9))
        take(ledger, x12(remit(one, trace="S", paid="150"), control=3), "part1.835")
        take(ledger, x12(remit(two, trace="S", paid="150"), control=4), "part2.835")
        take(ledger, x12(remit(two, trace="S", paid="150", st="0009"), control=5), "copy.835")
        take(ledger, x12(remit(three, trace="C", se="SE*1*0001"), control=6), "cut.835")
        take(ledger, x12(remit(three, trace="A"), control=7), "a.835")
        take(ledger, x12(remit(four, trace="A"), control=8), "aside.835")
        proof = proof_of(ledger)
        assert proof.closes, told(proof)
        (_, total), *rest = proof.places
        assert sum(amount for _, amount in rest) == total
        assert dict(rest)["not whole, or not posted yet"] == 75

    def test_debit(self, ledger: Ledger) -> None:
        """A payment that takes money (BPR03 D) counts below zero; nothing of it is on no claim."""
        back = clp(PAID, Line(), Line(code="97110", paid="0", cas=("PR*1*100",)), icn="ICN1",
                   status="22", sign=-1)  # fmt: skip
        data = x12(remit(back, trace="EFT3", paid="75"), control=3)
        assert data.count(b"BPR*I*75*C*") == 1
        take(ledger, data.replace(b"BPR*I*75*C*", b"BPR*I*75*D*"), "debit.835")
        proof = proof_of(ledger)
        assert proof.closes, told(proof)
        (_, total), *rest = proof.places
        assert sum(amount for _, amount in rest) == total
        assert dict(rest)["on no claim: unmatched, not posted, parked"] == 75


def test_first_production_payment_is_looked_at(
    new_url: NewUrl, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before the first claim is sent, a production 835 is what proof and waiting tell of."""
    url = new_url()
    with open_ledger(url, create=True) as ledger:
        take(ledger, x12(remit(clp(NOBODY)), usage="P"))
    assert main(["proof", "--ledger", url]) == 0
    assert "The production book closes" in capsys.readouterr().out
    assert main(["ledger", "waiting", "--ledger", url]) == 1
    assert NOBODY in capsys.readouterr().out
