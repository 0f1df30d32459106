"""``claimline tables``: reference tables that are imported, and what they say."""

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from claimline.cli.options import DAY, format_option, named_tables, tables_option
from claimline.errors import DONE, NEEDS_PERSON, worst

if TYPE_CHECKING:
    from claimline.reference.load import Loaded
    from claimline.reference.values import Imported
    from claimline.render import Table
    from claimline.services.tables import Done, Said


@click.group()
def tables() -> None:
    r"""Reference tables: CMS's code pairs and unit limits, fees, diagnoses; import and look up.

    They are kept in a file of their own. Where nothing is imported, small starter tables serve.

    \b
    Example:
      claimline tables import ccipra-v321r0-f1.txt ccipra-v321r0-f2.txt
      claimline tables show 97530 97140 --on 2026-04-15
    """


@tables.command(name="import")
@click.argument("files", nargs=-1, required=True, type=click.Path(), metavar="FILE...")
@click.option("--table", default="", help="medicare, medicaid, medicaid:TX (a state), own:PAYER.")
@click.option("--from", "since", type=DAY, help="First day the table is good for: 2026-04-01.")
@click.option("--replace", is_flag=True, help="Take this content in place of the one there.")
@tables_option
@format_option("table", "json", "csv")
def import_(
    files: tuple[str, ...],
    *,
    table: str,
    since: dt.datetime | None,
    replace: bool,
    tables: str,
    shape: str,
) -> int:
    r"""Import tables as CMS ships them (text, workbook, zip); what a file is, its content tells.

    Whose table it is (Medicare's or Medicaid's) and its quarter are read from its name, or said by
    --table and --from. The same file again changes nothing. Exit status 1 where a row could not be
    taken; the others were.

    \b
    Example:
      claimline tables import ccipra-v321r0-f*.txt
      claimline tables import pairs.xlsx --table medicaid:TX --from 2026-04-01
    """
    from claimline import settings
    from claimline.files import complain
    from claimline.reference.values import Options
    from claimline.render import Result, show, show_problems
    from claimline.services.tables import import_files

    options = Options(table=table, first=since.date() if since else None)
    path = settings.tables_path(tables, make_folder=True)
    done = import_files(path, files, options, replace=replace, now=settings.now())
    for one in done.refused:
        complain(one.message, one.todo)
    if shape != "json":
        for loaded in done.loaded:
            show_problems(loaded.problems)
    show(Result(data=_import_data(done), tables=(_import_table(done),)), shape)
    refused = any(one.state != "same" and one.imported.refused for one in done.loaded)
    return worst(done.status, NEEDS_PERSON if refused else DONE)


def _import_table(done: "Done") -> "Table":
    from claimline.render import Column, Table

    columns = (
        Column(key="file", title="File"),
        Column(key="kind", title="Table"),
        Column(key="version", title="Version"),
        Column(key="rows", title="Rows", kind="number"),
        Column(key="what", title="What happened"),
    )
    rows = [
        {
            "file": one.imported.file,
            "kind": f"{one.imported.kind} {one.imported.edition.table}".strip(),
            "version": _version(one.imported),
            "rows": one.imported.rows,
            "what": _happened(one),
        }
        for one in done.loaded
    ]
    return Table(
        columns=columns,
        rows=rows,
        notes=_notes((*done.left_out, *done.gaps)),
        empty="Nothing was imported.",
    )


def _version(one: "Imported") -> str:
    part = f" part {one.edition.part}" if one.edition.part else ""
    return f"{one.edition.version}{part}"


def _happened(one: "Loaded") -> str:
    words = {
        "imported": "imported",
        "replaced": "in place of the one before",
        "same": f"there since {one.imported.imported_at[:10]}: nothing changed",
    }[one.state]
    if one.state == "same":
        return words
    refused = f"; {one.imported.refused:,} rows not taken" if one.imported.refused else ""
    return words + refused + (f"; {one.twice:,} rows twice" if one.twice else "")


def _notes(gaps: Sequence[str]) -> tuple[str, ...]:
    return tuple(f"{words}." for words in gaps)


def _import_data(done: "Done") -> dict[str, Any]:
    from claimline.render import problem_fields

    return {
        "imported": [
            {
                **_fields(one.imported),
                "state": one.state,
                "twice": one.twice,
                "problems": [problem_fields(problem) for problem in one.problems],
            }
            for one in done.loaded
        ],
        "refused": [
            {"file": one.file, "why": one.message, "todo": one.todo} for one in done.refused
        ],
        "left_out": list(done.left_out),
        "missing": list(done.gaps),
    }


def _fields(one: "Imported") -> dict[str, Any]:
    edition = one.edition
    return {
        "number": one.id,
        "kind": one.kind,
        "table": edition.table,
        "version": edition.version,
        "part": edition.part,
        "from": edition.first.isoformat(),
        "until": edition.last.isoformat() if edition.last else None,
        "rows": one.rows,
        "not_taken": one.refused,
        "digest": one.digest,
        "file": one.file,
        "imported_at": one.imported_at,
    }


