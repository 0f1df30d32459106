"""JSON Schema of a practice's own rules, made from the fields they may ask."""

from collections.abc import Mapping
from typing import Any, Final, get_args

from mapping.user_rule_fields import CLAIM, LINE, Field
from mapping.user_rules import Effect
from mapping.user_rules_read import SCOPES

_DATE: Final = {"type": "string", "format": "date"}
_KEYS: Final = {"type": "array", "items": {"type": "string"}}
_SCOPES: Final = {
    "claim": "conditions that must be true of the claim",
    "any_line": "conditions that must all be true of one line",
    "all_lines": "conditions that must all be true of every line",
    "no_line": "conditions that no line may meet all of",
}


def rules_schema() -> dict[str, Any]:
    """The schema of the tables ``[[rules]]``."""
    return {
        "type": "array",
        "description": "rules of your own",
        "items": {
            "type": "object",
            "properties": {
                "name": {"type": "string", "minLength": 1, "description": "name of the rule"},
                "effect": {"enum": list(get_args(Effect)), "description": "hold or warn"},
                "message": {"type": "string", "minLength": 1, "description": "what to do"},
                "from": {**_DATE, "description": "first day of service it is for"},
                "until": {**_DATE, "description": "last day of service it is for"},
                "payers": {**_KEYS, "description": "keys of payers; left out: all"},
                "families": {**_KEYS, "description": "families of payers; left out: all"},
                "always": {"type": "boolean", "description": "true: a rule without conditions"},
                **{scope: _conditions(scope, fields) for scope, fields in SCOPES.items()},
            },
            "required": ["name", "effect", "message"],
            "additionalProperties": False,
        },
    }


def _conditions(scope: str, fields: Mapping[str, Field]) -> dict[str, Any]:
    return {
        "type": "object",
        "description": _SCOPES[scope],
        "properties": {name: _condition(field) for name, field in fields.items()},
        "additionalProperties": False,
    }


def _condition(field: Field) -> dict[str, Any]:
    """A value, a list for any of them, or operators with their values."""
    value: dict[str, Any] = {
        "type": {"flag": "boolean", "number": "number"}.get(field.kind, "string")
    }
    listed = {"type": "array", "items": value, "minItems": 1}
    either = {"anyOf": [value, listed]}
    operators: dict[str, Any] = {
        "equals": value,
        "any": listed,
        "none": either,
        "missing": {"type": "boolean"},
    }
    if field.kind == "number":
        operators |= {"at_least": value, "at_most": value}
    if field.kind == "word":
        operators["starts_with"] = either
    table = {"type": "object", "properties": operators, "additionalProperties": False}
    return {"description": field.words, "anyOf": [value, listed, {**table, "minProperties": 1}]}


def fields_table(scope: str) -> list[str]:
    """The fields of a claim or a line as rows of the documentation's table."""
    fields = CLAIM if scope == "claim" else LINE
    rows = [f"| `{name}` | {_kind(field)} | {field.words} |" for name, field in fields.items()]
    return ["| field | holds | what it is |", "| --- | --- | --- |", *rows]


def _kind(field: Field) -> str:
    """What may stand there, in a word or two."""
    if field.kind != "word":
        return {"flag": "true or false", "number": "a number"}[field.kind]
    if field.choices:
        return ", ".join(f"`{choice}`" for choice in field.choices)
    return f"a key of `{field.table}`" if field.table else "a text"
