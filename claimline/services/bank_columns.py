"""Which column of a bank's CSV is what: by its usual names, else by the words of its heading.

Nothing is guessed where two columns could be the same thing: then a profile is asked for. Balances
are never an amount. ``Columns.words`` says what was understood, for ``--dry-run``.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from attrs import frozen

from claimline.errors import WrongUsageError
from claimline.services.bank_cells import (
    DAY_FIRST,
    best_shape,
    day_first_shape,
    day_in,
    either_way,
    parsed,
    plain_heading,
    read_amount,
    two_ways,
)

if TYPE_CHECKING:
    from claimline.services.bank_read import Profile

HEADERS: Final[Mapping[str, tuple[str, ...]]] = {
    "date": (
        "date", "posting date", "posted date", "post date", "transaction date", "effective date",
        "value date", "deposit date", "settlement date",
    ),
    "amount": (
        "credit", "credit amount", "credits", "deposit", "deposits", "deposit amount", "paid in",
        "amount",
    ),
    "description": (
        "description", "details", "memo", "transaction description", "narrative", "text",
        "addenda", "addenda information", "payment related information",
    ),
    "trace": ("trace", "trace number", "trn", "trn02", "payment trace", "eft number"),
    "originator": ("originator", "originator id", "company id", "trn03", "payer id"),
    "kind": (
        "type", "transaction type", "debit/credit", "credit/debit", "debit or credit",
        "credit or debit", "dr/cr", "cr/dr", "debit/credit indicator", "credit debit indicator",
    ),
    "payer": ("payer", "payer name", "originator name", "company name", "company"),
    "debit": (
        "debit", "debit amount", "debits", "withdrawal", "withdrawal amount", "withdrawals",
        "paid out",
    ),
}  # fmt: skip
_YES: Final[Mapping[str, frozenset[str]]] = {  # words of a heading that make it this
    "date": frozenset({"date", "posted", "day"}),
    "amount": frozenset({"amount", "amt", "credit", "credits", "deposit", "deposits"}),
    "description": frozenset(
        {"description", "desc", "details", "memo", "narrative", "addenda", "particulars",
         "reference", "remarks", "payee", "remittance"}
    ),
}  # fmt: skip
_NO: Final = frozenset(  # words that make it something else
    {"balance", "bal", "running", "available", "debit", "debits", "withdrawal", "withdrawals",
     "fee", "fees", "check", "cheque", "slip", "ticket", "type", "code", "indicator", "account",
     "acct", "status", "currency", "time", "out"}
)  # fmt: skip
_BETTER: Final = frozenset({"credit", "credits", "deposit", "deposits"})  # than "amount"
_FIRST_DAYS: Final = ("posting", "posted", "post", "transaction", "book", "booking")
_CENTS: Final = re.compile(r"[.,]\d\d\b")
_PREAMBLE: Final = 25  # lines before the heading that are looked at
_SAMPLE: Final = 500  # rows from which the columns of a file without a heading are learned
MARK: Final = re.compile(r"HCCLAIMPMT|TRN\s?\*\s?1\s?\*", re.IGNORECASE)


@frozen(kw_only=True)
class Columns:
    """Where each thing stands. ``header``: how many lines come before the first row."""

    places: Mapping[str, tuple[int, ...]]
    names: tuple[str, ...]  # of the columns; empty: the file has no heading
    header: int
    date_shape: str = ""
    example: str = ""  # a day, where all of them may be read in two ways

    @property
    def words(self) -> tuple[str, ...]:
        """``date: column Posting Date`` ..., one for each thing that was found."""
        said = [
            f"{key}: {' + '.join(self._name(place) for place in found)}"
            for key, found in self.places.items()
            if found
        ]
        if self.date_shape in DAY_FIRST:
            return (*said, "dates: day before month")
        day = parsed(self.example, self.date_shape)
        if day is None:
            return tuple(said)
        read = f"dates: read as month/day: {self.example} is {day:%B} {day.day}"
        return (*said, f"{read}; if it is not, set day_first = true in a profile")

    def _name(self, place: int) -> str:
        named = self.names[place] if place < len(self.names) else ""
        return named or f"column {place + 1}"


class _TwoColumnsError(WrongUsageError):
    """Two columns could be the same thing: this line is the heading, but not enough."""


def columns(name: str, rows: Sequence[Sequence[str]], profile: "Profile") -> Columns:
    """The columns of a table.

    Args:
        name: of the file.
        rows: all of them, with the heading.
        profile: names columns; the others are found.

    Raises:
        WrongUsageError: a column that the profile names is not there, or date or amount are not,
            or its days are written in two ways.
    """
    first = WrongUsageError(f"{name}: it is empty", todo="have the bank write it again")
    heads = rows[:1] if profile.skip_lines else rows[:_PREAMBLE]
    for number, cells in enumerate(heads):
        try:
            places = _places(name, [cell.strip() for cell in cells], profile)
        except WrongUsageError as error:
            is_heading = isinstance(error, _TwoColumnsError) and not isinstance(
                first, _TwoColumnsError
            )
            first = error if number == 0 or is_heading else first
            continue
        below = rows[number + 1 :]
        if not profile.description:
            places = _with_addenda(places, below, len(cells))
        shape, example = _shape(name, below, places, profile)
        header = tuple(cell.strip() for cell in cells)
        return Columns(
            places=places, names=header, header=number + 1, date_shape=shape, example=example
        )
    bare = None if _names(profile) else _bare(name, rows, profile)
    if bare is None:
        raise first
    return bare


def _with_addenda(
    places: Mapping[str, tuple[int, ...]], rows: Sequence[Sequence[str]], width: int
) -> Mapping[str, tuple[int, ...]]:
    """Also a column of another name that holds a claim payment's words is read as its text."""
    used = {place for found in places.values() for place in found}
    free = [n for n in range(width) if n not in used]
    more = tuple(n for n in free if any(n < len(one) and MARK.search(one[n]) for one in rows))
    return {**places, "description": tuple(sorted((*places["description"], *more)))}


