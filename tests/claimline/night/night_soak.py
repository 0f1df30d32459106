"""Nights killed for as long as you like: ``python tests/claimline/night/night_soak.py 50 [SEED]``.

Each round begins from the morning of the second day, kills the night up to five times, at a random
moment or after a random time, lets the next one finish, and compares ledger and files with those of
a night that nobody disturbed. Ends with 1 at the first difference, whose desk is kept.
"""

import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1]), str(HERE.parents[2])]

from canonical import differences  # noqa: E402 - found beside the tests
from night_desk import OWN, SECOND, Desk  # noqa: E402 - as above

KILLS = 5
LONGEST = 4.0  # seconds: about what a night takes


def main(rounds: int, seed: int) -> int:
    """Kill and compare; tells each round in a line."""
    chance = random.Random(seed)
    folder = Path(tempfile.mkdtemp(prefix="claimline-soak-"))
    before = Desk(folder / "before").second_day()
    calm = before.copied(folder / "calm")
    moments = int(calm.process(SECOND, die_at=0).stderr.splitlines()[-1])
    dump, files = calm.dump(), calm.files(*OWN)
    for number in range(rounds):
        desk = before.copied(folder / f"desk-{number}")
        kills = [_killed(desk, chance, moments) for _ in range(chance.randint(1, KILLS))]
        done = desk.process(SECOND)
        found = differences(dump, desk.dump())
        found += [f"file {name}" for name, _ in files.items() ^ desk.files(*OWN).items()]
        sys.stdout.write(f"{number}: {' '.join(kills)}: {'differs' if found else 'equal'}\n")
        sys.stdout.flush()
        if found or done.returncode != 1:
            sys.stdout.write("\n".join([*found, done.stdout, done.stderr, str(desk.folder), ""]))
            return 1
        shutil.rmtree(desk.folder)
    shutil.rmtree(folder)
    return 0


def _killed(desk: Desk, chance: random.Random, moments: int) -> str:
    """One night killed, by its own moment or by the clock; says when."""
    if chance.random() < 0.5:
        moment = chance.randrange(1, moments)
        desk.process(SECOND, die_at=moment)
        return f"moment {moment}"
    wait = chance.uniform(0.3, LONGEST)
    with subprocess.Popen(
        desk.command(),
        env=desk.environment(SECOND),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        time.sleep(wait)
        process.send_signal(signal.SIGKILL)
    return f"{wait:.2f}s"


if __name__ == "__main__":
    sys.exit(main(int((sys.argv[1:2] or ["20"])[0]), int((sys.argv[2:3] or ["1"])[0])))
