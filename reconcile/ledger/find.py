"""What an identifier is: a claim, a line, a payer's number, a check, a visit, a patient, a file."""

from collections.abc import Callable, Iterable
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, func, select

from reconcile.keys import stem
from reconcile.ledger import find_answers
from reconcile.ledger.named import NAMES
from reconcile.ledger.records import Found
from reconcile.ledger.tables import (
    file,
    held_claim,
    held_visit,
    sent_claim,
    sent_file,
    sent_line,
    visit,
)
from reconcile.ledger.tables_answered import acknowledged, resent_claim
from reconcile.ledger.tables_received import awaiting, claim_payment, remittance

_CLAIM: Final = sent_claim.c
_REMIT: Final = remittance.c
FEW: Final = 500  # claims shown of one identifier


def find(connection: Connection, identifier: str) -> tuple[Found, ...]:
    """All that the identifier is, the surest kind first; empty where it is nothing we know.

    Letter case and surrounding spaces do not matter, nor the dashes and blanks of a member id (as
    Medicare prints them on the card), nor leading zeros of a check number; a control number is
    also found by its first twelve characters (what some payers leave of it).
    """
    word = identifier.strip()
    if not word or "\0" in word:  # no database holds a text with a NUL in it
        return ()
    found: list[Found] = []
    for kind, look in _KINDS:
        found += look(connection, kind, word)
    return tuple(found)


def _claims(connection: Connection, kind: str, condition: ColumnElement[bool]) -> Iterable[Found]:
    query = select(_CLAIM.usage, _CLAIM.family).where(condition).distinct().limit(FEW)
    return _by_usage(connection, kind, query.order_by(_CLAIM.usage, _CLAIM.family))


def _by_usage(connection: Connection, kind: str, query: Select[Any]) -> list[Found]:
    books: dict[Any, list[str]] = {}
    for usage, family in connection.execute(query):
        books.setdefault(usage, []).append(family)
    return [
        Found(kind=kind, usage=usage, families=tuple(families)) for usage, families in books.items()
    ]


def _in_any_case(
    connection: Connection,
    kind: str,
    word: str,
    where: Callable[[Callable[[ColumnElement[str]], ColumnElement[bool]]], ColumnElement[bool]],
) -> list[Found]:
    """Claims by a number as it is written, which an index finds; else in whatever case."""
    exact = list(_claims(connection, kind, where(lambda column: column == word)))
    upper = word.upper()
    return exact or list(
        _claims(connection, kind, where(lambda column: func.upper(column) == upper))
    )


def _by_control(connection: Connection, kind: str, word: str) -> Iterable[Found]:
    exact = _in_any_case(
        connection, kind, word, lambda fits: fits(_CLAIM.control) | fits(_CLAIM.family)
    )
    if exact or not stem(word):
        return exact
    return _claims(connection, kind, _CLAIM.stem == stem(word))


def _by_line(connection: Connection, kind: str, word: str) -> Iterable[Found]:
    c = sent_line.c
    return _in_any_case(
        connection,
        kind,
        word,
        lambda fits: _CLAIM.id.in_(select(c.sent_claim_id).where(fits(c.control))),
    )


def _by_payer_number(connection: Connection, kind: str, word: str) -> Iterable[Found]:
    """CLP07 of a payment; else, where no payment has it, REF 1K of a 277CA (RFI 1808)."""
    c, said = claim_payment.c, acknowledged.c
    answered = select(c.sent_claim_id).where(c.sent_claim_id.is_not(None))
    found = _in_any_case(
        connection, kind, word, lambda fits: _CLAIM.id.in_(answered.where(fits(c.payer_control)))
    )
    told = select(said.sent_claim_id).where(said.sent_claim_id.is_not(None))
    return found or _in_any_case(
        connection, kind, word, lambda fits: _CLAIM.id.in_(told.where(fits(said.payer_control)))
    )


def _by_visit(connection: Connection, kind: str, word: str) -> Iterable[Found]:
    c = visit.c
    return _in_any_case(
        connection,
        kind,
        word,
        lambda fits: _CLAIM.id.in_(select(c.sent_claim_id).where(fits(c.visit_id))),
    )


def _by_patient(connection: Connection, kind: str, word: str) -> Iterable[Found]:
    return _in_any_case(
        connection, kind, word, lambda fits: fits(_CLAIM.patient_id) | fits(_CLAIM.patient)
    )


def _by_member(connection: Connection, kind: str, word: str) -> Iterable[Found]:
    plain = func.replace(func.replace(_CLAIM.member_id, "-", ""), " ", "")
    asked = word.replace("-", "").replace(" ", "").upper()
    return _claims(connection, kind, func.upper(plain) == asked) if asked else ()


def _by_received_file(connection: Connection, kind: str, word: str) -> Iterable[Found]:
    """A file that was received: its payments, and the claims they answer."""
    name = word.replace("\\", "/").rpartition("/")[2]
    query = (
        select(_REMIT.usage, _REMIT.id)
        .join(file, file.c.id == _REMIT.file_id)
        .where((file.c.name == name) | (file.c.digest == word.lower()))
    )
    return _by_payments(connection, kind, query.order_by(_REMIT.id).limit(FEW))


