"""Writes the generated pages of the documentation: ``python -m claimline.docs docs``.

Commands from ``--help``, problems from the table of problem codes. A test compares the pages with
what this module would write.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from claimline.cli import COMMANDS, cli, load

HEAD = "<!-- Written by `make docs`; edit the program, not this page. -->\n\n"
PAGES = ("commands.md", "problems.md")


def commands_page() -> str:
    """Every command with its help, as it stands on a terminal 100 columns wide."""
    parts = ["# Commands\n", HEAD, _help(cli, "claimline")]
    for entry in COMMANDS:
        parts += list(_sections(load(entry), f"claimline {entry.name}"))
    return "\n".join(parts).rstrip() + "\n"


def _sections(command: click.Command, path: str) -> Iterator[str]:
    """A heading and the help of a command and of the commands under it."""
    yield f"## {path}\n"
    yield _help(command, path)
    for name, child in sorted(getattr(command, "commands", {}).items()):
        yield f"### {path} {name}\n"
        yield _help(child, f"{path} {name}")


def _help(command: click.Command, path: str) -> str:
    """The help text of a command in a block."""
    with click.Context(
        command, info_name=path, max_content_width=100, terminal_width=100
    ) as context:
        text = command.get_help(context)
    return "```text\n" + "\n".join(line.rstrip() for line in text.splitlines()) + "\n```\n"


def problems_page() -> str:
    """Every problem code with what it means and what to do."""
    from edi.problem import CODES

    _declare_all()
    rows = [
        f"| `{code}` | {_cell(told.meaning)} | {_cell(told.todo)} |"
        for code, told in sorted(CODES.items())
    ]
    head = ["# Problems\n", HEAD, "| code | means | what to do |", "| --- | --- | --- |"]
    return "\n".join([*head, *rows]) + "\n"


def _declare_all() -> None:
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
    return dict(zip(PAGES, (commands_page(), problems_page()), strict=True))


def main(arguments: list[str]) -> int:
    """Write the pages into the folder given."""
    folder = Path(arguments[0] if arguments else "docs")
    for name, text in pages().items():
        (folder / name).write_text(text, encoding="utf-8")
        click.echo(f"wrote {folder / name}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
