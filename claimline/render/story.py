"""The story of a claim as tables: sent, received, books, neighbours, next step."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from claimline.render.content import adjustment_items
from claimline.render.values import Column, Row, Table
from claimline.services.trace import SEVERAL

Content = Mapping[str, Any]
LIST_COLUMNS = (
    Column(key="claim", title="Claim", kind="id"),
    Column(key="date", title="Date", kind="date"),
    Column(key="payer", title="Payer"),
    Column(key="charge", title="Charge", kind="money"),
    Column(key="states", title="Lines"),
)
SENT_COLUMNS = (
    Column(key="number", title="No", kind="number"),
    Column(key="procedure", title="Code", kind="id"),
    Column(key="therapist_minutes", title="Therapist", kind="number"),
    Column(key="assistant_minutes", title="Assistant", kind="number"),
    Column(key="units", title="Units", kind="number"),
    Column(key="charge", title="Charge", kind="money"),
    Column(key="line", title="Line control number", kind="id"),
    Column(key="because", title="because", place="below"),
    Column(key="evidence", title="shown by", place="below"),
)
RECEIVED_COLUMNS = (
    Column(key="number", title="No", kind="number"),
    Column(key="procedure", title="Code", kind="id"),
    Column(key="paid", title="Paid", kind="money"),
    Column(key="adjustments", title="Adjustments"),
    Column(key="remarks", title="Remarks"),
)
BOOK_COLUMNS = (
    Column(key="number", title="No", kind="number"),
    Column(key="procedure", title="Code", kind="id"),
    Column(key="status", title="State", kind="id"),
    Column(key="charge", title="Charge", kind="money"),
    Column(key="paid", title="Paid", kind="money"),
    Column(key="contractual", title="Contract", kind="money"),
    Column(key="patient", title="Patient", kind="money"),
    Column(key="denied", title="Denied", kind="money"),
    Column(key="open", title="Open", kind="money"),
    Column(key="flags", title="Flags"),
)
NEAR_COLUMNS = (
    Column(key="claim", title="Claim", kind="id"),
    Column(key="procedure", title="Code", kind="id"),
    Column(key="units", title="Units", kind="number"),
    Column(key="charge", title="Charge", kind="money"),
)
TAKEN_COLUMNS = (
    Column(key="date", title="Date", kind="date"),
    Column(key="trace", title="Payment", kind="id"),
    Column(key="reason", title="PLB", kind="id"),
    Column(key="reference", title="Reference", kind="id"),
    Column(key="amount", title="Amount", kind="money"),
    Column(key="state", title="State"),
)
NEXT_COLUMNS = (
    Column(key="procedure", title="Code", kind="id"),
    Column(key="status", title="State", kind="id"),
    Column(key="billed", title="Billed", kind="money"),
    Column(key="paid", title="Paid", kind="money"),
    Column(key="cause", title="because", place="below"),
    Column(key="next_step", title="next", place="below"),
    Column(key="never", title="never", place="below"),
    Column(key="due", title="deadline", place="below"),
    Column(key="how_sure", title="how sure", place="below"),
)


UNMATCHED_COLUMNS = (
    Column(key="claim", title="Claim", kind="id"),
    Column(key="payer", title="Payer"),
    Column(key="trace", title="Payment", kind="id"),
    Column(key="procedure", title="Codes"),
    Column(key="billed", title="Billed", kind="money"),
    Column(key="paid", title="Paid", kind="money"),
    Column(key="cause", title="because", place="below"),
    Column(key="candidates", title="may be", place="below"),
    Column(key="next_step", title="next", place="below"),
    Column(key="never", title="never", place="below"),
)


def story_tables(answer: Content) -> Iterator[Table]:
    """All tables of one identifier; a list where it leads to many claims."""
    claims = answer["claims"]
    if answer["unmatched"]:
        yield Table(
            title="Payments that fit no claim of ours",
            columns=UNMATCHED_COLUMNS,
            rows=[{**row, "procedure": procedure(row)} for row in answer["unmatched"]],
        )
    if len(claims) > SEVERAL:
        first = "The first " if answer["more"] else ""
        yield Table(
            title=f"{first}{len(claims)} claims by {answer['found_by']}",
            columns=LIST_COLUMNS,
            rows=[{**c, "states": sorted({b["status"] for b in c["books"]})} for c in claims],
            notes=("claimline trace CLAIM tells the story of one.",),
        )
        return
    for claim in claims:
        yield from _story(claim, answer["found_by"])


def _story(claim: Content, found_by: str) -> Iterator[Table]:
    """The chapters of one claim, in the order in which they are told."""
    lines = {line["line"]: line for line in claim["sent"]["lines"]}
    yield _sent(claim, found_by)
    yield from _received(claim["received"], lines)
    yield Table(
        title="Where each line stands",
        columns=BOOK_COLUMNS,
        rows=[_with_line(book, lines) for book in claim["books"]],
        notes=_credit(claim["books"]),
    )
    yield Table(
        title="Other lines of the patient on these days",
        columns=NEAR_COLUMNS,
        rows=[{**line, "procedure": procedure(line)} for line in claim["neighbours"]],
        empty="None.",
    )
    if claim["provider_adjustments"]:
        yield Table(
            title="Provider adjustments that name this claim (on no claim, a hint)",
            columns=TAKEN_COLUMNS,
            rows=list(_taken(claim["provider_adjustments"])),
        )
    yield Table(
        title="Next",
        columns=NEXT_COLUMNS,
        rows=[_todo(row) for row in claim["next"]],
        empty="Nothing to do: no line is denied, reduced or taken back."
        if claim["received"]
        else "Wait for the payer's answer.",
    )


def procedure(line: Content) -> str:
    """Code and modifiers."""
    return " ".join((line["code"], *line["modifiers"]))


def _sent(claim: Content, found_by: str) -> Table:
    """What was sent: the claim's head, its lines with their reasons, the segments."""
    sent = claim["sent"]
    patient = ", ".join(value for value in claim["patient"].values() if value)
    references = ", ".join(f"{key} {value}" for key, value in sent["references"].items())
    notes = [f"Patient: {patient}", f"Visits: {', '.join(sent['visits']) or 'sent elsewhere'}"]
    notes += [f"References: {references}"] if references else []
    notes += [f"Decided: {text}" for text in sent["because"]]
    notes += [f"By: {', '.join(sent['versions'])}"] if sent["versions"] else []
    notes += [f"Warned: {text}" for text in sent["warnings"]]
    notes += ["As sent:", *(f"  {text}" for text in sent["segments"])] if sent["segments"] else []
    book = "test, " if sent["usage"] == "T" else ""
    return Table(
        title=f"Claim {claim['claim']} ({book}found by {found_by}) to {claim['payer']}, "
        f"{claim['date']}, {claim['charge']}\nWhat was sent, in {sent['file']}, {sent['at']}",
        columns=SENT_COLUMNS,
        rows=[{**line, "procedure": procedure(line)} for line in sent["lines"]],
        notes=tuple(notes),
    )


