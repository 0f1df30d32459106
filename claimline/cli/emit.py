"""``claimline emit``: files of claims written again, byte for byte."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from claimline.cli.options import book_option, format_option, identifiers, ledger_option
from claimline.errors import DONE

if TYPE_CHECKING:
    from claimline.services.sent_files import Emitted


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    help="Folder for the files; not the outbox, unless they shall go again.",
)
@book_option
@ledger_option
@format_option("table", "json")
def emit(*, files: tuple[str, ...], out: Path, test: bool | None, ledger: str, shape: str) -> int:
    r"""Write files of claims again as they were sent, byte for byte.

    FILE is its name in the outbox, its interchange control number (ISA13) or its digest. Nothing is
    recorded and no number is used. A file with other content is never replaced. To send what was
    refused, use resend: a receiver takes no control number twice.

    \b
    Example:
      claimline emit relay-P-000000012.837 --out again
    """
    from claimline import settings
    from claimline.render import Column, Result, Table, counted, show
    from claimline.services import sent_files
    from reconcile.ledger import open_ledger

    usage = None if test is None else "T" if test else "P"
    with open_ledger(settings.ledger_url(ledger)) as opened:
        done = sent_files.emit(opened, list(identifiers(files)), usage=usage, out=out)  # type: ignore[arg-type]  # T, P or none
    columns = (
        Column(key="path", title="Written"),
        Column(key="control", title="ISA13", kind="id"),
        Column(key="claims", title="Claims", kind="number"),
        Column(key="book", title="Book"),
    )
    rows = [_row(one) for one in done]
    data = [{**row, "digest": one.file.digest} for row, one in zip(rows, done, strict=True)]
    note = f"{counted(len(done), 'file')} as sent; nothing was recorded."
    table = Table(title="Written again", columns=columns, rows=rows, notes=(note,))
    show(Result(data=data, tables=(table,)), shape)
    return DONE


def _row(one: "Emitted") -> dict[str, object]:
    from claimline.services.outbox import WORDS

    return {
        "path": one.path,
        "control": f"{one.file.control:09d}",
        "claims": one.file.claims,
        "book": WORDS[one.file.usage],
    }
