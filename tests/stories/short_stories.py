"""Short stories: a TOML file each, told through the real commands.

``[visit.V]`` is billed from a visit, ``[sent.V]`` adopted from an 837P made elsewhere. Each
``[[remit]]`` is one file, or one more ST of the file with that name; its text is segments from the
first CLP on, ``{V}`` the patient control number of V and ``{V.n}`` the control of its line n.
``[families.NAME]`` are keys of a policy for the payers of a family.
``[books]`` says where each line ends, amounts not named being 0.00; ``[[staff]]`` are the rows that
staff see, no more and no fewer.
"""

import datetime as dt
import itertools
import json
import re
import shutil
import tomllib
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from databases import NewUrl
from sqlalchemy import select

from claimline.__main__ import main
from reconcile.ledger import open_ledger, states
from reconcile.ledger.tables import sent_claim
from reconcile.lifecycle import history, state_of

ROOT = Path(__file__).resolve().parents[2]
PRACTICE = ROOT / "fixtures" / "practice" / "practice.toml"
PAYERS = tomllib.loads(PRACTICE.read_text(encoding="utf-8"))["payers"]
TREATING = {"PT": "okafor", "OT": "tanaka", "SLP": "moreau"}
FIGURES = (
    "paid", "contractual", "patient", "denied", "transferred", "other", "open", "not_explained",
    "patient_credit",
)  # fmt: skip
Json = Any


class Book:
    """One ledger in a folder of its own."""

    def __init__(
        self, folder: Path, capsys: pytest.CaptureFixture[str], places: NewUrl, url: str = ""
    ) -> None:
        self.folder = folder
        self.url = url or places()
        self._capsys = capsys
        self._places = places

    def run(self, *arguments: str) -> Json:
        """A command's JSON answer; exit statuses 0 and 1 are both "done"."""
        status = main([*arguments, "--ledger", self.url, "--format", "json"])
        captured = self._capsys.readouterr()
        assert status in (0, 1), captured.err
        return json.loads(captured.out)

    def copy(self, name: str) -> "Book":
        """The same ledger as it is now, to be told on in another order."""
        folder = self.folder.with_name(f"{self.folder.name}-{name}")
        shutil.copytree(self.folder, folder)
        return Book(folder, self._capsys, self._places, self._places.copy(self.url))


