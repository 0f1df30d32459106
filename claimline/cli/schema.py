"""``claimline schema``: the JSON Schema of what goes in, and of a night's page."""

import click

from claimline.errors import DONE


@click.command()
@click.argument("what", type=click.Choice(["visit", "practice", "night"]))
def schema(what: str) -> int:
    r"""Print the JSON Schema of visit records, the practice file, or a night's page.

    \b
    Example:
      claimline schema visit > visit.schema.json
    """
    from claimline.night.schema import night_schema
    from claimline.render import Result, show
    from mapping.schema import practice_schema, visit_schema

    made = {"visit": visit_schema, "practice": practice_schema, "night": night_schema}[what]
    show(Result(data=made()), "json")
    return DONE
