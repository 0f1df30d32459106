"""Small acknowledgements for the tests: only what matters is said."""

from receive_made import RUN, record, sent, take

from claimline.services.receive_values import FileResult
from reconcile.ledger import Ledger


def interchange(
    *transactions: list[str],
    sender: str = "THEM",
    receiver: str = "US",
    usage: str = "T",
    control: int = 900,
    before: tuple[str, ...] = (),
    after: tuple[str, ...] = (),
    group: str = "FA",
    version: str = "005010X231A1",
    day: str = "260303",
) -> bytes:
    """A file with TA1 segments before the group, transactions, and TA1 segments after it."""
    isa = (
        f"ISA*00*          *00*          *ZZ*{sender:<15}*ZZ*{receiver:<15}"
        f"*{day}*0800*^*00501*{control:09d}*0*{usage}*:"
    )
    groups: list[str] = []
    if transactions:
        groups.append(f"GS*{group}*{sender}*{receiver}*20{day}*0800*{control}*X*{version}")
        groups += [segment for one in transactions for segment in one]
        groups.append(f"GE*{len(transactions)}*{control}")
    whole = [isa, *before, *groups, *after, f"IEA*{int(bool(groups))}*{control:09d}", ""]
    return "~\n".join(whole).encode()


def a999(control: int, *sets: list[str], group: str = "A", st: str = "0001") -> list[str]:
    """A 999 of our group ``control``; ``sets`` are AK2 loops."""
    body = [
        f"AK1*HC*{control}*005010X222A1",
        *(segment for one in sets for segment in one),
        f"AK9*{group}*{len(sets) or 1}*{len(sets) or 1}*1",
    ]
    return [f"ST*999*{st}*005010X231A1", *body, f"SE*{len(body) + 2}*{st}"]


def ak2(transaction: str, code: str = "A", *notes: str) -> list[str]:
    """What a 999 says of one transaction."""
    return [f"AK2*837*{transaction}*005010X222A1", *notes, f"IK5*{code}"]


def claim_said(number: str, stc: str, *more: str) -> list[str]:
    """What a 277CA says of one claim."""
    return ["HL*4*3*PT", "NM1*QC*1*DOE*JANE****MI*M1", f"TRN*2*{number}", f"STC*{stc}", *more]


def a277ca(
    *claims: list[str],
    batch: str = "BATCH",
    source: str = "PR",
    name: str = "EXAMPLE PAYER",
    batch_stc: str = "A1:20*20260303*WQ*100",
    st: str = "0001",
    reference: str = "REF1",
    more: tuple[str, ...] = (),
) -> list[str]:
    """A 277CA of a payer (PR) or clearinghouse (AY)."""
    body = [
        f"BHT*0085*08*{reference}*20260303*0800*TH",
        "HL*1**20*1",
        f"NM1*{source}*2*{name}*****PI*12345",
        "TRN*1*T1",
        "HL*2*1*21*1",
        "NM1*41*2*CLINIC*****46*US",
        f"TRN*2*{batch}",
        f"STC*{batch_stc}",
        *more,
        *(["HL*3*2*19*1", "NM1*85*2*CLINIC*****XX*1555000102"] if claims else []),
        *(segment for one in claims for segment in one),
    ]
    return [f"ST*277*{st}*005010X214", *body, f"SE*{len(body) + 2}*{st}"]


def take_277ca(ledger: Ledger, *transactions: list[str], **more: object) -> FileResult:
    """Receive a file of 277CAs."""
    data = interchange(*transactions, group="HN", version="005010X214", **more)  # type: ignore[arg-type]  # as named
    return take(ledger, data, name="status.277")


__all__ = ["RUN", "a277ca", "a999", "ak2", "claim_said", "interchange", "record", "sent", "take"]
