"""``claimline resend``: what was refused as a whole, or lost, goes again under new numbers."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from claimline.cli.options import book_option, format_option, identifiers, ledger_option
from claimline.errors import DONE, NEEDS_PERSON

if TYPE_CHECKING:
    from claimline.render import Table
    from claimline.services.resend import ResendResult

SHOWN = 4  # claims named of one reason


@click.command()
@click.argument("what", nargs=-1, required=True, metavar="FILE|CLAIM...")
@click.option("--transaction", default="", metavar="ST02", help="Only this transaction of FILE.")
@click.option(
    "--reason",
    default="",
    metavar="TEXT",
    help="Why; kept. Needed for a lost file, and for a claim whose fault lay outside of it.",
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("outbox"),
    show_default=True,
    help="Folder for the new files.",
)
@click.option("--dry-run", is_flag=True, help="Show what would go; record and write nothing.")
@book_option
@ledger_option
@format_option("table", "json")
def resend(
    *,
    what: tuple[str, ...],
    transaction: str,
    reason: str,
    out: Path,
    dry_run: bool,
    test: bool | None,
    ledger: str,
    shape: str,
) -> int:
    r"""Send again a file or transaction that was refused as a whole (TA1 R, 999 R), or was lost.

    The claims go with new control numbers of interchange, group and transaction; claim numbers and
    content stay byte for byte. Of a file that was taken in part only what was refused goes. What
    was accepted, with errors too, is never sent again; a claim that was refused for itself is
    mended first: claimline correct. Run twice, nothing goes twice. Exit status 1 where a claim that
    was asked for does not go. Where a number is wrong, each wrong one is told and nothing goes.

    \b
    Example:
      claimline resend relay-P-000000012.837
      claimline resend relay-P-000000012.837 --transaction 0003
      claimline resend relay-P-000000013.837 --reason "the clearinghouse never got it"
    """
    from claimline import settings
    from claimline.render import Result, show
    from claimline.services import resend as service
    from reconcile.ledger import open_ledger

    request = service.ResendRequest(
        words=tuple(dict.fromkeys(identifiers(what))),
        transaction=transaction,
        reason=reason.strip(),
        out=out,
        usage=None if test is None else "T" if test else "P",
        dry_run=dry_run,
        now=settings.now(),
        user=settings.user(),
    )
    with open_ledger(settings.ledger_url(ledger)) as opened:
        done = service.resend(opened, request)
    show(Result(data=_data(done), tables=tuple(_tables(done))), shape)
    return NEEDS_PERSON if done.refused else DONE


def _data(done: "ResendResult") -> dict[str, object]:
    from reconcile.ledger.convert import dollars

    return {
        "files": [
            {
                "file": one.path,
                "instead_of": one.before.name,
                "control": f"{one.control:09d}" if one.control else None,
                "usage": one.before.usage,
                "profile": one.profile,
                "claims": list(one.claims),
                "charge": str(dollars(one.charge)),
            }
            for one in done.files
        ],
        "left": [
            {
                "claim": one.control,
                "state": one.state,
                "why": one.why,
                "todo": one.todo,
                "already": one.already,
            }
            for one in done.left
        ],
        "dry_run": done.dry_run,
    }


def _tables(done: "ResendResult") -> "list[Table]":
    from claimline.render import Column, Table
    from reconcile.ledger.convert import dollars

    went = Table(
        title="Would go again (dry run)" if done.dry_run else "Sent again",
        columns=(
            Column(key="file", title="File"),
            Column(key="before", title="In place of"),
            Column(key="claims", title="Claims", kind="number"),
            Column(key="charge", title="Charge", kind="money"),
            Column(key="how", title="Leaves by"),
        ),
        rows=[
            {
                "file": one.path,
                "before": one.before.name,
                "claims": len(one.claims),
                "charge": dollars(one.charge),
                "how": one.profile or "you",
            }
            for one in done.files
        ],
        notes=("Claim numbers and content are as before; only the envelope's numbers are new.",)
        if done.files
        else (),
        empty="Nothing goes again.",
    )
    left = Table(
        title="Not sent again",
        columns=(
            Column(key="count", title="Claims", kind="number"),
            Column(key="state", title="State"),
            Column(key="why", title="Why"),
            Column(key="todo", title="to do", place="below"),
            Column(key="some", title="claims", place="below"),
        ),
        rows=_left_rows(done),
    )
    return [went, left] if done.left else [went]


def _left_rows(done: "ResendResult") -> list[dict[str, object]]:
    """The claims that do not go, one row for each reason."""
    groups: dict[tuple[str, str, str], list[str]] = {}
    for one in done.left:
        groups.setdefault((one.state, one.why, one.todo), []).append(one.control)
    return [
        {
            "count": len(names),
            "state": state,
            "why": why,
            "todo": todo,
            "some": ", ".join(names[:SHOWN]) + (" ..." if len(names) > SHOWN else ""),
        }
        for (state, why, todo), names in groups.items()
    ]
