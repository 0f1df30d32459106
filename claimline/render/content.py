"""Tables of a file's content: payments with their lines, claims with their lines, segments."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from claimline.render.acknowledgement import acknowledgement_table
from claimline.render.problems import MOST
from claimline.render.values import Column, Row, Table
from claimline.render.words import counted

Content = Mapping[str, Any]

PAYMENT_COLUMNS = (
    Column(key="row", title="Row"),
    Column(key="file", title="File"),
    Column(key="trace", title="Payment", kind="id"),
    Column(key="payer", title="Payer"),
    Column(key="payment_date", title="Payment date", kind="date"),
    Column(key="payee", title="Payee"),
    Column(key="method", title="Method", kind="id"),
    Column(key="amount_paid", title="Payment amount", kind="money"),
    Column(key="claims", title="Claims", kind="number"),
    Column(key="balanced", title="Balanced"),
)
PAID_COLUMNS = (
    Column(key="row", title="Row", place="file"),
    Column(key="file", title="File", place="file"),
    Column(key="trace", title="Payment", kind="id", place="file"),
    Column(key="payer", title="Payer", place="file"),
    Column(key="payment_date", title="Payment date", kind="date", place="file"),
    Column(key="claim", title="Claim", kind="id", once=True),
    Column(key="payer_claim", title="Payer's number", kind="id", place="file"),
    Column(key="claim_status", title="St", kind="id", once=True),
    Column(key="date", title="Date", kind="date", once=True),
    Column(key="code", title="Code", kind="id"),
    Column(key="units", title="Units", kind="number"),
    Column(key="charge", title="Charge", kind="money"),
    Column(key="paid", title="Paid", kind="money"),
    Column(key="adjustments", title="Adjustments", kind="list"),
    Column(key="remarks", title="Remarks", kind="list"),
    Column(key="control", title="Line control number", kind="id", place="file"),
)
TAKEN_COLUMNS = (
    *PAID_COLUMNS[:5],
    Column(key="provider", title="Provider", kind="id"),
    Column(key="fiscal_date", title="Fiscal year end", kind="id"),
    Column(key="reason", title="PLB", kind="id"),
    Column(key="reference", title="Reference", kind="id"),
    Column(key="amount", title="Amount", kind="money"),
)
DIFFERENCE_COLUMNS = (
    *PAID_COLUMNS[:5],
    Column(key="level", title="Level", kind="id"),
    Column(key="claim", title="Claim", kind="id"),
    Column(key="equation", title="Equation"),
    Column(key="expected", title="Expected", kind="money"),
    Column(key="actual", title="Found", kind="money"),
    Column(key="difference", title="Difference", kind="money"),
)
SENT_COLUMNS = (
    Column(key="file", title="File", place="file"),
    Column(key="claim", title="Claim", kind="id", once=True),
    Column(key="payer", title="Payer", once=True),
    Column(key="line", title="Line", kind="number"),
    Column(key="date", title="Date", kind="date", once=True),
    Column(key="code", title="Code", kind="id"),
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


def content_tables(
    answer: Mapping[str, list[Content]], *, to_file: bool = False
) -> tuple[Table, ...]:
    """The tables of what was read; one empty table where nothing was.

    Args:
        answer: contents by kind, see ``claimline.services.read``.
        to_file: payments, provider adjustments and differences are rows, not titles and notes.
    """
    payments = answer["remittances"]
    made = [_payments(payments)] if to_file and payments else []
    made += [_payment_table(each) for each in payments]
    made += [_taken(payments), _differences(payments)] if to_file and payments else []
    made += [_sent_table(each) for each in answer["submissions"]]
    made += [acknowledgement_table(each) for each in answer["acknowledgements"]]
    made += [_segment_table(each) for each in answer["transactions"]]
    empty = Table(columns=PAID_COLUMNS, rows=(), empty="There is no transaction in it.")
    return tuple(made) or (empty,)


def adjustment_items(adjustments: Iterable[Content]) -> list[str]:
    """CAS triplets as people write them: ``CO-45 40.00``, ``PR-3 20.00``."""
    return [f"{a['group']}-{a['reason']} {a['amount']}" for a in adjustments]


def _of(payment: Content, kind: str) -> dict[str, Any]:
    """What every row of a payment begins with."""
    head = {key: payment[key] for key in ("file", "trace", "payer")}
    return {"row": kind, **head, "payment_date": payment["date"]}


def _payments(payments: Iterable[Content]) -> Table:
    """A row for each payment."""
    rows = [
        {
            **_of(each, "payment"),
            **{key: each[key] for key in ("payee", "method", "balanced")},
            "amount_paid": each["paid"],
            "claims": len(each["claims"]),
        }
        for each in payments
    ]
    return Table(title="Payments", sheet="Payments", columns=PAYMENT_COLUMNS, rows=rows)


def _taken(payments: Iterable[Content]) -> Table:
    """A row for each provider adjustment."""
    rows = [
        {**_of(payment, "provider adjustment"), **pair}
        for payment in payments
        for pair in payment["provider_adjustments"]
    ]
    sheet = "Provider adjustments"
    return Table(title=sheet, sheet=sheet, columns=TAKEN_COLUMNS, rows=rows)


def _differences(payments: Iterable[Content]) -> Table:
    """A row for each sum that does not add up."""
    rows = [
        {**_of(payment, "difference"), **found}
        for payment in payments
        for found in payment["differences"]
    ]
    return Table(title="Differences", sheet="Differences", columns=DIFFERENCE_COLUMNS, rows=rows)


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
    day = f"on {payment['date']}" if payment["date"] else "without a date"
    balanced = "balanced" if payment["balanced"] else "does not balance"
    return Table(
        title=f"Payment {payment['trace']} of {payment['payer']}: {payment['paid']} {day}, "
        f"{counted(len(payment['claims']), 'claim')}, {balanced}",
        sheet="Lines",
        columns=PAID_COLUMNS,
        rows=list(_paid_rows(payment)),
        notes=tuple(notes),
        empty="No claims in it.",
    )


def _paid_rows(payment: Content) -> Iterator[Row]:
    """A row per line; one for the claim where it has no lines or adjustments of its own.

    Charge and paid stand on the lines where there are any, so that the columns sum.
    """
    for claim in payment["claims"]:
        head = _of(payment, "line") | {
            "claim": claim["claim"],
            "payer_claim": claim["payer_claim"],
            "claim_status": claim["status"],
        }
        if claim["adjustments"] or not claim["lines"]:
            yield head | {
                "row": "claim",
                "code": "(claim)",
                **({} if claim["lines"] else {key: claim[key] for key in ("charge", "paid")}),
                "adjustments": adjustment_items(claim["adjustments"]),
                "remarks": claim["remarks"],
            }
        for line in claim["lines"]:
            yield head | {
                **{key: line[key] for key in ("date", "units", "charge", "paid", "control")},
                "code": " ".join((line["code"], *line["modifiers"])),
                "adjustments": adjustment_items(line["adjustments"]),
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
