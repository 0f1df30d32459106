"""Correcting a claim that was sent: the road, the difference, the file or the sheet.

The road follows from the payer's policy, from what came back and from what is to change. A claim
file leaves as those of ``bill`` do; a sheet is written for telephone, portal or letter. What was
decided, by whom and why, is kept. The same request twice makes nothing new.
"""

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from attrs import define, evolve, field

from claimline import __version__
from claimline.errors import WrongUsageError
from claimline.reference.lookup import open_tables
from claimline.services import correct_draft, correct_find, correct_sheet, pause, sent_claim
from claimline.services import outgoing as out
from claimline.services.correct_find import Corrected, Target
from claimline.services.correct_kept import KIND, corrections_of
from claimline.services.correct_values import CorrectRequest, CorrectResult
from claimline.services.payer_facts import Facts
from claimline.services.practice import load
from edi.problem import Problem
from mapping.draft import ClaimDraft
from mapping.practice import Practice
from reconcile.correction import FILES, Choice, Standing, choose, standing
from reconcile.correction_compare import FREQUENCY, PAYER_NUMBER, Difference, compare
from reconcile.correction_deadline import deadline
from reconcile.ledger import Decision, Ledger, Run, held

if TYPE_CHECKING:
    from reconcile.ledger import Writer

NEEDS_PRACTICE: Final = "a corrected claim needs the practice file"


def correct(ledger: Ledger, request: CorrectRequest) -> CorrectResult:
    """Correct one claim, or say why not.

    Raises:
        WrongUsageError: the claim, the visits or the practice file are not right.
        CommandError: a file cannot be read or written.
        LedgerError: the ledger cannot be used.
    """
    practice = load(request.practice) if request.practice else None
    found = correct_find.target(ledger, request)
    given = correct_find.corrected(ledger, request, found)
    work = _Correcting(
        ledger=ledger,
        request=request,
        practice=practice,
        found=found,
        given=given,
    )
    return work.run()


