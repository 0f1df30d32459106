"""What a payer wants on a day, key by key, with where each value comes from."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

from attrs import frozen

from claimline.errors import WrongUsageError
from mapping.policy import Span
from mapping.policy_hints import Hint, hints
from mapping.policy_words import topics, unsaid_words, value_words
from mapping.practice import Payer, Practice
from mapping.structure import nearest


@frozen(kw_only=True)
class Key:
    """One key: its value, and who says it; ``layer`` is empty where nobody does."""

    topic: str
    name: str
    value: Any
    layer: str = ""
    span: Span | None = None
    source: str = ""
    otherwise: str = ""  # nobody says it: "default", or what then happens
    hints: tuple[Hint, ...] = ()  # what is said of such payers, not applied

    @property
    def shown(self) -> str:
        """The value in words."""
        return value_words(self.value)


@frozen(kw_only=True)
class Shown:
    """A payer's policy of a day."""

    payer: Payer
    day: dt.date
    version: str
    keys: tuple[Key, ...]


def shown(practice: Practice, name: str, day: dt.date) -> Shown:
    """What applies to a payer of the practice file.

    Args:
        practice: the practice.
        name: key of a payer.
        day: day of service.

    Raises:
        WrongUsageError: the practice file has no such payer.
    """
    payer = practice.payers.get(name)
    if payer is None:
        raise WrongUsageError(
            f"the practice file has no payer {name}{nearest(name, practice.payers)}",
            todo=f"its payers are {', '.join(practice.payers)}",
        )
    found = practice.resolve(name, day)
    return Shown(
        payer=payer, day=day, version=found.version, keys=tuple(_keys(practice, payer, day))
    )


def _keys(practice: Practice, payer: Payer, day: dt.date) -> Iterator[Key]:
    found = practice.resolve(payer.key, day)
    known: dict[str, list[Hint]] = {}
    for hint in hints(payer.family, payer.state, payer.name, day):
        if hint.value != getattr(found.policy, hint.key):
            known.setdefault(hint.key, []).append(hint)
    for topic, names in topics().items():
        for name in names:
            value = getattr(found.policy, name)
            origin = found.said.get(name)
            if origin is not None:
                yield Key(
                    topic=topic,
                    name=name,
                    value=value,
                    layer=origin.layer,
                    span=origin.span,
                    source=origin.source,
                )
                continue
            yield Key(
                topic=topic,
                name=name,
                value=value,
                otherwise=unsaid_words(name, value),
                hints=tuple(known.get(name, ())),
            )
