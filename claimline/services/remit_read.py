"""A remittance typed from paper, a portal or the phone: rows to an 835's values, or what is wrong.

One row per line of service; what belongs to the whole payment stands in the first row, or in each
of them alike. A row without a code is the claim as a whole.
"""

import csv
import datetime as dt
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Final

from attrs import define, field, frozen

from claimline.errors import WrongUsageError
from edi.claim import Procedure
from edi.elements import money, number
from edi.remittance import (
    Adjustment,
    ClaimPayment,
    DateText,
    ProviderAdjustment,
    Reference,
    ServicePayment,
)
from mapping.structure import nearest
from reconcile.keys import normal

PAYMENT: Final = ("payer", "number", "date", "amount", "provider_adjustments")
CLAIM: Final = ("claim", "status", "payer_claim")
LINE: Final = (
    "code", "modifiers", "service_date", "charge", "paid", "units", "adjustments", "remarks",
    "line",
)  # fmt: skip
COLUMNS: Final = (*PAYMENT, *CLAIM, *LINE)
NEEDED: Final = ("payer", "date", "amount", "claim", "charge", "paid")
ZERO: Final = Decimal("0.00")
_ADJUSTMENT: Final = re.compile(r"(CO|OA|PI|PR)-([A-Z0-9]{1,5})\s+(-?[0-9.]+)", re.IGNORECASE)
_PROVIDER: Final = re.compile(r"([A-Z0-9]{2})(?::(\S+))?\s+(-?[0-9.]+)", re.IGNORECASE)
_STATUSES: Final = frozenset({"1", "2", "3", "4", "19", "20", "21", "22"})

_THOUSANDS: Final = re.compile(r"-?\d{1,3}(?:,\d{3})+(?:\.\d*)?")  # 62,40 is no amount
TEMPLATE: Final = (
    ",".join(COLUMNS),
    (
        "EXAMPLE PLAN,0012345,2026-03-20,101.00,,CT7Q2M9XK4HWA,1,,97530,GP,2026-03-02,150.00,"
        "80.00,2,CO-45 50.00; PR-3 20.00,,"
    ),
    ",,,,,CT7Q2M9XK4HWA,,,97140,GP,2026-03-02,65.00,21.00,1,CO-45 44.00,N130,",
)


@frozen(kw_only=True)
class Typed:
    """A remittance as it was typed, not yet known to balance."""

    payer: str
    number: str  # of the check or EFT; empty where there is none
    date: dt.date
    amount: Decimal
    claims: tuple[ClaimPayment, ...] = field(repr=False)
    provider_adjustments: tuple[tuple[str, str, Decimal], ...] = ()  # reason, reference, amount


@define
class _Claim:
    """One claim while its rows are read."""

    control: str
    row: int
    status: str = "1"
    payer_claim: str = ""
    charge: Decimal | None = None  # of a row without a code
    paid: Decimal | None = None
    adjustments: tuple[Adjustment, ...] = ()
    remarks: tuple[str, ...] = ()
    lines: list[ServicePayment] = field(factory=list)

    def made(self) -> ClaimPayment:
        """The claim payment: its sums are its lines' unless a row says them."""
        charge = sum((line.charge for line in self.lines), ZERO)
        paid = sum((line.paid for line in self.lines), ZERO)
        every = [*self.adjustments, *(a for line in self.lines for a in line.adjustments)]
        patient = sum((one.amount for one in every if one.group == "PR"), ZERO)
        return ClaimPayment(
            control=self.control,
            status=self.status,
            charge=charge if self.charge is None else self.charge,
            paid=paid if self.paid is None else self.paid,
            patient_responsibility=patient if patient and self.status != "22" else None,
            payer_control=self.payer_claim,
            filing_indicator="ZZ",
            group_number="1",
            adjustments=self.adjustments,
            remarks=self.remarks,
            lines=tuple(self.lines),
        )


def read(name: str, text: str) -> Typed:
    """The remittance in a CSV.

    Raises:
        WrongUsageError: with each row and column that is not right.
    """
    table = csv.reader(io.StringIO(text.lstrip("\ufeff")), delimiter=_delimiter(text))
    header = [cell.strip().lower().replace(" ", "_") for cell in next(table, [])]
    faults = list(_header_faults(header))
    if faults:
        raise refused(name, faults)
    rows = []
    for number_, cells in enumerate(table, 2):
        if any(cell.strip() for cell in cells):
            values = [cell.strip() for cell in cells]
            rows.append((number_, dict(zip(header, values, strict=False))))
    return typed(name, rows)


