"""The card of a procedure code: timing, caps, modifiers, pairs, add-ons, denials, amounts.

Every part names the table it comes from. Usage and averages are no rules, and say so.
"""

import csv
import datetime as dt
from collections.abc import Iterator, Sequence
from decimal import Decimal
from importlib import resources
from statistics import median
from typing import TYPE_CHECKING, Any, Final

from claimline.services.explain import ROADS
from edi import codes
from mapping.codes import TherapyCode, rows
from mapping.documentation import ADD_ONS
from mapping.expected import fee_of_day
from mapping.practice import Practice
from mapping.reference import PairEdit

if TYPE_CHECKING:
    from claimline.reference.lookup import Tables
    from mapping.starter import Starter

Content = dict[str, Any]
MAI_WORDS: Final = {
    "1": "on one line",
    "2": "a day, absolutely",
    "3": "a day, more only with records",
}
RATE_DOUBTS: Final = (
    "averages of one public page, of unknown year and number of claims",
    "not said whether per unit, per line or per visit, and whether the patient's part is in it",
    "the same payer stands there under several names with different amounts",
    "never a fee schedule: no claim, expected amount or advice uses them",
)
RATED: Final = "97530"  # the code of which the public averages are
CAPS: Final = {  # keys of a payer's policy that cap units
    "max_units_per_day": "timed units a day",
    "max_units_of_code": "units of one timed code a day",
    "max_minutes_per_day": "timed minutes a day",
}


def card(
    known: TherapyCode,
    on: dt.date,
    tables: "Tables | Starter",
    practice: Practice | None = None,
    rates: str | None = None,
) -> Content:
    """The card of a code on a day, as plain values.

    Args:
        known: the code's row of the therapy list.
        on: day of service.
        tables: the reference tables in use.
        practice: whose payers' caps are told.
        rates: of the public averages, payers whose name has this; ``None``: a summary only.
    """
    pairs = tables.pairs_of(known.code, on, "medicare")
    return {
        "on": on.isoformat(),
        "timing": timing(known),
        "disciplines": list(known.disciplines),
        "caps": list(_caps(known, on, tables, practice)),
        "modifiers": list(_modifiers(known, pairs)),
        "pairs": [_pair(pair, known.code) for pair in pairs],
        "add_ons": list(_add_ons(known.code)),
        "denials": list(_denials(known, pairs)),
        "medicare": _medicare(known.code, on, tables),
        "public_averages": _averages(rates) if known.code == RATED else None,
    }


def timing(known: TherapyCode) -> str:
    """How units come of minutes, in words."""
    base = known.base_minutes
    return {
        "timed": f"timed: {base} minutes a unit; claimline units {known.code}=MINUTES counts them",
        "untimed": "untimed: one unit a day, whatever the minutes",
        "first": f"the first {base} minutes are 1 unit; further time is {known.pair}",
        "further": f"each further {base} minutes, beside {known.pair}",
        "counted": "units are counted, not timed: the visit states them",
        "unlisted": "unlisted: needs a description, units are stated",
    }.get(known.shape, "units are stated by the visit")


def _caps(
    known: TherapyCode, on: dt.date, tables: "Tables | Starter", practice: Practice | None
) -> Iterator[Content]:
    """Unit limits (MUE) and the caps of the practice's payers."""
    limit = tables.limit(known.code, on, "medicare")
    if limit is not None:
        firm = "" if limit.decides else "; one source, it only warns"
        yield {
            "who": "Medicare (MUE)",
            "cap": f"{limit.most} units {MAI_WORDS[limit.mai]}{firm}",
            "table": limit.version,
        }
    for key in practice.payers if practice else ():
        resolved = practice.resolve(key, on)  # type: ignore[union-attr]  # the loop has a practice
        policy = resolved.policy
        if policy.capped_codes and known.code not in policy.capped_codes:
            continue
        for name, words in CAPS.items():
            most = getattr(policy, name)
            if most is not None and known.shape == "timed":
                yield {"who": key, "cap": f"{most} {words}", "table": resolved.origin.get(name, "")}


