"""The practice file: ``read`` it, ``check`` what it lacks; values in ``practice_values``."""

from mapping.policy_layers import Resolution
from mapping.practice_check import check
from mapping.practice_file import PracticeFileError, read
from mapping.practice_values import (
    Address,
    Contact,
    Entity,
    Exchange,
    FeeSchedule,
    Location,
    Payer,
    Person,
    Practice,
    Receiver,
    Submitter,
)

__all__ = [
    "Address",
    "Contact",
    "Entity",
    "Exchange",
    "FeeSchedule",
    "Location",
    "Payer",
    "Person",
    "Practice",
    "PracticeFileError",
    "Receiver",
    "Resolution",
    "Submitter",
    "check",
    "read",
]
