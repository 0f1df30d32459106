"""``claimline report``: how the practice stands with its payers and patients."""

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click
from attrs import evolve, frozen

from claimline.cli.options import (
    DAY,
    book_option,
    format_option,
    ledger_option,
    may_show_patient,
    output_option,
    practice_option,
    show_patient_option,
)
from claimline.errors import DONE, WrongUsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from claimline.render import Column, Result, Table
    from claimline.services.reports import Figures
    from claimline.services.reports_cases import Question, Row
    from claimline.services.reports_lists import Sums
    from reconcile.ledger import Ledger

R = TypeVar("R", bound=Mapping[str, Any])
NAMES: Final = (
    "summary", "aging", "denials", "first-pass", "days-to-pay", "lines", "unmatched", "patients",
    "drift",
)  # fmt: skip
GROUPED: Final = frozenset({"summary", "aging", "denials", "first-pass", "days-to-pay"})
DATED: Final = frozenset({"aging", "days-to-pay"})
WAYS: Final = ("payer", "code", "provider", "location", "month")


@click.command()
@click.argument("name", type=click.Choice(NAMES))
@click.option("--by", type=click.Choice(WAYS), help="Group the figures. [default: payer]")
@click.option(
    "--kind",
    type=click.Choice(("denied", "adjusted", "deductible", "all")),
    help="Which lines report lines lists. [default: denied]",
)
@click.option(
    "--from",
    "counted_from",
    type=click.Choice(("service", "sent")),
    help="Count the days of aging and days-to-pay from here. [default: aging from service, "
    "days-to-pay from sent]",
)
@click.option("--payer", default="", metavar="NAME", help="Key, id or part of the name.")
@click.option("--since", type=DAY, help="First day of service.")
@click.option("--until", type=DAY, help="Last day of service.")
@click.option(
    "--least",
    type=click.IntRange(min=1),
    help="drift: lines that must have been answered before and since. [default: 20]",
)
@click.option(
    "--sort",
    default="",
    metavar="COLUMN",
    help="By this column, its title or its name in a CSV; -COLUMN: the greatest first.",
)
@show_patient_option
@practice_option
@book_option
@ledger_option
@format_option("table", "json", "csv", "xlsx", "html")
@output_option
def report(
    *,
    name: str,
    by: str | None,
    kind: str | None,
    counted_from: str | None,
    payer: str,
    since: dt.datetime | None,
    until: dt.datetime | None,
    least: int | None,
    sort: str,
    show_patient: bool,
    practice: str,
    test: bool | None,
    ledger: str,
    shape: str,
    output: Path | None,
) -> int:
    r"""Print a report: how the practice stands with its payers and patients.

    \b
    summary      what became of everything billed, to the cent
    aging        what payers have not decided, by age
    denials      denied lines and money
    first-pass   claims that went through at the first try
    days-to-pay  days until the money came
    lines        denied, adjusted or deductible lines (--kind)
    unmatched    payments that fit no claim of ours
    patients     what patients owe, and why
    drift        what payers do differently than before

    The first five are grouped (--by). What each figure is counted from: docs/reports.md. Patients
    are named on a terminal only, with --show-patient; each is recorded as looked at.

    \b
    Example:
      claimline report denials --by code --since 2026-01-01 --output denials.xlsx
      claimline report aging --sort -over_120
      claimline report lines --kind deductible --payer aetna
    """
    from claimline import settings
    from claimline.render import show
    from claimline.services.collector import rarely_collected
    from claimline.services.payers_asked import meant
    from claimline.services.practice import load
    from claimline.services.reports_cases import Question
    from reconcile.ledger import open_ledger

    _check(name, by=by, kind=kind, counted_from=counted_from, least=least, show=show_patient)
    _check_days(since, until)
    known = load(practice) if practice else None
    with open_ledger(settings.ledger_url(ledger)) as opened, rarely_collected():
        usage = opened.book() if test is None else "T" if test else "P"
        question = Question(
            on=settings.today(),
            usage=usage,
            by=by or "payer",  # type: ignore[arg-type]  # one of WAYS, says click
            payer=payer.strip(),
            meant=meant(opened, usage, payer),
            since=since.date() if since else None,
            until=until.date() if until else None,
            counted_from=counted_from,  # type: ignore[arg-type]  # one of two, says click
            least=least or 20,
            zone=_zone(known),
            practice=known,
        )
        seen = show_patient and may_show_patient(output)
        asked = _Asked(question=question, shape=shape, kind=kind, seen=seen, sort=sort)
        show(_result(name, opened, asked), shape, output)
    return DONE


def _check(
    name: str,
    *,
    by: str | None,
    kind: str | None,
    counted_from: str | None,
    least: int | None,
    show: bool,
) -> None:
    """Options that a report does not have.

    Raises:
        WrongUsageError: one is given.
    """
    wrong = [
        ("--by", by is not None and name not in GROUPED),
        ("--kind", kind is not None and name != "lines"),
        ("--from", counted_from is not None and name not in DATED),
        ("--least", least is not None and name != "drift"),
        ("--show-patient", show and name != "patients"),
    ]
    for option, is_wrong in wrong:
        if is_wrong:
            raise WrongUsageError(
                f"report {name} has no {option}", todo="claimline report --help says which have it"
            )


