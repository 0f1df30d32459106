"""What a report says of itself: whose figures they are, of which book, days and payer."""

from typing import Final

from attrs import evolve

from claimline.render import Column, Table
from claimline.services.reports_cases import Question, Row

BOOK: Final = (
    Column(key="practice", title="Practice", place="file"),
    Column(key="book", title="Book", place="file"),
    Column(key="on", title="As of", kind="date", place="file"),
    Column(key="asked", title="Payer asked for", place="file"),
    Column(key="since", title="Service from", kind="date", place="file"),
    Column(key="until", title="Service until", kind="date", place="file"),
)
# Where a row has a day of its own called so.
OWN_SINCE: Final = (
    *(c for c in BOOK if c.key not in {"since", "until"}),
    Column(key="service_from", title="Service from", kind="date", place="file"),
    Column(key="service_until", title="Service until", kind="date", place="file"),
)


def book(question: Question) -> Row:
    """What a spreadsheet says in each row of where its figures are from."""
    since = question.since and question.since.isoformat()
    until = question.until and question.until.isoformat()
    return {
        "practice": question.practice.name if question.practice else None,
        "book": "test" if question.usage == "T" else "production",
        "on": question.on.isoformat(),
        "asked": question.payer or None,
        "since": since,
        "until": until,
        "service_from": since,
        "service_until": until,
    }


def span(question: Question) -> str:
    """Of which days and payer, in words, behind a title."""
    parts = [f"payer {question.payer}"] if question.payer else []
    parts += [f"service from {question.since}"] if question.since else []
    parts += [f"service until {question.until}"] if question.until else []
    parts += ["TEST BOOK"] if question.usage == "T" else []
    return f" ({', '.join([*parts, question.on.isoformat()])})"


def on_page(table: Table, question: Question) -> Table:
    """A table for paper: practice, period, book and day below its title, whatever they are."""
    since, until = question.since or "the first", question.until or "the last"
    asked = bool(question.since or question.until)
    parts = [
        question.practice.name if question.practice else "",
        f"payer {question.payer}" if question.payer else "all payers",
        f"days of service from {since} to {until}" if asked else "all days of service",
        "TEST BOOK" if question.usage == "T" else "production book",
        f"as of {question.on.isoformat()}",
    ]
    title = table.title.removesuffix(span(question))
    return evolve(table, title=f"{title}\n{', '.join(filter(None, parts))}")
