"""Acknowledgements joined to what was sent: file, transaction, claim, line.

Sources: TA101 is ISA13 of ours; AK102 is GS06 and AK202 ST02 (005010X231A1); 277CA 2200B TRN02 is
BHT03, 2200D TRN02 CLM01 exactly, REF*FJ our 6R (005010X214, RFI 1926). Test and production are
separate books. Everything is looked up some hundred at a time.
"""

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Any, Final

from attrs import frozen
from sqlalchemy import Connection, func, select

from reconcile.acknowledgements_match import (
    BATCH_NUMBER,
    LINE_NUMBER,
    NO_CLAIM,
    OTHER_BOOK_CLAIM,
    PROCEDURE,
    Candidate,
    Named,
    Sending,
    batch_numbers,
    choose,
)
from reconcile.keys import stem
from reconcile.ledger import bulk
from reconcile.ledger.acknowledgements_files import Between, Files, Kind, Meant
from reconcile.ledger.tables import sent_claim, sent_line
from reconcile.ledger.tables_answered import adopted_transaction, resent_claim

if TYPE_CHECKING:
    from attrs import frozen as value
else:
    from attrs import define as value

_CLAIM: Final = sent_claim.c
CLAIMS_ONLY: Final = "HC"  # GS01 of a group of claims
WHOLES: Final = ("interchange", "group", "transaction")
_FILES: Final = 20  # whose claims are kept in memory
TRIED: Final = ("joined", "partly", "unmatched", "elsewhere")  # states that joining gives
NO_TRANSACTION: Final = "the file sent has no transaction of that number"
NO_BATCH: Final = "no batch of that number was sent from here"
BELOW: Final = "said of the claims below it"
SEVERAL_PAYERS: Final = "the transaction sent has claims to several payers: which are meant?"
SEVERAL_GROUPS: Final = "the file has several groups: only its transactions are joined"
SEVERAL_INTERCHANGES: Final = "the file has several interchanges: only its claims are joined"
SAME_TRANSACTIONS: Final = "the file has several transactions of that number: which is meant?"
OTHER_GROUP: Final = "it speaks of a group that is none of claims"


@frozen(kw_only=True)
class Context:
    """What an acknowledgement says of itself that its joins depend on."""

    usage: str
    sender: str  # ISA06 it came with
    receiver: str  # ISA08
    date: str  # CCYY-MM-DD
    known: str = ""  # UTC, when it came: it speaks of no later sending. Empty: not asked


@value(kw_only=True)
class Joined:
    """What one thing was joined to; ``method`` says how, or why it was not."""

    file_id: int | None = None
    transaction: str = ""
    claim_id: int | None = None
    line_id: int | None = None
    method: str = ""

    @property
    def columns(self) -> tuple[Any, ...]:
        """The derived columns of ``acknowledged``, in their order."""
        return self.file_id, self.transaction, self.claim_id, self.line_id, self.method


class _Placed:
    """The claims of one sent file, by transaction: their row numbers."""

    def __init__(self, connection: Connection, file_id: int) -> None:
        self._transactions: dict[str, set[int]] = {}
        own = select(_CLAIM.transaction_control, _CLAIM.id).where(_CLAIM.file_id == file_id)
        r = resent_claim.c
        again = select(r.transaction_control, r.sent_claim_id).where(r.file_id == file_id)
        for query in (own, again):
            for transaction, number in connection.execute(query):
                self._transactions.setdefault(transaction, set()).add(number)
        self._same = {name.lstrip("0"): name for name in self._transactions}
        c = adopted_transaction.c
        made = select(c.transaction_control).where(c.file_id == file_id)
        twice = made.group_by(c.transaction_control).having(func.count() > 1)
        self.repeated = frozenset(connection.execute(twice).scalars())

    def name(self, transaction: str) -> str:
        """ST02 of ours for one as the receiver writes it (0001, 1); empty where there is none."""
        if transaction in self._transactions:
            return transaction
        return self._same.get(transaction.lstrip("0"), "")

    def claims(self, transaction: str = "") -> AbstractSet[int]:
        """The claims of one transaction, or of all."""
        if transaction:
            return self._transactions.get(transaction, frozenset())
        return frozenset[int]().union(*self._transactions.values())


