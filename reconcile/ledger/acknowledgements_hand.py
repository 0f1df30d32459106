"""Rejections that a person enters: told on paper, by portal or telephone. Added, never changed.

Each is a decision in the journal and an acknowledgement of kind ``hand`` made from it, so that the
journal alone gives them again. To take one back is one more decision.
"""

import datetime as dt
import hashlib
import json
import re
from typing import TYPE_CHECKING, Any, Final

from attrs import asdict, field, frozen
from sqlalchemy import Connection, func, select

from edi.acknowledgement import Acknowledged, Acknowledgement, Source, Status
from reconcile.ledger.acknowledgements import About, keep
from reconcile.ledger.acknowledgements_again import UNDO, undo
from reconcile.ledger.records import Decision, Usage
from reconcile.ledger.tables import sent_claim
from reconcile.ledger.tables_answered import acknowledged, acknowledgement

if TYPE_CHECKING:
    from reconcile.ledger.writer import Writer

_STC: Final = re.compile(r"[A-Z]\d:\d{1,3}")
ENTERED: Final = "rejection"  # the kind of the decision
_ACK: Final = acknowledgement.c
_SAID: Final = acknowledged.c


@frozen(kw_only=True)
class Rejection:
    """What somebody told us of one claim."""

    claim: str  # CLM01
    usage: Usage
    source: Source  # whose word it is: payer, clearinghouse
    reason: str = field(repr=False)
    code: str = ""  # "A7:562", or the sender's own
    on: dt.date
    by: str = ""  # how it came: portal, paper, phone
    user: str

    @property
    def content(self) -> str:
        """What makes it the same entry, as JSON."""
        said = {key: value for key, value in asdict(self).items() if key != "user"}
        return json.dumps(said | {"on": self.on.isoformat()}, sort_keys=True)


def enter(writer: "Writer", given: Rejection) -> bool:
    """Enter a rejection; False where the very same was entered before and stands."""
    mark = _mark(given, _times(writer.connection, given))
    if _stands(writer.connection, _mark(given, _times(writer.connection, given) - 1)):
        return False
    detail = json.dumps({"entry": json.loads(given.content), "mark": mark}, sort_keys=True)
    writer.decide(
        Decision(
            kind=ENTERED, subject=given.claim, user=given.user, reason=given.reason, detail=detail
        ),
        usage=given.usage,
    )
    head = Acknowledgement(
        kind="hand",
        source=given.source,
        source_name=given.user,
        reference=given.by,
        date=given.on,
    )
    statuses = (Status(list=_list_of(given.code), code=given.code),) if given.code else ()
    thing = Acknowledged(
        level="claim",
        verdict="rejected",
        claim=given.claim,
        statuses=statuses,
        text=given.reason,
        date=given.on,
    )
    keep(writer, head, (thing,), About(usage=given.usage, digest=mark))
    return True


def _list_of(code: str) -> str:
    """A category and a status as a 277CA has them, or the sender's own code."""
    return "STC" if _STC.fullmatch(code) else "report"


def _mark(given: Rejection, number: int) -> str:
    """Of an entry; the same one again after it was taken back is the next of its content."""
    return hashlib.sha256(f"hand {number} {given.content}".encode()).hexdigest()


def _times(connection: Connection, given: Rejection) -> int:
    """How often this very entry was made."""
    number = 0
    while _row(connection, _mark(given, number)) is not None:
        number += 1
    return number


def _row(connection: Connection, mark: str) -> Any:
    query = select(_ACK.id, _ACK.state).where(_ACK.digest == mark, _ACK.kind == "hand")
    return connection.execute(query).first()


def _stands(connection: Connection, mark: str) -> bool:
    row = _row(connection, mark)
    return row is not None and row.state != "undone"


def take_back(writer: "Writer", claim: str, *, usage: Usage, user: str, reason: str = "") -> bool:
    """Take the last entry on a claim back; False where none stands."""
    query = (
        select(func.max(_ACK.id))
        .join(acknowledged, _SAID.acknowledgement_id == _ACK.id)
        .join(sent_claim, sent_claim.c.id == _SAID.sent_claim_id)
        .where(_ACK.kind == "hand", _ACK.usage == usage, sent_claim.c.control == claim)
    )
    number = writer.connection.execute(query).scalar()
    if number is None:
        return False
    mark = writer.connection.execute(select(_ACK.digest).where(_ACK.id == number)).scalar_one()
    detail = json.dumps({"mark": mark})
    writer.decide(
        Decision(kind=UNDO, subject=claim, user=user, reason=reason, detail=detail), usage=usage
    )
    undo(writer, [number])
    return True
