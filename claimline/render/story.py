"""The story of a claim as tables: sent, received, books, neighbours, next step."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from claimline.render.content import adjustment_items
from claimline.render.decided import decided_tables
from claimline.render.heard import heard_table
from claimline.render.life import life_table
from claimline.render.values import Column, Row, Table
from claimline.render.words import due_text
from claimline.services.trace import SEVERAL
from edi.claim import FREQUENCY_REPLACEMENT, FREQUENCY_VOID
from reconcile.turns import FIRST

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
    Column(key="evidence", title="shown by", place="below"),
)
PAYMENT_COLUMNS = (
    Column(key="trace", title="Payment", kind="id"),
    Column(key="date", title="Date", kind="date"),
    Column(key="payer", title="Payer"),
    Column(key="paid", title="Amount", kind="money"),
    Column(key="claim_count", title="Claims", kind="number"),
    Column(key="state", title="State", kind="id"),
    Column(key="why", title="why", place="below"),
    Column(key="sums", title="sums", place="below"),
    Column(key="taken", title="PLB", kind="list", place="below"),
    Column(key="file", title="file", kind="id", place="below"),
)
RECEIVED_COLUMNS = (
    Column(key="number", title="No", kind="number"),
    Column(key="procedure", title="Code", kind="id"),
    Column(key="paid", title="Paid", kind="money"),
    Column(key="adjustments", title="Adjustments", kind="list"),
    Column(key="remarks", title="Remarks", kind="list"),
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
    Column(key="transferred", title="Moved", kind="money"),
    Column(key="other", title="Other", kind="money"),
    Column(key="not_explained", title="Not explained", kind="money"),
    Column(key="open", title="Open", kind="money"),
    Column(key="flags", title="flags", place="below"),
    Column(key="payment", title="payment", kind="list", place="below"),
)
NOT_AS_EXPECTED = frozenset({"underpaid", "overpaid", "does not balance"})
ON_THE_WAY = frozenset({"ready", "sent", "received", "accepted"})  # somebody else is to act
SELDOM = ("transferred", "other", "not_explained")
OWES_COLUMNS = (
    Column(key="due", title="Due now", kind="money"),
    Column(key="later", title="Later", kind="money"),
    Column(key="check", title="To be checked", kind="money"),
    Column(key="credit", title="Credit", kind="money"),
    Column(key="because", title="because", kind="list", place="below"),
    Column(key="not_yet", title="not yet", kind="list", place="below"),
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

CONCERN_COLUMNS = (
    Column(key="line", title="Line"),
    Column(key="cause", title="What", place="below"),
    Column(key="next_step", title="next", place="below"),
    Column(key="never", title="never", place="below"),
)
CORRECTION_COLUMNS = (
    Column(key="at", title="When", kind="id"),
    Column(key="by", title="Who"),
    Column(key="road", title="Road"),
    Column(key="made", title="made", kind="id", place="below"),
    Column(key="reason", title="because", place="below"),
)
KEPT_COLUMNS = (
    Column(key="date", title="Date", kind="date"),
    Column(key="trace", title="Payment", kind="id"),
    Column(key="payer", title="Payer"),
    Column(key="state", title="State"),
    Column(key="charge", title="Charge", kind="money"),
    Column(key="paid", title="Paid", kind="money"),
    Column(key="why", title="because", place="below"),
    Column(key="next_step", title="next", place="below"),
)

UNMATCHED_COLUMNS = (
    Column(key="claim", title="Claim", kind="id"),
    Column(key="payer", title="Payer"),
    Column(key="payer_claim", title="Payer's number", kind="id"),
    Column(key="trace", title="Payment", kind="id"),
    Column(key="procedures", title="Codes", kind="list"),
    Column(key="lines_units", title="Units", kind="list"),
    Column(key="billed", title="Billed", kind="money"),
    Column(key="paid", title="Paid", kind="money"),
    Column(key="cause", title="because", place="below"),
    Column(key="candidates", title="may be", place="below"),
    Column(key="next_step", title="next", place="below"),
    Column(key="never", title="never", place="below"),
)


def stories(answers: Iterable[Content], *, segments: bool = False) -> Iterator[Table]:
    """All tables of all identifiers; a claim is told once.

    Args:
        answers: of ``trace``, one for each identifier.
        segments: the segments of each claim as sent, at the end.
    """
    told: dict[tuple[str, str], Content] = {}  # a void may have its claim's number
    for answer in answers:
        claims = answer["claims"]
        yield from _payment_tables(answer)
        if len(claims) > SEVERAL or (answer["payments"] and len(claims) > 1):
            yield _list(answer)
        if len(claims) > SEVERAL:
            continue
        for claim in claims:
            key = (claim["claim"], claim["frequency"])
            if key in told:
                title = f"Claim {claim['claim']} (found by {answer['found_by']}) is told above"
                yield Table(columns=(), rows=(), title=title)
                continue
            told[key] = claim
            yield from _story(claim, answer["found_by"])
    for claim in told.values():
        if "decided" in claim:
            yield from decided_tables(claim["decided"], f"How claim {claim['claim']} came about")
        if segments and claim["sent"]["segments"]:
            title = f"Claim {claim['claim']} as sent"
            yield Table(title=title, columns=(), rows=(), notes=tuple(claim["sent"]["segments"]))


def _payment_tables(answer: Content) -> Iterator[Table]:
    """The payments of a check or EFT number, and what of them fits no claim."""
    if answer["payments"]:
        yield Table(
            title="Payment",
            columns=PAYMENT_COLUMNS,
            rows=[_payment(each) for each in answer["payments"]],
        )
    if answer["unmatched"]:
        yield Table(
            title="Payments that fit no claim of ours",
            columns=UNMATCHED_COLUMNS,
            rows=answer["unmatched"],
        )


def _payment(given: Content) -> Row:
    """One payment with what its sums are and what was taken from it."""
    sums = ""
    if given["claims_paid"] is not None:
        sums = f"claims {given['claims_paid']}, provider adjustments {given['provider_adjusted']}"
        if given["difference"] not in {None, "0.00"}:
            sums += f", does not add up by {given['difference']}"
    taken = [f"{a['reason']} {a['reference']} {a['amount']}" for a in given["provider_adjustments"]]
    return {**given, "sums": sums, "taken": taken}


def _list(answer: Content) -> Table:
    """The claims of an identifier, a line each."""
    claims = answer["claims"]
    first = "The first " if answer["more"] else ""
    many = len(claims) > SEVERAL
    return Table(
        title=f"{first}{len(claims)} claims by {answer['found_by']}",
        columns=LIST_COLUMNS,
        rows=[{**c, "states": sorted({b["status"] for b in c["books"]})} for c in claims],
        notes=("claimline trace CLAIM tells the story of one.",) if many else (),
    )


def _story(claim: Content, found_by: str) -> Iterator[Table]:
    """The chapters of one claim, in the order in which they are told."""
    lines = {line["line"]: line for line in claim["sent"]["lines"]}
    yield _sent(claim, found_by)
    said = heard_table(claim)
    if said is not None:
        yield said
    if claim["history"]:
        yield life_table(claim)
    if claim["follows"]:
        words = f"Answers and money stand on the lines of claim {claim['follows']}"
        yield Table(columns=(), rows=(), title=words)
        return
    kept = claim["kept"]
    empty = "Nothing that is on the books." if kept else "Nothing yet."
    yield from _received(claim["received"], lines, empty)
    if kept:
        yield Table(title="Kept, not on the books", columns=KEPT_COLUMNS, rows=kept)
    yield Table(
        title="Where each line stands",
        columns=BOOK_COLUMNS,
        rows=list(_book_rows(claim["books"], lines)),
        notes=_notes(claim["books"]),
    )
    if claim["received"] or claim["patient_owes"]["not_yet"]:
        yield _owes(claim["patient_owes"])
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
    if claim["corrections"]:
        yield Table(title="Corrections", columns=CORRECTION_COLUMNS, rows=claim["corrections"])
    if claim["concerns"]:
        yield Table(
            title="To be looked at",
            columns=CONCERN_COLUMNS,
            rows=[{**row, "line": _place(row, lines)} for row in claim["concerns"]],
        )
    if claim["next"] or not claim["concerns"]:
        yield Table(
            title="Next",
            columns=NEXT_COLUMNS,
            rows=[_todo(row) for row in claim["next"]],
            empty=_nothing_next(claim),
        )


def _owes(given: Content) -> Table:
    """What the patient owes for the claim now; amounts of 0 but the first are left out."""
    shown = {"due": given["due"]} | {
        key: given[key] for key in ("later", "check", "credit") if given[key] != "0.00"
    }
    return Table(
        title="What the patient owes",
        columns=tuple(c for c in OWES_COLUMNS if c.place == "below" or c.key in shown),
        rows=[given],
    )


def _place(concern: Content, lines: Mapping[str, Content]) -> str:
    """Number and code of the line a concern is of, or that it is the whole claim."""
    line = lines.get(concern["line"])
    return f"{line['number']} {procedure(line)}" if line else "(claim)"


KEPT_WORDS = "See what is kept: it is not on the books."


def _nothing_next(claim: Content) -> str:
    """What to say where no line has a next step."""
    now = claim["state"]
    if now is not None and now["state"] == "accepted" and now["waits_for_you"]:
        return str(now["todo"])  # answered, and not decided
    if claim["kept"]:
        cut = any(one["state"] == "incomplete" for one in claim["kept"])
        words = str(now["todo"]) if cut and now is not None else ""
        return f"{words[:1].upper()}{words[1:]}." if words.startswith("its") else KEPT_WORDS
    if not claim["received"]:
        said = claim["acknowledged"]["next_step"]
        if said:
            return f"{said[:1].upper()}{said[1:]}."
        waits = now is None or now["state"] in ON_THE_WAY
        return "Wait for the payer's answer." if waits else str(now["todo"])
    flagged = any(book["flags"] or book["open"] != "0.00" for book in claim["books"])
    words = "No line is denied, reduced or taken back"
    if any(book["judged"] in NOT_AS_EXPECTED for book in claim["books"]):
        return f"{words}; a payment is not as expected: ask the payer, with the terms at hand."
    return (
        f"{words}; see the flags." if flagged else f"Nothing to do: {words[0].lower()}{words[1:]}."
    )


def procedure(line: Content) -> str:
    """Code and modifiers."""
    return " ".join((line["code"], *line["modifiers"]))


def _sent(claim: Content, found_by: str) -> Table:
    """What was sent: the claim's head and its lines."""
    sent = claim["sent"]
    patient = ", ".join(value for value in claim["patient"].values() if value)
    references = ", ".join(f"{key} {value}" for key, value in sent["references"].items())
    where = f"as in claim {claim['follows']}" if claim["follows"] else "sent elsewhere"
    where = "as in the claim it voids" if claim["frequency"] == FREQUENCY_VOID else where
    notes = [f"Patient: {patient}", f"Visits: {', '.join(sent['visits']) or where}"]
    notes += [f"References: {references}"] if references else []
    notes += [f"Warned: {text}" for text in sent["warnings"]]
    book = f"{_kind(claim)}{'test, ' if sent['usage'] == 'T' else ''}"
    return Table(
        title=f"Claim {claim['claim']} ({book}found by {found_by}) to {claim['payer']}, "
        f"{claim['date']}, {claim['charge']}\nWhat was sent, in {sent['file']}, {sent['at']}",
        columns=SENT_COLUMNS,
        rows=[{**line, "procedure": procedure(line)} for line in sent["lines"]],
        notes=tuple(notes),
    )


