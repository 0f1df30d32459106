"""CSV for a spreadsheet: UTF-8, one header row, no cell that would run as a formula."""

import csv
from typing import IO

from claimline.render.cells import cell, harmless
from claimline.render.values import Result


def write_csv(result: Result, stream: IO[str]) -> None:
    """Write the rows of all tables under one header; what a table does not have stays empty."""
    columns = (column for table in result.tables for column in table.columns if column.in_files)
    keys = list(dict.fromkeys(column.key for column in columns))
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(keys)
    for table in result.tables:
        for row in table.rows:
            writer.writerow([harmless(cell(row.get(key))) for key in keys])
