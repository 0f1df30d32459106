"""``claimline policy``: what a payer wants, and who says so."""

import datetime as dt
from typing import TYPE_CHECKING, Any

import click

from claimline.cli.options import DAY, format_option
from claimline.errors import DONE, WrongUsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from claimline.services.policy import Key, Shown

file_option = click.option(
    "--practice",
    type=click.Path(),
    default="practice.toml",
    show_default=True,
    help="The practice file.",
)


@click.group()
def policy() -> None:
    r"""What payers want: units, modifiers, claims, corrections, deadlines.

    \b
    Example:
      claimline policy list --practice practice.toml
      claimline policy show medicare --on 2026-03-10 --practice practice.toml
    """


@policy.command("show")
@click.argument("payer")
@click.option("--on", "day", type=DAY, default=None, help="Day of service; default today.")
@click.option("--said", is_flag=True, help="Only the keys that somebody says.")
@click.option("--topic", default="", metavar="WORD", help="Only topics of that word: units ...")
@file_option
@format_option("table", "json", "csv")
def show_policy(
    payer: str, *, day: dt.datetime | None, said: bool, topic: str, practice: str, shape: str
) -> int:
    r"""Print what applies to a payer on a day, and where each value comes from.

    A value comes from the family's defaults, the state's, your own tables for the family, or the
    payer's own table: the last that speaks of the day decides. Where nobody says a key, the table
    tells what then happens, and what such payers are said to want; that is never applied.

    \b
    Example:
      claimline policy show medicare --on 2026-03-10 --practice practice.toml
    """
    from zoneinfo import ZoneInfo

    from claimline import settings
    from claimline.render import show
    from claimline.services.policy import shown
    from claimline.services.practice import load

    made = load(practice)
    today = settings.now().astimezone(ZoneInfo(made.time_zone)).date()
    found = shown(made, payer, day.date() if day else today)
    show(_result(found, _wanted(found, topic, said=said)), shape)
    return DONE


def _result(found: "Shown", keys: "list[Key]") -> Any:
    from claimline.render import Column, Result, Table

    columns = (
        Column(key="topic", title="Topic", place="file"),
        Column(key="key", title="Key", kind="id"),
        Column(key="value", title="Value"),
        Column(key="from", title="From"),
        Column(key="source", title="Source", place="below"),
        Column(key="hint", title="Suggested", place="below"),
    )
    topics = dict.fromkeys(key.topic for key in keys)
    tables = [
        Table(
            columns=columns,
            rows=[_row(key) for key in keys if key.topic == topic],
            title=topic if number else f"{_title(found)}\n\n{topic}",
            sheet="policy",
            tight=True,
        )
        for number, topic in enumerate(topics)
    ]
    hint = "Suggested, not applied: ask the payer, then write the key into the practice file."
    notes = (hint,) if any(key.hints for key in keys) else ()
    return Result(data=_data(found, keys), tables=tuple(tables), text=notes)


def _wanted(found: "Shown", topic: str, *, said: bool) -> "list[Key]":
    """The keys of the topics asked for.

    Raises:
        WrongUsageError: no topic has the word.
    """
    topics = dict.fromkeys(key.topic for key in found.keys)
    meant = [name for name in topics if topic.strip().lower() in name.lower()]
    if not meant:
        raise WrongUsageError(
            f"there is no topic {topic!r}", todo=f"topics are {', '.join(topics)}"
        )
    return [key for key in found.keys if key.topic in meant and (key.layer or not said)]


def _title(found: "Shown") -> str:
    payer = found.payer
    family = f"{payer.group}, a {payer.family} payer" if payer.group else payer.family
    state = f" in {payer.state}" if payer.state else ""
    return f"{payer.name} ({payer.key}, {family}{state}) on {found.day}"


