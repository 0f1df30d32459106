"""The JSON that other programs rely on: every documented field, amounts and units as strings."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from job_done import Job

MONEY = {"type": "string", "pattern": r"^-?\d+\.\d\d$"}
UNITS = {"type": ["string", "null"], "pattern": r"^-?\d+(\.\d+)?$"}
DAY = {"type": ["string", "null"], "pattern": r"^\d{4}-\d\d-\d\d$"}
TEXT = {"type": "string"}
NAMED = {"type": "string", "minLength": 1}
MAYBE = {"type": ["string", "null"]}
NUMBER = {"type": "integer", "minimum": 0}
TEXTS = {"type": "array", "items": TEXT}


def thing(**fields: Any) -> dict[str, Any]:
    """An object in which all these fields must be; others may."""
    return {"type": "object", "properties": fields, "required": list(fields)}


def many(items: dict[str, Any]) -> dict[str, Any]:
    """A list of these."""
    return {"type": "array", "items": items}


ADJUSTMENTS = many(thing(group=NAMED, reason=NAMED, amount=MONEY, units=UNITS))
PROBLEM = thing(
    code=NAMED, standard=TEXT, level={"enum": ["error", "warning"]}, interchange=NUMBER,
    group=NUMBER, transaction=TEXT, segment=NUMBER, line=NUMBER, loop=TEXT, element=TEXT,
    message=NAMED,
)  # fmt: skip
DENIAL = thing(
    claim=NAMED, line=MAYBE, payer=TEXT, code=TEXT, modifiers=TEXTS, date=DAY, units=UNITS,
    billed=MONEY, paid=MONEY, status={"enum": ["denied", "reduced", "reversed", "unmatched"]},
    adjustments=ADJUSTMENTS, remarks=TEXTS, category=NAMED, cause=TEXT, next_step=NAMED,
    never=TEXTS, deadline=DAY, confidence=NAMED, matched_by=MAYBE, trace=MAYBE,
)  # fmt: skip
PAID_LINE = thing(
    code=TEXT, modifiers=TEXTS, date=DAY, charge=MONEY, paid=MONEY, units=UNITS, control=TEXT,
    adjustments=ADJUSTMENTS, remarks=TEXTS,
)  # fmt: skip
PAID_CLAIM = thing(
    claim=NAMED, status=NAMED, charge=MONEY, paid=MONEY, patient={**MONEY, "type": MAYBE["type"]},
    payer_claim=TEXT, remarks=TEXTS, adjustments=ADJUSTMENTS, lines=many(PAID_LINE),
)  # fmt: skip
REMITTANCE = thing(
    trace=NAMED, payer=TEXT, paid=MONEY, balanced={"type": "boolean"}, differences=many(thing()),
    claims=many(PAID_CLAIM), provider_adjustments=many(thing(reference=TEXT, amount=MONEY)),
)  # fmt: skip
ACKNOWLEDGED = thing(
    level=NAMED, what=NAMED, number=TEXT, verdict=NAMED, means=NAMED, claim=TEXT, batch=TEXT,
    date=DAY, amount={**MONEY, "type": MAYBE["type"]}, segment=NUMBER, text={"const": ""},
    statuses=many(thing(list=NAMED, code=NAMED, means=NAMED, todo=TEXT)),
)  # fmt: skip
ACKNOWLEDGEMENT = thing(
    kind=NAMED, source=NAMED, source_name=TEXT, source_id=TEXT, control=TEXT, reference=TEXT,
    date=DAY, complete={"type": "boolean"}, things=many(ACKNOWLEDGED),
)  # fmt: skip
BOOK = thing(line=NAMED, status=NAMED, charge=MONEY, paid=MONEY, denied=MONEY, open=MONEY)
STORY = thing(
    claim=NAMED, family=NAMED, date=DAY, charge=MONEY, books=many(BOOK), next=many(DENIAL),
    sent=thing(file=NAMED, lines=many(thing(line=NAMED, code=NAMED, units=UNITS, charge=MONEY))),
    received=many(thing(trace=TEXT, paid=MONEY, lines=many(thing(line=NAMED, paid=MONEY)))),
    neighbours=many(thing(claim=NAMED, line=NAMED, units=UNITS, charge=MONEY)),
)  # fmt: skip
PAYMENT = thing(
    transaction=NAMED, trace=NAMED, payer=TEXT, date=DAY, paid=MONEY, state=NAMED, claims=NUMBER,
    posted=NUMBER, known=NUMBER, unmatched=NUMBER, provider_adjusted=MONEY,
)  # fmt: skip
UNITS_OF = {"type": "object", "additionalProperties": {"type": "integer"}}
SHAPES = {
    "units 97530=24 97112=23": thing(
        rule={"const": "cms"}, total_minutes={"const": 47}, units=UNITS_OF, because=TEXTS
    ),
    "check {inbox}": thing(
        files=many(
            thing(
                file=NAMED,
                transactions=many(thing(type=NAMED, control=NAMED)),
                problems=many(PROBLEM),
            )
        )
    ),
    "read {inbox}": thing(remittances=many(REMITTANCE)),
    "read fixtures/x12/277ca/pass/accepted_and_rejected.edi": thing(
        acknowledgements=many(ACKNOWLEDGEMENT)
    ),
    "denials": many(DENIAL),
    "denials --code 99999": {"type": "array", "maxItems": 0},
    "trace {claim}": thing(
        traces=many(thing(found_by=NAMED, claims=many(STORY), held=TEXTS, unmatched=many(DENIAL)))
    ),
    "trace NOSUCH": thing(
        traces=many(thing(found_by=MAYBE, claims={"type": "array", "maxItems": 0}))
    ),
    "receive {inbox}": thing(
        files=many(thing(file=NAMED, state=NAMED, payments=many(PAYMENT), problems=many(PROBLEM)))
    ),
    "explain CO-97 NOSUCH": thing(
        codes=many(thing(code=NAMED, kind=NAMED, meaning=NAMED, known={"type": "boolean"}))
    ),
    "practice check fixtures/practice/practice.toml": thing(file=NAMED, problems=many(PROBLEM)),
    "held list": many(thing(id=NAMED, state=NAMED, visits=TEXTS, reasons=many(thing(code=NAMED)))),
    "ledger status": thing(place=NAMED, schema=NAMED, books=many(thing(usage=NAMED))),
    "sandbox --list": many(thing(name=NAMED, about=NAMED)),
}


@pytest.mark.parametrize("line", SHAPES)
def test_json_has_the_documented_shape(
    command: Any, job: Job, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    """Every documented field is there with its kind, in every row, also where the list is empty."""
    monkeypatch.setenv("CLAIMLINE_LEDGER", job.ledger)
    monkeypatch.chdir(Path(__file__).resolve().parents[2])
    denied = json.loads(command("denials", "--format", "json")[1])
    inbox = [str(path) for path in sorted((job / "inbox").iterdir())]
    claim = next(row["claim"] for row in denied if row["status"] == "denied")
    words = [part for word in line.split() for part in (inbox if word == "{inbox}" else [word])]
    _, out, _ = command(*(word.format(claim=claim) for word in words), "--format", "json")
    told = json.loads(out)
    jsonschema.validate(told, SHAPES[line])
    assert not list(_floats(told))


def _floats(value: Any) -> list[float]:
    """Every number with a fraction in it: there must be none."""
    if isinstance(value, dict):
        return [found for each in value.values() for found in _floats(each)]
    if isinstance(value, list):
        return [found for each in value for found in _floats(each)]
    return [value] if isinstance(value, float) else []


@pytest.mark.parametrize("name", ["denials", "check", "read", "receive", "trace"])
def test_the_shape_refuses_what_lacks_a_field(name: str) -> None:
    """The schemas of this test are no rubber stamps: an empty object does not pass."""
    schema = next(shape for line, shape in SHAPES.items() if line.startswith(name))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate([{}] if schema["type"] == "array" else {}, schema)
