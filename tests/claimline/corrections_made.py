"""A billed visit, what the payer said of it, and the real commands on it, in one folder."""

import json
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pytest
from receive_made import x12

from claimline.__main__ import main

ROOT: Final = Path(__file__).resolve().parents[2]
PRACTICE: Final = ROOT / "fixtures" / "practice" / "practice.toml"
EXAMPLES: Final = ROOT / "fixtures" / "visits" / "examples" / "corrections"
PRICES: Final = {"97530": 75, "97110": 55, "97112": 58}  # of the practice file, for one unit
Json = Any


class Desk:
    """A ledger with one visit billed, and the commands a biller types."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str], ledger: str) -> None:
        self.folder = folder
        self.ledger = ledger
        self._capsys = capsys
        self._answers = 0

    def run(self, *arguments: object, shape: str = "json") -> tuple[int, str, str]:
        """Exit status, standard output, standard error."""
        self._capsys.readouterr()
        words = [str(word) for word in arguments]
        status = main([*words, "--ledger", self.ledger, "--format", shape])
        said = self._capsys.readouterr()
        return status, said.out, said.err

    def bill(self, name: str) -> Json:
        """Bill an example."""
        status, out, err = self.run(
            "bill", EXAMPLES / f"{name}.json", "--practice", PRACTICE, "--out", self.folder / "out"
        )
        assert status in (0, 1), err
        return json.loads(out)

    def answer(self, claim: str, *lines: str, **more: str) -> None:
        """Receive an answer; each line is ``CODE:MOD charge paid``, then its CAS and LQ."""
        self._answers += 1
        given = {"status": "1", "icn": f"A{self._answers}", "moa": "", "date": "20260401"} | more
        body = [segment for number, text in enumerate(lines, 1) for segment in _svc(number, text)]
        charge, paid = _totals(lines)
        head = f"CLP*{claim}*{given['status']}*{charge}*{paid}**12*{given['icn']}*11*1"
        segments = [head, *([given["moa"]] if given["moa"] else []), "DTM*232*20260310", *body]
        segments = [s.replace("{claim}", given.get("line_of", claim)) for s in segments]
        data = x12(_remit(segments, paid, self._answers, given["date"]), control=self._answers)
        path = self.folder / f"{self._answers}.835"
        path.write_bytes(data)
        status, _, err = self.run("receive", path)
        assert status in (0, 1), err

    def correct(self, *arguments: object, **more: str) -> tuple[int, Json]:
        """The answer of ``correct`` on a day soon after."""
        words = ["correct", *arguments, "--out", self.folder / "corrected"]
        status, out, err = self.run(*words, "--on", more.get("on", "2026-04-20"))
        assert out, err
        return status, json.loads(out)

    def mended(self, name: str) -> tuple[object, ...]:
        """The options that give a corrected example and the practice."""
        return ("--visits", EXAMPLES / f"{name}.json", "--practice", PRACTICE)

    def trace(self, word: str) -> list[Json]:
        """The claims an identifier leads to."""
        _, out, _ = self.run("trace", word, "--practice", PRACTICE)
        found: list[Json] = json.loads(out)["traces"][0]["claims"]
        return found

    def files(self) -> list[Path]:
        """What stands in the folder of corrections."""
        folder = self.folder / "corrected"
        return sorted(folder.iterdir()) if folder.exists() else []


def _svc(number: int, text: str) -> list[str]:
    procedure, charge, paid, *rest = text.split(" ", 3)
    tail = rest[0].split(" ~ ") if rest else []
    cas = [one for one in tail if not one.startswith("LQ")]
    remarks = [one for one in tail if one.startswith("LQ")]
    return [
        f"SVC*HC:{procedure}*{charge}*{paid}**{abs(int(charge)) // PRICES[procedure[:5]]}",
        *cas,
        f"REF*6R*{number:02d}{{claim}}",
        *remarks,
    ]


def _totals(lines: Sequence[str]) -> tuple[Decimal, Decimal]:
    parts = [line.split(" ", 3) for line in lines]
    charge = sum((Decimal(part[1]) for part in parts), Decimal(0))
    return charge, sum((Decimal(part[2]) for part in parts), Decimal(0))


def _remit(segments: Sequence[str], paid: Decimal, number: int, date: str) -> list[str]:
    way = f"BPR*I*{max(paid, Decimal(0))}*C*CHK************{date}"
    taken = [f"PLB*1555000102*20261231*WO:R{number}*{paid}"] if paid < 0 else []
    body = [
        way,
        f"TRN*1*T{number}*1512345678",
        "N1*PR*PAYER",
        "N1*PE*RIVERBEND THERAPY LLC*XX*1555000102",
        "LX*1",
        *segments,
        *taken,
    ]
    return ["ST*835*0001", *body, f"SE*{len(body) + 2}*0001"]
