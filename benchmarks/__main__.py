"""All measures, one after the other: ``python -m benchmarks [check|read|bill|receive]...``."""

import importlib
import sys

NAMES = ("check", "read", "bill", "receive")

for name in sys.argv[1:] or NAMES:
    importlib.import_module(f"benchmarks.{name}").main()
