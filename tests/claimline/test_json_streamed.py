"""JSON whose items are written as they come is the JSON that is written at once."""

import datetime as dt
import io
import json
from decimal import Decimal
from typing import Any

import pytest

from claimline.render.json import plain, write_json
from claimline.render.values import Result

ITEMS: tuple[list[Any], ...] = (
    [],
    [{"claim": "A\nB", "why": ["x", {"y": Decimal("1.50")}], "none": None}],
    [{}, [], "é", dt.date(2026, 3, 1), {"a": {"b": []}}],
)


@pytest.mark.parametrize("items", ITEMS, ids=["nothing", "one", "several"])
def test_an_array_in_an_object_may_come_item_by_item(items: list[Any]) -> None:
    """The text is the same, whether a list or an iterator stands in the object."""
    beside = {"usage": "T", "states": [{"state": "paid", "claims": 2}], "notes": []}
    out = io.StringIO()
    write_json(Result(data={**beside, "claims": iter(items), "last": {}}), out)
    whole = {**beside, "claims": items, "last": {}}
    assert out.getvalue() == json.dumps(whole, indent=2, ensure_ascii=False, default=plain) + "\n"
