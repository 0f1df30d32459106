"""CMS's unit limits for practitioners (MUE), CSV or workbook.

After a quoted preamble the columns HCPCS/CPT code, MUE value, adjudication indicator ("3 Date of
Service Edit: Clinical"), rationale.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from claimline.errors import WrongUsageError
from claimline.reference.importers.names import quarter, whose
from claimline.reference.importers.ptp import code
from claimline.reference.sheets import Sheet
from claimline.reference.values import Edition, Faults, Importer, Options, Row


def _recognise(sheet: Sheet) -> bool:
    head = " ".join(sheet.head).lower()
    return "mue values" in head and "adjudication" in head


def _edition(sheet: Sheet, options: Options) -> Edition:
    if "practitioner" not in " ".join(sheet.head).lower():
        raise WrongUsageError(
            f"{sheet.name}: this is not the table of practitioners",
            todo="get the MUE file for practitioner services",
        )
    version, first, last = quarter(sheet, options)
    return Edition(table=whose(sheet, options), version=version, first=first, last=last)


def _rows(sheet: Sheet, faults: Faults) -> Iterator[Row]:
    started = False
    for number, cells in enumerate(sheet.cells(","), 1):
        found = [cell.strip() for cell in (*cells, "", "", "", "")][:4]
        name, most, mai, rationale = found
        is_whole = not any("\n" in cell for cell in found)  # no quotation mark swallowed rows
        if (
            is_whole
            and code(name)
            and most.isascii()
            and most.isdigit()
            and mai[:1] in {"1", "2", "3"}
        ):
            started = True
            yield code(name), int(most), mai[0], rationale
        elif any(found) and (started or (code(name) and most.isdigit())):
            started = True
            faults.add(number, _why(found))


def _why(cells: Sequence[str]) -> str:
    """What is wrong with a row."""
    name, most, mai, _ = cells
    lost = sum(cell.count("\n") for cell in cells)
    if lost:
        return f"a quotation mark is not closed: the row swallows {lost} lines after it"
    if not code(name):
        return f"{name[:12]!r} is no code of five characters"
    if not (most.isascii() and most.isdigit()):
        return f"MUE value {most[:12]!r}: expected a whole number"
    return f"adjudication indicator {mai[:12]!r}: expected to begin with 1, 2 or 3"


IMPORTER: Final = Importer(
    kind="mue",
    title="NCCI unit limits (MUE), practitioners",
    expects="unit limits: MCR_MUE_PractitionerServices_Eff_MM-DD-YYYY from CMS, .csv or .xlsx",
    recognise=_recognise,
    edition=_edition,
    rows=_rows,
)
