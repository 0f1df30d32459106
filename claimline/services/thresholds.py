"""The yearly totals of patients: figures entered from eligibility answers, and where each stands.

A figure is a fact in the ledger, kept under the opaque key of the patient with who entered it.
"""

import csv
import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from attrs import field, frozen
from sqlalchemy import select

from claimline import __version__
from claimline.errors import WrongUsageError
from edi.problem import Place, Problem, declare
from mapping.day import number_key, patient_key
from mapping.kinds import KINDS, Notes, Unfit
from mapping.medicare import rule
from mapping.practice import Practice
from mapping.threshold_table import Table
from mapping.thresholds import NEAR, accrues, threshold
from mapping.totals import (
    BUCKETS,
    NOTHING_YET,
    Bucket,
    DeductibleLeft,
    RunningTotal,
    TotalKey,
    bucket,
)
from mapping.visit import Visit
from reconcile.ledger import Ledger, Run, Usage
from reconcile.ledger.tables import sent_claim
from reconcile.ledger.totals import (
    DEDUCTIBLE,
    TOTAL,
    Figure,
    OwnLine,
    enter,
    every_figure,
    figures,
    own_lines,
)

declare(
    {
        "thresholds.row": (
            "a row of a file of figures cannot be used",
            "mend it and import the file again: what is entered is not entered twice",
        ),
    }
)
COLUMNS: Final = ("patient", "bucket", "year", "amount", "as_of", "source")
FIRST_YEAR: Final = 2018  # the Bipartisan Budget Act of 2018 made thresholds of the caps
Deductibles = dict[tuple[str, int], DeductibleLeft]


@frozen(kw_only=True)
class Standing:
    """Where a bucket of a patient stands."""

    patient: str = field(repr=False)  # opaque key
    number: str = field(default="", repr=False)  # the practice's own; empty: no claim counts yet
    claim: str = ""  # the newest that counts
    year: int
    bucket: Bucket
    total: RunningTotal
    threshold: Decimal | None
    review: Decimal | None

    @property
    def left(self) -> Decimal | None:
        """What is left to the threshold, 0 once it is crossed."""
        if self.threshold is None:
            return None
        return max(self.threshold - self.total.at_least, Decimal("0.00"))

    @property
    def left_at_least(self) -> Decimal | None:
        """The same where all that is unknown would be allowed as charged."""
        if self.threshold is None:
            return None
        return max(self.threshold - self.total.at_most, Decimal("0.00"))

    @property
    def state(self) -> str:
        """``over review``, ``over``, ``may be over``, ``near``, ``under``, ``no table``."""
        if self.threshold is None:
            return "no table"
        if self.review is not None and self.total.at_least > self.review:
            return "over review"
        if self.total.at_least > self.threshold:
            return "over"
        if self.total.at_most > self.threshold:
            return "may be over"
        return "near" if self.total.at_least > self.threshold * NEAR else "under"


def is_known(ledger: Ledger, patient: str) -> bool:
    """Whether any claim of a patient, by key, was sent, in either book."""
    query = select(sent_claim.c.id).where(sent_claim.c.patient == patient).limit(1)
    with ledger.reading() as connection:
        return connection.execute(query).first() is not None


# --- what bill asks --------------------------------------------------------------------------


def running(
    ledger: Ledger,
    practice: Practice,
    visits: Iterable[Visit],
    usage: Usage,
    *,
    without: Collection[str] = (),
) -> tuple[dict[TotalKey, RunningTotal], Deductibles]:
    """What the years of these visits' patients hold before them.

    Only patients with a payer that has thresholds (policy ``kx``) are asked for. The claims
    ``without``, which are being corrected, do not count.
    """
    asked = _with_threshold(practice, visits)
    if not asked:
        return {}, {}
    patients = {patient_key(visit) for visit in asked}
    payers = _payers(practice, {visit.date for visit in asked})
    since = dt.date(min(visit.date for visit in asked).year, 1, 1)
    with ledger.reading() as connection:
        entered = figures(connection, patients)
        found = own_lines(connection, usage=usage, payers=payers, since=since, patients=patients)
        lines = [line for line in found if line.claim not in without]
    return accumulate(lines, entered), _deductibles(lines, entered)


def _deductibles(lines: Iterable[OwnLine], entered: Iterable[Figure]) -> Deductibles:
    """What is left of deductibles: as entered, less what was allowed on claims sent since."""
    left = {
        (one.patient, one.year): DeductibleLeft(
            amount=one.amount, as_of=one.as_of, source=one.source
        )
        for one in entered
        if one.kind == DEDUCTIBLE
    }
    for line in lines if left else ():
        key = (line.patient, line.date.year)
        if key in left and line.allowed is not None and line.sent >= left[key].as_of:
            left[key] = left[key].less(line.allowed)
    return left


