"""How a claim came about: every decision from minutes to the SV1 segment, with who decided.

The reasons are those the mapper gave when it drafted the claim; here they are put under what they
are about, beside the rule's table or the payer's policy that decided. ``bill --explain`` asks for
a draft, ``trace`` for a claim that was sent.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from attrs import asdict, frozen

from edi import envelope
from edi.expected import amounts, in_words, of_text
from mapping.codes import MODIFIER_GROUPS
from mapping.draft import ClaimDraft
from mapping.practice import Practice
from reconcile.ledger import ClaimStory

Content = dict[str, Any]
_CHARGE: Final = re.compile(r"\d+ x [\d.]+ = ")
_STATED: Final = re.compile(r"(\w\w) as stated in the visit")
_SAME_LINE: Final = re.compile(r"\d+ rows of the code came out the same")
# What a reason of the whole claim is about, by how it begins: the topic and the words for it; the
# rest is about units.
_OF_CLAIM: Final = tuple(
    (re.compile(begins), topic, about)
    for begins, topic, about in (
        (r"(KX): ", "kx", "KX"),
        (r"(CQ|CO) by unit: ", "assistant", ""),
        (r"rule \w+ would give ", "other rules", "other rules"),
        (r"unit rule of ", "units", "rule"),
        (r"\d+ visits of the day on one claim", "claim", "claim"),
        (r"further coverage ", "coverage", "coverage"),
        (r"billed under ", "clinician", "clinician"),
        (r"place ", "place", "place"),
        (r"corrects claim ", "correction", "correction"),
        (r"rule ", "own rule", "own rule"),
    )
)
SHOWN: Final = (  # of a line, beside its steps
    "number", "code", "modifiers", "therapist_minutes", "assistant_minutes", "units", "charge",
    "evidence",
)  # fmt: skip
# Which key of the payer's policy decides about what.
POLICY_KEYS: Final[Mapping[str, str]] = {
    "units": "unit_rule",
    "split": "assistant_modifiers",
    "distinct": "distinct_modifier",
    "discipline": "discipline_modifier",
    "assistant": "assistant_modifiers",
    "kx": "kx",
    "telehealth": "telehealth_modifier",
}
# Which table decides about what, by a word of its version.
TABLES: Final[Mapping[str, tuple[str, ...]]] = {
    "units": ("therapy codes",),
    "distinct": ("pair", "PTP"),
    "kx": ("therapy thresholds",),
}


@frozen(kw_only=True)
class Step:
    """One decision. ``topic`` is stable for programs, ``about`` is what a person reads."""

    topic: str
    about: str
    why: str
    by: str = ""


def of_draft(draft: ClaimDraft, practice: Practice, segments: Sequence[str]) -> Content:
    """The decisions of a draft; ``segments`` are its SV1 as written, in the order of lines."""
    origin = practice.resolve(draft.payer, draft.date).origin
    lines: list[Content] = [
        {
            "number": one.number,
            "code": one.code,
            "modifiers": list(one.modifiers),
            "therapist_minutes": one.therapist_minutes,
            "assistant_minutes": one.assistant_minutes,
            "units": str(one.units),
            "charge": str(one.charge),
            "because": one.because,
            "evidence": list(one.evidence),
            "terms": one.expected.text if one.expected is not None else "",
        }
        for one in draft.decisions
    ]
    return decided(draft.because, draft.versions, lines, segments, origin)


def of_sent(story: ClaimStory, sent: Content, practice: Practice | None) -> Content:
    """The decisions of a claim that was sent.

    Args:
        story: the claim in the ledger.
        sent: what ``trace`` tells of it: reasons, versions, lines, segments.
        practice: for who set the keys of the payer's policy, where it is at hand.
    """
    claim = story.sent.claim
    terms = {line.number: line.terms for line in claim.lines}
    lines = [line | {"terms": terms[line["number"]]} for line in sent["lines"]]
    segments = [text for text in sent["segments"] if text.startswith("SV1")]
    origin: Mapping[str, str] = {}
    if practice is not None and claim.payer in practice.payers:
        origin = practice.resolve(claim.payer, claim.date).origin
    return decided(sent["because"], sent["versions"], lines, segments, origin)


def decided(
    because: Sequence[str],
    versions: Sequence[str],
    lines: Sequence[Mapping[str, Any]],
    segments: Sequence[str],
    origin: Mapping[str, str],
) -> Content:
    """The decisions of a claim, as plain values.

    Args:
        because: reasons of the claim as a whole.
        versions: tables and policy rows that decided.
        lines: number, code, modifiers, minutes, units, charge, because, evidence and terms (the
            text of ``edi.expected``) of each.
        segments: the SV1 segment of each line, or none.
        origin: where each key of the policy comes from; empty where that is not known.
    """
    by = _sources(versions, origin)
    shown = [*segments, *[""] * len(lines)]
    return {
        "steps": [asdict(step) for step in _claim_steps(because, by)],
        "lines": [
            {
                **{key: line[key] for key in SHOWN},
                "segment": shown[place],
                "steps": [asdict(step) for step in _line_steps(line, by)],
            }
            for place, line in enumerate(lines)
        ],
        "decided_by": list(versions),
    }


def service_segments(data: bytes) -> dict[str, list[str]]:
    """The SV1 segments of each claim of an 837P, by patient control number."""
    found: dict[str, list[str]] = {}
    current: list[str] = []
    for interchange in envelope.read([data], []):
        mark = interchange.separators.element
        for group in interchange.groups():
            for transaction in group.transactions():
                for text in transaction.texts():
                    if text.startswith(f"CLM{mark}"):
                        current = found.setdefault(text.split(mark)[1], [])
                    elif text.startswith(f"SV1{mark}"):
                        current.append(text)
    return found


def _sources(versions: Sequence[str], origin: Mapping[str, str]) -> dict[str, str]:
    """Table versions and policy rows by topic."""
    made = {}
    for topic in {*POLICY_KEYS, *TABLES}:
        words = TABLES.get(topic, ())
        tables = [v for v in versions if any(word in v for word in words)]
        key = POLICY_KEYS.get(topic, "")
        policy = [f"{key}: {origin[key]}"] if key in origin else []
        made[topic] = "; ".join([*tables, *policy])
    return made


def _claim_steps(because: Iterable[str], by: Mapping[str, str]) -> Iterator[Step]:
    """The reasons of the whole claim: units of the day, other rules, the yearly bucket."""
    for why in because:
        for begins, topic, about in _OF_CLAIM:
            found = begins.match(why)
            if found:
                named = found[1] if begins.groups else ""  # a modifier, and what is said of it
                words = why.removeprefix(f"{named}: ") if named else why
                yield Step(topic=topic, about=about or named, why=words, by=by.get(topic, ""))
                break
        else:
            yield Step(topic="units", about="units", why=why)


def _line_steps(line: Mapping[str, Any], by: Mapping[str, str]) -> Iterator[Step]:
    """The reasons of a line, in the order of the work."""
    yield _minutes(line)
    for why in line["because"]:
        yield _line_step(why, line, by)
    yield from _expected(line)
    for shown in line["evidence"]:
        yield Step(topic="evidence", about="shown by", why=shown)


def _minutes(line: Mapping[str, Any]) -> Step:
    own, other = line["therapist_minutes"], line["assistant_minutes"]
    if own is None:
        return Step(topic="minutes", about="minutes", why="not known: sent by another system")
    words = f"therapist {own}, assistant {other}" if other else f"therapist {own}"
    if not own and not other:
        words = "none"
    return Step(topic="minutes", about="minutes", why=words)


def _line_step(why: str, line: Mapping[str, Any], by: Mapping[str, str]) -> Step:
    """A reason under what it is about: units, a modifier, how a code was split, the charge."""
    head, _, rest = why.partition(": ")
    if head == line["code"]:
        return Step(topic="units", about="units", why=rest)
    if head in line["modifiers"]:
        topic = MODIFIER_GROUPS.get(head, "other")
        return Step(topic=topic, about=head, why=rest, by=by.get(topic, ""))
    stated = _STATED.fullmatch(why)
    if stated:
        topic = MODIFIER_GROUPS.get(stated[1], "other")
        return Step(topic=topic, about=stated[1], why="stated in the visit")
    if _CHARGE.match(why):
        return Step(topic="charge", about="charge", why=why)
    if _SAME_LINE.match(why):
        return Step(topic="line", about="line", why=why)
    return Step(topic="split", about="split", why=why, by=by["split"])


def _expected(line: Mapping[str, Any]) -> Iterator[Step]:
    """What the payer should allow and pay, with the arithmetic and what was assumed."""
    terms = of_text(line["terms"])
    if terms is None:
        return
    if terms.why:
        yield Step(topic="expected", about="expected", why=f"no amount: {terms.why}")
        return
    units, charge = Decimal(line["units"]), Decimal(line["charge"])
    found = amounts(terms, units, charge, full=terms.full)
    words = in_words(terms, units, charge, found, full=terms.full)
    yield Step(topic="expected", about="expected", why=words, by=terms.version)
    for note in (*terms.notes, terms.unsure):
        if note:
            yield Step(topic="expected", about="assumed", why=note)
