"""Writes the generated pages of the documentation: ``python -m claimline.docs docs``.

Commands from ``--help``, problems from the table of problem codes. A test compares the pages with
what this module would write.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click

from claimline.cli import COMMANDS, cli, load
from claimline.docs_life import with_life

HEAD: Final = "<!-- Written by `make docs`; edit the program, not this page. -->\n"
WIDTH: Final = 100


def commands_page() -> str:
    """Every command with its help, as it stands on a terminal 100 columns wide."""
    root = _context(cli, "claimline", None)
    parts = ["# Commands\n", HEAD, _help(root)]
    for entry in COMMANDS:
        parts += list(_sections(_context(load(entry), entry.name, root), "##"))
    return "\n".join(parts).rstrip() + "\n"


def _context(command: click.Command, name: str, parent: click.Context | None) -> click.Context:
    """What click knows when it prints the help of a command."""
    return click.Context(
        command, info_name=name, parent=parent, terminal_width=WIDTH, **command.context_settings
    )


def _sections(context: click.Context, mark: str) -> Iterator[str]:
    """A heading and the help of a command and of the commands under it."""
    yield f"{mark} {context.command_path}\n"
    yield _help(context)
    for name, child in sorted(getattr(context.command, "commands", {}).items()):
        yield from _sections(_context(child, name, context), f"{mark}#")


def _help(context: click.Context) -> str:
    """The help text of a command in a block."""
    text = context.command.get_help(context)
    return "```text\n" + "\n".join(line.rstrip() for line in text.splitlines()) + "\n```\n"


def problems_page() -> str:
    """Every problem code with what it means and what to do."""
    from edi.problem import CODES

    declare_all()
    rows = [
        f"| `{code}` | {_cell(told.meaning)} | {_cell(told.todo)} |"
        for code, told in sorted(CODES.items())
    ]
    head = ["# Problems\n", HEAD, "| code | means | what to do |", "| --- | --- | --- |"]
    return "\n".join([*head, *rows]) + "\n"


def declare_all() -> None:
    """Import every module of ours: each declares its problem codes when it is imported."""
    import importlib
    import pkgutil

    for name in ("edi", "mapping", "reconcile", "claimline"):
        package = importlib.import_module(name)
        for module in pkgutil.walk_packages(package.__path__, f"{name}."):
            if not module.name.endswith("__main__") and ".migrations" not in module.name:
                importlib.import_module(module.name)


def _cell(text: str) -> str:
    """A text that a Markdown table can hold."""
    return text.replace("|", "\\|").replace("\n", " ")


def pages() -> dict[str, str]:
    """File name to text of every generated page."""
    return {"commands.md": commands_page(), "problems.md": problems_page()}


def main(arguments: list[str]) -> int:
    """Write the pages into the folder given."""
    folder = Path(arguments[0] if arguments else "docs")
    for name, text in pages().items():
        (folder / name).write_text(text, encoding="utf-8")
        click.echo(f"wrote {folder / name}")
    told = folder / "life-of-a-claim.md"
    if told.exists():
        told.write_text(with_life(told.read_text(encoding="utf-8")), encoding="utf-8")
        click.echo(f"drew {told}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
