"""Kinds of fields: how foreign text or a JSON value becomes ours, and what the schema says of it.

A converter takes the raw value and a list for notes, returns the value or raises ``Unfit`` with
what was expected. A change of writing only is noted as a repair, with what it was read as.
"""

import datetime as dt
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final

from attrs import field, frozen

from edi.problem import Level
from mapping import identifiers, member_ids, repair

CENT: Final = Decimal("0.01")
MOST_DOLLARS: Final = Decimal("9999999.99")


class Unfit(Exception):  # noqa: N818 - never leaves this package; not an error of ours
    """The value cannot be what the field wants; the message says what is expected."""


@frozen(kw_only=True)
class Fault:
    """Something about one field. ``path`` leads to it from the top."""

    code: str
    message: str
    level: Level = "error"
    path: tuple[str | int, ...] = ()
    value: str = field(default="", repr=False)


_POWER: Final = " the digits a spreadsheet wrote as a power of ten"
Notes = list[Fault]
Convert = Callable[[Any, Notes], Any]


@frozen(kw_only=True)
class Kind:
    """A converter and its JSON Schema."""

    convert: Convert
    schema: Mapping[str, Any]


def plain(raw: object) -> str:
    """Text of a cell or JSON value, without outer blanks; numbers are taken as written."""
    if type(raw) is str:
        text = raw.strip()
        if text.isprintable():
            return text if text[:1] not in "='" else repair.unwrapped(text)
        return " ".join(text.split())
    if isinstance(raw, int | Decimal) and not isinstance(raw, bool):
        return str(raw)
    raise Unfit("text")


def _repaired(raw: object, became: str, notes: Notes, why: str) -> None:
    notes.append(
        Fault(
            code="input.repaired",
            level="warning",
            message=f"read with{why}; check it, and keep such columns as text",
            value=f"{raw} -> {became}",
        )
    )


def text(raw: object, notes: Notes) -> str:  # noqa: ARG001 - converters share one shape
    """Text as it stands."""
    return plain(raw)


def pattern(raw: object, notes: Notes) -> str:  # noqa: ARG001 - converters share one shape
    """A named shape, or a regular expression for the whole of a member id."""
    written = plain(raw)
    if not member_ids.is_pattern(written):
        named = ", ".join(member_ids.NAMED)
        raise Unfit(f"a regular expression of at most {member_ids.MOST} characters, or {named}")
    return written


def label(raw: object, notes: Notes) -> str:
    """A number somebody gave: text as it stands, unless a spreadsheet made a power of ten of it."""
    written = plain(raw)
    if not repair.POWER_OF_TEN.fullmatch(written):
        return written
    try:
        number = repair.digits(written)
    except repair.DigitsLostError:
        raise Unfit(
            "a number as it was given; the spreadsheet rounded it and its last digits are lost: "
            "format the column as text and export again"
        ) from None
    _repaired(raw, number, notes, _POWER)
    return number


def identifier(
    kind: identifiers.Identifier, widths: tuple[int, ...] = (), least: int = 1
) -> Convert:
    """A converter for an identifier; ``widths`` where lost leading zeros can be put back."""

    @lru_cache(maxsize=16384)  # codes, places and clinicians repeat on every row
    def clean(written: str) -> str:
        compact = kind.compact(written)
        return compact if kind.is_valid(compact) else ""

    def convert(raw: object, notes: Notes) -> str:
        if type(raw) is str and (found := clean(raw)):
            return found
        try:
            written = plain(raw)
            number = repair.digits(written)
        except repair.DigitsLostError:
            raise Unfit(
                f"{kind.expected}; the spreadsheet rounded it and its last digits are lost: "
                "format the column as text and export again"
            ) from None
        if number != written:
            was_whole = repair.WHOLE_DECIMAL.fullmatch(written)
            why = "out the decimals a spreadsheet added" if was_whole else _POWER
            _repaired(raw, number, notes, why)
        compact = kind.compact(number)
        full = repair.padded(compact, widths, least)
        if full != compact:
            _repaired(raw, full, notes, " the leading zeros a spreadsheet dropped")
        try:
            return kind.validate(full)
        except identifiers.InvalidIdentifier as wrong:
            raise Unfit(str(wrong)) from None

    return convert


