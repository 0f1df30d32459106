"""The reference tables that decided claims: are they still imported here."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from claimline.reference.lookup import version_of
from claimline.services.tables import listed
from reconcile.ledger.tables import sent_claim

if TYPE_CHECKING:
    from reconcile.ledger import Ledger

_IMPORTED: Final = "(imported "  # in what claims cite of an imported table: see ``version_of``
_AT_ONCE: Final = 5000
NEXT: Final = (
    "Why those claims were billed so cannot be looked up any more: keep the files of CMS, and "
    "import them again with claimline tables import."
)


def gone(ledger: "Ledger", path: Path) -> tuple[str, ...]:
    """Imported tables that decisions cite and that are not imported any more, in their order.

    Args:
        ledger: open.
        path: of the imported tables; it need not be there.
    """
    c = sent_claim.c
    query = select(c.decisions).where(c.decisions.contains(_IMPORTED)).order_by(c.id)
    cited: set[str] = set()
    with ledger.reading() as connection:
        for (text,) in connection.execute(query.execution_options(yield_per=_AT_ONCE)):
            cited.update(one for one in json.loads(text)["versions"] if _IMPORTED in one)
    here = {_edition(version_of(one)) for one in listed(path)[0]} if cited else set()
    return tuple(one for one in sorted(cited) if _edition(one) not in here)


def _edition(version: str) -> str:
    """Table and edition; the same edition imported again is the same."""
    return version.partition(_IMPORTED)[0].strip()
