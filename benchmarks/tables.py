"""``tables import`` and look-ups on tables of full size: CMS's layout, invented codes with ours."""

import datetime as dt
import itertools
import random
import string
import sys
import time
from collections.abc import Iterator
from pathlib import Path

WORK = Path(__file__).parent / "work" / "tables"
ROWS = 2_100_000
PARTS = 4
REAL = (  # invented days; the codes of a therapy visit, so that look-ups find something
    ("97140", "97530", "1"), ("97530", "97116", "1"), ("97530", "97164", "1"),
    ("97530", "97168", "1"), ("97113", "97110", "1"), ("97036", "97113", "0"),
    ("97161", "97162", "0"), ("97153", "97530", "0"), ("97150", "97110", "1"),
)  # fmt: skip
PREAMBLE = "Synthetic table for measurements.\r\nNot a table of CMS.\r\n"
HEAD = (
    "Column 1/Column 2 Edits\t\t\t\t\t\t\r\n"
    "Column 1\tColumn 2\t*=in existence\tEffective\tDeletion\tModifier\tPTP Edit Rationale\r\n"
    "\t\tprior to 1996\tDate\tDate\t0=not allowed\t\r\n"
    "\t\t\t\t*=no data\t1=allowed\t\r\n"
    "\t\t\t\t\t9=not applicable\t\r\n"
)


def _codes() -> list[str]:
    """Some thousand codes in order: numbers, and letters with numbers."""
    numbers = [f"{n:05d}" for n in range(100, 99_900, 12)]
    letters = [f"{a}{n:04d}" for a in string.ascii_uppercase[6:8] for n in range(0, 9999, 40)]
    ours = [code for pair in REAL for code in pair[:2]]
    return sorted({*numbers, *letters, *ours, "97112", "97035", "97012"})


def pairs(rows: int) -> Iterator[tuple[str, ...]]:
    """So many rows in the order of CMS's files: by column 1, then column 2, deleted ones too."""
    chance = random.Random(97530)
    codes = _codes()
    real = {(one, two): indicator for one, two, indicator in REAL}
    therapy = {code for pair in real for code in pair} | {"97112", "97035", "97012"}
    per_code = rows // len(codes) + 1
    count = 0
    for code in codes:
        others = chance.sample(codes, per_code)
        own = {two: mark for (one, two), mark in real.items() if one == code}
        kept = {o for o in others if not (code in therapy and o in therapy)}
        for other in sorted({*kept, *own} - {code}):
            count += 1
            deleted = "*" if other in own or chance.random() < 0.7 else "20231231"
            mark = own.get(other) or chance.choice("0119")
            since = "20201001" if other in own else f"{chance.randint(1996, 2025)}0101"
            if mark == "9":
                deleted = since
            yield code, other, "", since, deleted, mark, "Example: standards of practice"
            if count == rows:
                return


def write(rows: int = ROWS) -> list[Path]:
    """Write the four text parts, once."""
    WORK.mkdir(parents=True, exist_ok=True)
    paths = [WORK / f"ccipra-v321r0-f{part}.txt" for part in range(1, PARTS + 1)]
    if not all(path.exists() for path in paths):
        made = pairs(rows)
        size = -(-rows // PARTS)
        for path in paths:
            with path.open("w", encoding="latin-1", newline="") as out:
                out.write(PREAMBLE + HEAD)
                out.writelines("\t".join(r) + "\r\n" for r in itertools.islice(made, size))
    return paths


def write_workbooks(texts: list[Path]) -> list[Path]:
    """The same as workbooks, codes and days as numbers where Excel would make them so."""
    from openpyxl import Workbook

    made = []
    for text in texts:
        path = text.with_suffix(".xlsx")
        made.append(path)
        if path.exists():
            continue
        book = Workbook(write_only=True)
        sheet = book.create_sheet()
        for line in text.read_text("latin-1").splitlines():
            sheet.append([int(c) if c.isdecimal() else c for c in line.split("\t")])
        book.save(path)
    return made


def main() -> None:
    """Print the table."""
    from claimline.reference.values import Options
    from claimline.services.tables import import_files

    texts = write()
    print("\ntables: four parts of NCCI pairs into the database, and look-ups\n")
    print(f"{'format':>10}{'rows':>12}{'MB':>8}{'seconds':>10}{'rows/s':>10}{'limit s':>9}")
    for shape, paths, most in (("text", texts, 60), ("xlsx", write_workbooks(texts), 90)):
        database = WORK / f"{shape}.sqlite3"
        database.unlink(missing_ok=True)
        started = time.perf_counter()
        done = import_files(
            database,
            [str(path) for path in paths],
            Options(),
            replace=False,
            now=dt.datetime(2026, 4, 2, tzinfo=dt.UTC),
        )
        seconds = time.perf_counter() - started
        rows = sum(one.imported.rows for one in done.loaded)
        size = sum(path.stat().st_size for path in paths) / 1e6
        print(f"{shape:>10}{rows:>12}{size:>8.0f}{seconds:>10.1f}{rows / seconds:>10.0f}{most:>9}")
    _look(WORK / "text.sqlite3")


def _look(path: Path) -> None:
    """Look-ups of code pairs never asked before, and asked again."""
    from claimline.reference.lookup import open_tables

    tables = open_tables(path)
    day = dt.date(2026, 4, 15)
    chance = random.Random(1)
    asked = [tuple(chance.sample(_codes(), 2)) for _ in range(20_000)]
    for name in ("cold", "again"):
        started = time.perf_counter()
        for pair in asked:
            tables.pairs(pair, day, "medicare")
        each = (time.perf_counter() - started) / len(asked) * 1e6
        print(f"{name + ' look-up':>22}: {each:.1f} us a pair (limit 100)")


if __name__ == "__main__":
    sys.exit(main())
