"""Visits to 837P files: read, sort out, draft, number, record, write. Safe to run twice.

What is recorded is recorded whole: control numbers, bytes, claims and visits of a file are
committed together, and only then the file is written. A run that is interrupted is finished by the
next one, with the same bytes under the same number.
"""

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Final

from claimline import __version__
from claimline.services import bill_file, bill_hold, bill_input, outbox
from claimline.services.bill_values import (
    AlreadyBilled,
    BilledClaim,
    BillRequest,
    BillResult,
    HeldVisits,
    MadeFile,
)
from claimline.services.collector import rarely_collected
from claimline.services.practice import load
from mapping.claims import draft as draft_claims
from mapping.draft import ClaimDraft, History
from mapping.practice import Practice
from mapping.visit import Visit
from reconcile.ledger import Ledger, LedgerMissing, Run, Usage, open_ledger

if TYPE_CHECKING:
    import datetime as dt

    from reconcile.ledger import Writer

CLAIMS_PER_FILE: Final = 5000
Visits = Mapping[str, tuple[Visit, str]]


def bill(request: BillRequest) -> BillResult:
    """Bill visits: make and record the files, write them, say what is held and why.

    Raises:
        WrongUsageError: the practice file is not right, or has no ids for test or production.
        CommandError: the outbox cannot be written.
        LedgerError: the ledger cannot be used.
    """
    practice = load(request.practice)
    with rarely_collected():
        incoming = bill_input.read_all(request.visits)
        with _ledger(request) as ledger:
            return _Billing(request, practice, ledger).run(incoming)


@contextmanager
def _ledger(request: BillRequest) -> Iterator[Ledger]:
    """The ledger, made if there is none; in a dry run that one is thrown away afterwards."""
    try:
        with open_ledger(request.ledger, create=not request.dry_run) as ledger:
            yield ledger
    except LedgerMissing:
        with (
            tempfile.TemporaryDirectory(prefix="claimline-") as folder,
            open_ledger(str(Path(folder) / "ledger.sqlite3"), create=True) as ledger,
        ):
            yield ledger


class _DryRunError(Exception):
    """Undoes the transaction of a dry run."""