def _names(profile: "Profile") -> bool:
    """Whether a profile names any column."""
    return any(getattr(profile, key) for key in HEADERS)


def _shape(
    name: str,
    rows: Sequence[Sequence[str]],
    places: Mapping[str, tuple[int, ...]],
    profile: "Profile",
) -> tuple[str, str]:
    """How the days of the whole file are written; one of them, where all may be read in two ways.

    Raises:
        WrongUsageError: some month before day, some day before month: then no day is sure.
    """
    [at] = places["date"]
    cells = {one[at].strip() for one in rows if at < len(one)} - {""}
    if not profile.date_format and two_ways(cells):
        raise WrongUsageError(
            f"{name}: its days are written in two ways, month before day and day before month",
            todo='look at the file; say which it is in a profile: date_format = "%m/%d/%Y"',
        )
    shape = best_shape(cells)
    if profile.date_format:
        return shape, ""
    if profile.day_first:
        return day_first_shape(shape), ""
    return shape, either_way(cells)


def _places(name: str, header: Sequence[str], profile: "Profile") -> Mapping[str, tuple[int, ...]]:
    """The column of each thing.

    Raises:
        WrongUsageError: as ``columns``.
    """
    known = {plain_heading(cell): n for n, cell in reversed(list(enumerate(header)))}
    places: dict[str, tuple[int, ...]] = {}
    for key, usual in HEADERS.items():
        said = getattr(profile, key)
        named = (said,) if isinstance(said, str) and said else said or ()
        missing = [one for one in named if plain_heading(one) not in known]
        if missing:
            raise WrongUsageError(
                f"{name} has no column {missing[0]!r}",
                todo=f"mend the profile: {key}" + (", or skip_lines" if profile.skip_lines else ""),
            )
        found = [known[plain_heading(one)] for one in named or usual if plain_heading(one) in known]
        found = found or _by_words(name, key, header)
        places[key] = tuple(sorted(found) if key == "description" else found[:1])
    for key in ("date", "amount"):
        if not places[key]:
            raise WrongUsageError(
                f"{name}: no column is the {key} of a deposit",
                todo=f'name it in a profile: {key} = "..."; --profile bank.toml (docs/missing.md)',
            )
    return places


def _by_words(name: str, key: str, header: Sequence[str]) -> list[int]:
    """The column whose heading has a word for the thing.

    Raises:
        WrongUsageError: two could be it.
    """
    yes = _YES.get(key)
    if yes is None:
        return []
    words = [frozenset(plain_heading(cell).replace("/", " ").split()) for cell in header]
    found = [n for n, said in enumerate(words) if said & yes and not said & _NO]
    if key == "amount":
        better = [n for n in found if words[n] & _BETTER]
        found = [n for n in better or found if "date" not in words[n]]
    elif key == "date":
        better = [n for n in found if words[n] & set(_FIRST_DAYS)]
        found = better or found
    else:
        return found
    if len(found) > 1:
        several = " and ".join(repr(header[n]) for n in found)
        raise _TwoColumnsError(
            f"{name}: {several} could both be the {key} of a deposit",
            todo=f'name the right one in a profile: {key} = "..."; --profile bank.toml',
        )
    return found


def _bare(name: str, rows: Sequence[Sequence[str]], profile: "Profile") -> Columns | None:
    """The columns of a file without a heading: its one day, its one amount, its longest words."""
    whole = [cells for cells in rows[:_SAMPLE] if any(cell.strip() for cell in cells)]
    if not whole:
        return None
    width = min(len(cells) for cells in whole)
    days = [n for n in range(width) if _all(whole, n, _is_day)]
    amounts = [n for n in range(width) if n not in days and _all(whole, n, _is_amount)]
    if len(days) != 1 or len(amounts) != 1:
        return None
    left = [n for n in range(width) if n not in (*days, *amounts)]
    longest = max(left, key=lambda n: (sum(len(cells[n]) for cells in whole), -n), default=None)
    words = () if longest is None else (longest,)
    places = dict.fromkeys(HEADERS, ()) | {
        "date": (days[0],), "amount": (amounts[0],), "description": words,
    }  # fmt: skip
    shape, example = _shape(name, rows, places, profile)
    return Columns(places=places, names=(), header=0, date_shape=shape, example=example)


def _all(rows: Sequence[Sequence[str]], place: int, looks: Callable[[str], bool]) -> bool:
    return all(looks(cells[place]) for cells in rows)


def _is_day(cell: str) -> bool:
    return parsed(day_in(cell), best_shape([cell])) is not None


def _is_amount(cell: str) -> bool:
    """Whether it is an amount with cents: a number without them may be anything."""
    try:
        read_amount(cell)
    except ValueError:
        return False
    return bool(_CENTS.search(cell))
