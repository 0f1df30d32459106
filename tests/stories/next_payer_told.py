"""A visit of a patient with several payers, told to the commands: billed, answered, billed on."""

import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

from short_stories import ROOT, Book, Json

PRACTICE: Final = str(ROOT / "fixtures" / "practice" / "secondary.toml")
VISITS: Final = ROOT / "fixtures" / "visits" / "examples" / "secondary" / "retiree.json"
PRIMARY: Final = """
CLP*{V}*1*75*27.14*6.92*MB*A1*11*1 ~ NM1*QC*1*EXAMPLE*ROBIN ~ DTM*232*20260310
SVC*HC:97530:GP*75*27.14**1 ~ CAS*CO*45*40.39**253*.55 ~ CAS*PR*2*6.92 ~ REF*6R*01{V}
"""
NAMES: Final = {
    "medicare": "MEDICARE PART B OHIO",
    "lakeshore": "LAKESHORE HEALTH PLAN",
    "medicaid": "BUCKEYE STATE MEDICAID",
    "hillside": "HILLSIDE MEDIGAP",
}
TWO_CODES: Final = [
    {"code": "97530", "therapist_minutes": 15},
    {"code": "97110", "therapist_minutes": 15},
]


class Story:
    """One visit with its coverages, billed to the first payer."""

    def __init__(self, book: Book, coverages: Sequence[Json], **more: Any) -> None:
        self.book = book
        visit = json.loads(VISITS.read_text(encoding="utf-8"))[0]
        visit |= {"coverages": list(coverages), "procedures": visit["procedures"][:1]} | more
        path = book.folder / "visits.json"
        path.write_text(json.dumps([visit]), encoding="utf-8")
        answer = book.run("bill", str(path), "--practice", PRACTICE, "--out", self.out)
        (claim,) = answer["claims"]
        self.first: str = claim["claim"]

    @property
    def out(self) -> str:
        """The outbox."""
        return str(self.book.folder / "outbox")

    def receive(
        self, text: str, *, payer: str = "medicare", day: str = "20260402", id: str = ""
    ) -> None:
        """One claim payment in a remittance of its own; ``id`` is the payer's, where it says it."""
        text = text.replace("{V}", self.first)
        segments = [s.strip() for line in text.strip().splitlines() for s in line.split("~")]
        amounts = (Decimal(s.split("*")[4]) for s in segments if s.startswith("CLP"))
        paid = max(sum(amounts, Decimal(0)), Decimal(0))
        path = self.book.folder / f"{payer}-{day}.835"
        told = [s for s in segments if s]
        path.write_text(_file(told, payer, day, f"{paid:.2f}", id), "ascii")
        self.book.run("receive", str(path))

    def listed(self, *options: str) -> Json:
        """What ``secondary list`` says of the claim."""
        states = [f"--state={s}" for s in ("ready", "waiting", "held", "sent", "done", "nothing")]
        rows = self.book.run("secondary", "list", "--practice", PRACTICE, *states, *options)
        assert len(rows) == 1
        return rows[0]

    def bill(self, *options: str) -> Json:
        """``secondary bill``."""
        return self.book.run(
            "secondary", "bill", "--practice", PRACTICE, "--out", self.out, *options
        )

    def books(self) -> Json:
        """The one line's books."""
        (answer,) = self.book.run("trace", self.first)["traces"]
        claim = next(c for c in answer["claims"] if c["claim"] == self.first)
        (line,) = claim["books"]
        return line

    def owes(self) -> Json:
        """What the patient owes for the claim."""
        (answer,) = self.book.run("owes", self.first)["owes"]
        return next(c for c in answer["claims"] if c["claim"] == self.first)


def _file(segments: Sequence[str], payer: str, day: str, paid: str, id: str) -> str:
    number = f"{sum(payer.encode()) + int(day):09d}"
    body = [
        "ST*835*0001",
        f"BPR*I*{paid}*C*CHK************{day}",
        f"TRN*1*T{payer}{day}*1{sum(payer.encode()):09d}",
        f"DTM*405*{day}",
        f"N1*PR*{NAMES[payer]}",
        *([f"REF*2U*{id}"] if id else []),
        "N1*PE*RIVERBEND THERAPY LLC*XX*1555000102",
        "LX*1",
        *segments,
    ]
    body.append(f"SE*{len(body) + 1}*0001")
    head = (
        (
            "ISA*00*          *00*          *ZZ*PAYER          *ZZ*RIVERBEND      *260401*1200*^"
            f"*00501*{number}*0*T*:"
        ),
        f"GS*HP*PAYER*RIVERBEND*20260401*1200*{int(number)}*X*005010X221A1",
    )
    tail = (f"GE*1*{int(number)}", f"IEA*1*{number}")
    return "~\n".join((*head, *body, *tail)) + "~\n"


MEDICARE: Final = {"payer": "medicare", "member_id": "1EG4TE5MK73"}
LAKESHORE: Final = {"payer": "lakeshore", "member_id": "LK7788110"}
HILLSIDE: Final = {"payer": "hillside", "member_id": "HM204466"}
MEDICAID: Final = {"payer": "medicaid", "member_id": "910002233445"}


def figures(line: Json) -> str:
    """The amounts of the books that are not 0."""
    names = ("paid", "contractual", "patient", "denied", "other", "open", "not_explained")
    return " ".join(f"{n} {line[n]}" for n in names if line[n] != "0.00")
