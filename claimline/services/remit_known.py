"""What the ledger knows of a remittance that a person typed: its payer, its claims, their lines."""

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Final

from attrs import evolve, field, frozen
from sqlalchemy import func, select

from claimline.render.words import listed, shown_number
from claimline.services.remit_read import Typed, refused
from edi.remittance import ClaimPayment, Reference, ServicePayment
from reconcile.keys import normal
from reconcile.ledger.convert import from_json
from reconcile.ledger.tables import sent_claim, sent_line
from reconcile.ledger.tables_received import remittance
from reconcile.same_payment import name_words

if TYPE_CHECKING:
    from sqlalchemy import Connection

STATUS_OF: Final[Mapping[str, str]] = {"P": "1", "S": "2", "T": "3"}  # CLP02 of SBR01
MOST: Final = 5  # names that are shown
ALIKE: Final = 0.8  # of a name, for it to be meant: MEDIGAP is not MEDICARE
Key = tuple[str, str, str, int]  # claim, code, day, cents


@frozen(kw_only=True)
class KnownPayer:
    """A payer the ledger has seen, or the practice file names."""

    name: str
    id: str = ""
    key: str = ""  # in the practice file


@frozen(kw_only=True)
class Known:
    """What the ledger knows of what was typed."""

    payer: KnownPayer
    billing_npi: str = ""
    sent: frozenset[int] = frozenset()  # row numbers of the claims
    lines: Mapping[Key, tuple[str, ...]] = field(factory=dict, repr=False)  # their control numbers
    statuses: Mapping[int, str] = field(factory=dict)  # place to CLP02, where none was typed


@frozen(kw_only=True)
class Asked:
    """In which book to look, and what need not be known."""

    usage: str
    unknown: bool = False  # claims and lines that were never sent from here may be in it
    new_payer: bool = False
    payers: tuple[KnownPayer, ...] = ()  # of the practice file


def learn(connection: "Connection", typed: Typed, name: str, asked: Asked) -> Known:
    """What is known of the payer, the claims and their lines.

    Raises:
        WrongUsageError: a claim, line or payer is not known and that is not meant; or it must be
            said whose turn it was.
    """
    rows = claims_of(connection, [claim.control for claim in typed.claims], asked.usage)
    lines = _lines(connection, {row.id: row.control.upper() for row in rows})
    faults = [] if asked.unknown else list(_strangers(typed, rows, lines))
    payer, doubt = _payer(connection, typed.payer, rows, asked)
    statuses, unsaid = _statuses(typed, rows, payer)
    faults += [*filter(None, [doubt]), *unsaid]
    if faults:
        raise refused(name, faults)
    return Known(
        payer=payer,
        billing_npi=rows[0].billing_npi if rows else "",
        sent=frozenset(row.id for row in rows),
        lines=lines,
        statuses=statuses,
    )


def claims_of(connection: "Connection", controls: Sequence[str], usage: str) -> list[Any]:
    """The sent claims of these numbers."""
    c = sent_claim.c
    query = select(
        c.id, c.control, c.payer, c.payer_id, c.payer_name, c.payer_rank, c.billing_npi, c.date
    )
    condition = func.upper(c.control).in_([control.upper() for control in controls])
    found = connection.execute(query.where(c.usage == usage, condition).order_by(c.id))
    return list(found.fetchall())


def _strangers(
    typed: Typed, rows: Sequence[Any], lines: Mapping[Key, tuple[str, ...]]
) -> Iterator[str]:
    """Claims and lines that were never sent from here."""
    known = {row.control.upper() for row in rows}
    sent: dict[str, list[str]] = {}
    for number, code, service_day, _ in lines:
        sent.setdefault(number, []).append(f"{code} {service_day}")
    for claim in typed.claims:
        control = claim.control.upper()
        if control not in known:
            yield (
                f"claim {shown_number(claim.control)} was never sent from here; look at its number "
                "(--unknown keeps it all the same)"
            )
            continue
        for line in claim.lines:
            day = line.service_date
            said = f"{line.procedure.code} {day}"
            alike = [one for one in sent[control] if one == said or one.startswith(said[:6])]
            if said not in alike and (day or not alike):
                there = listed([*dict.fromkeys(sent[control])][:MOST])
                yield (
                    f"claim {shown_number(claim.control)} has no line {said if day else said[:5]}; "
                    f"its lines: {there} (--unknown keeps it, where the payer writes it so)"
                )


def _statuses(
    typed: Typed, rows: Sequence[Any], payer: KnownPayer
) -> tuple[dict[int, str], list[str]]:
    """Whose turn it was where nobody said: the claim's own payer's; of another it must be said."""
    found: dict[int, str] = {}
    faults = []
    own = {normal(row.control): row for row in rows}
    for place in sorted(typed.unsaid):
        row = own.get(normal(typed.claims[place].control))
        if row is None:
            continue
        if is_of(payer, row):
            found[place] = STATUS_OF.get(row.payer_rank, "1")
        else:
            faults.append(
                f"claim {row.control}: status is missing: {payer.name} is not the payer it was "
                f"sent to ({row.payer_name or row.payer}): 2 where it paid as secondary, 1 where "
                "it paid as primary"
            )
    return found, faults


