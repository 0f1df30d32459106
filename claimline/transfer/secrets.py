"""Passwords and passphrases: from the environment or the keyring, asked for when they are needed.

They are never kept in a value, written to a log, or part of a message.
"""

import os

from claimline.transfer.errors import TransferError
from claimline.transfer.values import Login, Profile


def password(profile: Profile, login: Login) -> str:
    """The password of a login; empty where it has none.

    Raises:
        TransferError: it is not where the profile says.
    """
    return _secret(profile, login, login.password_env, login.password_keyring, "password")


def passphrase(profile: Profile, login: Login) -> str:
    """The passphrase of the private key; empty where it has none.

    Raises:
        TransferError: it is not where the profile says.
    """
    return _secret(profile, login, login.passphrase_env, login.passphrase_keyring, "passphrase")


def _secret(profile: Profile, login: Login, variable: str, service: str, what: str) -> str:
    if variable:
        found = os.environ.get(variable, "")
        if not found:
            raise TransferError(
                "transfer.secret",
                f"{profile.where}: the {what} should be in the variable {variable}, which is not "
                "set",
                todo=f"set {variable} for the user the run belongs to (cron and systemd do not "
                "read your shell's profile)",
            )
        return found
    return _from_keyring(profile, login, service, what) if service else ""


def _from_keyring(profile: Profile, login: Login, service: str, what: str) -> str:
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError:
        raise TransferError(
            "transfer.not-installed",
            f"{profile.where}: the {what} is in a keyring, and keyring is not installed",
            todo="install it: pip install 'claimline[sftp]'",
        ) from None
    try:
        found = keyring.get_password(service, login.user)
    except KeyringError:
        raise TransferError(
            "transfer.secret",
            f"{profile.where}: the keyring is locked or there is none for this user",
            todo=f"unlock it, or use {what}_env instead of {what}_keyring",
        ) from None
    if not found:
        raise TransferError(
            "transfer.secret",
            f"{profile.where}: the keyring has no {what} of {login.user} for {service}",
            todo=f"put it there: keyring set {service} {login.user}",
        )
    return found
