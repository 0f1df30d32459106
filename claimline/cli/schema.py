"""``claimline schema``: the JSON Schema of what goes in."""

import click

from claimline.errors import DONE


@click.command()
@click.argument("what", type=click.Choice(["visit", "practice"]))
def schema(what: str) -> int:
    r"""Print the JSON Schema of visit records or of the practice file.

    \b
    Example:
      claimline schema visit > visit.schema.json
    """
    from claimline.render import Result, show
    from mapping.schema import practice_schema, visit_schema

    made = visit_schema() if what == "visit" else practice_schema()
    show(Result(data=made), "json")
    return DONE
