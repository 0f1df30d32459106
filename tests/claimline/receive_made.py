"""Small remittances and claims for the tests of receiving: only what matters is said."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal

from attrs import frozen
from databases import NewUrl

from claimline.services.receive import receive_file
from claimline.services.receive_values import FileResult
from reconcile.ledger import Ledger, Run, SentFile, SentRecord, open_ledger
from reconcile.values import SentClaim, SentLine

NOW = dt.datetime(2026, 3, 1, 8, tzinfo=dt.UTC)
RUN = Run(command="receive", version="test", started=NOW, user="tester")
DAY = dt.date(2026, 1, 5)


@frozen(kw_only=True)
class Line:
    """One line: sent and paid. ``cas`` is ``CO*45*25`` and the like."""

    code: str = "97530"
    charge: str = "100"
    paid: str = "75"
    cas: tuple[str, ...] = ("CO*45*25",)
    control: str | None = None  # None: as sent; empty: not returned


def sent(
    control: str,
    *lines: Line,
    family: str = "",
    frequency: str = "1",
    member: str = "W1",
    day: dt.date = DAY,
) -> SentRecord:
    """A sent claim of these lines."""
    made = tuple(
        SentLine(
            control=f"{number:02d}{control}",
            number=number,
            code=line.code,
            modifiers=("GP",),
            charge=Decimal(line.charge),
            units=Decimal(1),
            date=day,
            until=day,
        )
        for number, line in enumerate(lines or (Line(),), 1)
    )
    return SentRecord(
        claim=SentClaim(
            control=control,
            family=family or control,
            frequency=frequency,
            payer="aetna",
            payer_id="60054",
            member_id=member,
            patient=f"patient of {member}",
            charge=sum((line.charge for line in made), Decimal(0)),
            date=day,
            until=day,
            lines=made,
        ),
        transaction="0001",
        visits=((f"visit {control}", "d" * 64),),
    )


def record(ledger: Ledger, *records: SentRecord, usage: str = "T", control: int = 0) -> None:
    """Record claims as sent in one file."""
    number = control or abs(hash(tuple(r.claim.control for r in records))) % 10**9
    made = SentFile(
        data=x12(usage=usage, control=number, group="HC"),
        name=f"{number}.837",
        usage=usage,  # type: ignore[arg-type]  # T or P
        sender="US",
        receiver="THEM",
        interchange_control=number,
    )
    with ledger.begin(RUN) as writer:
        writer.record_sent(made, records)


def clp(
    control: str,
    *lines: Line,
    status: str = "1",
    icn: str = "ICN1",
    sign: int = 1,
    charge: str = "",
    paid: str = "",
    extra: Sequence[str] = (),
    day: dt.date = DAY,
) -> list[str]:
    """One claim payment; amounts are added up from the lines, times ``sign``."""
    lines = lines or (Line(),)
    charged = charge or str(sign * sum(Decimal(line.charge) for line in lines))
    got = paid or str(sign * sum(Decimal(line.paid) for line in lines))
    found = [f"CLP*{control}*{status}*{charged}*{got}**12*{icn}", *extra]
    for number, line in enumerate(lines, 1):
        svc = f"SVC*HC:{line.code}:GP*{sign * Decimal(line.charge)}*{sign * Decimal(line.paid)}**1"
        found += [svc, f"DTM*472*{day:%Y%m%d}"]
        for cas in line.cas:
            group, reason, amount = cas.split("*")
            found.append(f"CAS*{group}*{reason}*{sign * Decimal(amount)}")
        returned = f"{number:02d}{control}" if line.control is None else line.control
        found += [f"REF*6R*{returned}"] if returned else []
    return found


def remit(
    *claims: list[str],
    trace: str = "EFT1",
    paid: str = "",
    date: str = "20260220",
    plb: Sequence[str] = (),
    method: str = "ACH",
    st: str = "0001",
    se: str = "",
) -> list[str]:
    """One 835 transaction; BPR02 is what the claims and PLBs come to, unless said."""
    total = sum(Decimal(claim[0].split("*")[4]) for claim in claims)
    total -= sum(Decimal(one.rsplit("*", 1)[1]) for one in plb)
    body = [
        f"BPR*I*{paid or total}*C*{method}************{date}",
        f"TRN*1*{trace}*1512345678",
        "N1*PR*AETNA*XV*60054",
        "N1*PE*EXAMPLE THERAPY*XX*1234567893",
        "LX*1",
        *(segment for claim in claims for segment in claim),
        *plb,
    ]
    return [f"ST*835*{st}", *body, se or f"SE*{len(body) + 2}*{st}"]


def x12(
    *transactions: list[str],
    usage: str = "T",
    control: int = 1,
    group: str = "HP",
    version: str = "005010X221A1",
    marks: str = "*:~",
) -> bytes:
    """A whole file of these transactions."""
    element, component, terminator = marks
    isa = (
        f"ISA*00*          *00*          *ZZ*PAYER          *ZZ*CLINIC         "
        f"*260220*0800*^*00501*{control:09d}*0*{usage}*:"
    )
    segments = [isa, f"GS*{group}*PAYER*CLINIC*20260220*0800*{control}*X*{version}"]
    for one in transactions:
        segments += one
    segments += [f"GE*{len(transactions)}*{control}", f"IEA*1*{control:09d}"]
    text = "~\n".join([*segments, ""])
    table = str.maketrans({"*": element, ":": component, "~": terminator})
    return text.translate(table).encode()


def take(ledger: Ledger, data: bytes, name: str = "era.835", run: Run = RUN) -> FileResult:
    """Receive one file."""
    return receive_file(ledger, run, name, lambda: [data])


def new_ledger(url: NewUrl) -> Ledger:
    """An empty ledger in the kind of database the test runs on."""
    return open_ledger(url())


def books(ledger: Ledger, usage: str = "T") -> list[tuple[object, ...]]:
    """All that stands in the books, in an order that tells nothing of the order of receipt."""
    found: list[tuple[object, ...]] = []
    for one in ledger.received(usage=usage):  # type: ignore[arg-type]  # T or P
        for answer in one.adjudications:
            found.append((one.claim.control, answer.id, answer.method, answer.payer, answer.paid))
            found += [
                (one.claim.control, answer.id, share.line, share.method, str(share.paid),
                 tuple((a.group, a.reason, str(a.amount)) for a in share.adjustments))
                for share in answer.lines
            ]  # fmt: skip
    for left in ledger.unposted(usage=usage, states=("unmatched", "aside", "not posted")):  # type: ignore[arg-type]  # T or P
        found.append((left.state, left.id, left.match.why, left.match.candidates))
    return sorted(found, key=repr)


def states(ledger: Ledger, usage: str = "T") -> dict[str, int]:
    """How many claim payments are in which state."""
    return dict(next(b.claim_payments for b in ledger.status().books if b.usage == usage))