def _kind(claim: Content) -> str:
    """What a claim is that is no first one: a void has the number of the claim it voids."""
    if claim["frequency"] == FREQUENCY_VOID:
        return "its void, "
    if claim["frequency"] == FREQUENCY_REPLACEMENT:
        return f"replacement of {claim['family']}, "
    is_anew = claim["family"] != claim["claim"] and claim["payer_rank"] == FIRST
    return f"new claim in place of {claim['family']}, " if is_anew else ""


def _received(
    answers: Sequence[Content], lines: Mapping[str, Content], empty: str
) -> Iterator[Table]:
    """A table for each answer; a code's words stand under the first that has it."""
    if not answers:
        yield Table(title="What came back", columns=RECEIVED_COLUMNS, rows=(), empty=empty)
    told: set[str] = set()
    for number, answer in enumerate(answers, 1):
        new = {c: words for c, words in answer["meanings"].items() if c not in told}
        told |= new.keys()
        yield Table(
            title=_answer_title(answer, "What came back\n" if number == 1 else ""),
            columns=RECEIVED_COLUMNS,
            rows=list(_answer_rows(answer, lines)),
            notes=tuple(f"  {c}: {words}" for c, words in new.items()),
        )


def _answer_title(answer: Content, head: str) -> str:
    """Which payment an answer came with, what it says, how it was matched."""
    by = sorted({share["matched_by"] for share in answer["lines"]})
    lines = f", lines by {' and '.join(by)}" if by else ""
    number = f" as {answer['payer_claim']}" if answer["payer_claim"] else ""
    status = f"status {answer['status']} {answer['status_words']}".strip()
    return (
        f"{head}{answer['date']}, payment {answer['trace']} of {answer['payer_name']}{number}: "
        f"{status}, {answer['paid']} of {answer['charge']}\n"
        f"Claim matched by {answer['matched_by']}{lines}"
        + "".join(f"\n{one}" for one in answer["by_hand"])
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


def _book_rows(books: Sequence[Content], lines: Mapping[str, Content]) -> Iterator[Row]:
    """A line's books beside its number and code; sums that are 0 on every line are left out.

    Charge is the sum of all the others, so none of them may be missing.
    """
    without = [key for key in SELDOM if all(book[key] == "0.00" for book in books)]
    for book in books:
        line = lines[book["line"]]
        left_out = dict.fromkeys(without, "")
        yield {
            **book,
            **left_out,
            "number": line["number"],
            "procedure": procedure(line),
            "payment": _payment_words(book),
        }


def _payment_words(book: Content) -> list[str]:
    """Whether a line was paid as expected, with the arithmetic; nothing where nothing was."""
    if book["judged"] in {None, "no expectation"}:
        return []
    return [book["judged_words"], *book["judged_why"]]


def _notes(books: Sequence[Content]) -> tuple[str, ...]:
    """What the patient has to get back, and what a later payer says of an earlier one."""
    told = (("patient_credit", "Patient credit"), ("prior_payer", "Prior payer (in no sum)"))
    return tuple(
        f"{words}: {book[key]}" for key, words in told for book in books if book[key] != "0.00"
    )


def _taken(receivables: Sequence[Content]) -> Iterator[Row]:
    """A row per PLB pair."""
    for each in receivables:
        for entry in each["entries"]:
            yield {**entry, "reference": each["reference"], "state": each["state"]}


def _todo(row: Content) -> Row:
    """What to do about a line."""
    sure = f"{row['confidence']} ({row['rule']})" if row.get("rule") else row["confidence"]
    return {**row, "procedure": procedure(row), "due": due_text(row), "how_sure": sure}
