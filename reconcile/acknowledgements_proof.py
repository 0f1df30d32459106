"""Proof that a claim was filed in time, from what receivers said of it and nothing else.

What proves: the payer's own word that the claim was accepted (277CA of the payer, A2) or received
(A0, A1). Weaker, and said as such: the clearinghouse's word, then a receiver's word that the form
of the file was right (999, TA1). What was rejected proves nothing, whatever was said before: a
claim that came back was not filed.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, Literal

from attrs import frozen

from reconcile.acknowledgements import SYNTAX, Heard, standing

Strength = Literal["payer", "received by the payer", "clearinghouse", "form", "none"]
STRENGTHS: Final[tuple[Strength, ...]] = (
    "payer", "received by the payer", "clearinghouse", "form", "none",
)  # fmt: skip
MEANING: Final[dict[Strength, str]] = {
    "payer": "the payer accepted the claim",
    "received by the payer": "the payer received the claim; it has not said that it accepted it",
    "clearinghouse": "the clearinghouse accepted the claim; this is not the payer's own word",
    "form": "the file arrived and its form was right; nobody said so of the claim itself",
    "none": "nobody's word says that the claim was accepted",
}


@frozen(kw_only=True)
class Proof:
    """The best proof there is: of the sending that has the strongest, then the earliest.

    ``words`` are those that prove it, the strongest first; ``against`` the rejections of all
    sendings, which prove nothing.
    """

    strength: Strength
    sending: int = 0
    day: dt.date | None = None  # on which it was accepted or received, by the strongest words
    arrived: dt.date | None = None  # that day, or the payer's receipt of what it then accepted
    words: tuple[Heard, ...] = ()
    against: tuple[Heard, ...] = ()

    def is_in_time(self, last: dt.date | None) -> bool | None:
        """Whether it was filed by that day; None where either is not known."""
        return None if last is None or self.arrived is None else self.arrived <= last


def proof(heard: Sequence[Heard], *, sendings: int) -> Proof:
    """The best proof of filing in all that was said of a claim."""
    against = tuple(one for one in heard if one.refuses and one.level != "line")
    found = [_of_sending(heard, number) for number in range(sendings)]
    best = min(found, key=_order)
    return Proof(
        strength=best.strength,
        sending=best.sending,
        day=best.day,
        arrived=best.arrived,
        words=best.words,
        against=against,
    )


def _order(one: Proof) -> tuple[int, dt.date, int]:
    return STRENGTHS.index(one.strength), one.day or dt.date.max, one.sending


def _of_sending(heard: Iterable[Heard], number: int) -> Proof:
    """What the words about one sending prove; nothing, where a rejection stands."""
    own = [one for one in heard if one.sending == number and one.level != "line"]
    stands = standing(own, sending=number).word
    if stands is None or stands.refuses:
        return Proof(strength="none", sending=number)
    ranked = [(each, strength_of(each)) for each in own]
    proving = [(each, strength) for each, strength in ranked if strength != "none"]
    if not proving:
        return Proof(strength="none", sending=number)
    proving.sort(key=lambda pair: (STRENGTHS.index(pair[1]), pair[0].date, pair[0].id))
    strongest = proving[0][1]
    return Proof(
        strength=strongest,
        sending=number,
        day=dt.date.fromisoformat(proving[0][0].date),
        arrived=dt.date.fromisoformat(min(_receipts(proving))),
        words=tuple(each for each, _ in proving),
    )


def _receipts(proving: Sequence[tuple[Heard, Strength]]) -> Iterator[str]:
    """The days that count against the filing limit: of the strongest words.

    Of a payer that accepted also those on which it said that it had received.
    """
    strongest = proving[0][1]
    for word, strength in proving:
        if strength == strongest or (strongest == "payer" and strength == "received by the payer"):
            yield word.date


def strength_of(word: Heard) -> Strength:
    """What one word proves by itself."""
    if word.verdict in ("rejected", "other", "partly accepted"):
        return "none"
    if word.kind in SYNTAX:
        return "form"
    accepted = word.verdict in ("accepted", "accepted with errors")
    if word.source == "payer":
        return "payer" if accepted else "received by the payer"
    return "clearinghouse" if accepted and word.source == "clearinghouse" else "none"
