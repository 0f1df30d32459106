"""Tables of a file's content: payments with their lines, claims with their lines, segments."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from claimline.render.problems import MOST
from claimline.render.values import Column, Row, Table
from claimline.render.words import counted

Content = Mapping[str, Any]

PAID_COLUMNS = (
    Column(key="file", title="File", place="file"),
    Column(key="trace", title="Payment", place="file"),
    Column(key="payer", title="Payer", place="file"),
    Column(key="claim", title="Claim", kind="id", once=True),
    Column(key="payer_claim", title="Payer's number", place="file"),
    Column(key="claim_status", title="St", once=True),
    Column(key="date", title="Date", kind="date", once=True),
    Column(key="code", title="Code"),
    Column(key="units", title="Units", kind="number"),
    Column(key="charge", title="Charge", kind="money"),
    Column(key="paid", title="Paid", kind="money"),
    Column(key="adjustments", title="Adjustments"),
    Column(key="remarks", title="Remarks"),
    Column(key="control", title="Line control number", place="file"),
)
SENT_COLUMNS = (
    Column(key="file", title="File", place="file"),
    Column(key="claim", title="Claim", kind="id", once=True),
    Column(key="payer", title="Payer", once=True),
    Column(key="line", title="Line", kind="number"),
    Column(key="date", title="Date", kind="date", once=True),
    Column(key="code", title="Code"),
    Column(key="units", title="Units", kind="number"),
    Column(key="charge", title="Charge", kind="money"),
    Column(key="control", title="Line control number", kind="id"),
)
SEGMENT_COLUMNS = (
    Column(key="file", title="File", place="file"),
    Column(key="transaction", title="Transaction", place="file"),
    Column(key="segment", title="No", kind="number"),
    Column(key="loop", title="Loop"),
    Column(key="id", title="Segment", kind="id"),
    Column(key="name", title="Name"),
    Column(key="values", title="", place="below", heading="Values"),
)


def content_tables(answer: Mapping[str, list[Content]]) -> tuple[Table, ...]:
    """The tables of what was read; one empty table where nothing was."""
    made = [_payment_table(each) for each in answer["remittances"]]
    made += [_sent_table(each) for each in answer["submissions"]]
    made += [_segment_table(each) for each in answer["transactions"]]
    empty = Table(columns=PAID_COLUMNS, rows=(), empty="There is no transaction in it.")
    return tuple(made) or (empty,)


def adjustments_text(adjustments: Iterable[Content]) -> str:
    """CAS triplets as people write them: ``CO-45 40.00; PR-3 20.00``."""
    return "; ".join(f"{a['group']}-{a['reason']} {a['amount']}" for a in adjustments)


def _payment_table(payment: Content) -> Table:
    """One remittance."""
    taken = "; ".join(
        f"{a['reason']} {a['reference']} {a['amount']}" for a in payment["provider_adjustments"]
    )
    differences = payment["differences"]
    notes = [f"  {d['level']} {d['claim']}: {d['equation']}: expected {d['expected']}, found "
             f"{d['actual']}" for d in differences[:MOST]]  # fmt: skip
    if len(differences) > MOST:
        notes.append(f"  {len(differences) - MOST:,} more differences; --format json lists all")
    if taken:
        notes.insert(0, f"  Provider adjustments (PLB): {taken}")
    balanced = "balanced" if payment["balanced"] else "does not balance"
    return Table(
        title=f"Payment {payment['trace']} of {payment['payer']}: {payment['paid']} on "
        f"{payment['date']}, {counted(len(payment['claims']), 'claim')}, {balanced}",
        sheet="Payments",
        columns=PAID_COLUMNS,
        rows=list(_paid_rows(payment)),
        notes=tuple(notes),
        empty="No claims in it.",
    )


def _paid_rows(payment: Content) -> Iterator[Row]:
    """A row per line; one for the claim where it has no lines or adjustments of its own."""
    for claim in payment["claims"]:
        head = {key: payment[key] for key in ("file", "trace", "payer")} | {
            "claim": claim["claim"],
            "payer_claim": claim["payer_claim"],
            "claim_status": claim["status"],
        }
        if claim["adjustments"] or not claim["lines"]:
            yield head | {
                "code": "(claim)",
                "charge": claim["charge"],
                "paid": claim["paid"],
                "adjustments": adjustments_text(claim["adjustments"]),
                "remarks": claim["remarks"],
            }
        for line in claim["lines"]:
            yield head | {
                **{key: line[key] for key in ("date", "units", "charge", "paid", "control")},
                "code": " ".join((line["code"], *line["modifiers"])),
                "adjustments": adjustments_text(line["adjustments"]),
                "remarks": [*line["remarks"], *claim["remarks"]],
            }


def _sent_table(sent: Content) -> Table:
    """One ST of an 837P."""
    return Table(
        title=f"Claims of {sent.get('submitter', '')} to {sent.get('receiver', '')}",
        sheet="Claims",
        columns=SENT_COLUMNS,
        rows=[
            {
                "file": sent["file"],
                "claim": claim["claim"],
                "payer": claim["payer"],
                **{key: line[key] for key in ("line", "date", "units", "charge", "control")},
                "code": " ".join((line["code"], *line["modifiers"])),
            }
            for claim in sent["claims"]
            for line in claim["lines"]
        ],
        empty="No claims in it.",
    )


def _segment_table(transaction: Content) -> Table:
    """A transaction segment by segment."""
    return Table(
        title=f"{transaction['type']} {transaction['control']}",
        sheet="Segments",
        columns=SEGMENT_COLUMNS,
        rows=[
            {
                "file": transaction["file"],
                "transaction": transaction["control"],
                **segment,
                "values": "; ".join(_value(v) for v in segment["values"]),
            }
            for segment in transaction["segments"]
        ],
    )


def _value(value: Any) -> str:
    """A value with its reference and name."""
    if isinstance(value, str):
        return value
    name = f" {value['name']}" if value["name"] else ""
    return f"{value['ref']}{name} = {value['value']}"
