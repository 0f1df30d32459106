"""What a person should know of files put away: one note for each kind of thing, not for each file.

Each kind stands in the table of docs/transfer.md.
"""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from typing import Final

from claimline.night.values import Note
from claimline.render.words import counted

CAUSES: Final = 3  # told in one note; the others are counted


def quarantined(found: Mapping[str, str]) -> Iterator[Note]:
    """Files in which nothing could be read, by their causes.

    Args:
        found: why, by the name in the quarantine.
    """
    if not found:
        return
    names = tuple(found)
    if len(names) == 1:
        what = f"{names[0]} could not be read and is in quarantine: {found[names[0]]}"
        todo = f"look at {names[0]}.problems.txt beside it; ask the sender for the file again"
    else:
        what = f"{len(names):,} files could not be read and are in quarantine: "
        what += causes(_by_cause(found))
        todo = "look at NAME.problems.txt beside each; ask the senders for them again; claimline "
        todo += "night --show --all names them all"
    yield Note(
        kind="transfer.quarantined",
        urgency="today",
        what=what,
        todo=todo,
        count=len(names),
        ids=names,
    )


def left(found: Iterable[tuple[str, str, str]], *, halting: Container[str] = ()) -> Iterator[Note]:
    """Files that could not be received now: a full disk holds every one of them up.

    Args:
        found: name, why and what to do, of each.
        halting: those causes that no later run gets over by itself.
    """
    groups: dict[tuple[str, str], list[str]] = {}
    for name, why, todo in found:
        groups.setdefault((why, todo), []).append(name)
    for (why, todo), names in groups.items():
        yield Note(
            kind="transfer.left",
            urgency="now" if why in halting else "today",
            what=f"{which(names)} could not be received and {_stay(names)} in the inbox: {why}",
            todo=todo or "the next run takes it",
            count=len(names),
            ids=tuple(names),
        )


def not_moved(found: Mapping[str, str]) -> Iterator[Note]:
    """Files that were received and could not be moved away: by name, what the disk said."""
    for why, names in _by_cause(found).items():
        yield Note(
            kind="transfer.disk",
            urgency="now",
            what=f"{which(names)} {_stay(names)} in the inbox: {why}",
            todo="see to the folders and the disk; the next run goes on, and nothing is posted "
            "twice",
            count=len(names),
            ids=tuple(names),
        )


def renamed(found: Mapping[str, str]) -> Iterator[Note]:
    """Files of the inbox whose names could not be kept: by the new name, what was wrong."""
    for fault, names in _by_cause(found).items():
        one = len(names) == 1
        what = f"a file of the inbox got a plain name, it is {names[0]} now: of its own, {fault}"
        if not one:
            what = f"{len(names):,} files of the inbox got plain names: of their own, {fault}"
        yield Note(
            kind="transfer.renamed",
            urgency="know",
            what=what,
            count=len(names),
            ids=tuple(names),
        )


def odd(faults: Iterable[str]) -> Iterator[Note]:
    """Files of the inbox whose names cannot be kept, and that cannot be renamed: why, of each."""
    found = list(faults)
    for fault in dict.fromkeys(found):
        count = found.count(fault)
        which_ = "a file stays" if count == 1 else f"{count:,} files stay"
        yield Note(
            kind="transfer.odd-name",
            urgency="today",
            what=f"{which_} in the inbox: of its name, {fault}",
            todo="look into the inbox and give it a plain name; the next run takes it",
            count=count,
        )


def causes(groups: Mapping[str, Sequence[str]]) -> str:
    """Causes with how many each has, the most frequent first; a single one alone.

    >>> causes({"This is no X12.": ["a", "b"], "This file is empty.": ["c"]})
    '2: This is no X12; 1: This file is empty'
    """
    if len(groups) == 1:
        return next(iter(groups)).rstrip(".")
    most = sorted(groups.items(), key=lambda item: -len(item[1]))
    told = [f"{len(names):,}: {cause.rstrip('.')}" for cause, names in most[:CAUSES]]
    others = sum(len(names) for _, names in most[CAUSES:])
    return "; ".join([*told, *([f"{others:,} for other causes"] if others else [])])


def which(names: Sequence[str]) -> str:
    """Some files in words: the first by its name."""
    more = len(names) - 1
    return f"{names[0]} and {counted(more, 'other file')}" if more else names[0]


def _stay(names: Sequence[str]) -> str:
    return "stay" if len(names) > 1 else "stays"


def _by_cause(found: Mapping[str, str]) -> dict[str, list[str]]:
    """Names by their cause."""
    groups: dict[str, list[str]] = {}
    for name, why in found.items():
        groups.setdefault(why, []).append(name)
    return groups
