"""The short stories, each in every order of its files, and in one of them received twice."""

from pathlib import Path
from typing import Any

import pytest
from databases import NewUrl
from short_stories import ROOT, Book, Json, Told

ORDERS = {"sqlite": 6, "postgresql": 2}  # of a story's files, where any order is right
SHORT = sorted((ROOT / "fixtures" / "stories" / "short").glob("*.toml"))


@pytest.mark.parametrize("source", SHORT, ids=lambda path: path.stem)
def test_short_story(
    source: Path,
    tmp_path: Path,
    database: str,
    new_url: NewUrl,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The books to the cent, the flags and the rows that staff see are those of the story.

    On SQLite in as many orders of its files as are enough; on PostgreSQL, to which an order is
    nothing of its own, in the first and one more.
    """
    folder = tmp_path / "told"
    folder.mkdir()
    told = Told(source, Book(folder, capsys, new_url))
    lives = None
    for order in told.orders(ORDERS[database]):
        book = told.book.copy("".join(map(str, order)))
        told.receive(order, book)
        books, flags = told.seen(book)
        assert books == told.story["books"], order
        life = told.lives(book)
        assert lives in (None, life), order
        lives = life
        _check_flags(flags, told.story.get("flags", {}))
        _check_rows(told, told.staff(book))


def _check_flags(found: dict[str, list[str]], wanted: dict[str, str]) -> None:
    assert found.keys() == wanted.keys(), found
    for line, words in wanted.items():
        assert any(words in flag for flag in found[line]), found[line]


def _check_rows(told: Told, rows: list[Json]) -> None:
    wanted = told.story.get("staff", [])
    assert len(rows) == len(wanted), [(r["line"], r["status"], r["cause"]) for r in rows]
    for want in wanted:
        row = next(r for r in rows if _is_of(told, want, r))
        for name, value in want.items():
            _check_field(row, name, value)


def _is_of(told: Told, want: Json, row: Json) -> bool:
    if "line" not in want:
        return bool(row["line"] is None and row["status"] == want["status"])
    name, _, number = want["line"].partition(".")
    return bool(row["line"] == told.claims[name][1][int(number) - 1])


def _check_field(row: Json, name: str, value: Any) -> None:
    if name == "line":
        return
    if name in {"next_step", "cause", "matched_by", "deadline_source"}:
        assert value in row[name], (name, row[name])
    elif name == "not_next":
        assert value not in row["next_step"]
    elif name == "never":
        assert any(value in text for text in row["never"]), row["never"]
    elif name == "no_deadline":
        assert row["deadline"] is None
    elif name == "candidates":
        assert len(row[name]) == value
    else:
        assert row[name] == value, (name, row[name])
