"""The tables ``[profiles.NAME]`` of night.toml: read whole, every fault told with its key."""

import base64
import binascii
import datetime as dt
import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

from attrs import field, frozen

from claimline.errors import WrongUsageError
from claimline.transfer.names import template_fault
from claimline.transfer.values import HostKey, Login, Profile, Taken
from mapping.fields import doc
from mapping.kinds import Fault, Unfit
from mapping.structure import Reader, shown

LISTS: Final = ("receivers", "host_key", "get", "patterns", "cut_off")  # a text is a list of one
MOST_PORT: Final = 65535
_PORT: Final = re.compile(r"[0-9]{1,5}")
_KEY: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")
_TYPED: Final = re.compile(r"(?:(?P<type>[a-z0-9@.-]+) )?(?P<print>SHA256:[A-Za-z0-9+/]{43})=?")
_WHOLE: Final = re.compile(r"(?P<type>[a-z0-9@.-]+) (?P<key>AAAA[A-Za-z0-9+/]+=*)( .*)?")


@frozen(kw_only=True)
class Call:
    """Whom to call when something is wrong."""

    name: str = field(metadata=doc("name of a person or desk"))
    phone: str = field(default="", metadata=doc("number, as it is dialled"))


@frozen(kw_only=True)
class Written:
    """A profile as it stands in the file."""

    kind: Literal["folder", "sftp"] = field(metadata=doc("folder or sftp"))
    receivers: tuple[str, ...] = field(default=(), metadata=doc("receivers of the practice file"))
    book: Literal["", "test", "production"] = field(
        default="", metadata=doc("which files go there")
    )
    put: str = field(default="", metadata=doc("folder over there for files that go"))
    get: tuple[str, ...] = field(default=(), metadata=doc("folders over there files come from"))
    name: str = field(default="{name}", metadata=doc("name of a file over there"))
    temporary: str = field(default="{name}.part", metadata=doc("name while it is uploaded"))
    rename: bool = field(default=True, metadata=doc("give the name only when all is there"))
    redated: Literal["fetch", "known"] = field(
        default="fetch", metadata=doc("a file of the same name and size with another time")
    )
    patterns: tuple[str, ...] = field(default=("*",), metadata=doc("names to be fetched"))
    after: Literal["leave", "move"] = field(default="leave", metadata=doc("after fetching"))
    after_folder: str = field(default="", metadata=doc("where fetched files are moved to"))
    taken: Taken = field(default="size", metadata=doc("what counts as taken"))
    taken_folder: str = field(default="", metadata=doc("where taken files appear"))
    resume: bool = field(default=True, metadata=doc("go on with a partial upload"))
    settle_seconds: int = field(default=60, metadata=doc("how long a file must be unchanged"))
    cut_off: tuple[dt.time, ...] = field(default=(), metadata=doc("when a batch is closed", "time"))
    time_zone: str = field(default="", metadata=doc("of cut_off"))
    password_expires: dt.date | None = field(default=None, metadata=doc("day"))
    key_expires: dt.date | None = field(default=None, metadata=doc("day"))
    call: Call | None = field(default=None, metadata=doc("whom to call"))
    host: str = field(default="", metadata=doc("name of the server"))
    port: str = field(default="22", metadata=doc("its port"))
    user: str = field(default="", metadata=doc("login"))
    host_key: tuple[str, ...] = field(default=(), metadata=doc("pinned keys of the server"))
    password_env: str = field(default="", metadata=doc("variable that holds the password"))
    password_keyring: str = field(default="", metadata=doc("service in the keyring"))
    key_file: str = field(default="", metadata=doc("private key"))
    passphrase_env: str = field(default="", metadata=doc("variable that holds its passphrase"))
    passphrase_keyring: str = field(default="", metadata=doc("service in the keyring"))
    timeout_seconds: int = field(default=30, metadata=doc("seconds without an answer"))
    tries: int = field(default=4, metadata=doc("tries in a row without a byte moved"))


SFTP_ONLY: Final = (
    "host", "user", "host_key", "password_env", "password_keyring", "key_file", "passphrase_env",
    "passphrase_keyring", "password_expires", "key_expires",
)  # fmt: skip


