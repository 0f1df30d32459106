"""What the tests of transfers are made of: small files of claims and remittances, a practice's folders."""

import datetime as dt
from pathlib import Path
from typing import Any

from claimline.night.config import Folders
from claimline.transfer import Profile, read_profiles
from reconcile.ledger import Ledger, Run, SentFile

NOW = dt.datetime(2026, 11, 22, 6, 0, tzinfo=dt.UTC)
RUN = Run(command="night", version="test", started=NOW, user="tester")
BOOKS = {"T": "test", "P": "production"}


def interchange(control: int, usage: str = "T", *, filler: int = 0) -> bytes:
    """An interchange with nothing in it but, where wanted, some bytes of filler."""
    isa = f"ISA*00*          *00*          *ZZ*{'RIVERBENDT':<15}*ZZ*{'RELAYTEST':<15}*261120*0900"
    isa += f"*^*00501*{control:09d}*0*{usage}*:~"
    body = "".join(f"NTE*ADD*{n:060d}~" for n in range(filler // 69))
    return f"{isa}{body}IEA*0*{control:09d}~".encode()


def made_folders(root: Path) -> Folders:
    """A practice's own folders, not made yet."""
    names = ("inbox", "outbox", "archive", "quarantine", "reports")
    return Folders(**{name: root / "practice" / name for name in names})


def profile(root: Path, **changes: Any) -> Profile:
    """A clearinghouse in folders of this machine, which are there."""
    for name in ("in", "out", "done"):
        (root / "relay" / name).mkdir(parents=True, exist_ok=True)
    table = {
        "kind": "folder",
        "book": "test",
        "receivers": "relay",
        "put": "relay/in",
        "get": "relay/out",
        **changes,
    }
    return read_profiles({"relay": table}, root)[0]


def recorded(ledger: Ledger, data: bytes, name: str, *, profile: str = "relay") -> str:
    """A file of claims that waits in the ledger; its digest."""
    sent = SentFile(
        data=data,
        name=name,
        usage="P" if b"*P*:~" in data[:110] else "T",
        sender="RIVERBENDT",
        receiver="RELAYTEST",
        interchange_control=int(data[90:99]),
        profile=profile,
    )
    with ledger.begin(RUN) as writer:
        return writer.record_sent(sent, []).digest


def delivered(ledger: Ledger) -> list[tuple[str, str]]:
    """What the ledger says was delivered: profile and name over there, in order."""
    from sqlalchemy import select

    from reconcile.ledger.tables_answered import delivered_file

    with ledger.reading() as connection:
        c = delivered_file.c
        rows = connection.execute(select(c.profile, c.name).order_by(c.file_id))
        return [(row.profile, row.name) for row in rows]
