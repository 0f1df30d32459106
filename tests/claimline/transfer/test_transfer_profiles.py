"""Profiles: what is right is read whole, what is not is told with its key, all at once."""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimline.errors import WRONG_USAGE, WrongUsageError
from claimline.transfer import profile_for, read_profiles
from claimline.transfer.names import Envelope, name_fault, remote_name, template_fault
from claimline.transfer.profiles import host_key

SFTP: dict[str, Any] = {
    "kind": "sftp",
    "host": "sftp.relay.example",
    "user": "riverbend",
    "host_key": "SHA256:" + "A" * 43,
    "password_env": "RELAY_PASSWORD",
    "book": "production",
    "receivers": ["relay"],
    "put": "/inbound",
    "get": ["/outbound", "/reports"],
}
FOLDER = {"kind": "folder", "get": "out"}


def told(table: dict[str, Any]) -> str:
    """What is said of a table that is not right."""
    with pytest.raises(WrongUsageError) as caught:
        read_profiles(table, Path("/etc/claimline"))
    assert caught.value.status == WRONG_USAGE
    return caught.value.message


def test_a_whole_profile_is_read() -> None:
    """Every key finds its place; a single text stands for a list of one."""
    table = SFTP | {
        "name": "{receiver}-{control:09d}-{usage}.837",
        "patterns": "*.835",
        "cut_off": ["17:00", "11:00"],
        "time_zone": "America/New_York",
        "password_expires": dt.date(2026, 12, 31),
        "call": {"name": "Relay support", "phone": "614-555-0199"},
        "key_file": "keys/relay",
        "passphrase_env": "RELAY_PASSPHRASE",
    }
    (one,) = read_profiles({"relay": table}, Path("/etc/claimline"))
    assert one.kind == "sftp"
    assert one.book == "P"
    assert one.get == ("/outbound", "/reports")
    assert one.patterns == ("*.835",)
    assert one.cut_off == (dt.time(11), dt.time(17))
    assert one.call == "Relay support, 614-555-0199"
    assert one.login is not None
    assert one.login.key_file == Path("/etc/claimline/keys/relay")
    assert one.where == "relay (sftp.relay.example)"


def test_folders_of_this_machine_start_beside_the_file() -> None:
    """A relative folder of kind = "folder" starts where night.toml is."""
    (one,) = read_profiles({"drop": FOLDER}, Path("/etc/claimline"))
    assert one.get == ("/etc/claimline/out",)
    assert one.kind == "folder"


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        pytest.param({"a": SFTP | {"hots": "x"}}, "profiles.a.hots: is not a field we know; do you mean host?", id="typo"),
        pytest.param({"a": SFTP | {"host": ""}}, "profiles.a.host: is missing", id="no host"),
        pytest.param({"a": {k: v for k, v in SFTP.items() if k != "host_key"}}, "profiles.a.host_key: is missing", id="no host key"),
        pytest.param({"a": SFTP | {"host_key": "MD5:ab:cd"}}, 'profiles.a.host_key: expected "SHA256:', id="odd host key"),
        pytest.param({"a": {k: v for k, v in SFTP.items() if k != "password_env"}}, "profiles.a.password_env: is missing", id="no secret"),
        pytest.param({"a": SFTP | {"password": "hunter2"}}, "profiles.a.password: is not a field we know", id="password in the file"),
        pytest.param({"a": SFTP | {"kind": "ftp"}}, "profiles.a.kind: expected", id="odd kind"),
        pytest.param({"a": SFTP | {"book": ""}}, "profiles.a.book: is missing", id="no book"),
        pytest.param({"a": SFTP | {"name": "{patient}.837"}}, "profiles.a.name: {patient} is no field", id="odd field"),
        pytest.param({"a": SFTP | {"name": "claims.837"}}, "profiles.a.name: two files would have one name", id="one name for all"),
        pytest.param({"a": SFTP | {"name": "{control.__class__}"}}, "profiles.a.name: {control.__class__} is no field", id="attribute"),
        pytest.param({"a": SFTP | {"name": "x/{name}"}}, "profiles.a.name: it holds a folder", id="folder in the name"),
        pytest.param({"a": SFTP | {"temporary": "{name}"}}, "profiles.a.temporary: expected", id="no temporary name"),
        pytest.param({"a": SFTP | {"cut_off": "17:00"}}, "profiles.a.time_zone: is missing", id="cut-off without zone"),
        pytest.param({"a": SFTP | {"time_zone": "Ohio"}}, "profiles.a.time_zone: is no time zone", id="odd zone"),
        pytest.param({"a": SFTP | {"taken": "folder"}}, "profiles.a.taken_folder: is missing", id="taken nowhere"),
        pytest.param({"a": SFTP | {"after": "move"}}, "profiles.a.after_folder: is missing", id="moved nowhere"),
        pytest.param({"a": FOLDER | {"host": "x"}}, 'profiles.a.host: is for kind = "sftp" only', id="host of a folder"),
        pytest.param({"a": {"kind": "folder"}}, "profiles.a.put: nothing goes and nothing comes", id="nothing"),
        pytest.param({"a b": FOLDER}, "profiles.a b: the name is letters", id="odd name"),
        pytest.param({"a": "x"}, "profiles.a: expected a table", id="no table"),
        pytest.param({"a": SFTP, "b": SFTP}, "profiles.b.receivers: relay is served by profiles.a already", id="two for one"),
        pytest.param({"a": SFTP | {"port": 99999}}, "profiles.a.port: expected 1 to 65535", id="odd port"),
        pytest.param({"a": SFTP | {"passphrase_env": "X"}}, "profiles.a.key_file: is missing", id="passphrase of nothing"),
    ],
)  # fmt: skip
def test_what_is_not_right_is_told_with_its_key(table: dict[str, Any], expected: str) -> None:
    """Each fault names the key and what is expected; no value of a secret is repeated."""
    message = told(table)
    assert expected in message
    assert "hunter2" not in message


