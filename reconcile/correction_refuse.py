"""Why a road of correction is the wrong one, and what to do instead."""

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Final, Literal

from edi.claim import FREQUENCY_ORIGINAL
from reconcile.correction_caution import FIND_FIRST, forbidden
from reconcile.correction_deadline import PART_B, Deadline
from reconcile.correction_standing import DUPLICATE, RECORDS, Answered, Changes, Standing

Road = Literal["replacement", "void", "new", "reopening", "appeal", "records"]
TOO_LATE: Final = "too late"
FORGOTTEN: Final = (
    "a line that was forgotten or not split cannot be brought in afterwards: call the payer before "
    "anything is sent, and never send it as a new claim"
)
OWN_WORDS: Final = {  # why a reopening cannot take a change (42 CFR 405.980; CMS 100-04 ch. 34)
    "line added": "a reopening cannot add a line",
    "line removed": "a reopening cannot remove a line",
    "billing provider": "a reopening cannot change the billing provider",
    "year": "a reopening cannot change the year of service",
    "payer": "a reopening cannot change the payer",
}


UNPROCESSED_TODO: Final = (
    "give these lines alone as a visit with an id of its own and let claimline bill make the new "
    "claim; the lines that were paid must not be in it"
)

PART_B_DENIED: Final = (
    "ask for a reopening (--road reopening), or appeal with records (--road appeal)"
)
PART_B_PAID: Final = (
    "a fault of the claim: ask for a reopening (--road reopening); paid by mistake: ask the "
    "contractor how it takes money back"
)
Wrong = tuple[str, str]  # why, and what to do instead
Check = Callable[[Standing, Changes], Iterator[Wrong]]


def takes_new_claim(given: Standing) -> bool:
    """Whether the policy says that this payer takes a new claim for what it denied whole."""
    is_part_b = given.facts.family == PART_B
    return (
        bool(given.facts.takes_new_claim) and bool(given.worked) and not (is_part_b or given.paid)
    )


def _new(given: Standing, changes: Changes) -> Iterator[Wrong]:
    """A new claim is for what was never adjudicated."""
    remark, findings = given.unprocessable, [one.finding for one in given.worked]
    by_table = bool(findings) and all(found and found.road == "filing" for found in findings)
    if not (remark or by_table or takes_new_claim(given)) or given.paid:
        paid = "paid" if given.paid else "decided"
        yield (
            f"the payer {paid} this claim: a new one comes back as a duplicate",
            _instead(given),
        )
    if changes is not None and not changes and given.claim.frequency == FREQUENCY_ORIGINAL:
        yield (
            "the corrected visit makes the same claim again: it comes back for the same reason",
            "mend what the payer named, in the visit or in the practice file",
        )


def _replacement(given: Standing, changes: Changes) -> Iterator[Wrong]:
    """Frequency 7 goes to payers that take it, with their number, for what they adjudicated."""
    yield from _frequency(given, "replacement claims (frequency 7)", given.facts.takes_replacement)
    yield from forbidden(given, "replacement")
    findings = [one.finding for one in given.worked]
    if findings and all(x and x.road == "filing" for x in findings) and not given.paid:
        yield (
            "the payer decided nothing that could be replaced, and wants a new claim",
            "send a new claim: --road new",
        )
    if any(one.finding and one.finding.category == RECORDS for one in given.worked):
        yield (
            "the payer wants records: a replacement starts the clock again and makes a duplicate",
            "send what its letter names, by the channel it names",
        )
    if changes is not None and not changes:
        yield (
            "the corrected visit makes the same claim again: a replacement would change nothing",
            "mend the visit or the practice file, or appeal: --road appeal",
        )


def _void(given: Standing, _changes: Changes) -> Iterator[Wrong]:
    """Frequency 8 likewise."""
    yield from _frequency(given, "void claims (frequency 8)", given.facts.takes_void)


def _frequency(given: Standing, what: str, taken: bool | None) -> Iterator[Wrong]:
    """What frequencies 7 and 8 have in common."""
    if given.facts.family == PART_B:
        yield ("Medicare Part B takes no frequency 7 or 8", _instead(given))
    if taken is None:
        key = "takes_void" if "void" in what else "takes_replacement"
        yield (
            f"nobody has said whether {given.name} takes {what}",
            f"ask the payer and write {key} = true or false into its policy",
        )
    if taken is False:
        yield (f"{given.name} takes no {what}", _instead(given))
    if given.unprocessable and not given.paid:
        words = f"{given.unprocessable}: the payer processed nothing and wants a new claim"
        yield (words, "send a new claim: --road new")
    if not given.payer_claim:
        yield (
            "the payer's own claim number (CLP07) is not here: nobody can tell it which is meant",
            "receive the remittance that has it, or ask the payer",
        )