def _by_trace(connection: Connection, kind: str, word: str) -> Iterable[Found]:
    same = func.ltrim(func.upper(_REMIT.trace), "0") == word.upper().lstrip("0")
    query = select(_REMIT.usage, _REMIT.id).where(same, _REMIT.trace != "").order_by(_REMIT.id)
    return _by_payments(connection, kind, query)


def _by_payments(connection: Connection, kind: str, query: Select[Any]) -> list[Found]:
    """Payments, by book, with the claims that they answer."""
    books: dict[Any, list[int]] = {}
    for usage, number in connection.execute(query):
        books.setdefault(usage, []).append(number)
    found = []
    for usage, numbers in books.items():
        answered = (
            select(_CLAIM.family)
            .join(claim_payment, claim_payment.c.sent_claim_id == _CLAIM.id)
            .where(claim_payment.c.remittance_id.in_(numbers))
        )
        families = {
            family
            for query in (answered, _named_by(numbers, usage))
            for family in connection.execute(
                query.distinct().order_by(_CLAIM.family).limit(FEW)
            ).scalars()
        }
        found.append(
            Found(
                kind=kind,
                usage=usage,
                payments=tuple(numbers),
                families=tuple(sorted(families)[:FEW]),
            )
        )
    return found


def _named_by(numbers: list[int], usage: str) -> Select[Any]:
    """The claims that payments name in answers that are kept and not on the books."""
    kept = claim_payment.c.state.in_(("not posted", "aside"))
    return (
        select(_CLAIM.family)
        .join(awaiting, awaiting.c.value == _CLAIM.stem)
        .join(claim_payment, claim_payment.c.id == awaiting.c.claim_payment_id)
        .where(
            claim_payment.c.remittance_id.in_(numbers),
            awaiting.c.kind == NAMES,
            kept,
            _CLAIM.usage == usage,
        )
    )


def _by_file(connection: Connection, kind: str, word: str) -> Iterable[Found]:
    c = file.c
    return _in_any_case(
        connection,
        kind,
        word,
        lambda fits: _in_files(select(c.id).where(fits(c.name) | fits(c.digest))),
    )


def _by_interchange(connection: Connection, kind: str, word: str) -> Iterable[Found]:
    """ISA13 of a file of claims: those sent in it, first or again."""
    if not (word.isascii() and word.isdigit() and len(word) <= len("123456789")):
        return ()
    files = select(sent_file.c.file_id).where(sent_file.c.interchange_control == int(word))
    return _claims(connection, kind, _in_files(files))


def _in_files(files: Select[Any]) -> ColumnElement[bool]:
    """Claims sent in these files, first or again."""
    again = select(resent_claim.c.sent_claim_id).where(resent_claim.c.file_id.in_(files))
    return _CLAIM.file_id.in_(files) | _CLAIM.id.in_(again)


def _by_acknowledgement(connection: Connection, kind: str, word: str) -> Iterable[Found]:
    """A received file of acknowledgements: the claims it speaks of."""
    name = word.replace("\\", "/").rpartition("/")[2]
    return _claims(connection, kind, find_answers.in_file(name, word.lower()))


def _by_batch(connection: Connection, kind: str, word: str) -> Iterable[Found]:
    return _claims(connection, kind, find_answers.by_batch(word))


def _by_reference(connection: Connection, kind: str, word: str) -> Iterable[Found]:
    return _claims(connection, kind, find_answers.by_reference(word))


def _by_received_interchange(connection: Connection, kind: str, word: str) -> Iterable[Found]:
    condition = find_answers.by_interchange(word)
    return () if condition is None else _claims(connection, kind, condition)


def held_for(connection: Connection, visit_id: str) -> tuple[str, ...]:
    """The keys of held claims that wait for that visit."""
    query = (
        select(held_claim.c.claim)
        .join(held_visit, held_visit.c.held_claim_id == held_claim.c.id)
        .where(held_visit.c.visit_id == visit_id)
        .order_by(held_claim.c.id)
    )
    return tuple(row[0] for row in connection.execute(query))


_KINDS: Final[tuple[tuple[str, Callable[[Connection, str, str], Iterable[Found]]], ...]] = (
    ("patient control number", _by_control),
    ("line control number", _by_line),
    ("payer claim number", _by_payer_number),
    ("check or EFT number", _by_trace),
    ("visit id", _by_visit),
    ("patient id", _by_patient),
    ("member id", _by_member),
    ("file", _by_file),
    ("received file", _by_received_file),
    ("received file", _by_acknowledgement),
    ("interchange control number", _by_interchange),
    ("batch number (BHT03)", _by_batch),
    ("number of a 277CA (BHT03)", _by_reference),
    ("interchange control number of an answer", _by_received_interchange),
)
