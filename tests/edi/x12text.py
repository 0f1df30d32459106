"""Wraps the part of an X12 text that matters in an envelope with right counts."""

from collections.abc import Iterable

from edi.problem import Problem
from edi.separators import Separators

MARKS = Separators()
GROUPS = {"835": "HP", "837": "HC", "999": "FA", "277": "HN"}
VERSIONS = {
    "835": "005010X221A1",
    "837": "005010X222A1",
    "999": "005010X231A1",
    "277": "005010X214",
}


def isa(control: int = 1, marks: Separators = MARKS, *, isa11: str = "") -> str:
    """An ISA of the standard's width, without its terminator."""
    fixed = f"ISA*00*{'':10}*00*{'':10}*ZZ*{'PAYER':15}*ZZ*{'CLINIC':15}*260105*1200*"
    tail = f"*00501*{control:09}*0*P*"
    return fixed.replace("*", marks.element) + (
        (isa11 or marks.repetition or "U") + tail.replace("*", marks.element) + marks.component
    )


def segments(body: str) -> list[str]:
    """The segments of a body written with ``~`` and line breaks as one likes."""
    return [text.strip() for text in body.split("~") if text.strip()]


def transaction(body: str, kind: str = "835", control: str = "0001", st03: str = "") -> list[str]:
    """ST, the body's segments, SE with the right count."""
    inner = segments(body)
    st = f"ST*{kind}*{control}" + (f"*{st03}" if st03 else "")
    return [st, *inner, f"SE*{len(inner) + 2}*{control}"]


def group(transactions: Iterable[list[str]], kind: str = "835", control: int = 1) -> list[str]:
    """GS, the transactions, GE with the right count."""
    inner = list(transactions)
    gs = f"GS*{GROUPS[kind]}*PAYER*CLINIC*20260105*1200*{control}*X*{VERSIONS[kind]}"
    return [gs, *(text for one in inner for text in one), f"GE*{len(inner)}*{control}"]


def interchange(
    groups: Iterable[list[str]], control: int = 1, marks: Separators = MARKS, end: str = "\n"
) -> str:
    """ISA, the groups, IEA; bodies are written with ``*`` and ``:`` and put into ``marks``."""
    inner = list(groups)
    texts = [text for one in inner for text in one]
    texts.append(f"IEA*{len(inner)}*{control:09}")
    swap = str.maketrans({"*": marks.element, ":": marks.component})
    after = marks.terminator + end
    return after.join([isa(control, marks), *(t.translate(swap) for t in texts)]) + after


def file_of(body: str, kind: str = "835", control: str = "0001", **more: object) -> bytes:
    """A file of one transaction with this body."""
    marks = more.get("marks", MARKS)
    end = more.get("end", "\n")
    st03 = str(more.get("st03", ""))
    assert isinstance(marks, Separators)
    one = transaction(body, kind, control, st03)
    return interchange([group([one], kind)], 1, marks, str(end)).encode()


def problem_text(problems: Iterable[Problem]) -> str:
    """Problems as lines for a golden file: level, codes, place, message, never the value."""
    return "".join(_line(problem) for problem in problems)


def _line(problem: Problem) -> str:
    place = problem.where
    parts = {
        "interchange": place.interchange,
        "group": place.group,
        "transaction": place.transaction,
        "segment": place.segment,
        "line": place.line,
        "loop": place.loop,
        "element": place.element,
        "claim": place.claim,
    }
    where = " ".join(f"{name} {value}" for name, value in parts.items() if value)
    codes = f"{problem.code} {problem.standard}".strip()
    return f"{problem.level} {codes} ({where}): {problem.message}\n"
