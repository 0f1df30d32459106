"""What the morning's page says of files that came: one note for each kind of thing."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Final

from attrs import frozen

from claimline.night.context import Night
from claimline.night.values import Note
from claimline.render.words import counted, listed, shown_number
from claimline.services.receive import OTHERS
from claimline.services.receive_faults import ALONE
from claimline.services.receive_values import FileResult, PaymentResult
from claimline.transfer.names import house_name
from claimline.transfer.put_away import UNKNOWN, kind_of
from claimline.transfer.put_notes import CAUSES, causes
from edi.problem import CODES
from reconcile.ledger import Usage, nights
from reconcile.ledger.convert import dollars

SHOWN: Final = 5  # numbers in one sentence
REMITTANCE: Final = "835"
REPORT: Final = "report"  # a clearinghouse's own: text or CSV
NOUNS: Final = {REMITTANCE: "remittances", REPORT: "reports"}
OTHER_KIND: Final = "file.other-kind"
CUT: Final = frozenset(  # a payment that is not whole is told as such, with its file and money
    {"transaction.unclosed", "group.unclosed", "interchange.unclosed"}
)
FAULTS: Final = (
    "claimline check FILE names each fault; claimline transfer which NAME says where it lies and "
    "what the sender calls it; ask for it again"
)
ROWS: Final = (
    "claimline reject --report FILE --profile PROFILE --dry-run names each row; mend the profile, "
    "put the report into the inbox again: the missing rows are read. claimline transfer which NAME "
    "says where it lies"
)
BOOKS: Final = {"P": "production", "T": "test"}
_PRODUCTION: Final = (
    "call the clearinghouse: why does a test set-up get production files? They are kept and in no "
    "sum here; claimline ledger waiting --production lists what waits. Only where claims are "
    "to go in earnest from now on: production = true in night.toml"
)


@frozen(kw_only=True)
class Faulty:
    """A file of which only a part could be read; what it is called here, and its faults by code."""

    name: str
    kind: str
    codes: Counter[str]


def problem_notes(results: Iterable[FileResult], usage: Usage) -> Iterator[Note]:
    """Files with faults, and files not for us; what waits for a person is told later.

    Args:
        results: of the files.
        usage: the night's book.
    """
    found = []
    others = []
    for one in results:
        codes = Counter(problem.code for problem in one.problems if problem.level == "error")
        if one.state == "unreadable" or one.nothing_in_it:  # told when it was put away
            continue
        if codes.pop(OTHER_KIND, 0):
            others.append(one)
        if any(_is_cut(payment) and payment.usage == usage for payment in one.payments):
            codes = Counter({code: count for code, count in codes.items() if code not in CUT})
        if codes:
            found.append(Faulty(name=named(one), kind=kind_of(one), codes=codes))
    yield from fault_notes(found)
    if others:
        yield _other_kinds(others)


def _is_cut(payment: PaymentResult) -> bool:
    """Whether a payment is kept and waits for the rest of it."""
    return "incomplete" in (payment.state, payment.stored)


def fault_notes(found: Iterable[Faulty]) -> Iterator[Note]:
    """A note each for remittances with faults (they are money), for reports, for all others."""
    files = list(found)
    for kinds in ({REMITTANCE}, {REPORT}, {one.kind for one in files} - {REMITTANCE, REPORT}):
        if some := [one for one in files if one.kind in kinds]:
            yield _faults(some)


def _faults(some: Sequence[Faulty]) -> Note:
    """What is wrong with these files, by the first fault of each."""
    count = sum(sum(one.codes.values()) for one in some)
    if len(some) == 1:
        told = list(dict.fromkeys(_meaning(code).rstrip(".") for code in some[0].codes))
        more = f"; {len(told) - CAUSES:,} more" if len(told) > CAUSES else ""
        what = f"{some[0].name} has {counted(count, 'fault')}; what could be read of it was taken: "
        what += f"{'; '.join(told[:CAUSES])}{more}"
    else:
        groups: dict[str, list[str]] = {}
        for one in some:
            code = next(iter(one.codes))
            groups.setdefault(_meaning(code), []).append(one.name)
        noun = NOUNS.get(some[0].kind, "files")
        what = f"{len(some):,} {noun} have {counted(count, 'fault')}; what could be read of them "
        what += f"was taken: {causes(groups)}"
    return Note(
        kind="receive.report-rows" if some[0].kind == REPORT else "receive.problems",
        urgency="today",
        what=what,
        todo=ROWS if some[0].kind == REPORT else FAULTS,
        count=count,
        ids=tuple(dict.fromkeys(one.name for one in some)),
    )


def _meaning(code: str) -> str:
    """What a fault is, in words."""
    return CODES[code].meaning if code in CODES else code


def _other_kinds(files: Sequence[FileResult]) -> Note:
    """Files, or parts of files, that are not for us: nothing of them was taken."""
    kinds = dict.fromkeys(kind for one in files for kind, _ in one.unread)
    told = listed([OTHERS.get(kind, f"transactions of type {kind}") for kind in kinds])
    return Note(
        kind="receive.other-kind",
        urgency="know",
        what=f"{counted(len(files), 'file')} not for Claimline{f': {told}' if told else ''}; they "
        "were kept, and nothing was taken from them",
        todo="if another program reads these, leave them out by `patterns` of the profile; else "
        "tell the clearinghouse that nobody here reads them. Asking again brings the same",
        count=len(files),
        ids=tuple(named(one) for one in files),
    )


def named(result: FileResult) -> str:
    """What a received file is called here."""
    return house_name(result.digest, result.file, kind_of(result)) if result.digest else UNKNOWN


def slow_notes(results: Iterable[FileResult]) -> Iterator[Note]:
    """One note for all files that a fault of ours kept from the quick way."""
    found = [problem for one in results for problem in one.problems if problem.code == ALONE]
    if found:
        yield Note(
            kind="receive.alone",
            urgency="know",
            what=f"{counted(len(found), 'file')} received the slow way, nothing is missing: "
            f"{found[0].message}",
            todo="tell the makers of Claimline the place that is named",
            count=len(found),
        )


def conflicts(results: Iterable[FileResult]) -> Iterator[Note]:
    """Claims of another system that were not taken over."""
    found = {
        named(one): [number for each in one.adopted for number in each.conflicting]
        for one in results
        if any(each.conflicting or each.left_out for each in one.adopted)
    }
    left = sum(each.left_out for one in results for each in one.adopted)
    numbers = [number for some in found.values() for number in some]
    if found:
        files = next(iter(found)) if len(found) == 1 else f"{len(found):,} files"
        yield Note(
            kind="receive.not-taken-over",
            urgency="soon",
            what=f"{counted(len(numbers) + left, 'claim')} of {files} "
            "not taken over: their numbers are known with other content, or they have no day",
            todo="claimline receive FILE names them; compare with the claims in the ledger",
            count=len(numbers) + left,
            ids=(*found, *dict.fromkeys(map(shown_number, numbers))),
        )


def taken_over(night: Night, results: Iterable[FileResult]) -> Iterator[Note]:
    """Claims of other systems that are in the books from now on, those of strangers first."""
    files = {one.digest: named(one) for one in results if any(a.adopted for a in one.adopted)}
    if not files:
        return
    with night.ledger() as ledger, ledger.reading() as connection:
        found = nights.adopted_from(connection, files)
    ours = {one.npi for one in night.practice.entities.values()}
    ours |= {one.npi for one in night.practice.people.values()}
    for strange in (True, False):
        some = [one for one in found if (one.billing_npi not in ours) == strange]
        if not some:
            continue
        whose = "whose billing NPI is not in the practice file" if strange else "of ours"
        npis = ", ".join(dict.fromkeys(one.billing_npi or "none" for one in some[:SHOWN]))
        yield Note(
            kind="receive.strangers" if strange else "receive.taken-over",
            urgency="soon" if strange else "know",
            what=f"{counted(sum(one.claims for one in some), 'claim')} {whose} taken over from "
            f"{counted(len(files), 'file')} of another system: they count as sent, in what is open "
            f"and in what is missing (NPI {npis})",
            todo="are these the practice's own claims, put the NPI into the practice file; if not, "
            "find out who put the files there: the books count them"
            if strange
            else "",
            count=sum(one.claims for one in some),
            money=sum((dollars(one.charge) for one in some), Decimal("0.00")),
            ids=tuple(files.values()),
        )


def other_book(night: Night, results: Iterable[FileResult]) -> Iterator[Note]:
    """Payments of the other book: they are kept apart, and nobody looks there each night."""
    mine = night.usage
    found = [(one, p) for one in results for p in one.payments if p.usage != mine]
    if other := len(found):
        files = dict.fromkeys(named(one) for one, _ in found)
        book = BOOKS["T" if mine == "P" else "P"]
        yield Note(
            kind="receive.other-book",
            urgency="soon" if mine == "T" else "know",
            what=f"{counted(other, 'payment')} came for the {book} book; this night works with "
            f"the {BOOKS[mine]} book{_below_zero(p.paid for _, p in found if not p.part)}",
            todo="" if mine == "P" else _PRODUCTION,
            count=other,
            money=sum((p.paid for _, p in found if not p.part), Decimal("0.00")),
            ids=(*files, *dict.fromkeys(p.trace for _, p in found if p.trace)),
        )


def _below_zero(amounts: Iterable[Decimal]) -> str:
    """A word on payments below zero, which no payment is (BPR02): the sum may be below zero too."""
    found = [amount for amount in amounts if amount < 0]
    if not found:
        return ""
    verb = "is" if len(found) == 1 else "are"
    return f"; {len(found):,} of them {verb} below zero ({sum(found):,.2f}): the sender's fault"
