"""Reading an 835 to complete values: ours, the peers that install from PyPI, and the floor.

Each measurement runs in a process of its own, so that memory is its own. The floor splits all
segments and elements in plain Python and keeps nothing.
"""

import resource
import subprocess
import sys
import time
from pathlib import Path

from benchmarks import made

WORK = Path(__file__).parent / "work"


def ours(path: Path) -> int:
    """Complete values, one claim at a time."""
    from edi.envelope import read
    from edi.remittance import ClaimPayment
    from edi.x835 import read_835

    claims = 0
    with path.open("rb") as stream:
        for interchange in read(iter(lambda: stream.read(1 << 20), b""), []):
            for group in interchange.groups():
                for transaction in group.transactions():
                    for item in read_835(transaction):
                        claims += isinstance(item, ClaimPayment)
    return claims


def floor(path: Path) -> int:
    """Split everything, keep nothing."""
    claims, rest = 0, ""
    with path.open(encoding="ascii") as stream:
        while block := stream.read(1 << 20):
            *whole, rest = (rest + block).split("~")
            for text in whole:
                claims += text.split("*")[0] == "CLP"
    return claims


def oxedi_tables(path: Path) -> int:
    """A Rust parser: tables of the whole file."""
    import oxedi as peer

    tables = peer.parse(path.read_bytes()).tables
    return len(tables[next(name for name in dict(tables) if "claim" in name)])


def edi_835_parser(path: Path) -> int:
    """The best-known Python 835 parser."""
    from edi_835_parser import parse

    return len(parse(str(path)).transaction_sets[0].claims)


def pyx12_context(path: Path) -> int:
    """pyx12's context reader: trees by claim loop."""
    import pyx12.error_handler
    import pyx12.params
    import pyx12.x12context

    errors = pyx12.error_handler.errh_list()
    with path.open(encoding="ascii") as stream:
        reader = pyx12.x12context.X12ContextReader(pyx12.params.params(), errors, stream)
        return sum(node.id == "2100" for node in reader.iter_segments("2100"))


READERS = {
    "floor: plain split": floor,
    "claimline, complete values": ours,
    "oxedi (Rust), tables": oxedi_tables,
    "edi-835-parser": edi_835_parser,
    "pyx12 context reader": pyx12_context,
}


def main(small: float = 10, large: float = 1000) -> None:
    """Print the table: peers on ``small`` megabytes, ours on ``large`` too."""
    WORK.mkdir(exist_ok=True)
    print(f"\nReading an 835 ({small:g} MB; ours also {large:g} MB)\n")
    print(f"{'reader':<34}{'MB':>8}{'claims':>12}{'seconds':>10}{'MB/s':>8}{'peak MB':>10}")
    path = _file(small)
    for name in READERS:
        _row(name, path)
    _row("claimline, complete values", _file(large))


def _file(megabytes: float) -> Path:
    path = WORK / f"era-{megabytes:g}.835"
    if not path.exists():
        made.remittance(path, megabytes)
    return path


def _row(name: str, path: Path) -> None:
    """Measure one reader in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.read", name, str(path)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        print(f"{name:<34}  failed: {done.stderr.strip().splitlines()[-1][:60]}")
        return
    claims, seconds, peak = done.stdout.split()
    size = path.stat().st_size / 1e6
    speed = size / float(seconds)
    print(f"{name:<34}{size:>8.1f}{claims:>12}{float(seconds):>10.2f}{speed:>8.1f}{peak:>10}")


def _measure(name: str, path: Path) -> None:
    started = time.perf_counter()
    claims = READERS[name](path)
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(claims, f"{seconds:.3f}", peak)


if __name__ == "__main__":
    if len(sys.argv) == 3:
        _measure(sys.argv[1], Path(sys.argv[2]))
    else:
        main()
