"""Starts commands as processes of their own, quickly: what is loaded once is there for each child.

A program that reads a line of JSON for each thing to do and answers with a number: ``start`` a
command (its process), ``wait`` for a process (its status). ``Starter`` speaks with it.
"""

import json
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent


class Starter:
    """A process that has the program loaded and forks a child for each command."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def start(self, args: list[str], environment: dict[str, str], out: Path, **how: Any) -> int:
        """Start a command; what it says goes to ``out`` and, ``.err`` after it, beside that.

        ``die_at``: killed at that moment (see ``night_killed``), 0: moments are counted.
        ``largest``: bytes a file may have, as on a full disk. ``deaf``: nobody reads its errors.
        """
        return self._ask(do="start", args=args, environment=environment, out=str(out), **how)

    def wait(self, process: int) -> int:
        """The status of a process, once it has ended."""
        return self._ask(do="wait", process=process)

    def close(self) -> None:
        """No more."""
        self._process.communicate()

    def _ask(self, **what: Any) -> int:
        into, out = self._process.stdin, self._process.stdout
        assert into is not None
        assert out is not None
        print(json.dumps(what), file=into, flush=True)
        return int(out.readline())


def serve() -> None:
    """Do what is asked for until there is nobody to ask."""
    import claimline.night.night  # noqa: F401 - loaded for the children
    from claimline.night.config import read_config  # noqa: F401 - as above

    for line in sys.stdin:
        asked = json.loads(line)
        if asked["do"] == "wait":
            answer = os.waitstatus_to_exitcode(os.waitpid(asked["process"], 0)[1])
        elif not (answer := os.fork()):
            os._exit(_child(asked))
        sys.stdout.write(f"{answer}\n")
        sys.stdout.flush()


def _child(asked: dict[str, Any]) -> int:
    """One command, as if it had been started by itself."""
    os.environ.clear()
    os.environ.update(asked["environment"])
    os.umask(0o077)
    for handle, name in ((0, os.devnull), (1, asked["out"]), (2, f"{asked['out']}.err")):
        os.dup2(os.open(name, os.O_RDWR | os.O_CREAT | os.O_TRUNC), handle)
    if asked.get("deaf"):
        reader, writer = os.pipe()
        os.close(reader)
        os.dup2(writer, 2)
    if asked.get("largest") is not None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (asked["largest"], resource.RLIM_INFINITY))
    from night_killed import run

    status = run(asked["args"], asked.get("die_at"))
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:
        return status
    return status


if __name__ == "__main__":
    sys.path[:0] = [str(HERE), str(HERE.parents[2])]
    serve()