class Told:
    """A story with its claims sent."""

    def __init__(self, source: Path, book: Book) -> None:
        self.story = tomllib.loads(source.read_text(encoding="utf-8"))
        _with_defaults(self.story)
        self.book = book
        self.claims: dict[str, tuple[str, list[str]]] = {}
        visits = self.story.get("visit", {})
        if visits:
            self._bill([_visit(name, visit) for name, visit in visits.items()])
        for name, claim in self.story.get("sent", {}).items():
            self.claims[name] = (claim["control"], [line.split()[0] for line in claim["lines"]])
            if "after" not in claim:
                self._adopt(name, claim, book)

    def _bill(self, visits: list[Json]) -> None:
        path = self.book.folder / "visits.json"
        path.write_text(json.dumps(visits), encoding="utf-8")
        out = str(self.book.folder / "outbox")
        answer = self.book.run("bill", str(path), "--practice", self._practice(), "--out", out)
        assert answer["held"] == [], answer["held"]
        for claim in answer["claims"]:
            lines = [line["line"] for line in claim["lines"]]
            self.claims[claim["visits"][0]] = (claim["claim"], lines)

    def _practice(self) -> str:
        """The practice file, with what the story's payers want besides: ``[families.NAME]``."""
        families = self.story.get("families", {})
        if not families:
            return str(PRACTICE)
        text = PRACTICE.read_text(encoding="utf-8")
        for name, keys in families.items():
            text += f"\n[[families.{name}]]\n"
            text += "".join(f"{key} = {json.dumps(value)}\n" for key, value in keys.items())
        path = self.book.folder / "practice.toml"
        path.write_text(text, encoding="utf-8")
        return str(path)

    def _adopt(self, name: str, claim: Json, book: Book) -> None:
        path = book.folder / f"{name}.837"
        path.write_text(_sent(claim, name), encoding="ascii")
        book.run("receive", str(path))

    def files(self) -> list[tuple[str, str]]:
        """Name and text of each remittance file."""
        groups: dict[str, list[Json]] = {}
        for remit in self.story["remit"]:
            groups.setdefault(remit["file"], []).append(remit)
        return [(name, self._file(name, remits)) for name, remits in groups.items()]

    def _file(self, name: str, remits: Sequence[Json]) -> str:
        sets = [self._set(number, remit) for number, remit in enumerate(remits, 1)]
        body = [segment for one in sets for segment in one]
        return _envelope(body, "HP", "005010X221A1", name, count=len(sets))

    def _set(self, number: int, remit: Json) -> list[str]:
        text = re.sub(r"\{(\w+)(?:\.(\d+))?\}", self._number, remit["text"])
        segments = [s for s in re.split(r"\s*[~\n]\s*", text.strip()) if s]
        paid = remit.get("paid") or str(_total(segments))
        day = str(remit["date"]).replace("-", "")
        payer = PAYERS.get(remit["payer"])
        head = [
            f"BPR*I*{paid}*C*{remit.get('method', 'CHK')}************{day}",
            f"TRN*1*{remit['trace']}*1{sum(remit['payer'].encode()):09d}",
            f"DTM*405*{day}",
            f"N1*PR*{payer['name'] if payer else remit['payer']}{_payer_id(remit)}",
            "N1*PE*RIVERBEND THERAPY LLC*XX*1555000102",
            "LX*1",
        ]
        control = f"{number:04d}"
        whole = [f"ST*835*{control}", *head, *segments]
        end = [] if remit.get("cut") else [f"SE*{len(whole) + 1}*{control}"]
        return [*whole, *end]

    def _number(self, found: re.Match[str]) -> str:
        claim, lines = self.claims[found[1]]
        return lines[int(found[2]) - 1] if found[2] else claim

    def orders(self, most: int) -> Iterator[tuple[int, ...]]:
        """Orders in which the files may come: the first one, and others up to that many."""
        count = len({remit["file"] for remit in self.story["remit"]})
        found = itertools.permutations(range(count))
        return itertools.islice(found, most if self.story.get("any_order", True) else 1)

    def receive(self, order: Sequence[int], book: Book) -> None:
        """Receive the files in that order; in the first one again: that must change nothing."""
        files = self.files()
        again = order if list(order) == sorted(order) else ()
        for place in (*order, *again):
            name, text = files[place]
            path = book.folder / f"{name}.835"
            path.write_text(text, encoding="ascii")
            book.run("receive", str(path))
            for later, claim in self.story.get("sent", {}).items():
                if claim.get("after") == name:
                    self._adopt(later, claim, book)

    def seen(self, book: Book) -> tuple[dict[str, str], dict[str, list[str]]]:
        """The books of every line in words, and the flags of those that have any."""
        books, flags = {}, {}
        for name, (control, lines) in self.claims.items():
            answer = book.run("trace", control, "--practice", self._practice())
            told = self.story.get("sent", {}).get(name) or self.story["visit"][name]
            wanted = (control, told.get("frequency", "1"), told["date"].isoformat())
            claim = next(
                c
                for c in answer["traces"][0]["claims"]
                if (c["claim"], c["frequency"], c["date"]) == wanted
            )
            for number, line in enumerate(claim["books"], 1):
                books[f"{name}.{number}"] = _words(line)
                assert _closes(line), line
                assert line["line"] == lines[number - 1]
                if line["flags"]:
                    flags[f"{name}.{number}"] = line["flags"]
        return books, flags

    def lives(self, book: Book) -> dict[str, list[tuple[str, ...]]]:
        """What happened to each claim, in its order, which ends where its kept state says."""
        found = {}
        with open_ledger(book.url) as ledger, ledger.reading() as c:
            rows = c.execute(select(sent_claim.c.id, sent_claim.c.control)).fetchall()
            kept = states.read(c, [row.id for row in rows])
            for row in rows:
                events = states.events(c, row.id)
                stand = kept[row.id]
                made = state_of(events, open=stand.open)
                assert made == stand or stand.event == "taken back", row.control
                found[f"{row.control} {row.id}"] = [
                    (one.event.kind, one.state, one.event.date) for one in history(events)
                ]
        return found

    def staff(self, book: Book) -> list[Json]:
        """The rows that staff see."""
        rows: list[Json] = book.run("denials", "--practice", self._practice())
        return rows


def _with_defaults(story: Json) -> None:
    """What a story need not say: its payer, the days, one file with one payment."""
    usual = {"payer": story.get("payer", "lakeshore")}
    for claim in (*story.get("visit", {}).values(), *story.get("sent", {}).values()):
        claim.update(usual | {"date": dt.date(2026, 3, 10)} | claim)
    for remit in story["remit"]:
        remit.update(usual | {"file": "a", "date": dt.date(2026, 4, 2)} | remit)
        remit.setdefault("trace", f"T{remit['file']}")


def _payer_id(remit: Json) -> str:
    """N103 and N104, where the payer names itself by an id."""
    return f"*XV*{remit['payer_id']}" if "payer_id" in remit else ""


def _words(line: Json) -> str:
    said = [f"{name} {line[name]}" for name in FIGURES if line[name] != "0.00"]
    return " ".join([line["status"], *said])


def _closes(line: Json) -> bool:
    parts = (Decimal(line[n]) for n in FIGURES if n != "patient_credit")
    return Decimal(line["charge"]) == sum(parts)