def _reopening(given: Standing, changes: Changes) -> Iterator[Wrong]:
    """A clerical fault of an adjudicated Part B claim; lines, billing provider, year stay."""
    if given.unprocessable and not given.paid:
        words = f"{given.unprocessable}: the payer processed nothing that could be reopened"
        yield (words, "send a new claim: --road new")
    if given.facts.reopening_days is None and given.facts.family != PART_B:
        yield (
            f"the policy of {given.name} knows no reopening",
            "write reopening_days into its policy if it takes them, or send a replacement",
        )
    if is_parted(given) and not spares_unprocessed(given, changes):
        yield (unprocessed_part(given), UNPROCESSED_TODO)
    found = [one for one in changes or () if one.kind in OWN_WORDS]
    if found:
        what = "; ".join(dict.fromkeys(f"{OWN_WORDS[x.kind]} ({x.place})" for x in found))
        yield (
            what,
            FORGOTTEN,
        )
    if changes is not None and not changes:
        yield ("the corrected visit makes the same claim again", "appeal: --road appeal")


def _appeal(given: Standing, _changes: Changes) -> Iterator[Wrong]:
    """A decision that records can change."""
    if given.unprocessable and not given.paid:
        words = f"{given.unprocessable}: there is no decision to appeal"
        yield (words, "send a new claim: --road new")
    if wants_records(given):
        yield (
            "the payer wants records and has not decided: there is no decision to appeal yet",
            "send what its letter names, by the letter's date: --road records",
        )
    yield from forbidden(given, "appeal")
    if is_parted(given) and len(_unprocessed(given)) == len(given.worked):
        yield (unprocessed_part(given), UNPROCESSED_TODO)
    if not given.worked:
        yield ("no line is denied or cut: there is nothing to appeal", "")


def _records(given: Standing, _changes: Changes) -> Iterator[Wrong]:
    """What the payer's letter asks for."""
    if not wants_records(given):
        yield ("the payer asks for no records", "an appeal encloses them: --road appeal")


def wants_records(given: Standing) -> bool:
    """Whether the payer asks for records before it decides: that is no appeal yet."""
    return {one.finding.category for one in given.worked if one.finding} == {RECORDS}


def takes_replacement(given: Standing) -> bool:
    """Whether a fault of a decided claim is mended by frequency 7; where nobody says, asked."""
    return given.facts.family != PART_B and given.facts.takes_replacement is not False


def is_parted(given: Standing) -> bool:
    """Whether a payer without replacements paid a part and returned the rest unprocessed."""
    return bool(given.unprocessable) and given.paid and not takes_replacement(given)


def unprocessed_part(given: Standing) -> str:
    """Of a claim that was paid in part: the lines the payer did not process."""
    lines = ", ".join(f"{one.line.number} {one.line.code}" for one in _unprocessed(given))
    return (
        f"{given.unprocessable}: the payer paid a part and did not process line {lines}: no "
        "reopening, no appeal of that"
    )


def spares_unprocessed(given: Standing, changes: Changes) -> bool:
    """Whether lines are to change, and only such as the payer has processed."""
    places = {one.place for one in changes or () if one.place.startswith("line ")}
    own = {f"line {one.line.number}, {one.line.code}" for one in _unprocessed(given)}
    return bool(places) and not places & own


def _unprocessed(given: Standing) -> tuple[Answered, ...]:
    """The lines that the payer returned."""
    return tuple(one for one in given.worked if not one.books.paid)


CHECKS: Final[dict[Road, Check]] = {
    "new": _new,
    "replacement": _replacement,
    "void": _void,
    "reopening": _reopening,
    "appeal": _appeal,
    "records": _records,
}


def _instead(given: Standing) -> str:
    """The right road in place of a wrong one."""
    if given.unprocessable and not given.paid:
        return "send a new claim: --road new"
    if is_parted(given):
        return UNPROCESSED_TODO
    if {DUPLICATE} == {one.finding.category for one in given.worked if one.finding}:
        return FIND_FIRST
    if given.facts.family == PART_B:
        return PART_B_DENIED if given.worked else PART_B_PAID
    if given.facts.takes_replacement:
        return "send a replacement: --road replacement"
    return "appeal (--road appeal), or ask the payer how it takes corrections"


def late(given: Standing, due: Deadline | None, on: dt.date) -> Wrong | None:
    """Whether the payer's last day is over."""
    if due is None or on <= due.last:
        return None
    return (
        f"{TOO_LATE}: the last day for a {due.name} was {due.last} ({due.source})",
        "write it off, or ask the payer for good cause; never bill the patient for it"
        if given.facts.family == PART_B
        else "read the contract again: if it allows more days, mend the payer's policy",
    )
