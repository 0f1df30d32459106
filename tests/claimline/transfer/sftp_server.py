"""A real SFTP server over a folder on the loopback interface, and a line to it that can be cut."""

import os
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import paramiko
from attrs import define, field

USER = "riverbend"
PASSWORD = "open-sesame-4711"


@define
class Behaviour:
    """What the server does otherwise than a good one."""

    room: int | None = None  # bytes left on its disk
    denied: set[str] = field(
        factory=set
    )  # operations the login may not do: read, write, rename ...
    takes: Path | None = None  # files are moved there as soon as they get their name
    clears: bool = False  # a file is taken away once it was read to its end
    hangs: set[str] = field(factory=set)  # what is never answered: session, list
    keys: tuple[paramiko.PKey, ...] = ()  # public keys that are let in
    both: bool = False  # key and password are wanted
    logins: list[str] = field(factory=list)  # what was tried


class Door(paramiko.ServerInterface):
    """Who is let in."""

    def __init__(self, behaviour: Behaviour) -> None:
        self.behaviour = behaviour

    def get_allowed_auths(self, username: str) -> str:
        """Both ways in."""
        return "password,publickey"

    def check_auth_password(self, username: str, password: str) -> int:
        """The one password."""
        self.behaviour.logins.append("password")
        right = (username, password) == (USER, PASSWORD)
        return paramiko.AUTH_SUCCESSFUL if right else paramiko.AUTH_FAILED

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        """One of the known keys."""
        self.behaviour.logins.append("key")
        if username != USER or key not in self.behaviour.keys:
            return paramiko.AUTH_FAILED
        return (
            paramiko.AUTH_PARTIALLY_SUCCESSFUL if self.behaviour.both else paramiko.AUTH_SUCCESSFUL
        )

    def check_channel_request(self, kind: str, chanid: int) -> int:
        """Any session."""
        return paramiko.OPEN_SUCCEEDED

    def check_channel_subsystem_request(self, channel: paramiko.Channel, name: str) -> bool:
        """SFTP; never answered where the server hangs."""
        if "session" in self.behaviour.hangs:
            threading.Event().wait(5)
        return super().check_channel_subsystem_request(channel, name)


class Handle(paramiko.SFTPHandle):
    """An open file; writing fails when the disk is full."""

    behaviour: Behaviour
    path: Path

    def read(self, offset: int, length: int) -> Any:
        """Bytes of the file."""
        if self.behaviour.clears and offset + length >= self.path.stat().st_size:
            self.ended = True
        return super().read(offset, length)

    def close(self) -> None:
        """The end; taken away where it was read to its end, and the server does so."""
        super().close()
        if getattr(self, "ended", False) and self.path.exists():
            self.path.rename(self.path.parents[1] / "done" / self.path.name)

    def stat(self) -> Any:
        """As it is on the disk."""
        return paramiko.SFTPAttributes.from_stat(os.fstat(self.readfile.fileno()))

    def write(self, offset: int, data: bytes) -> int:
        """Written, while there is room."""
        room = self.behaviour.room
        if room is not None:
            if room < len(data):
                return paramiko.SFTP_FAILURE
            self.behaviour.room = room - len(data)
        return super().write(offset, data)


def told(error: OSError) -> int:
    """An SFTP status."""
    return paramiko.SFTPServer.convert_errno(error.errno or 0)


