"""The encrypted file: connecting to it, telling why it cannot be read, copying it whole.

SQLCipher 4's defaults: pages of 4,096 bytes, each ending in 16 bytes IV and 64 bytes HMAC-SHA512.
"""

import hashlib
import hmac
from contextlib import closing
from pathlib import Path
from typing import Any, Literal

import sqlcipher3

PAGE = 4096
_RESERVED = 80
_SALT = 16
_PATIENCE_MS = 10_000

Trouble = Literal["empty", "foreign", "key", "damaged"]


def raw_key(key: str) -> str:
    """SQLCipher's notation of a raw key: used as it is, without minutes of derivation."""
    return f"x'{key}'"


def is_key(key: str) -> bool:
    """Whether a key is 64 hex digits."""
    return len(key) == 64 and all(digit in "0123456789abcdefABCDEF" for digit in key)


def connect(path: Path, key: str, *, read_only: bool = False) -> Any:
    """A bare connection in autocommit mode that changes nothing by itself."""
    mode = "ro" if read_only else "rwc"
    connection = sqlcipher3.connect(f"{path.absolute().as_uri()}?mode={mode}", uri=True, isolation_level=None)
    connection.execute(f'PRAGMA key = "{raw_key(key)}"')
    connection.execute("PRAGMA cipher_log_level = NONE")
    connection.execute(f"PRAGMA busy_timeout = {_PATIENCE_MS}")
    connection.execute("PRAGMA temp_store = MEMORY")
    return connection


def settle(connection: Any) -> None:
    """What every connection of the program works under: durable commits, nothing in clear outside the file."""
    connection.isolation_level = None  # BEGIN is ours to say: a write must be IMMEDIATE
    for pragma in (
        "cipher_log_level = NONE",  # a wrong key is told by an error, not on standard error
        f"busy_timeout = {_PATIENCE_MS}",
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
        "temp_store = MEMORY",
        "mmap_size = 0",
        "cache_size = -32000",
    ):
        connection.execute(f"PRAGMA {pragma}")


def hold(connection: Any) -> bool:
    """Keep everybody else out as long as the connection is open. False while another program has the file open.

    Leaving WAL needs the file alone, so it is this that fails then; the log is folded into the file on the way.
    """
    connection.execute("PRAGMA busy_timeout = 2000")
    try:
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")  # outlives the commit, so that a copy can be read
        connection.execute("BEGIN EXCLUSIVE")
        connection.execute("COMMIT")
    except sqlcipher3.dbapi2.OperationalError as error:
        if "locked" not in str(error):
            raise
        return False
    return True


def trouble_with(path: Path, key: str) -> Trouble:
    """Why a file that SQLCipher refuses cannot be read; it is only looked at."""
    with path.open("rb") as file:
        head = file.read(PAGE)
        size = path.stat().st_size
        if size == 0:
            return "empty"
        if size < PAGE or _is_something_else(head):
            return "foreign"
        hmac_key = _hmac_key(key, head[:_SALT])
        for number in range(2, min(size // PAGE, 8) + 1):
            file.seek((number - 1) * PAGE)
            if _page_fits(file.read(PAGE), number, hmac_key):
                return "damaged"
    return "key"


def _is_something_else(head: bytes) -> bool:
    """Sealed pages look random: a known signature, or mostly letters, is another kind of file."""
    letters = sum(0x20 <= byte < 0x7F for byte in head)
    return head.startswith((b"SQLite", b"PK\x03\x04", b"%PDF")) or letters > len(head) * 0.6


def _hmac_key(key: str, salt: bytes) -> bytes:
    masked = bytes(byte ^ 0x3A for byte in salt)
    return hashlib.pbkdf2_hmac("sha512", bytes.fromhex(key), masked, 2, 32)


def _page_fits(page: bytes, number: int, hmac_key: bytes) -> bool:
    end = PAGE - _RESERVED + 16
    told = hmac.new(hmac_key, page[:end] + number.to_bytes(4, "little"), hashlib.sha512).digest()
    return hmac.compare_digest(told, page[end : end + 64])


def copy(source: Path, target: Path, key: str) -> None:
    """A consistent copy of a workspace that may be in use, under the same key. `target` must not exist."""
    with closing(connect(source, key)) as origin, closing(connect(target, key)) as fresh:
        origin.backup(fresh)
        fresh.execute("PRAGMA journal_mode = DELETE")


def faults(path: Path, key: str) -> list[str]:
    """What is wrong inside a file: pages whose seal is broken, then SQLite's own check. Empty when all is well."""
    with closing(connect(path, key)) as connection:
        broken = [str(row[0]) for row in connection.execute("PRAGMA cipher_integrity_check")]
        return broken or [
            str(row[0]) for row in connection.execute("PRAGMA integrity_check(20)") if row[0] != "ok"
        ]