class _Billing:
    """One run: what it is asked, and what it has done so far."""

    def __init__(self, request: BillRequest, practice: Practice, ledger: Ledger) -> None:
        self.request = request
        self.practice = practice
        self.ledger = ledger
        self.usage: Usage = "P" if request.production else "T"
        self.run_row = Run(
            command="bill", version=__version__, started=request.now, user=request.user
        )
        self.files: list[MadeFile] = []
        self.claims: list[BilledClaim] = []
        self.held: list[HeldVisits] = []
        self.already: list[AlreadyBilled] = []

    def run(self, incoming: bill_input.Incoming) -> BillResult:
        """Do all of it."""
        recovered = self._write()
        waiting = bill_hold.waiting(self.ledger, self.usage)
        fresh, changed = self._sort(incoming, waiting)
        drafts = draft_claims(
            [visit for visit, _ in fresh.values()],
            self.practice,
            self._history(fresh),
            waived=waiting.waived(fresh),
        )
        for batch in _batches(drafts.drafts):
            self._file(batch, fresh)
        held = [bill_hold.from_draft(held) for held in drafts.held]
        self._hold([*held, *changed, *incoming.conflicts], fresh)
        self._write()
        return BillResult(
            files=tuple(self.files),
            recovered=recovered,
            claims=tuple(self.claims),
            held=tuple(self.held),
            already=tuple(self.already),
            problems=incoming.problems,
            unreadable=incoming.unreadable,
            ledger_created=self.ledger.place if self._made_ledger() else "",
            dry_run=self.request.dry_run,
        )

    def _made_ledger(self) -> bool:
        return self.ledger.created and not self.request.dry_run

    def _sort(
        self, incoming: bill_input.Incoming, waiting: bill_hold.Waiting
    ) -> tuple[dict[str, tuple[Visit, str]], list[HeldVisits]]:
        """The visits to bill now, and those held because they changed since they were billed."""
        ids = [visit.visit_id for visit, _ in incoming.visits]
        known = self.ledger.known_visits(ids, usage=self.usage)
        parted = bill_input.sort_out(incoming.visits, known)
        self.already += parted.already
        fresh = {visit.visit_id: (visit, mark) for visit, mark in parted.fresh}
        for visit, mark in waiting.visits:
            fresh.setdefault(visit.visit_id, (visit, mark))
        changed = [bill_input.changed_visit(visit, before) for visit, _, before in parted.changed]
        fresh_or_changed = {v.visit_id: (v, mark) for v, mark, _ in parted.changed}
        self._seen = {**fresh, **fresh_or_changed}
        return fresh, changed

    def _history(self, fresh: Visits) -> History:
        """What was billed before for these patients on these days."""
        from mapping.day import patient_key

        days = {(patient_key(visit), visit.date) for visit, _ in fresh.values()}
        billed: dict[tuple[str, dt.date, str, str], tuple[str, ...]] = {}
        for one in self.ledger.billed_on(days, usage=self.usage):
            key = (one.patient, one.date, one.payer, one.discipline)
            billed[key] = (*billed.get(key, ()), one.claim)
        return History(billed=billed)

    def _file(self, drafts: Sequence[ClaimDraft], fresh: Visits) -> None:
        """Record one file, or (all refused) none; a dry run takes it all back."""
        refused: Sequence[tuple[bill_file.Ready, object]] = ()
        try:
            with self.ledger.begin(self.run_row) as writer:
                drafts = self._still_new(writer, drafts)
                if not drafts:
                    return
                made = bill_file.make(
                    writer,
                    drafts,
                    self.practice,
                    usage=self.usage,
                    now=self.request.now,
                    visits=fresh,
                )
                self._note(made)
                refused = made.refused
                self._undo_dry_run()
        except bill_file.NothingToSendError as nothing:
            refused = nothing.refused
        except _DryRunError:
            pass  # the transaction is undone, which is all a dry run needs
        self._hold([bill_hold.from_writer(ready, held) for ready, held in refused], fresh)  # type: ignore[arg-type]  # HeldClaim

    def _undo_dry_run(self) -> None:
        """Leave the transaction by an exception, which takes back all that was recorded in it."""
        if self.request.dry_run:
            raise _DryRunError

    def _still_new(self, writer: "Writer", drafts: Sequence[ClaimDraft]) -> list[ClaimDraft]:
        """The drafts no other run has billed since we looked."""
        ids = [visit_id for one in drafts for visit_id in one.visit_ids]
        known = writer.known_visits(ids, usage=self.usage)
        gone = {key: seen for key, seen in known.items() if seen.state == "billed"}
        self.already += [
            AlreadyBilled(visit=key, file=seen.file, claims=seen.claims)
            for key, seen in gone.items()
        ]
        return [one for one in drafts if not gone.keys() & set(one.visit_ids)]

    def _note(self, made: bill_file.Made) -> None:
        """Remember what a file holds, for the answer."""
        path = str(self.request.out / made.name)
        self.files.append(
            MadeFile(
                file=path,
                receiver=made.ready[0].draft.receiver,
                control=made.control,
                usage=self.usage,
                claims=len(made.ready),
                lines=sum(len(one.claim.lines) for one in made.ready),
                charge=sum((one.claim.charge for one in made.ready), start=bill_hold.NOTHING),
            )
        )
        self.claims += [_billed(one, path) for one in made.ready]

    def _hold(self, held: Iterable[HeldVisits], fresh: Visits) -> None:
        """Keep what does not go, with its visits, so that it can be released."""
        new = list(held)
        self.held += new
        if new and not self.request.dry_run:
            with self.ledger.begin(self.run_row) as writer:
                known = {**self._seen, **fresh}
                records = [record for one in new if (record := bill_hold.record(one, known))]
                writer.record_held(records, usage=self.usage)

    def _write(self) -> tuple[str, ...]:
        """Write what is recorded and not yet written."""
        if self.request.dry_run:
            return ()
        return outbox.write_unwritten(self.ledger, self.run_row, self.request.out)


def _batches(drafts: Sequence[ClaimDraft]) -> Iterator[list[ClaimDraft]]:
    """The drafts by receiver, in pieces of one file."""
    ordered = sorted(drafts, key=lambda one: one.receiver)
    for _, group in groupby(ordered, key=lambda one: one.receiver):
        same = list(group)
        for start in range(0, len(same), CLAIMS_PER_FILE):
            yield same[start : start + CLAIMS_PER_FILE]


def _billed(one: bill_file.Ready, path: str) -> BilledClaim:
    draft, claim = one.draft, one.claim
    shown: list[dict[str, object]] = [
        {
            "line": line.control,
            "code": line.procedure.code,
            "modifiers": list(line.procedure.modifiers),
            "units": format(line.units.normalize(), "f"),
            "charge": str(line.charge),
            "because": list(decision.because),
            "evidence": list(decision.evidence),
        }
        for line, decision in zip(claim.lines, draft.decisions, strict=True)
    ]
    return BilledClaim(
        claim=claim.control,
        visits=draft.visit_ids,
        payer=draft.payer,
        discipline=draft.discipline,
        date=draft.date,
        charge=claim.charge,
        lines=tuple(shown),
        because=draft.because,
        warnings=draft.warnings,
        file=path,
    )
