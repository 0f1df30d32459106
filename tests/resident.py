"""The ``claimline`` command for tests that start it by the hundred: loaded once, forked for each.

Started with the path of a socket this program has all of Claimline loaded and waits there. The
command that ``resident`` puts into a folder hands it arguments, folder, environment and standard
streams, and ends with the status of the process that is forked for them.
"""

import importlib
import json
import os
import pkgutil
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LENGTH = 4  # bytes that say how long a request is
COMMAND = """\
#!/bin/sh
exec "{python}" -SE - "$@" 3<&0 <<'END'
import json, os, socket, sys
link = socket.socket(socket.AF_UNIX)
link.connect({address!r})
how = {{"args": sys.argv, "folder": os.getcwd(), "environment": dict(os.environ)}}
request = json.dumps(how).encode()
socket.send_fds(link, [len(request).to_bytes({length}, "big")], [3, 1, 2])
link.sendall(request)
os._exit(link.recv(1)[0])
END
"""


@contextmanager
def resident(folder: Path) -> Iterator[Path]:
    """A folder, made in that one, to put before all others of ``PATH``: ``claimline`` is in it."""
    address = folder / "claimline.socket"
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(str(address))
        door.listen()
        server = subprocess.Popen(
            [sys.executable, __file__, str(door.fileno())],
            pass_fds=[door.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            env=os.environ | {"COLUMNS": "100", "NO_COLOR": "1"},
        )
    command = folder / "bin" / "claimline"
    command.parent.mkdir()
    text = COMMAND.format(python=sys.executable, address=str(address), length=LENGTH)
    command.write_text(text, encoding="utf-8")
    command.chmod(command.stat().st_mode | stat.S_IXUSR)
    try:
        yield command.parent
    finally:
        server.kill()
        server.wait()


def serve(door: socket.socket) -> None:
    """Run what is asked for, each in a process of its own, until killed."""
    for package in ("claimline", "reconcile", "mapping", "edi"):
        path = importlib.import_module(package).__path__
        for module in pkgutil.walk_packages(path, f"{package}."):
            if "migrations" not in module.name and not module.name.endswith("__main__"):
                importlib.import_module(module.name)
    from claimline.__main__ import run

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those who answer
    while True:
        link, _ = door.accept()
        if os.fork():
            link.close()
            continue
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        if _is_command(link):
            run()
        return


def _is_command(link: socket.socket) -> bool:
    """Whether this is now the process that runs the command; the other has told its status."""
    head, streams, _, _ = socket.recv_fds(link, LENGTH, 3)
    with link.makefile("rb") as rest:
        how = json.loads(rest.read(int.from_bytes(head, "big")))
    if not (process := os.fork()):
        link.close()
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
            os.close(stream)
        os.chdir(how["folder"])
        os.environ.clear()
        os.environ.update(how["environment"])
        sys.argv = how["args"]
        return True
    link.send(bytes([os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])]))
    return False


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
