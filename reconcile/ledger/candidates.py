"""The sent claims that claim payments may belong to, for some hundred payments at a time.

Almost every payment carries the control number we sent: its family is found by the stem. For the
few others the weaker keys are looked up as well, and the payer claim numbers learned so far.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from attrs import evolve, frozen
from sqlalchemy import ColumnElement, Connection, and_, or_, select

from edi.remittance import ClaimPayment
from reconcile.keys import normal, payer_numbers, spellings, stem
from reconcile.ledger import bulk, sent
from reconcile.ledger.acknowledgements_numbers import told_controls, told_families
from reconcile.ledger.convert import dollars, to_cents
from reconcile.ledger.tables import sent_claim, sent_line
from reconcile.ledger.tables_received import claim_payment
from reconcile.match import CandidateKeys, candidate_keys
from reconcile.match_claim import BY_HAND, CHANGED_CONTROL, FAMILY, PATIENT_CONTROL
from reconcile.post import REVERSAL
from reconcile.values import EarlierAnswer, SentClaim

TEACHING: Final = (
    PATIENT_CONTROL,
    FAMILY,
    CHANGED_CONTROL,
    BY_HAND,
)  # a match by these teaches CLP07
_CLAIM: Final = sent_claim.c
_ROW_FAMILY: Final = 2  # see sent.MATCHING
_ROW_CONTROL: Final = 1
_RANGES: Final = 50  # prefixes in one query


@frozen(kw_only=True)
class Candidate:
    """A sent claim with the numbers of its rows."""

    id: int
    claim: SentClaim
    lines: tuple[int, ...]  # row numbers, in the order of ``claim.lines``


class Finder:
    """Finds the candidates of one batch of payments in one book."""

    def __init__(self, connection: Connection, usage: str) -> None:
        self._connection = connection
        self._usage = usage
        self._rows: dict[int, Any] = {}  # by row number, as sent.MATCHING
        self._families: dict[str, list[int]] = {}
        self._answered: dict[int, dict[EarlierAnswer, None]] = {}  # that reversals may take back

    def find(self, payments: Sequence[ClaimPayment]) -> list[tuple[Candidate, ...]]:
        """The candidates of each payment, in the order of the payments."""
        keys = [candidate_keys(payment) for payment in payments]
        stems = self._by_stem({key.stem for key in keys if key.stem})
        found = [dict.fromkeys(stems.get(key.stem, ())) for key in keys]
        weak = [n for n, payment in enumerate(payments) if not self._has(payment, found[n])]
        if weak:
            self._widen(payments, keys, found, weak)
        return self._built(found, {f for n in weak for f in found[n]})

    def certain(self, payments: Sequence[ClaimPayment]) -> list[tuple[Candidate, ...]]:
        """The candidates of payments that no answer received before can tell anything about.

        They carry the very number of a claim, and that has no relatives; none for the others.
        """
        keys = [stem(payment.control) for payment in payments]
        alone = self._alone({key for key in keys if key})
        found: list[dict[str, None]] = []
        for payment, key in zip(payments, keys, strict=True):
            own = alone.get(key)
            is_own = own is not None and own[_ROW_CONTROL] == payment.control
            found.append({own[_ROW_FAMILY]: None} if is_own and own is not None else {})
        return self._built(found, set())

    def _alone(self, stems: set[str]) -> dict[str, Any]:
        """The claims that are the only one of their stem and of their family, by stem."""
        found: dict[str, Any] = {}
        for batch in bulk.batches(sorted(stems)):
            mine = bulk.among(self._connection, _CLAIM.stem, batch)
            query = select(*sent.MATCHING, _CLAIM.stem).where(_CLAIM.usage == self._usage, mine)
            several: set[str] = set()
            some: dict[str, Any] = {}
            for row in self._connection.execute(query).fetchall():
                if row[-1] in some or row[_ROW_CONTROL] != row[_ROW_FAMILY]:
                    several.add(row[-1])
                some[row[-1]] = row
            relatives = select(_CLAIM.family).where(
                _CLAIM.control != _CLAIM.family,
                bulk.among(
                    self._connection, _CLAIM.family, [r[_ROW_FAMILY] for r in some.values()]
                ),
            )
            of = set(self._connection.execute(relatives).scalars())
            for key, row in some.items():
                if key not in several and row[_ROW_FAMILY] not in of:
                    found[key] = self._rows[row[0]] = row
                    self._families[row[_ROW_FAMILY]] = [row[0]]
        return found

    def _has(self, payment: ClaimPayment, families: Iterable[str]) -> bool:
        """Whether the very control number is among the families."""
        control = payment.control
        return any(
            self._rows[number][_ROW_CONTROL] == control
            for family in families
            for number in self._families[family]
        )

    def _by_stem(self, stems: set[str]) -> dict[str, list[str]]:
        """The families of each stem."""
        found: dict[str, list[str]] = {}
        for batch in bulk.batches(sorted(stems)):
            rows = self._connection.execute(
                select(_CLAIM.stem, _CLAIM.family).where(
                    _CLAIM.usage == self._usage,
                    bulk.among(self._connection, _CLAIM.stem, batch),
                )
            )
            for key, family in rows:
                found.setdefault(key, []).append(family)
        self._load({family for families in found.values() for family in families})
        return found

    def _load(self, families: set[str]) -> None:
        for batch in bulk.batches(sorted(families - self._families.keys())):
            rows = self._connection.execute(
                select(*sent.MATCHING)
                .where(
                    _CLAIM.usage == self._usage,
                    bulk.among(self._connection, _CLAIM.family, batch),
                )
                .order_by(_CLAIM.id)
            )
            for row in rows:
                self._rows[row[0]] = row
                self._families.setdefault(row[_ROW_FAMILY], []).append(row[0])

    def _widen(
        self,
        payments: Sequence[ClaimPayment],
        keys: Sequence[CandidateKeys],
        found: list[dict[str, None]],
        weak: Sequence[int],
    ) -> None:
        """Add the families found by weaker keys."""
        payer = self._by_payer_control({c for n in weak for c in keys[n].payer_controls})
        line = self._by_line_control({c for n in weak for c in keys[n].line_controls})
        prefix = self._by_prefix(
            {(keys[n].prefix, to_cents(abs(payments[n].charge))) for n in weak}
        )
        back = self._by_answers([payments[n] for n in weak if payments[n].status == REVERSAL])
        for n in weak:
            key = keys[n]
            more = [payer.get(control, ()) for control in key.payer_controls]
            more += [back.get(normal(control), ()) for control in key.payer_controls]
            more += [line.get(control, ()) for control in key.line_controls]
            more.append(prefix.get((key.prefix, to_cents(abs(payments[n].charge))), ()))
            for families in more:
                found[n].update(dict.fromkeys(families))
        self._load({family for n in weak for family in found[n]})

    def _by_payer_control(self, controls: set[str]) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        c = claim_payment.c
        for batch in bulk.batches(sorted(controls)):
            rows = self._connection.execute(
                select(c.payer_control, _CLAIM.family)
                .join(sent_claim, _CLAIM.id == c.sent_claim_id)
                .where(
                    _CLAIM.usage == self._usage,
                    c.payer_control.in_(batch),
                    c.method.in_(TEACHING),
                )
                .distinct()
            )
            for control, family in rows:
                found.setdefault(control, []).append(family)
        return found | told_families(self._connection, controls - found.keys(), self._usage)

    def _by_answers(self, reversals: Sequence[ClaimPayment]) -> dict[str, list[str]]:
        """The families of answers that these negate, by the payer's number without its zeros."""
        wanted: dict[str, set[tuple[int, int]]] = {}
        spelled: set[str] = set()
        for one in reversals:
            for number in payer_numbers(one):
                spelled.update(spellings(number))
                money = (to_cents(-one.charge), to_cents(-one.paid))
                wanted.setdefault(normal(number), set()).add(money)
        found: dict[str, list[str]] = {}
        c = claim_payment.c
        for batch in bulk.batches(sorted(spelled)):
            query = (
                select(c.payer_control, c.charge, c.paid, _CLAIM.id, _CLAIM.family)
                .join(sent_claim, _CLAIM.id == c.sent_claim_id)
                .where(
                    _CLAIM.usage == self._usage,
                    c.payer_control.in_(batch),
                    c.state == "posted",
                    c.status != REVERSAL,
                )
                .order_by(c.id)
            )
            for row in self._connection.execute(query):
                key = normal(row.payer_control)
                if (row.charge, row.paid) in wanted.get(key, ()):
                    found.setdefault(key, []).append(row.family)
                    answer = EarlierAnswer(
                        payer_control=row.payer_control,
                        charge=dollars(row.charge),
                        paid=dollars(row.paid),
                    )
                    self._answered.setdefault(row.id, {})[answer] = None
        return found

    def _by_line_control(self, controls: set[str]) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for batch in bulk.batches(sorted(controls)):
            rows = self._connection.execute(
                select(sent_line.c.control, _CLAIM.family)
                .join(sent_claim, _CLAIM.id == sent_line.c.sent_claim_id)
                .where(_CLAIM.usage == self._usage, sent_line.c.control.in_(batch))
            )
            for control, family in rows:
                found.setdefault(control, []).append(family)
        return found

    def _by_prefix(self, cut: set[tuple[str, int]]) -> dict[tuple[str, int], list[str]]:
        """Claims whose stem begins so; a cut number needs the same charge to count at all."""
        found: dict[tuple[str, int], list[str]] = {}
        for batch in bulk.batches(sorted(key for key in cut if key[0]), _RANGES):
            wanted: list[ColumnElement[bool]] = [
                and_(_CLAIM.stem >= prefix, _CLAIM.stem < f"{prefix}~", _CLAIM.charge == charge)
                for prefix, charge in batch
            ]
            rows = self._connection.execute(
                select(_CLAIM.stem, _CLAIM.charge, _CLAIM.family).where(
                    _CLAIM.usage == self._usage, or_(*wanted)
                )
            ).fetchall()
            for prefix, charge in batch:
                found[prefix, charge] = [
                    family
                    for stem, amount, family in rows
                    if amount == charge and stem.startswith(prefix)
                ]
        return found

    def _built(
        self, found: Sequence[dict[str, None]], weak: set[str]
    ) -> list[tuple[Candidate, ...]]:
        wanted = dict.fromkeys(family for families in found for family in families)
        lines = sent.load_lines(
            self._connection, [number for family in wanted for number in self._families[family]]
        )
        learn = [
            number
            for family in wanted
            if family in weak or len(self._families[family]) > 1
            for number in self._families[family]
        ]
        learned = learned_controls(self._connection, learn)
        built: dict[str, list[Candidate]] = {}
        for family in wanted:
            built[family] = [
                Candidate(
                    id=number,
                    claim=self._with_answers(
                        number,
                        sent.claim_of(
                            self._rows[number],
                            tuple(line for _, line in lines[number]),
                            learned.get(number, ()),
                        ),
                    ),
                    lines=tuple(line_id for line_id, _ in lines[number]),
                )
                for number in self._families[family]
            ]
        return [tuple(c for family in families for c in built[family]) for families in found]

    def _with_answers(self, number: int, claim: SentClaim) -> SentClaim:
        found = self._answered.get(number)
        return evolve(claim, answered=tuple(found)) if found else claim


def learned_controls(connection: Connection, claims: Iterable[int]) -> dict[int, tuple[str, ...]]:
    """The payer claim numbers seen so far for these sent claims, by row number."""
    found: dict[int, dict[str, None]] = {}
    c = claim_payment.c
    claims = list(claims)
    for batch in bulk.batches(claims):
        rows = connection.execute(
            select(c.sent_claim_id, c.payer_control)
            .where(c.sent_claim_id.in_(batch), c.method.in_(TEACHING), c.payer_control != "")
            .order_by(c.payer_control)
        )
        for number, control in rows:
            found.setdefault(number, {})[control] = None
    for number, controls in told_controls(connection, claims).items():
        found.setdefault(number, {}).update(dict.fromkeys(controls))
    return {number: tuple(controls) for number, controls in found.items()}