def _received(answers: Sequence[Content], lines: Mapping[str, Content]) -> Iterator[Table]:
    """A table for each answer; the codes' words stand under the last."""
    if not answers:
        yield Table(title="What came back", columns=RECEIVED_COLUMNS, rows=(), empty="Nothing yet.")
    meanings = {code: words for answer in answers for code, words in answer["meanings"].items()}
    for number, answer in enumerate(answers, 1):
        last = number == len(answers)
        yield Table(
            title=_answer_title(answer, "What came back\n" if number == 1 else ""),
            columns=RECEIVED_COLUMNS,
            rows=list(_answer_rows(answer, lines)),
            notes=tuple(f"  {c}: {words}" for c, words in meanings.items()) if last else (),
        )


def _answer_title(answer: Content, head: str) -> str:
    """Which payment an answer came with, what it says, how it was matched."""
    by = sorted({share["matched_by"] for share in answer["lines"]})
    lines = f", lines by {' and '.join(by)}" if by else ""
    number = f" as {answer['payer_claim']}" if answer["payer_claim"] else ""
    status = f"status {answer['status']} {answer['status_words']}".strip()
    return (
        f"{head}{answer['date']}, payment {answer['trace']} of {answer['payer']}{number}: "
        f"{status}, {answer['paid']} of {answer['charge']}\n"
        f"Claim matched by {answer['matched_by']}{lines}"
    )


def _answer_rows(answer: Content, lines: Mapping[str, Content]) -> Iterator[Row]:
    """A row per line; one for the claim where the answer names no line."""
    if not answer["lines"]:
        yield {"procedure": "(claim)", "paid": answer["paid"], "remarks": answer["remarks"]}
    for share in answer["lines"]:
        yield {
            "number": lines.get(share["line"], {}).get("number"),
            "procedure": procedure(share),
            "paid": share["paid"],
            "adjustments": adjustment_items(share["adjustments"]),
            "remarks": [*share["remarks"], *answer["remarks"]],
        }


def _with_line(book: Content, lines: Mapping[str, Content]) -> Row:
    """A line's books beside its number and code."""
    line = lines[book["line"]]
    return {**book, "number": line["number"], "procedure": procedure(line)}


def _credit(books: Sequence[Content]) -> tuple[str, ...]:
    """What the patient has to get back."""
    owed = [book["patient_credit"] for book in books if book["patient_credit"] != "0.00"]
    return tuple(f"Patient credit: {amount}" for amount in owed)


def _taken(receivables: Sequence[Content]) -> Iterator[Row]:
    """A row per PLB pair."""
    for each in receivables:
        for entry in each["entries"]:
            yield {**entry, "reference": each["reference"], "state": each["state"]}


def _todo(row: Content) -> Row:
    """What to do about a line."""
    due = f"{row['deadline']} ({row['deadline_source']})" if row["deadline"] else ""
    sure = f"{row['confidence']} ({row['rule']})" if row.get("rule") else row["confidence"]
    return {**row, "procedure": procedure(row), "due": due, "how_sure": sure}
