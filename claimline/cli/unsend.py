"""``claimline unsend``: a file of claims taken back before anybody picked it up."""

from pathlib import Path

import click

from claimline.cli.options import book_option, format_option, ledger_option
from claimline.errors import DONE, NEEDS_PERSON


@click.command()
@click.argument("file", metavar="FILE")
@click.option("--reason", required=True, metavar="TEXT", help="Why; kept with the file.")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("outbox"),
    show_default=True,
    help="The outbox the file stands in.",
)
@book_option
@ledger_option
@format_option("table", "json")
def unsend(*, file: str, reason: str, out: Path, test: bool | None, ledger: str, shape: str) -> int:
    r"""Take a file back before the clearinghouse has it.

    The file moves from the outbox to its folder taken-back and stays in the ledger; its claims
    count as never sent, and bill makes their visits into claims again. A file that was delivered,
    that stands at the clearinghouse, or that somebody has answered, is refused. Control numbers are
    not used again. Exit status 1 where it is refused, or where the file did not stand in the
    outbox: somebody may have it.

    \b
    Example:
      claimline unsend relay-P-000000012.837 --reason "wrong month"
    """
    from claimline import settings
    from claimline.render import Result, counted, show
    from claimline.services import sent_files
    from reconcile.ledger import open_ledger

    usage = None if test is None else "T" if test else "P"
    with open_ledger(settings.ledger_url(ledger)) as opened:
        done = sent_files.unsend(
            opened,
            file,
            usage=usage,  # type: ignore[arg-type]  # T, P or none
            out=out,
            reason=reason,
            user=settings.user(),
            now=settings.now(),
        )
    claims = counted(done.file.claims, "claim")
    word = "was taken back before" if done.already else f"is taken back, with {claims}"
    text = [f"{done.file.name} {word}."]
    if not (done.already or done.file.profile):
        text.append("No profile delivers it: if somebody uploaded it, they have it.")
    if done.path:
        text.append(f"It stands in {done.path}.")
    elif not done.already:
        text.append(f"It was not in {out}: find out who took it, they may have sent it.")
    if done.again:
        text.append("Its claims stand as they did before it was made.")
    elif not done.already:
        text.append("Its claims count as never sent: bill, or correct, makes them again.")
    data = {
        "file": done.file.name,
        "digest": done.file.digest,
        "claims": done.file.claims,
        "path": done.path,
        "already": done.already,
    }
    show(Result(data=data, text=(" ".join(text),)), shape)
    return DONE if done.path or done.already else NEEDS_PERSON
