"""``claimline receive``: files from the clearinghouse into the ledger."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, Final

import click

from claimline.cli.options import format_option, ledger_option
from claimline.errors import CommandError, worst

if TYPE_CHECKING:
    from claimline.render import Column, Result, Table
    from claimline.services.receive_values import AdoptedResult, FileResult, PaymentResult

SEVERAL: Final = 2
MOST: Final = 5  # problems of one kind, and odd claims of one payment, that a person wants to see
COUNTS: Final = ("claims", "posted", "known", "unmatched", "aside", "not_posted", "parked",
          "lines_left", "unbalanced", "odd")  # fmt: skip
BOOKS: Final = {"P": "--production", "T": "--test"}


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(), metavar="FILE...")
@click.option(
    "--report-profile",
    type=click.Path(),
    default="",
    help="How to read a clearinghouse's own reports among the files (TOML).",
)
@ledger_option
@format_option("table", "json", "csv")
def receive(files: tuple[str, ...], *, report_profile: str, ledger: str, shape: str) -> int:
    r"""Take remittances (835) and acknowledgements (TA1, 999, 997, 277CA) into the ledger.

    Every claim payment is matched to what was sent and posted line by line; every acknowledgement
    is joined to file, transaction and claim. An 837P made elsewhere is taken over as sent. The same
    again changes nothing, says so, and shows what of it still waits. Of a folder all files are
    received, but hidden ones. Exit status 1 where something needs a person: what was rejected,
    claims nobody sent, figures that do not add up, files cut off, answers that do not fit what was
    sent; claimline ledger waiting lists it all.

    \b
    Example:
      claimline receive inbox/*.835
      claimline receive inbox
      claimline receive old-system.837 era.835 --format json
    """
    from claimline import __version__, settings
    from claimline.render import show
    from claimline.services.receive import receive as run
    from claimline.services.report_profile import load
    from reconcile.ledger import Run, open_ledger

    start = Run(
        command="receive",
        version=__version__,
        started=settings.now(),
        user=settings.user(),
    )
    report = load(report_profile) if report_profile else None
    results: list[FileResult] = []
    names = list(_names(files))
    with open_ledger(settings.ledger_url(ledger, make_folder=True), create=True) as opened:
        if opened.created:
            click.echo(f"A new ledger was made: {opened.place}", err=True)
        for result in run(opened, start, names, _source, report):
            _tell(result, shape)
            _log(result)
            results.append(result)
    _tell_all(results)
    try:
        show(_result(results, shape), shape)
    except OSError as error:
        raise CommandError(
            f"posted, but the report could not be written: {error.strerror}",
            todo="run it again to see it: nothing is posted twice",
        ) from error
    return worst(*(result.status for result in results))


def _names(given: Iterable[str]) -> Iterator[str]:
    """The files, each folder replaced by its files, in their order."""
    for name in given:
        try:
            found = sorted(each for each in Path(name).iterdir() if each.is_file())
        except OSError:  # no folder, or one that may not be read: told when it is read
            yield name
            continue
        yield from (str(each) for each in found if not each.name.startswith("."))


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

    if result.state == "unreadable":
        complain(result.message, result.todo)
        return
    if shape != "json":
        show_problems(result.problems, most=MOST)
    if result.nothing_in_it:
        complain(f"{result.file}: nothing in it could be read; it was kept", "fetch it again")


def _tell_all(results: "list[FileResult]") -> None:
    """How many of several files were received, where one was not."""
    from claimline.files import complain
    from claimline.render import counted

    bad = sum(result.state == "unreadable" for result in results)
    if bad and len(results) >= SEVERAL:
        good = len(results) - bad
        complain(f"{good} of {counted(len(results), 'file')} received, {bad} not")


def _log(result: "FileResult") -> None:
    """Lines for the machine: one for the file, one for each of its payments."""
    from claimline import settings

    if not settings.log_level():
        return
    from claimline.log import logger

    about = {"file": PurePath(result.file).name, "digest": result.digest}
    logger().info(
        "file",
        **about,
        state=result.state,
        status=result.status,
        payments=len(result.payments),
        claims=sum(one.adopted for one in result.adopted),
        problems=len(result.problems),
    )
    for one in result.payments:
        counts = {name: getattr(one, name) for name in COUNTS}
        logger().info(
            "payment",
            **about,
            transaction=one.transaction,
            trace=one.trace,
            usage=one.usage,
            state=one.stored or one.state,
            **counts,
        )


def _result(results: "list[FileResult]", shape: str) -> "Result":
    """The answer in all its shapes."""
    from claimline.render import Result

    tables = list(_tables(results))
    if shape == "csv":
        tables.append(_acknowledged_table(results))
        tables.append(_other_files(results))
    return Result(
        data={"files": [_data(one) for one in results]},
        tables=tuple(tables),
        text=tuple(line for one in results for line in _text(one)),
    )


def _text(result: "FileResult") -> Iterator[str]:
    """What happened to a file, in sentences."""
    from claimline.services.receive_acknowledge_values import together

    if result.state == "unreadable":
        return
    if result.message:
        yield f"{result.file}: {result.message}"
    elif result.state == "known":
        yield f"{result.file}: received before; nothing changed"
    elif result.state == "resumed":
        yield f"{result.file}: an earlier run was cut off; the rest was received now"
    for one in together(result.acknowledged):
        yield f"{result.file}: {one.words}"


def _tables(results: "list[FileResult]") -> "Iterator[Table]":
    """The payments, and the claims taken over."""
    from claimline.render import Table

    payments = [(one.file, payment) for one in results for payment in one.payments]
    adopted = [(one.file, each) for one in results for each in one.adopted]
    if payments or not (adopted or any(one.acknowledged for one in results)):
        yield Table(
            columns=_payment_columns(),
            rows=[_payment_row(file, payment) for file, payment in payments],
            empty="No payment was received.",
            notes=_total([payment for _, payment in payments]),
            tight=True,
        )
    if adopted:
        yield Table(
            title="Claims sent by another system",
            columns=_adopted_columns(),
            rows=[_adopted_row(file, each) for file, each in adopted],
            tight=True,
        )


def _acknowledged_table(results: "list[FileResult]") -> "Table":
    """The acknowledgements, for csv: a row each."""
    from claimline.render import Column, Table

    keys = ("file", "kind", "source", "source_name", "transaction", "date", "usage", "state",
            "stored", "our_file", "unmatched", "why", "words")  # fmt: skip
    return Table(
        columns=tuple(Column(key=key, title=key) for key in keys),
        rows=[one.data | {"file": each.file} for each in results for one in each.acknowledged],
    )


def _other_files(results: "list[FileResult]") -> "Table":
    """The files that hold neither payments nor claims, for csv: each file has a row."""
    from claimline.render import Column, Table

    keys = ("file", "state", "why")
    return Table(
        columns=tuple(Column(key=key, title=key) for key in keys),
        rows=[
            {
                "file": one.file,
                "state": one.state,
                "why": one.message or ", ".join(f"{count} {kind}" for kind, count in one.unread),
            }
            for one in results
            if not (one.payments or one.adopted or one.acknowledged)
        ],
    )


def _payment_columns() -> "tuple[Column, ...]":
    from claimline.render import Column

    return (
        Column(key="file", title="File", place="file"),
        Column(key="trace", title="Payment", kind="id"),
        Column(key="payer", title="Payer", place="file"),
        Column(key="date", title="Date", kind="date"),
        Column(key="paid", title="Paid", kind="money"),
        Column(key="state", title="State", kind="id"),
        Column(key="told", title="Claims", in_files=False),
        Column(key="from", title="from", place="below", in_files=False),
        Column(key="note", title="note", place="below"),
        *(
            Column(key=key, title=key.replace("_", " "), kind="number", place="file")
            for key in COUNTS
        ),
        Column(key="usage", title="Book", place="file"),
        Column(key="stored", title="Stored", place="file"),
        Column(key="why", title="Why", place="file"),
        Column(key="provider_adjusted", title="PLB", kind="money", place="file"),
        Column(key="difference", title="Not explained", kind="money", place="file"),
    )


def _payment_row(file: str, payment: "PaymentResult") -> dict[str, Any]:
    waits = payment.stored not in ("", "posted")
    return _payment_data(payment) | {
        "file": file,
        "state": f"{payment.state}: {payment.stored}" if waits else payment.state,
        "told": _claims_words([payment]),
        "from": f"{payment.payer or 'a payer without a name'}, {file}",
        "note": list(_notes(payment)),
    }


def _claims_words(payments: "Iterable[PaymentResult]") -> str:
    """How many claim payments became what: ``16 posted``, ``4 posted, 1 unmatched``."""
    named = (("posted", "posted"), ("unmatched", "unmatched"), ("aside", "kept aside"),
             ("not_posted", "not posted"), ("parked", "parked"))  # fmt: skip
    payments = list(payments)
    sums = [(sum(getattr(one, key) for one in payments), words) for key, words in named]
    new = [sum(getattr(one, key) for key, _ in named) for one in payments]
    known = sum(min(one.known, one.claims - n) for one, n in zip(payments, new, strict=True))
    sums.insert(2, (known, "known"))  # what of them still waits is counted above
    told = ", ".join(f"{number:,} {words}" for number, words in sums if number)
    return told or f"{sum(one.claims for one in payments):,} in it, none posted"


def _total(payments: "list[PaymentResult]") -> tuple[str, ...]:
    """All payments in one line, where there are several."""
    from claimline.render import counted

    if len(payments) < SEVERAL:
        return ()
    posted = [one.paid for one in payments if one.posted and not one.part]
    money = f", {sum(posted):,.2f} posted" if posted else ""
    return (f"{counted(len(payments), 'payment')}{money}; claims: {_claims_words(payments)}",)


def _notes(payment: "PaymentResult") -> Iterator[str]:
    """What a person should know beyond the figures."""
    from claimline.render import counted

    if payment.why and payment.state != "known":
        yield payment.why
    unmatched = f"claimline match list {BOOKS.get(payment.usage, '')}"
    if payment.unmatched:
        fit = "fits" if payment.unmatched == 1 else "fit"
        yield f"{counted(payment.unmatched, 'claim')} {fit} nothing that was sent: see {unmatched}"
    if payment.aside:
        yield f"{counted(payment.aside, 'claim')} kept aside"
    if payment.not_posted:
        yield (
            f"{counted(payment.not_posted, 'claim')} not posted: forwarded, an estimate, or not "
            "readable"
        )
    yield from payment.left[:MOST]
    more = payment.lines_left - len(payment.left[:MOST])
    if more > 0:
        fit = "fits" if more == 1 else "fit"
        yield f"{counted(more, 'line')} {fit} no line that was sent: see {unmatched}"
    if payment.unbalanced:
        do = "does" if payment.unbalanced == 1 else "do"
        yield (f"{counted(payment.unbalanced, 'claim')} {do} not add up in the payer's own figures")
    yield from _odd(payment)
    if payment.provider_adjusted:
        yield f"provider adjustments (PLB) {payment.provider_adjusted}: on no claim"
    if payment.turned:
        yield (
            "a reversal came with positive amounts: where its original is here, it is read as "
            "taking it back"
        )
    if payment.difference:
        yield f"claims less provider adjustments differ from the payment by {payment.difference}"


def _odd(payment: "PaymentResult") -> Iterator[str]:
    """The claims whose answers do not fit what was sent, or each other."""
    from claimline.render import counted

    causes: dict[str, list[str]] = {}
    for one in payment.concerns:
        causes.setdefault(one.claim, []).append(one.cause)
    for claim, found in list(causes.items())[:MOST]:
        yield f"claim {claim}: {'; '.join(dict.fromkeys(found))}: see claimline trace {claim}"
    if payment.odd > MOST:
        more = counted(payment.odd - MOST, "more claim")
        yield f"and {more} like these: claimline ledger waiting"
    if payment.corrected:
        rest = len(payment.corrected) - MOST
        listed = ", ".join(payment.corrected[:MOST]) + (f" and {rest} more" if rest > 0 else "")
        yield (
            f"claim {listed}: the payer corrected the patient's name or member id (NM1*74): put it "
            "into your patient record; claimline trace CLAIM says which"
        )


def _adopted_columns() -> "tuple[Column, ...]":
    from claimline.render import Column

    return (
        Column(key="file", title="File", place="file"),
        Column(key="transaction", title="ST", kind="id"),
        Column(key="state", title="State", kind="id"),
        Column(key="adopted", title="Taken over", kind="number"),
        Column(key="known", title="Known", kind="number"),
        Column(key="from", title="from", place="below", in_files=False),
        Column(
            key="conflicting", title="conflict", place="below", heading="Same number, other content"
        ),
    )


def _adopted_row(file: str, one: "AdoptedResult") -> dict[str, Any]:
    return _adopted_data(one) | {
        "file": file,
        "from": file,
        "conflicting": [f"{number}: sent before with other content" for number in one.conflicting],
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
        "acknowledgements": [one.data for one in result.acknowledged],
        "unread": [{"type": kind, "count": count} for kind, count in result.unread],
        "problems": [problem_fields(problem) for problem in result.problems],
    }


def _payment_data(payment: "PaymentResult") -> dict[str, Any]:
    from attrs import asdict

    return {
        "transaction": payment.transaction,
        "trace": payment.trace,
        "payer": payment.payer,
        "date": payment.date.isoformat(),
        "paid": str(payment.paid),
        "usage": payment.usage,
        "state": payment.state,
        "stored": payment.stored or payment.state,
        "why": payment.why,
        **{name: getattr(payment, name) for name in COUNTS},
        "concerns": [asdict(one) for one in payment.concerns],
        "corrected": list(payment.corrected),
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
        "left_out": one.left_out,
    }
