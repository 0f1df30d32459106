"""The books made anew from the received files, and compared with those that were there."""

from typing import TYPE_CHECKING

from attrs import frozen

from claimline.services.again import make_again
from claimline.services.collector import rarely_collected
from claimline.services.receive_acknowledge import read_unread
from claimline.services.receive_adopt import note_numbers
from reconcile.ledger import derived

if TYPE_CHECKING:
    from reconcile.ledger import Ledger, Run


@frozen(kw_only=True)
class Rebuilt:
    """One kind of derived rows before and after. ``equal``: also in content."""

    what: str
    before: int
    after: int
    equal: bool
    lines: tuple[derived.Differing, ...] = ()  # of postings: the first lines that differ


@rarely_collected()
def rebuild(ledger: "Ledger", run: "Run") -> tuple[Rebuilt, ...]:
    """Make all that is derived anew, in one transaction: readers see the old books until it ends.

    Raises:
        LedgerDamaged: where the bytes of a received file are damaged; then nothing is changed.
    """
    with ledger.begin(run) as writer:
        note_numbers(ledger, writer)  # what an older version kept and did not read
        read_unread(ledger, writer)
        before = derived.marks(writer.connection)
        derived.remember(writer.connection)
        make_again(ledger, writer)
        after = derived.marks(writer.connection)
        lines = derived.differing(writer.connection)
    return tuple(
        Rebuilt(
            what=old.what,
            before=old.count,
            after=new.count,
            equal=old == new,
            lines=lines if old.what == "postings" else (),
        )
        for old, new in zip(before, after, strict=True)
    )
