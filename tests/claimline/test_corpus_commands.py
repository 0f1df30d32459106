"""Other people's sample files through the real command: never an internal error."""

from pathlib import Path
from typing import Any

import pytest

CORPUS = Path(__file__).resolve().parents[3] / "shared" / "corpus"


def _files() -> list[Path]:
    """All sample files, or none where the corpus is not there."""
    return [path for path in sorted(CORPUS.rglob("*")) if path.is_file() and path.suffix != ".tsv"]


@pytest.mark.skipif(not CORPUS.is_dir(), reason="../shared/corpus is not there")
@pytest.mark.parametrize(("name", "shape"), [("check", "json"), ("read", "table")])
def test_every_sample_file_is_read(command: Any, name: str, shape: str) -> None:
    """Each file ends with 0, 1, or 3 because it holds no interchange; nothing unforeseen."""
    for path in _files():
        status, out, err = command(name, path, "--format", shape)
        assert "internal error" not in err, path.name
        assert status in {0, 1} or "This" in err, path.name
        assert out, path.name
