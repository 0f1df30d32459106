"""Why a ledger cannot be used. Each message is for the person who gets it: what, and what to do.

``LedgerError`` is never raised itself. None of these texts holds patient data.
"""


class LedgerError(Exception):
    """A ledger that cannot be used now; ``todo`` says what to do about it."""

    def __init__(self, message: str, todo: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.todo = todo


class LedgerMissing(LedgerError):  # noqa: N818 - named by what is wrong
    """There is no ledger at that place, and it was not asked to make one."""


class LedgerUnreachable(LedgerError):  # noqa: N818 - named by what is wrong
    """Where the ledger should be nothing can be reached: no server, no database, no folder.

    Whether there is a ledger is not known: whoever meets this neither makes one nor does without.
    """


class LedgerOld(LedgerError):  # noqa: N818 - named by what is wrong
    """The ledger was made by an older version and must be upgraded first."""


class LedgerNewer(LedgerError):  # noqa: N818 - named by what is wrong
    """The ledger was made by a newer version than this one."""


class LedgerLocked(LedgerError):  # noqa: N818 - named by what is wrong
    """Another process writes into the ledger for longer than we wait."""


class LedgerLost(LedgerError):  # noqa: N818 - named by what is wrong
    """The connection to the database ended in the middle; run again, it goes on."""


class LedgerFull(LedgerError):  # noqa: N818 - named by what is wrong
    """The disk or memory of the ledger has no room, or fails: somebody must see to the machine."""


class LedgerDamaged(LedgerError):  # noqa: N818 - named by what is wrong
    """The file is no ledger, or its content contradicts itself."""