def read_profiles(
    table: Mapping[str, Any], folder: Path, own: Mapping[str, Path] | None = None
) -> tuple[Profile, ...]:
    """Read the table ``profiles`` of night.toml.

    Args:
        table: as TOML gives it: one table per profile.
        folder: that relative paths of this machine start from.
        own: our own folders by name, which none may be a clearinghouse's too.

    Raises:
        WrongUsageError: with every key that is not right.
    """
    faults: list[str] = []
    made: list[Profile] = []
    convert = Reader(unknown="error").of(Written)
    for key, raw in table.items():
        place = f"profiles.{key}"
        if not _KEY.fullmatch(key):
            faults.append(f"{place}: the name is letters, digits, - and _, at most 40")
        notes: list[Fault] = []
        try:
            written = convert(_listed(raw), notes)
        except Unfit:
            faults.append(f"{place}: expected a table [{place}]")
            continue
        faults += [f"{place}.{shown(note.path)}: {note.message}" for note in notes]
        if written is None:
            continue
        wrong = [f"{place}.{name}: {what}" for name, what in _faults(written)]
        faults += wrong
        if not wrong:
            made.append(_profile(key, written, folder))
    faults += _doubled(made)
    faults += _ours(made, own or {})
    if faults:
        listed = "\n".join(f"  {fault}" for fault in faults)
        raise WrongUsageError(
            f"the profiles of the clearinghouses are not right:\n{listed}",
            todo="mend the file; docs/transfer.md shows whole profiles",
        )
    return tuple(made)


def profile_for(profiles: tuple[Profile, ...], receiver: str, usage: str) -> str:
    """The key of the profile that takes a receiver's files of a book; empty: none does."""
    found = (p.key for p in profiles if receiver in p.receivers and p.put and p.book == usage)
    return next(found, "")


def _listed(raw: object) -> object:
    """A table with a text where a list may stand made a list; empty texts are said, not skipped."""
    if not isinstance(raw, dict):
        return raw
    return {
        key: [value] if key in LISTS and not isinstance(value, list) else value
        for key, value in raw.items()
    }


def _faults(w: Written) -> Iterator[tuple[str, str]]:
    """What is wrong in a profile: its key, and what."""
    if w.kind == "sftp":
        yield from _login_faults(w)
    else:
        for name in SFTP_ONLY:
            if getattr(w, name):
                yield name, 'is for kind = "sftp" only'
    if not w.put and not w.get:
        yield "put", "nothing goes and nothing comes: name a folder in put, get or both"
    if w.put:
        yield from _put_faults(w)
    if w.after == "move" and not w.after_folder:
        yield "after_folder", 'is missing: after = "move" needs it'
    if w.after_folder and w.after_folder in w.get:
        yield "after_folder", "is a folder files are fetched from"
    if w.settle_seconds < 0:
        yield "settle_seconds", "expected 0 or more"
    if w.time_zone and _zone(w.time_zone) is None:
        yield "time_zone", "is no time zone; expected one like America/New_York"


def _put_faults(w: Written) -> Iterator[tuple[str, str]]:
    """What is wrong in how files go."""
    if not w.book:
        yield "book", 'is missing: say whether "test" or "production" files go there'
    if not w.receivers:
        yield "receivers", "is missing: name receivers of the practice file"
    if fault := template_fault(w.name):
        yield "name", fault
    parts = w.temporary.split("{name}")
    if len(parts) != 2 or w.temporary == "{name}" or "/" in w.temporary or "\\" in w.temporary:
        yield "temporary", 'expected a name with {name} and something more, like "{name}.part"'
    if not w.rename and w.temporary != "{name}.part":
        yield "temporary", "has no meaning with rename = false: a file has its own name at once"
    if w.taken == "folder" and not w.taken_folder:
        yield "taken_folder", 'is missing: taken = "folder" needs it'
    if w.cut_off and not w.time_zone:
        yield "time_zone", "is missing: cut_off needs it"


def _login_faults(w: Written) -> Iterator[tuple[str, str]]:
    """What is wrong in how to reach the server."""
    for name in ("host", "user"):
        if not getattr(w, name):
            yield name, "is missing"
    if not w.host_key:
        yield "host_key", "is missing: ask for the server's fingerprint (docs/transfer.md)"
    for text in w.host_key:
        if host_key(text) is None:
            yield "host_key", 'expected "SHA256:..." or "ssh-ed25519 AAAA..."'
    if not _PORT.fullmatch(w.port) or not 1 <= int(w.port) <= MOST_PORT:
        yield "port", "expected 1 to 65535"
    if not 1 <= w.timeout_seconds <= 600:
        yield "timeout_seconds", "expected 1 to 600"
    if not 1 <= w.tries <= 20:
        yield "tries", "expected 1 to 20"
    yield from _secret_faults(w)


