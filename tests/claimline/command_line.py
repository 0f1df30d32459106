"""What the tests of commands share with their fixtures: the types, and where the project is."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
Ran = tuple[int, str, str]  # exit status, standard output, standard error
Command = Callable[..., Ran]
