"""Which codes other claims of the same patient and day have: what the denial rules ask for.

The database puts the lines of a patient's day together, so that the work grows with the number of
lines, not with its square, where very many claims share a patient and a day.
"""

from collections.abc import Mapping
from typing import Any, Final

from attrs import define, field
from sqlalchemy import Connection, func, select, tuple_

from reconcile.ledger import bulk
from reconcile.ledger.convert import from_date, to_date
from reconcile.ledger.deliveries import was_sent
from reconcile.ledger.records import Usage
from reconcile.ledger.tables import sent_claim, sent_line
from reconcile.values import Neighbour, SentClaim

_CLAIM: Final = sent_claim.c
_LINE: Final = sent_line.c

Day = tuple[str, str]  # patient, first day of service as the database has it


@define(kw_only=True)
class Beside:
    """The codes of each patient's day, for page after page of claims of one book.

    The days of the last page are kept: a day that goes on in the next is not asked for again.
    """

    usage: Usage
    days: dict[Day, tuple[Any, ...]] = field(factory=dict)

    def of(
        self, connection: Connection, claims: Mapping[int, SentClaim]
    ) -> dict[int, tuple[Neighbour, ...]]:
        """The codes that claims of other families have, by row number of the claim.

        Claims of one family are not each other's neighbours: a replacement restates the original.
        """
        wanted = {_day(claim) for claim in claims.values() if claim.patient}
        self.days = {day: self.days[day] for day in wanted & self.days.keys()}
        missing = sorted(wanted - self.days.keys())
        found: dict[Day, list[Any]] = {day: [] for day in missing}
        for batch in bulk.batches(missing):
            for row in connection.execute(self._query(batch)):
                found[row.patient, row.first_day].append(row)
        self.days |= {day: tuple(rows) for day, rows in found.items()}
        return {
            number: tuple(
                Neighbour(code=row.code, date=to_date(row.date))
                for row in self.days.get(_day(claim), ())
                if (row.low, row.high) != (claim.family, claim.family)
            )
            for number, claim in claims.items()
        }

    def _query(self, days: list[Day]) -> Any:
        """Each code of each day once, with the first and the last family that has it."""
        keys = (_CLAIM.patient, _CLAIM.date, _LINE.date, _LINE.code)
        return (
            select(
                _CLAIM.patient,
                _CLAIM.date.label("first_day"),
                _LINE.date,
                _LINE.code,
                func.min(_CLAIM.family).label("low"),
                func.max(_CLAIM.family).label("high"),
            )
            .join(sent_line, _LINE.sent_claim_id == _CLAIM.id)
            .where(
                tuple_(_CLAIM.patient, _CLAIM.date).in_(days),
                _CLAIM.usage == self.usage,
                was_sent(),
            )
            .group_by(*keys)
            .order_by(*keys)
        )


def _day(claim: SentClaim) -> Day:
    return claim.patient, from_date(claim.date)
