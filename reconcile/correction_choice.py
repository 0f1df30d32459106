"""What is to be done about a claim that was wrong: the answer of ``reconcile.correction``."""

from typing import Literal

from attrs import frozen

from reconcile.correction_deadline import Deadline
from reconcile.correction_refuse import Road

Outcome = Literal["go", "wait", "nothing", "ask", "refused"]


@frozen(kw_only=True)
class Choice:
    """What is to be done. Only of ``outcome`` "go" something is made."""

    outcome: Outcome
    road: Road | None = None  # chosen, or asked for and refused
    because: str  # in words for a biller
    todo: str = ""  # what to do instead
    deadline: Deadline | None = None
    or_by: tuple[Deadline, ...] = ()  # of the other roads that the next steps name
    payer_claim: str = ""  # for REF*F8 and the sheets
    never: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
