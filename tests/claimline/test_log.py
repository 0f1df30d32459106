"""Structured logs: quiet by default, and no key that is not allowed."""

import io
import json

import pytest

from claimline import log, settings


def _lines(level: str, **values: object) -> list[dict[str, object]]:
    """What one event writes."""
    import structlog

    stream = io.StringIO()
    log.configure(level, stream)
    structlog.get_logger().info("received", **values)
    structlog.reset_defaults()
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_logs_are_off_by_default() -> None:
    """Without a level nothing is written."""
    assert _lines("", file="a.835") == []


def test_only_allowed_keys_are_written() -> None:
    """A name given to a log by mistake is dropped and counted."""
    (line,) = _lines("info", file="a.835", patient_name="SAMPLE, PAT", member_id="W1")
    assert line["file"] == "a.835"
    assert line["left_out"] == 2
    assert "SAMPLE" not in json.dumps(line)


def test_the_logger_is_set_up_on_first_use(monkeypatch: pytest.MonkeyPatch) -> None:
    """The level comes from the environment."""
    monkeypatch.setenv(settings.LOG_VARIABLE, "warning")
    log.logger.cache_clear()
    bound = log.logger()
    assert bound.is_enabled_for(30)
    assert not bound.is_enabled_for(20)
    log.logger.cache_clear()


def test_the_ledger_is_named_by_option_then_environment_then_default(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A path is an SQLite file; a URL stays as it is."""
    monkeypatch.delenv(settings.LEDGER_VARIABLE, raising=False)
    assert settings.ledger_url("/x/l.db") == "sqlite:////x/l.db"
    assert settings.ledger_url("postgresql://h/d") == "postgresql://h/d"
    assert settings.ledger_url().startswith("sqlite:///")
    monkeypatch.setenv(settings.LEDGER_VARIABLE, "/y/l.db")
    assert settings.ledger_url() == "sqlite:////y/l.db"
