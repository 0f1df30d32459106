"""How strictly each check before billing works for a payer: keys of its policy.

Each key names one check of ``docs/rules/documentation.md``: ``hold`` keeps the claim back, ``warn``
lets it go and says so, ``no`` does not look. A check speaks only of what a visit carries, unless
its key asks for what is missing.
"""

from typing import Literal

from attrs import field, frozen

from mapping.fields import doc

Demand = Literal["no", "warn", "hold"]


@frozen(kw_only=True)
class Checks:
    """The checks before billing. Defaults hold what two public sources call wrong, warn of others.

    Sources: CMS Pub. 100-02 ch. 15 sec. 220-230 (therapy records), 42 CFR 424.24 (certification),
    CMS Pub. 100-04 ch. 5 sec. 20 and ch. 1 sec. 70 (claims, filing), 45 CFR 162.1002 (code sets).
    """

    plan_of_care: Demand = field(
        default="no", metadata=doc("no plan of care is named in the visit: no, warn, hold")
    )
    certification: Demand = field(
        default="warn",
        metadata=doc("the plan's dates show no certification good for the day: no, warn, hold"),
    )
    certification_rule: Literal["medicare", "none"] = field(
        default="none",
        metadata=doc(
            "medicare: certified within 30 days of the first treatment, for 90 days at most; none: "
            "only the dates the visit states count"
        ),
    )
    progress_report: Demand = field(
        default="no",
        metadata=doc("more than 10 treatment days since the last progress report: no, warn, hold"),
    )
    note_signed: Demand = field(
        default="no", metadata=doc("no signing day of the treatment note: no, warn, hold")
    )
    one_on_one: Demand = field(
        default="hold",
        metadata=doc("one clinician one-on-one with two patients at a time: no, warn, hold"),
    )
    cotreatment: Demand = field(
        default="hold",
        metadata=doc("minutes of two disciplines or claims of the day overlap: no, warn, hold"),
    )
    functional_goal: Demand = field(
        default="no", metadata=doc("97530 without its functional goal and activity: no, warn, hold")
    )
    passive_content: Demand = field(
        default="warn", metadata=doc("97530 whose activity reads like passive care: no, warn, hold")
    )
    duplicates: Demand = field(
        default="hold",
        metadata=doc("same patient, day, codes and minutes under another visit: no, warn, hold"),
    )
    authorization_left: Demand = field(
        default="warn",
        metadata=doc("more visits, units or codes than the authorization gives: no, warn, hold"),
    )
    authorization_exempt: tuple[str, ...] = field(
        default=(), metadata=doc("codes that need no authorization, such as evaluations", "hcpcs")
    )
    diagnosis_valid: Demand = field(
        default="hold",
        metadata=doc("a diagnosis that an imported list of the day does not have: no, warn, hold"),
    )
    add_on_primary: Demand = field(
        default="hold", metadata=doc("an add-on code without its primary code: no, warn, hold")
    )
    code_discipline: Demand = field(
        default="warn", metadata=doc("a code unusual for the plan's discipline: no, warn, hold")
    )
    not_paid: Demand = field(
        default="hold", metadata=doc("a code the family of payers never pays: no, warn, hold")
    )
    other_stay: Demand = field(
        default="warn",
        metadata=doc("a home health, skilled nursing or hospice stay on the day: no, warn, hold"),
    )
    enrollment: Demand = field(
        default="hold",
        metadata=doc("the clinician's enrolled tables do not cover payer, place and day"),
    )
    bill_as_allowed: bool | None = field(
        default=None,
        metadata=doc("visits of a clinician not yet enrolled may go under another (bill_as)"),
    )
    license: Demand = field(
        default="warn", metadata=doc("the clinician's license has run out: no, warn, hold")
    )
    member_id: Demand = field(
        default="warn", metadata=doc("the member id has not the payer's shape: no, warn, hold")
    )
    member_id_shape: Literal["", "mbi"] = field(
        default="",
        metadata=doc(
            "a named shape of member ids: mbi (Medicare); a payer can say its own pattern"
        ),
    )
    telehealth: Demand = field(
        default="no", metadata=doc("a telehealth visit at all: no (it is taken), warn, hold")
    )
    telehealth_audio_modifier: Literal["", "93", "95", "GT", "none"] = field(
        default="", metadata=doc("modifier of an audio visit; empty: nobody says")
    )
    liability_modifiers: Literal["from notice", "none"] = field(
        default="none", metadata=doc("GA or GX from the advance notice (abn) of the visit, or none")
    )
    filing_warning_days: int = field(
        default=14, metadata=doc("warn so many days before timely_filing_days end", "days")
    )
