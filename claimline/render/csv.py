"""CSV for a spreadsheet: UTF-8, one header row, no cell that would run as a formula."""

import csv
from typing import IO

from claimline.render.cells import cell, harmless
from claimline.render.values import Result


def write_csv(result: Result, stream: IO[str]) -> None:
    """Write the rows of the first table, all columns, row by row."""
    table = result.tables[0]
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow([column.key for column in table.columns])
    keys = [column.key for column in table.columns]
    for row in table.rows:
        writer.writerow([harmless(cell(row.get(key))) for key in keys])