class Files(paramiko.SFTPServerInterface):
    """The folder, as the login sees it."""

    def __init__(self, server: Any, root: Path, behaviour: Behaviour, *_: Any) -> None:
        super().__init__(server)
        self.root = root
        self.behaviour = behaviour

    def _real(self, path: str) -> Path:
        return self.root / self.canonicalize(path).lstrip("/")

    def _may(self, what: str) -> bool:
        return what not in self.behaviour.denied

    def list_folder(self, path: str) -> Any:
        """What is in a folder."""
        if "list" in self.behaviour.hangs:
            threading.Event().wait(5)
        if not self._may("list"):
            return paramiko.SFTP_PERMISSION_DENIED
        try:
            found = []
            for entry in os.scandir(self._real(path)):
                attributes = paramiko.SFTPAttributes.from_stat(entry.stat())
                attributes.filename = entry.name
                found.append(attributes)
        except OSError as error:
            return told(error)
        return found

    def stat(self, path: str) -> Any:
        """As it is on the disk."""
        try:
            return paramiko.SFTPAttributes.from_stat(self._real(path).stat())
        except OSError as error:
            return told(error)

    lstat = stat

    def open(self, path: str, flags: int, attr: Any) -> Any:
        """A handle of a file."""
        writes = bool(flags & (os.O_WRONLY | os.O_RDWR))
        if not self._may("write" if writes else "read"):
            return paramiko.SFTP_PERMISSION_DENIED
        try:
            raw = os.open(self._real(path), flags, 0o600)
        except OSError as error:
            return told(error)
        mode = (
            "ab"
            if flags & os.O_APPEND
            else "r+b"
            if flags & os.O_RDWR
            else "wb"
            if writes
            else "rb"
        )
        stream = os.fdopen(raw, mode)
        handle = Handle(flags)
        handle.behaviour = self.behaviour
        handle.path = self._real(path)
        handle.readfile = handle.writefile = stream
        return handle

    def remove(self, path: str) -> int:
        """A file taken away."""
        if not self._may("remove"):
            return paramiko.SFTP_PERMISSION_DENIED
        try:
            self._real(path).unlink()
        except OSError as error:
            return told(error)
        return paramiko.SFTP_OK

    def rename(self, oldpath: str, newpath: str) -> int:
        """Another name, which nothing has; picked up at once where the server does so."""
        if not self._may("rename"):
            return paramiko.SFTP_PERMISSION_DENIED
        old, new = self._real(oldpath), self._real(newpath)
        if new.exists():
            return paramiko.SFTP_FAILURE
        try:
            old.rename(new)
            if self.behaviour.takes is not None:
                new.rename(self.behaviour.takes / new.name)
        except OSError as error:
            return told(error)
        return paramiko.SFTP_OK


@define
class Server:
    """A server that runs."""

    port: int
    root: Path
    key: paramiko.PKey
    behaviour: Behaviour


@contextmanager
def serving(root: Path, key: paramiko.PKey) -> Iterator[Server]:
    """An SFTP server over a folder, until the block ends."""
    behaviour = Behaviour()
    listening = socket.create_server(("127.0.0.1", 0))
    transports: list[paramiko.Transport] = []

    def serve() -> None:
        while True:
            try:
                line, _ = listening.accept()
            except OSError:
                return
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # as OpenSSH does
            transport = paramiko.Transport(line)
            transports.append(transport)
            transport.add_server_key(key)
            transport.set_subsystem_handler("sftp", paramiko.SFTPServer, Files, root, behaviour)
            with suppress(paramiko.SSHException, EOFError, OSError):  # the client went away
                transport.start_server(server=Door(behaviour), event=threading.Event())

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield Server(listening.getsockname()[1], root, key, behaviour)
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join(5)
        for transport in transports:
            transport.close()


@define
class Line:
    """A way to the server that is cut after so many bytes, each time it is used."""

    target: int  # the server's port
    cuts: list[int]  # bytes of both directions, one for each connection
    listening: socket.socket
    used: int = 0  # connections
    threads: list[threading.Thread] = field(factory=list)
    ends: list[socket.socket] = field(factory=list)

    @property
    def port(self) -> int:
        """Where the line begins."""
        port: int = self.listening.getsockname()[1]
        return port

    def start(self, work: Any, *given: Any) -> None:
        """Work of its own."""
        thread = threading.Thread(target=work, args=given, daemon=True)
        self.threads.append(thread)
        thread.start()

    def accept(self) -> None:
        """Take whoever comes, until the end."""
        while True:
            try:
                client, _ = self.listening.accept()
            except OSError:
                return
            self.used += 1
            left = [self.cuts.pop(0) if self.cuts else sys.maxsize]
            server = socket.create_connection(("127.0.0.1", self.target))
            self.ends += [client, server]
            self.start(pump, client, server, left)
            self.start(pump, server, client, left)

    def close(self) -> None:
        """End it all."""
        shut(self.listening)
        for end in self.ends:
            shut(end)
        for thread in self.threads:
            thread.join(5)
        for end in (self.listening, *self.ends):
            end.close()


def pump(source: socket.socket, target: socket.socket, left: list[int]) -> None:
    """Carry bytes one way until there are none left to carry, then cut both."""
    with suppress(OSError):  # the other direction was cut
        while data := source.recv(4096):
            part = data[: max(0, left[0])]
            left[0] -= len(data)
            target.sendall(part)
            if left[0] <= 0:
                break
    shut(source)
    shut(target)


def shut(end: socket.socket) -> None:
    """Let nothing more through."""
    with suppress(OSError):  # closed already
        end.shutdown(socket.SHUT_RDWR)


@contextmanager
def line_to(port: int, cuts: list[int]) -> Iterator[Line]:
    """A line that is cut after ``cuts[0]`` bytes, then after ``cuts[1]`` ...; then holds."""
    line = Line(port, list(cuts), socket.create_server(("127.0.0.1", 0)))
    line.start(line.accept)
    try:
        yield line
    finally:
        line.close()
