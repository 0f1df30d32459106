"""The night killed at any moment and run again: nothing lost, nothing twice, the same bytes."""

import random
import signal
from collections.abc import Callable

import pytest
from canonical import Dump, differences
from night_desk import OWN, SECOND, Desk

DESKS = 2  # each begun anew
KILLS = 4  # of each desk, one after the other


class Undisturbed:
    """The second night as it is when nothing happens, and the desk it began from."""

    def __init__(self, before: Desk, after: Desk) -> None:
        self.before = before
        done = after.process(SECOND, die_at=0)
        assert done.returncode == 1, done.stderr
        self.moments = int(done.stderr.splitlines()[-1])
        self.dump = after.dump()
        self.files = after.files(*OWN)


@pytest.fixture(scope="module", name="undisturbed")
def _undisturbed(second_day: Desk, copied: Callable[[], Desk]) -> Undisturbed:
    return Undisturbed(second_day, copied())


def _moments(undisturbed: Undisturbed, number: int) -> list[int]:
    """Moments to die at: the first spread over the whole night, the others anywhere."""
    chance = random.Random(number)
    part = undisturbed.moments // DESKS
    first = number * part + chance.randrange(1, part)
    return [first, *(chance.randrange(1, undisturbed.moments) for _ in range(KILLS - 1))]


@pytest.mark.parametrize("number", range(DESKS))
def test_a_killed_night_is_finished_by_the_next(
    number: int, undisturbed: Undisturbed, desk: Desk
) -> None:
    """Ledger and files end as if nobody had killed it: equal, nothing lost, nothing twice."""
    moments = _moments(undisturbed, number)
    ends = [desk.process(SECOND, die_at=moment).returncode for moment in moments]
    assert ends[0] == -signal.SIGKILL
    assert set(ends) <= {-signal.SIGKILL, 1}  # 1: done before it came to that moment
    again = desk.process(SECOND)
    assert again.returncode == 1, again.stdout + again.stderr
    assert _differs(undisturbed, desk.dump(), desk.files(*OWN)) == [], f"moments {moments}"


@pytest.mark.parametrize("step", ["collect", "receive", "build", "send", "page"])
def test_a_night_killed_in_each_step_is_finished_by_the_next(
    step: str, undisturbed: Undisturbed, desk: Desk
) -> None:
    """The first moments of a step, and some later one: none leaves half a thing."""
    chance = random.Random(step)
    moments = [chance.randrange(1, 4), chance.randrange(4, 10), chance.randrange(10, 30)]
    ends = [desk.process(SECOND, die_at=f"{step}:{moment}").returncode for moment in moments]
    assert ends[0] == -signal.SIGKILL
    assert set(ends) <= {-signal.SIGKILL, 1}
    again = desk.process(SECOND)
    assert again.returncode == 1, again.stdout + again.stderr
    assert _differs(undisturbed, desk.dump(), desk.files(*OWN)) == [], f"{step} {moments}"


def _differs(undisturbed: Undisturbed, dump: Dump, files: dict[str, str]) -> list[str]:
    """What is not as in the undisturbed night."""
    found = differences(undisturbed.dump, dump)
    both = undisturbed.files.items() ^ files.items()
    return found + [f"file {name}" for name in sorted({name for name, _ in both})]
