"""The way in: a connection to the server whose key is pinned, and the login.

A key that is not pinned ends it before a password is sent (RFC 4251, 4.1). Nothing is added by
itself, no agent and no key of the user's home is tried, and the library writes no log.
"""

import logging
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Final

from claimline.transfer import secrets
from claimline.transfer.errors import CutError, TransferError
from claimline.transfer.profiles import fingerprint
from claimline.transfer.values import HostKey, Login, Profile

if TYPE_CHECKING:
    from paramiko import PKey, Transport

KEEPALIVE: Final = 15  # seconds
RSA_SIGNATURES: Final = ("rsa-sha2-512", "rsa-sha2-256")  # how an ssh-rsa key signs (RFC 8332)


def opened(profile: Profile, login: Login) -> "Transport":
    """A connection, logged in.

    Raises:
        CutError: it cannot be made.
        TransferError: the key is not the pinned one, or the login is refused.
    """
    import paramiko

    logging.getLogger("paramiko").setLevel(logging.CRITICAL + 1)
    try:
        line = socket.create_connection((login.host, login.port), login.timeout)
    except OSError as error:
        raise _unreachable(profile, login, error) from error
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # each request waits for its answer
    transport = None
    try:
        transport = paramiko.Transport(line)
        transport.banner_timeout = transport.auth_timeout = login.timeout
        transport.channel_timeout = login.timeout
        _prefer_pinned(transport, login)
        transport.start_client(timeout=login.timeout)
        _check_key(profile, login, transport.get_remote_server_key())
        transport.set_keepalive(KEEPALIVE)
        _log_in(profile, login, transport)
    except paramiko.AuthenticationException:
        transport.close() if transport else line.close()
        raise _not_let_in(profile, login) from None
    except (paramiko.SSHException, OSError, EOFError) as error:
        transport.close() if transport else line.close()
        raise cut(profile, error) from error
    except BaseException:
        transport.close() if transport else line.close()
        raise
    return transport


def cut(profile: Profile, error: Exception) -> CutError:
    """The connection broke."""
    slow = isinstance(error, TimeoutError)
    what = "no answer for too long" if slow else "the connection broke"
    return CutError(
        "transfer.unreachable",
        f"{profile.where}: {what}",
        todo="what came or went is kept; the next run goes on. Look at the line, or call the "
        "clearinghouse",
    )


def _unreachable(profile: Profile, login: Login, error: OSError) -> CutError:
    """Nobody answers, or nobody has that name."""
    if isinstance(error, socket.gaierror):
        why = "there is no such host, or no name service"
    elif isinstance(error, TimeoutError):
        why = "no answer"
    else:
        why = error.strerror or "refused"
    return CutError(
        "transfer.unreachable",
        f"{profile.where}: port {login.port} cannot be reached: {why}",
        todo="check host and port, the line and the firewall (do they allow your address?); the "
        "next run tries again",
    )


def _prefer_pinned(transport: "Transport", login: Login) -> None:
    """Ask for a key of a pinned type: a server may have several."""
    wanted = [
        name
        for key in login.host_keys
        for name in (RSA_SIGNATURES if key.type == "ssh-rsa" else (key.type,))
    ]
    options = transport.get_security_options()
    known = tuple(options.key_types)
    front = [name for name in wanted if name in known]
    options.key_types = [*front, *(name for name in known if name not in front)]


def _check_key(profile: Profile, login: Login, key: "PKey") -> None:
    """Compare the server's key with the pinned ones.

    Raises:
        TransferError: it is none of them.
    """
    offered = HostKey(fingerprint=fingerprint(key.asbytes()), type=key.get_name())
    if any(
        pinned.fingerprint == offered.fingerprint and pinned.type in {"", offered.type}
        for pinned in login.host_keys
    ):
        return
    pinned = " or ".join(str(each) for each in login.host_keys)
    whom = profile.call or "the clearinghouse by a number you know"
    raise TransferError(
        "transfer.host-key",
        f"{profile.where}: the server shows the key {offered}; pinned is {pinned}. Nothing was "
        "sent, no password either",
        todo=f"call {whom}: what is the fingerprint? Only if it is the one shown, put it into "
        f"profiles.{profile.key}.host_key",
    )


def _log_in(profile: Profile, login: Login, transport: "Transport") -> None:
    """With the key, the password, or one after the other where the server wants both."""
    left: list[str] = ["password"]
    if login.key_file is not None:
        key = _private_key(profile, login, login.key_file)
        left = transport.auth_publickey(login.user, key)
        if not left:
            return
    word = secrets.password(profile, login)
    if word:
        transport.auth_password(login.user, word)
    if not transport.is_authenticated():
        raise _not_let_in(profile, login)


def _private_key(profile: Profile, login: Login, path: Path) -> "PKey":
    """The private key of the login.

    Raises:
        TransferError: it cannot be read, or its passphrase is wrong.
    """
    import paramiko

    passphrase = secrets.passphrase(profile, login) or None
    why = "is no private key, or its passphrase is wrong or missing"
    for kind in (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey):
        try:
            return kind.from_private_key_file(str(path), passphrase)
        except OSError as error:
            why = f"cannot be read: {error.strerror}"
            break
        except (paramiko.SSHException, ValueError):
            continue  # of another kind, or of this one and not to be opened
    raise TransferError(
        "transfer.secret",
        f"{profile.where}: the key file {path} {why}",
        todo=f"check profiles.{profile.key}.key_file and passphrase_env or passphrase_keyring",
    )


def _not_let_in(profile: Profile, login: Login) -> TransferError:
    how = "key" if login.key_file is not None else "password"
    return TransferError(
        "transfer.login",
        f"{profile.where}: {login.user} is not let in: the {how} is refused",
        todo="has it expired or been changed, is the login locked? Try no more than twice, then "
        "call: many lock it after three",
    )
