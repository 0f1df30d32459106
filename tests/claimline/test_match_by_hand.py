"""Matched by hand, and parked as an old system's: decisions that the books follow, and unfollow."""

import datetime as dt

import pytest
from attrs import evolve
from receive_made import RUN, Line, books, clp, record, remit, sent, states, take, x12

from claimline.services.rebuild import rebuild
from reconcile.ledger import Decision, Ledger, UnpostedClaim, by_hand, open_ledger
from reconcile.ledger.by_hand import HandMatch, OldRule

DAY = dt.date(2026, 1, 5)


def _left(ledger: Ledger, *states: str) -> list[UnpostedClaim]:
    return list(ledger.unposted(usage="T", states=states or ("unmatched",)))


def _hand(ledger: Ledger, **lines: str) -> HandMatch:
    """The only claim payment, said to be of CT1."""
    from reconcile.ledger.tables_received import claim_payment, remittance

    with ledger.reading() as connection:
        row = connection.execute(
            claim_payment.join(remittance, remittance.c.id == claim_payment.c.remittance_id)
            .select()
            .with_only_columns(
                remittance.c.payment_key, claim_payment.c.fingerprint, claim_payment.c.occurrence
            )
            .order_by(claim_payment.c.id)
        ).first()
    assert row is not None
    return HandMatch(
        payment_key=row[0],
        fingerprint=row[1],
        occurrence=row[2],
        usage="T",
        control="CT1",
        frequency="1",
        date=DAY,
        lines={int(number[1:]): line for number, line in lines.items()},
    )


def _decide(ledger: Ledger, kind: str, said: HandMatch | OldRule) -> None:
    made = Decision(
        kind=kind, subject=said.id, user="mkeller", reason="asked the payer", detail=said.detail
    )
    with ledger.begin(RUN) as writer:
        writer.decide(made, usage="T")


STRANGER = x12(remit(clp("8812", Line(control=""), icn="ICN7")))


def test_a_match_by_hand_posts_and_its_undoing_takes_it_back(ledger_url: str) -> None:
    """The claim payment stands on the named claim; undone, the books are as before."""
    with open_ledger(ledger_url) as ledger:
        record(ledger, sent("CT1"))
        take(ledger, STRANGER)
        before = books(ledger)
        said = _hand(ledger)
        assert _left(ledger)[0].id == said.id
        _decide(ledger, by_hand.MATCH, said)
        (answer,) = next(iter(ledger.received(usage="T"))).adjudications
        assert (answer.method, answer.id, str(answer.paid)) == (
            "a person's decision",
            said.id,
            "75.00",
        )
        assert [share.line for share in answer.lines] == ["01CT1"]
        assert not _left(ledger)
        assert all(one.equal for one in rebuild(ledger, RUN))
        assert states(ledger) == {"posted": 1}
        _decide(ledger, by_hand.UNMATCH, said)
        assert books(ledger) == before
        assert all(one.equal for one in rebuild(ledger, RUN))


def test_the_same_payment_in_another_file_changes_nothing(ledger_url: str) -> None:
    """The decision is about what came, not about the row it stands in."""
    with open_ledger(ledger_url) as ledger:
        record(ledger, sent("CT1"))
        take(ledger, STRANGER)
        _decide(ledger, by_hand.MATCH, _hand(ledger))
        again = x12(remit(clp("8812", Line(control=""), icn="ICN7")), control=9)
        (payment,) = take(ledger, again).payments
        assert payment.state == "duplicate"
        assert states(ledger) == {"posted": 1}


def test_what_a_match_by_hand_teaches_is_unlearned_with_it(ledger_url: str) -> None:
    """A reversal under the payer's number finds the claim, as long as the match holds."""
    with open_ledger(ledger_url) as ledger:
        record(ledger, sent("CT1"))
        take(ledger, STRANGER)
        back = clp("9999", Line(control=""), icn="ICN7", status="22", sign=-1)
        take(ledger, x12(remit(back, trace="EFT2", paid="0", plb=["PLB*1*20261231*WO:X*-75"]),
                         control=2))  # fmt: skip
        assert states(ledger) == {"unmatched": 2}
        said = _hand(ledger)
        _decide(ledger, by_hand.MATCH, said)
        assert states(ledger) == {"posted": 2}
        _decide(ledger, by_hand.UNMATCH, said)
        assert states(ledger) == {"unmatched": 2}


def test_a_line_is_matched_by_hand(ledger_url: str) -> None:
    """A line that fits two sent lines goes to the one that a person names."""
    with open_ledger(ledger_url) as ledger:
        record(ledger, sent("CT1", Line(), Line(code="97110", charge="60")))
        odd = Line(code="97140", charge="55", paid="30", control="", cas=())
        take(ledger, x12(remit(clp("CT1", Line(), odd, charge="155"))))
        assert [w.kind for w in ledger.waiting(usage="T") if w.kind == "line left"]
        _decide(ledger, by_hand.MATCH, _hand(ledger, n2="02CT1"))
        (answer,) = next(iter(ledger.received(usage="T"))).adjudications
        assert {share.line: share.method for share in answer.lines} == {
            "01CT1": "line control number",
            "02CT1": "a person's decision on the line",
        }
        assert not [w.kind for w in ledger.waiting(usage="T") if w.kind == "line left"]
        assert all(one.equal for one in rebuild(ledger, RUN))


RULE = OldRule(usage="T", pattern="old*", before=dt.date(2026, 2, 1))


@pytest.mark.parametrize(
    ("rule", "parked"),
    [
        (RULE, True),
        (evolve(RULE, before=None), True),
        (evolve(RULE, pattern="", before=None, payers=("60054",)), True),
        (evolve(RULE, before=DAY), False),
        (evolve(RULE, pattern="X*"), False),
        (evolve(RULE, payers=("15202",)), False),
    ],
    ids=["number and day", "number", "payer", "not before that day", "number", "another payer"],
)
def test_a_rule_parks_what_is_an_old_systems(ledger_url: str, rule: OldRule, parked: bool) -> None:
    """All that a rule says must hold; what is parked waits for nobody, and undone it does."""
    with open_ledger(ledger_url) as ledger:
        take(ledger, x12(remit(clp("OLD77"))))
        assert states(ledger) == {"unmatched": 1}
        _decide(ledger, by_hand.RULE, rule)
        assert states(ledger) == {"parked" if parked else "unmatched": 1}
        assert bool(list(ledger.waiting(usage="T"))) is not parked
        take(ledger, x12(remit(clp("OLD78"), trace="EFT2"), control=2))
        assert states(ledger) == {"parked" if parked else "unmatched": 2}
        assert all(one.equal for one in rebuild(ledger, RUN))
        _decide(ledger, by_hand.NO_RULE, rule)
        assert states(ledger) == {"unmatched": 2}


def test_a_rule_never_takes_what_was_sent_from_here(ledger_url: str) -> None:
    """A claim of ours is posted though the rule would hold, also when it is taken over later."""
    with open_ledger(ledger_url) as ledger:
        _decide(ledger, by_hand.RULE, evolve(RULE, before=None))
        take(ledger, x12(remit(clp("OLD77"))))
        assert states(ledger) == {"parked": 1}
        record(ledger, sent("OLD77"))
        assert states(ledger) == {"posted": 1}
