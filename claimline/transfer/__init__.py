"""Files to and from the clearinghouses: by folders of this machine or by SFTP.

``read_profiles``, ``collect``, ``put_away``, ``send``, ``clear_outbox``; ``check`` and ``listing``
for the person at the terminal.
"""

from claimline.transfer.collect import collect
from claimline.transfer.profiles import profile_for, read_profiles
from claimline.transfer.put_away import clear_outbox, inbox_files, plainly_named, put_away
from claimline.transfer.send import send
from claimline.transfer.values import Collected, Delivered, Moved, Profile, PutAway

__all__ = [
    "Collected",
    "Delivered",
    "Moved",
    "Profile",
    "PutAway",
    "clear_outbox",
    "collect",
    "inbox_files",
    "plainly_named",
    "profile_for",
    "put_away",
    "read_profiles",
    "send",
]
