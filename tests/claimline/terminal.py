"""A person at a terminal: answers typed under a real pseudo terminal, or, quicker, without one."""

import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Sequence

import pytest

from claimline.__main__ import main

STOP = "^C"  # instead of an answer: the person breaks off
END = "^D"  # the same by the end of the input


def answered(
    words: Sequence[str],
    answers: Sequence[str],
    patch: pytest.MonkeyPatch,
    capture: pytest.CaptureFixture[str],
) -> tuple[str, int]:
    """What is shown when these answers are given, and the exit status; in this process."""
    left = list(answers)

    def line(prompt: str = "", *_: object) -> str:
        if not left:
            raise EOFError
        answer = left.pop(0)
        if answer in (STOP, END):
            raise KeyboardInterrupt if answer == STOP else EOFError
        sys.stdout.write(f"{prompt}{answer}\n")
        return answer

    capture.readouterr()
    with patch.context() as patched:
        patched.setattr("click.termui.visible_prompt_func", line)
        patched.setattr("claimline.cli.remit._on_terminal", lambda: True)
        status = main(list(words))
    return "".join(capture.readouterr()), status


def typed(words: Sequence[str], answers: Sequence[str]) -> tuple[str, int]:
    """What a terminal shows when these answers are typed, and the exit status."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "claimline", *words], stdin=theirs, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    shown, left = "", list(answers)
    until = time.monotonic() + 90
    while time.monotonic() < until:
        ready, _, _ = select.select([ours], [], [], 0.1)
        if ready:
            try:
                shown += os.read(ours, 4096).decode()
            except OSError:  # it ended
                break
        elif left and shown.rstrip(" ").endswith(":"):
            answer = left.pop(0)
            if answer == STOP:
                process.send_signal(signal.SIGINT)
                shown += "\n"
            else:
                os.write(ours, (answer + "\n").encode())
    os.close(ours)
    return shown.replace("\r\n", "\n"), process.wait(timeout=30)
