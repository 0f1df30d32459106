"""What a clearinghouse is to us, and what a transfer did. No patient data, no secrets."""

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from attrs import field, frozen

from claimline.errors import COULD_NOT_RUN, DONE, NEEDS_PERSON
from claimline.night.values import Note
from reconcile.ledger.records import Usage

Taken = Literal["size", "gone", "folder"]


@frozen(kw_only=True)
class HostKey:
    """A pinned key of a server: its fingerprint, and its type where it is known."""

    fingerprint: str  # SHA256:..., as ssh-keygen -l shows it
    type: str = ""  # ssh-ed25519, ssh-rsa, ecdsa-sha2-nistp256 ...

    def __str__(self) -> str:
        return f"{self.type} {self.fingerprint}".strip()


@frozen(kw_only=True)
class Login:
    """How to reach an SFTP server. Where the secrets are, never the secrets."""

    host: str
    port: int
    user: str
    host_keys: tuple[HostKey, ...]
    password_env: str = ""  # variable of the environment
    password_keyring: str = ""  # service in the keyring, with ``user``
    key_file: Path | None = None
    passphrase_env: str = ""
    passphrase_keyring: str = ""
    timeout: int = 30  # seconds without an answer
    tries: int = 4  # in a row without a byte moved


@frozen(kw_only=True)
class Profile:
    """A clearinghouse: where files go, where they come from, what counts as taken."""

    key: str
    login: Login | None = None  # none: folders of this machine
    receivers: tuple[str, ...] = ()  # keys of the practice file
    book: Usage | None = None  # of the files that go out
    put: str = ""  # folder; empty: nothing is sent
    get: tuple[str, ...] = ()  # folders; empty: nothing is collected
    name: str = "{name}"  # over there, see names.FIELDS
    temporary: str = "{name}.part"  # while it is uploaded; {name} is the name over there
    rename: bool = True  # whether it is; a server may forbid it
    patterns: tuple[str, ...] = ("*",)
    redated: Literal["fetch", "known"] = "fetch"  # a file of the same name and size, another time
    after: Literal["leave", "move"] = "leave"
    after_folder: str = ""
    taken: Taken = "size"
    taken_folder: str = ""
    resume: bool = True  # whether a partial upload may be gone on with
    settle: int = 60  # seconds a file without an end must be unchanged
    cut_off: tuple[dt.time, ...] = ()
    time_zone: ZoneInfo | None = None  # of ``cut_off``
    password_expires: dt.date | None = None
    key_expires: dt.date | None = None
    call: str = ""  # name and phone

    @property
    def kind(self) -> str:
        """``sftp`` or ``folder``."""
        return "sftp" if self.login else "folder"

    @property
    def place(self) -> tuple[str, int, str]:
        """Whose folders these are: profiles on one login see the same files."""
        return (self.login.host, self.login.port, self.login.user) if self.login else ("", 0, "")

    @property
    def where(self) -> str:
        """For messages: the profile and its server."""
        return f"{self.key} ({self.login.host})" if self.login else self.key


@frozen(kw_only=True)
class Remote:
    """A file over there, as it lists itself."""

    name: str
    path: str  # with its folder
    size: int  # bytes
    modified: int  # seconds since 1970, 0: not told

    @property
    def moment(self) -> str:
        """``modified`` as the ledger keeps it; empty where it is not told."""
        if not self.modified:
            return ""
        return dt.datetime.fromtimestamp(self.modified, dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@frozen(kw_only=True)
class Moved:
    """What became of one file.

    Coming: ``new``, ``known`` (these bytes came before), ``growing``, ``failed``.
    Going: ``sent``, ``waiting`` (not picked up yet), ``answered`` (they have it, not by us),
    ``refused`` (by us), ``failed``.
    ``would``: of a dry run.
    """

    profile: str
    name: str  # over there
    state: str
    size: int = 0
    digest: str = ""
    path: Path | None = None  # here


@frozen(kw_only=True)
class Transferred:
    """What a step did with all profiles."""

    files: tuple[Moved, ...] = ()
    notes: tuple[Note, ...] = ()
    failed: tuple[str, ...] = ()  # profiles that could not be worked
    refused: tuple[str, ...] = ()  # of those, where the login was refused

    @property
    def counts(self) -> Mapping[str, int]:
        """Files by state, bytes moved, and profiles that could not be worked."""
        counts = Counter(one.state for one in self.files)
        moved = sum(one.size for one in self.files if one.state in {"new", "known", "sent"})
        return {**dict(sorted(counts.items())), "bytes": moved, "failed_profiles": len(self.failed)}

    @property
    def status(self) -> int:
        """0 done, 1 a person is needed, 3 a clearinghouse could not be worked."""
        if self.failed:
            return COULD_NOT_RUN
        needs = any(note.urgency != "know" for note in self.notes)
        return NEEDS_PERSON if needs else DONE


@frozen(kw_only=True)
class Collected(Transferred):
    """What was fetched."""

    @property
    def paths(self) -> tuple[Path, ...]:
        """The files now in the inbox."""
        return tuple(one.path for one in self.files if one.path is not None)


@frozen(kw_only=True)
class Delivered(Transferred):
    """What was sent."""

    @property
    def status(self) -> int:
        """As of all transfers; 3 too where a file did not leave: its claims are not filed."""
        if any(one.state == "failed" for one in self.files):
            return COULD_NOT_RUN
        return super().status


@frozen(kw_only=True)
class PutAway:
    """Where the received files went."""

    archived: tuple[Path, ...] = ()
    quarantined: tuple[Path, ...] = ()
    left: tuple[Path, ...] = ()  # in the inbox: not the file's fault
    names: Mapping[Path, str] = field(factory=dict)  # what each file is called here
    notes: tuple[Note, ...] = ()