def is_of(payer: KnownPayer, row: Any) -> bool:
    """Whether it is the payer that a claim was sent to."""
    if payer.id and payer.id in (row.payer_id, row.payer):
        return True
    mine = name_words(payer.name)
    names = [name_words(name) for name in (row.payer_name, row.payer) if name]
    return any(mine <= other or other <= mine for other in names if other)


# --- the payer ---


def _payer(
    connection: "Connection", said: str, rows: Sequence[Any], asked: Asked
) -> tuple[KnownPayer, str]:
    """The payer that was typed, and what is to be asked about it."""
    known = [*_of_claims(rows), *payers(connection, asked)]
    found = named(said, known)
    if len(found) == 1:
        return found[0], ""
    new = KnownPayer(name=said.upper())
    if asked.new_payer:
        return new, ""
    if found:
        names = listed(sorted({one.name for one in found})[:MOST])
        return new, f"several payers are called so: {names}: write one of these"
    near = like(said, known)
    mean = f": do you mean {near}?" if near else ""
    return new, f"no payer of that name is known{mean} (--new-payer: it is another one)"


def _of_claims(rows: Sequence[Any]) -> Iterator[KnownPayer]:
    for row in rows:
        yield KnownPayer(name=(row.payer_name or row.payer).upper(), id=row.payer_id, key=row.payer)


def payers(connection: "Connection", asked: Asked) -> tuple[KnownPayer, ...]:
    """The payers of claims sent, of payments received, and of the practice file."""
    c, r = sent_claim.c, remittance.c
    billed = select(c.payer_name, c.payer, c.payer_id).where(c.usage == asked.usage).distinct()
    paid = select(r.payer_name, r.payer_ids).where(r.usage == asked.usage).distinct()
    rows = connection.execute(billed.order_by(c.payer_name, c.payer, c.payer_id)).fetchall()
    found = [*asked.payers, *_of_claims(rows)]
    for name, text in connection.execute(paid.order_by(r.payer_name, r.payer_ids)):
        ids = [one for one in from_json(text) if one != name]
        if name:
            found.append(KnownPayer(name=name.upper(), id=ids[0] if ids else ""))
    return tuple(found)


def named(said: str, known: Sequence[KnownPayer]) -> tuple[KnownPayer, ...]:
    """The payers of that name or id; else those whose name has all its words. One per payer."""
    word = said.strip().upper()
    exact = [one for one in known if word in (one.name.upper(), one.id.upper(), one.key.upper())]
    mine = name_words(said)
    some = exact or [one for one in known if mine and mine <= name_words(one.name)]
    by_name: dict[str, KnownPayer] = {}
    for one in some:
        before = by_name.get(one.name)
        if before is None or (one.id and not before.id):
            by_name[one.name] = one
    ids = {one.id for one in by_name.values()}
    found = tuple(by_name.values())
    return found[:1] if len(ids) == 1 and ids != {""} else found


def like(said: str, known: Sequence[KnownPayer]) -> str:
    """The known name most like it, also where it is only the beginning of one."""
    names = {one.name.upper(): one.name for one in known}
    word = said.upper()
    shorter = {name[: len(word) + 2]: name for name in sorted(names, reverse=True)}
    found = get_close_matches(word, names, n=1, cutoff=ALIKE) or [
        shorter[one] for one in get_close_matches(word, shorter, n=1, cutoff=ALIKE)
    ]
    return found[0] if found else ""


# --- the lines ---


def _lines(connection: "Connection", claims: Mapping[int, str]) -> dict[Key, tuple[str, ...]]:
    """The line control numbers of sent lines by claim, code, day and charge."""
    found: dict[Key, tuple[str, ...]] = {}
    s = sent_line.c
    query = select(s.sent_claim_id, s.code, s.date, s.charge, s.control)
    rows = connection.execute(query.where(s.sent_claim_id.in_(list(claims))).order_by(s.id))
    for claim, code, date, charge, control in rows:
        key = (claims[claim], code, date, charge)
        found[key] = (*found.get(key, ()), control)
    return found


def with_lines(claim: ClaimPayment, known: Mapping[Key, tuple[str, ...]]) -> ClaimPayment:
    """The claim with our line control numbers, where code, day and charge name one line only."""
    lines = tuple(_with_line(claim.control.upper(), line, known) for line in claim.lines)
    used = [line.control for line in lines]
    if len({*used} - {""}) < sum(bool(one) for one in used):
        return claim  # two typed lines would be one sent line: the matchers shall say
    return evolve(claim, lines=lines)


def _with_line(
    control: str, line: ServicePayment, known: Mapping[Key, tuple[str, ...]]
) -> ServicePayment:
    if line.control or line.service_date is None:
        return line
    cents = abs(int(line.charge.scaleb(2)))  # below zero where it is taken back
    key = (control, line.procedure.code, line.service_date.isoformat(), cents)
    found = known.get(key, ())
    if len(found) != 1:
        return line
    return evolve(line, references=(Reference(qualifier="6R", value=found[0]),))
