"""What ``receive`` answers of an acknowledgement. Nothing here names a patient."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from attrs import evolve, field, frozen

from claimline.render.words import counted, shown_number

REFUSED: Final = "rejected"
PARTLY: Final = "partly accepted"  # without a word on which part was not
WAITS: Final = frozenset({"unmatched", "partly", "incomplete"})
WHOLES: Final = ("interchange", "group", "transaction", "provider")
FEW: Final = 5  # rejected claims named in a line
STRANGE: Final = "without a file or claim sent from here"
SAID: Final = {"other": "without a verdict"}
NAMES: Final = {
    "interchange": "file",
    "group": "group",
    "transaction": "transaction",
    "provider": "billing provider",
    "claim": "claim",
    "line": "line",
}


@frozen(kw_only=True)
class AcknowledgementResult:
    """One TA1, 999, 997 or 277CA and what became of it.

    ``verdicts`` counts what it says: (level, verdict) to how many.
    """

    kind: str
    source: str  # translator, clearinghouse, payer
    source_name: str
    usage: str
    transaction: str = ""  # ST02; empty for a TA1
    date: str = ""  # CCYY-MM-DD
    state: str  # joined, partly, unmatched, elsewhere, duplicate, incomplete; known: as ``stored``
    stored: str = ""  # of one received before
    why: str = ""
    file: str = ""  # of ours it speaks of, where it speaks of one
    verdicts: Mapping[tuple[str, str], int] = field(factory=dict)
    in_rejected: int = 0  # claims of ours in files and transactions rejected as a whole
    unmatched: int = 0
    rejected: tuple[tuple[str, tuple[str, ...]], ...] = ()  # (claim, codes), the first few
    together: int = 1  # so many are told as one

    @property
    def needs_person(self) -> bool:
        """Whether somebody has to look at it; of one received before, whether it still waits."""
        if not WAITS.isdisjoint((self.state, self.stored)):
            return True
        if self.state in ("known", "duplicate", "elsewhere"):
            return False
        unclear = any(self.count(level, "other") for level in WHOLES)
        unclear |= bool(self.count("group", PARTLY)) and not self.count("transaction", REFUSED)
        return unclear or any(self.count(level, REFUSED) for level in NAMES)

    def count(self, level: str, verdict: str) -> int:
        """How many things of a level have that verdict."""
        return self.verdicts.get((level, verdict), 0)

    @property
    def said(self) -> dict[str, dict[str, int]]:
        """What it says that is worth telling: by level, how many have each verdict."""
        if self.state in ("known", "duplicate", "incomplete"):
            return {}
        if self.state == "unmatched":  # it speaks of nothing that was sent from here
            return {"acknowledgement": {STRANGE: self.together}}
        return {
            NAMES[level]: {SAID.get(verdict, verdict): count for verdict, count in found}
            for level in self._told_levels()
            if (found := [(v, n) for v, n in self._of(level) if level != "line" or v == REFUSED])
        }

    @property
    def data(self) -> dict[str, Any]:
        """The JSON shape."""
        return {
            "kind": self.kind,
            "source": self.source,
            "source_name": self.source_name,
            "usage": self.usage,
            "transaction": self.transaction,
            "date": self.date,
            "state": self.state,
            "stored": self.stored or self.state,
            "why": self.why,
            "our_file": self.file,
            "counts": [
                {"level": level, "verdict": verdict, "count": count}
                for (level, verdict), count in sorted(self.verdicts.items())
            ],
            "claims_in_rejected": self.in_rejected,
            "unmatched": self.unmatched,
            "rejected": [{"claim": claim, "codes": list(codes)} for claim, codes in self.rejected],
            "words": self.words,
        }

    @property
    def words(self) -> str:
        """The acknowledgement in one line."""
        kind = self.kind if self.together == 1 else f"{self.together} {self.kind}s"
        return f"{kind} of {self.source_name or 'a sender without a name'}: {self._said()}"

    def _said(self) -> str:
        if self.state == "duplicate":
            return "the same was received before; nothing changed"
        if self.state == "incomplete":
            return "it is cut off or miscounted; it was kept and not read: ask for it again"
        told = ", ".join(self._levels()) or "it says nothing of any file, transaction or claim"
        if self.state == "known":
            told = f"received before; nothing changed ({told})"
        odd = [self.why] if self.why else []
        return "; ".join([told, *self._claims(), *odd])

    def _levels(self) -> Iterator[str]:
        """``4 transactions accepted, 1 rejected (5 claims)``, the claims themselves first."""
        for level in self._told_levels():
            name = f"file {self.file}" if self._is_the_file(level) else NAMES[level]
            for n, (verdict, number) in enumerate(self._of(level)):
                if level == "line" and verdict != REFUSED:
                    continue
                what = name if self._is_the_file(level) else counted(number, name)
                what = f"{number:,}" if n and not self._is_the_file(level) else what
                more = self._in_rejected(level) if verdict == REFUSED else ""
                yield f"{what} {SAID.get(verdict, verdict)}{more}"

    def _told_levels(self) -> tuple[str, ...]:
        """The levels worth telling: what is said of a part says all that is said of the whole."""
        if self.kind in ("TA1", "999", "997"):
            if self.count("group", REFUSED) and self._has_taken_transactions():
                return ("interchange", "group")  # it is rejected with what is right in it
            return ("interchange", "transaction") if self._has("transaction") else WHOLES
        return ("claim", "line") if self._has("claim") else ("transaction", "provider")

    def _has_taken_transactions(self) -> bool:
        return any(level == "transaction" and v != REFUSED for level, v in self.verdicts)

    def _has(self, level: str) -> bool:
        return any(each == level for each, _ in self.verdicts)

    def _is_the_file(self, level: str) -> bool:
        """Whether the level is the one file of ours it speaks of."""
        return bool(self.file) and level in ("interchange", "group")

    def _of(self, level: str) -> Iterator[tuple[str, int]]:
        own = {verdict: n for (each, verdict), n in self.verdicts.items() if each == level}
        yield from sorted(own.items(), key=lambda item: (item[0] == REFUSED, item[0]))

    def _in_rejected(self, level: str) -> str:
        if level not in WHOLES or not self.in_rejected:
            return ""
        return f" ({counted(self.in_rejected, 'claim')})"

    def _claims(self) -> Iterator[str]:
        """The rejected claims by name."""
        if self.state == "known":
            return
        named = [
            f"{shown_number(claim)} ({', '.join(codes)})" if codes else shown_number(claim)
            for claim, codes in self.rejected[:FEW]
        ]
        left = self.count("claim", REFUSED) - len(named)
        if named:
            yield "rejected: " + ", ".join(named) + (f" and {left:,} more" if left > 0 else "")


def together(results: Sequence[AcknowledgementResult]) -> Iterator[AcknowledgementResult]:
    """Of one kind, sender and outcome one result: a sender may answer each transaction apart."""
    groups: dict[tuple[str, ...], list[AcknowledgementResult]] = {}
    for one in results:
        groups.setdefault((one.kind, one.source_name, one.state, one.stored, one.why), []).append(
            one
        )
    for some in groups.values():
        first = some[0]
        if len(some) == 1:
            yield first
            continue
        counts: Counter[tuple[str, str]] = Counter()
        for one in some:
            counts.update(one.verdicts)
        yield evolve(
            first,
            together=len(some),
            verdicts=counts,
            in_rejected=sum(one.in_rejected for one in some),
            unmatched=sum(one.unmatched for one in some),
            rejected=tuple(named for one in some for named in one.rejected),
            file=first.file if len({one.file for one in some}) == 1 else "",
        )
