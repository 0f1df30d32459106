"""What earlier runs billed for the patients of a run: use of authorizations, days of treatment."""

import datetime as dt
import json
from collections.abc import Collection, Iterable, Mapping

from attrs import field, frozen

from mapping.authorization_use import AuthorizationKey, Use
from mapping.day import patient_key
from mapping.draft import TreatedKey
from mapping.visit import Visit
from reconcile.ledger import Ledger, Usage
from reconcile.ledger.treated import AUTHORIZED, Treated, treated


@frozen(kw_only=True)
class Before:
    """Plain values that another process can take, as ``History`` wants them."""

    authorized: Mapping[AuthorizationKey, tuple[Use, ...]] = field(factory=dict, repr=False)
    days: Mapping[TreatedKey, frozenset[dt.date]] = field(factory=dict, repr=False)


class TreatedBefore:
    """The same of all patients of a run, to be asked piece by piece."""

    def __init__(self) -> None:
        self._authorized: dict[str, dict[AuthorizationKey, list[Use]]] = {}
        self._days: dict[str, dict[TreatedKey, set[dt.date]]] = {}

    def add(self, one: Treated, now: Collection[str]) -> None:
        """Take a claim that was billed before; ``now`` are the visits of the run."""
        days = self._days.setdefault(one.patient, {})
        days.setdefault((one.patient, one.discipline), set()).add(one.date)
        if one.decisions and not one.rejected and one.visits.isdisjoint(now):
            uses = self._authorized.setdefault(one.patient, {})
            for key, use in _uses(one):
                uses.setdefault(key, []).append(use)

    def of(self, visits: Iterable[Visit]) -> Before:
        """What was billed before for the patients of these visits."""
        if not self._days:
            return Before()
        patients = {patient_key(visit) for visit in visits}
        return Before(
            authorized={
                key: tuple(uses)
                for one in patients
                for key, uses in self._authorized.get(one, {}).items()
            },
            days={
                key: frozenset(days)
                for one in patients
                for key, days in self._days.get(one, {}).items()
            },
        )


def before(
    ledger: Ledger, visits: Collection[Visit], usage: Usage, *, without: Collection[str] = ()
) -> TreatedBefore:
    """What was billed before for those patients whose visits ask for it; the ledger is asked once.

    Only visits with an authorization or the day of a progress report ask. A claim that was rejected
    used no authorization, but its day was a day of treatment. The visits themselves do not count.

    Args:
        ledger: what was sent.
        visits: of the run.
        usage: the book.
        without: control numbers of claims that are being corrected.
    """
    found = TreatedBefore()
    asking = {patient_key(one) for one in visits if one.authorizations or _reported(one)}
    if not asking:
        return found
    now = {visit.visit_id for visit in visits}
    with ledger.reading() as connection:
        for one in treated(connection, asking, usage, without=without):
            found.add(one, now)
    return found


def _reported(visit: Visit) -> bool:
    return visit.plan_of_care is not None and visit.plan_of_care.last_progress_report is not None


def _uses(one: Treated) -> Iterable[tuple[AuthorizationKey, Use]]:
    """What the claim used, as ``bill`` kept it with the claim."""
    day = (one.date, one.discipline)
    for kind, number, visits_used, units_used, units in json.loads(one.decisions)[AUTHORIZED]:
        yield (
            (one.patient, one.payer, kind, number),
            Use(day=day, visits_used=visits_used, units_used=units_used, units=units),
        )
