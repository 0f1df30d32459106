"""A further payer had a claim of the family before: how the next one goes to it.

That is so where the first payer's claim was corrected after it had been sent on, or where a person
wants to send a mended claim to the further payer. What that payer decided is replaced under its
own claim number; what it could not process goes as a new claim; else a person has to ask it.
"""

from collections.abc import Iterable

from attrs import evolve, frozen

from edi.claim import FREQUENCY_ORIGINAL, FREQUENCY_REPLACEMENT
from reconcile.correction_deadline import PART_B
from reconcile.correction_standing import UNPROCESSABLE, age
from reconcile.next_payer import Turn
from reconcile.values import Adjudication, PayerFacts


@frozen(kw_only=True)
class Again:
    """What the claim is marked with."""

    frequency: str = FREQUENCY_ORIGINAL
    number: str = ""  # the further payer's own (CLP07), for REF*F8


def again(
    at: Turn, facts: PayerFacts, earlier: str, answers: Iterable[Adjudication]
) -> tuple[Turn, Again]:
    """Where the claim stands, and how it is marked should it go.

    Args:
        at: where it stood, had the payer seen nothing of the family.
        facts: what the further payer allows.
        earlier: number of the claim that was sent on before; empty where it was forwarded.
        answers: of the further payer, to claims of the family.
    """
    newest = max((a for a in answers if not a.is_reversal), key=age, default=None)
    if at.state in {"sent", "done", "nothing"} or not (earlier or newest):
        return at, Again()
    name = facts.name or facts.key
    if newest is None:
        words = f"claim {earlier} is with {name} already, not answered yet: what goes now would "
        return evolve(at, state="waiting", why=f"{words}be a duplicate", soft=True), Again()
    before = f"claim {earlier}" if earlier else "the claim that was forwarded"
    decided = f"{name} decided {before} on {newest.date}"
    if not newest.paid and not UNPROCESSABLE.isdisjoint(_remarks(newest)):
        return evolve(at, why=f"{name} could not process {before}: a new one goes"), Again()
    stopped = _stopped(facts, newest)
    if stopped:
        return evolve(at, state="held", why=f"{decided}: {stopped}", soft=False), Again()
    number = newest.payer_control
    why = f"{decided}: this one replaces it" + (f"; {at.why}" if at.state != "ready" else "")
    return evolve(at, why=why), Again(frequency=FREQUENCY_REPLACEMENT, number=number)


def _remarks(answer: Adjudication) -> frozenset[str]:
    return frozenset((*answer.remarks, *(r for line in answer.lines for r in line.remarks)))


def _stopped(facts: PayerFacts, answer: Adjudication) -> str:
    """Why no replacement can go."""
    if facts.family == PART_B:
        return "Medicare Part B takes no replacement: ask for a reopening"
    if facts.takes_replacement is None:
        return "nobody says whether it takes replacements: set takes_replacement in its policy"
    if not facts.takes_replacement:
        return "it takes no replacement: ask it how it takes corrections"
    if not answer.payer_control:
        return "its own claim number (CLP07) is not here: ask it"
    return ""
