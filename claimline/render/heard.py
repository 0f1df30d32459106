"""What receivers said of a claim, as a table."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from claimline.render.values import Column, Row, Table

Content = Mapping[str, Any]
SYNTAX: Final = ("TA1", "999", "997")
COLUMNS: Final = (
    Column(key="date", title="Date", kind="date"),
    Column(key="by", title="Who"),
    Column(key="kind", title="Kind", kind="id"),
    Column(key="about", title="Of the"),
    Column(key="verdict", title="Said"),
    Column(key="codes", title="codes", kind="list", place="below"),
    Column(key="text", title="in words", place="below"),
    Column(key="fault", title="fault", place="below"),
    Column(key="numbers", title="numbers", place="below"),
    Column(key="place", title="in", place="below"),
)


def heard_table(claim: Content) -> Table | None:
    """The history of a claim before any payment; None where nobody said anything."""
    said: Sequence[Content] = claim["acknowledgements"]
    if not said:
        return None
    now = claim["acknowledged"]
    stands = f"What stands: {now['verdict'] or 'nothing of the newest sending'}"
    stands += f", by {now['by']}" if now["by"] else ""
    return Table(
        title="What the receivers said before any payment",
        columns=COLUMNS,
        rows=[_row(one, several=now["sendings"] > 1) for one in said],
        notes=(stands,),
    )


def _row(one: Content, *, several: bool) -> Row:
    """One word with its codes and its place."""
    about = f"line {one['line']}" if one["line"] else one["about"]
    about += f", sending {one['sending']}" if several else ""
    fault = {True: "in this claim", False: "in another claim of the transaction", None: ""}
    return {
        **one,
        "about": about,
        "verdict": f"form {one['verdict']}" if _is_form(one) else one["verdict"],
        "codes": [_code(code) for code in one["codes"]],
        "fault": fault[one["own_fault"]],
        "numbers": f"payer's claim number {one['payer_claim']}" if one["payer_claim"] else "",
        "place": _place(one),
    }


def _is_form(one: Content) -> bool:
    """Whether the form alone was accepted: a TA1 or 999 says nothing of the claims in it."""
    return one["kind"] in SYNTAX and str(one["verdict"]).startswith("accepted")


def _code(code: Content) -> str:
    name = code["code"] if code["list"] in ("STC", "report") else f"{code['list']} {code['code']}"
    return f"{name} {code['words']}".strip()


def _place(one: Content) -> str:
    """Where it stands: file, interchange, transaction, segment; and how it was joined."""
    if not one["file"]:
        return f"entered {one['received']}"
    parts = [one["file"]]
    parts += [f"ISA13 {one['interchange']}"] if one["interchange"] else []
    parts += [f"ST {one['transaction']}"] if one["transaction"] else []
    what = "row" if one["kind"] == "report" else "segment"
    parts += [f"{what} {one['segment']}"] if one["segment"] else []
    return f"{', '.join(parts)}; joined by {one['matched_by']}"
