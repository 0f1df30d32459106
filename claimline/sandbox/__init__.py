"""A simulated payer: reads 837P claims, answers with 835 remittances.

It imports ``edi`` only, so that it cannot share our mistakes about matching or posting. The same
claims, seed and date give the same bytes. It is for trying things out and for tests: what it pays
follows no fee schedule.
"""

from claimline.sandbox.case import Case, Reply
from claimline.sandbox.payer import Answer, answer
from claimline.sandbox.scenarios import SCENARIOS, Scenario

__all__ = ["SCENARIOS", "Answer", "Case", "Reply", "Scenario", "answer"]
