"""One file from the ledger to over there: under a temporary name, then its own; never twice.

What tells that a file is over there, in this order: it stands there under its name with our bytes;
it was uploaded whole (which the ledger keeps before the rename, or before the last byte) and
neither name is there any more, so it was renamed and taken. Else it is gone on with, or begun anew.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from typing import Final, Literal

from attrs import frozen

from claimline.transfer.errors import StaysError
from claimline.transfer.place import Place
from claimline.transfer.values import Profile

READ_BACK: Final = 5 << 20  # bytes up to which a file is read again and compared whole
OVERLAP: Final = 4096  # bytes compared of a bigger one, or before going on
Stand = Literal["taken", "waiting", "vanished"]


@frozen(kw_only=True)
class Outgoing:
    """A file to be uploaded."""

    name: str  # over there
    outbox: str = ""  # its name here
    digest: str
    size: int  # bytes
    pieces: Callable[[], Iterable[bytes]]  # the bytes, anew each time


def uploaded(
    place: Place,
    profile: Profile,
    out: Outgoing,
    *,
    was_whole: bool,
    whole: Callable[[], None],
    count: Callable[[int], None],
) -> Stand:
    """Bring a file over there, or find that it is.

    Args:
        place: reached.
        profile: where it goes, and what counts as taken.
        out: the file.
        was_whole: an earlier run uploaded it whole.
        whole: called once it is whole under its temporary name, before it gets its own.
        count: told how many bytes went.

    Raises:
        TransferError: the connection broke, the name is taken, or it may not be written.
    """
    final = place.join(profile.put, out.name)
    if not profile.rename:
        return _uploaded_under_its_name(
            place, profile, out, was_whole=was_whole, whole=whole, count=count
        )
    temporary = place.join(profile.put, profile.temporary.format(name=out.name))
    if _is_there(place, final, out):
        return _stand(place, profile, out)
    half = place.look(temporary)
    if half is None and was_whole:
        return _gone(place, profile, out)
    if half is None or half.size != out.size or not was_whole:
        there = half.size if half is not None and profile.resume else 0
        _write(place, temporary, there, out, count)
        _check(place, temporary, out)
        whole()
    place.rename(temporary, final)
    return _stand(place, profile, out)


def _uploaded_under_its_name(
    place: Place,
    profile: Profile,
    out: Outgoing,
    *,
    was_whole: bool,
    whole: Callable[[], None],
    count: Callable[[int], None],
) -> Stand:
    """Where a server forbids to rename: the file has its own name from the first byte on.

    Whoever picks up there may take a part of it; what was cut off is gone on with, and a beginning
    that is not ours is never written over. The last byte goes by itself, after the ledger knows
    that all others went: a file that is gone then was taken, and does not go twice. Where nothing
    can be gone on with, it goes at once, and that is noted after it.

    Raises:
        TransferError: as ``uploaded``.
    """
    final = place.join(profile.put, out.name)
    half = place.look(final)
    if half is None and was_whole:
        return _gone(place, profile, out)
    size = half.size if half is not None else 0
    if size > out.size or (size and not _fits(place, final, size, out, unread=True)):
        raise _taken(final)
    if size < out.size:
        if size and not profile.resume:
            raise _taken(final)
        last = out.size - 1 if profile.resume else size
        if size < last:
            place.write(final, size, _counted(_from(out.pieces(), size, last), count))
        if profile.resume and not was_whole:
            whole()
            was_whole = True
        if last and place.look(final) is None:
            return _gone(place, profile, out)
        place.write(final, last, _counted(_from(out.pieces(), last), count))
        _check(place, final, out)
    if not was_whole:
        whole()
    return _stand(place, profile, out)


def _gone(place: Place, profile: Profile, out: Outgoing) -> Stand:
    """What became of a file that was uploaded and is not there any more."""
    return "vanished" if profile.taken == "size" else _stand(place, profile, out)


def _taken(final: str) -> StaysError:
    """Another file has the name."""
    return StaysError(
        "transfer.name-taken",
        f"{final}: another file of this name is there already; it was not replaced",
        todo="ask the clearinghouse what it is; make names unique with {control} in "
        "profiles.NAME.name",
    )


def _is_there(place: Place, final: str, out: Outgoing) -> bool:
    """Whether our file stands there under its name.

    Raises:
        StaysError: another one does.
    """
    found = place.look(final)
    if found is None:
        return False
    if found.size != out.size or not _same(place, final, out):
        raise _taken(final)
    return True


def _write(
    place: Place, path: str, there: int, out: Outgoing, count: Callable[[int], None]
) -> None:
    """Write what is missing, or all of it where what is there is not ours or cannot be read."""
    start = there if 0 < there <= out.size else 0
    if start and not _fits(place, path, start, out, unread=False):
        start = 0
    if start < out.size:
        place.write(path, start, _counted(_from(out.pieces(), start), count))


def _check(place: Place, path: str, out: Outgoing) -> None:
    """Raise where what arrived is not what was sent.

    Raises:
        StaysError: saying how much did.
    """
    found = place.look(path)
    if found is not None and found.size == out.size and _same(place, path, out):
        return
    arrived = 0 if found is None else found.size
    raise StaysError(
        "transfer.not-whole",
        f"{path}: {arrived:,} of {out.size:,} bytes are there after the upload, or they differ",
        todo="run it again; if it stays so, call the clearinghouse: its disk may be full",
    )


def _stand(place: Place, profile: Profile, out: Outgoing) -> Stand:
    """Whether a file that got its name was taken, by what the profile says counts."""
    if profile.taken == "size":
        return "taken"
    if profile.taken == "folder":
        return "taken" if place.look(place.join(profile.taken_folder, out.name)) else "waiting"
    return "waiting" if place.look(place.join(profile.put, out.name)) else "taken"


def _same(place: Place, path: str, out: Outgoing) -> bool:
    """Whether the bytes over there are ours: all of a small file, the end of a big one.

    Where files may be written and not be read again, the size has to do.
    """
    compared = out.size if out.size <= READ_BACK else OVERLAP
    return _fits(place, path, out.size, out, unread=True, length=compared)


def _fits(
    place: Place, path: str, end: int, out: Outgoing, *, unread: bool, length: int = OVERLAP
) -> bool:
    """Whether the bytes before ``end`` are the same; ``unread`` where ours may not be read."""
    start = max(0, end - length)
    try:
        found = _digest(place.read(path, start, end - start), end - start)
    except StaysError as error:
        if error.kind == "transfer.denied":
            return unread
        raise
    return found == _digest(_from(out.pieces(), start), end - start)


def _digest(pieces: Iterable[bytes], length: int) -> bytes:
    """The SHA-256 of so many bytes."""
    whole = hashlib.sha256()
    for piece in pieces:
        whole.update(piece[:length])
        length -= len(piece)
        if length <= 0:
            break
    return whole.digest()


def _from(pieces: Iterable[bytes], start: int, end: int | None = None) -> Iterator[bytes]:
    """The bytes from an offset on; up to another, where there is one."""
    at = 0
    for piece in pieces:
        here, at = at, at + len(piece)
        if end is not None and at > end:
            piece = piece[: end - here]  # noqa: PLW2901 - the last one, shorter
        if part := piece[max(0, start - here) :]:
            yield part
        if end is not None and at >= end:
            return


def _counted(pieces: Iterable[bytes], count: Callable[[int], None]) -> Iterator[bytes]:
    for piece in pieces:
        yield piece
        count(len(piece))