def _total(segments: Sequence[str]) -> Decimal:
    """BPR02: the claims' payments minus the provider adjustments."""
    total = Decimal(0)
    for segment in segments:
        parts = segment.split("*")
        if parts[0] == "CLP":
            total += Decimal(parts[4])
        elif parts[0] == "PLB":
            total -= sum((Decimal(amount) for amount in parts[4::2]), Decimal(0))
    return total


def _visit(name: str, told: Json) -> Json:
    """A visit: each line is ``code units charge-per-unit [modifiers]``."""
    hour = {"PT": 9, "OT": 13, "SLP": 16}[told.get("discipline", "PT")]  # none at the same time
    clock = dt.datetime.combine(told["date"], dt.time(hour))
    procedures = []
    for text in told["lines"]:
        code, units, charge, *modifiers = text.split()
        end = clock + dt.timedelta(minutes=15 * int(units))
        block = {"start": f"{clock:%H:%M}", "end": f"{end:%H:%M}"}
        procedures.append(
            {"code": code, "therapist_minutes": 15 * int(units), "charge": charge}
            | {"blocks": [block], "modifiers": modifiers}
        )
        clock = end
    discipline = told.get("discipline", "PT")
    number = told.get("patient", name)
    made = {
        "visit_id": name,
        "location": "main",
        "discipline": discipline,
        "treating_clinician": TREATING[discipline],
        "referring": {"key": "hale"},
        "date": told["date"].isoformat(),
        "patient": _PATIENT | {"id": number},
        "coverages": [{"payer": told["payer"], "member_id": told.get("member", "MEM445566")}],
        "diagnoses": ["M54.50"],
        "amount_collected": told.get("collected"),
        "procedures": procedures,
    }
    if "auth" in told:
        made["authorizations"] = [{"number": told["auth"]}]
    return made


_PATIENT = {
    "last_name": "Example",
    "first_name": "Robin",
    "birth_date": "1971-04-12",
    "gender": "F",
    "address": {"line1": "4 OAK CT", "city": "COLUMBUS", "state": "OH", "zip": "43215"},
}


def _sent(claim: Json, name: str) -> str:
    """An 837P of one claim; each line is ``control code[:modifiers] units charge``."""
    day = str(claim["date"]).replace("-", "")
    payer = PAYERS[claim["payer"]]
    lines = [text.split() for text in claim["lines"]]
    charge = sum(Decimal(line[3]) for line in lines)
    kept = [f"REF*{r}" for r in claim.get("references", [])]
    rank = claim.get("rank", "P")
    body = [
        "ST*837*0001*005010X222A1",
        f"BHT*0019*00*{claim['control']}*{day}*1200*CH",
        "NM1*41*2*OLDER SYSTEM*****46*OLD1",
        "PER*IC*DESK*TE*6145550142",
        "NM1*40*2*RELAY*****46*RELAY",
        "HL*1**20*1",
        "NM1*85*2*RIVERBEND THERAPY LLC*****XX*1555000102",
        "N3*100 RIVER RD",
        "N4*COLUMBUS*OH*432151234",
        "REF*EI*311234567",
        "HL*2*1*22*0",
        f"SBR*{rank}*18*******{payer['filing_indicator']}",
        f"NM1*IL*1*EXAMPLE*ROBIN****MI*{claim.get('member', 'MEM445566')}",
        "N3*4 OAK CT",
        "N4*COLUMBUS*OH*43215",
        "DMG*D8*19710412*F",
        f"NM1*PR*2*{payer['name']}*****PI*{payer['id']}",
        f"CLM*{claim['control']}*{charge}***11:B:{claim.get('frequency', '1')}*Y*A*Y*Y",
        *([f"AMT*F5*{claim['collected']}"] if "collected" in claim else []),
        *kept,
        "HI*ABK:M5450",
    ]
    for number, (control, procedure, units, amount) in enumerate(lines, 1):
        body += [
            f"LX*{number}",
            f"SV1*HC:{procedure}*{amount}*UN*{units}***1",
            f"DTP*472*D8*{day}",
            *([] if control.startswith("#") else [f"REF*6R*{control}"]),
        ]
    body.append(f"SE*{len(body) + 1}*0001")
    return _envelope(body, "HC", "005010X222A1", name)


def _envelope(body: Sequence[str], kind: str, version: str, name: str, count: int = 1) -> str:
    control = f"{sum(n * byte for n, byte in enumerate(name.encode(), 1)):09d}"
    head = (
        "ISA*00*          *00*          *ZZ*PAYER          *ZZ*RIVERBEND      *260401*1200*^"
        f"*00501*{control}*0*T*:"
    )
    group = f"GS*{kind}*PAYER*RIVERBEND*20260401*1200*{int(control)}*X*{version}"
    tail = (f"GE*{count}*{int(control)}", f"IEA*1*{control}")
    return "~\n".join((head, group, *body, *tail)) + "~\n"
