"""The life of a claim as it is told in docs/life-of-a-claim.md: drawn from the table itself."""

import re
from typing import Final

from reconcile.lifecycle import EVENTS, MOVES, STATES, Move

BLOCK: Final = re.compile(r"(<!-- life -->\n).*?(<!-- /life -->)", re.DOTALL)
GROUPS: Final = {  # states that nearly always have the same ways out
    "On_the_way": ("ready", "sent", "received", "accepted", "rejected"),
    "Decided": ("denied", "partly paid", "paid", "forwarded", "reversed"),
}
EVENT_HEAD: Final = "| event | what it is | leads from → to | what to do |"
NOT_DRAWN: Final = "closed"  # ways out of it: an answer to what was taken back; in the table


def with_life(page: str) -> str:
    """The page with its drawing and tables made anew."""
    return BLOCK.sub(lambda found: found[1] + life() + found[2], page)


def life() -> str:
    """The drawing, the table of states and the table of events."""
    return f"```mermaid\n{drawing()}```\n\n{states_table()}\n{events_table()}"


def drawing() -> str:
    """A state diagram in Mermaid's words."""
    lines = ["stateDiagram-v2", "    [*] --> held: a draft is kept back"]
    lines.append("    [*] --> ready: recorded")
    for group, members in GROUPS.items():
        lines.append(f"    state {group} {{")
        lines += [f"        {_id(one)}" for one in members]
        lines.append("    }")
    labels: dict[tuple[str, str], list[str]] = {}
    for move in MOVES:
        for source in _sources(move):
            labels.setdefault((source, _id(move.to)), []).append(move.event)
    lines += [f"    {a} --> {b}: {' / '.join(said)}" for (a, b), said in labels.items()]
    return "\n".join(lines) + "\n"


def _sources(move: Move) -> list[str]:
    """Where its arrows begin: at a group where all of the group may go."""
    left = [one for one in move.states if one not in {move.to, NOT_DRAWN}]
    found = []
    for group, members in GROUPS.items():
        inner = [one for one in members if one != move.to]
        if all(one in left for one in inner):
            found.append(group)
            left = [one for one in left if one not in inner]
    return found + [_id(one) for one in left]


def _id(state: str) -> str:
    return state.replace(" ", "_")


def states_table() -> str:
    """Every state: what it means, what to do, who is waited for."""
    rows = [
        f"| **{row.state}** | {row.means} | {row.todo} | {'you' if row.work else ''} |"
        for row in STATES
    ]
    head = ["| state | what it means | what to do | waits for |", "| --- | --- | --- | --- |"]
    return "\n".join([*head, *rows]) + "\n"


def events_table() -> str:
    """Every event: what it is, and where it leads from where."""
    rows = []
    for row in EVENTS:
        moves = [move for move in MOVES if move.event == row.kind]
        leads = "; ".join(f"{', '.join(one.states)} → **{one.to}**" for one in moves)
        leads = leads or ("where a life begins" if row.moves else "leaves the state as it is")
        todo = row.todo or ("see the state" if row.moves else "")
        rows.append(f"| {row.kind} | {row.means} | {leads} | {todo} |")
    return "\n".join([EVENT_HEAD, "| --- | --- | --- | --- |", *rows]) + "\n"
