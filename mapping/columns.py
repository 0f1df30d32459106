"""The columns of a visit CSV, made from the visit's own fields: one row for each procedure."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final, get_args, get_origin

import attrs

from mapping import fields
from mapping.structure import bare, hints, public
from mapping.visit import Block, Procedure, Visit

Path = tuple[str | int, ...]

# Lists of objects that a row can hold, with the number of them: `payer`, `payer_2`, `payer_3`.
REPEATS: Final[Mapping[str, int]] = MappingProxyType({"coverages": 3, "authorizations": 3})
# How the fields of an inner object are named; others carry the object's own name before them.
PREFIXES: Final[Mapping[str, str]] = MappingProxyType(
    {"address": "", "coverages": "", "authorizations": "authorization_", "plan_of_care": "plan_"}
)
# Where two fields would have one name, the procedure's gives way.
RENAMED: Final[Mapping[str, str]] = MappingProxyType({"note": "procedure_note"})


@attrs.frozen(kw_only=True)
class Column:
    """One column: where its value goes, and how a cell is read."""

    name: str
    path: Path  # in the visit, or in the procedure
    is_list: bool  # items parted by ;
    is_blocks: bool
    of_procedure: bool
    words: str


def _walk(cls: type, prefix: str, path: Path, suffix: str) -> Iterator[Column]:
    for attribute in public(cls):
        name, kind = attribute.name, bare(hints(cls)[attribute.name])
        here = (*path, name)
        if get_origin(kind) is tuple:
            inner = get_args(kind)[0]
            if name in REPEATS:
                for number in range(REPEATS[name]):
                    end = f"_{number + 1}" if number else ""
                    yield from _walk(inner, PREFIXES.get(name, ""), (*here, number), end)
                continue
            if inner is Procedure:
                continue
            yield _column(attribute, prefix, here, suffix, inner)
        elif attrs.has(kind):
            start = PREFIXES.get(name, f"{name}_")
            yield from _walk(kind, prefix + start, here, suffix)
        else:
            yield _column(attribute, prefix, here, suffix, None)


def _column(
    attribute: "attrs.Attribute[Any]", prefix: str, path: Path, suffix: str, inner: Any
) -> Column:
    return Column(
        name=f"{prefix}{attribute.name}{suffix}",
        path=path,
        is_list=inner is not None and inner is not Block,
        is_blocks=inner is Block,
        of_procedure=False,
        words=fields.words(attribute),
    )


def _columns() -> Mapping[str, Column]:
    found = {column.name: column for column in _walk(Visit, "", (), "")}
    for column in _walk(Procedure, "", (), ""):
        name = RENAMED.get(column.name, column.name)
        assert name not in found, name
        found[name] = attrs.evolve(column, name=name, of_procedure=True)
    return MappingProxyType(found)


COLUMNS: Final = _columns()
REQUIRED: Final = (
    "visit_id",
    "date",
    "location",
    "patient_id",
    "patient_last_name",
    "patient_first_name",
    "patient_birth_date",
    "payer",
    "member_id",
    "discipline",
    "treating_clinician",
    "diagnoses",
    "code",
)


def column_of(path: Path) -> str:
    """The name of the column a path of the visit comes from, or an empty string."""
    if path[:1] == ("procedures",):
        return _by_path.get((True, path[2:3]), "")
    for end in range(len(path), 0, -1):
        if (False, path[:end]) in _by_path:
            return _by_path[False, path[:end]]
    return ""


_by_path: Final = {(c.of_procedure, c.path): c.name for c in COLUMNS.values()}