def typed(name: str, rows: Sequence[tuple[int, Mapping[str, str]]]) -> Typed:
    """The remittance in rows, each with its number.

    Raises:
        WrongUsageError: with each row and column that is not right.
    """
    reader = _Rows()
    for number_, row in rows:
        reader.add(number_, row)
    if not rows:
        reader.faults.append("there is no row below the header")
    payment = {key: reader.payment.get(key, "") for key in PAYMENT}
    reader.faults += [
        f"{key} is missing: say it in the first row"
        for key in ("payer", "date", "amount")
        if rows and not payment[key]
    ]
    with reader.at("row 2"):
        date = _date(payment["date"]) if payment["date"] else dt.date.min
    with reader.at("row 2"):
        amount = _money(payment["amount"], "amount") if payment["amount"] else ZERO
    with reader.at("row 2"):
        taken = tuple(_provider_adjustments(payment["provider_adjustments"]))
    if reader.faults:
        raise refused(name, reader.faults)
    return Typed(
        payer=payment["payer"],
        number="".join(payment["number"].split()).upper(),
        date=date,
        amount=amount,
        claims=tuple(claim.made() for claim in reader.claims.values()),
        provider_adjustments=taken,
    )


def off(row: Mapping[str, str]) -> str:
    """What is wrong with one line as it was typed; empty where it adds up."""
    try:
        line = _line(row)
    except ValueError as error:
        return str(error)
    rest = line.charge - line.paid - sum((a.amount for a in line.adjustments), ZERO)
    if not rest:
        return ""
    return f"charge less adjustments is {line.paid + rest:.2f}, paid says {line.paid:.2f}"


