"""A person at a terminal: answers typed under a real pseudo terminal."""

import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Sequence

STOP = "^C"  # instead of an answer: the person breaks off


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
