"""Answers to files that were received: a 999 for each interchange, a TA1 where one is asked for.

The number of an answer comes from the ledger and is committed with its bytes before the file is
written. The same file asked for again gives the same bytes under the same name.
"""

import datetime as dt
import hashlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from attrs import frozen
from sqlalchemy import select

from claimline.services.outbox import write_whole
from edi.ta1 import answer
from edi.writing import Envelope
from edi.x999_answer import InterchangeAnswer, answers
from edi.x999_write import write_999
from reconcile.ledger.tables import file as file_table

if TYPE_CHECKING:
    from reconcile.ledger import Ledger, Run, Usage, Writer

Source = Callable[[], Iterable[bytes]]
WANTS_TA1: Final = "1"  # ISA14
_DIGITS: Final = 12  # of the received file's digest, in the name of its answer


@frozen(kw_only=True)
class Answered:
    """What became of one interchange of a file. ``file``: the answer, empty where there is none."""

    received: str
    interchange: str  # ISA13 of theirs
    sender: str  # ISA06 of theirs
    file: str
    known: bool  # it was answered before: the same bytes
    kinds: tuple[str, ...]  # TA1, 999
    code: str  # TA104
    note: str  # TA105
    accepted: int  # transactions
    noted: int  # of them: accepted with errors
    rejected: int
    why: str  # where there is no answer


@frozen(kw_only=True)
class AckRequest:
    """Where the answers go. ``ta1``: write one even where ISA14 does not ask."""

    out: Path
    now: dt.datetime
    ta1: bool = False


def acknowledge(
    ledger: "Ledger", run: "Run", name: str, source: Source, request: AckRequest
) -> Iterator[Answered]:
    """Answer each interchange of a received file, whose bytes ``source`` opens anew: read twice.

    Raises:
        NotX12: there is no interchange in it: nobody can be answered.
        CommandError: an answer cannot be written; what is recorded stays recorded.
    """
    hashed = hashlib.sha256()
    for chunk in source():
        hashed.update(chunk)
    digest = hashed.hexdigest()
    for number, found in enumerate(answers(source(), name), 1):
        untold = found.code != "A" and not found.groups and not found.only_acknowledgements
        ta1 = request.ta1 or found.header[13] == WANTS_TA1 or untold
        kinds = (*(("TA1",) if ta1 else ()), *(("999",) if found.groups else ()))
        why = "" if kinds else _why(found)
        path, known = Path(), False
        if kinds:
            ending = "999" if found.groups else "ta1"
            path = request.out / f"{digest[:_DIGITS]}-{number}.{ending}"
            made, known = _recorded(ledger, run, found, path.name, request.now, ta1=ta1)
            write_whole(path, made)
            kinds = tuple(kind for kind in ("TA1", "999") if _holds(made, kind))
        codes = [one.code for group in found.groups for one in group.transactions]
        yield Answered(
            received=name,
            interchange=found.header[12],
            sender=found.header[5],
            file=str(path) if kinds else "",
            known=known,
            kinds=kinds,
            code=found.code,
            note=found.note,
            accepted=len(codes) - codes.count("R"),
            noted=codes.count("E"),
            rejected=codes.count("R"),
            why=why,
        )


def _holds(answer: bytes, kind: str) -> bool:
    """Whether an answer of ours has that kind: what was made before may have no TA1."""
    return (b"TA1*" if kind == "TA1" else b"ST*999*") in answer


def _why(found: InterchangeAnswer) -> str:
    if found.only_acknowledgements:
        return "it holds acknowledgements only, which are never answered"
    return "it holds nothing that a 999 could answer"


def _recorded(
    ledger: "Ledger",
    run: "Run",
    found: InterchangeAnswer,
    name: str,
    now: dt.datetime,
    *,
    ta1: bool,
) -> tuple[bytes, bool]:
    """The answer's bytes: those of the ledger, or new ones under a new number."""
    with ledger.begin(run) as writer:
        c = file_table.c
        known = writer.connection.execute(
            select(c.digest).where(c.direction == "out", c.name == name).order_by(c.id)
        ).scalar()
        if known is None:
            data = _made(writer, found, now, ta1=ta1)
            kind = "999" if found.groups else "TA1"
            writer.store(data, kind=kind, name=name, direction="out")
            return data, False
    return b"".join(ledger.file_bytes(known)), True


def _made(writer: "Writer", found: InterchangeAnswer, now: dt.datetime, *, ta1: bool) -> bytes:
    header = found.header
    usage: Usage = "P" if header[14] == "P" else "T"
    us, them = header[7], header[5]
    control = writer.reserve("interchange", sender=us, receiver=them, usage=usage)
    back = Envelope(
        sender_qualifier=header[6],
        sender_id=us,
        receiver_qualifier=header[4],
        receiver_id=them,
        group_sender=_group_id(found.group_codes[1], us),
        group_receiver=_group_id(found.group_codes[0], them),
        created=now,
        control=control,
        group_control=control,
        usage=usage,
    )
    segments = [answer(header, found.code, found.note)] if ta1 else []
    return write_999(back, found.groups, segments)


def _group_id(said: str, envelope_id: str) -> str:
    """GS02 or GS03: two characters at least."""
    return said if len(said) > 1 else envelope_id