def as_csv(rows: Sequence[Mapping[str, str]]) -> str:
    """Rows as the CSV that ``read`` takes."""
    written = io.StringIO()
    table = csv.DictWriter(written, COLUMNS, restval="", lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
    return written.getvalue()


def refused(name: str, faults: Sequence[str]) -> WrongUsageError:
    """The error for a remittance that is not right: nothing of it is kept."""
    listed = "\n".join(f"  {fault}" for fault in faults)
    return WrongUsageError(
        f"{name}: nothing was entered:\n{listed}",
        todo="mend it and enter it again; the columns: claimline remit enter --template",
    )


class _At:
    """Notes what goes wrong inside, with its place."""

    def __init__(self, faults: list[str], place: str) -> None:
        self._faults, self._place = faults, place

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> bool:
        if isinstance(error, ValueError):
            self._faults.append(f"{self._place}: {error}")
            return True
        return False


class _Rows:
    """Rows while they are read: each fault with its row, the claims by number."""

    def __init__(self) -> None:
        self.faults: list[str] = []
        self.payment: dict[str, str] = {}
        self.claims: dict[str, _Claim] = {}
        self._last = ""

    def at(self, place: str) -> _At:
        """What goes wrong inside is noted with its place."""
        return _At(self.faults, place)

    def add(self, number_: int, row: Mapping[str, str]) -> None:
        """Read one row."""
        for key in PAYMENT:
            said = row.get(key, "")
            if said and self.payment.setdefault(key, said) != said:
                self.faults.append(f"row {number_}: {key} is another one than before")
        self._last = row.get("claim", "") or self._last
        if not self._last:
            self.faults.append(f"row {number_}: claim is missing")
            return
        key = normal(self._last)
        claim = self.claims.setdefault(key, _Claim(self._last, number_))
        with self.at(f"row {number_}"):
            _claim_words(claim, row)
            if row.get("code"):
                claim.lines.append(_line(row))
            else:
                _whole(claim, row)


def _claim_words(claim: _Claim, row: Mapping[str, str]) -> None:
    status = row.get("status", "")
    if status:
        if status not in _STATUSES:
            raise ValueError("status is CLP02: 1, 2, 3, 4, 19, 20, 21 or 22")
        claim.status = status
    claim.payer_claim = row.get("payer_claim", "") or claim.payer_claim


def _whole(claim: _Claim, row: Mapping[str, str]) -> None:
    """A row without a code: the claim as a whole."""
    claim.charge = _money(row.get("charge", ""), "charge")
    claim.paid = _money(row.get("paid", ""), "paid")
    claim.adjustments = (*claim.adjustments, *_adjustments(row.get("adjustments", "")))
    claim.remarks = (*claim.remarks, *_remarks(row.get("remarks", "")))


def _line(row: Mapping[str, str]) -> ServicePayment:
    said = row.get("service_date", "")
    day = _date(said) if said else None
    control = row.get("line", "")
    units = row.get("units", "")
    return ServicePayment(
        procedure=Procedure(
            qualifier="HC",
            code=row["code"].upper(),
            modifiers=tuple(re.split(r"[\s:,-]+", row.get("modifiers", "").upper().strip()))
            if row.get("modifiers", "").strip()
            else (),
        ),
        charge=_money(row.get("charge", ""), "charge"),
        paid=_money(row.get("paid", ""), "paid"),
        paid_units=number(units) if units else None,
        dates=(DateText(qualifier="472", text=f"{day:%Y%m%d}", date=day),) if day else (),
        adjustments=tuple(_adjustments(row.get("adjustments", ""))),
        references=(Reference(qualifier="6R", value=control),) if control else (),
        remarks=_remarks(row.get("remarks", "")),
    )


def _adjustments(text: str) -> Iterator[Adjustment]:
    """``CO-45 40.00; PR-3 20.00``."""
    for part in filter(None, (piece.strip() for piece in text.split(";"))):
        found = _ADJUSTMENT.fullmatch(part)
        if found is None:
            raise ValueError("adjustments are written as CO-45 40.00; PR-3 20.00")
        yield Adjustment(
            group=found[1].upper(), reason=found[2].upper(), amount=_money(found[3], "adjustments")
        )


def _provider_adjustments(text: str) -> Iterator[tuple[str, str, Decimal]]:
    """``WO:A1001 50.00; L6 -1.37``: above zero it is taken from the payment."""
    for part in filter(None, (piece.strip() for piece in text.split(";"))):
        found = _PROVIDER.fullmatch(part)
        if found is None:
            raise ValueError("provider_adjustments are written as WO:A1001 50.00; L6 -1.37")
        yield found[1].upper(), found[2] or "", _money(found[3], "provider_adjustments")


def provider_adjustment(npi: str, year: int, said: tuple[str, str, Decimal]) -> ProviderAdjustment:
    """A PLB pair; its fiscal year is taken to be the calendar year."""
    reason, reference, amount = said
    return ProviderAdjustment(
        provider=npi, fiscal_date=f"{year}1231", reason=reason, reference=reference, amount=amount
    )


def _remarks(text: str) -> tuple[str, ...]:
    return tuple(word.upper() for word in re.split(r"[\s,;]+", text) if word)


def check_amount(text: str) -> None:
    """Look whether an amount can be read.

    Raises:
        ValueError: it cannot.
    """
    _money(text.strip(), "the amount")


def check_date(text: str) -> None:
    """Look whether a day can be read.

    Raises:
        ValueError: it cannot.
    """
    _date(text.strip())


def check_provider_adjustments(text: str) -> None:
    """Look whether provider adjustments can be read.

    Raises:
        ValueError: they cannot.
    """
    list(_provider_adjustments(text))


def _money(text: str, what: str) -> Decimal:
    if not text:
        raise ValueError(f"{what} is missing; write 0.00 where nothing was paid")
    plain = text.replace("$", "").strip()
    if _THOUSANDS.fullmatch(plain):
        plain = plain.replace(",", "")
    try:
        return money(plain)
    except ValueError:
        raise ValueError(f"{what} is no amount: write dollars as 75.00") from None


def _date(text: str) -> dt.date:
    for shape in ("%Y-%m-%d", "%m/%d/%Y", "%Y%m%d"):
        try:
            return dt.datetime.strptime(text, shape).replace(tzinfo=dt.UTC).date()
        except ValueError:  # written in another way
            continue
    raise ValueError("a date is written as 2026-03-20")


def _header_faults(header: Sequence[str]) -> Iterator[str]:
    known = dict.fromkeys(COLUMNS)
    for cell in header:
        if cell and cell not in known:
            yield f"column {cell!r} is not known{nearest(cell, known)}"
    for column in NEEDED:
        if column not in header:
            yield f"column {column} is missing"
    for column in sorted({cell for cell in header if cell and header.count(cell) > 1}):
        yield f"column {column} stands twice"


def _delimiter(text: str) -> str:
    first = text.split("\n", 1)[0]
    return max(",;\t", key=first.count)