def _modifiers(known: TherapyCode, pairs: Sequence[PairEdit]) -> Iterator[Content]:
    """Which modifiers are usual, rare or suspicious on the code; 59 by the pairs of the day."""
    marked = [p.column1 if p.column2 == known.code else p.column2 for p in pairs
              if p.column2 == known.code and p.indicator == "1"]  # fmt: skip
    yield {
        "modifier": "59",
        "use": "usual" if marked else "suspicious",
        "why": f"separate service beside {', '.join(dict.fromkeys(marked))}"
        if marked
        else "no pair of the day has it on this code",
        "source": pairs[0].version if pairs else "",
    }
    for row in rows("modifier_use.csv"):
        if _is_of(known, row["codes"]):
            yield {
                "modifier": row["modifier"],
                "use": row["use"],
                "why": row["why"],
                "source": row["source"],
            }


def _is_of(known: TherapyCode, asked: str) -> bool:
    """Whether a row of codes is about this one: a code, a discipline, a shape, or all."""
    return asked in {"*", known.code, known.shape, *known.disciplines}


def _pair(pair: PairEdit, code: str) -> Content:
    """A pair of the code on the day, in words."""
    other = pair.column1 if pair.column2 == code else pair.column2
    if pair.indicator == "0":
        says = "never paid together, no modifier helps"
    elif pair.decides:
        says = f"59 on {pair.column2}, with separate times or an attested block only"
    else:
        says = "look at it: it only warns"
    return {
        "with": other,
        "column1": pair.column1,
        "column2": pair.column2,
        "indicator": pair.indicator,
        "says": says,
        "note": pair.note,
        "table": pair.version,
    }


def _add_ons(code: str) -> Iterator[Content]:
    """The codes it needs, or that need it."""
    for name, add_on in ADD_ONS.items():
        if name == code:
            needs = "another therapy service" if add_on.primary == "*" else add_on.primary
            yield {
                "code": name,
                "says": f"only with {needs} of the same day",
                "source": add_on.source,
            }
        elif add_on.primary in {code, "*"}:
            yield {"code": name, "says": f"{name} may be added to it", "source": add_on.source}


# --- denials ---------------------------------------------------------------------------------


def _denials(known: TherapyCode, pairs: Sequence[PairEdit]) -> Iterator[Content]:
    """What lines of the code are typically refused with, the next step and what never to do."""
    from reconcile.denial_table import shipped_table

    table = shipped_table()
    text = resources.files("reconcile").joinpath("tables/typical.csv").read_text("utf-8")
    for row in csv.DictReader(text.splitlines()):
        asked = row["codes"]
        fits = (
            _is_of(known, asked)
            or (asked == "pair" and pairs)
            or (asked == "add-on" and known.code in ADD_ONS)
        )
        for adjustment in row["adjustments"].split() if fits else ():
            group, _, reason = adjustment.partition("-")
            todo, never = codes.advice(group, reason)
            entry = codes.lookup("carc", reason)
            road = f". {ROADS[entry.road]}" if entry is not None and entry.road else ""
            yield {
                "adjustment": adjustment,
                "why": row["why"],
                "next_step": f"{todo}{road}",
                "never": list(never),
                "table": f"{codes.table('carc').title}, {codes.table('carc').date}",
                "cases": f"claimline explain {adjustment}: the cases of {table.name} {table.date}",
            }


# --- money -----------------------------------------------------------------------------------


def _medicare(code: str, on: dt.date, tables: "Tables | Starter") -> Content:
    """Medicare's national amount for a unit on the day, or why there is none."""
    terms = fee_of_day(tables, code, on)
    if terms.why:
        return {"unit": None, "further": None, "why": terms.why, "table": terms.version}
    return {
        "unit": str(terms.unit),
        "further": None if terms.further is None else str(terms.further),
        "why": "",
        "table": terms.version,
    }


def _averages(asked: str | None) -> Content:
    """The public averages of what payers pay for 97530, with their doubts."""
    listed = [(row["payer"], Decimal(row["average_reimbursement_usd"]))
              for row in rows("payer_rates_97530.csv")]  # fmt: skip
    amounts = [amount for _, amount in listed]
    wanted = [] if asked is None else [one for one in listed if asked.lower() in one[0].lower()]
    return {
        "payers": len(listed),
        "least": str(min(amounts)),
        "median": str(median(amounts)),
        "most": str(max(amounts)),
        "asked": [{"payer": payer, "average": str(amount)} for payer, amount in wanted],
        "doubts": list(RATE_DOUBTS),
    }
