"""Tables of acknowledgements: a row for each code of each thing they speak of."""

from collections.abc import Iterator, Mapping
from typing import Any

from claimline.render.values import Column, Row, Table
from claimline.render.words import counted, shown_number

Content = Mapping[str, Any]

ACKNOWLEDGED_COLUMNS = (
    Column(key="file", title="File", place="file"),
    Column(key="kind", title="Kind", place="file"),
    Column(key="source_name", title="Source", place="file"),
    Column(key="what", title="What", once=True),
    Column(key="number", title="Number", kind="id", once=True),
    Column(key="verdict", title="Verdict", place="file"),
    Column(key="says", title="Says", once=True),
    Column(key="code", title="Code", kind="id"),
    Column(key="means", title="Means"),
    Column(key="todo", title="to do", place="below", heading="To do"),
    Column(key="text", title="text", place="below", heading="Text"),
    Column(key="payer_claim", title="Payer's number", kind="id", place="file"),
    Column(key="amount", title="Amount", kind="money", place="file"),
    Column(key="date", title="Date", kind="date", place="file"),
)
REFUSED = frozenset({"rejected", "partly accepted", "other"})
WHO = {
    "translator": "translator of",
    "clearinghouse": "clearinghouse",
    "payer": "payer",
    "person": "",
}


def rejects(answer: Mapping[str, list[Content]]) -> bool:
    """Whether anything was refused, wholly or partly."""
    return any(
        thing["verdict"] in REFUSED
        for each in answer["acknowledgements"]
        for thing in each["things"]
    )


def acknowledgement_table(given: Content) -> Table:
    """One acknowledgement."""
    parts = [f"{given['kind']} of {WHO[given['source']]} {given['source_name']}".strip()]
    parts += [f"reference {given['reference']}"] if given["reference"] else []
    if given["date"]:
        ours = given["kind"] == "TA1"
        parts.append(f"on our file of {given['date']}" if ours else given["date"])
    notes = [_counts(thing) for thing in given["things"]]
    if not given["complete"]:
        notes.append("  It is cut off or its counts are wrong: more may have been said.")
    if any(thing["text_hidden"] for thing in given["things"]):
        notes.append("  Free text was left out, it may name a patient: --show-patient shows it.")
    return Table(
        title=", ".join(parts),
        sheet="Acknowledgements",
        columns=ACKNOWLEDGED_COLUMNS,
        rows=list(_rows(given)),
        notes=tuple(filter(None, notes)),
        empty="It says nothing that can be read.",
        tight=True,
    )


def _counts(thing: Content) -> str:
    """How many of a batch, provider or group were taken."""
    if thing["count"] is None and thing["accepted"] is None:
        return ""
    noun = "transaction" if thing["level"] == "group" else "claim"
    said = [counted(thing["count"], noun)] if thing["count"] is not None else []
    said += [f"{thing['accepted']} accepted"] if thing["accepted"] is not None else []
    said += [f"{thing['rejected']} rejected"] if thing["rejected"] is not None else []
    return f"  {thing['what']} {thing['number']}: {', '.join(said)}"


def _rows(given: Content) -> Iterator[Row]:
    """A row per code; one for a thing without codes."""
    for thing in given["things"]:
        number = thing["number"]
        head = {
            "file": given["file"],
            "kind": given["kind"],
            "source_name": given["source_name"],
            "what": thing["what"],
            "number": shown_number(number) if thing["level"] == "claim" else number,
            "verdict": thing["verdict"],
            "says": thing["means"],
            "payer_claim": thing["payer_claim"],
            "amount": thing["amount"],
            "date": thing["date"],
        }
        statuses = thing["statuses"]
        told = thing["verdict"] in REFUSED
        for at, status in enumerate(statuses):
            code = status["code"]
            yield head | {
                "code": code if status["list"] == "STC" else f"{status['list']} {code}",
                "means": status["means"],
                "todo": status["todo"] if told else "",
                "text": thing["text"] if at == 0 else "",
            }
        if not statuses:
            yield head | {"text": thing["text"]}
