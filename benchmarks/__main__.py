"""All measures, one after the other, or those named: ``python -m benchmarks bill rules``."""

import importlib
import sys

NAMES = ("check", "read", "bill", "receive", "size", "tables", "rules")

names = sys.argv[1:] or NAMES
del sys.argv[1:]  # each measure run by itself has options of its own
for name in names:
    importlib.import_module(f"benchmarks.{name}").main()
