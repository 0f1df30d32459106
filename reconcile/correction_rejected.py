"""A claim that was rejected: nobody decided about payment, so it is sent anew, as an original.

No replacement (nothing is on file at the payer), no appeal (nothing was decided), no duplicate (it
never arrived). The limit for a first claim counts on from the day of service. Sources: the 999 and
277CA guides (005010X231A1, 005010X214): a rejected claim is corrected and submitted again.
"""

import datetime as dt
from typing import Final

from attrs import evolve

from edi.claim import FREQUENCY_ORIGINAL
from reconcile.correction_choice import Choice
from reconcile.correction_refuse import Road, late
from reconcile.correction_standing import Changes, Standing

NEVER: Final = ("appeal it", "send a replacement or a void for it", "count it as a denial")


def after_rejection(
    given: Standing, asked: Road | None, changes: Changes, on: dt.date
) -> Choice | None:
    """What is to be done where the claim was rejected; None where it was not."""
    newest = given.family[-1]
    own = (newest.control, newest.frequency) == (given.claim.control, given.claim.frequency)
    if not given.rejected or given.answers or not own or given.claim.payer_rank != "P":
        return None
    if given.claim.frequency != FREQUENCY_ORIGINAL:
        return Choice(
            outcome="refused",
            road=asked,
            because=f"{given.rejected}: this correction was rejected and never reached the payer",
            todo=f"correct the claim it was for: claimline correct {given.claim.family}",
        )
    if asked not in {None, "new"}:
        return Choice(
            outcome="refused",
            road=asked,
            because=f"{given.rejected}: the claim was rejected, and nobody decided anything",
            todo="mend the visit and send it as a new claim: --road new --visits FILE",
            never=NEVER,
        )
    return _anew(given, changes, on)


def _anew(given: Standing, changes: Changes, on: dt.date) -> Choice:
    """A new claim in its place; what was refused as a whole goes again as it is."""
    because = f"{given.rejected}: rejected before anybody decided, so nothing is on file there"
    choice = Choice(
        outcome="go", road="new", because=because, deadline=given.due("filing"), never=NEVER
    )
    if not changes and given.rejected_whole:
        return evolve(
            choice,
            outcome="nothing",
            road=None,
            because=f"{given.rejected}: the file or batch was refused, not the claim for itself",
            todo=f"send it again as it is: claimline resend {given.claim.control}; is the fault in "
            "this claim (claimline trace says so), mend it: --visits FILE",
        )
    if changes is not None and not changes:
        return evolve(
            choice,
            outcome="refused",
            because="the corrected visit makes the same claim again: it is rejected again",
            todo="mend what was named; was the fault outside of the claim, as an enrollment: "
            f'claimline resend {given.claim.control} --reason "..."',
        )
    wrong = late(given, choice.deadline, on)
    if wrong is None:
        return choice
    return evolve(choice, outcome="refused", because=wrong[0], todo=wrong[1])