@lru_cache(maxsize=65536)
def _date(written: str) -> dt.date:
    if found := repair.ISO_DATE.fullmatch(written) or repair.PLAIN_DATE.fullmatch(written):
        year, month, day = found.groups()
    elif found := repair.US_DATE.fullmatch(written):
        month, day, year = found.groups()
    else:
        raise Unfit("a date as 2026-03-10 or 3/10/2026 (month first, year in four digits)")
    try:
        date = dt.date(int(year), int(month), int(day))
    except ValueError:
        raise Unfit("a day of the calendar, as 2026-03-10 or 3/10/2026 (month first)") from None
    if not dt.date(1880, 1, 1) <= date <= dt.date(2199, 12, 31):
        raise Unfit("a date between 1880 and 2199")
    return date


def date(raw: object, notes: Notes) -> dt.date:  # noqa: ARG001 - converters share one shape
    """ISO, US or plain date; TOML gives dates as such."""
    if type(raw) is dt.date:
        return raw
    return _date(plain(raw))


@lru_cache(maxsize=4096)
def _time(written: str) -> dt.time:
    found = repair.CLOCK.fullmatch(written)
    if not found:
        raise Unfit("a time of day as 09:15 or 2:15 PM")
    hour, half = int(found[1]), (found[3] or "").upper()[:1]
    if half and not 1 <= hour <= 12:
        raise Unfit("a time of day as 09:15 or 2:15 PM")
    hour = hour % 12 + (12 if half == "P" else 0) if half else hour
    if hour > 23 or int(found[2]) > 59:
        raise Unfit("a time of day as 09:15 or 2:15 PM")
    return dt.time(hour, int(found[2]))


def time(raw: object, notes: Notes) -> dt.time:  # noqa: ARG001 - converters share one shape
    """Time of day to the minute."""
    if type(raw) is dt.time:
        return raw
    return _time(plain(raw))


@lru_cache(maxsize=16384)
def _money(written: str) -> Decimal:
    bare = written.removeprefix("$").lstrip()
    head, point, cents = bare.partition(".")
    groups = head.split(",")
    if len(groups) > 1:
        if not (1 <= len(groups[0]) <= 3) or any(len(g) != 3 for g in groups[1:]):
            raise Unfit("dollars as 75 or 75.00")
        bare = "".join(groups) + point + cents
    if written.startswith(("-", "(", "$-")):
        raise Unfit("dollars, not negative")
    if not bare.isascii() or not bare.replace(".", "", 1).isdigit() or len(cents) > 2:
        raise Unfit("dollars as 75 or 75.00, at most two decimals")
    try:
        amount = Decimal(bare).quantize(CENT)
    except InvalidOperation:
        raise Unfit("dollars as 75 or 75.00") from None
    if amount > MOST_DOLLARS:
        raise Unfit(f"at most {MOST_DOLLARS} dollars")
    return amount


def money(raw: object, notes: Notes) -> Decimal:  # noqa: ARG001 - converters share one shape
    """Dollars, never negative, at most two decimals."""
    return _money(plain(raw))


def whole(least: int, most: int, what: str) -> Convert:
    """A converter for a whole number between two bounds."""
    expected = f"{what}: a whole number from {least} to {most}"

    def convert(raw: object, notes: Notes) -> int:  # noqa: ARG001 - converters share one shape
        if type(raw) is not int:
            written = plain(raw)
            if found := repair.WHOLE_DECIMAL.fullmatch(written):
                written = found[1]
            if not (written.isascii() and written.isdigit() and len(written) < 10):
                raise Unfit(expected)
            raw = int(written)
        if not least <= raw <= most:
            raise Unfit(expected)
        return raw

    return convert


_FLAGS: Final = {
    **dict.fromkeys(("y", "yes", "true", "1", "x"), True),
    **dict.fromkeys(("n", "no", "false", "0"), False),
}


def flag(raw: object, notes: Notes) -> bool:  # noqa: ARG001 - converters share one shape
    """Yes or no."""
    if type(raw) is bool:
        return raw
    found = _FLAGS.get(plain(raw).lower())
    if found is None:
        raise Unfit("yes or no")
    return found


