"""``claimline read`` tells acknowledgements in business words."""

import json
from pathlib import Path
from typing import Any

import pytest
from command_line import Command

FIXTURES = Path(__file__).parents[2] / "fixtures" / "x12"


def told(command: Command, name: str, *more: str) -> tuple[int, list[dict[str, Any]]]:
    """Exit status and acknowledgements of a fixture."""
    status, out, _ = command("read", str(FIXTURES / name), "--format", "json", *more)
    return status, json.loads(out).get("acknowledgements", [])


def test_a_rejected_claim_is_told_with_what_to_do(command: Command) -> None:
    """A rejected claim of a 277CA has its codes in our words, and the exit status is 1."""
    status, [ack] = told(command, "277ca/pass/accepted_and_rejected.edi")
    assert (status, ack["kind"], ack["source"]) == (1, "277CA", "payer")
    claims = [thing for thing in ack["things"] if thing["level"] == "claim"]
    assert [claim["verdict"] for claim in claims] == ["accepted", "rejected"]
    assert "billing provider" in claims[1]["statuses"][0]["means"]
    assert "as an original" in claims[1]["statuses"][0]["todo"]


@pytest.mark.parametrize(
    ("name", "level", "means"),
    [
        ("999/pass/group_alone.edi", "group", "accepted: the form is right"),
        ("wild/ta1-alone.edi", "interchange", "accepted: the envelope is right"),
    ],
)
def test_accepted_is_not_more_than_it_says(
    command: Command, name: str, level: str, means: str
) -> None:
    """An accepted 999 or TA1 is not told as if a payer had taken the claims."""
    status, [ack] = told(command, name)
    assert status == 0
    [thing] = ack["things"]
    assert (thing["level"], thing["means"]) == (level, means)


def test_wrong_values_and_free_text_are_hidden(command: Command) -> None:
    """The bad value of a 999 may be a patient's: JSON does not hold it."""
    _, [ack] = told(command, "999/pass/rejected_with_contexts.edi")
    assert all("value" not in status for thing in ack["things"] for status in thing["statuses"])


def test_a_segment_view_is_still_there(command: Command) -> None:
    """With --segments a 999 is shown segment by segment as before."""
    status, out, _ = command(
        "read", str(FIXTURES / "999/pass/accepted.edi"), "--segments", "--format", "json"
    )
    assert status == 0
    assert json.loads(out)["transactions"][0]["type"] == "999"


@pytest.mark.parametrize("shape", ["table", "csv", "html"])
def test_every_shape_names_the_claim(command: Command, shape: str) -> None:
    """Table, CSV and HTML show the rejected claim and its code."""
    path = FIXTURES / "277ca/pass/accepted_and_rejected.edi"
    _, out, _ = command("read", str(path), "--format", shape)
    assert "CLAIM0002" in out
    assert "A7:562" in out
