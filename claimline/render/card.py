"""The card of a procedure code as tables."""

from collections.abc import Iterator, Mapping
from typing import Any

from claimline.render.values import Column, Row, Table

Content = Mapping[str, Any]
HEAD = (
    Column(key="code", title="Code", kind="id"),
    Column(key="what", title="Kind"),
    Column(key="meaning", title="means", place="below"),
    Column(key="timing", title="units", place="below"),
    Column(key="caps", title="caps", kind="list", place="below"),
    Column(key="add_ons", title="add-ons", kind="list", place="below"),
    Column(key="medicare", title="Medicare", place="below"),
    Column(key="averages", title="averages", place="below"),
    Column(key="doubts", title="doubtful", place="below"),
    Column(key="more", title="also", place="below"),
    Column(key="table", title="source", place="below"),
)
MODIFIERS = (
    Column(key="modifier", title="Modifier", kind="id"),
    Column(key="use", title="Use"),
    Column(key="why", title="When"),
)
PAIRS = (
    Column(key="with", title="With", kind="id"),
    Column(key="says", title="Says"),
    Column(key="note", title="note", place="below"),
    Column(key="table", title="table", place="below"),
)
DENIALS = (
    Column(key="adjustment", title="Code", kind="id"),
    Column(key="why", title="Usually because", once=True),
    Column(key="next_step", title="next", place="below"),
    Column(key="never", title="never", place="below"),
)
AVERAGES = (
    Column(key="payer", title="Payer as the page names it"),
    Column(key="average", title="Average", kind="money"),
)


def card_tables(row: Content) -> Iterator[Table]:
    """The tables of one code; ``row`` is an explanation with its ``card``."""
    card = row["card"]
    averages = card["public_averages"]
    yield Table(columns=HEAD, rows=[_head(row)], tight=True)
    yield Table(title="Modifiers", columns=MODIFIERS, rows=card["modifiers"])
    yield Table(
        title=f"Paid together with (Medicare, {card['on']})",
        columns=PAIRS,
        rows=card["pairs"],
        empty="No pair of the tables in use has this code on that day.",
        tight=True,
    )
    yield Table(
        title="Typical refusals",
        columns=DENIALS,
        rows=card["denials"],
        notes=("claimline explain CO-97 tells the cases of a code, the first that fits decides.",),
        tight=True,
    )
    if averages and averages["asked"]:
        yield Table(
            title="Public averages (doubtful)",
            columns=AVERAGES,
            rows=averages["asked"],
            notes=tuple(f"Doubtful: {doubt}" for doubt in averages["doubts"]),
        )


def _head(row: Content) -> Row:
    """The first table's row."""
    card = row["card"]
    averages, medicare = card["public_averages"], card["medicare"]
    amount = medicare["unit"] and f"{medicare['unit']} for a unit"
    if medicare["further"]:
        amount += f", {medicare['further']} for each further unit of the day (MPPR)"
    national = f"{amount}; national, the patient's part included; {medicare['table']}"
    told = {
        "timing": card["timing"],
        "caps": [_cap(cap) for cap in card["caps"]],
        "add_ons": [f"{one['says']} ({one['source']})" for one in card["add_ons"]],
        "medicare": f"on {card['on']}: "
        + (national if amount else f"no amount: {medicare['why']}"),
    }
    if averages and not averages["asked"]:
        told["averages"] = (
            f"public page, {averages['payers']} payers: {averages['least']} to {averages['most']}, "
            f"median {averages['median']}; --rates NAME lists them"
        )
        told["doubts"] = "; ".join(averages["doubts"])
    return {**row, **told}


def _cap(cap: Content) -> str:
    table = f" ({cap['table']})" if cap["table"] else ""
    return f"{cap['who']}: {cap['cap']}{table}"
