"""``claimline diff``: two claims or two files of claims, side by side."""

from typing import TYPE_CHECKING, Any

import click

from claimline.cli.options import (
    format_option,
    ledger_option,
    may_show_patient,
    output_option,
    show_patient_option,
)
from claimline.errors import DONE, NEEDS_PERSON

if TYPE_CHECKING:
    from pathlib import Path

    from claimline.render import Result, Table
    from claimline.services.diff import Alone, ClaimDiff, DiffResult


@click.command()
@click.argument("before", metavar="A")
@click.argument("after", metavar="B")
@show_patient_option
@ledger_option
@format_option("table", "json", "csv", "xlsx", "html")
@output_option
def diff(
    before: str,
    after: str,
    *,
    show_patient: bool,
    ledger: str,
    shape: str,
    output: "Path | None",
) -> int:
    r"""Compare two claims by a number or visit id, or two 837P files, by claim and line.

    The order of segments and the control numbers do not matter. Claims of files are paired by
    their numbers, the others by patient, member id, day and payer. Exit status 0 where all is the
    same, 1 where something differs.

    \b
    Example:
      claimline diff CP7K2MWQ4XTRB9DEF CPQ8ZTRB9DEF7K2MW
      claimline diff outbox/relay-P-000000012.837 other-system.837
    """
    from claimline import settings
    from claimline.render import show
    from claimline.services.diff import diff as run

    seen = show_patient and may_show_patient(output)
    result = run(before, after, settings.ledger_url(ledger))
    show(_shown(result, seen=seen), shape, output)
    return DONE if result.equal else NEEDS_PERSON


def _shown(result: "DiffResult", *, seen: bool) -> "Result":
    from claimline.render import Result, counted

    same = f"{counted(result.same, 'claim')} the same"
    other = f"{len(result.different)} different"
    alone = f"{len(result.only_before)} only in A, {len(result.only_after)} only in B"
    tables = [] if result.equal else [_table(result, seen=seen)]
    return Result(
        data=_data(result, seen=seen), text=(f"{same}, {other}, {alone}.",), tables=tuple(tables)
    )


def _table(result: "DiffResult", *, seen: bool) -> "Table":
    from claimline.cli.correct import difference_row
    from claimline.render import Column, Table
    from claimline.services.diff import rows

    columns = (
        Column(key="claim", title="Claim", kind="id", once=True),
        Column(key="other", title="Other claim", kind="id", place="file"),
        Column(key="date", title="Date", kind="date", place="file"),
        Column(key="place", title="Where", once=True),
        Column(key="field", title="What"),
        Column(key="before", title="A"),
        Column(key="after", title="B"),
    )
    found: list[dict[str, Any]] = [
        {"claim": _named(claim), "other": claim.after, "date": claim.date}
        | difference_row(one, seen=seen)
        for claim, one in rows(result)
    ]
    found += [_alone(one, "A") for one in result.only_before]
    found += [_alone(one, "B") for one in result.only_after]
    return Table(columns=columns, rows=found)


def _named(claim: "ClaimDiff") -> str:
    """Both numbers where they differ."""
    return claim.before if claim.before == claim.after else f"{claim.before} / {claim.after}"


def _alone(one: "Alone", side: str) -> dict[str, Any]:
    """A claim that stands on one side only."""
    shown = {"before": one.charge} if side == "A" else {"after": one.charge}
    return {
        "claim": one.control,
        "date": one.date,
        "place": "claim",
        "field": f"only in {side}",
        **shown,
    }


def _data(result: "DiffResult", *, seen: bool) -> dict[str, Any]:
    """The JSON shape."""
    from claimline.cli.correct import difference_row

    return {
        "same": result.same,
        "different": [
            {
                "claim": claim.before,
                "other": claim.after,
                "date": claim.date.isoformat() if claim.date else None,
                "matched_by": claim.matched_by,
                "changes": [difference_row(one, seen=seen) for one in claim.differences],
            }
            for claim in result.different
        ],
        "only_a": [_plain(one) for one in result.only_before],
        "only_b": [_plain(one) for one in result.only_after],
    }


def _plain(one: "Alone") -> dict[str, Any]:
    return {
        "claim": one.control,
        "date": one.date.isoformat() if one.date else None,
        "charge": one.charge,
    }
