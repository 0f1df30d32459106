"""What can go wrong with a clearinghouse, each with its kind: docs/transfer.md tells what to do."""

from claimline.errors import CommandError


class TransferError(CommandError):
    """Something over there, or on the way. ``kind`` is our code, ``transfer.login`` ..."""

    def __init__(self, kind: str, message: str, *, todo: str = "") -> None:
        super().__init__(message, todo=todo)
        self.kind = kind


class CutError(TransferError):
    """The connection could not be made, or broke: trying again goes on where it stopped."""


class StaysError(TransferError):
    """One file cannot be moved; the others of the profile can."""
