"""``claimline receive``: files from the clearinghouse into the ledger."""

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

import click

from claimline.cli.options import format_option, ledger_option
from claimline.errors import COULD_NOT_RUN, worst

if TYPE_CHECKING:
    from claimline.render import Result
    from claimline.services.receive_values import AdoptedResult, FileResult, PaymentResult


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(), metavar="FILE...")
@ledger_option
@format_option("table", "json", "csv")
def receive(files: tuple[str, ...], *, ledger: str, shape: str) -> int:
    r"""Take remittances (835) into the ledger; 837P files made elsewhere are taken over as sent.

    Every claim payment is matched to what was sent and posted line by line. The same file or
    payment again changes nothing and says so. Exit status 1 where something needs a person: claims
    nobody sent, figures that do not add up, payments cut off.

    \b
    Example:
      claimline receive inbox/*.835
      claimline receive old-system.837 era.835 --format json
    """
    import datetime as dt
    import getpass

    from claimline import __version__, settings
    from claimline.render import show
    from claimline.services.receive import receive as run
    from reconcile.ledger import Run, open_ledger

    start = Run(
        command="receive",
        version=__version__,
        started=dt.datetime.now(dt.UTC),
        user=getpass.getuser(),
    )
    results: list[FileResult] = []
    with open_ledger(settings.ledger_url(ledger), create=True) as opened:
        if opened.created:
            click.echo(f"A new ledger was made: {opened.place}", err=True)
        for result in run(opened, start, files, _source):
            _tell(result, shape)
            results.append(result)
    show(_result(results), shape)
    return worst(*(result.status for result in results))


def _source(name: str) -> Callable[[], Iterable[bytes]]:
    """Opens a file's bytes anew each time; standard input is read once."""
    from claimline import files

    if name == files.STDIN:
        content = files.content(name)
        return lambda: [content]
    return lambda: files.chunks(name)


def _tell(result: "FileResult", shape: str) -> None:
    """What belongs on standard error: files that failed, what is wrong in the others."""
    from claimline.files import complain
    from claimline.render import show_problems

    if result.status == COULD_NOT_RUN:
        complain(f"{result.file}: {result.message}", result.todo or "the other files were received")
    elif shape != "json":
        show_problems(result.problems)


def _result(results: "list[FileResult]") -> "Result":
    """The answer in all its shapes."""
    from claimline.render import Result

    return Result(
        data={"files": [_data(one) for one in results]},
        tables=tuple(_tables(results)),
        text=tuple(line for one in results for line in _text(one)),
    )


def _text(result: "FileResult") -> Iterator[str]:
    """What happened to a file, in sentences."""
    if result.message and result.state != "unreadable":
        yield f"{result.file}: {result.message}"
    elif result.state == "known":
        yield f"{result.file}: received before; nothing changed"
    elif result.state == "resumed":
        yield f"{result.file}: an earlier run was cut off; the rest was received now"
    for kind, count in result.unread:
        yield (
            f"{result.file}: {count} x {kind} kept, not read: acknowledgements and other "
            "transactions come with a later version"
        )


def _tables(results: "list[FileResult]") -> Iterator[Any]:
    """The payments, and the claims taken over."""
    from claimline.render import Table

    payments = [(one.file, payment) for one in results for payment in one.payments]
    adopted = [(one.file, each) for one in results for each in one.adopted]
    if payments or not adopted:
        rows = [_payment_row(file, payment) for file, payment in payments]
        yield Table(
            columns=_payment_columns(),
            rows=rows,
            empty="No payment was received.",
            notes=tuple(f"  {p.trace}: {note}" for _, p in payments for note in _notes(p)),
        )
    if adopted:
        rows = [_adopted_row(file, each) for file, each in adopted]
        title = "Claims sent by another system"
        yield Table(columns=_adopted_columns(), rows=rows, title=title)


