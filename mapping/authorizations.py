"""Which authorization and referral numbers a claim carries (REF G1, REF 9F), and what they have."""

from collections.abc import Iterator, Sequence
from typing import Final

from edi.claim import Reference
from mapping.authorization_use import AuthorizationKey, Use
from mapping.day import Day, Line
from mapping.visit import Authorization

QUALIFIERS: Final = {"prior authorization": "G1", "referral": "9F"}


def fitting(day: Day, code: str, kind: str) -> Authorization | None:
    """The first number of the kind that fits payer, discipline, day and code."""
    for visit in day.visits:
        for given in visit.authorizations:
            if (
                given.kind == kind
                and given.payer in {"", day.payer.key}
                and given.discipline in {"", visit.discipline}
                and (given.valid_from is None or given.valid_from <= day.date)
                and (given.valid_until is None or day.date <= given.valid_until)
                and (not given.codes or code in given.codes)
            ):
                return given
    return None


def references(
    day: Day, codes: Sequence[str]
) -> tuple[tuple[Reference, ...], tuple[tuple[Reference, ...], ...]]:
    """References of the claim, and of each line.

    A claim has one number of a kind (837P 2300). Where the lines need different ones, each line
    carries its own (2400) and the claim none.
    """
    ofclaim: list[Reference] = []
    oflines: list[list[Reference]] = [[] for _ in codes]
    if not any(visit.authorizations for visit in day.visits):
        return (), ((),) * len(codes)
    for kind, qualifier in QUALIFIERS.items():
        found = [fitting(day, code, kind) for code in codes]
        numbers = dict.fromkeys(one.number for one in found if one is not None)
        if len(numbers) == 1:
            ofclaim.append(Reference(qualifier=qualifier, value=next(iter(numbers))))
            continue
        for line, one in zip(oflines, found, strict=True):
            if one is not None:
                line.append(Reference(qualifier=qualifier, value=one.number))
    return tuple(ofclaim), tuple(tuple(line) for line in oflines)


def key_of(day: Day, given: Authorization) -> AuthorizationKey:
    """What an authorization is known by: numbers of two payers or patients are apart."""
    return day.key[0], day.payer.key, given.kind, given.number


def taken(day: Day, some: Sequence[Line] | None = None) -> Iterator[tuple[Authorization, Use]]:
    """What lines of a day, all where none are given, take of each authorization good for them."""
    if not any(visit.authorizations for visit in day.visits):
        return
    for kind in QUALIFIERS:
        units: dict[AuthorizationKey, int] = {}
        found: dict[AuthorizationKey, Authorization] = {}
        for line in day.lines if some is None else some:
            one = fitting(day, line.row.code, kind)
            if one is not None:
                key = key_of(day, one)
                found.setdefault(key, one)
                units[key] = units.get(key, 0) + line.units
        for key, one in found.items():
            yield (
                one,
                Use(
                    day=(day.date, day.key[3]),
                    visits_used=one.visits_used or 0,
                    units_used=one.units_used or 0,
                    units=units[key],
                ),
            )
