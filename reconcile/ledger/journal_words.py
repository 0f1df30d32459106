"""What the journal found, by numbers and words that people know; never by a patient's name."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import Connection, Select, select

from reconcile.ledger.journal_check import ADDED, CHANGED, ENTRIES, Fault
from reconcile.ledger.tables import (
    decision,
    file,
    held_claim,
    run,
    sent_claim,
    sent_line,
    view,
    visit,
)
from reconcile.ledger.tables_answered import (
    acknowledged,
    acknowledgement,
    bank_deposit,
    night_report,
    transfer,
)
from reconcile.ledger.tables_journal import journal
from reconcile.ledger.tables_received import problem, remittance

WORDS: Final[Mapping[str, str]] = MappingProxyType({
    ENTRIES: "entries of the journal",
    "run": "starts of commands",
    "file": "files as kept",
    "decision": "decisions of persons",
    "view": "who looked at what",
    "control_number": "counters of control numbers",
    "sent_file": "files of claims",
    "written_file": "files written",
    "delivered_file": "files delivered",
    "unsent_file": "files taken back",
    "resent_claim": "claims sent again",
    "sent_claim": "claims as sent",
    "sent_line": "lines with evidence and expected amounts",
    "visit": "visits billed",
    "held_claim": "held claims",
    "held_visit": "visits of held claims",
    "remittance": "payments as they came",
    "acknowledgement": "acknowledgements as they came",
    "acknowledged": "words of acknowledgements as they came",
    "adopted_transaction": "numbers of transactions made elsewhere",
    "transfer": "transfers",
    "bank_deposit": "bank deposits as they came",
    "night_report": "reports of nights",
    "problem": "problems told",
})  # fmt: skip
_ONE: Final[Mapping[str, str]] = MappingProxyType({  # where its own number is all there is
    "view": "look",
    "acknowledged": "word of an acknowledgement",
    "bank_deposit": "deposit",
    "night_report": "report",
    "held_visit": "visit of held claim",
    "control_number": "counter",
})  # fmt: skip


def words(table: str) -> str:
    """What the rows of a table are."""
    return WORDS.get(table, table.replace("_", " "))


def which(connection: Connection, fault: Fault) -> str:
    """Which row it is."""
    if fault.table == ENTRIES:
        return f"entry {fault.key[0]}"
    name = _ONE.get(fault.table, fault.table.replace("_", " "))
    number = " ".join(str(part) for part in fault.key if part != "")
    about = _about(fault.table, fault.key)
    row = connection.execute(about).first() if about is not None else None
    return (
        " ".join(filter(None, (f"{name} {number}:", *map(_shown, row))))
        if row
        else (f"{name} {number}")
    )


def recorded(connection: Connection, fault: Fault) -> str:
    """What the journal says of it: when it was recorded, and by what."""
    if not fault.entry:
        return "not recorded"
    query = (
        select(journal.c.recorded_at, run.c.command, run.c.user)
        .outerjoin(run, run.c.id == journal.c.run_id)
        .where(journal.c.id == fault.entry)
    )
    row = connection.execute(query).first()
    if row is None:
        return f"by entry {fault.entry}, which is gone"
    if row.command is None:
        return "there when the journal began"
    by = f" by {row.user}" if row.user else ""
    return f"{row.recorded_at}, {row.command}{by}"


def is_there(fault: Fault) -> str:
    """What is found in the ledger in place of it."""
    if fault.table == ENTRIES:
        return fault.how
    return {CHANGED: "changed", ADDED: "there"}.get(fault.how, "missing")


def _shown(value: Any) -> str:
    return str(value)[:40]


def _about(table: str, key: tuple[Any, ...]) -> Select[Any] | None:
    """What of a row says which it is; none of it names a patient."""
    by_id = _BY_ID.get(table)
    if by_id is not None:
        source, columns = by_id
        return select(*columns).select_from(source).where(source.c.id == key[0])
    if table in _OF_FILE:
        return select(file.c.name).where(file.c.id == key[0])
    if table == "sent_line":
        line, claim = sent_line.c, sent_claim.c
        return (
            select(line.control, claim.control)
            .outerjoin(sent_claim, claim.id == line.sent_claim_id)
            .where(line.id == key[0])
        )
    if table == "visit":
        return (
            select(visit.c.visit_id, sent_claim.c.control)
            .outerjoin(sent_claim, sent_claim.c.id == visit.c.sent_claim_id)
            .where(visit.c.id == key[0])
        )
    return None


_BY_ID: Final[Mapping[str, tuple[Any, tuple[Any, ...]]]] = MappingProxyType({
    "run": (run, (run.c.command, run.c.started_at)),
    "file": (file, (file.c.name,)),
    "decision": (decision, (decision.c.kind, decision.c.subject, decision.c.user)),
    "view": (view, (view.c.user, view.c.recorded_at)),
    "sent_claim": (sent_claim, (sent_claim.c.control,)),
    "held_claim": (held_claim, (held_claim.c.claim,)),
    "remittance": (remittance, (remittance.c.trace,)),
    "acknowledgement": (acknowledgement, (acknowledgement.c.kind, acknowledgement.c.reference)),
    "acknowledged": (acknowledged, (acknowledged.c.level, acknowledged.c.verdict)),
    "transfer": (transfer, (transfer.c.direction, transfer.c.name)),
    "bank_deposit": (bank_deposit, (bank_deposit.c.date, bank_deposit.c.trace)),
    "night_report": (night_report, (night_report.c.day,)),
    "problem": (problem, (problem.c.code,)),
})  # fmt: skip
_OF_FILE: Final = frozenset({"sent_file", "written_file", "delivered_file", "unsent_file",
                             "resent_claim", "adopted_transaction"})  # fmt: skip
