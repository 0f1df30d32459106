"""A clearinghouse's own report taken into the ledger: kept once, joined to its claims."""

import hashlib
import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from attrs import field, frozen

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

if TYPE_CHECKING:
    from reconcile.ledger import Ledger, Run, Usage, Writer

PROFILE: Final = "report profile"  # the decision that keeps by which profile a report was read
KIND: Final = "report"


@frozen(kw_only=True)
class Taken:
    """What a report says, and the rows that could not be read."""

    results: tuple[AcknowledgementResult, ...]
    digest: str
    problems: tuple[Problem, ...] = field(default=(), repr=False)


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
    digest = hashlib.sha256(data).hexdigest()
    reader = Reader(profile, name)
    things = tuple(reader.things(data))
    with ledger.begin(run) as writer:
        stored = keeping.find_file(writer.connection, digest)
        before = acknowledgements.of_file(writer.connection, stored.id) if stored else []
        rows = acknowledgements.rows_of_file(writer.connection, stored.id) if stored else set()
        new = tuple(thing for thing in things if thing.position not in rows)
        if stored is not None and before and not new:
            results = known_results(writer.connection, stored.id)
            return Taken(results=results, digest=digest, problems=tuple(reader.problems))
        short = name.replace("\\", "/").rpartition("/")[2]
        kept_file = writer.store(data, kind=KIND, name=short, direction="in")
        _keep_profile(writer, digest, profile, run)
        result = _keep(writer, kept_file.id, profile, new, usage)
        found = received.new_problems(writer.connection, kept_file.id, reader.problems)
        received.add_problems(writer, kept_file.id, found)
    return Taken(results=(result,), digest=digest, problems=tuple(reader.problems))


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


def _keep_profile(writer: "Writer", digest: str, profile: ReportProfile, run: "Run") -> None:
    """Keep by which profile the report is read, so that it can be read again."""
    detail = json.dumps({"profile": profile.text})
    reason = f"read by the profile {profile.name}"
    writer.decide(
        Decision(kind=PROFILE, subject=digest, user=run.user, reason=reason, detail=detail)
    )
