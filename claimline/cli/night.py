"""``claimline night``: the unattended half of the work."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from claimline.cli.options import format_option, output_option
from claimline.errors import DONE, WrongUsageError

if TYPE_CHECKING:
    from claimline.night.config import Config
    from claimline.night.night import Done


@click.command()
@click.option(
    "--config",
    default="night.toml",
    show_default=True,
    type=click.Path(),
    help="What the night works with.",
)
@click.option("--check", is_flag=True, help="Say whether the file is right, and what it means.")
@click.option("--dry-run", is_flag=True, help="Show what would happen; change nothing.")
@click.option("--show", "show_last", is_flag=True, help="Print the report of the last night again.")
@click.option("--day", default="", metavar="DATE", help="With --show: of that day.")
@click.option("--all", "whole", is_flag=True, help="Print all of it, not only what one page holds.")
@click.option("--only", multiple=True, metavar="STEP", help="Only this step; several are possible.")
@click.option("--skip", multiple=True, metavar="STEP", help="Not this step; several are possible.")
@click.option(
    "--new-ledger", is_flag=True, help="Make the ledger where there is none: the first night."
)
@format_option("table", "json", "html")
@output_option
def night(
    *,
    config: str,
    check: bool,
    dry_run: bool,
    show_last: bool,
    day: str,
    whole: bool,
    only: tuple[str, ...],
    skip: tuple[str, ...],
    new_ledger: bool,
    shape: str,
    output: Path | None,
) -> int:
    r"""Do a night's work: collect, receive, post, build, send, and tell in one page.

    Each step can be run again without harm; a step that fails does not stop those that can still
    go safely. One night runs at a time. The page is printed, and kept in the reports folder and in
    the ledger.

    \b
    Exit status: 0 all well; 1 something needs a person; 2 night.toml or the
    practice file is not right; 3 something could not run.

    \b
    Example:
      claimline night --config night.toml --check
      claimline night --config night.toml --dry-run
      claimline night --config night.toml
      claimline night --config night.toml --show --all
    """
    from claimline.night.config import read_config
    from claimline.night.night import Asked, run_night, shown

    if day and not show_last:
        raise WrongUsageError("--day goes with --show", todo="claimline night --show --day DATE")
    _check_names((*only, *skip))
    made = read_config(config)
    if check:
        return _check(made, shape, output)
    if show_last:
        return _print(shown(made, day), shape, output, whole=whole)
    asked = Asked(dry_run=dry_run, new_ledger=new_ledger, only=only, skip=skip)
    done = run_night(made, asked)
    _tell(done)
    _print(done.report, shape, output, whole=whole)
    return done.status


def _check_names(given: tuple[str, ...]) -> None:
    """Refuse a step that does not exist.

    Raises:
        WrongUsageError: with the nearest name.
    """
    from claimline.night.run import names
    from mapping.structure import nearest

    for name in given:
        if name not in names():
            near = nearest(name, dict.fromkeys(names()))
            raise WrongUsageError(
                f"there is no step {name}{near}", todo=f"steps are {', '.join(names())}"
            )


def _tell(done: "Done") -> None:
    """What belongs on standard error: a new ledger, what could not be kept."""
    from claimline.files import complain

    if done.ledger_created:
        click.echo(f"A new ledger was made: {done.ledger_created}", err=True)
    for message, todo in done.faults:
        complain(message, todo)


def _print(report: "dict[str, object]", shape: str, output: Path | None, *, whole: bool) -> int:
    from claimline.night.html import html_page
    from claimline.night.page import result_of
    from claimline.render import show
    from claimline.render.output import show_text

    if shape == "html":
        show_text(html_page(report), output)
    else:
        show(result_of(report, whole=whole), shape, output)
    return DONE


def _check(config: "Config", shape: str, output: Path | None) -> int:
    """What the file means, and what of it is missing."""
    from claimline.night.check import result_of
    from claimline.render import show

    result, status = result_of(config)
    show(result, "table" if shape == "html" else shape, output)
    return status
