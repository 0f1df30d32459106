"""The command line: one small file per command, loaded when it is called.

``COMMANDS`` is the whole list; help needs nothing else, so ``claimline --help`` stays fast.
"""

import importlib
from typing import TYPE_CHECKING, Final

import click
from attrs import frozen

from claimline import __version__

if TYPE_CHECKING:
    from collections.abc import Sequence


@frozen
class Entry:
    """A command by name: where it is and what it does in a few words."""

    name: str
    path: str  # module:attribute
    summary: str


COMMANDS: Final = (
    Entry("bill", "claimline.cli.bill:bill", "Turn coded visits into 837P claim files."),
    Entry("edits", "claimline.cli.edits:edits", "List what the checks find in visits."),
    Entry("check", "claimline.cli.check:check", "List the problems of X12 files."),
    Entry("read", "claimline.cli.read:read", "Show an X12 file in business words."),
    Entry("receive", "claimline.cli.receive:receive", "Take remittances into the ledger."),
    Entry("reject", "claimline.cli.reject:reject", "Enter a rejection that came outside of X12."),
    Entry("claims", "claimline.cli.claims:claims", "Where every claim is in its life."),
    Entry("resend", "claimline.cli.resend:resend", "Send a refused or lost file again."),
    Entry("unsend", "claimline.cli.unsend:unsend", "Take a file back before it is picked up."),
    Entry("emit", "claimline.cli.emit:emit", "Write a file of claims again, byte for byte."),
    Entry("pause", "claimline.cli.pause:pause", "Hold the visits of a payer for a while."),
    Entry("acknowledge", "claimline.cli.acknowledge:acknowledge", "Answer received files by 999."),
    Entry("denials", "claimline.cli.denials:denials", "List denied and reduced lines."),
    Entry("underpaid", "claimline.cli.underpaid:underpaid", "List payments not as expected."),
    Entry("trace", "claimline.cli.trace:trace", "Tell the story of a claim or a line."),
    Entry("held", "claimline.cli.held:held", "Claims that wait for a fix or a decision."),
    Entry("missing", "claimline.cli.missing:missing", "What should have come and has not."),
    Entry("match", "claimline.cli.match:match", "Put payments that fit nothing where they belong."),
    Entry("remit", "claimline.cli.remit:remit", "Remittances on paper: enter, list, take back."),
    Entry("bank", "claimline.cli.bank:bank", "Deposits against the payments of the 835s."),
    Entry("secondary", "claimline.cli.secondary:secondary", "Claims to the payer after the first."),
    Entry("report", "claimline.cli.report:report", "Aging, denials, days to pay, balances ..."),
    Entry("advice", "claimline.cli.advice:advice", "A remittance advice to read and print."),
    Entry("owes", "claimline.cli.owes:owes", "Say what the patient owes now, and why."),
    Entry("correct", "claimline.cli.correct:correct", "Correct a claim that was sent."),
    Entry("timely", "claimline.cli.timely:timely", "Proof that claims were filed in time."),
    Entry("diff", "claimline.cli.diff:diff", "Compare two claims, or two 837P files."),
    Entry("units", "claimline.cli.units:units", "Turn minutes into units, and say why."),
    Entry("explain", "claimline.cli.explain:explain", "Say what a code means and what to do."),
    Entry(
        "thresholds",
        "claimline.cli.thresholds:thresholds",
        "Yearly therapy totals of patients, and KX.",
    ),
    Entry("schema", "claimline.cli.schema:schema", "Print the JSON Schema of an input."),
    Entry("practice", "claimline.cli.practice:practice", "Check a practice file."),
    Entry("policy", "claimline.cli.policy:policy", "What payers want, and who says so."),
    Entry("tables", "claimline.cli.tables:tables", "Import code pairs, unit limits, fees ..."),
    Entry("adjustments", "claimline.cli.adjustments:adjustments", "Provider adjustments (PLB)."),
    Entry("proof", "claimline.cli.proof:proof", "Prove that the books close."),
    Entry("verify", "claimline.cli.verify:verify", "Make the ledger again, and compare."),
    Entry("ledger", "claimline.cli.ledger:ledger", "Status and care of the database."),
    Entry("night", "claimline.cli.night:night", "Do a night's work, and tell in one page."),
    Entry("transfer", "claimline.cli.transfer:transfer", "Files to and from the clearinghouses."),
    Entry("sandbox", "claimline.cli.sandbox:sandbox", "A simulated payer, to try things out."),
)


def load(entry: Entry) -> click.Command:
    """The command itself."""
    module, _, attribute = entry.path.partition(":")
    command = getattr(importlib.import_module(module), attribute)
    assert isinstance(command, click.Command)
    return keep_lines(command)


def keep_lines(command: click.Command) -> click.Command:
    r"""Let a raw docstring say ``\b``, click's mark for "do not wrap what follows"."""
    if command.help:
        command.help = command.help.replace("\\b\n", "\b\n")
    for child in getattr(command, "commands", {}).values():
        keep_lines(child)
    return command


class LazyGroup(click.Group):
    """A group that imports a command only when it runs or its own help is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """The names in the order of work, not of the alphabet."""
        return [entry.name for entry in COMMANDS]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        """The command of that name, imported now."""
        return next((load(entry) for entry in COMMANDS if entry.name == cmd_name), None)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that the first word names; the nearest names where it names none."""
        if args and not args[0].startswith("-"):
            self._suggest(ctx, args[0])
        return super().resolve_command(ctx, args)

    def _suggest(self, ctx: click.Context, word: str) -> None:
        """Refuse an unknown command with the names it may have meant."""
        import difflib

        names = self.list_commands(ctx)
        if word in names:
            return
        near = difflib.get_close_matches(word, names)
        hint = f" Did you mean {' or '.join(near)}?" if near else " See: claimline --help"
        raise click.UsageError(f"There is no command {word!r}.{hint}", ctx)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        """The list of commands, from ``COMMANDS`` alone."""
        rows: Sequence[tuple[str, str]] = [(entry.name, entry.summary) for entry in COMMANDS]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


@click.group(
    name="claimline",
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="claimline")
def cli() -> None:
    r"""Claims of therapy practices: out as 837P, back as 835, every line explained.

    \b
    Exit status: 0 done; 1 done, but something needs a person; 2 wrong usage or
    practice file; 3 could not run.

    \b
    Environment: CLAIMLINE_LEDGER names the ledger, CLAIMLINE_TABLES the imported
    reference tables; CLAIMLINE_NOW=2026-04-01T12:00 makes the clock stand (test files
    only); CLAIMLINE_LOG=info writes JSON log lines to standard error; CLAIMLINE_DEBUG=1
    tells the place of an internal error.

    \b
    Example:
      claimline bill visits.json --practice practice.toml --out outbox
      claimline receive inbox/*.835
      claimline denials --code 97530
    """


keep_lines(cli)
