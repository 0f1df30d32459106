r"""Who knows which file: one module for each kind, each with one ``IMPORTER``.

To add a kind is to add a module and a line in ``IMPORTERS``. An ``Importer`` is

* ``kind``: a table in ``claimline.reference.database.COLUMNS``;
* ``recognise(sheet) -> bool``: by ``sheet.head`` (its first lines), the name only where the content
  cannot tell; the first importer that says yes takes the file;
* ``edition(sheet, options) -> Edition``: table, version and days, from the name or the content, or
  from ``--table`` and ``--from``; raises ``WrongUsageError`` saying which of them to give;
* ``rows(sheet, faults) -> Iterator[tuple]``: the values of ``COLUMNS[kind]`` in their order, read
  from ``sheet.lines()`` or ``sheet.cells("\t")`` / ``sheet.cells(",")``; what is before the first
  row of data is skipped, a later row that is none goes to ``faults.add(number, why)`` and the next
  one follows. Rows of one key: the first stands.
"""

from typing import Final

from claimline.reference.importers import gpci, icd10, mue, pprrvu, ptp
from claimline.reference.values import Importer

IMPORTERS: Final[tuple[Importer, ...]] = (
    ptp.IMPORTER,
    mue.IMPORTER,
    icd10.IMPORTER,
    pprrvu.IMPORTER,
    gpci.IMPORTER,
)
