"""JSON Schema (2020-12) of the visit file and the practice file, made from the value types.

The reader takes more than the schema says (US dates, numbers as text); the schema says what a
program should write.
"""

from collections.abc import Mapping
from typing import Any, Final, Literal, get_args, get_origin

import attrs

from mapping import fields
from mapping.contracts import Contract
from mapping.enrollment import Enrollment
from mapping.kinds import KINDS
from mapping.numbers import LENGTHS
from mapping.policy import Policy
from mapping.policy_layers import FAMILIES
from mapping.practice_file import TABLES
from mapping.practice_values import Payer, Person, Submitter
from mapping.structure import BY_TYPE, bare, hints, public
from mapping.threshold_table import YearRow
from mapping.user_rules_schema import rules_schema
from mapping.visit import Visit

DRAFT: Final = "https://json-schema.org/draft/2020-12/schema"
_SET_BY_READER: Final = frozenset({"key", "policies", "group", "inherited", "enrolled"})
_DATE: Final = {"type": "string", "format": "date"}


def visit_schema() -> dict[str, Any]:
    """The schema of a visit file: a list of visits, or one."""
    return {
        "$schema": DRAFT,
        "title": "Claimline visits",
        "description": "A list of coded therapy visits, or one. JSON lines hold one visit a line.",
        "oneOf": [{"$ref": "#/$defs/Visit"}, {"type": "array", "items": {"$ref": "#/$defs/Visit"}}],
        "$defs": {"Visit": _object(Visit)},
    }


def practice_schema() -> dict[str, Any]:
    """The schema of a practice file, once read from TOML."""
    properties: dict[str, Any] = {
        "practice": {
            "type": "object",
            "properties": {
                "name": {"type": "string"},
                "time_zone": {"type": "string"},
                "claim_number_length": {
                    "type": "integer",
                    "minimum": LENGTHS[0],
                    "maximum": LENGTHS[-1],
                },
                "rules": {
                    "type": "array",
                    "items": {"type": "string"},
                    "description": "files of rules beside this file",
                },
            },
            "required": ["name"],
            "additionalProperties": False,
        },
        "submitter": _object(Submitter),
        "fees": {"type": "array", "items": _fees()},
        "contracts": {"type": "array", "items": _contract()},
        "rules": rules_schema(),
        "thresholds": {"type": "array", "items": _object(YearRow)},
        "families": {
            "type": "object",
            "description": "tables that hold for all payers of a family",
            "additionalProperties": {"type": "array", "items": _family()},
        },
    }
    for name, cls in TABLES.items():
        table = _object(cls)
        if cls is Person:
            table["properties"]["enrolled"] = {"type": "array", "items": _enrolled()}
        if cls is Payer:
            table["properties"]["policy"] = {"type": "array", "items": _policy()}
            table["properties"]["family"] = {
                "type": "string",
                "minLength": 1,
                "description": table["properties"]["family"]["description"]
                + ": one of ours, or one of your own tables [[families.NAME]]",
                "examples": list(FAMILIES),
            }
        properties[name] = {"type": "object", "additionalProperties": table, "minProperties": 1}
    return {
        "$schema": DRAFT,
        "title": "Claimline practice",
        "type": "object",
        "properties": properties,
        "required": ["practice", "submitter", *TABLES],
        "additionalProperties": False,
    }


def _policy() -> dict[str, Any]:
    made = _object(Policy)
    dated = {
        "from": {**_DATE, "description": "first day of service the table is for"},
        "until": {**_DATE, "description": "last day of service the table is for"},
        "source": {"type": "string", "description": "contract or manual it is taken from"},
    }
    made["properties"] = {**dated, **made["properties"]}
    return made


def _family() -> dict[str, Any]:
    made = _policy()
    inherits = "of a family of your own: the family whose tables hold before its own"
    made["properties"]["inherits"] = {"type": "string", "description": inherits}
    return made


def _contract() -> dict[str, Any]:
    made = _object(Contract, frozenset({"span", "source", "amounts"}))
    amounts = {
        "type": "object",
        "description": fields.words(attrs.fields(Contract).amounts),
        "propertyNames": {"pattern": "^[0-9A-Z]{5}(-[0-9A-Z]{2})?$"},
        "additionalProperties": dict(KINDS["money"].schema),
    }
    dated = {"from": _DATE, "until": _DATE, "source": {"type": "string"}}
    made["properties"] = {**dated, **made["properties"], "amounts": amounts}
    return made


def _enrolled() -> dict[str, Any]:
    made = _object(Enrollment, skip=frozenset({"span", "source"}))
    made["properties"] |= {
        "from": {**_DATE, "description": "first day of service the table is for"},
        "until": {**_DATE, "description": "last day of service the table is for"},
        "source": {"type": "string", "description": "the payer's letter, or where it is written"},
    }
    return made


def _fees() -> dict[str, Any]:
    return {
        "type": "object",
        "description": "charges of one unit",
        "properties": {
            "name": {"type": "string", "description": "name of the schedule"},
            "from": _DATE,
            "until": _DATE,
            "payers": {
                "type": "array",
                "items": {"type": "string"},
                "description": "keys of payers; left out: all that have no schedule of their own",
            },
            "charges": {
                "type": "object",
                "propertyNames": {"pattern": "^[0-9A-Z]{5}(-[0-9A-Z]{2})?$"},
                "additionalProperties": dict(KINDS["money"].schema),
                "minProperties": 1,
            },
        },
        "required": ["charges"],
        "additionalProperties": False,
    }


def _object(cls: type, skip: frozenset[str] = frozenset()) -> dict[str, Any]:
    hidden = _SET_BY_READER if cls in TABLES.values() else skip
    known = [a for a in public(cls) if a.name not in hidden]
    made: dict[str, Any] = {
        "type": "object",
        "description": (cls.__doc__ or "").split("\n\n")[0].strip(),
        "properties": {a.name: _property(cls, a) for a in known},
        "additionalProperties": False,
    }
    if required := [a.name for a in known if a.default is attrs.NOTHING]:
        made["required"] = required
    return made


def _property(cls: type, attribute: "attrs.Attribute[Any]") -> dict[str, Any]:
    declared = hints(cls)[attribute.name]
    made = dict(_type(declared, fields.kind(attribute), fields.most(attribute)))
    made["description"] = fields.words(attribute)
    default = attribute.default
    if isinstance(default, str | int) and default != "":
        made["default"] = default
    return made


def _type(declared: Any, kind: str, most: int) -> Mapping[str, Any]:
    declared = bare(declared)
    if get_origin(declared) is tuple:
        listed: dict[str, Any] = {
            "type": "array",
            "items": dict(_type(get_args(declared)[0], kind, 0)),
        }
        return {**listed, "maxItems": most} if most else listed
    if get_origin(declared) is Literal:
        return {"enum": list(get_args(declared))}
    if attrs.has(declared):
        return _object(declared)
    return KINDS[kind or BY_TYPE[declared]].schema
