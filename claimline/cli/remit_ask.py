"""A remittance typed on a terminal: the payment, its claims, their lines.

Nothing that was typed is lost: what cannot be entered, or was broken off, is printed as a CSV that
``remit enter`` takes.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import click
from attrs import define, evolve, field

from claimline.cli import remit_questions as questions
from claimline.cli.remit_questions import BACK, NONE, TAKEN_BACK, BackError, Question, Row
from claimline.errors import CommandError, WrongUsageError
from claimline.render.words import counted
from claimline.services import remit as service
from claimline.services import remit_cells as cells
from claimline.services import remit_known as known
from claimline.services.remit_read import as_csv, typed

if TYPE_CHECKING:
    import datetime as dt

    from claimline.services.receive_values import FileResult
    from claimline.services.remit import Entry
    from claimline.services.remit_known import KnownPayer
    from claimline.services.remit_read import Typed
    from reconcile.ledger import Ledger

NAME: Final = "what was typed"
LIST: Final = "?"  # shows the payers that are known
SHOWN: Final = 40  # payers of the list
LETTERS: Final = 3  # of a name that are its beginning
STATUS: Final = "  Decided (CLP02: 1 as primary, 2 secondary, 3 tertiary, 4 denied, 22 taken back)"


@define
class Claim:
    """A claim as it was typed so far: what is about it, and each line as sent with the answers."""

    about: Row
    sent: list[Row]
    said: list[Row] = field(factory=list)  # of the sent lines, then of those typed whole
    own: list[Row] = field(factory=list)  # lines that were not sent from here

    @property
    def rows(self) -> list[Row]:
        """As rows of the CSV: the lines of which it was said what was paid."""
        lines = zip([*self.sent, *self.own], self.said, strict=False)
        told = [
            {**self.about, **line, **said} for line, said in lines if said.get("paid", NONE) != NONE
        ]
        return [_taken_back(row) for row in told]


@define
class Answers:
    """What was typed so far."""

    payment: Row = field(factory=dict)
    claims: dict[str, Claim] = field(factory=dict)  # by number, in capitals; a second one with /2
    new_payer: bool = False
    unknown: bool = False  # a claim that was not sent from here
    another: bool = False  # it is no payment that stands already

    @property
    def rows(self) -> list[Row]:
        """As rows of the CSV."""
        rows = [row for claim in self.claims.values() for row in claim.rows]
        first, rest = rows[:1] or [{}], rows[1:]
        return [{**self.payment, **first[0]}, *rest] if self.payment or rows else []

    @property
    def so_far(self) -> str:
        """How much of the payment is on claims."""
        rows = (row for claim in self.claims.values() for row in claim.rows)
        paid = sum((Decimal(row["paid"]) for row in rows), Decimal(0))
        claims = counted(len(self.claims), "claim")
        return f"{claims} so far, {paid:.2f} of {self.payment['amount']}"


def enter(ledger: "Ledger", entry: "Entry") -> tuple["FileResult", "Typed"]:
    """Ask until it is entered. Whatever ends it before, what was typed is printed.

    Raises:
        CommandError: it was broken off, or the ledger cannot take it now.
        WrongUsageError: it cannot be entered, and nothing is to be mended.
    """
    answers = Answers()
    desk = _Desk(ledger, entry, answers)
    try:
        click.echo(
            f"{BACK} goes back one question, {NONE} takes an answer away; Ctrl-C ends and prints "
            "what was typed."
        )
        desk.payment()
        desk.claims()
        return desk.entered()
    except (click.Abort, KeyboardInterrupt):
        click.echo()
        _print(answers)
        file = f"claimline remit enter typed.csv --source {entry.source}"
        todo = f"save the rows above as typed.csv, add what is missing, then:\n  {file}"
        raise CommandError(
            "broken off; nothing was entered", todo=todo if answers.rows else ""
        ) from None
    except BaseException:
        _print(answers)
        raise


def _print(answers: Answers) -> None:
    """Show what was typed, so that it can be mended in a file and need not be typed again."""
    if answers.rows:
        click.echo("What was typed, for a file:")
        click.echo(as_csv(answers.rows), nl=False)


class _Desk:
    """The questions of one remittance."""

    def __init__(self, ledger: "Ledger", entry: "Entry", answers: Answers) -> None:
        self._ledger, self._entry, self._answers = ledger, entry, answers
        self._payers: tuple[KnownPayer, ...] | None = None

    @property
    def _today(self) -> "dt.date":
        return self._entry.now.date()

    def payment(self, *, last: bool = False) -> None:
        """What belongs to the whole payment; from its last question where the person came back."""
        asked = (
            Question(
                key="payer",
                label=f"Payer (name, its beginning, or id; {LIST}: list)",
                check=self._payer,
                needed=True,
            ),
            Question(
                key="number",
                label="Number of the check or EFT (empty: none)",
                check=questions.word("number"),
            ),
            Question(
                key="date", label="Date of the payment (3/20/2026)", check=self._date, needed=True
            ),
            Question(
                key="amount", label="Amount of the payment", check=questions.amount, needed=True
            ),
            Question(
                key="provider_adjustments",
                label="Beside the claims: taken WO:A1001 50.00, given L6 -1.37 (empty: nothing)",
                check=questions.provider_adjustments,
            ),
        )
        while True:
            try:
                questions.ask_all(asked, self._answers.payment, last=last)
            except BackError:  # there is nothing before the first
                last = False
                continue
            return

    def claims(self) -> None:
        """Each claim with its lines."""
        while True:
            so_far = f"{self._answers.so_far}; " if self._answers.claims else ""
            label = f"Claim number ({so_far}empty: done)"
            try:
                control = questions.ask(Question(key="claim", label=label, check=self._claim), {})
            except BackError:
                self.payment(last=True)
                continue
            if not control and self._answers.claims:
                return
            if control:
                self._one_claim(control, self._key(control))
            else:
                click.echo("no claim was typed yet: once more")

    def entered(self) -> tuple["FileResult", "Typed"]:
        """Enter it; what is wrong is mended, for as long as the person likes.

        Raises:
            WrongUsageError: it cannot be entered, and nothing is to be mended.
        """
        while True:
            try:
                return self._enter()
            except service.PerhapsHereError as error:
                _tell(error)
                if not click.confirm("Is it another payment all the same?"):
                    raise
                self._answers.another = True
            except WrongUsageError as error:
                _tell(error)
                if not self._mend():
                    raise

    def _enter(self) -> tuple["FileResult", "Typed"]:
        made = typed(NAME, list(enumerate(self._answers.rows, 2)))
        about = evolve(
            self._entry,
            new_payer=self._entry.new_payer or self._answers.new_payer,
            unknown=self._entry.unknown or self._answers.unknown,
            another=self._entry.another or self._answers.another,
        )
        return service.enter(self._ledger, made, about), made

    def _mend(self) -> bool:
        """Ask what of it is wrong. False: nothing is to be mended."""
        there = ", ".join(self._answers.claims)
        while True:
            word = click.prompt(
                f"Mend what: payment, a claim ({there}), again to try again (empty: end)",
                default="",
                show_default=False,
            ).strip()
            if word.lower() == "payment":
                self.payment()
            elif word and word.lower() != "again":
                there_is = self._answers.claims.get(word.upper())
                try:
                    control = there_is.about["claim"] if there_is else self._claim(word)
                except ValueError as error:
                    click.echo(f"{error}: once more")
                    continue
                self._one_claim(control, word.upper())
            return bool(word)

    # --- one claim ---

    def _key(self, control: str) -> str:
        """Where its answers are kept; a claim may be answered twice: taken back, and anew."""
        key = control.upper()
        if key not in self._answers.claims:
            return key
        word = click.prompt(
            f"{key} was typed before: change it, or a second answer (taken back and anew)",
            type=click.Choice(("change", "second")),
            default="change",
        )
        return key if word == "change" else f"{key}/2"

    def _one_claim(self, control: str, key: str) -> None:
        """A claim; where it was typed before, with those answers offered."""
        before = self._answers.claims.get(key)
        claim = Claim({"claim": control}, list(self._sent_lines(control)))
        if before is not None:
            claim = Claim(dict(before.about), before.sent, list(map(dict, before.said)), before.own)
        self._answers.claims[key] = claim
        try:
            self._fill(claim)
        except BackError:
            if before is not None:
                self._answers.claims[key] = before
                click.echo(f"  Claim {control} stays as it was.")
                return
            del self._answers.claims[key]
            click.echo(f"  Claim {control} is left out: it was gone back from.")
            return
        if not claim.rows:
            del self._answers.claims[key]
            click.echo(f"  Claim {control} is left out: none of its lines is on this paper.")

    def _fill(self, claim: Claim) -> None:
        """What is about the claim, then line by line; back from one leads to the one before.

        Raises:
            BackError: back from the first question.
        """
        place, came_back = 0, False
        while True:
            try:
                if not place:
                    about = self._about_claim(claim.about["claim"])
                    questions.ask_all(about, claim.about, last=came_back)
                elif place <= len(claim.sent) + len(claim.own):
                    self._line(claim, place - 1, last=came_back)
                elif (claim.sent and not self._entry.unknown) or not self._own_line(claim):
                    return
                place, came_back = place + 1, False
            except BackError:
                if not place:
                    raise
                place, came_back = place - 1, True

    def _about_claim(self, control: str) -> tuple[Question, ...]:
        return (
            Question(
                key="status",
                label=STATUS,
                check=cells.status,
                default=self._status(control),
                needed=True,
            ),
            Question(
                key="payer_claim",
                label="  Payer's claim number (empty: none)",
                check=questions.word("payer_claim"),
            ),
        )

    def _line(self, claim: Claim, place: int, *, last: bool) -> None:
        """A line: what was paid on it, until it adds up."""
        line = _taken_back([*claim.sent, *claim.own][place] | {"status": claim.about["status"]})
        words = (line["code"], line["modifiers"], line["service_date"], line["charge"])
        click.echo(f"  {' '.join(filter(None, words))}")
        if place == len(claim.said):
            claim.said.append({})
        questions.ask_line(line, claim.said[place], last=last)

    def _own_line(self, claim: Claim) -> bool:
        """A line that was not sent from here. False: there is none left.

        Raises:
            BackError: the question before is to be asked again.
        """
        code = questions.ask(
            Question(key="code", label="  Code (empty: no more)", check=questions.code), {}
        )
        if not code:
            return False
        line: Row = {"code": code}
        asked = (
            Question(key="modifiers", label="    Modifiers", check=questions.modifiers),
            Question(
                key="service_date", label="    Day of service", check=self._service, needed=True
            ),
            Question(
                key="charge", label="    Charge", check=questions.money("charge"), needed=True
            ),
            Question(
                key="line",
                label="    Line control number (empty: none)",
                check=questions.word("line"),
            ),
        )
        questions.ask_all(asked, line)
        said: Row = {}
        questions.ask_line(_taken_back(line | {"status": claim.about["status"]}), said)
        claim.own.append(line)
        claim.said += [{} for _ in range(len(claim.sent) + len(claim.own) - len(claim.said) - 1)]
        claim.said.append(said)
        return True

    # --- checks that need the ledger ---

    def _known(self) -> tuple["KnownPayer", ...]:
        if self._payers is None:
            with self._ledger.reading() as connection:
                self._payers = known.payers(connection, self._entry.asked)
        return self._payers

    def _payer(self, text: str) -> str:
        if text == LIST:
            names = sorted({one.name for one in self._known()})
            more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
            raise ValueError(f"{', '.join(names[:SHOWN]) or 'no payer is known yet'}{more}")
        names = sorted({one.name for one in known.named(text, self._known())})
        if not names and len(text) >= LETTERS:
            begins = (one.name for one in self._known() if one.name.startswith(text.upper()))
            names = sorted(set(begins))
        if names:
            return _chosen(names, text)
        near = known.like(text, self._known())
        if near and click.confirm(f"No payer of that name is known. Do you mean {near}?"):
            return near
        if not click.confirm("No payer of that name is known. Is it a new one?"):
            raise ValueError("not taken")
        self._answers.new_payer = True
        return text.upper()

    def _date(self, text: str) -> str:
        day = cells.day(text, "date")
        wrong = cells.payment_day(day, self._today)
        if wrong:
            raise ValueError(wrong)
        return day.isoformat()

    def _service(self, text: str) -> str:
        day = cells.day(text, "service_date")
        paid = cells.day(self._answers.payment["date"], "date")
        wrong = cells.service_day(day, paid, self._today)
        if wrong:
            raise ValueError(wrong)
        return day.isoformat()

    def _claim(self, text: str) -> str:
        control = cells.word(text, "claim")
        if not control or self._entry.unknown or self._sent(control):
            return control
        if not click.confirm("No claim of that number was sent from here. Keep it all the same?"):
            raise ValueError("not taken")
        self._answers.unknown = True
        return control

    def _sent(self, control: str) -> list[Any]:
        with self._ledger.reading() as connection:
            return known.claims_of(connection, [control], self._entry.usage)

    def _status(self, control: str) -> str:
        """What is offered: of the payer it was sent to, that payer's turn; of another, nothing."""
        payer = known.named(self._answers.payment["payer"], self._known())
        rows = self._sent(control)
        if not (payer and rows and known.is_of(payer[0], rows[0])):
            return ""
        return known.STATUS_OF.get(rows[0].payer_rank, "1")

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


def _tell(error: WrongUsageError) -> None:
    click.echo(error.message)
    if error.todo:
        click.echo(f"  {error.todo}")


def _chosen(names: list[str], typed: str) -> str:
    """The payer that is meant: said where it was not typed so; of several one by its place."""
    if len(names) == 1:
        if names[0] != typed.upper():
            click.echo(f"  {names[0]}")
        return names[0]
    for place, name in enumerate(names, 1):
        click.echo(f"  {place} {name}")
    place = click.prompt("Which of these", type=click.IntRange(1, len(names)))
    return names[place - 1]


def _taken_back(row: Row) -> Row:
    """The row; of a claim that is taken back its charge is below zero, as in an 835."""
    charge = Decimal(row["charge"])
    if row["status"] != TAKEN_BACK or charge <= 0:
        return row
    return row | {"charge": f"{-charge:.2f}"}


def _sent_line(line: Any) -> Row:
    return {
        "code": line.code,
        "modifiers": " ".join(line.modifiers),
        "service_date": line.date.isoformat(),
        "charge": f"{line.charge:.2f}",
        "line": line.control,
        "units": f"{line.units.normalize():f}",
    }
