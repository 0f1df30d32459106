"""``claimline explain``: what a code means here and what to do."""

from typing import Any

import click

from claimline.cli.options import format_option
from claimline.errors import DONE


@click.command()
@click.argument("codes", nargs=-1, required=True, metavar="CODE...")
@format_option("table", "json", "csv")
def explain(codes: tuple[str, ...], shape: str) -> int:
    r"""Say what a code means and what to do.

    Adjustment reasons with or without their group, remarks, claim status, provider adjustments,
    procedure codes, modifiers. The words are our own. A code that no table knows is said to be
    unknown. A code that several tables know is shown for each; to ask one table, name it first.

    \b
    Example:
      claimline explain CO-97 N130
      claimline explain CLP02 4
      claimline explain 97530 CQ WO
    """
    from claimline.render import Column, Result, Table, show
    from claimline.services.explain import TITLES
    from claimline.services.explain import explain as look_up

    found: list[dict[str, Any]] = [
        {
            "code": each.code,
            "kind": each.kind,
            "what": TITLES[each.kind],
            "meaning": each.meaning,
            "todo": each.todo,
            "more": list(each.more),
            "table": each.table,
            "known": each.known,
        }
        for each in look_up(codes)
    ]
    columns = (
        Column(key="code", title="Code"),
        Column(key="what", title="Kind"),
        Column(key="meaning", title="means", place="below"),
        Column(key="todo", title="to do", place="below"),
        Column(key="more", title="also", place="below"),
        Column(key="table", title="source", place="below"),
    )
    hidden = {"what"}
    data = [{k: v for k, v in row.items() if k not in hidden} for row in found]
    show(Result(data={"codes": data}, tables=(Table(columns=columns, rows=found),)), shape)
    return DONE