@tables.command(name="list")
@tables_option
@format_option("table", "json", "csv")
def list_(*, tables: str, shape: str) -> int:
    r"""List what is imported: kind, version, days, rows, digest, when.

    \b
    Example:
      claimline tables list
    """
    from claimline.render import Column, Result, Table, show
    from claimline.services.tables import listed

    found, gaps = listed(named_tables(tables))
    rows = [_fields(one) for one in found]
    columns = (
        Column(key="number", title="No.", kind="number"),
        Column(key="kind", title="Kind"),
        Column(key="table", title="Table"),
        Column(key="version", title="Version"),
        Column(key="part", title="Part"),
        Column(key="days", title="Days"),
        Column(key="rows", title="Rows", kind="number"),
        Column(key="imported_at", title="Imported"),
        Column(key="digest", title="sha256", place="below"),
        Column(key="file", title="file", place="below"),
    )
    shown = [
        {**row, "days": f"{row['from']} to {row['until'] or 'now'}", "imported_at": _at(row)}
        for row in rows
    ]
    table = Table(columns=columns, rows=shown, notes=_notes(gaps), empty="Nothing is imported.")
    show(Result(data={"imported": rows, "missing": list(gaps)}, tables=(table,)), shape)
    return DONE


def _at(row: dict[str, Any]) -> str:
    return str(row["imported_at"])[:10]


@tables.command()
@click.argument("numbers", nargs=-1, required=True, type=int, metavar="NUMBER...")
@tables_option
def remove(numbers: tuple[int, ...], *, tables: str) -> int:
    r"""Remove imports by their numbers in the list. Import the file again to have it back.

    \b
    Example:
      claimline tables remove 3 4
    """
    from claimline.services.tables import remove as run

    for one in run(named_tables(tables), numbers):
        click.echo(f"Removed: {one.kind} {one.edition.table} {_version(one)} ({one.rows:,} rows)")
    return DONE


@tables.command(name="show")
@click.argument("codes", nargs=-1, required=True, metavar="CODE...")
@click.option("--on", "day", type=DAY, help="Day of service; default today.")
@click.option("--table", default="medicare", show_default=True, help="As for import.")
@tables_option
@format_option("table", "json", "csv")
def show_(
    codes: tuple[str, ...], *, day: dt.datetime | None, table: str, tables: str, shape: str
) -> int:
    r"""Show what the tables say of a code, or of the pairs among several, on a day.

    \b
    Example:
      claimline tables show 97530 97140 --on 2026-04-15
      claimline tables show 97530 --table medicaid:TX
    """
    from claimline import settings
    from claimline.render import Result, show
    from claimline.services.tables import look_up

    on = day.date() if day else settings.today()
    said = look_up(named_tables(tables), codes, on, table)
    show(Result(data=_said_data(said), tables=tuple(_said_tables(said))), shape)
    return DONE


def _said_tables(said: "Said") -> "Iterator[Table]":
    from claimline.render import Column, Table

    pair_rows = [
        {
            "column1": pair.column1,
            "column2": pair.column2,
            "says": _says(pair.indicator, pair.column2, decides=pair.decides),
            "days": _days(pair.first, pair.last),
            "rationale": pair.rationale,
            "version": pair.version,
        }
        for pair in said.pairs or ()
    ]
    none = f"No pair on {said.day}." if said.pairs is not None else f"No table for {said.day}."
    versions = [pair.version for pair in said.pairs or ()] + [one.version for one in said.limits]
    by_starter = all(version.startswith("starter") for version in versions)
    stands_in = by_starter and said.table != "medicare" and said.pairs is not None
    yield Table(
        title=f"Pairs on {said.day}, table {said.table}",
        columns=(
            Column(key="column1", title="Column 1"),
            Column(key="column2", title="Column 2"),
            Column(key="says", title="What it says"),
            Column(key="days", title="Days"),
            Column(key="rationale", title="why", place="below"),
            Column(key="version", title="table", place="below"),
        ),
        rows=pair_rows,
        notes=(f"Nothing is imported for {said.table}: the starter table (Medicare) stands in.",)
        if stands_in
        else (),
        empty=none,
        tight=True,
    )
    yield Table(
        title="Most units",
        columns=(
            Column(key="code", title="Code"),
            Column(key="most", title="Units", kind="number"),
            Column(key="per", title="Of"),
            Column(key="version", title="Table"),
        ),
        rows=[
            {"code": one.code, "most": one.most, "per": _per(one.mai), "version": one.version}
            for one in said.limits
        ],
        empty=f"No unit limit is known for {said.day}.",
    )


def _says(indicator: str, column2: str, *, decides: bool) -> str:
    if indicator == "0":
        return "0: never together"
    words = f"1: together with a modifier on {column2}"
    return words if decides else f"{words} (not confirmed: warns)"


def _days(first: dt.date | None, last: dt.date | None) -> str:
    return f"{first or ''} to {last}" if last else f"since {first}"


def _per(mai: str) -> str:
    return {"1": "a line", "2": "a day, by policy", "3": "a day, clinical"}[mai]


def _said_data(said: "Said") -> dict[str, Any]:
    return {
        "day": said.day.isoformat(),
        "table": said.table,
        "codes": list(said.codes),
        "pairs": None
        if said.pairs is None
        else [
            {
                "column1": pair.column1,
                "column2": pair.column2,
                "indicator": pair.indicator,
                "from": pair.first.isoformat() if pair.first else None,
                "until": pair.last.isoformat() if pair.last else None,
                "decides": pair.decides,
                "rationale": pair.rationale,
                "version": pair.version,
            }
            for pair in said.pairs
        ],
        "limits": [
            {
                "code": one.code,
                "most": one.most,
                "mai": one.mai,
                "decides": one.decides,
                "version": one.version,
            }
            for one in said.limits
        ],
        "versions": list(said.versions),
    }
