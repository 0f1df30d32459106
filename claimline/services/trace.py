"""The story of a claim: what was sent, what came back, where the money stands, what to do next.

Names are given only where they may be shown. Each view of a patient's claim is recorded.
"""

import datetime as dt
import json
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, Final

from attrs import asdict, frozen

from claimline import __version__
from claimline.services import plb_reference
from claimline.services.by_hand_told import said_by_hand, with_said
from claimline.services.claims import life_of
from claimline.services.correct_kept import corrections_of
from claimline.services.denials import unmatched_row, waits, whole
from claimline.services.explain_claim import of_sent
from claimline.services.judging import judged, judged_fields
from claimline.services.owes import Owing, claim_key, cut_of, of_story
from claimline.services.payer_facts import Facts
from claimline.services.plain import adjustment, money, number
from claimline.services.sent_segments import sent_segments
from claimline.services.trace_heard import heard, key_of
from edi import codes
from mapping.practice import Practice
from reconcile import corrected_patient
from reconcile.attention import concerns
from reconcile.books import claim_books
from reconcile.by_policy import by_policy
from reconcile.expected import Answered
from reconcile.judged import Judged
from reconcile.keys import stem
from reconcile.ledger import ClaimStory, Found, Ledger, Payment, Run, Usage, counted_on, reading
from reconcile.ledger.counted_on import Waiting
from reconcile.ledger.find import FEW, held_for
from reconcile.ledger.kept import KeptAnswer, kept_answers
from reconcile.ledger.tables_received import remittance
from reconcile.plb import ProviderEntry, Receivable
from reconcile.report import denial_rows
from reconcile.values import Adjudication, LineBooks, LineShare, PayerFacts, SentLine

Content = dict[str, Any]
SEVERAL: Final = 5  # claims up to which each is told with its segments
UNKNOWN: Final = "not in our tables"
MASKED: Final = "*** (--show-patient on a terminal)"


@frozen(kw_only=True)
class Question:
    """Who asks what, and when. ``show_patient``: names may be shown."""

    identifier: str
    on: dt.date
    now: dt.datetime
    user: str
    usage: Usage | None = None
    show_patient: bool = False
    explain: bool = False  # every decision of the claims; of a visit they are always told


@frozen(kw_only=True)
class Answer:
    """What an identifier is, and the stories of the claims it leads to."""

    kind: str  # empty: not known
    families: tuple[str, ...] = ()
    claims: tuple[Content, ...] = ()
    held: tuple[str, ...] = ()  # keys of held claims, where it is a visit that waits
    unmatched: tuple[Content, ...] = ()  # payments that fit no claim of ours
    payments: tuple[Content, ...] = ()  # where the identifier is a check or EFT number
    more: bool = False  # there are more claims than are told


def trace(ledger: Ledger, question: Question, practice: Practice | None = None) -> Answer:
    """Find the claims an identifier names and tell their stories."""
    found = _chosen(ledger.find(question.identifier), question.usage)
    if found is None or not found.families:
        return _without_claim(ledger, question, found)
    facts = Facts(ledger, practice, question.on)
    stories = [
        story for family in found.families for story in ledger.story(family, usage=found.usage)
    ]
    _record_views(ledger, stories, question)
    facts.learn(ledger, found.usage, ((s.sent.claim, s.adjudications) for s in stories))
    owing = Owing(facts, question.on, practice)
    with_segments = len(stories) <= SEVERAL
    with ledger.reading() as connection:
        stems = {stem(story.sent.claim.control) for story in stories}
        kept = kept_answers(connection, stems, usage=found.usage)
        waiting = counted_on.waiting(connection, found.families, found.usage)
    said = heard(ledger, stories, found.usage, show_patient=question.show_patient)
    corrections = corrections_of(ledger, {s.sent.claim.control for s in stories}, found.usage)
    told = tuple(
        _told(
            ledger,
            story,
            facts,
            question,
            with_segments=with_segments,
            cut=cut_of(kept, story.sent.claim),
            correction=waiting.get(claim_key(story.sent.claim)),
        )
        | {
            "kept": [_kept(one) for one in kept.get(stem(story.sent.claim.control), ())],
            "patient_owes": of_story(
                owing,
                facts,
                story,
                stories,
                cut=cut_of(kept, story.sent.claim),
                correction=waiting.get(claim_key(story.sent.claim)),
            ),
            "corrections": corrections.get(story.sent.claim.control, []),
            **said[key_of(story)],
        }
        for story in stories
    )
    hand = said_by_hand(ledger, (a for s in stories for a in s.adjudications), found.usage)
    told = tuple(with_said(one, hand) for one in told)
    if question.explain or found.kind == "visit id":
        told = tuple(
            one | {"decided": of_sent(story, one["sent"], practice)}
            for one, story in zip(told, stories, strict=True)
        )
    more = len(found.families) >= FEW
    return Answer(
        kind=found.kind,
        families=found.families,
        claims=told,
        more=more,
        payments=_payments(ledger, found, show_patient=question.show_patient),
        unmatched=_unmatched(ledger, question) if found.payments else (),
    )


