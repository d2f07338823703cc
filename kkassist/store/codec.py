"""How values lie in the tables.

Instants are integers, microseconds since 1970 UTC: they compare, subtract and index alike on SQLite and PostgreSQL,
and no time zone or text format can slip in. Dates stay ISO text (a date has no instant). Open-ended maps are JSON.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import msgspec

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NAIVE_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - for times that are UTC without saying so
_MICROSECOND = timedelta(microseconds=1)
_decode_texts = msgspec.json.Decoder(dict[str, str]).decode
encode = msgspec.json.Encoder(order="deterministic").encode


def micros(instant: datetime | None) -> int | None:
    """Microseconds since 1970; a naive instant is a bug."""
    return None if instant is None else (instant - _EPOCH) // _MICROSECOND


def must_micros(instant: datetime) -> int:
    return (instant - _EPOCH) // _MICROSECOND


def instant(stored: int | None) -> datetime | None:
    """The instant in UTC, or None."""
    return None if stored is None else _EPOCH + timedelta(microseconds=stored)


def must_instant(stored: int) -> datetime:
    return _EPOCH + timedelta(microseconds=stored)


def servicenow_micros(raw: str) -> int | None:
    """ServiceNow's raw `2026-11-22 08:15:00` (always UTC), or a bare date; None for "" and for what is neither."""
    if not raw:
        return None
    try:
        parsed = datetime.fromisoformat(raw)
    except ValueError:
        return None
    since = parsed - (_EPOCH if parsed.tzinfo else _NAIVE_EPOCH)
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def servicenow_raw(stored: int | None) -> str:
    """The raw text that `servicenow_micros` read; "" for none."""
    return must_instant(stored).strftime("%Y-%m-%d %H:%M:%S") if stored else ""


def texts(stored: bytes) -> dict[str, str]:
    """A map of texts out of its JSON."""
    return _decode_texts(stored)


def encode_texts(values: Mapping[str, str]) -> bytes:
    return encode(dict(values))
