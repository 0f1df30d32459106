"""Runs the simulated payer on a folder."""

import datetime as dt
import difflib
import itertools
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import frozen

from claimline.errors import COULD_NOT_RUN, DONE, CommandError, WrongUsageError
from claimline.files import complain, unreadable
from claimline.sandbox import SCENARIOS, acknowledge, answer
from claimline.sandbox.folder import ReplyFile, Sent, read_claims, reply_files
from claimline.sandbox.payer import cases_of
from claimline.sandbox.refusals import BY_NAME, REFUSALS
from edi.tokens import NotX12

if TYPE_CHECKING:
    from claimline.sandbox import Scenario
    from claimline.sandbox.refusals import Refusal
    from edi.problem import Problem


@frozen(kw_only=True)
class Played:
    """What the payer did. ``skipped``: files without 837P claims."""

    claims: int
    files: tuple[dict[str, Any], ...]
    skipped: tuple[str, ...]
    status: int


def scenarios() -> list[dict[str, str]]:
    """The scenarios with what each does."""
    return [{"name": scenario.name, "about": scenario.about} for scenario in _all()]


def _all() -> "tuple[Scenario | Refusal, ...]":
    return (*SCENARIOS, *REFUSALS)


def play(
    folder: Path,
    out: Path,
    *,
    scenario: str,
    seed: int,
    date: dt.date | None,
    acknowledged: bool = False,
) -> Played:
    """Answer all 837P files of a folder; files that hold no claims are named and left alone.

    ``acknowledged``: TA1, 999 and 277CAs are written too, and what they refuse gets no 835. A
    scenario of theirs asks for them by itself.

    Raises:
        WrongUsageError: no scenario has that name.
        CommandError: the folder cannot be read, holds claims of test and of production, or the
            replies cannot be written.
    """
    _check_scenario(scenario)
    sent, skipped, status = _read(folder)
    if len({each.sender.usage for each in sent}) > 1:
        raise CommandError(
            f"{folder} holds test and production claims",
            todo="put them into folders of their own: a reply is one or the other",
        )
    claims = tuple(claim for each in sent for claim in each.claims)
    if sent and (acknowledged or scenario in BY_NAME):
        files = _acknowledged(folder, sent, scenario=scenario, seed=seed, date=date)
    else:
        answers = answer(claims, seed=seed, date=date, scenario=scenario)
        files = list(reply_files(answers, sent[0].sender)) if sent else []
    _write(files, out)
    rows = tuple({"file": f.name, "payments": f.payments, "claims": f.claims} for f in files)
    return Played(claims=len(claims), files=rows, skipped=tuple(skipped), status=status)


def _acknowledged(
    folder: Path, sent: list[Sent], *, scenario: str, seed: int, date: dt.date | None
) -> list[ReplyFile]:
    """TA1, 999 and 277CAs for all files, and 835s for what they let through."""
    problems: list[Problem] = []
    names = dict.fromkeys(each.file for each in sent)
    received = [one for name in names for one in acknowledge.read_received(folder / name, problems)]
    dealt = acknowledge.deal(received, scenario)
    claims = acknowledge.paid_claims(received, dealt)
    paid = "" if scenario in BY_NAME else scenario
    answers = answer(claims, seed=seed, date=date, scenario=paid)
    files = list(reply_files(answers, sent[0].sender))
    numbers = {c.claim.control: c.payer_control for c in cases_of(claims, date)} if claims else {}
    control = itertools.count(len(files) + 1)
    return [*acknowledge.files(received, dealt, numbers=numbers, control=control), *files]


def _check_scenario(name: str) -> None:
    """Refuse a scenario that does not exist, with the nearest names."""
    names = [each.name for each in _all()]
    if name and name not in names:
        near = " or ".join(difflib.get_close_matches(name, names)) or "--list shows them"
        raise WrongUsageError(f"there is no scenario {name!r}", todo=f"did you mean: {near}")


def _read(folder: Path) -> tuple[list[Sent], list[str], int]:
    """The claims of all files, in the order of their names."""
    try:
        paths = sorted(path for path in folder.iterdir() if path.is_file())
    except OSError as error:
        raise _no_folder(folder, error) from error
    sent: list[Sent] = []
    skipped: list[str] = []
    status = DONE
    for path in paths:
        problems: list[Problem] = []
        try:
            found = list(read_claims(path, problems))
        except NotX12:
            found = []
        except OSError as error:
            complain(unreadable(str(path), error).message)
            found, status = [], COULD_NOT_RUN
        sent += found
        if not found:
            skipped.append(path.name)
    return sent, skipped, status


def _no_folder(folder: Path, error: OSError) -> CommandError:
    """The error for a folder that is none."""
    if isinstance(error, FileNotFoundError):
        return CommandError(f"{folder}: there is no such folder", todo="bill first: --out FOLDER")
    if isinstance(error, NotADirectoryError):
        return CommandError(f"{folder}: this is no folder", todo="name the folder it lies in")
    return unreadable(str(folder), error)


def _write(files: list[ReplyFile], out: Path) -> None:
    """Write the replies, readable by their owner only."""
    try:
        out.mkdir(parents=True, exist_ok=True, mode=0o700)
        for file in files:
            raw = os.open(out / file.name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(raw, "wb") as stream:
                stream.write(file.data)
    except OSError as error:
        raise CommandError(f"{out}: cannot be written: {error.strerror}") from error
