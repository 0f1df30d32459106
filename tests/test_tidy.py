"""The rules of the house, enforced: sizes, import directions, purity, no float, no leftovers."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("edi", "mapping", "reconcile", "claimline")
MAY_IMPORT = {
    "edi": {"edi"},
    "mapping": {"edi", "mapping"},
    "reconcile": {"edi", "reconcile"},
    "claimline": {"edi", "mapping", "reconcile", "claimline"},
}
IMPURE_MODULES = {
    "os",
    "sys",
    "time",
    "random",
    "secrets",
    "logging",
    "structlog",
    "socket",
    "uuid",
}
IMPURE_CALLS = {"open", "print", "input"}
IMPURE_METHODS = {"now", "today", "utcnow", "read_text", "write_text", "read_bytes", "write_bytes"}
LEFTOVER = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b|NotImplementedError")


def modules(*packages: str) -> list[Path]:
    """All Python files of these packages."""
    found = [path for package in packages for path in sorted((ROOT / package).rglob("*.py"))]
    assert found, f"no files found for {packages}"
    return found


def name(path: Path) -> str:
    """A file's path from the root, for messages."""
    return path.relative_to(ROOT).as_posix()


def tree(path: Path) -> ast.Module:
    """A file parsed."""
    return ast.parse(path.read_text(encoding="utf-8"))


def imported(path: Path) -> Iterator[str]:
    """The dotted names of all modules a file imports, also inside functions."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module


def is_pure(path: Path) -> bool:
    """Whether the rule "no I/O, no clock" binds this file: all but the ledger."""
    return "reconcile/ledger" not in name(path)


def test_files_are_small() -> None:
    """No file of the product is longer than 500 lines."""
    long = {
        name(path): lines
        for path in modules(*PACKAGES)
        if (lines := path.read_text(encoding="utf-8").count("\n")) > 500
    }
    assert long == {}


def test_functions_are_small() -> None:
    """No function of the product is longer than 70 lines."""
    long = {
        f"{name(path)}:{node.lineno} {node.name}": lines
        for path in modules(*PACKAGES)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (lines := (node.end_lineno or node.lineno) - node.lineno + 1) > 70
    }
    assert long == {}


@pytest.mark.parametrize("package", PACKAGES)
def test_imports_point_one_way(package: str) -> None:
    """A package imports only from the packages below it."""
    wrong = [
        f"{name(path)} imports {module}"
        for path in modules(package)
        for module in imported(path)
        if (top := module.split(".")[0]) in PACKAGES and top not in MAY_IMPORT[package]
    ]
    assert wrong == []


def test_the_simulated_payer_knows_only_edi() -> None:
    """The sandbox imports nothing of ours but ``edi``: it must not share our mistakes."""
    wrong = [
        f"{name(path)} imports {module}"
        for path in modules("claimline/sandbox")
        for module in imported(path)
        if module.split(".")[0] in PACKAGES and not module.startswith(("edi", "claimline.sandbox"))
    ]
    assert wrong == []


def test_pure_packages_do_no_io() -> None:
    """``edi``, ``mapping`` and ``reconcile`` read no clock, file, environment or random number."""
    wrong = []
    for path in filter(is_pure, modules("edi", "mapping", "reconcile")):
        wrong += [
            f"{name(path)} imports {module}"
            for module in imported(path)
            if module.split(".")[0] in IMPURE_MODULES
        ]
        for node in ast.walk(tree(path)):
            if not isinstance(node, ast.Call):
                continue
            called = node.func
            if isinstance(called, ast.Name) and called.id in IMPURE_CALLS:
                wrong.append(f"{name(path)}:{node.lineno} calls {called.id}")
            if isinstance(called, ast.Attribute) and called.attr in IMPURE_METHODS:
                source = path.read_text(encoding="utf-8")
                if (
                    "importlib.resources" not in source
                    and "importlib import resources" not in source
                ):
                    wrong.append(f"{name(path)}:{node.lineno} calls .{called.attr}")
    assert wrong == []


def test_money_is_never_float() -> None:
    """No float literal and no ``float(`` in the packages that handle money."""
    wrong = [
        f"{name(path)}:{node.lineno}"
        for path in modules("edi", "mapping", "reconcile")
        for node in ast.walk(tree(path))
        if (isinstance(node, ast.Constant) and isinstance(node.value, float))
        or (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id == "float"
        )
    ]
    assert wrong == []


def test_nothing_is_left_over() -> None:
    """No note of unfinished work stands in the code."""
    wrong = [
        f"{name(path)}:{number}"
        for path in modules(*PACKAGES, "tests", "fixtures", "benchmarks")
        if path != Path(__file__)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if LEFTOVER.search(line)
    ]
    assert wrong == []


def test_no_exception_is_swallowed() -> None:
    """No ``except`` clause of the product has a body that does nothing."""
    wrong = [
        f"{name(path)}:{node.lineno}"
        for path in modules(*PACKAGES)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ExceptHandler)
        and all(isinstance(step, ast.Pass | ast.Continue) for step in node.body)
        and not any(
            "#" in line
            for line in path.read_text(encoding="utf-8").splitlines()[
                node.lineno - 1 : node.end_lineno
            ]
        )
    ]
    assert wrong == []


def test_every_test_says_what_must_hold() -> None:
    """Every test has a docstring and asserts, raises or checks something."""
    wrong = []
    for path in modules("tests"):
        for node in ast.walk(tree(path)):
            if not isinstance(node, ast.FunctionDef) or not node.name.startswith("test_"):
                continue
            if not ast.get_docstring(node):
                wrong.append(f"{name(path)}:{node.lineno} {node.name} has no docstring")
            if not re.search(r"Assert|raises|assert_|check_|expect", ast.dump(node)):
                wrong.append(f"{name(path)}:{node.lineno} {node.name} asserts nothing")
    assert wrong == []


def test_no_test_imports_from_a_conftest() -> None:
    """Several folders have one: which of them a test would get, the order of folders decides."""
    wrong = [name(path) for path in modules("tests") if "conftest" in set(imported(path))]
    assert wrong == []
