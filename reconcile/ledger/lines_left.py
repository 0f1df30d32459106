"""Paid lines of posted claims that fit no line that was sent: which, why, and how to match them."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from sqlalchemy import Connection, select

from reconcile.ledger.convert import dollars, from_json
from reconcile.ledger.payments import adjudication_id, again
from reconcile.ledger.tables_received import claim_payment, remittance

CLAIMS: Final = 50  # that are read
SHORT: Final = 8  # characters of an id that are shown
_C: Final = claim_payment.c
_R: Final = remittance.c


def lines_left(
    connection: Connection, files: Sequence[int], shown: Callable[[str], str] = str
) -> Iterator[tuple[int, str]]:
    """The first such lines of files, with the row number of the payment each is in.

    Args:
        connection: the open snapshot.
        files: row numbers.
        shown: how a claim's number is shown: another system's may be a name.
    """
    columns = (
        _C.remittance_id, _C.control, _C.segments, _C.position, _C.unmatched_lines,
        _C.fingerprint, _C.occurrence, _R.payment_key,
    )  # fmt: skip
    query = (
        select(*columns)
        .join(remittance, _R.id == _C.remittance_id)
        .where(_R.file_id.in_(list(files)), _C.state == "posted", _C.unmatched_lines != "")
        .order_by(_C.remittance_id, _C.position)
        .limit(CLAIMS)
    )
    for row in connection.execute(query):
        for words in _words(row, shown(row.control)):
            yield row.remittance_id, words


def _words(row: Any, control: str) -> Iterator[str]:
    payment = again(row.segments, row.position)
    lines = {line.position: (n, line) for n, line in enumerate(payment.lines, 1)}
    short = adjudication_id(row.payment_key, row.fingerprint, row.occurrence)[:SHORT]
    for one in from_json(row.unmatched_lines):
        number, line = lines.get(one["position"], (0, None))
        about = ""
        if line is not None:
            day = line.service_date or payment.service_date
            said = " ".join(filter(None, (line.procedure.code, day.isoformat() if day else "")))
            about = f" {number} ({said}, {line.charge:.2f}, paid {dollars(one['paid'])})"
        may_be = one["candidates"]
        to = may_be[0] if len(may_be) == 1 else "LINE"
        yield (
            f"claim {control}, line{about} is on no line: {one['why']}; compare it with what "
            f'was sent, then claimline match {short} --line {number} --to {to} --reason "..."'
        )