@define(kw_only=True)
class _Correcting:
    """One correction on its way."""

    ledger: Ledger
    request: CorrectRequest
    practice: Practice | None
    found: Target
    given: Corrected
    draft: ClaimDraft | None = None
    differences: tuple[Difference, ...] | None = None
    faults: tuple[Problem, ...] = field(default=())

    def run(self) -> CorrectResult:
        """Do all of it."""
        before = self._before()
        if before is not None:
            return before
        if self.given.visits:
            self._draft()
        given = self._standing()
        choice = choose(
            given, on=self.request.today, asked=self.request.road, changes=self.differences
        )
        choice = self._by_payer(choice)
        if choice.outcome != "go" or self.faults:
            return self._result(choice)
        if choice.road in FILES:
            return self._file(choice)
        return self._sheet(given, choice)

    def _before(self) -> CorrectResult | None:
        """Whether these very visits went in a correction of the claim already."""
        newest = self.found.newest
        marks = self.given.marks
        if len(self.found.family) < 2 or not marks or dict(newest.sent.visits) != marks:
            return None
        words = "these visits were corrected before, and nothing has changed since"
        choice = Choice(outcome="nothing", because=words)
        return evolve(
            self._result(choice),
            new_claim=newest.sent.claim.control,
            already=f"claim {newest.sent.claim.control} in {newest.file}",
        )

    def _draft(self) -> None:
        """Draft the corrected visits and compare them with what was sent."""
        if self.practice is None:
            raise WrongUsageError(NEEDS_PRACTICE, todo="name it: --practice FILE")
        work = correct_draft.Drafting(
            ledger=self.ledger,
            practice=self.practice,
            reference=open_tables(self.request.tables),
            now=self.request.now,
        )
        made = correct_draft.drafted(work, self.given, self.found)
        if not isinstance(made, ClaimDraft):
            self.faults = tuple(p for one in made for p in one.problems)
            return
        self.draft = made
        self.differences = compare(
            sent_claim.load_story(self.ledger, self.found.story),
            made.claim,
            without=frozenset({FREQUENCY, PAYER_NUMBER}),
        )

    def _by_payer(self, choice: Choice) -> Choice:
        """A first claim to another payer has that payer's limit, not the first one's."""
        changed = any(one.kind == "payer" for one in self.differences or ())
        if self.draft is None or not changed or choice.outcome != "go":
            return choice
        facts = Facts(self.ledger, self.practice, self.request.today)
        payer, day = facts.named(self.draft.payer, self.draft.date), self.draft.date
        due = deadline("filing", payer, decided=self.request.today, service=day)
        return evolve(choice, deadline=due)

    def _standing(self) -> Standing:
        """All that decides about the road."""
        story = self.found.story
        facts = Facts(self.ledger, self.practice, self.request.today)
        return standing(
            story.sent.claim,
            story.adjudications,
            facts.of(story.sent.claim, story.sent.payer_name),
            family=[one.sent.claim for one in self.found.family],
            neighbours=[line for _, line in story.neighbours],
            on=self.request.today,
            stand=story.stand,
        )

    def _result(self, choice: Choice) -> CorrectResult:
        claim = self.found.story.sent.claim
        return CorrectResult(
            claim=claim.control,
            frequency=claim.frequency,
            payer=self.found.story.sent.payer_name or claim.payer,
            date=claim.date,
            choice=choice,
            differences=self.differences,
            held=self.faults,
            warnings=self.draft.warnings if self.draft is not None else (),
            dry_run=self.request.dry_run,
        )

    def _file(self, choice: Choice) -> CorrectResult:
        """Make the claim file of a replacement, a new claim or a void."""
        if choice.road != "void" and self.draft is None:
            return self._result(_without_visits(choice))
        if self.practice is None:
            raise WrongUsageError(NEEDS_PRACTICE, todo="name it: --practice FILE")
        payer = self.draft.payer if self.draft is not None else self.found.story.sent.claim.payer
        stopped = pause.paused(self.ledger).get(payer)
        if stopped is not None:
            why = Choice(outcome="wait", road=choice.road, because=stopped.why, todo=stopped.todo)
            return self._result(evolve(why, deadline=choice.deadline))
        with self.ledger.reading() as connection:
            family = self.found.story.sent.claim.family
            known = out.family_of(connection, family, self.found.usage)
        if self.draft is not None and choice.road != "void":
            one = correct_draft.outgoing(self.draft, self.given, self.found, choice, known=known)
        else:
            sent = sent_claim.load_story(self.ledger, self.found.story)
            one = correct_draft.void(sent, self.practice, self.found, choice, known=known)
        return self._sent(one, choice)

    def _sent(self, one: out.Outgoing, choice: Choice) -> CorrectResult:
        assert self.practice is not None
        sending = out.OutgoingRequest(
            command=KIND,
            out=self.request.out,
            usage=self.found.usage,
            dry_run=self.request.dry_run,
            now=self.request.now,
            user=self.request.user,
        )
        done = out.send([one], self.practice, self.ledger, sending, note=self._noted(choice))
        result = self._result(choice)
        if done.refused:
            return evolve(result, held=done.refused[0][1])
        if done.overtaken:
            words = "another run sent a claim of this family meanwhile"
            todo = "look at it: claimline trace"
            return evolve(result, choice=Choice(outcome="refused", because=words, todo=todo))
        return evolve(result, new_claim=done.claims[0].control, file=done.files[0])

    def _noted(self, choice: Choice) -> out.Note:
        """Keeps who decided what, beside the claim that follows from it."""

        def note(writer: "Writer", gone: Sequence[out.Gone]) -> None:
            for one in gone:
                writer.decide(self._decision(choice, {"claim": one.control, "file": one.file}))

        return note

    def _decision(self, choice: Choice, made: Mapping[str, object]) -> Decision:
        detail = {"usage": self.found.usage, "road": choice.road, "because": choice.because, **made}
        return Decision(
            kind=KIND,
            subject=self.found.story.sent.claim.control,
            user=self.request.user,
            reason=self.request.reason or choice.because,
            detail=json.dumps(detail),
        )

    def _beside_others(self, given: Standing, choice: Choice) -> Choice:
        """The choice, told of sheets made before that the payer has not answered."""
        control = self.found.story.sent.claim.control
        before = corrections_of(self.ledger, {control}, self.found.usage).get(control, [])
        answered = max((one.date.isoformat() for one in given.answers), default="")
        told = tuple(
            f"a sheet of {one['at'][:10]} ({one['road']}) asks for something else: {one['made']}. "
            "The payer must not get both: throw that one away, or, where it went out, take it back "
            "with the payer first"
            for one in before
            if one["is_sheet"] and one["at"][:10] >= answered
        )
        return evolve(choice, warnings=(*choice.warnings, *told))

    def _sheet(self, given: Standing, choice: Choice) -> CorrectResult:
        """Write the sheet of a reopening or an appeal; the same once more changes nothing."""
        assert choice.road is not None
        control = self.found.story.sent.claim.control
        sent = sent_claim.load_story(self.ledger, self.found.story)
        sheet = correct_sheet.sheet_of(self.found, sent, given, choice, self.differences)
        written = correct_sheet.write(
            sheet, control, choice.road, self.request.out, dry_run=self.request.dry_run
        )
        result = self._result(choice)
        if written.before:
            return evolve(result, already=written.paths[0], sheets=written.paths)
        result = evolve(result, choice=self._beside_others(given, choice))
        if not self.request.dry_run:
            run = Run(
                command=KIND,
                version=__version__,
                started=self.request.now,
                user=self.request.user,
            )
            made = {"sheet": written.paths[0], "visits": self.given.marks}
            with self.ledger.begin(run) as writer:
                writer.decide(self._decision(choice, made))
                for visit in self.given.marks:  # the sheet corrects it: it waits no longer
                    held.set_state(writer, visit, "replaced", usage=self.found.usage)
        return evolve(result, sheets=written.paths)


def _without_visits(choice: Choice) -> Choice:
    """A claim is made of visits: the corrected ones are needed."""
    return evolve(
        choice,
        outcome="ask",
        todo="correct the visit and give it: --visits FILE; or run claimline bill on the corrected "
        "visits, which holds them, and then this again",
    )