def _secret_faults(w: Written) -> Iterator[tuple[str, str]]:
    """What is wrong in where the secrets are."""
    if not (w.password_env or w.password_keyring or w.key_file):
        yield "password_env", "is missing: or name password_keyring, or key_file"
    if w.password_env and w.password_keyring:
        yield "password_keyring", "stands beside password_env: keep one"
    if w.passphrase_env and w.passphrase_keyring:
        yield "passphrase_keyring", "stands beside passphrase_env: keep one"
    if (w.passphrase_env or w.passphrase_keyring) and not w.key_file:
        yield "key_file", "is missing: a passphrase belongs to it"


def host_key(text: str) -> HostKey | None:
    """A pinned key: a fingerprint with or without its type, or a line as ssh-keyscan prints it."""
    if found := _TYPED.fullmatch(text.strip()):
        return HostKey(fingerprint=found["print"], type=found["type"] or "")
    if not (found := _WHOLE.fullmatch(text.strip())):
        return None
    try:
        key = base64.b64decode(found["key"], validate=True)
    except binascii.Error:
        return None
    return HostKey(fingerprint=fingerprint(key), type=found["type"])


def fingerprint(key: bytes) -> str:
    """The fingerprint of a public key as ssh-keygen -l shows it (RFC 4253, 6.6; OpenSSH)."""
    digest = base64.b64encode(hashlib.sha256(key).digest()).decode().rstrip("=")
    return f"SHA256:{digest}"


def _profile(key: str, w: Written, folder: Path) -> Profile:
    """A profile that is right in itself; paths of this machine made absolute."""
    here: Callable[[str], str] = str
    if w.kind == "folder":
        here = lambda text: str(folder / Path(text).expanduser()) if text else ""  # noqa: E731 - two ways of one step
    return Profile(
        key=key,
        login=_login(w, folder) if w.kind == "sftp" else None,
        receivers=w.receivers,
        book="P" if w.book == "production" else "T" if w.book else None,
        put=here(w.put),
        get=tuple(here(each) for each in w.get),
        name=w.name,
        temporary=w.temporary,
        rename=w.rename,
        patterns=w.patterns,
        redated=w.redated,
        after=w.after,
        after_folder=here(w.after_folder),
        taken=w.taken,
        taken_folder=here(w.taken_folder),
        resume=w.resume,
        settle=w.settle_seconds,
        cut_off=tuple(sorted(w.cut_off)),
        time_zone=_zone(w.time_zone),
        password_expires=w.password_expires,
        key_expires=w.key_expires,
        call=", ".join(part for part in (w.call.name, w.call.phone) if part) if w.call else "",
    )


def _login(w: Written, folder: Path) -> Login:
    return Login(
        host=w.host,
        port=int(w.port),
        user=w.user,
        host_keys=tuple(key for text in w.host_key if (key := host_key(text)) is not None),
        password_env=w.password_env,
        password_keyring=w.password_keyring,
        key_file=folder / Path(w.key_file).expanduser() if w.key_file else None,
        passphrase_env=w.passphrase_env,
        passphrase_keyring=w.passphrase_keyring,
        timeout=w.timeout_seconds,
        tries=w.tries,
    )


def _zone(name: str) -> ZoneInfo | None:
    """The time zone of that name; None where there is none."""
    try:
        return ZoneInfo(name) if name else None
    except (OSError, ValueError, KeyError):
        return None


def _doubled(made: list[Profile]) -> Iterator[str]:
    """Receivers whose files would go to two profiles."""
    seen: dict[tuple[str, str | None], str] = {}
    for profile in made:
        for receiver in profile.receivers if profile.put else ():
            other = seen.setdefault((receiver, profile.book), profile.key)
            if other != profile.key:
                yield (
                    f"profiles.{profile.key}.receivers: {receiver} is served by "
                    f"profiles.{other} already"
                )


def _ours(made: list[Profile], own: Mapping[str, Path]) -> Iterator[str]:
    """Clearinghouses' folders that are our own: a file would be put away before it is taken."""
    names = {path.resolve(): name for name, path in own.items()}
    for profile in made:
        if profile.login is not None:
            continue
        used = [("put", profile.put), *(("get", each) for each in profile.get)]
        used += [("after_folder", profile.after_folder), ("taken_folder", profile.taken_folder)]
        for key, folder in used:
            if folder and (name := names.get(Path(folder).resolve())):
                yield (
                    f"profiles.{profile.key}.{key}: is our own {name}; give the clearinghouse a "
                    "folder of its own"
                )
