"""``claims --no-reversal``: a person says that the payer will not take an older answer back.

A corrected claim was paid, or a refusal reprocessed, and the reversal of the first answer never
comes: many payers send none where nothing was paid. From then on the newest answer counts alone.
What was paid on the older one stays in the books; the payer may want it back.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from attrs import frozen
from sqlalchemy import select

from claimline import __version__
from claimline.errors import WrongUsageError
from claimline.services.claims import FIND
from claimline.services.number_told import what_it_is
from claimline.services.plain import money
from reconcile.books import NO_REVERSAL as TWICE
from reconcile.books import PAID_TWICE, SAME_AGAIN, beside_newest, claim_books, standing
from reconcile.ledger import Decision, Ledger, Run, Usage, by_hand, out_files, rows, sent
from reconcile.ledger.convert import to_json
from reconcile.ledger.families import with_followers
from reconcile.ledger.payments import adjudication_id
from reconcile.ledger.tables import sent_claim
from reconcile.ledger.tables_received import claim_payment, remittance

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from reconcile.values import Adjudication, SentClaim

FLAGS: Final = frozenset({TWICE, PAID_TWICE, SAME_AGAIN})
MISSING: Final = "its reversal is not here"  # how the flag of a replaced or voided claim ends


@frozen(kw_only=True)
class GivenUp:
    """An answer that was said to be taken back no more, or to be waited for again."""

    claim: str
    answer: "Adjudication"

    @property
    def words(self) -> str:
        """Which answer it is: the payer's number, its day and payment, what it paid."""
        one = self.answer
        number = one.payer_control or "the answer"
        return f"{number} of {one.date} (payment {one.trace}, {money(one.paid)} paid)"


@frozen(kw_only=True)
class _Found:
    """An answer, with the claim it stands on and the decision about it."""

    claim: str
    usage: Usage
    answer: "Adjudication"
    detail: str


def say(
    ledger: Ledger,
    controls: Sequence[str],
    *,
    reason: str,
    usage: Usage | None,
    undo: bool,
    user: str,
    now: dt.datetime,
) -> tuple[GivenUp, ...]:
    """Say of the older answers on claims that no reversal will come, or take that back.

    Args:
        ledger: where it is kept.
        controls: numbers (CLM01); a correction's leads to the claim before it as well.
        reason: why; it is kept.
        usage: the book; None for both.
        undo: the reversal is waited for again.
        user: who says so.
        now: with a time zone.

    Raises:
        WrongUsageError: no reason, no claim's number, or nothing to be said of it; then nothing is
            recorded.
    """
    if not reason.strip():
        raise WrongUsageError("say why: --reason", todo='--reason "payer 3/2: no reversal is sent"')
    found: dict[str, _Found] = {}
    with ledger.reading() as connection:
        numbers = out_files.numbers_of(connection, controls, usage)
        for word in controls:
            some = numbers.get(word.strip().upper())
            if not some:
                told = what_it_is(ledger, word, usage)
                raise WrongUsageError(f"{told}. Nothing was recorded", todo=FIND)
            about = list(_about(connection, some, undo=undo))
            if not about:
                raise _nothing(word, undo=undo)
            found |= {one.answer.id: one for one in about}
    run = Run(command="claims", version=__version__, started=now, user=user)
    kind = by_hand.REVERSAL_DUE if undo else by_hand.NO_REVERSAL
    with ledger.begin(run) as writer:
        for one in found.values():
            made = Decision(
                kind=kind, subject=one.answer.id, user=user, reason=reason, detail=one.detail
            )
            writer.decide(made, usage=one.usage)
    return tuple(GivenUp(claim=one.claim, answer=one.answer) for one in found.values())


def _nothing(word: str, *, undo: bool) -> WrongUsageError:
    """Why nothing can be said of a claim."""
    if undo:
        return WrongUsageError(
            f"of no answer on {word} was it said that no reversal will come. Nothing was recorded",
            todo="claimline trace CLAIM shows what was said",
        )
    return WrongUsageError(
        f"no answer on {word} waits for its reversal. Nothing was recorded",
        todo="claimline ledger waiting shows what is decided twice; claimline trace the answers",
    )


def _about(connection: "Connection", numbers: Sequence[int], *, undo: bool) -> Iterator[_Found]:
    """The answers that it is about: on these claims, else on others of their family."""
    c = sent_claim.c
    asked = connection.execute(
        select(c.id, c.family, c.usage).where(c.id.in_(numbers)).order_by(c.id)
    ).fetchall()
    for usage in sorted({row.usage for row in asked}):
        own = {row.id for row in asked if row.usage == usage}
        families = {row.family for row in asked if row.usage == usage}
        claims = sent.load(connection, (c.usage == usage) & c.family.in_(sorted(families)))
        claims = with_followers(connection, claims, usage)
        answers = rows.adjudications(connection, {n: one.control for n, one in claims.items()})
        given_up = by_hand.load(connection, usage).given_up if undo else {}
        fits: dict[int, tuple[Adjudication, ...]] = {}
        for number, claim in claims.items():
            came = answers.get(number, ())
            if undo:
                fits[number] = tuple(one for one in came if one.id in given_up)
            else:
                fits[number] = tuple(_standing_twice(claim, came))
        chosen = {number: some for number, some in fits.items() if some and number in own}
        chosen = chosen or {number: some for number, some in fits.items() if some}
        details = _details(connection, chosen, usage, {n: one.control for n, one in claims.items()})
        for number, some in chosen.items():
            for one in some:
                yield _Found(
                    claim=claims[number].control, usage=usage, answer=one, detail=details[one.id]
                )


def _standing_twice(
    claim: "SentClaim", answers: Sequence["Adjudication"]
) -> Iterator["Adjudication"]:
    """The answers whose reversal is missing, each once, oldest first."""
    found: dict[str, Adjudication] = {}
    stand = standing(answers)
    for line in claim_books(claim, answers):
        if any(flag.endswith(MISSING) for flag in line.flags):
            found |= {one.id: one for one, _ in stand.get(line.line, ())}
        elif not FLAGS.isdisjoint(line.flags):
            found |= {one.id: one for one, _ in beside_newest(line.line, answers)}
    yield from sorted(found.values(), key=lambda one: (one.date, one.trace, one.id))


def _details(
    connection: "Connection",
    answers: Mapping[int, Iterable["Adjudication"]],
    usage: Usage,
    controls: Mapping[int, str],
) -> dict[str, str]:
    """What a decision about each answer keeps: by what it came, never by row numbers."""
    c, r = claim_payment.c, remittance.c
    query = (
        select(c.sent_claim_id, c.fingerprint, c.occurrence, r.payment_key)
        .join(remittance, r.id == c.remittance_id)
        .where(c.sent_claim_id.in_(list(answers)), c.state == "posted")
        .order_by(c.id)
    )
    return {
        adjudication_id(row.payment_key, row.fingerprint, row.occurrence): _detail(
            row, usage, controls[row.sent_claim_id]
        )
        for row in connection.execute(query)
    }


def _detail(row: Any, usage: Usage, control: str) -> str:
    return to_json(
        {
            "payment": row.payment_key,
            "fingerprint": row.fingerprint,
            "occurrence": row.occurrence,
            "usage": usage,
            "claim": control,
        }
    )
