"""999 and 997 to values, tolerant: what the receiver's translator says of one group of ours.

One AK2 loop is kept at a time, so a 999 of any size stays flat in memory. Sources: 005010X231 and
X231A1 (999), 005010X230 and 004010 (997, whose AK3, AK4, AK5 are IK3, IK4, IK5). Both names are
read in both: translators mix them.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from attrs import evolve

from edi.acknowledgement import Acknowledged, Acknowledgement, Kind, Part, Status, Verdict
from edi.acknowledgement_walk import walked
from edi.elements import read_date
from edi.envelope import Transaction
from edi.problem import declare

_PAD: Final = [""] * 12
_VERDICTS: Final[Mapping[str, Verdict]] = {
    "A": "accepted",
    "E": "accepted with errors",
    "P": "partly accepted",
    "R": "rejected",
    "M": "rejected",  # message authentication failed
    "W": "rejected",  # its security header failed
    "X": "rejected",  # could not be decrypted
}
_CLAIM_NAMES: Final = frozenset({"CLM01", "CLP01"})  # CTX01-1: the business unit is a claim

declare(
    {
        "ack.no-transaction-result": (
            "A 999 or 997 speaks of a transaction but does not say how it ended (IK5, AK5).",
            "Nothing was taken as accepted or rejected. Ask the sender for the answer again.",
        ),
        "ack.no-group-result": (
            "A 999 or 997 does not say how the group ended (AK9).",
            "What it says of single transactions was read. Ask the sender for the answer again.",
        ),
        "ack.rejected-unnamed": (
            "A 999 or 997 counts more rejected transactions (AK9) than it names (AK2, IK5).",
            "Ask the sender which transactions were rejected: nothing was taken for those unnamed.",
        ),
        "ack.no-group": (
            "A 999 or 997 does not say which group it answers (AK1).",
            "It cannot be joined to what was sent. Ask the sender for the answer again.",
        ),
    }
)


class Reader:
    """Reads one transaction: a small function per segment."""

    def __init__(self, transaction: Transaction) -> None:
        self.transaction = transaction
        self.kind: Kind = "997" if transaction.type == "997" else "999"
        self.parties = parties_of(transaction)
        self.component = transaction.separators.component
        self.repetition = transaction.separators.repetition
        self.ready: list[Part] = []
        self.position = 0
        self.group: list[str] = []  # AK1, padded
        self.ended = False  # AK9 was met
        self.named = self.refused = 0  # AK2 loops that ended, and of them the rejected
        self.set: list[str] = []  # AK2, padded; empty outside of its loop
        self.set_position = 0
        self.statuses: list[Status] = []  # of the transaction
        self.segment: list[str] = []  # IK3, padded
        self.claim = ""  # that CTX names for the IK3 at hand
        self.notes: list[Status] = []  # of the IK3 at hand
        self.claims: dict[str, list[Status]] = {}  # CLM01 -> what is said of it

    def parts(self) -> Iterator[Part]:
        """The acknowledgement without its things, then each thing when it is complete."""
        yield self._head()
        yield from walked(self, _HANDLERS, self.ready, _PAD)
        self._end_set("")
        if not self.group:
            self._tell("ack.no-group", "There is no AK1 segment: which group is answered?")
        elif not self.ended:
            self._tell("ack.no-group-result", "There is no AK9 segment: how did the group end?")
        yield from self.ready

    def _head(self) -> Acknowledgement:
        group = self.transaction.group
        sender = self.transaction.interchange.sender[1].strip()
        return Acknowledgement(
            kind=self.kind,
            source="translator",
            source_name=sender,
            source_id=sender,
            control=self.transaction.control,
            date=read_date(group.header[3].strip()) if len(group.header) > 3 else None,
        )

    def _tell(self, code: str, words: str, element: str = "") -> None:
        self.transaction.tell(code, words, segment=self.position, element=element, level="warning")

    def _parts_of(self, element: str) -> list[str]:
        return element.split(self.component) if self.component else [element]

    # -- segments

    def ak1(self, segment: list[str]) -> None:
        """AK1: the group that is answered."""
        self.group = segment

    def ak2(self, segment: list[str]) -> None:
        """AK2: a transaction of it."""
        self._end_set("")
        self.set, self.set_position = segment, self.position

    def ik3(self, segment: list[str]) -> None:
        """IK3: something is wrong with a segment, or one is missing."""
        self._end_segment()
        self.segment = segment
        self.notes.append(self._status("IK304", segment[4]))

    def ctx(self, segment: list[str]) -> None:
        """CTX: the claim it is in, or the place of ours that made a segment required."""
        for context in segment[1].split(self.repetition) if self.repetition else [segment[1]]:
            name, _, value = context.partition(self.component or "\0")
            if name.strip() in _CLAIM_NAMES and value:
                self.claim = value.strip()
            elif segment[2] and self.notes:
                self.notes[-1] = evolve(self.notes[-1], trigger=self._trigger(segment))

    def ik4(self, segment: list[str]) -> None:
        """IK4: something is wrong with an element."""
        element, component = [*self._parts_of(segment[1]), ""][:2]
        name = self.segment[1].strip() if self.segment else ""
        self.notes.append(
            evolve(
                self._status("IK403", segment[3]),
                element=f"{name}{element.zfill(2)}" + (f"-{component}" if component else ""),
                value=segment[4],
            )
        )

    def ik5(self, segment: list[str]) -> None:
        """IK5: how the transaction ended."""
        self._end_segment()
        if not self.set:
            self._tell("ack.no-transaction-result", "An IK5 stands outside of an AK2 loop.")
            return
        self.statuses[:0] = [Status(list="IK502", code=code) for code in segment[2:7] if code]
        self._end_set(segment[1].strip() or "?")

    def ak9(self, segment: list[str]) -> None:
        """AK9: how the group ended."""
        self._end_set("")
        self.ended = True
        included, received, accepted = (self._count(segment[at]) for at in (2, 3, 4))
        total = received if received is not None else included
        rejected = None if total is None or accepted is None else max(total - accepted, 0)
        verdict = self._verdict(segment[1].strip(), "AK901")
        self.ready.append(
            Acknowledged(
                level="group",
                verdict=verdict,
                group=self._group_element(2),
                parties=self.parties,
                functional_id=self._group_element(1),
                statuses=tuple(Status(list="AK905", code=code) for code in segment[5:10] if code),
                claims=included,
                accepted=accepted,
                rejected=rejected,
                rest=self._rest(verdict, rejected, accepted),
                position=self.position,
            )
        )

    # -- what they have in common

    def _rest(self, verdict: Verdict, rejected: int | None, accepted: int | None) -> Verdict | None:
        """What holds for the transactions of a part accepted group that no AK2 names.

        The 2000 loop is for what was rejected (005010X231A1): where each rejected one is named,
        the others were accepted.
        """
        if verdict != "partly accepted" or rejected is None or accepted is None:
            return None
        unnamed = accepted + rejected - self.named
        if unnamed <= 0:
            return None
        if rejected > self.refused:
            words = f"AK9 counts {rejected} rejected; {self.refused} are named: which are the rest?"
            self._tell("ack.rejected-unnamed", words)
            return None
        return "accepted" if rejected == self.refused else None

    def _group_element(self, number: int) -> str:
        return self.group[number].strip() if self.group else ""

    def _count(self, text: str) -> int | None:
        stripped = text.strip()
        return int(stripped[:18]) if stripped.isascii() and stripped.isdigit() else None

    def _verdict(self, code: str, element: str) -> Verdict:
        verdict = _VERDICTS.get(code.upper(), "other")
        if verdict == "other":
            words = f"{element} is none of A, E, M, P, R, W, X: the answer is not known."
            self._tell("ack.verdict", words, element)
        return verdict

    def _status(self, code_list: str, code: str) -> Status:
        """A code with the place of the IK3 at hand."""
        _, name, position, loop = (self.segment or _PAD)[:4]
        return Status(
            list=code_list,
            code=code.strip(),
            segment=name.strip(),
            position=self._count(position) or 0,
            loop=loop.strip(),
        )

    def _trigger(self, segment: list[str]) -> str:
        """CTX02 to CTX05 in words: ``CLM05-3 in segment 43``."""
        element, component = [*self._parts_of(segment[5]), ""][:2]
        place = segment[2] + (element.zfill(2) if element else "")
        place += f"-{component}" if component else ""
        return f"{place} in segment {segment[3]}" if segment[3] else place

    def _end_segment(self) -> None:
        """Put the notes of an IK3 to the claim they are in, or to the transaction."""
        if self.claim:
            self.claims.setdefault(self.claim, []).extend(self.notes)
        else:
            self.statuses += self.notes
        self.segment, self.claim, self.notes = [], "", []

    def _end_set(self, code: str) -> None:
        """Hand out the transaction at hand, and the claims of it that are named."""
        self._end_segment()
        if not self.set:
            self.statuses.clear()  # notes outside of any AK2 loop name nothing
            return
        if not code:
            words = "An AK2 loop has no IK5 segment: how did the transaction end?"
            self._tell("ack.no-transaction-result", words)
        verdict = self._verdict(code, "IK501") if code else "other"
        thing = Acknowledged(
            level="transaction",
            verdict=verdict,
            group=self._group_element(2),
            parties=self.parties,
            functional_id=self._group_element(1),
            transaction=self.set[2].strip(),
            statuses=tuple(self.statuses),
            position=self.set_position,
        )
        self.named += 1
        self.refused += verdict == "rejected"
        self.ready.append(thing)
        self.ready += [
            evolve(thing, level="claim", claim=claim, statuses=tuple(statuses))
            for claim, statuses in self.claims.items()
        ]
        self.set = []
        self.statuses.clear()
        self.claims.clear()


def parties_of(transaction: Transaction) -> tuple[str, ...]:
    """GS02 and GS03, where they say more than ISA06 and ISA08."""
    interchange = transaction.interchange
    named = tuple(text.strip() for text in transaction.group.header[1:3])
    outer = (interchange.sender[1].strip(), interchange.receiver[1].strip())
    return () if named == outer or not any(named) else named


_Handler = Callable[[Reader, list[str]], None]
_HANDLERS: Final[Mapping[str, _Handler]] = {
    "AK1": Reader.ak1,
    "AK2": Reader.ak2,
    "IK3": Reader.ik3,
    "AK3": Reader.ik3,
    "CTX": Reader.ctx,
    "IK4": Reader.ik4,
    "AK4": Reader.ik4,
    "IK5": Reader.ik5,
    "AK5": Reader.ik5,
    "AK9": Reader.ak9,
}
