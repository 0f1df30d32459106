"""A remittance typed from paper, a portal or the phone: rows to an 835's values, or what is wrong.

One row per line of service; what belongs to the whole payment stands in the first row, or in each
of them alike. A row without a code is the claim as a whole.
"""

import csv
import datetime as dt
import io
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Final

from attrs import define, field, frozen

from claimline.errors import WrongUsageError
from claimline.render.words import counted
from claimline.services import remit_cells as cells
from edi.claim import Procedure
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
    unsaid: frozenset[int] = frozenset()  # places of claims whose status was left empty


@define
class _Claim:
    """One claim while its rows are read."""

    control: str
    row: int
    status: str = "1"
    said: bool = False  # the status
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
    for number_, row in enumerate(table, 2):
        values = [cell.strip() for cell in row]
        if len(values) > len(header) and any(values[len(header) :]):
            faults.append(f"row {number_} has more cells than the header: is a comma too many?")
        if any("\n" in value for value in values):
            faults.append(f"row {number_}: a quotation mark is not closed")
        if any(values):
            rows.append((number_, dict(zip(header, values, strict=False))))
    if faults:
        raise refused(name, faults)
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
    number, date, amount = "", dt.date.min, ZERO
    taken: tuple[tuple[str, str, Decimal], ...] = ()
    first = f"row {rows[0][0]}" if rows else ""
    with reader.at(first):
        number = cells.word(payment["number"], "number")
    with reader.at(first):
        date = cells.day(payment["date"], "date") if payment["date"] else date
    with reader.at(first):
        amount = cells.amount(payment["amount"], "amount") if payment["amount"] else amount
    with reader.at(first):
        taken = tuple(cells.provider_adjustments(payment["provider_adjustments"]))
    if reader.another:
        reader.faults.append(
            f"row {reader.another}: another payment begins (payer, number, date, amount or "
            "provider_adjustments differ): one payment per file"
        )
    if reader.faults:
        raise refused(name, reader.faults)
    return Typed(
        payer=payment["payer"],
        number="".join(number.split()).upper(),
        date=date,
        amount=amount,
        claims=tuple(claim.made() for claim in reader.claims),
        provider_adjustments=taken,
        unsaid=frozenset(n for n, claim in enumerate(reader.claims) if not claim.said),
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
    """Rows while they are read: each fault with its row, the claims in their order.

    A claim may be in it twice, taken back (22) and decided anew: another status begins another.
    """

    def __init__(self) -> None:
        self.faults: list[str] = []
        self.payment: dict[str, str] = {}
        self.claims: list[_Claim] = []
        self.another = 0  # the first row of another payment
        self._last = ""
        self._newest: dict[str, _Claim] = {}  # by number

    def at(self, place: str) -> _At:
        """What goes wrong inside is noted with its place."""
        return _At(self.faults, place)

    def add(self, number_: int, row: Mapping[str, str]) -> None:
        """Read one row."""
        for key in PAYMENT:
            said = row.get(key, "")
            if said and self.payment.setdefault(key, said) != said:
                self.another = self.another or number_
        with self.at(f"row {number_}"):
            self._last = cells.word(row.get("claim", ""), "claim") or self._last
        if not self._last:
            self.faults.append(f"row {number_}: claim is missing")
            return
        with self.at(f"row {number_}"):
            claim = self._claim(cells.status(row.get("status", "")), number_)
            _claim_words(claim, row)
            if row.get("code"):
                claim.lines.append(_line(row))
            else:
                _whole(claim, row)

    def _claim(self, status: str, number_: int) -> _Claim:
        """The claim of the row: the newest of its number, or that of the status that is said."""
        key = normal(self._last)
        claim = self._newest.get(key)
        if claim is not None and status and claim.said and claim.status != status:
            of_it = (c for c in self.claims if normal(c.control) == key and c.status == status)
            claim = next(of_it, None)
        if claim is None:
            claim = _Claim(self._last, number_)
            self.claims.append(claim)
        self._newest[key] = claim
        if status:
            claim.status, claim.said = status, True
        return claim


def _claim_words(claim: _Claim, row: Mapping[str, str]) -> None:
    claim.payer_claim = cells.word(row.get("payer_claim", ""), "payer_claim") or claim.payer_claim


def _whole(claim: _Claim, row: Mapping[str, str]) -> None:
    """A row without a code: the claim as a whole."""
    claim.charge = cells.amount(row.get("charge", ""), "charge")
    claim.paid = cells.amount(row.get("paid", ""), "paid")
    claim.adjustments = (*claim.adjustments, *cells.adjustments(row.get("adjustments", "")))
    claim.remarks = (*claim.remarks, *cells.remarks(row.get("remarks", "")))


def _line(row: Mapping[str, str]) -> ServicePayment:
    said = row.get("service_date", "")
    day = cells.day(said, "service_date") if said else None
    control = cells.word(row.get("line", ""), "line")
    units = row.get("units", "").strip()
    return ServicePayment(
        procedure=Procedure(
            qualifier="HC",
            code=cells.code(row["code"]),
            modifiers=cells.modifiers(row.get("modifiers", "")),
        ),
        charge=cells.amount(row.get("charge", ""), "charge"),
        paid=cells.amount(row.get("paid", ""), "paid"),
        paid_units=cells.units(units) if units else None,
        dates=(DateText(qualifier="472", text=f"{day:%Y%m%d}", date=day),) if day else (),
        adjustments=tuple(cells.adjustments(row.get("adjustments", ""))),
        references=(Reference(qualifier="6R", value=control),) if control else (),
        remarks=cells.remarks(row.get("remarks", "")),
    )


def provider_adjustment(npi: str, year: int, said: tuple[str, str, Decimal]) -> ProviderAdjustment:
    """A PLB pair; its fiscal year is taken to be the calendar year."""
    reason, reference, amount = said
    return ProviderAdjustment(
        provider=npi, fiscal_date=f"{year}1231", reason=reason, reference=reference, amount=amount
    )


def _header_faults(header: Sequence[str]) -> Iterator[str]:
    """What is wrong with the first row. Its words are not said: they may be a patient's."""
    known = dict.fromkeys(COLUMNS)
    if not known.keys() & {*header}:
        yield (
            f"the first row ({counted(len(header), 'cell')}) is no header: it must name the "
            "columns, as the template does"
        )
        return
    for place, cell in enumerate(header, 1):
        if cell and cell not in known:
            yield f"column {place} has a name that is not known{nearest(cell, known)}"
    for column in NEEDED:
        if column not in header:
            yield f"column {column} is missing"
    for column in sorted({cell for cell in header if cell in known and header.count(cell) > 1}):
        yield f"column {column} stands twice"


def _delimiter(text: str) -> str:
    first = text.split("\n", 1)[0]
    return max(",;\t", key=first.count)
