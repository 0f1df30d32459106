"""``claimline sandbox``: the simulated payer."""

import datetime as dt
from pathlib import Path

import click

from claimline.cli.options import DAY, format_option
from claimline.errors import DONE


@click.command()
@click.argument("folder", type=click.Path(path_type=Path), required=False)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where the 835 files go. [default: replies, in the folder]",
)
@click.option("--scenario", default="", metavar="NAME", help="Answer every claim in this way.")
@click.option(
    "--acknowledge",
    is_flag=True,
    help="Answer with TA1, 999 and 277CA too; what they reject gets no 835.",
)
@click.option("--seed", type=int, default=1, show_default=True, help="Of what is left to chance.")
@click.option(
    "--date",
    type=DAY,
    help="First payment date. [default: 14 days after the last date of service]",
)
@click.option("--list", "list_only", is_flag=True, help="List the scenarios and stop.")
@format_option("table", "json")
def sandbox(
    *,
    folder: Path | None,
    out: Path | None,
    scenario: str,
    acknowledge: bool,
    seed: int,
    date: dt.datetime | None,
    list_only: bool,
    shape: str,
) -> int:
    r"""Play the payer: answer the 837P files of a folder with 835 files, on request 999 and 277CA.

    Each named scenario meets one claim that it fits; the other claims are mostly paid. The same
    claims, seed and date give the same bytes. What is paid follows no fee schedule.

    \b
    Example:
      claimline sandbox outbox --out inbox
      claimline sandbox outbox --out inbox --acknowledge
      claimline sandbox outbox --out inbox --scenario denied-bundled
      claimline sandbox --list
    """
    from claimline.render import Column, Result, Table, counted, show
    from claimline.services import sandbox as service

    if list_only:
        scenarios = service.scenarios()
        named = Column(key="name", title="Scenario", kind="id")
        about = Column(key="about", title="What it does")
        table = Table(columns=(named, about), rows=scenarios)
        show(Result(data=scenarios, tables=(table,)), shape)
        return DONE
    if folder is None:
        raise click.UsageError("Name the folder with the 837P files, or use --list.")
    made = service.play(
        folder,
        out or folder / "replies",
        scenario=scenario,
        seed=seed,
        date=date.date() if date else None,
        acknowledged=acknowledge,
    )
    columns = (
        Column(key="file", title="File", kind="id"),
        Column(key="payments", title="Payments", kind="number"),
        Column(key="claims", title="Claims", kind="number"),
    )
    what = "answers" if acknowledge else "remittances"
    text = f"{counted(made.claims, 'claim')} answered; {what} are in {out or folder / 'replies'}"
    table = Table(columns=columns, rows=made.files, notes=(text,), empty="No claims, no replies.")
    data = {"claims": made.claims, "files": made.files, "skipped": made.skipped}
    show(Result(data=data, tables=(table,)), shape)
    return made.status
