"""One file from over there into the inbox: under a hidden name first, gone on with after a cut."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import IO, Final

from claimline.transfer.disk import digest_of, make_folder, moved, opened, synced
from claimline.transfer.errors import TransferError
from claimline.transfer.place import Place
from claimline.transfer.values import Profile, Remote

OVERLAP: Final = 4096  # bytes of what is here that must be the same over there to go on


def fetched(
    place: Place,
    profile: Profile,
    remote: Remote,
    inbox: Path,
    count: Callable[[int], None],
    *,
    is_here: Callable[[str], bool] = lambda _: False,
) -> tuple[Path | None, str] | None:
    """Fetch a file into the inbox, whole and on disk, or leave what came for the next time.

    Args:
        place: reached.
        profile: whose file it is.
        remote: the file as it was listed.
        inbox: made if it is not there.
        count: told how many bytes came.
        is_here: whether the bytes of a digest are in the ledger and came from there.

    Returns:
        Its path and digest, no path where it is here; None where it changed meanwhile, so that it
        is still growing.

    Raises:
        TransferError: the connection broke, the file is gone, or there is no room here.
    """
    try:
        make_folder(inbox)
        part = _part(inbox, profile, remote)
        _fill(place, remote, part, count)
    except OSError as error:
        raise TransferError(
            "transfer.disk",
            f"cannot write into {inbox}: {error.strerror}",
            todo="see to the folder and the room on its disk; the next run goes on",
        ) from error
    after = place.look(remote.path) or remote  # some servers take a file away once it was read
    if (after.size, after.modified) != (remote.size, remote.modified):
        return None
    if part.stat().st_size != remote.size:
        return None
    digest = digest_of(part)
    if is_here(digest):
        part.unlink()
        return None, digest
    return moved(part, inbox, remote.name, digest), digest


def _part(inbox: Path, profile: Profile, remote: Remote) -> Path:
    """The hidden file that what comes is written to.

    Its name holds the size and time over there: where they changed, it is begun anew.
    """
    key = hashlib.sha256(f"{profile.key}\0{remote.path}".encode("utf-8", "surrogatepass"))
    start = f".{key.hexdigest()[:16]}"
    part = inbox / f"{start}.{remote.size}.{remote.modified}.part"
    for old in sorted(inbox.glob(f"{start}.*.part")):
        if old != part:
            old.replace(part)
            part.write_bytes(b"")
    return part


def _fill(place: Place, remote: Remote, part: Path, count: Callable[[int], None]) -> None:
    """Write what is missing of a file to its part."""
    with opened(part) as stream:
        have = stream.tell()
        if have and (have > remote.size or not _fits(place, remote, stream, have)):
            stream.truncate(0)
            have = 0
        try:
            for block in place.read(remote.path, have) if have < remote.size else ():
                stream.write(block)
                count(len(block))
        finally:
            synced(stream)


def _fits(place: Place, remote: Remote, stream: IO[bytes], have: int) -> bool:
    """Whether the end of what is here is the same over there."""
    start = max(0, have - OVERLAP)
    stream.seek(start)
    here = stream.read()
    return here == b"".join(place.read(remote.path, start, len(here)))
