"""The ledger: what was sent, what came back, who decided what. Append-only facts, exact money."""

from reconcile.ledger.backup import backup_ledger
from reconcile.ledger.errors import (
    LedgerDamaged,
    LedgerError,
    LedgerLocked,
    LedgerLost,
    LedgerMissing,
    LedgerNewer,
    LedgerOld,
    LedgerUnreachable,
)
from reconcile.ledger.ledger import Ledger, open_ledger, upgrade_ledger
from reconcile.ledger.records import (
    Billed,
    ClaimStory,
    Decision,
    Found,
    HeldRecord,
    KeptProblem,
    KnownVisit,
    Payment,
    Received,
    Run,
    SentFile,
    SentRecord,
    StoredFile,
    UnpostedClaim,
    Usage,
)
from reconcile.ledger.writer import Writer

__all__ = [
    "Billed",
    "ClaimStory",
    "Decision",
    "Found",
    "HeldRecord",
    "KeptProblem",
    "KnownVisit",
    "Ledger",
    "LedgerDamaged",
    "LedgerError",
    "LedgerLocked",
    "LedgerLost",
    "LedgerMissing",
    "LedgerNewer",
    "LedgerOld",
    "LedgerUnreachable",
    "Payment",
    "Received",
    "Run",
    "SentFile",
    "SentRecord",
    "StoredFile",
    "UnpostedClaim",
    "Usage",
    "Writer",
    "backup_ledger",
    "open_ledger",
    "upgrade_ledger",
]
