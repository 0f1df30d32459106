"""pyx12's validator as second opinion: a file in, what it holds against it out."""

import io
import json
import logging
from functools import cache
from typing import Any

import pytest
import pyx12.map_if
import pyx12.params
import pyx12.x12n_document

logging.getLogger("pyx12").setLevel(logging.CRITICAL + 1)
_load = pyx12.map_if.load_map_file


@cache
def _map(file: str) -> Any:
    return _load(file, pyx12.params.params(), None)


def judge(text: str, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What pyx12 says of each transaction, as "code: words"; a crash is one complaint.

    Its maps are read once here; it reads them anew for every file.
    """
    monkeypatch.setattr(pyx12.map_if, "load_map_file", lambda file, *_: _map(file))
    out = io.StringIO()
    source = io.StringIO(text, newline="")
    try:
        good = pyx12.x12n_document.x12n_document(
            pyx12.params.params(), source, None, None, None, fd_json=out
        )
    except (pyx12.errors.EngineError, AttributeError, IndexError, ValueError) as error:
        return [[f"{type(error).__name__}: {error}"]]
    if not out.getvalue():
        return [] if good else [["not X12"]]
    read = json.loads(out.getvalue())
    found = [
        list(_complaints(transaction))
        for interchange in read["interchanges"]
        for group in interchange["groups"]
        for transaction in group["transactions"]
    ]
    if not good and not any(found):
        found.append(["envelope"])
    return found


def _complaints(part: Any) -> "list[str]":
    found = []
    if isinstance(part, dict):
        if "err_cde" in part:
            found.append(f"{part['err_cde']}: {part['err_str']}")
        for value in part.values():
            found += _complaints(value)
    elif isinstance(part, list):
        for value in part:
            found += _complaints(value)
    return found
