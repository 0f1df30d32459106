"""A remittance typed on a terminal: each answer checked at once, each question can be asked again.

``<`` goes back one question. Nothing that was typed is lost: what cannot be entered, or was broken
off, is printed as a CSV that ``remit enter`` takes.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import click
from attrs import define, evolve, field, frozen

from claimline.errors import CommandError, WrongUsageError

if TYPE_CHECKING:
    import datetime as dt

    from claimline.services.receive_values import FileResult
    from claimline.services.remit import Entry
    from claimline.services.remit_known import KnownPayer
    from claimline.services.remit_read import Typed
    from reconcile.ledger import Ledger

BACK: Final = "<"
NOT_HERE: Final = "-"  # a line that was sent and is not on this remittance
NAME: Final = "what was typed"
Row = dict[str, str]


class _Back(Exception):  # noqa: N818 - no error: the person goes back
    """The question before is to be asked again."""


@frozen(kw_only=True)
class _Question:
    """One question. ``check`` gives what is kept, or raises ValueError with what is wrong."""

    key: str
    label: str
    check: Callable[[str], str]
    default: str = ""
    needed: bool = False


@define
class Answers:
    """What was typed so far."""

    payment: Row = field(factory=dict)
    claims: dict[str, list[Row]] = field(factory=dict)  # by number, in capitals
    new_payer: bool = False

    @property
    def rows(self) -> list[Row]:
        """As rows of the CSV."""
        rows = [row for some in self.claims.values() for row in some]
        first, rest = rows[:1] or [{}], rows[1:]
        return [{**self.payment, **first[0]}, *rest] if self.payment or rows else []


def enter(ledger: "Ledger", entry: "Entry") -> tuple["FileResult", "Typed"]:
    """Ask until it is entered.

    Raises:
        CommandError: it was broken off; what was typed is printed.
        WrongUsageError: it cannot be entered, and nothing is to be mended.
    """
    answers = Answers()
    desk = _Desk(ledger, entry, answers)
    try:
        click.echo(f"{BACK} goes back one question; Ctrl-C ends and prints what was typed.")
        desk.payment()
        desk.claims()
        while True:
            try:
                return desk.enter()
            except WrongUsageError as error:
                click.echo(error.message)
                if error.todo:
                    click.echo(f"  {error.todo}")
                if not desk.mend():
                    _print(answers)
                    raise
    except (click.Abort, KeyboardInterrupt):
        click.echo()
        _print(answers)
        raise CommandError(
            "broken off; nothing was entered",
            todo="save the rows above as typed.csv, add what is missing, then: claimline remit "
            f"enter typed.csv --source {entry.source}",
        ) from None


def _print(answers: Answers) -> None:
    """Show what was typed, so that it can be mended in a file and need not be typed again."""
    from claimline.services.remit_read import as_csv

    if answers.rows:
        click.echo("What was typed, for a file:")
        click.echo(as_csv(answers.rows), nl=False)


def _ask(question: _Question, given: Mapping[str, str]) -> str:
    """One answer, asked again until it can be."""
    shown = given.get(question.key) or question.default
    while True:
        text = str(click.prompt(question.label, default=shown, show_default=bool(shown))).strip()
        if text == BACK:
            raise _Back
        if question.needed and not text:
            click.echo(f"{_indent(question.label)}an answer is needed: once more")
            continue
        try:
            return question.check(text)
        except ValueError as error:
            click.echo(f"{_indent(question.label)}{error}: once more")


def _indent(label: str) -> str:
    return label[: len(label) - len(label.lstrip())]


def _all(questions: Sequence[_Question], given: Row) -> None:
    """Ask one after the other; back from the first leaves them.

    Raises:
        _Back: the question before the first is to be asked again.
    """
    place = 0
    while place < len(questions):
        try:
            given[questions[place].key] = _ask(questions[place], given)
            place += 1
        except _Back:
            if not place:
                raise
            place -= 1


class _Desk:
    """The questions of one remittance."""

    def __init__(self, ledger: "Ledger", entry: "Entry", answers: Answers) -> None:
        self._ledger, self._entry, self._answers = ledger, entry, answers
        self._payers: tuple[KnownPayer, ...] | None = None

    @property
    def _today(self) -> "dt.date":
        return self._entry.now.date()

    def payment(self) -> None:
        """What belongs to the whole payment."""
        from claimline.services import remit_cells as cells

        questions = (
            _Question(key="payer", label="Payer", check=self._payer, needed=True),
            _Question(
                key="number",
                label="Number of the check or EFT (empty: none)",
                check=lambda text: cells.word(text, "number"),
            ),
            _Question(
                key="date", label="Date of the payment (2026-03-20)", check=self._date, needed=True
            ),
            _Question(key="amount", label="Amount", check=_amount, needed=True),
            _Question(
                key="provider_adjustments",
                label="Provider adjustments (WO:A1001 50.00; empty: none)",
                check=_provider_adjustments,
            ),
        )
        while True:
            try:
                _all(questions, self._answers.payment)
            except _Back:  # there is nothing before the first
                continue
            return

    def claims(self) -> None:
        """Each claim with its lines."""
        question = _Question(key="claim", label="Claim number (empty: done)", check=self._claim)
        while True:
            try:
                control = _ask(question, {})
            except _Back:
                self.payment()
                continue
            if not control and self._answers.claims:
                return
            if control:
                self._one_claim(control)
            else:
                click.echo("no claim was typed yet: once more")

    def mend(self) -> bool:
        """Ask what of it is wrong. False: nothing is to be mended."""
        known = ", ".join(rows[0]["claim"] for rows in self._answers.claims.values())
        while True:
            word = click.prompt(
                f"Mend what: payment, a claim ({known}), again to try again (empty: end)",
                default="",
                show_default=False,
            ).strip()
            if word.lower() == "payment":
                self.payment()
            elif word and word.lower() != "again":
                try:
                    self._one_claim(self._claim(word))
                except ValueError as error:
                    click.echo(f"{error}: once more")
                    continue
            return bool(word)

    def enter(self) -> tuple["FileResult", "Typed"]:
        """Enter it.

        Raises:
            WrongUsageError: it cannot be entered as it is.
        """
        from claimline.services import remit as service
        from claimline.services.remit_read import typed

        made = typed(NAME, list(enumerate(self._answers.rows, 2)))
        about = evolve(self._entry, new_payer=self._entry.new_payer or self._answers.new_payer)
        return service.enter(self._ledger, made, about), made

    # --- one claim ---

    def _one_claim(self, control: str) -> None:
        """A claim, asked anew where it was typed before."""
        self._answers.claims.pop(control.upper(), None)
        about: Row = {"claim": control}
        rows: list[Row] = []
        sent = list(self._sent_lines(control))
        try:
            _all(self._about_claim(control), about)
            self._answers.claims[control.upper()] = rows
            for line in sent:
                self._one_line(line, about, rows)
            while not sent or self._entry.unknown:
                if not self._own_line(about, rows):
                    break
        except _Back:
            click.echo(f"  Claim {control} is left out: it was gone back from.")
            rows.clear()
        if not rows:
            self._answers.claims.pop(control.upper(), None)

    def _about_claim(self, control: str) -> tuple[_Question, ...]:
        from claimline.services import remit_cells as cells

        return (
            _Question(
                key="status",
                label="  Status, CLP02 (1 as primary, 2 secondary, 3 tertiary, 4 denied, 22 taken "
                "back)",
                check=cells.status,
                default=self._status(control),
                needed=True,
            ),
            _Question(
                key="payer_claim",
                label="  Payer's claim number (empty: none)",
                check=lambda text: cells.word(text, "payer_claim"),
            ),
        )

    def _one_line(self, line: Row, about: Row, rows: list[Row]) -> None:
        """A line as it was sent: what was paid on it, until it adds up."""
        words = (line["code"], line["modifiers"], line["service_date"], line["charge"])
        click.echo(f"  {' '.join(filter(None, words))}")
        said = _figures(line, leave_out=True)
        if said is not None:
            rows.append({**about, **line, **said})

    def _own_line(self, about: Row, rows: list[Row]) -> bool:
        """A line that was not sent from here. False: there is none left."""
        from claimline.services import remit_cells as cells

        code = _ask(_Question(key="code", label="  Code (empty: no more)", check=_code), {})
        if not code:
            return False
        line: Row = {"code": code}
        questions = (
            _Question(key="modifiers", label="    Modifiers", check=_modifiers),
            _Question(
                key="service_date", label="    Day of service", check=self._service, needed=True
            ),
            _Question(key="charge", label="    Charge", check=_money("charge"), needed=True),
            _Question(
                key="line",
                label="    Line control number (empty: none)",
                check=lambda text: cells.word(text, "line"),
            ),
        )
        _all(questions, line)
        said = _figures(line, leave_out=False)
        rows.append({**about, **line, **(said or {})})
        return True

    # --- checks that need the ledger ---

    def _known(self) -> tuple["KnownPayer", ...]:
        from claimline.services.remit_known import payers

        if self._payers is None:
            with self._ledger.reading() as connection:
                self._payers = payers(connection, self._entry.asked)
        return self._payers

    def _payer(self, text: str) -> str:
        from claimline.services.remit_known import like, named

        found = named(text, self._known())
        if len(found) == 1:
            return found[0].name
        if found:
            names = ", ".join(sorted({one.name for one in found})[:5])
            raise ValueError(f"several payers are called so: {names}")
        near = like(text, self._known())
        if near and click.confirm(f"No payer of that name is known. Do you mean {near}?"):
            return near
        if not click.confirm("No payer of that name is known. Is it a new one?"):
            raise ValueError("the payer")
        self._answers.new_payer = True
        return text.upper()

    def _date(self, text: str) -> str:
        from claimline.services import remit_cells as cells

        day = cells.day(text, "date")
        wrong = cells.payment_day(day, self._today)
        if wrong:
            raise ValueError(wrong)
        return day.isoformat()

    def _service(self, text: str) -> str:
        from claimline.services import remit_cells as cells

        day = cells.day(text, "service_date")
        paid = cells.day(self._answers.payment["date"], "date")
        wrong = cells.service_day(day, paid, self._today)
        if wrong:
            raise ValueError(wrong)
        return day.isoformat()

    def _claim(self, text: str) -> str:
        from claimline.services import remit_cells as cells

        control = cells.word(text, "claim")
        if control and not self._entry.unknown and not self._sent(control):
            raise ValueError("no claim of that number was sent from here (--unknown keeps it)")
        return control

    def _sent(self, control: str) -> list[Any]:
        from claimline.services.remit_known import claims_of

        with self._ledger.reading() as connection:
            return claims_of(connection, [control], self._entry.usage)

    def _status(self, control: str) -> str:
        """What is offered: of the payer it was sent to, that payer's turn; of another, nothing."""
        from claimline.services.remit_known import STATUS_OF, is_of, named

        payer = named(self._answers.payment["payer"], self._known())
        rows = self._sent(control)
        if not (payer and rows and is_of(payer[0], rows[0])):
            return ""
        return STATUS_OF.get(rows[0].payer_rank, "1")

    def _sent_lines(self, control: str) -> Iterator[Row]:
        """The lines of a claim as they were sent."""
        for found in self._ledger.find(control):
            if found.kind != "patient control number" or found.usage != self._entry.usage:
                continue
            for family in found.families:
                for story in self._ledger.story(family, usage=self._entry.usage):
                    if story.sent.claim.control.upper() == control.upper():
                        for line in story.sent.claim.lines:
                            yield _sent_line(line)
                        return


