"""Values of an 835 made by hypothesis, for the round trip of the writer."""

import datetime as dt

from hypothesis import strategies as st

from edi.claim import Address, Contact, Procedure, Reference
from edi.remittance import (
    Adjustment,
    Amount,
    ClaimPayment,
    DateText,
    Name,
    Organisation,
    ProviderAdjustment,
    Remittance,
    RemittanceHeader,
    RemittanceTrailer,
    ServicePayment,
)

TEXT = st.text("ABCDEFGHJKLMNPQRSTUVWXYZ0123456789-", min_size=1, max_size=10)
WORDS = st.one_of(st.just(""), TEXT)
MONEY = st.decimals(-99999, 99999, places=2)
UNITS = st.one_of(st.none(), st.decimals(0, 999, places=1))
DAYS = st.dates(dt.date(1990, 1, 1), dt.date(2050, 1, 1))


def tuples(of: st.SearchStrategy[object], most: int = 3) -> st.SearchStrategy[tuple[object, ...]]:
    """A tuple of some of them."""
    return st.lists(of, max_size=most).map(tuple)


PROCEDURES = st.builds(
    Procedure,
    qualifier=st.sampled_from(("HC", "HP")),
    code=TEXT,
    modifiers=tuples(TEXT, 4),
    description=WORDS,
)
ADJUSTMENTS = tuples(
    st.builds(
        Adjustment,
        group=st.sampled_from(("CO", "PR", "OA", "PI")),
        reason=TEXT,
        amount=MONEY,
        quantity=UNITS,
    ),
    15,
)
REFERENCES = tuples(st.builds(Reference, qualifier=TEXT, value=TEXT, description=WORDS))
DATES = tuples(
    st.builds(lambda q, d: DateText(qualifier=q, text=f"{d:%Y%m%d}", date=d), TEXT, DAYS)
)
AMOUNTS = tuples(st.builds(Amount, qualifier=TEXT, amount=MONEY))
CONTACTS = tuples(
    st.builds(Contact, function=TEXT, name=WORDS, numbers=tuples(st.tuples(TEXT, TEXT)))
)
LINES = st.builds(
    ServicePayment,
    procedure=PROCEDURES,
    charge=MONEY,
    paid=MONEY,
    revenue_code=WORDS,
    paid_units=UNITS,
    submitted=st.one_of(st.none(), PROCEDURES),
    submitted_units=UNITS,
    dates=DATES,
    adjustments=ADJUSTMENTS,
    references=REFERENCES,
    amounts=AMOUNTS,
    quantities=AMOUNTS,
    remarks=tuples(TEXT),
    other=st.sampled_from([(), (("NTE", "ADD", "KEPT"),), (("LQ", "RX", "75"), ("K3", "A:B"))]),
    position=st.just(0),
)
NAMES = st.builds(
    Name,
    role=TEXT,
    is_person=st.booleans(),
    last=WORDS,
    first=WORDS,
    middle=WORDS,
    suffix=WORDS,
    id_qualifier=WORDS,
    id=WORDS,
)
OUTCOMES = st.sampled_from(
    [
        ((), (), ()),
        (("MOA", "", "", "MA01", "N1"), (), ("MA01", "N1")),
        (("MOA", ".5"), ("MIA", "0", "", "", "1", "MA15"), ("MA15",)),
    ]
)


@st.composite
def claims(draw: st.DrawFn) -> ClaimPayment:
    """Any claim that may be written."""
    outpatient, inpatient, remarks = draw(OUTCOMES)
    return ClaimPayment(
        control=draw(TEXT),
        status=draw(st.sampled_from(("1", "2", "4", "22"))),
        charge=draw(MONEY),
        paid=draw(MONEY),
        patient_responsibility=draw(st.one_of(st.none(), MONEY)),
        filing_indicator=draw(WORDS),
        payer_control=draw(WORDS),
        place_of_service=draw(WORDS),
        frequency=draw(WORDS),
        drg=draw(WORDS),
        group_number=draw(st.sampled_from(("1", "2"))),
        adjustments=draw(ADJUSTMENTS),
        names=draw(tuples(NAMES)),
        remarks=remarks,
        outpatient=outpatient,
        inpatient=inpatient,
        references=draw(REFERENCES),
        dates=draw(DATES),
        contacts=draw(CONTACTS),
        amounts=draw(AMOUNTS),
        quantities=draw(AMOUNTS),
        lines=draw(tuples(LINES)),
        other=draw(st.sampled_from([(), (("TS3", "1", "11"), ("K3", "X"))])),
    )


PARTIES = {
    role: st.builds(
        Organisation,
        role=st.just(role),
        name=TEXT,
        id_qualifier=WORDS,
        id=WORDS,
        address=st.one_of(
            st.none(),
            st.builds(Address, line1=TEXT, line2=WORDS, city=TEXT, state=WORDS, zip=WORDS),
        ),
        references=REFERENCES,
        contacts=CONTACTS,
    )
    for role in ("PR", "PE")
}


TAKEN = tuples(
    st.builds(
        ProviderAdjustment,
        provider=st.sampled_from(("1", "2")),
        fiscal_date=st.just("20261231"),
        reason=TEXT,
        reference=WORDS,
        amount=MONEY.filter(bool),
    ),
    9,
)


@st.composite
def payments(draw: st.DrawFn) -> Remittance:
    """Any remittance that may be written."""
    paid, date = draw(MONEY), draw(DAYS)
    taken = draw(TAKEN)
    bpr = ("BPR", "I", f"{paid:.2f}", "C", "CHK", *[""] * 11, f"{date:%Y%m%d}")
    return Remittance(
        header=RemittanceHeader(
            transaction=draw(st.sampled_from(("0001", "900000001"))),
            handling="I",
            paid=paid,
            credit_or_debit="C",
            method="CHK",
            payment=bpr,
            payment_date=date,
            trace=draw(TEXT),
            originator=draw(TEXT),
            originator_supplement=draw(WORDS),
            dates=draw(DATES),
            references=draw(REFERENCES),
            payer=draw(PARTIES["PR"]),
            payee=draw(PARTIES["PE"]),
            other=draw(st.sampled_from([(), (("CUR", "PR", "USD"), ("RDM", "BM", "X"))])),
        ),
        claims=tuple(draw(st.lists(claims(), max_size=2))),
        trailer=RemittanceTrailer(
            provider_adjustments=taken,
            other=draw(st.sampled_from([(), (("K3", "Z"),)])) if taken else (),
        ),
    )
