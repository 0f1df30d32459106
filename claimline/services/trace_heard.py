"""What receivers said of claims before any payment, for ``trace`` and ``timely``."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from sqlalchemy import Connection, select

from edi.acknowledgement import Status
from edi.acknowledgement_words import list_name, todo
from reconcile.acknowledgements import Code, Heard, Standing, next_step, standing
from reconcile.acknowledgements_match import Sending
from reconcile.ledger import ClaimStory, Ledger, bulk
from reconcile.ledger.acknowledgements_read import heard_of, sendings_of
from reconcile.ledger.tables import file, sent_claim
from reconcile.ledger.tables_answered import delivered_file, unsent_file

Content = dict[str, Any]
Key = tuple[str, str, str]  # CLM01, CLM05-3, first day of service
LEVELS: Final = {
    "interchange": "file",
    "group": "file",
    "transaction": "transaction",
    "provider": "billing provider's claims",
    "claim": "claim",
    "line": "line",
}
BY: Final = {"portal": "by portal", "paper": "on paper", "phone": "by telephone"}
USUAL: Final = ("send again as an original", "send again", "fix")  # the step says it better
MASKED: Final = "*** (--show-patient on a terminal)"


def key_of(story: ClaimStory) -> Key:
    """What tells a claim from others in its book."""
    claim = story.sent.claim
    return claim.control, claim.frequency, claim.date.isoformat()


def heard(
    ledger: Ledger, stories: Iterable[ClaimStory], usage: str, *, show_patient: bool = False
) -> dict[Key, Content]:
    """What was said of each claim and what it comes to, as plain values."""
    with ledger.reading() as connection:
        numbers = numbers_of(connection, {story.sent.claim.control for story in stories}, usage)
        said = heard_of(connection, numbers.values())
        sendings = sendings_of(connection, list(numbers.values()))
        back = _taken_back(connection, {one.file for some in sendings.values() for one in some})
        names = _names(connection, {one.sent_file for some in said.values() for one in some})
    return {
        key: told(
            said[number],
            len(sendings[number]),
            names,
            newest=newest(said[number], sendings[number], back),
            show_patient=show_patient,
        )
        for key, number in numbers.items()
    }


def newest(history: tuple[Heard, ...], sendings: Sequence[Sending], back: set[int]) -> int:
    """The sending that counts: the newest that was not taken back, or was answered all the same."""
    answered = {one.sending for one in history}
    went = (n for n, one in enumerate(sendings) if one.file not in back or n in answered)
    return max(went, default=len(sendings) - 1)


def _taken_back(connection: Connection, files: set[int]) -> set[int]:
    """Those of these files that a person took back, and that did not leave all the same."""
    found: set[int] = set()
    for batch in bulk.batches(sorted(files)):
        left = select(delivered_file.c.file_id).where(delivered_file.c.file_id.in_(batch))
        query = select(unsent_file.c.file_id).where(
            unsent_file.c.file_id.in_(batch), unsent_file.c.file_id.not_in(left)
        )
        found.update(connection.execute(query).scalars())
    return found


def numbers_of(connection: Connection, controls: set[str], usage: str) -> dict[Key, int]:
    """The row numbers of the claims of these numbers."""
    c = sent_claim.c
    found: dict[Key, int] = {}
    for batch in bulk.batches(sorted(controls)):
        query = select(c.id, c.control, c.frequency, c.date).where(
            c.usage == usage, c.control.in_(batch)
        )
        for row in connection.execute(query.order_by(c.id)):
            found[row.control, row.frequency, row.date] = row.id
    return found


def _names(connection: Connection, files: set[int]) -> dict[int, str]:
    found: dict[int, str] = {}
    for batch in bulk.batches(sorted(files - {0})):
        query = select(file.c.id, file.c.name).where(file.c.id.in_(batch))
        found.update((row.id, row.name) for row in connection.execute(query))
    return found


def told(
    history: tuple[Heard, ...],
    sendings: int,
    names: dict[int, str],
    *,
    newest: int,
    show_patient: bool,
) -> Content:
    """The history of one claim, and where the sending that counts stands."""
    now = standing(history, sending=newest)
    return {
        "acknowledgements": [_word(one, names, show_patient=show_patient) for one in history],
        "acknowledged": {
            "verdict": now.verdict,
            "by": who(now.word) if now.word else None,
            "sendings": sendings,
            "next_step": _next(now) or None,
        },
    }


def _next(now: Standing) -> str:
    """What to do, with what the codes say is to be done."""
    step = next_step(now)
    if now.word is None or not now.word.refuses:
        return step
    said = dict.fromkeys(each for code in now.word.codes for each in _todo(code).split("; "))
    codes = [each for each in said if each and not each.endswith(USUAL)]
    return f"{step}; by the codes: {', '.join(codes)}" if codes else step


def _todo(code: Code) -> str:
    if code.list == "report" or not code.code:
        return ""
    return todo(Status(list=code.list, code=code.code))


def who(word: Heard) -> str:
    """Who says it: ``RELAY (clearinghouse)``; by hand, who entered it and how it came."""
    if word.kind == "hand":
        how = BY.get(word.reference, "")
        return f"{word.source}, told {how}, entered by {word.source_name}".replace("  ", " ")
    return f"{word.source_name or 'no name'} ({word.source})"


def _word(one: Heard, names: dict[int, str], *, show_patient: bool) -> Content:
    return {
        "date": one.date,
        "kind": one.kind,
        "source": one.source,
        "by": who(one),
        "level": one.level,
        "about": LEVELS[one.level],
        "verdict": one.verdict,
        "codes": [
            {"list": list_name(code.list, one.kind), "code": code.code, "words": code.words}
            for code in one.codes
        ],
        "text": one.text if show_patient or not one.text else MASKED,
        "payer_claim": one.payer_control or None,
        "line": one.line or None,
        "own_fault": one.own_fault,
        "sending": one.sending + 1,
        "our_file": names.get(one.sent_file),
        "our_transaction": one.sent_transaction or None,
        "matched_by": one.method,
        "file": one.file or None,
        "interchange": one.interchange or None,
        "transaction": one.transaction or None,
        "segment": one.position or None,
        "received": one.recorded_at,
    }
