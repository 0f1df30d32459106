"""Values to 835: what is legal reads back the same, what is not raises."""

import datetime as dt
from decimal import Decimal

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from remittances_made import payments
from test_x835 import CLP, HEAD, SVC, only
from x12read import remittances
from x12text import file_of

from edi.claim import Procedure, Reference
from edi.remittance import Adjustment, Remittance, ServicePayment
from edi.separators import Separators
from edi.writing import Envelope, WriteError
from edi.x835 import claim_segments, write_835

D = Decimal
ENVELOPE = Envelope(
    sender_qualifier="ZZ",
    sender_id="PAYER",
    receiver_qualifier="ZZ",
    receiver_id="CLINIC",
    group_sender="PAYER",
    group_receiver="CLINIC",
    created=dt.datetime(2026, 1, 5, 12, 0),  # noqa: DTZ001 - ISA has no time zone
    control=1,
    group_control=1,
    usage="T",
)


def unplaced(found: Remittance) -> Remittance:
    """Without positions, which a value that was never in a file does not have."""
    return attrs.evolve(
        found,
        claims=tuple(
            attrs.evolve(
                claim,
                position=0,
                lines=tuple(attrs.evolve(line, position=0) for line in claim.lines),
            )
            for claim in found.claims
        ),
    )


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    payments(),
    st.sampled_from(
        (Separators(), Separators(element="|", component=">", repetition="", terminator="\n"))
    ),
)
def test_what_is_written_reads_the_same(value: Remittance, marks: Separators) -> None:
    """Writing and reading a remittance gives the same values; only a payment below zero is told."""
    envelope = attrs.evolve(ENVELOPE, separators=marks, newline=False)
    (found,), problems = remittances([write_835(envelope, [value])])
    told = ["remit.negative-payment"] if value.header.paid < 0 else []
    assert [one.code for one in problems] == told
    assert unplaced(found) == value


GOOD = unplaced(
    remittances([file_of(HEAD + CLP + SVC + "CAS*CO*45*50~PLB*1*20261231*WO:R*10~")])[0][0]
)
ILLEGAL = {
    "CLP01": {"control": "X" * 39},
    "CLP02": {"status": ""},
    "CLP03": {"charge": D("1.005")},
    "CLP04": {"paid": D("NaN")},
    "CAS01": {"adjustments": (Adjustment(group="CR", reason="45", amount=D(1)),)},
    "CAS02": {"adjustments": (Adjustment(group="CO", reason="", amount=D(1)),)},
    "REF02": {"references": (Reference(qualifier="EA", value="A*B"),)},
    "MOA03": {"remarks": tuple("ABCDEF")},
    "MOA": {"outpatient": ("MOA", "", "", "N1"), "remarks": ("N2",)},
    "SVC01": {
        "lines": (
            ServicePayment(
                procedure=Procedure(code="97530", modifiers=tuple("ABCDE")), charge=D(1), paid=D(1)
            ),
        )
    },
}


@pytest.mark.parametrize("field", ILLEGAL)
def test_what_x12_forbids_is_not_written(field: str) -> None:
    """A claim that is not legal raises, naming the field."""
    claim = attrs.evolve(GOOD.claims[0], **ILLEGAL[field])
    with pytest.raises(WriteError) as caught:
        write_835(ENVELOPE, [attrs.evolve(GOOD, claims=(claim,))])
    assert caught.value.field == field


def test_headers_and_trailers_are_written_strictly() -> None:
    """No payer, no trace, a number twice, PLB of zero: each raises."""
    bare = attrs.evolve(GOOD.header, payer=None)
    untraced = attrs.evolve(GOOD.header, trace="")
    other = attrs.evolve(GOOD.header, paid=D(1))
    zero = attrs.evolve(GOOD.trailer.provider_adjustments[0], amount=D(0))
    bad = [
        [attrs.evolve(GOOD, header=bare)],
        [attrs.evolve(GOOD, header=untraced)],
        [attrs.evolve(GOOD, header=other)],
        [GOOD, GOOD],
        [attrs.evolve(GOOD, trailer=attrs.evolve(GOOD.trailer, provider_adjustments=(zero,)))],
    ]
    for remittance in bad:
        with pytest.raises(WriteError):
            write_835(ENVELOPE, remittance)
    assert b"CLP*A1*1*100*50*10" in write_835(ENVELOPE, [GOOD])


def test_a_header_is_written_from_its_fields() -> None:
    """Without a kept BPR, one is made."""
    header = attrs.evolve(GOOD.header, payment=())
    data = write_835(ENVELOPE, [attrs.evolve(GOOD, header=header)])
    assert b"BPR*I*95*C*ACH************20260112~" in data


def test_remark_codes_without_a_kept_moa_get_one() -> None:
    """A simulated payer gives remark codes; they come back as such."""
    claim = attrs.evolve(GOOD.claims[0], remarks=("MA130", "N1"))
    data = write_835(ENVELOPE, [attrs.evolve(GOOD, claims=(claim,))])
    assert b"MOA***MA130*N1~" in data
    assert remittances([data])[0][0].claims[0].remarks == ("MA130", "N1")


def test_claim_segments_are_those_of_the_file() -> None:
    """Reading a claim and taking it apart again gives the segments it came in."""
    body = (
        CLP
        + "CAS*OA*23*1~NM1*QC*1*DOE*JO*Q*MS*JR*MI*7~K3*X~"
        + SVC
        + "DTM*472*20260105~LQ*HE*N130~"
    )
    wanted = [tuple(text.split("*")) for text in body.rstrip("~").split("~")]
    assert claim_segments(only(body)) == wanted
