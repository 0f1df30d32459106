"""The page asks for work on refused claims that still wait for a person, not for a payer."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from command_line import Command
from proof_made import record
from receive_made import Line, clp, remit, sent, take, x12

from reconcile.ledger import open_ledger

ROOT = Path(__file__).resolve().parents[2]
FIRST, OTHER, NEW = "AAAAAAAAAA1", "BBBBBBBBBB1", "AAAAAAAAAA2"
REFUSED = Line(paid="0", cas=("CO*16*100",))


def notes(command: Command, folder: Path, url: str) -> list[dict[str, Any]]:
    """What the page says of denied claims."""
    text = (ROOT / "fixtures" / "night" / "night.toml").read_text(encoding="utf-8")
    text = re.sub(r'(?m)^ledger = ".*"', f'ledger = "{url}"', text)
    text = text.replace('"fixtures/', f'"{ROOT}/fixtures/')
    (folder / "night.toml").write_text(text, encoding="utf-8")
    words = ("night", "--config", str(folder / "night.toml"), "--only", "waiting")
    status, said, errors = command(*words, "--format", "json")
    assert status in {0, 1}, errors
    return [note for note in json.loads(said)["notes"] if note["kind"] == "claims.denied"]


@pytest.mark.parametrize("both", [True, False], ids=["one is left", "none is left"])
def test_a_claim_whose_correction_is_out_is_no_work(
    ledger_url: str, command: Command, tmp_path: Path, both: bool
) -> None:
    """It is counted apart, and where no other one is refused there is no note."""
    names = (FIRST, OTHER) if both else (FIRST,)
    with open_ledger(ledger_url) as ledger:
        record(ledger, *(sent(name, member=name) for name in names))
        answers = (clp(name, REFUSED, status="4", icn=f"I{name}") for name in names)
        take(ledger, x12(remit(*answers)))
    [before] = notes(command, tmp_path, ledger_url)
    assert (before["count"], before["ids"]) == (len(names), list(names))
    with open_ledger(ledger_url) as ledger:
        record(ledger, sent(NEW, family=FIRST, frequency="7", member=FIRST), control=7)
    found = notes(command, tmp_path, ledger_url)
    if not both:
        assert found == []
        return
    assert (found[0]["count"], found[0]["ids"], found[0]["money"]) == (1, [OTHER], "100.00")
    assert found[0]["what"] == "1 claim denied (1 more: a correction is on its way)"