def _kept(given: KeptAnswer) -> Content:
    """An answer that names a claim and is not on the books, with why it is not."""
    amounts = {"charge": money(given.charge), "paid": money(given.paid)}
    return asdict(given) | amounts | {"date": given.date.isoformat()}


def _payments(ledger: Ledger, found: Found | None, *, show_patient: bool) -> tuple[Content, ...]:
    """The payments of a check or EFT number, each with its provider adjustments."""
    if found is None or not found.payments:
        return ()
    with ledger.reading() as connection:
        kept = reading.payments(connection, remittance.c.id.in_(found.payments))
        pairs = [
            pair
            for payer in {each.payer for each in kept}
            for pair in reading.provider_adjustments(connection, usage=found.usage, payer=payer)
        ]
        references = [pair.adjustment.reference for pair in pairs]
        known = plb_reference.members_in(connection, found.usage, references)
    traces = {each.trace for each in kept}
    others = (one.payment for one in ledger.unposted(usage=found.usage) if one.trace in traces)
    known |= {member for one in others for member in plb_reference.of_payment(one)}
    return tuple(_payment(each, pairs, known, show_patient=show_patient) for each in kept)


def _payment(
    given: Payment,
    pairs: Iterable[ProviderEntry],
    members: AbstractSet[str],
    *,
    show_patient: bool,
) -> Content:
    """One payment as plain values."""
    sums = {
        "claims_paid": given.claims_paid,
        "provider_adjusted": given.provider_adjusted,
        "difference": given.difference,
    }
    own = [p for p in pairs if (p.trace, p.date) == (given.trace, given.date)]
    return {
        "trace": given.trace,
        "payer": given.payer,
        "paid": money(given.paid),
        "date": given.date.isoformat(),
        "method": given.method,
        "state": given.state,
        "why": given.why,
        "file": given.file,
        "usage": given.usage,
        "claim_count": given.claims,
        **{key: None if amount is None else money(amount) for key, amount in sums.items()},
        "provider_adjustments": [
            {
                "reason": p.adjustment.reason,
                "reference": _reference(p.adjustment.reference, members, show_patient=show_patient),
                "amount": money(p.adjustment.amount),
            }
            for p in own
            if given.state == "posted"
        ],
    }


def _chosen(found: Sequence[Found], usage: Usage | None) -> Found | None:
    """The surest kind that leads to claims; production before test."""
    wanted = [each for each in found if usage in {None, each.usage}]
    with_claims = [each for each in wanted if each.families]
    if not with_claims:
        return wanted[0] if wanted else None
    surest = [each for each in with_claims if each.kind == with_claims[0].kind]
    return next((each for each in surest if each.usage == "P"), surest[0])


def _without_claim(ledger: Ledger, question: Question, found: Found | None) -> Answer:
    """What an identifier is that leads to no sent claim: a held visit, an unmatched payment."""
    with ledger.reading() as connection:
        held = held_for(connection, question.identifier)
    unmatched = _unmatched(ledger, question)
    kinds = ("held visit" if held else "", "unmatched payment" if unmatched else "")
    kind = next(filter(None, (found.kind if found else "", *kinds)), "")
    return Answer(
        kind=kind,
        held=held,
        unmatched=unmatched,
        payments=_payments(ledger, found, show_patient=question.show_patient),
    )


