"""How a claim came about, as tables: the day's units, then each line down to its SV1 segment."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from claimline.render.values import Column, Row, Table

Content = Mapping[str, Any]
COLUMNS = (
    Column(key="about", title="For", kind="id", once=True),
    Column(key="why", title="Decided"),
    Column(key="by", title="by", place="below"),
)


def decided_tables(given: Content, title: str) -> Iterator[Table]:
    """The tables of one claim.

    Args:
        given: of ``services.explain_claim``.
        title: which claim.
    """
    said: set[str] = set()  # a source is named where it first decides
    yield Table(
        title=title,
        columns=COLUMNS,
        rows=list(_first_named(given["steps"], said)),
        empty="No reasons are kept: it was sent by another system.",
        tight=True,
    )
    for line in given["lines"]:
        yield Table(title=_line_title(line), columns=COLUMNS, rows=_rows(line, said), tight=True)
    if given["decided_by"]:
        yield Table(columns=(), rows=(), title="", empty=f"By: {'; '.join(given['decided_by'])}")


def _line_title(line: Content) -> str:
    procedure = " ".join((line["code"], *line["modifiers"]))
    unit = "unit" if line["units"] == "1" else "units"
    return f"Line {line['number']}: {procedure}, {line['units']} {unit}, {line['charge']}"


def _first_named(steps: Iterable[Content], said: set[str]) -> Iterator[Row]:
    """The steps, each source only once."""
    for step in steps:
        yield {**step, "by": "" if step["by"] in said else step["by"]}
        said.add(step["by"])


def _rows(line: Content, said: set[str]) -> list[Row]:
    """The steps of a line, and what went out at the end."""
    rows = list(_first_named(line["steps"], said))
    if line["segment"]:
        rows.append({"about": "SV1", "why": line["segment"], "by": ""})
    return rows
