"""``claimline thresholds``: eligibility figures entered, and where each patient's year stands."""

import sys
from typing import TYPE_CHECKING, Any, Final

import click

from claimline.cli.options import (
    book_option,
    format_option,
    ledger_option,
    may_show_patient,
    placed_identifiers,
    show_patient_option,
)
from claimline.errors import DONE, NEEDS_PERSON, WrongUsageError

if TYPE_CHECKING:
    from claimline.services.thresholds import Standing
    from reconcile.ledger import Ledger

KINDS: Final = ("PT+SLP", "OT", "deductible")
reason_option = click.option("--reason", default="", help="Why, if it needs a word; kept with it.")


@click.group()
def thresholds() -> None:
    r"""The yearly therapy thresholds of patients: enter eligibility figures, see who is near.

    A figure is what an eligibility answer says was used by all providers up to a day; claims sent
    since are added to it.

    \b
    Example:
      echo P-1042 | claimline thresholds set --bucket PT+SLP --amount 1234.56 --as-of 2026-03-01
      claimline thresholds show --practice practice.toml
    """


@thresholds.command("set")
@click.option(
    "--patient", default="", help="The practice's own number of the patient; else standard input."
)
@click.option(
    "--bucket",
    required=True,
    type=click.Choice(KINDS, case_sensitive=False),
    help="What the amount is of; deductible: what is left of the year's deductible.",
)
@click.option("--year", default="", help="Year of service; by default that of --as-of.")
@click.option("--amount", required=True, help="Dollars, as the eligibility answer says.")
@click.option("--as-of", required=True, help="The day of the eligibility answer: 2026-03-01.")
@click.option("--source", default="", help='Where it was read: "HETS 271", "MAC portal".')
@reason_option
@ledger_option
def set_figure(
    *,
    patient: str,
    bucket: str,
    year: str,
    amount: str,
    as_of: str,
    source: str,
    reason: str,
    ledger: str,
) -> int:
    r"""Enter what an eligibility answer says of a patient's year.

    The newest day counts; entering the same again changes nothing.

    \b
    Example:
      echo P-1042 | claimline thresholds set --bucket PT+SLP --amount 1234.56 \
        --as-of 2026-03-01 --source "HETS 271"
      echo P-1042 | claimline thresholds set --bucket deductible --amount 83.00 --as-of 2026-03-01
    """
    from claimline import settings
    from claimline.services.thresholds import figure, is_known, record, run_of

    given = {
        "patient": patient or _from_input(),
        "bucket": bucket,
        "year": year,
        "amount": amount,
        "as_of": as_of,
        "source": source,
    }
    entered = figure(given, today=settings.today(), user=settings.user())
    with _open(ledger) as opened:
        run = run_of("set", settings.now(), settings.user())
        new = record(opened, [entered], reason=reason, run=run)
        _say_if_made(opened)
        known = is_known(opened, entered.patient)
    of = f"{bucket} {entered.year}"
    done = "entered" if new else "known already, nothing changed"
    click.echo(f"{of}: {entered.amount} as of {entered.as_of}, {done}.")
    if not known:
        click.echo("claimline: no claim of this patient was sent yet: check the number", err=True)
    return DONE


@thresholds.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(), metavar="FILE...")
@reason_option
@ledger_option
def import_figures(files: tuple[str, ...], *, reason: str, ledger: str) -> int:
    r"""Enter the figures of a CSV file: patient, bucket, year, amount, as_of, source.

    A row that cannot be used is told with its number, the others go in; exit status 1 then.

    \b
    Example:
      claimline thresholds import eligibility.csv
    """
    from claimline import settings
    from claimline.files import content, each
    from claimline.render import show_problems
    from claimline.services.thresholds import read_file, record, run_of
    from edi.problem import Problem

    with _open(ledger) as opened:

        def work(name: str) -> int:
            found = read_file(name, content(name), today=settings.today(), user=settings.user())
            rows = list(found)
            problems = [row for row in rows if isinstance(row, Problem)]
            good = [row for row in rows if not isinstance(row, Problem)]
            run = run_of("import", settings.now(), settings.user())
            new = record(opened, good, reason=reason or f"imported from {_plain(name)}", run=run)
            show_problems(problems)
            known = len(good) - new
            click.echo(
                f"{_plain(name)}: {new} entered, {known} known already, {len(problems)} not usable."
            )
            return NEEDS_PERSON if problems else DONE

        status = each(files, work)
        _say_if_made(opened)
    return status


