"""The sheets of a correction that goes by telephone, portal or letter: reopening and appeal.

A sheet names the patient: the payer asks for it. It is readable by its owner only, and its file
is named after the claim. The same facts make the same bytes.
"""

from collections.abc import Iterable, Iterator
from itertools import count
from pathlib import Path
from typing import Final

from attrs import frozen

from claimline import files
from claimline.render.sheet import Part, Sheet, as_html, as_text
from claimline.services import outbox
from claimline.services.correct_find import Target
from claimline.services.plain import money, number
from edi import codes
from edi.claim import Claim
from reconcile.correction import Answered, Choice, Standing
from reconcile.correction_compare import Difference
from reconcile.correction_deadline import PART_B

NOT_BY_REOPENING: Final = (
    "add or remove a line",
    "change the billing provider",
    "change the year of service",
)
NEVER_REOPENING: Final = ("send the claim again as a new one: it comes back as a duplicate",)
NEVER_PART_B: Final = ("send frequency 7 or 8: Medicare Part B takes neither",)
ENCLOSURES: Final = (
    "this sheet, signed, or the payer's own form",
    "the remittance that denied the lines",
    "the treatment note of the day, signed, with start and stop times",
    "the plan of care that covers the day",
    "its certification (signature of the physician or its allowed substitute)",
    "the progress report of the period",
    "the claim as it was sent",
)


@frozen(kw_only=True)
class Written:
    """A sheet's two files: their paths, and whether both stood there before."""

    paths: tuple[str, str]
    before: bool


def sheet_of(
    found: Target,
    claim: Claim,
    given: Standing,
    choice: Choice,
    differences: tuple[Difference, ...] | None,
) -> Sheet:
    """The sheet of a reopening or an appeal."""
    if choice.road == "reopening":
        return Sheet(
            title=f"Clerical error reopening: {given.facts.name or found.story.sent.payer_name}",
            facts=tuple(_facts(found, claim, given, choice)),
            parts=tuple(_reopening(given, choice, differences)),
        )
    kind = "Redetermination" if given.facts.family == PART_B else "Appeal"
    if choice.road == "records":
        kind = "Records wanted"
    return Sheet(
        title=f"{kind}: {given.facts.name or found.story.sent.payer_name}",
        facts=tuple(_facts(found, claim, given, choice)),
        parts=tuple(_appeal(given, choice)),
    )


def write(sheet: Sheet, control: str, road: str, out: Path, *, dry_run: bool) -> Written:
    """Write the sheet as text and HTML into ``out``; where both are there already, nothing.

    One with other content, made for the same claim before, stays; the new one gets a number.

    Raises:
        CommandError: the folder or a file cannot be written.
    """
    texts = {".txt": as_text(sheet).encode(), ".html": as_html(sheet).encode()}
    for name in _names(f"{road}-{control}"):
        paths = {end: out / f"{name}{end}" for end in texts}
        there = [_same(path, texts[end]) for end, path in paths.items()]
        if False not in there:
            break
    before = all(there)
    if not dry_run and not before:
        for end, path in paths.items():
            outbox.write_whole(path, texts[end])
    return Written(paths=(str(paths[".txt"]), str(paths[".html"])), before=before)


def _names(stem: str) -> Iterator[str]:
    """The name itself, then numbered."""
    yield stem
    yield from (f"{stem}-{n}" for n in count(2))


def _same(path: Path, data: bytes) -> bool | None:
    """Whether the file has these very bytes; None where there is no such file."""
    if not path.exists():
        return None
    return files.content(str(path)) == data