def _unmatched(ledger: Ledger, question: Question) -> tuple[Content, ...]:
    """The claim payments of that number, claim's or check's, that fit no claim of ours."""
    word = question.identifier.strip().upper()
    return tuple(
        unmatched_row(p, question.on)
        for p in ledger.unposted(usage=question.usage or ledger.book())
        if word in {p.payment.control.upper(), p.payment.payer_control.upper()}
        or word.lstrip("0") == p.trace.upper().lstrip("0")
    )


def _record_views(ledger: Ledger, stories: Iterable[ClaimStory], question: Question) -> None:
    """Who looked at which patient's claim, and when."""
    seen = [(s.sent.claim.patient, s.sent.claim.control) for s in stories]
    if not seen:
        return
    run = Run(command="trace", version=__version__, started=question.now, user=question.user)
    with ledger.begin(run) as writer:
        for patient, control in seen:
            writer.viewed(user=question.user, patient=patient, subject=control)


def _told(
    ledger: Ledger,
    story: ClaimStory,
    facts: Facts,
    question: Question,
    *,
    with_segments: bool,
    cut: KeptAnswer | None,
    correction: Waiting | None,
) -> Content:
    """One claim's story as plain values; its segments where there are not many claims."""
    claim = story.sent.claim
    books = by_policy(claim_books(claim, story.adjudications), facts.answering(claim))
    near = [line for _, line in story.neighbours]
    payer = facts.of(claim, story.sent.payer_name)
    telling = facts.telling(claim, story.sent.payer_name)
    todo = denial_rows(
        claim,
        books,
        story.adjudications,
        near,
        payer,
        on=question.on,
        facts_of=telling,
    )
    if correction is not None:
        todo = (row | waits(correction) for row in todo)
    own = Answered(claim=claim, adjudications=story.adjudications, books=books)
    judgements = judged(ledger, [own], story.usage)
    return {
        "claim": claim.control,
        "family": claim.family,
        "follows": claim.follows or None,
        "frequency": claim.frequency,
        "payer_rank": claim.payer_rank,
        "patient": _patient(story, question),
        "payer": story.sent.payer_name or claim.payer,
        "payer_claims": sorted({a.payer_control for a in story.adjudications} - {""}),
        "date": claim.date.isoformat(),
        "charge": money(claim.charge),
        "collected": money(claim.collected),
        "sent": _sent(story)
        | {"segments": _segments(ledger, story, question) if with_segments else []},
        **life_of(story, correction, cut),
        "received": [_adjudication(a, story, telling(a)) for a in story.adjudications],
        "books": [_books(b, judgements.get((claim.control, b.line))) for b in books],
        "neighbours": [_neighbour(control, line) for control, line in story.neighbours],
        "provider_adjustments": [
            _receivable(r, claim.member_id, show_patient=question.show_patient)
            for r in story.provider_adjustments
        ],
        "next": [whole(row, question.on) for row in todo],
        "concerns": [
            asdict(one)
            for one in (
                *concerns(claim, books, story.adjudications),
                *corrected_patient.concerns_of(claim, story.adjudications),
            )
        ],
    }


def _patient(story: ClaimStory, question: Question) -> Content:
    """Who the patient is, where that may be shown."""
    if not question.show_patient:
        return {"name": MASKED}
    return {
        "name": story.sent.patient_name,
        "birth_date": story.sent.patient_birth,
        "id": story.sent.patient_id,
        "member_id": story.sent.claim.member_id,
    }


def _segments(ledger: Ledger, story: ClaimStory, question: Question) -> list[str]:
    """The claim's segments, looked up in its file."""
    return sent_segments(ledger, story, show_patient=question.show_patient)


def _sent(story: ClaimStory) -> Content:
    """The claim as it went: file, lines, the decisions behind them."""
    decisions = json.loads(story.sent.decisions or "{}")
    by_number = {line["number"]: line for line in decisions.get("lines", [])}
    return {
        "file": story.file,
        "at": story.recorded_at,
        "usage": story.usage,
        "origin": story.origin,
        "transaction": story.sent.transaction,
        "discipline": story.sent.discipline,
        "visits": [visit for visit, _ in story.sent.visits],
        "references": {ref.qualifier: ref.value for ref in story.sent.claim.references},
        "because": decisions.get("because", []),
        "versions": decisions.get("versions", []),
        "warnings": decisions.get("warnings", []),
        "lines": [
            _sent_line(line, by_number.get(line.number, {})) for line in story.sent.claim.lines
        ],
    }


