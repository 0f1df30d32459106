"""``claimline proof``: does the ledger close."""

import datetime as dt
from pathlib import Path

import click

from claimline.cli.options import (
    DAY,
    book_option,
    format_option,
    ledger_option,
    output_option,
    practice_option,
)
from claimline.errors import DONE, NEEDS_PERSON, WrongUsageError


@click.command()
@click.option(
    "--accept",
    "accepted",
    multiple=True,
    metavar="NUMBER",
    help="Accept the difference of this claim, line or payment, which the payer will not mend: "
    "it is listed, and not added up.",
)
@click.option("--undo", is_flag=True, help="With --accept: take that back.")
@click.option("--reason", default="", help="With --accept: why. It is kept with your name.")
@click.option("--as-of", "day", type=DAY, help="The books as they were known on that day.")
@book_option
@practice_option
@ledger_option
@format_option("table", "json", "csv", "xlsx")
@output_option
def proof(
    *,
    accepted: tuple[str, ...],
    undo: bool,
    reason: str,
    day: dt.datetime | None,
    test: bool | None,
    practice: str,
    ledger: str,
    shape: str,
    output: Path | None,
) -> int:
    r"""Prove that the books close: each equation with both sides, and what is not equal by name.

    Every claim sent is in one state, every line closes, every cent of every remittance has a place.
    Exit status 1 where anything is not equal, or a payer's figures leave a cent unexplained that
    nobody accepted.

    --as-of makes the books again from what was recorded up to the end of that day, in the time zone
    of --practice, else UTC.

    \b
    Example:
      claimline proof
      claimline proof --accept CP7K2MWQ4XTRB9DEF --reason "no correction: call 4411"
    """
    from claimline import __version__, settings
    from claimline.render import Result, counted, show
    from claimline.services import proof as service
    from claimline.services.again import books_of
    from reconcile.ledger import Run, open_ledger

    if (undo or reason) and not accepted:
        raise WrongUsageError("--undo and --reason belong to --accept NUMBER")
    if accepted and day:
        raise WrongUsageError("--accept is a decision of today: leave --as-of out")
    if accepted and not reason.strip():
        raise WrongUsageError("--accept needs a reason", todo='say it: --reason "..."')
    run = Run(command="proof", version=__version__, started=settings.now(), user=settings.user())
    with open_ledger(settings.ledger_url(ledger)) as opened:
        usage = opened.book() if test is None else "T" if test else "P"
        if accepted:
            done = service.decide(opened, run, usage, accepted, reason=reason.strip(), undo=undo)
            word = "taken back" if undo else "accepted"
            click.echo(f"claimline: {counted(len(done), 'difference')} {word}", err=True)
        with books_of(opened, day, practice) as books:
            found = service.of_book(books, usage, recorded=opened)
            note = service.when_note(books, day.date(), settings.today()) if day else ""
        beside = service.beside_note(opened, usage) if test is None else ""
    when = f" as of {day:%Y-%m-%d}" if day else ""
    result = Result(
        data=service.data(found),
        tables=tuple(service.tables(found)),
        text=tuple(filter(None, (service.headline(found, when), note, beside))),
    )
    show(result, shape, output)
    return DONE if found.closes else NEEDS_PERSON