def _facts(
    found: Target, claim: Claim, given: Standing, choice: Choice
) -> Iterator[tuple[str, str]]:
    """Who, which claim, by when."""
    sent = found.story.sent
    yield "Payer", f"{claim.payer.name} ({claim.payer.id})"
    yield "Billing provider", f"{claim.billing.name}, NPI {claim.billing.id}"
    if claim.rendering is not None:
        treating = f"{claim.rendering.name}, {claim.rendering.first}, NPI {claim.rendering.id}"
        yield "Treating", treating
    yield "Patient", f"{sent.patient_name}, born {sent.patient_birth}"
    yield "Member id", sent.claim.member_id
    yield "Payer's claim number", choice.payer_claim or "(not on the remittance)"
    yield "Our claim number", sent.claim.control
    yield "Day of service", sent.claim.date.isoformat()
    if given.newest is not None:
        newest = given.newest
        yield "Decided", f"{newest.date.isoformat()}, payment {newest.trace}, {newest.paid} paid"
    if choice.road == "records":
        yield "By the letter", "reference ____________ , due ____________ "
    if choice.deadline is not None:
        due = choice.deadline
        yield "To be there by", f"{due.day.isoformat()} ({due.source})"
        if due.last != due.day:
            days = (due.last - due.day).days
            yield "", f"{days} days of mailing are kept in hand: the last day is {due.last}"
    yield "Why", choice.because


def _reopening(
    given: Standing, choice: Choice, differences: tuple[Difference, ...] | None
) -> Iterator[Part]:
    if differences:
        rows = tuple((x.place, x.field, x.before or "-", x.after or "-") for x in differences)
        yield Part(
            title="Please change", heads=("Where", "What", "It was", "It should be"), rows=rows
        )
    else:
        points = tuple(_next_steps(given))
        yield Part(title="Please change", points=points)
    yield _lines(given)
    yield Part(title="A reopening cannot", points=NOT_BY_REOPENING)
    part_b = NEVER_PART_B if given.facts.family == PART_B else ()
    never = dict.fromkeys((*choice.never, *NEVER_REOPENING, *part_b))
    yield _by_telephone()
    yield Part(title="Never", points=tuple(never), is_ours=True)


def _appeal(given: Standing, choice: Choice) -> Iterator[Part]:
    yield _lines(given)
    yield Part(title="Times and evidence", points=tuple(_evidence(given.worked)) or (NO_TIMES,))
    yield Part(title="Enclosed", points=ENCLOSURES, boxes=True)
    yield Part(
        title="Sent", points=("on ____________ by ____________", "signed ________________________")
    )
    yield Part(title="What to show", points=tuple(_next_steps(given)), is_ours=True)
    if choice.never:
        yield Part(title="Never", points=choice.never, is_ours=True)


NO_TIMES: Final = "no start and stop times are kept with the claim: take them from the note"


def _lines(given: Standing) -> Part:
    """The lines the payer denied or cut, else all of them, with what it said."""
    some = given.worked or given.lines
    rows = tuple(
        (
            str(one.line.number),
            " ".join((one.line.code, *one.line.modifiers)),
            number(one.line.units),
            money(one.line.charge),
            money(one.books.paid),
            "; ".join(_said(one, given)),
        )
        for one in some
    )
    heads = ("Line", "Code", "Units", "Charge", "Paid", "The payer said")
    return Part(title="The lines", heads=heads, rows=rows)


def _said(one: Answered, given: Standing) -> Iterator[str]:
    """The codes of the answer with our words for them."""
    share = one.books.current
    if share is None:
        return
    for each in share.adjustments:
        yield _word("carc", each.reason, f"{each.group}-{each.reason} {money(each.amount)}")
    remarks = (*share.remarks, *(given.newest.remarks if given.newest else ()))
    for code in dict.fromkeys(remarks):
        yield _word("rarc", code, code)


def _word(kind: codes.Kind, code: str, shown: str) -> str:
    entry = codes.lookup(kind, code)
    return f"{shown} {entry.meaning}" if entry is not None else shown


def _next_steps(given: Standing) -> Iterator[str]:
    """What the table of denials says is to be done about each line."""
    for one in given.worked:
        if one.finding is not None:
            words = f"line {one.line.number} {one.line.code}: {one.finding.next_step}"
            yield f"{words} ({one.finding.cause})"


def _evidence(some: Iterable[Answered]) -> Iterator[str]:
    for one in some:
        if one.line.evidence:
            yield f"line {one.line.number} {one.line.code}: {', '.join(one.line.evidence)}"


def _by_telephone() -> Part:
    """Room for what is asked on the telephone."""
    return Part(
        title="By telephone or portal",
        points=("spoke with ____________ on ____________", "reference number ____________"),
        boxes=True,
    )
