"""A small ledger with a bit of everything, its files real enough to be read again."""

from decimal import Decimal

from receive_made import RUN, Line, clp, remit, sent, take, x12

from reconcile.ledger import Ledger, SentFile, SentRecord

PAID, BACK, MOVED, OPEN, NOBODY = (
    "AAAAAAAAAA1",
    "BBBBBBBBBB2",
    "CCCCCCCCCC3",
    "DDDDDDDDDD4",
    "ZZZ99",
)


def bytes_of(*records: SentRecord, usage: str = "T", control: int = 1) -> bytes:
    """An 837P of these claims: what of it holds money."""
    body = ["BHT*0019*00*1*20260105*0800*CH"]
    for record in records:
        claim = record.claim
        body.append(f"CLM*{claim.control}*{claim.charge}***11:B:{claim.frequency}*Y*A*Y*Y")
        if claim.collected:
            body.append(f"AMT*F5*{claim.collected}")
        for line in claim.lines:
            body += [f"LX*{line.number}", f"SV1*HC:{line.code}:GP*{line.charge}*UN*1***1"]
            body += [f"DTP*472*D8*{line.date:%Y%m%d}", f"REF*6R*{line.control}"]
    whole = ["ST*837*0001*005010X222A1", *body, f"SE*{len(body) + 2}*0001"]
    return x12(whole, usage=usage, control=control, group="HC", version="005010X222A1")


def record(ledger: Ledger, *records: SentRecord, usage: str = "T", control: int = 1) -> str:
    """Record claims as sent, with the bytes that say so; gives the digest of the file."""
    made = SentFile(
        data=bytes_of(*records, usage=usage, control=control),
        name=f"{control}.837",
        usage=usage,  # type: ignore[arg-type]  # T or P
        sender="US",
        receiver="THEM",
        interchange_control=control,
    )
    with ledger.begin(RUN) as writer:
        return writer.record_sent(made, records).digest


def moved() -> list[str]:
    """A bundled claim: the second line is paid in place of the first (RFI 2320, 2551)."""
    return [
        f"CLP*{MOVED}*1*150*100**12*ICN3",
        "SVC*HC:97530:GP*100*0**0*HC:97530:GP", "DTM*472*20260105", "CAS*CO*97*100",
        f"REF*6R*01{MOVED}",
        "SVC*HC:97530:GP*50*100**1*HC:97140:GP", "DTM*472*20260105",
        "CAS*OA*94*-100", "CAS*CO*45*50", f"REF*6R*02{MOVED}",
    ]  # fmt: skip


def fill(ledger: Ledger) -> None:
    """Claims paid, taken back and decided anew, bundled, not answered; one of nobody; PLBs."""
    record(
        ledger,
        sent(PAID, Line(), Line(code="97110")),
        sent(BACK),
        sent(MOVED, Line(), Line(code="97140", charge="50")),
        sent(OPEN, Line(), Line(code="97110")),
    )
    take(
        ledger,
        x12(
            remit(
                clp(PAID, Line(), Line(code="97110", paid="0", cas=("PR*1*100",)), icn="ICN1"),
                clp(BACK, icn="ICN2"),
                moved(),
                clp(NOBODY, icn="ICN9"),
                plb=["PLB*1234567893*20261231*L6*-1.25"],
            )
        ),
        "first.835",
    )
    denied = Line(paid="0", cas=("CO*97*100",))
    take(
        ledger,
        x12(
            remit(
                clp(BACK, status="22", icn="ICN2", sign=-1),
                clp(BACK, denied, icn="ICN2A"),
                trace="EFT2",
                date="20260301",
                paid="0",
                plb=["PLB*1234567893*20261231*FB:EFT2*-75"],
            ),
            control=2,
        ),
        "second.835",
    )


def unbalanced(control: str = OPEN, off: str = "5") -> list[str]:
    """An answer whose own figures leave some dollars open."""
    paid = str(Decimal(75) - Decimal(off))
    return clp(control, Line(paid=paid), Line(code="97110"), icn="ICN4")
