"""Ids that sort by the time they were made: order, idempotency key and reference in one."""

import os
import threading
import time

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_lock = threading.Lock()
_last = 0


def new_id() -> str:
    """A 26-character ULID (Crockford base 32: 48 bits of milliseconds, 80 random bits).

    Ids made by one process increase strictly, also within one millisecond and when the clock steps back.
    """
    global _last  # noqa: PLW0603 - strict order needs the last id of the process
    with _lock:
        fresh = (time.time_ns() // 1_000_000 << 80) | int.from_bytes(os.urandom(10), "big")
        _last = fresh if fresh > _last else _last + 1
        number = _last
    return "".join(_ALPHABET[number >> shift & 31] for shift in range(125, -1, -5))