def _sent_line(line: SentLine, decision: Content) -> Content:
    """One line as sent, from minutes to units to modifiers."""
    return {
        "line": line.control,
        "number": line.number,
        "code": line.code,
        "modifiers": list(line.modifiers),
        "date": line.date.isoformat(),
        "units": number(line.units),
        "charge": money(line.charge),
        "therapist_minutes": decision.get("therapist_minutes"),
        "assistant_minutes": decision.get("assistant_minutes"),
        "because": decision.get("because", []),
        "evidence": list(line.evidence),
    }


def _adjudication(given: Adjudication, story: ClaimStory, payer: PayerFacts | None) -> Content:
    """One answer of a payer."""
    own = given.payer == story.sent.claim.payer
    status = codes.lookup("claim_status", given.status)
    return {
        "id": given.id,
        "date": given.date.isoformat(),
        "trace": given.trace,
        "payer": given.payer,
        "payer_name": (own and story.sent.payer_name)
        or (payer.name if payer else "")
        or given.payer,
        "status": given.status,
        "status_words": status.meaning if status else "",
        "payer_claim": given.payer_control,
        "charge": money(given.charge),
        "paid": money(given.paid),
        "remarks": list(given.remarks),
        "matched_by": given.method,
        "forwarded": given.crossover,
        "lines": [_share(share) for share in given.lines],
        "meanings": _meanings(given),
    }


def _meanings(given: Adjudication) -> dict[str, str]:
    """Every code of an answer in our words."""
    reasons = {f"{a.group}-{a.reason}": a.reason for line in given.lines for a in line.adjustments}
    remarks = {code for line in given.lines for code in line.remarks} | {*given.remarks}
    found = {code: codes.lookup("carc", reason) for code, reason in reasons.items()}
    found |= {code: codes.lookup("rarc", code) for code in sorted(remarks)}
    return {code: entry.meaning if entry else UNKNOWN for code, entry in found.items()}


def _share(share: LineShare) -> Content:
    """What an answer says of one line."""
    return {
        "line": share.line,
        "code": share.code,
        "modifiers": list(share.modifiers),
        "charge": money(share.charge),
        "paid": money(share.paid),
        "units": number(share.units) if share.units is not None else None,
        "adjustments": [adjustment(a) for a in share.adjustments],
        "remarks": list(share.remarks),
        "matched_by": share.method,
        "bundled_into": share.bundled_into or None,
    }


def _books(given: LineBooks, one: Judged | None) -> Content:
    """Where one line stands."""
    return {
        "line": given.line,
        "status": given.status,
        "charge": money(given.charge),
        "paid": money(given.paid),
        "contractual": money(given.contractual),
        "patient": money(given.patient),
        "denied": money(given.denied),
        "transferred": money(given.transferred),
        "other": money(given.other),
        "prior_payer": money(given.prior_payer),
        "open": money(given.open),
        "not_explained": money(given.not_explained),
        "patient_credit": money(given.patient_credit),
        "flags": list(given.flags),
        **judged_fields(one),
    }


def _neighbour(control: str, line: SentLine) -> Content:
    """A line of another claim of the patient and day."""
    return {
        "claim": control,
        "line": line.control,
        "code": line.code,
        "modifiers": list(line.modifiers),
        "units": number(line.units),
        "charge": money(line.charge),
        "date": line.date.isoformat(),
    }


def _reference(given: str, members: AbstractSet[str], *, show_patient: bool) -> str:
    """The reference of a provider adjustment; some payers run the member id on to it."""
    return given if show_patient else plb_reference.shown(given, members)


def _receivable(given: Receivable, member: str, *, show_patient: bool) -> Content:
    """Provider adjustments whose reference names the claim: a hint, posted to no claim."""
    return {
        "payer": given.payer,
        "kind": given.kind,
        "reference": _reference(
            given.reference, {member.upper()} - {""}, show_patient=show_patient
        ),
        "state": given.state,
        "open": money(given.open),
        "entries": [
            {
                "date": e.date.isoformat(),
                "trace": e.trace,
                "reason": e.adjustment.reason,
                "amount": money(e.adjustment.amount),
            }
            for e in given.entries
        ],
    }