def _sent_line(line: Any) -> Row:
    return {
        "code": line.code,
        "modifiers": " ".join(line.modifiers),
        "service_date": line.date.isoformat(),
        "charge": f"{line.charge:.2f}",
        "line": line.control,
        "units": f"{line.units.normalize():f}",
    }


def _figures(line: Row, *, leave_out: bool) -> Row | None:
    """Paid, units, adjustments and remarks of a line, asked until it adds up; None: left out.

    Raises:
        _Back: the question before them is to be asked again.
    """
    from claimline.services.remit_read import off

    said: Row = {}
    left = f"; {NOT_HERE}: not on this paper" if leave_out else ""
    paid = _Question(key="paid", label=f"    Paid (0.00: nothing{left})", check=_paid, needed=True)
    while True:
        said["paid"] = _ask(paid, said)
        if said["paid"] == NOT_HERE:
            if leave_out:
                return None
            click.echo("    paid is no amount: once more")
            del said["paid"]
            continue
        try:
            _all(_more(line), said)
        except _Back:  # the question before them is what was paid
            continue
        wrong = off({**line, **said})
        if not wrong:
            return said
        click.echo(f"    {wrong}: once more")


def _more(line: Row) -> tuple[_Question, ...]:
    return (
        _Question(
            key="units",
            label="    Units paid",
            check=_units,
            default=line.get("units", ""),
        ),
        _Question(
            key="adjustments", label="    Adjustments (CO-45 40.00; PR-3 20.00)", check=_adjustments
        ),
        _Question(key="remarks", label="    Remarks (N130 M15)", check=_remarks),
    )