@thresholds.command("show")
@click.option("--practice", required=True, type=click.Path(), help="The practice file (TOML).")
@click.option("--year", type=int, default=None, help="Year of service; by default this year.")
@click.option("--all", "everyone", is_flag=True, help="Also patients far from the threshold.")
@book_option
@show_patient_option
@ledger_option
@format_option("table", "json", "csv", "xlsx")
def show_totals(
    *,
    practice: str,
    year: int | None,
    everyone: bool,
    test: bool | None,
    show_patient: bool,
    ledger: str,
    shape: str,
) -> int:
    r"""List the patients near or above the threshold: figure, its day, own claims since, left.

    \b
    Example:
      claimline thresholds show --practice practice.toml
      claimline thresholds show --practice practice.toml --all --format json
    """
    from zoneinfo import ZoneInfo

    from claimline import settings
    from claimline.render import Result, show
    from claimline.services.practice import load
    from claimline.services.thresholds import looked_at, standings
    from reconcile.ledger import open_ledger

    seen = show_patient and may_show_patient()
    made = load(practice)
    today = settings.now().astimezone(ZoneInfo(made.time_zone)).date()
    with open_ledger(settings.ledger_url(ledger)) as opened:
        usage = opened.book() if test is None else "T" if test else "P"
        found = standings(opened, made, year=year or today.year, usage=usage)
        told = [one for one in found if everyone or one.state != "under"]
        if seen:
            looked_at(opened, told, run_user=settings.user(), now=settings.now())
    rows = [_row(one, today) | ({"number": one.number} if seen else {}) for one in told]
    show(Result(data=[_data(row) for row in rows], tables=(_table(rows, len(found), seen),)), shape)
    return DONE


def _row(one: "Standing", today: Any) -> dict[str, Any]:
    total = one.total
    return {
        "patient": one.patient,
        "claim": one.claim,
        "year": one.year,
        "bucket": one.bucket,
        "state": one.state,
        "figure": total.figure,
        "as_of": total.as_of,
        "age_days": (today - total.as_of).days if total.as_of else None,
        "source": total.source,
        "own_since": total.own,
        "unknown_lines": total.unknown,
        "unknown_at_most": total.bound,
        "total": total.at_least,
        "threshold": one.threshold,
        "left": one.left,
        "left_at_least": one.left_at_least,
        "review": one.review,
    }


def _data(row: dict[str, Any]) -> dict[str, Any]:
    """A row as JSON: amounts are strings."""
    amounts = ("figure", "own_since", "unknown_at_most", "total", "threshold", "review")
    texts = (*amounts, "left", "left_at_least")
    return {
        key: str(value) if value is not None and (key in texts or key == "as_of") else value
        for key, value in row.items()
    }


def _table(rows: list[dict[str, Any]], known: int, seen: bool) -> Any:
    from claimline.render import Column, Table

    who = Column(key="number", title="Patient") if seen else Column(key="who", title="Last claim")
    columns = (
        who,
        Column(key="bucket", title="Bucket", kind="id"),
        Column(key="state", title="State"),
        Column(key="figure", title="Figure", kind="money"),
        Column(key="as_of", title="As of", kind="date"),
        Column(key="own_since", title="Own since", kind="money"),
        Column(key="total", title="Total", kind="money"),
        Column(key="left", title="Left", kind="money"),
        Column(key="review", title="Review", kind="money"),
        Column(key="note", title="note", place="below"),
    )
    return Table(
        columns=columns,
        rows=[row | {"note": "; ".join(notes(row)), "who": _who(row)} for row in rows],
        empty=f"Nobody is near the threshold ({known} looked at; --all lists them)."
        if known
        else "No figure is entered, and no claim was sent to a payer with thresholds.",
    )


def _who(row: dict[str, Any]) -> str:
    """The last claim, by which trace finds the patient; before the first one an opaque key."""
    return row["claim"] or f"none (key {row['patient'][:8]})"


def notes(row: dict[str, Any]) -> list[str]:
    """What a person must know beside the amounts."""
    from claimline.render import counted

    said = []
    if row["figure"] is None:
        said.append("no eligibility figure: other providers are not counted")
    elif row["age_days"]:
        source = f" ({row['source']})" if row["source"] else ""
        said.append(f"the figure{source} is {counted(row['age_days'], 'day')} old")
    if row["unknown_lines"]:
        lines = counted(row["unknown_lines"], "line")
        said.append(f"{lines} of unknown amount, {row['unknown_at_most']} at most")
        if row["left"] != row["left_at_least"]:
            said.append(f"left: {row['left_at_least']} to {row['left']}")
    if row["state"] == "no table":
        said.append(f"no threshold is known for {row['year']}")
    if row["state"] == "over review":
        said.append(f"over {row['review']}: claims may be picked for medical review")
    return said


def _from_input() -> str:
    """The patient's number from standard input.

    Raises:
        WrongUsageError: nothing stands there.
    """
    if sys.stdin is not None and sys.stdin.isatty():
        click.echo("The patient's number (end with Enter, then Ctrl-D):", err=True)
    found = next(placed_identifiers(["-"]), None)
    if found is None:
        raise WrongUsageError(
            "no patient was named", todo="give the number on standard input, or with --patient"
        )
    return found[1]


def _plain(name: str) -> str:
    """A file's own name: its folder may be a patient's."""
    from pathlib import Path

    return Path(name).name


def _open(ledger: str) -> "Ledger":
    """The ledger; made where there is none, which is then said."""
    from claimline import settings
    from reconcile.ledger import open_ledger

    return open_ledger(settings.ledger_url(ledger, make_folder=True), create=True)


def _say_if_made(opened: "Ledger") -> None:
    if opened.created:
        click.echo(f"A new ledger was made: {opened.place}", err=True)