def _row(key: "Key") -> dict[str, Any]:
    return {
        "topic": key.topic,
        "key": key.name,
        "value": key.shown or "-",
        "from": f"{key.layer} {key.span}" if key.layer else key.otherwise,
        "source": key.source or None,
        "hint": "; ".join(_hints(key)) or None,
    }


def _hints(key: "Key") -> "Iterable[str]":
    from mapping.policy_words import value_words

    for hint in key.hints:
        yield f"{value_words(hint.value)} ({hint.source}; {hint.confidence})"


def _data(found: "Shown", keys: "Iterable[Key]") -> dict[str, Any]:
    return {
        "payer": found.payer.key,
        "name": found.payer.name,
        "family": found.payer.family,
        "own_family": found.payer.group or None,
        "state": found.payer.state or None,
        "on": found.day.isoformat(),
        "version": found.version,
        "keys": [_key_data(key) for key in keys],
    }


def _key_data(key: "Key") -> dict[str, Any]:
    span = key.span
    return {
        "topic": key.topic,
        "key": key.name,
        "value": _plain(key.value),
        "from": key.layer or None,
        "since": span.first.isoformat() if span and span.first else None,
        "until": span.last.isoformat() if span and span.last else None,
        "source": key.source or None,
        "unsaid": key.otherwise or None,
        "suggested": [
            {
                "value": _plain(hint.value),
                "source": hint.source,
                "confidence": hint.confidence,
            }
            for hint in key.hints
        ],
    }


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


@policy.command("list")
@file_option
@format_option("table", "json", "csv")
def list_policies(*, practice: str, shape: str) -> int:
    r"""List the payers with their family and the days their own tables speak of.

    \b
    Example:
      claimline policy list --practice practice.toml
    """
    from claimline.render import Column, Result, Table, show
    from claimline.services.practice import load

    rows = [
        {
            "payer": payer.key,
            "name": payer.name,
            "family": payer.family,
            "own_family": payer.group or None,
            "state": payer.state or None,
            "spans": [str(row.span) for row in payer.policies],
            "tables": [layer.name for layer in payer.layers if layer.rows],
        }
        for payer in load(practice).payers.values()
    ]
    table = Table(
        columns=(
            Column(key="payer", title="Payer", kind="id"),
            Column(key="name", title="Name"),
            Column(key="family", title="Family"),
            Column(key="own_family", title="Your family"),
            Column(key="state", title="State"),
            Column(key="spans", title="Its own tables", kind="list"),
        ),
        rows=[row | {"spans": row["spans"] or ["none"]} for row in rows],
        notes=("What applies on a day: claimline policy show PAYER --on DATE.",),
    )
    show(Result(data=rows, tables=(table,)), shape)
    return DONE


@policy.command("rules")
@file_option
@format_option("table", "json", "csv")
def list_rules(*, practice: str, shape: str) -> int:
    r"""List your own rules: what holds or warns, for whom, when.

    \b
    Example:
      claimline policy rules --practice practice.toml
    """
    from claimline.render import Column, Result, Table, show
    from claimline.services.practice import load

    own = load(practice).own_rules
    rows = [
        {
            "rule": rule.name,
            "effect": rule.effect,
            "days": str(rule.span),
            "payers": [*rule.payers, *(f"family {name}" for name in rule.families)] or ["all"],
            "when": list(rule.conditions) or ["always"],
            "message": rule.message,
        }
        for rule in own.rules
    ]
    table = Table(
        columns=(
            Column(key="rule", title="Rule"),
            Column(key="effect", title="Effect"),
            Column(key="payers", title="Payers", kind="list"),
            Column(key="days", title="Days of service"),
            Column(key="when", title="When", kind="list", place="below"),
            Column(key="message", title="Says", place="below"),
        ),
        rows=rows,
        notes=(own.version,) if own.version else (),
        empty="There are no rules of your own: see docs/rules/own-rules.md.",
    )
    show(Result(data={"version": own.version, "rules": rows}, tables=(table,)), shape)
    return DONE
