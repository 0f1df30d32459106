"""Which sent lines the paid lines (SVC) of a claim payment belong to.

``LINE_MATCHERS`` are tried in order on what is still free: control numbers first, then weaker
evidence. A matcher pairs only what is certain; the rest stays unmatched with its candidates. The
result depends on the set of lines, never on their order.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Final

from attrs import frozen

from edi.claim import Procedure
from edi.remittance import ClaimPayment, ServicePayment
from reconcile.values import ZERO, SentClaim, SentLine

LINE_CONTROL: Final = "line control number"
CONTROL_CUT: Final = "line control number, cut by payer"
LINE_NUMBER: Final = "line number in place of the control number"
CODE_MODIFIERS: Final = "code + modifiers + date + charge"
RESTATED: Final = "submitted procedure restated (SVC06) + date + charge"
DROPPED: Final = "code + date + charge, modifiers dropped by payer"
CHANGED: Final = "code + date + charge, modifiers changed by payer"
SPLIT: Final = "line split"
MERGED: Final = "lines merged"
UNBUNDLED: Final = "line unbundled"
CLAIM_LEVEL: Final = "claim level, shared by charge"
BY_HAND: Final = "a person's decision on the line"

SHORTEST_CONTROL: Final = 4  # a line control number cut shorter says nothing


@frozen(kw_only=True)
class Pairing:
    """Paid lines and the sent lines they stand for: one to one, several to one or one to several.

    Indices into ``payment.lines`` and ``claim.lines``, ascending.
    """

    method: str
    services: tuple[int, ...]
    lines: tuple[int, ...]


@frozen(kw_only=True)
class Unpaired:
    """A paid line that fits none for certain, with the sent lines it could be."""

    service: int
    lines: tuple[int, ...]
    why: str


@frozen(kw_only=True)
class LineMatches:
    """All paid lines of a claim payment, each in one pairing or unpaired."""

    pairs: tuple[Pairing, ...]
    unpaired: tuple[Unpaired, ...] = ()


class _Service:
    """A paid line as the matchers look at it."""

    __slots__ = ("charge", "code", "control", "date", "index", "modifiers", "restated", "svc")

    def __init__(self, index: int, svc: ServicePayment, codes: frozenset[str]) -> None:
        self.index = index
        self.svc = svc
        said = submitted(svc, codes)
        self.restated = said is not svc.procedure
        self.code = said.code.upper()
        self.modifiers = frozenset(m.upper() for m in said.modifiers if m)
        self.charge = abs(svc.charge)
        self.control = svc.control.strip().upper()
        self.date = svc.service_date


class _Work:
    """What is still free while the matchers run."""

    def __init__(self, payment: ClaimPayment, claim: SentClaim) -> None:
        codes = frozenset(line.code for line in claim.lines)
        found = [_Service(n, svc, codes) for n, svc in enumerate(payment.lines)]
        self.services = {s.index: s for s in found}
        self.lines = dict(enumerate(claim.lines))
        self.all_lines = dict(self.lines)
        default = payment.service_date or claim.date
        for service in found:
            service.date = service.date or default
        self.pairs: list[Pairing] = []

    def pair(self, method: str, services: Iterable[int], lines: Iterable[int]) -> None:
        pairing = Pairing(
            method=method, services=tuple(sorted(services)), lines=tuple(sorted(lines))
        )
        for index in pairing.services:
            del self.services[index]
        for index in pairing.lines:
            self.lines.pop(index, None)
        self.pairs.append(pairing)


def submitted(svc: ServicePayment, codes: frozenset[str]) -> Procedure:
    """The procedure as the payer says we sent it: SVC06 where it has one of our codes, else SVC01.

    Some payers put a bare number where SVC06 stands, and SVC06 may hold an invalid code (RFI 2375).
    """
    restated = svc.submitted
    if restated is not None and restated.code.upper() in codes:
        return restated
    return svc.procedure


def match_lines(
    payment: ClaimPayment, claim: SentClaim, by_hand: Mapping[int, str] | None = None
) -> LineMatches:
    """Pair the paid lines of ``payment`` with the lines of ``claim``; nothing is forced.

    Args:
        payment: the claim payment.
        claim: the sent claim it is of.
        by_hand: what a person said: n-th paid line, from 1, to line control number.
    """
    quick = None if by_hand else _all_by_control(payment, claim)
    if quick is not None:
        return LineMatches(pairs=quick)
    work = _Work(payment, claim)
    _said(work, by_hand or {})
    for matcher in LINE_MATCHERS:
        if not work.services:
            break
        matcher(work)
    pairs = tuple(sorted(work.pairs, key=lambda pairing: pairing.services))
    return LineMatches(pairs=pairs, unpaired=tuple(_unpaired(work)))


def _all_by_control(payment: ClaimPayment, claim: SentClaim) -> tuple[Pairing, ...] | None:
    """The common case at once: each paid line has its own line control number."""
    places = {line.control: n for n, line in enumerate(claim.lines)}
    if len(places) != len(claim.lines):
        return None
    pairs: dict[int, Pairing] = {}
    for n, svc in enumerate(payment.lines):
        place = places.get(svc.control)
        if place is None or place in pairs:
            return None
        line = claim.lines[place]
        if svc.procedure.code != line.code or abs(svc.charge) != line.charge:
            return None
        pairs[place] = Pairing(method=LINE_CONTROL, services=(n,), lines=(place,))
    return tuple(pairs.values())


def _said(work: _Work, by_hand: Mapping[int, str]) -> None:
    """What a person said comes first; lines that are not there are passed over."""
    named: dict[int, list[int]] = defaultdict(list)
    for number, control in sorted(by_hand.items()):
        place = next((n for n, line in work.lines.items() if line.control == control), None)
        if place is not None and number - 1 in work.services:
            named[place].append(number - 1)
    for place, services in named.items():
        work.pair(BY_HAND, services, [place])


def _by_line_control(work: _Work) -> None:
    """REF*6R equals ours. On several paid lines: split (RFI 2283) or unbundled."""
    _by_number(work, LINE_CONTROL, lambda line: line.control.upper(), confirm=False)


def _by_line_number(work: _Work) -> None:
    """LX01 stands in REF*6R (RFI 2224), with code and charge to confirm."""
    _by_number(work, LINE_NUMBER, lambda line: str(line.number), confirm=True)


def _by_number(
    work: _Work, method: str, number: Callable[[SentLine], str], *, confirm: bool
) -> None:
    groups: dict[str, list[_Service]] = defaultdict(list)
    for service in work.services.values():
        if service.control:
            groups[service.control if not confirm else service.control.lstrip("0")].append(service)
    for control, services in groups.items():
        hits = [n for n, line in work.lines.items() if number(line) == control]
        if len(hits) != 1:
            continue
        line = work.lines[hits[0]]
        if len(services) > 1:
            _several(work, services, hits[0], line)
        elif _confirms(services[0], line) if confirm else _agrees(services[0], line, work):
            work.pair(method, [services[0].index], hits)


def _several(work: _Work, services: Sequence[_Service], place: int, line: SentLine) -> None:
    """Several paid lines with the number of one sent line, where their charges are its charge."""
    if sum((s.charge for s in services), ZERO) != line.charge:
        return
    unbundled = any(s.charge == ZERO for s in services) and any(s.charge for s in services)
    work.pair(UNBUNDLED if unbundled else SPLIT, [s.index for s in services], [place])


def _agrees(service: _Service, line: SentLine, work: _Work) -> bool:
    """Whether nothing speaks against a line control number: code or charge are the line's.

    A payer that swaps the numbers of two lines names one that fits less than another, which has
    both code and charge: then the content says which line it is.
    """
    if _confirms(service, line):
        return True
    if service.code != line.code and service.charge != line.charge:
        return False
    return not any(_confirms(service, other) for other in work.all_lines.values())


def _confirms(service: _Service, line: SentLine) -> bool:
    return service.code == line.code and service.charge == line.charge


def _by_cut_control(work: _Work) -> None:
    """REF*6R is the beginning of ours (or ours of it), with code and charge to confirm."""
    found: list[tuple[int, list[int]]] = []
    for service in work.services.values():
        if len(service.control) < SHORTEST_CONTROL:
            continue
        hits = [
            n
            for n, line in work.lines.items()
            if _cut(service.control, line.control.upper()) and _confirms(service, line)
        ]
        found.append((service.index, hits))
    for index, hits in found:
        if len(hits) == 1 and sum(hits == other for _, other in found) == 1:
            work.pair(CONTROL_CUT, [index], hits)


def _cut(theirs: str, ours: str) -> bool:
    return len(ours) >= SHORTEST_CONTROL and (ours.startswith(theirs) or theirs.startswith(ours))


def _whatever(_theirs: frozenset[str], _ours: frozenset[str]) -> bool:
    return True


def _by_modifiers(work: _Work) -> None:
    _pair_equal(work, CODE_MODIFIERS, restated=False, same=lambda theirs, ours: theirs == ours)


def _by_restated(work: _Work) -> None:
    _pair_equal(work, RESTATED, restated=True, same=lambda theirs, ours: theirs == ours)


def _by_restated_code(work: _Work) -> None:
    _pair_equal(work, RESTATED, restated=True, same=_whatever)


def _by_dropped(work: _Work) -> None:
    _pair_equal(work, DROPPED, restated=False, same=lambda theirs, ours: theirs < ours)


def _by_changed(work: _Work) -> None:
    _pair_equal(work, CHANGED, restated=False, same=_whatever)


Same = Callable[[frozenset[str], frozenset[str]], bool]


def _pair_equal(work: _Work, method: str, *, restated: bool, same: Same) -> None:
    """Pair by code, date, charge and what ``same`` says of the modifiers; units break ties."""
    for services, places in _alike(work, restated=restated):
        if len(services) == len(places) == 1:
            if same(services[0].modifiers, frozenset(work.lines[places[0]].modifiers)):
                work.pair(method, [services[0].index], places)
        elif places:
            for some, lines in list(_components(work, services, places, same)):
                _pair_group(work, method, some, lines)


def _alike(work: _Work, *, restated: bool) -> list[tuple[list[_Service], list[int]]]:
    """Free paid lines and sent lines of one code, date and charge."""
    groups: dict[Hashable, tuple[list[_Service], list[int]]] = {}
    for service in work.services.values():
        if service.restated is restated:
            key = (service.code, service.date, service.charge)
            groups.setdefault(key, ([], []))[0].append(service)
    if groups:
        for n, line in work.lines.items():
            key = (line.code, line.date, line.charge)
            if key in groups:
                groups[key][1].append(n)
    return list(groups.values())


def _components(
    work: _Work, services: Sequence[_Service], places: Sequence[int], same: Same
) -> Iterator[tuple[list[_Service], list[int]]]:
    """Split a group by which sent lines each paid line could be."""
    sets: dict[tuple[int, ...], list[_Service]] = defaultdict(list)
    for service in services:
        fits = (n for n in places if same(service.modifiers, frozenset(work.lines[n].modifiers)))
        sets[tuple(fits)].append(service)
    contested: list[_Service] = []
    for fit, some in sets.items():
        if fit and not set(fit) & {n for other in sets if other != fit for n in other}:
            yield some, list(fit)
        elif fit:
            contested += some
    options = {s.index: set(fit) for fit, some in sets.items() for s in some if s in contested}
    for index, place in _only_pairing(options):
        yield [work.services[index]], [place]


def _only_pairing(options: dict[int, set[int]]) -> list[tuple[int, int]]:
    """The one way to give each paid line a sent line of its own, or nothing.

    Where there is only one, some paid line has a single choice left at every step.
    """
    if len(options) != len(set().union(*options.values())):
        return []
    found: list[tuple[int, int]] = []
    while options:
        index = next((i for i, places in options.items() if len(places) == 1), None)
        if index is None:
            return []
        (place,) = options.pop(index)
        found.append((index, place))
        for places in options.values():
            places.discard(place)
    return found


def _pair_group(work: _Work, method: str, services: list[_Service], lines: list[int]) -> None:
    """Pair a group where that is certain: one with one, by units, or equal with equal."""
    for units in sorted({_units(s.svc) for s in services}):
        some = [s for s in services if _units(s.svc) == units]
        places = [n for n in lines if work.lines[n].units == units]
        if len(some) == len(places) == 1 and len(lines) > 1:
            work.pair(method, [some[0].index], places)
            services = [s for s in services if s not in some]
            lines = [n for n in lines if n not in places]
    if len(services) != len(lines) or not services:
        return
    if len(services) == 1 or len({_outcome(s) for s in services}) == 1:
        # Equal answers: any pairing gives the same money; the line number makes it one.
        lines.sort(key=lambda n: (work.lines[n].number, work.lines[n].control))
        for service, place in zip(services, lines, strict=True):
            work.pair(method, [service.index], [place])


def _units(svc: ServicePayment) -> Decimal:
    """Units as submitted: SVC07, else SVC05 (RFI 958), else 1 (RFI 2163)."""
    if svc.submitted_units is not None:
        return svc.submitted_units
    return svc.paid_units if svc.paid_units is not None else Decimal(1)


def _outcome(service: _Service) -> Hashable:
    """All that a paid line says, but for its place: equal lines are told apart by nothing else."""
    svc = service.svc
    cuts = sorted((a.group, a.reason, a.amount) for a in svc.adjustments)
    said = (service.control, svc.procedure.code, svc.charge, svc.paid, _units(svc), svc.paid_units)
    return said, service.modifiers, tuple(cuts), frozenset(svc.remarks)


def _free(work: _Work) -> Iterator[tuple[list[_Service], list[int]]]:
    """What is still free, by code and date: paid lines and sent lines."""
    services: dict[Hashable, list[_Service]] = defaultdict(list)
    lines: dict[Hashable, list[int]] = defaultdict(list)
    for service in work.services.values():
        services[service.code, service.date].append(service)
    for n, line in work.lines.items():
        lines[line.code, line.date].append(n)
    for key, some in services.items():
        yield some, lines[key]


def _by_split(work: _Work) -> None:
    """Several paid lines of one code and day whose charges are those of the one sent line."""
    for services, places in list(_free(work)):
        if len(services) > 1 and len(places) == 1:
            _several(work, services, places[0], work.lines[places[0]])


def _by_merged(work: _Work) -> None:
    """One paid line of a code and day with the charge and units of several sent lines."""
    for services, places in list(_free(work)):
        if len(services) != 1 or len(places) < 2:
            continue
        lines = [work.lines[n] for n in places]
        units = _units(services[0].svc)
        if services[0].charge == sum((line.charge for line in lines), ZERO) and units in {
            sum((line.units for line in lines), Decimal(0)),
            Decimal(0),  # a denied line: units are not restated
        }:
            work.pair(MERGED, [services[0].index], places)


def _by_unbundled(work: _Work) -> None:
    """A paid line without charge whose SVC06 is one sent line's code: part of that line."""
    for service in list(work.services.values()):
        if service.charge != ZERO or not service.restated:
            continue
        places = [n for n, line in work.all_lines.items() if line.code == service.code]
        if len(places) == 1:
            work.pair(UNBUNDLED, [service.index], places)


def _unpaired(work: _Work) -> Iterator[Unpaired]:
    """What is left, with the sent lines of its code, else all that are free."""
    for service in sorted(work.services.values(), key=lambda s: s.index):
        places = [n for n, line in work.lines.items() if line.code == service.code]
        why = "no sent line of this code and charge is left"
        if len(places) > 1:
            why = "several sent lines fit, or none exactly"
        elif places:
            why = "code fits, but charge, date or units do not"
        yield Unpaired(service=service.index, lines=tuple(sorted(places or work.lines)), why=why)


LINE_MATCHERS: Final[tuple[Callable[[_Work], None], ...]] = (
    _by_line_control,
    _by_cut_control,
    _by_line_number,
    _by_modifiers,
    _by_restated,
    _by_dropped,
    _by_restated_code,
    _by_changed,
    _by_split,
    _by_merged,
    _by_unbundled,
)
LINE_METHODS: Final = (
    LINE_CONTROL,
    CONTROL_CUT,
    LINE_NUMBER,
    CODE_MODIFIERS,
    RESTATED,
    DROPPED,
    CHANGED,
    SPLIT,
    MERGED,
    UNBUNDLED,
    CLAIM_LEVEL,
    BY_HAND,
)