def test_all_faults_are_told_at_once() -> None:
    """Two profiles with three faults: one message with all of them."""
    message = told({"a": SFTP | {"host": "", "port": 0}, "b": FOLDER | {"usr": "x"}})
    assert all(key in message for key in ("profiles.a.host", "profiles.a.port", "profiles.b.usr"))


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"put": "outbox", "book": "test", "receivers": "relay"}, "put"),
        ({"get": "x/../inbox"}, "get"),
        ({"after": "move", "after_folder": "archive"}, "after_folder"),
    ],
)
def test_our_own_folders_are_no_clearinghouses(
    tmp_path: Path, changes: dict[str, Any], key: str
) -> None:
    """A file would be put away before it is taken: told with the key, however it is written."""
    own = {name: tmp_path / name for name in ("inbox", "outbox", "archive", "quarantine")}
    with pytest.raises(WrongUsageError) as caught:
        read_profiles({"drop": FOLDER | changes}, tmp_path, own)
    assert f"profiles.drop.{key}: is our own" in caught.value.message


def test_the_profile_of_a_receiver_is_found_by_book() -> None:
    """Test and production files of one receiver may go different ways."""
    test = SFTP | {"book": "test", "put": "/test"}
    profiles = read_profiles({"live": SFTP, "try": test}, Path("/"))
    assert profile_for(profiles, "relay", "P") == "live"
    assert profile_for(profiles, "relay", "T") == "try"
    assert profile_for(profiles, "other", "T") == ""


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("SHA256:" + "a" * 43, True),
        ("ssh-ed25519 SHA256:" + "a" * 43, True),
        (
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ1hVYQZ5Yb6m3cX3J5g8bq9y8k8Q1h3x5Vq3j6n9f0a note",
            True,
        ),
        ("SHA256:short", False),
        ("ssh-rsa BBBB", False),
        ("", False),
    ],
)
def test_host_keys_come_in_two_shapes(text: str, known: bool) -> None:
    """A fingerprint, or the line ssh-keyscan prints; nothing else."""
    assert (host_key(text) is not None) == known


@given(st.text())
def test_no_template_breaks_reading(template: str) -> None:
    """Whatever stands in a template, it is told right or gives a plain name; nothing is raised."""
    if template_fault(template):
        return
    sent = Envelope(sender="S", receiver="R", control=7, usage="T")
    assert name_fault(remote_name(template, "a.837", sent, dt.date(2026, 1, 2))) == ""
