"""Questions on a terminal: each answer checked at once, each question can be asked again.

``<`` goes back one question, ``-`` takes an answer that need not be given away.
"""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import Final

import click
from attrs import frozen

from claimline.services import remit_cells as cells
from claimline.services.remit_read import off

BACK: Final = "<"
NONE: Final = "-"  # no answer; of what was paid: the line is not on this remittance
TAKEN_BACK: Final = "22"  # CLP02 of a reversal
Row = dict[str, str]


class BackError(Exception):
    """The question before is to be asked again."""


@frozen(kw_only=True)
class Question:
    """One question. ``check`` gives what is kept, or raises ValueError with what is wrong."""

    key: str
    label: str
    check: Callable[[str], str]
    default: str = ""
    needed: bool = False


def ask(question: Question, given: Mapping[str, str]) -> str:
    """One answer, asked again until it can be; what was answered before is offered.

    Raises:
        BackError: the person goes back.
    """
    shown = given.get(question.key) or question.default
    while True:
        text = str(click.prompt(question.label, default=shown, show_default=bool(shown))).strip()
        if text == BACK:
            raise BackError
        if question.needed and not text:
            _again(question, "an answer is needed")
            continue
        try:
            return question.check("" if text == NONE and not question.needed else text)
        except ValueError as error:
            _again(question, str(error))


def _again(question: Question, wrong: str) -> None:
    indent = question.label[: len(question.label) - len(question.label.lstrip())]
    click.echo(f"{indent}{wrong}: once more")


def ask_all(questions: Sequence[Question], given: Row, *, last: bool = False) -> None:
    """Ask one after the other, from the last one where the person came back to them.

    Raises:
        BackError: the question before the first is to be asked again.
    """
    place = len(questions) - 1 if last else 0
    while place < len(questions):
        try:
            given[questions[place].key] = ask(questions[place], given)
            place += 1
        except BackError:
            if not place:
                raise
            place -= 1


# --- a line ---


def ask_line(line: Row, said: Row, *, last: bool = False) -> None:
    """What was paid on a line, and how, until it adds up.

    Args:
        line: as it was sent, or typed; its charge is below zero where it is taken back.
        said: what was answered; filled.
        last: the person came back to it: its last question is asked.

    Raises:
        BackError: the question before them is to be asked again.
    """
    place = len(_KEYS) - 1 if last and said.get("paid") != NONE else 0
    while place < len(_KEYS):
        question = _figure(_KEYS[place], line, said)
        try:
            said[question.key] = ask(question, said)
        except BackError:
            if not place:
                raise
            place -= 1
            continue
        if said["paid"] == NONE:
            return
        place += 1
        if question.key == "adjustments" and (wrong := off({**line, **said})):
            click.echo(f"    {wrong}: once more")
            place = 0


_KEYS: Final = ("paid", "units", "adjustments", "remarks")


def _figure(key: str, line: Row, said: Row) -> Question:
    """A question about a line."""
    label, check = _FIGURES[key]
    back = Decimal(line["charge"]) < 0
    if key == "paid":
        zero = "below zero: taken back" if back else "0.00: nothing"
        label = f"    Paid ({zero}; {NONE}: not on this paper)"
    elif key == "adjustments":
        rest = Decimal(line["charge"]) - Decimal(said["paid"])
        label = f"    Adjustments, {rest:.2f} in all (CO-45 40.00; PR-3 20.00)"
        if not rest:
            label = "    Adjustments (all of it was paid: none)"
    sent = line.get("units", "") if key == "units" else ""
    if sent:
        check = partial(_units, sent=Decimal(sent))
    return Question(key=key, label=label, check=check, default=sent, needed=key == "paid")


def _paid(text: str) -> str:
    return text if text == NONE else money("paid")(text)


def _units(text: str, *, sent: Decimal | None = None) -> str:
    if not text:
        return ""
    units = cells.units(text)
    if sent is not None and units > sent:
        raise ValueError(f"units are more than the {sent.normalize():f} that were sent")
    return f"{units.normalize():f}"


def _adjustments(text: str) -> str:
    list(cells.adjustments(text))
    return text


def _remarks(text: str) -> str:
    return " ".join(cells.remarks(text))


_FIGURES: Final[Mapping[str, tuple[str, Callable[[str], str]]]] = {
    "paid": ("", _paid),
    "units": ("    Units paid", _units),
    "adjustments": ("", _adjustments),
    "remarks": ("    Remarks (N130 M15)", _remarks),
}


# --- checks ---


def word(column: str) -> Callable[[str], str]:
    """A number or name as it stands on the paper."""
    return lambda text: cells.word(text, column)


def money(column: str) -> Callable[[str], str]:
    """Dollars with their cents."""
    return lambda text: f"{cells.amount(text, column):.2f}"


def amount(text: str) -> str:
    """What was paid in all.

    Raises:
        ValueError: no amount, or below zero.
    """
    said = money("amount")(text)
    if Decimal(said) < 0:
        raise ValueError("amount is below zero: what is taken back is a provider adjustment")
    return said


def provider_adjustments(text: str) -> str:
    """The text, where it can be read.

    Raises:
        ValueError: it cannot.
    """
    list(cells.provider_adjustments(text))
    return text


def code(text: str) -> str:
    """The code of a service; empty for none.

    Raises:
        ValueError: no code has such a shape.
    """
    return cells.code(text) if text else ""


def modifiers(text: str) -> str:
    """Modifiers with spaces between.

    Raises:
        ValueError: one has not two characters.
    """
    return " ".join(cells.modifiers(text))