def _payers(practice: Practice, days: Iterable[dt.date]) -> tuple[str, ...]:
    """The payers with thresholds on one of the days: the buckets of a patient are theirs together.

    A patient's year may be Medicare's under two keys: two contractors, or railroad retirement.
    """
    wanted = tuple(days)
    return tuple(
        key
        for key in practice.payers
        if any(practice.policy(key, day).kx == "threshold" for day in wanted)
    )


def _with_threshold(practice: Practice, visits: Iterable[Visit]) -> list[Visit]:
    """The visits whose first payer has thresholds on their day."""
    known: dict[tuple[str, dt.date], bool] = {}
    found = []
    for visit in visits:
        key = (visit.coverages[0].payer if visit.coverages else "", visit.date)
        if key not in known:
            listed = key[0] in practice.payers
            known[key] = listed and practice.policy(*key).kx == "threshold"
        if known[key]:
            found.append(visit)
    return found


def accumulate(lines: Iterable[OwnLine], entered: Iterable[Figure]) -> dict[TotalKey, RunningTotal]:
    """Totals from figures and own lines: of lines, those sent on the figure's day or later.

    A claim sent on the day itself cannot be in the figure: a payer decides days later.
    """
    totals: dict[TotalKey, RunningTotal] = {
        (one.patient, one.year, bucket_of(one.bucket)): RunningTotal(
            figure=one.amount, as_of=one.as_of, source=one.source
        )
        for one in entered
        if one.kind == TOTAL
    }
    for line in lines:
        key = key_of(line)
        if key is None:
            continue
        total = totals.get(key, NOTHING_YET)
        if total.as_of is not None and line.sent < total.as_of:
            continue
        known = line.allowed is not None
        totals[key] = total.plus(
            line.allowed or Decimal(0),
            Decimal(0) if known else line.charge,
            0 if known else 1,
        )
    return totals


def bucket_of(text: str) -> Bucket:
    """A bucket by its name."""
    return "OT" if text == "OT" else "PT+SLP"


def key_of(line: OwnLine) -> TotalKey | None:
    """The bucket a line counts toward, by its plan's modifier; none where it names no plan."""
    if not accrues(line.modifiers):
        return None
    return line.patient, line.date.year, bucket("GO" if "GO" in line.modifiers else "GP")


# --- entering --------------------------------------------------------------------------------


def record(ledger: Ledger, entered: Sequence[Figure], *, reason: str, run: Run) -> int:
    """Keep figures; one that was entered last for its day is kept once. Returns the new ones."""
    with ledger.begin(run) as writer:
        patients = [one.patient for one in entered]
        known = {_of_day(one): _said(one) for one in every_figure(writer.connection, patients)}
        new = 0
        for one in entered:
            if known.get(_of_day(one)) != _said(one):
                known[_of_day(one)] = _said(one)
                writer.decide(enter(one, reason))
                new += 1
    return new


def _of_day(one: Figure) -> tuple[str, str, int, str, dt.date]:
    return (one.patient, one.kind, one.year, one.bucket, one.as_of)


def _said(one: Figure) -> tuple[Decimal, str]:
    return (one.amount, one.source)


def run_of(command: str, now: dt.datetime, user: str) -> Run:
    """The run that enters figures."""
    return Run(command=f"thresholds {command}", version=__version__, started=now, user=user)


def figure(given: Mapping[str, str], *, today: dt.date, user: str) -> Figure:
    """A figure from its texts: the keys are ``COLUMNS``; ``bucket`` may be ``deductible``.

    Raises:
        WrongUsageError: names the first thing that cannot be; never the patient's number.
    """
    notes: Notes = []
    kind = DEDUCTIBLE if given["bucket"].strip().lower() == DEDUCTIBLE else TOTAL
    as_of: dt.date = _read("date", given, "as_of", notes)
    year = _year(given["year"].strip(), as_of, today)
    if as_of > today:
        raise WrongUsageError("as_of is after today", todo="give the day of the eligibility answer")
    number = _read("id", given, "patient", notes)
    amount: Decimal = _read("money", given, "amount", notes)
    most = rule(DEDUCTIBLE, dt.date(year, 1, 1)) if kind == DEDUCTIBLE else None
    if most is not None and amount > most.value:
        raise WrongUsageError(
            f"amount: the Part B deductible of {year} is {most.value}, no more can be left of it",
            todo="give what the eligibility answer says is left",
        )
    return Figure(
        kind=kind,
        patient=number_key(number),
        bucket="" if kind == DEDUCTIBLE else _bucket(given["bucket"]),
        year=year,
        amount=amount,
        as_of=as_of,
        source=given["source"].strip(),
        user=user,
    )


