"""Rows in the order of one of their columns, as ``--sort`` asks for it."""

import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, Final, TypeVar

from attrs import frozen

from claimline.errors import WrongUsageError
from claimline.render.cells import cell
from claimline.render.values import Column

R = TypeVar("R", bound=Mapping[str, Any])
NUMBERS: Final = frozenset({"money", "number"})
DOWN: Final = "-"  # before the column: the greatest first


@frozen
class Order:
    """By which column, and whether the greatest comes first."""

    column: Column
    down: bool = False

    def of(self, rows: Iterable[R]) -> list[R]:
        """The rows in this order; those that say nothing come last, equal ones stay as they are."""
        every = list(rows)
        said = [row for row in every if cell(row.get(self.column.key))]
        said.sort(key=self._key, reverse=self.down)
        return said + [row for row in every if not cell(row.get(self.column.key))]

    def _key(self, row: Mapping[str, Any]) -> Any:
        text = cell(row.get(self.column.key))
        if self.column.kind not in NUMBERS:
            return text.casefold()
        try:
            return Decimal(text)
        except InvalidOperation:  # no number stands there
            return Decimal("-Infinity")


def order_of(word: str, columns: Sequence[Column]) -> Order:
    """The order that a word asks for: a column's title or its name in files; ``-`` before: down.

    Raises:
        WrongUsageError: no column is called so.
    """
    name = _plain(word.removeprefix(DOWN))
    found = [
        one for one in columns if one.in_files and name in {_plain(one.key), _plain(one.title)}
    ]
    if not found:
        known = dict.fromkeys(one.key for one in columns if one.in_files)
        raise WrongUsageError(
            f"there is no column {word.removeprefix(DOWN)!r} to sort by",
            todo=f"its columns: {', '.join(known)}; with - before it the greatest comes first",
        )
    return Order(found[0], down=word.startswith(DOWN))


def _plain(word: str) -> str:
    return re.sub(r"[^a-z0-9+%]+", " ", word.lower()).strip()
