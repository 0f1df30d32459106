"""``claimline read``: an X12 file in business words."""

from typing import TYPE_CHECKING, Any, Final

import click

from claimline.cli.options import format_option, output_option, show_patient_option
from claimline.errors import DONE, NEEDS_PERSON

if TYPE_CHECKING:
    from pathlib import Path

    from edi.problem import Problem

FILES: Final = frozenset({"csv", "xlsx"})  # shapes that hold payments and adjustments as rows


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(), metavar="FILE...")
@click.option("--segments", is_flag=True, help="Segment by segment, each value with its name.")
@show_patient_option
@format_option("table", "json", "csv", "xlsx", "html")
@output_option
def read(
    *,
    files: tuple[str, ...],
    segments: bool,
    show_patient: bool,
    shape: str,
    output: "Path | None",
) -> int:
    r"""Show X12 files in business words: 835, 837P, TA1, 999, 997, 277CA; others by segment.

    Exit status 1 where a remittance does not balance, an acknowledgement rejects something or a
    file has faults. - reads standard input. Names and ids of patients are masked, so is of
    references of provider adjustments what may be one; the free text of acknowledgements is left
    out.

    \b
    Example:
      claimline read era.835
      claimline read outbox/*.edi --format csv
      claimline read ack.999 claims.277
      claimline read ack.999 --segments
    """
    from claimline import files as reading
    from claimline.cli.options import may_show_patient
    from claimline.render import MOST, Result, problem_fields, show, show_problems
    from claimline.render.acknowledgement import rejects
    from claimline.render.content import content_tables
    from claimline.services import read as service

    kinds = ("remittances", "submissions", "acknowledgements", "transactions")
    answer: dict[str, list[Any]] = {kind: [] for kind in kinds}
    found: list[Problem] = []
    seen = show_patient and may_show_patient(output)
    opened: list[str] = []

    def work(name: str) -> int:
        problems: list[Problem] = []
        for kind, content in service.read(
            reading.chunks(name), problems, name, segments=segments, show_patient=seen
        ):
            answer[kind].append({"file": name, **content})
        opened.append(name)
        found.extend(problems)
        show_problems(problems, most=MOST)
        unbalanced = any(not each["balanced"] for each in answer["remittances"])
        errors = any(problem.level == "error" for problem in problems)
        return NEEDS_PERSON if errors or unbalanced or rejects(answer) else DONE

    status = reading.each(files, work)
    data = {kind: items for kind, items in answer.items() if items}
    data["problems"] = [{"file": p.where.file, **problem_fields(p)} for p in found]
    tables = content_tables(answer, to_file=shape in FILES) if opened else ()
    show(Result(data=data, tables=tables), shape, output)
    return status