class Joiners:
    """A joiner for each context: what one looked up serves all acknowledgements of that.

    Only for as long as no file is sent or taken over.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._made: dict[Context, Joiner] = {}

    def of(self, context: Context) -> "Joiner":
        """The joiner of that context; the last few are known."""
        if context not in self._made:
            if len(self._made) >= _FILES:
                self._made.clear()
            self._made[context] = Joiner(self._connection, context)
        return self._made[context]


class Joiner:
    """Joins what acknowledgements of one context say, some hundred things at a time."""

    def __init__(self, connection: Connection, context: Context) -> None:
        self._changed: set[int] = set()
        self._in_rejected: set[int] = set()
        self._connection = connection
        self._context = context
        between = Between(usage=context.usage, sender=context.sender, receiver=context.receiver)
        self._files = Files(connection, between)
        self._batches: dict[str, Joined] = {}  # of files made elsewhere, by BHT03
        self._placed: dict[int, _Placed] = {}

    def join(self, some: Sequence[Named]) -> list[Joined]:
        """What each of these is joined to, in their order."""
        wholes = [self._whole(named) for named in some]
        claims = self._claims(
            [(named, whole) for named, whole in zip(some, wholes, strict=True)
             if named.level in ("claim", "line")]
        )  # fmt: skip
        joined = [
            next(claims) if named.level in ("claim", "line") else whole
            for named, whole in zip(some, wholes, strict=True)
        ]
        for named, found in zip(some, joined, strict=True):
            self._touch(named, found)
        return joined

    def take(self) -> tuple[set[int], set[int]]:
        """The sent claims spoken of since this was asked; of them those in what was rejected."""
        taken = self._changed, self._in_rejected
        self._changed, self._in_rejected = set(), set()
        return taken

    def _touch(self, named: Named, found: Joined) -> None:
        """The claims spoken of."""
        if found.claim_id is not None:
            self._changed.add(found.claim_id)
        elif found.file_id is not None:
            numbers = self._of(found.file_id).claims(found.transaction)
            self._changed |= numbers
            if named.refuses:
                self._in_rejected |= numbers

    def _of(self, file_id: int) -> _Placed:
        if file_id not in self._placed:
            if len(self._placed) >= _FILES:
                self._placed.clear()
            self._placed[file_id] = _Placed(self._connection, file_id)
        return self._placed[file_id]

    # --- files and transactions ---

    def _whole(self, named: Named) -> Joined:
        """The file and transaction that are named, by themselves or around a claim."""
        if named.interchange or named.level == "interchange":
            return self._in_file("interchange_control", named.interchange, named)
        if named.group or named.level == "group":
            if named.functional_id and named.functional_id != CLAIMS_ONLY:
                return Joined(method=OTHER_GROUP)
            return self._in_file("group_control", named.group, named)
        return self._batch(named.batch)

    def _in_file(self, kind: Kind, control: str, named: Named) -> Joined:
        meant = Meant(kind=kind, control=control, made=named.made, parties=named.parties)
        file_id, method = self._files.find(meant)
        if file_id is None:
            return Joined(method=method)
        if not named.transaction:
            several = self._several(kind, file_id)
            return Joined(method=several) if several else Joined(file_id=file_id, method=method)
        return self._in_transaction(file_id, named.transaction, method)

    def _in_transaction(self, file_id: int, control: str, method: str) -> Joined:
        """A transaction of a file, where only one has the number."""
        name = self._of(file_id).name(control)
        if not name:
            return Joined(method=NO_TRANSACTION)
        if name in self._of(file_id).repeated:
            return Joined(method=SAME_TRANSACTIONS)
        return Joined(file_id=file_id, transaction=name, method=method)

    def _several(self, kind: Kind, file_id: int) -> str:
        """Why a word on one interchange or group is none on all of a file made elsewhere."""
        c = adopted_transaction.c
        query = select(c[kind]).where(c.file_id == file_id).distinct().limit(2)
        if len(self._connection.execute(query).fetchall()) < 2:
            return ""
        return SEVERAL_GROUPS if kind == "group_control" else SEVERAL_INTERCHANGES

    def _batch(self, reference: str) -> Joined:
        numbers = batch_numbers(reference)
        if numbers is not None:
            meant = Meant(kind="interchange_control", control=str(numbers[0]))
            file_id, _ = self._files.find(meant)
            if file_id is not None:
                return self._in_transaction(file_id, numbers[1], BATCH_NUMBER)
        if reference not in self._batches:
            self._batches[reference] = self._adopted_batch(reference)
        return self._batches[reference]

    def _adopted_batch(self, reference: str) -> Joined:
        """The transaction of that BHT03 in a file made elsewhere, where only one has it."""
        c = adopted_transaction.c
        query = select(c.file_id, c.transaction_control).where(
            c.usage == self._context.usage, c.reference == reference, c.reference != ""
        )
        rows = self._connection.execute(query.distinct().limit(2)).fetchall()
        if len(rows) != 1:
            return Joined(method=NO_BATCH)
        [(file_id, transaction)] = rows
        return self._in_transaction(file_id, transaction, BATCH_NUMBER)

    # --- claims and lines ---

    def _claims(self, some: Sequence[tuple[Named, Joined]]) -> "Any":
        """What each claim or line is joined to."""
        numbers = {named.claim for named, _ in some if named.claim}
        exact, changed = _candidates(self._connection, numbers, self._context)
        elsewhere = self._in_other_book(numbers - exact.keys() - changed.keys())
        found = []
        for named, whole in some:
            batch = (whole.file_id, whole.transaction) if whole.file_id is not None else None
            same = exact.get(named.claim, ())
            choice = choose(
                named, same or changed.get(named.claim, ()), exact=bool(same), batch=batch
            )
            if choice.claim is None:
                other = choice.method == NO_CLAIM and named.claim in elsewhere
                found.append(Joined(method=OTHER_BOOK_CLAIM if other else choice.method))
                continue
            sending = choice.claim.sendings[choice.sending]
            found.append(
                Joined(
                    file_id=sending.file,
                    transaction=sending.transaction,
                    claim_id=choice.claim.id,
                    method=choice.method,
                )
            )
        return iter(_with_lines(self._connection, [named for named, _ in some], found))

    def _in_other_book(self, numbers: set[str]) -> set[str]:
        """Those of these claim numbers that stand in the other book: they are never joined."""
        found: set[str] = set()
        for batch in bulk.batches(sorted(numbers)):
            query = select(_CLAIM.control).where(
                _CLAIM.usage != self._context.usage, _CLAIM.control.in_(batch)
            )
            found.update(self._connection.execute(query).scalars())
        return found


def _candidates(
    connection: Connection, numbers: set[str], context: Context
) -> tuple[dict[str, list[Candidate]], dict[str, list[Candidate]]]:
    """The claims of these numbers: by the number itself, else by what is left of it."""
    exact: dict[str, list[Candidate]] = {}
    for batch in bulk.batches(sorted(numbers)):
        condition = (_CLAIM.usage == context.usage) & _CLAIM.control.in_(batch)
        for one in _load(connection, condition, context.known):
            exact.setdefault(one.control, []).append(one)
    left = {number: stem(number) for number in numbers - exact.keys()}
    by_stem: dict[str, list[Candidate]] = {}
    for batch in bulk.batches(sorted({key for key in left.values() if key})):
        condition = (_CLAIM.usage == context.usage) & _CLAIM.stem.in_(batch)
        for one in _load(connection, condition, context.known):
            by_stem.setdefault(stem(one.control), []).append(one)
    changed = {number: by_stem[key] for number, key in left.items() if key in by_stem}
    return exact, changed


def _load(connection: Connection, condition: Any, known: str) -> list[Candidate]:
    columns = (_CLAIM.id, _CLAIM.control, _CLAIM.frequency, _CLAIM.date, _CLAIM.until,
               _CLAIM.charge, _CLAIM.file_id, _CLAIM.transaction_control, _CLAIM.position,
               _CLAIM.recorded_at, _CLAIM.origin)  # fmt: skip
    rows = connection.execute(select(*columns).where(condition).order_by(_CLAIM.id)).fetchall()
    again = resendings(connection, [row.id for row in rows], known)
    return [
        Candidate(
            id=row.id,
            control=row.control,
            frequency=row.frequency,
            date=row.date,
            until=row.until,
            charge=row.charge,
            is_adopted=row.origin == "adopted",
            sendings=(
                Sending(row.file_id, row.transaction_control, row.position, row.recorded_at[:10]),
                *again.get(row.id, ()),
            ),
        )
        for row in rows
    ]


def resendings(
    connection: Connection, claims: Sequence[int], until: str = ""
) -> dict[int, list[Sending]]:
    """The later sendings of these claims (until a moment), in order, by row number."""
    found: dict[int, list[Sending]] = {}
    r = resent_claim.c
    for batch in bulk.batches(list(claims)):
        query = select(resent_claim).where(r.sent_claim_id.in_(batch))
        if until:
            query = query.where(r.recorded_at <= until)
        for row in connection.execute(query.order_by(r.sent_claim_id, r.file_id)):
            found.setdefault(row.sent_claim_id, []).append(
                Sending(row.file_id, row.transaction_control, row.position, row.recorded_at[:10])
            )
    return found


def _with_lines(
    connection: Connection, some: Sequence[Named], found: Sequence[Joined]
) -> list[Joined]:
    """Lines joined to lines of the claim: by our control number, else by the only procedure."""
    wanted = {
        one.claim_id
        for named, one in zip(some, found, strict=True)
        if named.level == "line" and one.claim_id is not None
    }
    lines = _lines(connection, wanted)
    joined = []
    for named, one in zip(some, found, strict=True):
        if named.level != "line" or one.claim_id is None:
            joined.append(one)
            continue
        line_id, method = _line(named, lines.get(one.claim_id, ()))
        joined.append(
            Joined(
                file_id=one.file_id,
                transaction=one.transaction,
                claim_id=one.claim_id,
                line_id=line_id,
                method=method or one.method,
            )
        )
    return joined


def _lines(connection: Connection, claims: Iterable[int]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    c = sent_line.c
    for batch in bulk.batches(sorted(claims)):
        query = select(c.id, c.sent_claim_id, c.control, c.code, c.modifiers)
        for row in connection.execute(query.where(c.sent_claim_id.in_(batch)).order_by(c.id)):
            found.setdefault(row.sent_claim_id, []).append(row)
    return found


def _line(named: Named, lines: Sequence[Any]) -> tuple[int | None, str]:
    if named.line:
        own = [row.id for row in lines if row.control == named.line]
        if own:
            return own[0], LINE_NUMBER
    _, code, *modifiers = [*named.procedure.split(":"), ""]
    said = [each for each in modifiers if each]
    alike = [row.id for row in lines if code and row.code == code]
    if len(alike) > 1:
        alike = [r.id for r in lines if r.code == code and r.modifiers.split() == said]
    return (alike[0], PROCEDURE) if len(alike) == 1 else (None, "")