def _check_days(since: dt.datetime | None, until: dt.datetime | None) -> None:
    """Refuse days in the wrong order.

    Raises:
        WrongUsageError: the first lies behind the last.
    """
    if since and until and since > until:
        raise WrongUsageError(f"--since {since.date()} is later than --until {until.date()}")


def _zone(practice: Any) -> dt.tzinfo:
    """The time zone that decides which day it was: the practice's, else this computer's."""
    from zoneinfo import ZoneInfo

    from claimline import settings

    return ZoneInfo(practice.time_zone) if practice else settings.now().tzinfo or dt.UTC


@frozen(kw_only=True)
class _Asked:
    """What is asked, and how it is to be shown."""

    question: "Question"
    shape: str
    kind: str | None
    seen: bool  # patients are named
    sort: str

    def order(self, rows: "Iterable[R]", columns: "Sequence[Column]") -> "Iterable[R]":
        """The rows as asked for."""
        from claimline.render.sorting import order_of

        return order_of(self.sort, columns).of(rows) if self.sort else rows

    def page(self, table: "Table") -> "Table":
        """The table, as it stands on paper where it is meant for paper."""
        from claimline.services.reports_pages import on_page

        return on_page(table, self.question) if self.shape in {"html", "xlsx"} else table


def _result(name: str, ledger: "Ledger", asked: _Asked) -> "Result":
    from claimline.render import Result
    from claimline.services import reports
    from claimline.services.reports_tables import drift_row, drift_table

    figures: dict[str, Callable[[Ledger, Question], Figures]] = {
        "summary": reports.summary,
        "aging": reports.aging,
        "denials": reports.denials,
        "first-pass": reports.first_pass,
        "days-to-pay": reports.days_to_pay,
    }
    question = asked.question
    if name in figures:
        return _figures(name, figures[name](ledger, question), asked)
    if name == "drift":
        changes = reports.drift(ledger, question)
        rows = [drift_row(one) for one in changes]
        table = drift_table(changes, question)
        return Result(
            data={
                "report": name,
                **_about(question),
                "rows": asked.order(rows, table.columns),
            },
            tables=(asked.page(evolve(table, rows=asked.order(table.rows, table.columns))),),
        )
    return _listed(name, ledger, asked)


def _figures(name: str, found: "Figures", asked: _Asked) -> "Result":
    """A report with a row for each group."""
    from claimline.render import Result
    from claimline.services.reports_tables import figures_table, later_table

    question = asked.question
    columns = figures_table(name, found, question).columns
    found = evolve(found, rows=tuple(asked.order(found.rows, columns)))
    data = {"report": name, "by": question.by, **_about(question)}
    data |= {"rows": list(found.rows), "total": found.total, **found.more}
    tables = [figures_table(name, found, question)]
    if found.later is not None:
        later = evolve(found.later, rows=tuple(asked.order(found.later.rows, columns)))
        data["later_payers"] = {"rows": list(later.rows), "total": later.total}
        tables.append(later_table(later, question))
    return Result(data=data, tables=tuple(map(asked.page, tables)))


def _about(question: "Question") -> dict[str, Any]:
    """What was asked, for programs."""
    return {
        "practice": question.practice.name if question.practice else None,
        "usage": question.usage,
        "on": question.on,
        "since": question.since,
        "until": question.until,
    }


def _listed(name: str, ledger: "Ledger", asked: _Asked) -> "Result":
    """A list: written row by row but for people at a terminal, whose columns must fit."""
    from claimline.render import Result
    from claimline.services import reports_lists as lists
    from claimline.services import reports_tables as tables
    from claimline.services.reports_pages import BOOK

    rows: Iterable[Row]
    made: tuple[Table, Sums]
    question = asked.question
    if name == "lines":
        chosen: Any = asked.kind or "denied"
        rows = asked.order(lists.lines(ledger, question, chosen), (*tables.LINES, *BOOK))
        made = tables.lines_table(rows, chosen, question)
    elif name == "unmatched":
        rows = asked.order(lists.unmatched(ledger, question), (*tables.UNMATCHED, *BOOK))
        made = tables.unmatched_table(rows, question)
    else:
        found = lists.patients(ledger, question, _viewer() if asked.seen else None)
        rows = asked.order(found, (*tables.PATIENTS, *BOOK))
        made = tables.patients_table(rows, question, named=asked.seen)
    if asked.shape == "json":
        return Result(data=iter(rows))
    table = tables.finished(made) if asked.shape == "table" else made[0]
    return Result(data=None, tables=(asked.page(table),))


def _viewer() -> Any:
    from claimline import settings
    from claimline.services.reports_lists import Viewer

    return Viewer(user=settings.user(), now=settings.now())
