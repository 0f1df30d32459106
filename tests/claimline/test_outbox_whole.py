"""A file of claims stands in the outbox whole or not at all, also after a power cut."""

import os
from pathlib import Path

import pytest

from claimline.services import outbox

DATA = b"ISA*00*whole~" * 1000


def test_on_the_disk_before_it_has_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bytes are flushed to the disk under another name, then named, then the folder flushed."""
    path = tmp_path / "out" / "one.837"
    flushed: list[tuple[str, bool, bytes]] = []
    real = os.fsync

    def fsync(handle: int) -> None:
        place = Path(f"/proc/self/fd/{handle}").readlink()
        flushed.append((place.name, path.exists(), place.read_bytes() if place.is_file() else b""))
        real(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    outbox.write_whole(path, DATA)
    assert flushed == [(".one.837.part", False, DATA), ("out", True, b"")]
    assert path.read_bytes() == DATA
    assert [one.name for one in path.parent.iterdir()] == ["one.837"]
