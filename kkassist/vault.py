"""The only door to the operating system's keyring. The workspace key lives there; long tokens do not.

Windows' Credential Manager takes 1,280 characters, so tokens are kept inside the encrypted workspace instead.
Where there is no keyring (servers, CI) a secret comes from `KKASSIST_SECRET_<SYSTEM>_<NAME>`.
"""

import hashlib
import os
import re
import secrets
from collections.abc import Mapping

from kkassist.domain.errors import KkassistError, WorkspaceLocked
from kkassist.domain.language import say

_SERVICE = "kkassist"
_RAW_KEY = re.compile(r"[0-9a-fA-F]{64}")
_TRUSTED = (
    "keyring.backends.Windows",
    "keyring.backends.SecretService",
    "keyring.backends.macOS",
    "keyring.backends.kwallet",
)


class NoKeyring(KkassistError):
    """There is no keyring on this machine, so a secret cannot be kept."""

    exit_code = 2


class KeyringLocked(WorkspaceLocked):
    """The keyring is there but closed: the user must unlock it."""


class Vault:
    """Secrets of one user and one workspace home, from the environment first, then from the keyring."""

    def __init__(self, profile: str, environment: Mapping[str, str] = os.environ) -> None:
        """`profile` tells workspaces of one user apart (the home folder's path)."""
        self._profile = profile
        self._environment = environment

    def get(self, system: str, name: str) -> str | None:
        """The secret, or None when none is kept. Raises `KeyringLocked` when the keyring is closed."""
        given = self._environment.get(environment_name(system, name))
        return given if given else _ask_keyring(self._account(system, name))

    def set(self, system: str, name: str, secret: str) -> None:
        """Keep a secret in the keyring; raises `NoKeyring` where there is none."""
        import keyring  # noqa: PLC0415 - 130 ms that a start without a new secret need not spend
        from keyring.errors import InitError, KeyringError, NoKeyringError  # noqa: PLC0415

        if not _trusted():
            raise NoKeyring(_no_keyring(system, name))
        try:
            keyring.set_password(_SERVICE, self._account(system, name), secret)
        except NoKeyringError as error:
            raise NoKeyring(_no_keyring(system, name)) from error
        except (InitError, KeyringError) as error:
            raise KeyringLocked(_locked(), log_detail=repr(error)) from error

    def forget(self, system: str, name: str) -> None:
        """Remove a secret from the keyring; nothing happens when it is not there."""
        import keyring  # noqa: PLC0415
        from keyring.errors import KeyringError, NoKeyringError, PasswordDeleteError  # noqa: PLC0415

        try:
            keyring.delete_password(_SERVICE, self._account(system, name))
        except (PasswordDeleteError, NoKeyringError):
            return
        except KeyringError as error:
            raise KeyringLocked(_locked(), log_detail=repr(error)) from error

    def workspace_key(self, *, make: bool) -> str | None:
        """The workspace's key, 64 hex digits; with `make` a new random one is kept when there is none.

        Another text, given in the environment, stands for its SHA-256.
        """
        key = self.get("workspace", "key")
        if key is None and make:
            key = secrets.token_hex(32)
            self.set("workspace", "key", key)
        return key if key is None or _RAW_KEY.fullmatch(key) else hashlib.sha256(key.encode()).hexdigest()

    def _account(self, system: str, name: str) -> str:
        return f"{self._profile}:{system}:{name}"


def environment_name(system: str, name: str) -> str:
    """The environment variable that may hold the secret."""
    return f"KKASSIST_SECRET_{system}_{name}".upper()


def _ask_keyring(account: str) -> str | None:
    import keyring  # noqa: PLC0415
    from keyring.errors import InitError, KeyringError, NoKeyringError  # noqa: PLC0415

    if not _trusted():
        return None
    try:
        return keyring.get_password(_SERVICE, account)
    except NoKeyringError:
        return None
    except (InitError, KeyringError) as error:
        raise KeyringLocked(_locked(), log_detail=repr(error)) from error


def _trusted() -> bool:
    """Only keyrings that encrypt: a plain-text backend that happens to be installed is never used."""
    import keyring  # noqa: PLC0415

    backend = keyring.get_keyring()
    backends = getattr(backend, "backends", (backend,))
    return any(type(one).__module__.startswith(_TRUSTED) for one in backends)


def _no_keyring(system: str, name: str) -> str:
    return say(
        "Der er ingen nøglering på denne maskine. Sæt miljøvariablen {name} i stedet.",
        name=environment_name(system, name),
    )


def _locked() -> str:
    return say("Nøgleringen er låst. Lås den op, og prøv igen.")