def _payment_columns() -> tuple[Any, ...]:
    from claimline.render import Column

    return (
        Column(key="file", title="File"),
        Column(key="trace", title="Payment"),
        Column(key="payer", title="Payer"),
        Column(key="date", title="Date"),
        Column(key="paid", title="Paid", kind="money"),
        Column(key="state", title="State"),
        Column(key="claims", title="Claims", kind="number"),
        Column(key="posted", title="Posted", kind="number"),
        Column(key="known", title="Known", kind="number"),
        Column(key="unmatched", title="Unmatched", kind="number"),
        Column(key="difference", title="Not explained", kind="money"),
    )


def _payment_row(file: str, payment: "PaymentResult") -> dict[str, Any]:
    return {
        "file": file,
        "trace": payment.trace,
        "payer": payment.payer,
        "date": payment.date,
        "paid": payment.paid,
        "state": payment.state,
        "claims": payment.claims,
        "posted": payment.posted,
        "known": payment.known,
        "unmatched": payment.unmatched,
        "difference": payment.difference or "",
    }


def _notes(payment: "PaymentResult") -> Iterator[str]:
    """What a person should know beyond the figures."""
    if payment.why and payment.state != "known":
        yield payment.why
    if payment.unmatched:
        yield f"{payment.unmatched} claims match nothing that was sent: see claimline denials"
    if payment.aside:
        yield f"{payment.aside} claims kept aside"
    if payment.not_posted:
        yield f"{payment.not_posted} claims not posted: forwarded, estimates, or not readable"
    if payment.lines_left:
        yield f"{payment.lines_left} lines fit no line that was sent"
    if payment.unbalanced:
        yield f"{payment.unbalanced} claims do not add up in the payer's own figures"
    if payment.provider_adjusted:
        yield f"provider adjustments (PLB) {payment.provider_adjusted}: on no claim"


def _adopted_columns() -> tuple[Any, ...]:
    from claimline.render import Column

    return (
        Column(key="file", title="File"),
        Column(key="transaction", title="ST"),
        Column(key="state", title="State"),
        Column(key="adopted", title="Taken over", kind="number"),
        Column(key="known", title="Known", kind="number"),
        Column(key="conflicting", title="Other content under the same number"),
    )


def _adopted_row(file: str, one: "AdoptedResult") -> dict[str, Any]:
    return {
        "file": file,
        "transaction": one.transaction,
        "state": one.state,
        "adopted": one.adopted,
        "known": one.known,
        "conflicting": " ".join(one.conflicting),
    }


def _data(result: "FileResult") -> dict[str, Any]:
    """The JSON shape of a file."""
    from claimline.render import problem_fields

    return {
        "file": result.file,
        "state": result.state,
        "digest": result.digest,
        "message": result.message,
        "payments": [_payment_data(payment) for payment in result.payments],
        "adopted": [_adopted_data(one) for one in result.adopted],
        "unread": [{"type": kind, "count": count} for kind, count in result.unread],
        "problems": [problem_fields(problem) for problem in result.problems],
    }


def _payment_data(payment: "PaymentResult") -> dict[str, Any]:
    counts = ("claims", "posted", "known", "unmatched", "aside", "not_posted", "lines_left",
              "unbalanced")  # fmt: skip
    return {
        "transaction": payment.transaction,
        "trace": payment.trace,
        "payer": payment.payer,
        "date": payment.date.isoformat(),
        "paid": str(payment.paid),
        "usage": payment.usage,
        "state": payment.state,
        "why": payment.why,
        **{name: getattr(payment, name) for name in counts},
        "provider_adjusted": str(payment.provider_adjusted),
        "difference": None if payment.difference is None else str(payment.difference),
    }


def _adopted_data(one: "AdoptedResult") -> dict[str, Any]:
    return {
        "transaction": one.transaction,
        "usage": one.usage,
        "state": one.state,
        "adopted": one.adopted,
        "known": one.known,
        "conflicting": list(one.conflicting),
    }
