"""The shape of a night's page for programs: what ``claimline schema night`` says, it is."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import jsonschema
import pytest
from databases import NewUrl
from night_desk import FIRST, SECOND, Desk

from claimline.__main__ import main


@pytest.fixture(scope="module", name="pages")
def _pages(
    tmp_path_factory: pytest.TempPathFactory, lasting: Callable[[str], NewUrl], database: str
) -> dict[str, dict[str, Any]]:
    """A dry run, the first page, the page of a second run, and one of a night that could not be."""
    url = "" if database == "sqlite" else lasting(database)()
    desk = Desk(tmp_path_factory.mktemp("night") / "desk", url).laid_out()
    dry = json.loads(desk.night(FIRST, "--dry-run", "--format", "json").stdout)
    first = json.loads(desk.night(FIRST, "--format", "json").stdout)
    desk.answered()
    desk.visits(2)
    desk.night(SECOND)
    second = json.loads(desk.night(SECOND, "--format", "json").stdout)
    file = desk.folder / "night.toml"
    text = file.read_text(encoding="utf-8").replace(desk.url, lasting(database).bare())
    file.write_text(text, encoding="utf-8")
    none = json.loads(desk.night(SECOND, "--format", "json").stdout)
    return {"dry": dry, "first": first, "second": second, "none": none}


@pytest.fixture(scope="module", name="schema")
def _schema() -> dict[str, Any]:
    """As the command prints it."""
    from contextlib import redirect_stdout
    from io import StringIO

    out = StringIO()
    with redirect_stdout(out):
        assert main(["schema", "night"]) == 0
    found: dict[str, Any] = json.loads(out.getvalue())
    return found


@pytest.mark.parametrize("which", ["dry", "first", "second", "none"])
def test_a_page_is_as_the_schema_says(
    which: str, pages: dict[str, dict[str, Any]], schema: dict[str, Any]
) -> None:
    """It has every field that is promised, of its kind, and none that is not told."""
    jsonschema.Draft202012Validator.check_schema(schema)
    checker = jsonschema.Draft202012Validator.FORMAT_CHECKER
    jsonschema.Draft202012Validator(schema, format_checker=checker).validate(pages[which])
    assert list(_untold(pages[which], schema)) == []


def _untold(value: Any, schema: dict[str, Any], place: str = "") -> Iterator[str]:
    """Fields of objects with named fields that the schema does not name."""
    for one in schema.get("oneOf", [schema]):
        known = one.get("properties")
        if isinstance(value, dict) and known:
            yield from (f"{place}.{key}" for key in value.keys() - known.keys())
            for key in value.keys() & known.keys():
                yield from _untold(value[key], known[key], f"{place}.{key}")
        if isinstance(value, list) and "items" in one:
            for item in value:
                yield from _untold(item, one["items"], f"{place}[]")


def test_a_field_that_is_missing_is_found(
    pages: dict[str, dict[str, Any]], schema: dict[str, Any]
) -> None:
    """The schema asks for what it names: without a headline it is no page."""
    page = {key: value for key, value in pages["first"].items() if key != "headline"}
    with pytest.raises(jsonschema.ValidationError, match="headline"):
        jsonschema.validate(page, schema)


def test_the_page_is_in_the_reports_folder_as_it_is_printed(first_day: Desk) -> None:
    """What a program reads from the folder and from the command is one and the same."""
    printed = json.loads(first_day.night(FIRST, "--format", "json").stdout)
    assert printed == first_day.report("2026-03-04-1")