def _paid(text: str) -> str:
    return text if text == NOT_HERE else _money("paid")(text)


def _money(column: str) -> Callable[[str], str]:
    def check(text: str) -> str:
        from claimline.services import remit_cells as cells

        return f"{cells.amount(text, column):.2f}"

    return check


def _amount(text: str) -> str:
    said = _money("amount")(text)
    if Decimal(said) < 0:
        raise ValueError("amount is below zero: what is taken back is a provider adjustment")
    return said


def _units(text: str) -> str:
    from claimline.services.remit_cells import units

    return f"{units(text).normalize():f}" if text else ""


def _code(text: str) -> str:
    from claimline.services import remit_cells as cells

    return cells.code(text) if text else ""


def _modifiers(text: str) -> str:
    from claimline.services import remit_cells as cells

    return " ".join(cells.modifiers(text))


def _adjustments(text: str) -> str:
    from claimline.services import remit_cells as cells

    return _checked(text, list(cells.adjustments(text)))


def _provider_adjustments(text: str) -> str:
    from claimline.services import remit_cells as cells

    return _checked(text, list(cells.provider_adjustments(text)))


def _remarks(text: str) -> str:
    from claimline.services import remit_cells as cells

    return " ".join(cells.remarks(text))


def _checked(text: str, _read: Sequence[Any]) -> str:
    """The text, after it was read without a fault."""
    return text