# Words of the field that mean one of ours; 837P codes of relationship where a system exports them.
SYNONYMS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "st": "SLP", "speech": "SLP", "physical therapy": "PT", "occupational therapy": "OT",
        "female": "F", "male": "M", "unknown": "U",
        "18": "self", "01": "spouse", "19": "child", "20": "employee", "21": "unknown",
        "53": "life partner", "g8": "other", "domestic partner": "life partner",
        "pt": "therapist", "pta": "assistant", "ot": "therapist", "ota": "assistant",
        "cota": "assistant", "joint": "both", "together": "both",
        "work": "employment", "g1": "prior authorization", "9f": "referral",
    }
)  # fmt: skip


def word(choices: tuple[str, ...]) -> Convert:
    """A converter for one word of a list, whatever its case."""
    known = {choice.lower(): choice for choice in choices}
    for synonym, meant in SYNONYMS.items():
        if meant in choices:
            known.setdefault(synonym, meant)
    exact = frozenset(choices)
    shown = ", ".join(choice for choice in choices if choice)

    def convert(raw: object, notes: Notes) -> str:  # noqa: ARG001 - converters share one shape
        if type(raw) is str and raw in exact:
            return raw
        found = known.get(plain(raw).lower())
        if found is None:
            raise Unfit(f"one of {shown}")
        return found

    return convert


def _schema(kind: str, **more: Any) -> Mapping[str, Any]:
    return MappingProxyType({"type": kind, **more})


def _shape(pattern: str) -> Mapping[str, Any]:
    return _schema("string", pattern=f"^{pattern}$")


KINDS: Final[Mapping[str, Kind]] = MappingProxyType(
    {
        "text": Kind(convert=text, schema=_schema("string")),
        "id": Kind(convert=label, schema=_schema("string")),
        "npi": Kind(convert=identifier(identifiers.NPI), schema=_shape(r"[12]\d{9}")),
        "ein": Kind(convert=identifier(identifiers.EIN), schema=_shape(r"\d{2}-?\d{7}")),
        "taxonomy": Kind(convert=identifier(identifiers.TAXONOMY), schema=_shape(r"[0-9A-Z]{9}X")),
        "icd10": Kind(
            convert=identifier(identifiers.ICD10),
            schema=_shape(r"[A-Z]\d[0-9A-Z](\.?[0-9A-Z]{1,4})?"),
        ),
        "hcpcs": Kind(
            convert=identifier(identifiers.HCPCS), schema=_shape(r"(\d{4}[0-9A-Z]|[A-Z]\d{4})")
        ),
        "modifier": Kind(convert=identifier(identifiers.MODIFIER), schema=_shape(r"[0-9A-Z]{2}")),
        "zip": Kind(
            convert=identifier(identifiers.ZIP, (5, 9), 3), schema=_shape(r"\d{5}(-?\d{4})?")
        ),
        "state": Kind(convert=identifier(identifiers.STATE), schema=_shape(r"[A-Z]{2}")),
        "pattern": Kind(convert=pattern, schema=_schema("string", maxLength=member_ids.MOST)),
        "pos": Kind(convert=identifier(identifiers.POS, (2,)), schema=_shape(r"\d\d")),
        "phone": Kind(convert=identifier(identifiers.PHONE), schema=_schema("string")),
        "date": Kind(convert=date, schema=_schema("string", format="date")),
        "time": Kind(convert=time, schema=_shape(r"\d{1,2}:\d\d")),
        "money": Kind(
            convert=money,
            schema=MappingProxyType(
                {"type": ["string", "number"], "minimum": 0, "pattern": r"^\d+(\.\d{1,2})?$"}
            ),
        ),
        "flag": Kind(convert=flag, schema=_schema("boolean")),
        "control": Kind(
            convert=whole(1, 999_999_999, "an interchange control number"),
            schema=_schema("integer", minimum=1, maximum=999_999_999),
        ),
        "count": Kind(
            convert=whole(0, 9999, "a count"), schema=_schema("integer", minimum=0, maximum=9999)
        ),
        "minutes": Kind(
            convert=whole(0, 1440, "minutes of a day"),
            schema=_schema("integer", minimum=0, maximum=1440),
        ),
        "units": Kind(
            convert=whole(1, 999, "units"), schema=_schema("integer", minimum=1, maximum=999)
        ),
        "days": Kind(
            convert=whole(1, 9999, "days"), schema=_schema("integer", minimum=1, maximum=9999)
        ),
        "pointer": Kind(
            convert=whole(1, 12, "a position in the diagnoses"),
            schema=_schema("integer", minimum=1, maximum=12),
        ),
    }
)
