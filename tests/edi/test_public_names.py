"""The doors of ``edi`` are labelled: ``__all__`` is sorted and is what is there."""

import importlib
import subprocess
import sys
from types import ModuleType

import pytest

import edi

DOORS = [
    *(name for name in edi.__all__ if name != "codes"),
    *("npi", "separators"),
]


def own(module: ModuleType) -> set[str]:
    """Public functions and classes a module defines."""
    return {
        name
        for name, value in vars(module).items()
        if name[0] != "_" and getattr(value, "__module__", "") == module.__name__
    }


@pytest.mark.parametrize("name", DOORS)
def test_public_names_are_listed(name: str) -> None:
    """``__all__`` holds every public function and class, names only what is there, in order."""
    module = importlib.import_module(f"edi.{name}")
    assert own(module) <= set(module.__all__)
    assert all(hasattr(module, public) for public in module.__all__)
    assert list(module.__all__) == sorted(module.__all__, key=_rank)


def _rank(name: str) -> tuple[int, str]:
    """Constants first, then classes, then functions, as the linter sorts."""
    return (0 if name.isupper() else 1 if name[0].isupper() else 2, name)


def test_the_package_names_its_modules() -> None:
    """``edi.__all__`` is sorted and each name is a module that imports."""
    assert edi.__all__ == sorted(edi.__all__)
    assert all(importlib.import_module(f"edi.{name}").__doc__ for name in edi.__all__)


def test_reading_needs_no_guide() -> None:
    """Reading a file loads neither lxml nor the checker, so that a command starts at once."""
    code = "import sys, edi.envelope, edi.x835_read, edi.x837p_read; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert "edi.x835_read" in loaded
    assert not {"lxml", "lxml.etree", "edi.check", "pyx12"} & set(loaded)


@pytest.mark.parametrize("name", ["check", "read"])
def test_a_measure_can_be_run_by_its_name(name: str) -> None:
    """``python -m benchmarks`` calls the ``main`` of each measure."""
    assert callable(importlib.import_module(f"benchmarks.{name}").main)
