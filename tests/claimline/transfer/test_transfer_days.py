"""Days and hours of a clearinghouse: on the days on which clocks change, 29 February, new year."""

import datetime as dt
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from transfer_made import RUN, interchange, profile, recorded

from claimline.transfer import notes, send
from reconcile.ledger import Ledger

EAST = "America/New_York"


@pytest.mark.parametrize(
    ("moment", "late"),
    [
        pytest.param("2026-03-07T21:59:00+00:00", False, id="day-before-clocks-go-forward"),
        pytest.param("2026-03-08T20:59:00+00:00", False, id="clocks-gone-forward-before"),
        pytest.param("2026-03-08T21:01:00+00:00", True, id="clocks-gone-forward-after"),
        pytest.param("2026-11-01T21:59:00+00:00", False, id="clocks-gone-back-before"),
        pytest.param("2026-11-01T22:01:00+00:00", True, id="clocks-gone-back-after"),
        pytest.param("2028-02-29T22:01:00+00:00", True, id="29-february"),
        pytest.param("2027-01-01T04:59:00+00:00", True, id="last-minute-of-the-year-there"),
        pytest.param("2027-01-01T05:00:00+00:00", False, id="first-minute-of-the-year-there"),
    ],
)
def test_the_cut_off_is_by_the_clock_over_there(
    moment: str, late: bool, tmp_path: Path, ledger: Ledger
) -> None:
    """17:00 is 17:00 where the clearinghouse is, whatever the practice's clock says."""
    recorded(ledger, interchange(1), "a.837")
    there = profile(tmp_path, cut_off="17:00", time_zone=EAST, call={"name": "Relay"})
    for zone in ("America/Los_Angeles", "UTC"):
        now = dt.datetime.fromisoformat(moment).astimezone(ZoneInfo(zone))
        done = send([there], ledger, RUN, now, dry_run=True)
        found = [(note.kind, note.call) for note in done.notes]
        assert found == ([("transfer.too-late", "Relay")] if late else [])


@pytest.mark.parametrize("thing", ["password", "key"])
@pytest.mark.parametrize(
    ("today", "last", "told"),
    [
        pytest.param("2026-03-07", "2026-03-22", "", id="15-days"),
        pytest.param("2026-03-08", "2026-03-22", "expires in 14 days (2026-03-22)", id="14-days"),
        pytest.param("2028-02-28", "2028-03-01", "expires in 2 days (2028-03-01)", id="leap-year"),
        pytest.param("2027-02-28", "2027-03-01", "expires in 1 day (2027-03-01)", id="no-leap"),
        pytest.param("2026-12-31", "2027-01-01", "expires in 1 day (2027-01-01)", id="new-year"),
        pytest.param("2026-12-31", "2026-12-31", "expires today (2026-12-31)", id="today"),
        pytest.param("2027-01-01", "2026-12-31", "expired on 2026-12-31", id="over"),
    ],
)
def test_what_expires_is_told_from_two_weeks_before(
    thing: str, today: str, last: str, told: str, tmp_path: Path
) -> None:
    """Password and key, by the practice's day, and whom to call."""
    from attrs import evolve

    days = {f"{thing}_expires": dt.date.fromisoformat(last)}
    there = evolve(profile(tmp_path, call={"name": "Relay"}), **days)
    found = list(notes.expiry(there, dt.date.fromisoformat(today)))
    assert [(note.kind, note.what, note.call) for note in found] == (
        [(f"transfer.{thing}-expires", f"relay: the {thing} {told}", "Relay")] if told else []
    )
