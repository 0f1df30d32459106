"""The formats' pages and schemas say what the reader does: examples, field tables, columns."""

import json
import tomllib
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import attrs
import jsonschema
import pytest
from visits_made import ROOT, example

from mapping import fields
from mapping.columns import COLUMNS, REQUIRED
from mapping.intake import read
from mapping.policy import Policy
from mapping.schema import practice_schema, visit_schema
from mapping.structure import bare, hints, public
from mapping.user_rules_schema import fields_table
from mapping.visit import Visit

SCHEMA = jsonschema.Draft202012Validator


def kind_words(declared: Any, kind: str) -> str:
    """What may stand in a field, in a word or two."""
    declared = bare(declared)
    if get_origin(declared) is tuple:
        return "list" if attrs.has(get_args(declared)[0]) else "list of values"
    if get_origin(declared) is Literal:
        return ", ".join(f"`{choice}`" for choice in get_args(declared) if choice)
    if attrs.has(declared):
        return "object"
    plain = {"str": "text", "int": "number", "bool": "yes or no", "Decimal": "dollars"}
    return kind or plain.get(declared.__name__, declared.__name__)


def rows(cls: type, prefix: str = "") -> Iterator[str]:
    """A table row for each field, inner objects after their own row."""
    for a in public(cls):
        declared = bare(hints(cls)[a.name])
        inner = get_args(declared)[0] if get_origin(declared) is tuple else declared
        need = "yes" if a.default is attrs.NOTHING else ""
        mark = "[]" if get_origin(declared) is tuple and attrs.has(inner) else ""
        kind = kind_words(hints(cls)[a.name], fields.kind(a))
        yield f"| `{prefix}{a.name}{mark}` | {kind} | {need} | {fields.words(a)} |"
        if attrs.has(inner):
            yield from rows(inner, f"{prefix}{a.name}{mark}.")


def default_words(a: "attrs.Attribute[Any]") -> str:
    """The default of a policy key."""
    if a.default is None or a.default == "":
        return ""
    if isinstance(a.default, tuple):
        return ", ".join(a.default)
    return {True: "yes", False: "no"}.get(a.default, str(a.default))


def field_table() -> list[str]:
    """All fields of a visit."""
    return ["| field | holds | needed | what it is |", "| --- | --- | --- | --- |", *rows(Visit)]


def column_table() -> list[str]:
    """All columns but the numbered repeats."""
    lines = ["| column | needed | what it is |", "| --- | --- | --- |"]
    for column in COLUMNS.values():
        if column.name[-2:] not in {"_2", "_3"}:
            need = "yes" if column.name in REQUIRED else ""
            lines.append(f"| `{column.name}` | {need} | {column.words} |")
    return lines


def policy_table() -> list[str]:
    """All keys of a policy."""
    lines = ["| key | may be | default | what it says |", "| --- | --- | --- | --- |"]
    for a in public(Policy):
        kind = kind_words(hints(Policy)[a.name], fields.kind(a))
        if a.name == "modifier_order":
            kind = "list of groups"
        lines.append(f"| `{a.name}` | {kind} | {default_words(a)} | {fields.words(a)} |")
    return lines


TABLES = [
    ("visits.md", "visit-fields", field_table),
    ("visits.md", "csv-columns", column_table),
    ("practice.md", "policy-keys", policy_table),
    ("rules/own-rules.md", "claim-fields", partial(fields_table, "claim")),
    ("rules/own-rules.md", "line-fields", partial(fields_table, "line")),
]


@pytest.mark.parametrize(("page", "mark", "table"), TABLES, ids=[mark for _, mark, _ in TABLES])
def test_the_tables_of_the_docs_are_those_of_the_code(
    page: str, mark: str, table: Any, request: pytest.FixtureRequest
) -> None:
    """A field added to the code stands in the docs; ``--rewrite`` puts it there."""
    path = ROOT / "docs" / page
    text = path.read_text(encoding="utf-8")
    head, rest = text.split(f"<!-- {mark} -->\n")
    _, tail = rest.split(f"<!-- /{mark} -->")
    made = "\n".join(table())
    wanted = f"{head}<!-- {mark} -->\n{made}\n<!-- /{mark} -->{tail}"
    if request.config.getoption("rewrite"):
        path.write_text(wanted, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == wanted


@pytest.mark.parametrize("schema", [visit_schema(), practice_schema()], ids=["visit", "practice"])
def test_schemas_are_schemas(schema: dict[str, Any]) -> None:
    """Both follow draft 2020-12, and every property says what it is."""
    SCHEMA.check_schema(schema)
    visit = schema.get("$defs", {}).get("Visit", {"properties": {}})
    assert all(prop["description"] for prop in visit["properties"].values())


def test_the_documented_visit_fits_its_schema() -> None:
    """The JSON example is valid, and a misspelt field in it is not."""
    given = json.loads(example("visits.md", "json"))
    SCHEMA(visit_schema()).validate(given)
    given[0]["procedures"][0]["modifers"] = []
    assert not SCHEMA(visit_schema()).is_valid(given)


def test_the_documented_practice_fits_its_schema() -> None:
    """The TOML example is valid, and a misspelt policy key in it is not."""
    given = json.loads(json.dumps(tomllib.loads(example("practice.md", "toml")), default=str))
    SCHEMA(practice_schema()).validate(given)
    given["payers"]["acme"]["policy"][0]["unit_rul"] = "cms"
    assert not SCHEMA(practice_schema()).is_valid(given)


def test_what_fits_the_schema_is_read(tmp_path: Path) -> None:
    """The reader takes every visit that the schema takes, here the example with each field alone."""
    given = json.loads(example("visits.md", "json"))[0]
    required = visit_schema()["$defs"]["Visit"]["required"]
    for name in given:
        small = {key: value for key, value in given.items() if key in required or key == name}
        assert SCHEMA(visit_schema()).is_valid(small)
        (made,) = read("visit.json", json.dumps([small]).encode())
        assert isinstance(made, Visit)
