"""A clearinghouse's own report taken into the ledger: kept once, joined to its claims."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from attrs import evolve, field, frozen
from sqlalchemy import func, select

from claimline import files
from claimline.services.receive_acknowledge import known_results, result_of
from claimline.services.receive_acknowledge_values import AcknowledgementResult
from claimline.services.receive_values import FileResult
from claimline.services.report_profile import ReportProfile
from claimline.services.report_read import Reader
from edi.acknowledgement import Acknowledged, Acknowledgement
from edi.problem import Problem
from reconcile.ledger import Decision, acknowledgements, keeping, received
from reconcile.ledger.acknowledgements import About
from reconcile.ledger.convert import from_json
from reconcile.ledger.tables_answered import acknowledged, acknowledgement

if TYPE_CHECKING:
    from reconcile.ledger import Ledger, Run, Usage, Writer

PROFILE: Final = "report profile"  # the decision that keeps by which profile a report was read
KIND: Final = "report"


@frozen(kw_only=True)
class Row:
    """What a row of a report says of a claim, and which claim of ours that is."""

    number: int  # of the row in the file
    claim: str  # as the report writes it
    verdict: str
    codes: tuple[str, ...]
    is_ours: bool
    method: str  # by what it was found, or why it was not


@frozen(kw_only=True)
class Taken:
    """What a report says, and the rows that could not be read.

    ``problems`` are told the first time the report is met; ``told_before`` are the rows that
    could not be read then and cannot now.
    """

    results: tuple[AcknowledgementResult, ...]
    digest: str
    problems: tuple[Problem, ...] = field(default=(), repr=False)
    told_before: tuple[int, ...] = ()
    rows: tuple[Row, ...] = ()  # of a trial


class _TrialError(Exception):
    """Ends a trial, so that nothing of it is kept."""


def take(
    ledger: "Ledger",
    run: "Run",
    name: str,
    profile: ReportProfile,
    *,
    usage: "Usage | None" = None,
) -> Taken:
    """Take a report in; the same again changes nothing and tells how it stands.

    Args:
        ledger: open.
        run: this start of the command.
        name: of the file.
        profile: how it is read.
        usage: the book of its claims; by default the ledger's book in use.

    Raises:
        CommandError: the file cannot be read.
    """
    return take_bytes(ledger, run, name, files.content(name), profile, usage or ledger.book())


def take_bytes(  # noqa: PLR0917 - as ``take``, with the bytes
    ledger: "Ledger",
    run: "Run",
    name: str,
    data: bytes,
    profile: ReportProfile,
    usage: "Usage",
) -> Taken:
    """Take in a report whose bytes are at hand."""
    with ledger.begin(run) as writer:
        return _take(writer, run, name, data, profile=profile, usage=usage)


def look(
    ledger: "Ledger",
    run: "Run",
    name: str,
    profile: ReportProfile,
    *,
    usage: "Usage | None" = None,
) -> Taken:
    """What ``take`` would do, row by row; nothing of it is kept."""
    data = files.content(name)
    found: list[Taken] = []
    with suppress(_TrialError), ledger.begin(run) as writer:
        before = writer.connection.execute(select(func.max(acknowledgement.c.id))).scalar() or 0
        book = usage or ledger.book()
        taken = _take(writer, run, name, data, profile=profile, usage=book)
        found.append(evolve(taken, rows=tuple(_rows(writer, before))))
        raise _TrialError
    return found[0]


def _rows(writer: "Writer", before: int) -> Iterator[Row]:
    """What was kept since an acknowledgement, row by row."""
    c = acknowledged.c
    query = select(acknowledged).where(c.acknowledgement_id > before).order_by(c.id)
    for row in writer.connection.execute(query):
        yield Row(
            number=row.position,
            claim=from_json(row.key)[4],
            verdict=row.verdict,
            codes=tuple(code[1] for code in from_json(row.codes)),
            is_ours=row.sent_claim_id is not None,
            method=row.method,
        )


def _take(
    writer: "Writer",
    run: "Run",
    name: str,
    data: bytes,
    *,
    profile: ReportProfile,
    usage: "Usage",
) -> Taken:
    digest = hashlib.sha256(data).hexdigest()
    reader = Reader(profile, name)
    things = tuple(reader.things(data))
    stored = keeping.find_file(writer.connection, digest)
    before = acknowledgements.of_file(writer.connection, stored.id) if stored else []
    rows = acknowledgements.rows_of_file(writer.connection, stored.id) if stored else set()
    new = tuple(thing for thing in things if thing.position not in rows)
    if stored is not None and before and not new:
        results = known_results(writer.connection, stored.id)
    else:
        short = name.replace("\\", "/").rpartition("/")[2]
        stored = writer.store(data, kind=KIND, name=short, direction="in")
        _keep_profile(writer, digest, profile, run.user)
        results = (_keep(writer, stored.id, profile, new, usage),)
    fresh = received.new_problems(writer.connection, stored.id, reader.problems)
    received.add_problems(writer, stored.id, fresh)
    lines = {one.where.line for one in reader.problems if one.level == "error"}
    return Taken(
        results=results,
        digest=digest,
        problems=tuple(fresh),
        told_before=tuple(sorted(lines - {one.where.line for one in fresh})),
    )


def receive_report(
    ledger: "Ledger", run: "Run", name: str, chunks: Iterable[bytes], profile: ReportProfile
) -> FileResult:
    """A report among the files that are received."""
    data = b"".join(chunks)
    taken = take_bytes(ledger, run, name, data, profile, ledger.book())
    known = all(one.state == "known" for one in taken.results)
    return FileResult(
        file=name,
        state="known" if known else "received",
        digest=taken.digest,
        acknowledged=taken.results,
        problems=taken.problems,
    )


def _keep(
    writer: "Writer",
    file_id: int,
    profile: ReportProfile,
    things: tuple[Acknowledged, ...],
    usage: "Usage",
) -> AcknowledgementResult:
    """Keep what the rows say; what a mended profile can read now is one more acknowledgement."""
    connection = writer.connection
    mark = hashlib.sha256(repr((profile.name, usage, things)).encode()).hexdigest()
    same = acknowledgements.same_content(connection, mark, usage)
    about = About(
        file_id=file_id,
        number=len(acknowledgements.of_file(connection, file_id)) + 1,
        usage=usage,
        digest=mark,
        state="unmatched" if same is None else "duplicate",
    )
    head = Acknowledgement(kind="report", source=profile.source, source_name=profile.name)
    kept = acknowledgements.keep(writer, head, () if same else things, about)
    return result_of(connection, head, kept, usage)


def _keep_profile(writer: "Writer", digest: str, profile: ReportProfile, user: str) -> None:
    """Keep by which profile the report is read, so that it can be read again."""
    detail = json.dumps({"profile": profile.text})
    reason = f"read by the profile {profile.name}"
    writer.decide(Decision(kind=PROFILE, subject=digest, user=user, reason=reason, detail=detail))
