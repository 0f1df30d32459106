"""What is gathered of one level of an 837P while it is read: values, parties, kept segments.

A level is the header, a billing provider, a subscriber, a patient, a claim or a line. ``take``
gives a segment to the values; what they have no place for is kept with its loop.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final

from edi import x837p_segments as segments
from edi.claim import Address, Elements, Kept, Party
from edi.shared_segments import read_per, read_ref
from edi.x837p_loops import owner

_PARTIES: Final = frozenset(
    {"1000A", "1000B", "2010AA", "2010AB", "2010BA", "2010BB", "2010CA"}
    | {"2310A", "2310B", "2310C", "2310D", "2420A", "2420D", "2420E", "2420F"}
)
_REPEATED: Final = frozenset({"2310A", "2420F"})  # TR3: at most two of each
_WITH_PRV: Final = frozenset({"2310B", "2420A"})
_WITH_DMG: Final = frozenset({"2010BA", "2010CA"})

Filled = list[str]  # a segment with empty elements at its end


class PartyDraft:
    """An NM1 and what follows it."""

    def __init__(self, loop: str) -> None:
        self._loop = loop
        self.values: dict[str, Any] = {}  # of NM1
        self.person: dict[str, Any] = {}  # of DMG
        self.claim_number = ""  # REF*Y4
        self._street: tuple[str, str] | None = None
        self._place: dict[str, Any] | None = None
        self._taxonomy = ""
        self._references: list[Any] = []
        self._contacts: list[Any] = []

    def take(self, s: Filled) -> bool:
        """Whether the segment found its place in the values."""
        read = _OF_PARTY.get(s[0])
        return read is not None and read(self, s)

    def nm1(self, s: Filled) -> bool:
        """NM1, which opened the loop."""
        self.values = segments.read_nm1(s)
        return True

    def n3(self, s: Filled) -> bool:
        """The street, once."""
        first = self._street is None
        self._street = self._street or (s[1], s[2])
        return first

    def n4(self, s: Filled) -> bool:
        """City, state, ZIP code, once."""
        first = self._place is None
        self._place = self._place or segments.read_n4(s)
        return first

    def prv(self, s: Filled) -> bool:
        """The taxonomy, where the loop has one."""
        fits = self._loop in _WITH_PRV and not self._taxonomy and bool(s[3])
        if fits:
            self._taxonomy = s[3]
        return fits

    def dmg(self, s: Filled) -> bool:
        """Birth date and gender, where the loop has them."""
        fits = self._loop in _WITH_DMG and not self.person
        if fits:
            self.person = segments.read_dmg(s)
        return fits

    def ref(self, s: Filled) -> bool:
        """A reference; Y4 is the claim number of a property and casualty insurer."""
        if s[1] == "Y4" and self._loop in _WITH_DMG:
            first = not self.claim_number
            self.claim_number = self.claim_number or s[2]
            return first
        self._references.append(read_ref(s))
        return True

    def per(self, s: Filled) -> bool:
        """A contact."""
        self._contacts.append(read_per(s))
        return True

    def party(self, taxonomy: str = "") -> Party:
        """What was gathered; ``taxonomy`` where it stands outside of the loop (2000A)."""
        address = None
        if self._street is not None or self._place is not None:
            street = self._street or ("", "")
            place = self._place or {"city": ""}
            address = Address(line1=street[0], line2=street[1], **place)
        return Party(
            **self.values,
            address=address,
            taxonomy=taxonomy or self._taxonomy,
            references=tuple(self._references),
            contacts=tuple(self._contacts),
        )


_OF_PARTY: Final[Mapping[str, Callable[[PartyDraft, Filled], bool]]] = MappingProxyType(
    {
        "NM1": PartyDraft.nm1,
        "N3": PartyDraft.n3,
        "N4": PartyDraft.n4,
        "PRV": PartyDraft.prv,
        "DMG": PartyDraft.dmg,
        "REF": PartyDraft.ref,
        "PER": PartyDraft.per,
    }
)


class Level:
    """One level while it is read."""

    def __init__(self, base: str, area: str) -> None:
        self.base = base  # ST_LOOP, 2000A, 2000B, 2000C, 2300, 2400
        self.loop = base  # the loop we stand in
        self.area = area  # what an NM1 means here
        self.values: dict[str, Any] = {}
        self.dates: list[Any] = []
        self.references: list[Any] = []
        self.kept: list[Kept] = []
        self.faults: list[tuple[str, str]] = []  # (element, what it should be), taken by the reader
        self._parties: dict[str, list[PartyDraft]] = {}
        self._counts: dict[str, int] = {base: 1}
        self._built: Any = None
        self.number_of_claims = 0

    def open(self, loop: str, area: str) -> None:
        """A loop begins."""
        self.loop, self.area = loop, area
        if loop == "2320":
            for below in [known for known in self._counts if known.startswith("2330")]:
                del self._counts[below]
        count = self._counts.get(loop, 0)
        self._counts[loop] = count + 1
        if loop in _PARTIES and (not count or loop in _REPEATED):
            self._parties.setdefault(loop, []).append(PartyDraft(loop))

    def take(self, segment: Elements) -> None:
        """A segment of the loop we stand in: to the values, or kept, or both."""
        s = segments.filled(segment)
        loop = owner(self.loop, s[0])
        occurrence = self._counts.get(loop, 1) - 1
        if loop == self.base:
            read = _OF_LEVEL[loop].get(s[0])
            taken = read is not None and read(self, s)
        else:
            drafts = self._parties.get(loop, ())
            taken = occurrence < len(drafts) and drafts[occurrence].take(s)
            if taken and s[0] == "DMG" and s[2] and segments.read_date(s[2]) is None:
                self.faults.append(("DMG02", "is no date CCYYMMDD"))
        if not taken or not segments.says_all(segment):
            self.kept.append(
                Kept(loop=loop, segment=segment, occurrence=occurrence, restates=taken)
            )

    @property
    def has_parties(self) -> bool:
        """Whether any NM1 stands in the level."""
        return bool(self._parties)

    def drafts(self, loop: str) -> list[PartyDraft]:
        """The parties of a loop."""
        return self._parties.get(loop, [])

    def parties(self, loop: str) -> tuple[Party, ...]:
        """The parties of a loop, finished."""
        return tuple(draft.party() for draft in self.drafts(loop))

    def party(self, loop: str) -> Party | None:
        """The party of a loop, or None."""
        drafts = self.drafts(loop)
        return drafts[0].party() if drafts else None

    def once(self, build: "Callable[[Level], Any]") -> Any:
        """What ``build`` makes of this level, made once: many claims stand under it."""
        if self._built is None:
            self._built = build(self)
        return self._built

    def merge(self, values: dict[str, Any]) -> bool:
        """Take values that a level has once; False for a second segment of the kind."""
        first = self.values.keys().isdisjoint(values)
        if first:
            self.values |= values
        return first

    def number(self, values: dict[str, Any], field: str, element: str) -> None:
        """A number that could not be read becomes zero and a fault; its segment is kept."""
        if values[field] is None:
            values[field] = Decimal(0)
            self.faults.append((element, "is no number X12 allows; it was read as 0"))


def _bht(level: Level, s: Filled) -> bool:
    return level.merge(segments.read_bht(s))


def _prv(level: Level, s: Filled) -> bool:
    return bool(s[3]) and level.merge({"taxonomy": s[3]})


def _sbr(level: Level, s: Filled) -> bool:
    return level.merge(segments.read_sbr(s))


def _pat(level: Level, s: Filled) -> bool:
    return level.merge({"relationship": s[1]})


def _clm(level: Level, s: Filled) -> bool:
    values = segments.read_clm(s)
    level.number(values, "charge", "CLM02")
    return level.merge(values)


def _hi(level: Level, s: Filled) -> bool:
    if s[1].split(":")[0] not in segments.DIAGNOSIS:
        return False
    return level.merge({"diagnoses": segments.read_hi(s)})


def _amt(level: Level, s: Filled) -> bool:
    amount = segments.read_amt(s)
    if s[1] == "F5" and amount is None:
        level.faults.append(("AMT02", "is no amount X12 allows"))
    return amount is not None and level.merge({"amount_paid_by_patient": amount})


def _claim_note(level: Level, s: Filled) -> bool:
    return bool(s[2]) and level.merge(
        {"note_code": "" if s[1] == segments.NOTE else s[1], "note": s[2]}
    )


def _lx(level: Level, s: Filled) -> bool:
    number = segments.count(s[1])
    return number is not None and level.merge({"number": number})


def _sv1(level: Level, s: Filled) -> bool:
    values = segments.read_sv1(s)
    level.number(values, "charge", "SV102")
    level.number(values, "units", "SV104")
    return level.merge(values)


def _line_note(level: Level, s: Filled) -> bool:
    return s[1] == segments.NOTE and bool(s[2]) and level.merge({"note": s[2]})


def _dtp(level: Level, s: Filled) -> bool:
    dated = segments.read_dtp(s)
    if dated is None:
        level.faults.append(("DTP03", "is no date of the form DTP02 names"))
        return False
    if level.base == "2400" and dated.qualifier == "472":
        return level.merge({"date": dated.date, "until": dated.until})
    level.dates.append(dated)
    return True


def _ref(level: Level, s: Filled) -> bool:
    if level.base == "2400" and s[1] == "6R" and "control" not in level.values:
        return level.merge({"control": s[2]})
    level.references.append(read_ref(s))
    return True


_OF_LEVEL: Final[Mapping[str, Mapping[str, Callable[[Level, Filled], bool]]]] = MappingProxyType(
    {
        "ST_LOOP": {"BHT": _bht},
        "2000A": {"PRV": _prv},
        "2000B": {"SBR": _sbr},
        "2000C": {"PAT": _pat},
        "2300": {
            "CLM": _clm,
            "DTP": _dtp,
            "AMT": _amt,
            "REF": _ref,
            "NTE": _claim_note,
            "HI": _hi,
        },
        "2400": {"LX": _lx, "SV1": _sv1, "DTP": _dtp, "REF": _ref, "NTE": _line_note},
    }
)