def _read(kind: str, given: Mapping[str, str], name: str, notes: Notes) -> Any:
    if not given[name].strip():
        raise WrongUsageError(f"{name} is missing")
    try:
        return KINDS[kind].convert(given[name], notes)
    except Unfit as wrong:
        raise WrongUsageError(f"{name}: expected {wrong}") from None


def _year(text: str, as_of: dt.date, today: dt.date) -> int:
    """The year of service a figure is of: by default that of its day."""
    if not text:
        return as_of.year
    if not (text.isascii() and text.isdigit() and FIRST_YEAR <= int(text) <= today.year):
        raise WrongUsageError(f"year: expected a year from {FIRST_YEAR} to {today.year}")
    if int(text) > as_of.year:
        raise WrongUsageError(f"as_of {as_of} is before the year {text}: no figure of it yet")
    return int(text)


def _bucket(text: str) -> Bucket:
    compact = text.upper().replace(" ", "").replace("/", "+").replace("-", "+")
    if compact in {"PT+SLP", "PT+ST", "PT", "SLP", "ST", "SLP+PT"}:
        return "PT+SLP"
    if compact == "OT":
        return "OT"
    raise WrongUsageError(f"bucket: expected one of {', '.join(BUCKETS)}, {DEDUCTIBLE}")


def read_file(name: str, data: bytes, *, today: dt.date, user: str) -> Iterator[Figure | Problem]:
    """The figures of a CSV file with the columns ``COLUMNS``; a bad row is told, the others go.

    Raises:
        WrongUsageError: a column is missing.
    """
    text = data.decode("utf-8-sig", "replace")
    lines = text.splitlines()
    delimiter = ";" if lines and lines[0].count(";") > lines[0].count(",") else ","
    rows = csv.DictReader(lines, delimiter=delimiter, restval="")
    header = {
        (name or "").strip().lower().replace(" ", "_"): name for name in rows.fieldnames or ()
    }
    missing = [column for column in COLUMNS[:5] if column not in header and column != "year"]
    if missing:
        raise WrongUsageError(
            f"{name}: no column {', '.join(missing)}", todo=f"columns: {', '.join(COLUMNS)}"
        )
    seen: dict[tuple[str, str, int, str, dt.date], tuple[int, Decimal]] = {}
    for number, row in enumerate(rows, 2):
        given = {column: row.get(header.get(column, ""), "") or "" for column in COLUMNS}
        if not any(value.strip() for value in given.values()):
            continue
        place = Place(file=name, row=number)
        try:
            made = figure(given, today=today, user=user)
        except WrongUsageError as wrong:
            yield Problem(code="thresholds.row", message=wrong.message, where=place)
            continue
        first, amount = seen.setdefault(_of_day(made), (number, made.amount))
        if amount == made.amount:
            yield made
            continue
        message = (
            f"says {made.amount} where row {first} says {amount} for the same patient, bucket and "
            f"day: row {first} is entered"
        )
        yield Problem(code="thresholds.row", message=message, where=place)


# --- showing ---------------------------------------------------------------------------------


def standings(
    ledger: Ledger, practice: Practice, *, year: int, usage: Usage
) -> tuple[Standing, ...]:
    """Where every bucket with a figure or a claim of the year stands, the fullest first."""
    payers = _payers(practice, (dt.date(year, 1, 1), dt.date(year, 12, 31)))
    newest: dict[TotalKey | None, OwnLine] = {}

    def of_the_year(lines: Iterable[OwnLine]) -> Iterator[OwnLine]:
        for line in lines:
            if line.date.year == year:
                newest[key_of(line)] = line
                yield line

    with ledger.reading() as connection:
        entered = [one for one in figures(connection) if one.year == year]
        lines = own_lines(connection, usage=usage, payers=payers, since=dt.date(year, 1, 1))
        totals = accumulate(of_the_year(lines), entered)
    own = practice.thresholds
    made = [_standing(key, total, newest.get(key), own) for key, total in totals.items()]
    return tuple(sorted(made, key=lambda one: (-one.total.at_least, one.patient, one.bucket)))


def _standing(key: TotalKey, total: RunningTotal, newest: OwnLine | None, own: Table) -> Standing:
    patient, year, of = key
    limit = threshold(year, of, own)
    return Standing(
        patient=patient,
        number=newest.number if newest else "",
        claim=newest.claim if newest else "",
        year=year,
        bucket=of,
        total=total,
        threshold=limit.amount if limit else None,
        review=limit.review if limit else None,
    )


def looked_at(ledger: Ledger, seen: Iterable[Standing], *, run_user: str, now: dt.datetime) -> None:
    """Record who saw which patients by number."""
    with ledger.begin(run_of("show", now, run_user)) as writer:
        for one in seen:
            writer.viewed(user=run_user, patient=one.patient, subject=one.claim)
