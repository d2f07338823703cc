"""ServiceNow's values: every shape a field may have, and its moments in UTC.

Raw values are strings, "" for none. A reference comes as text, as {"link", "value"}, as {"display_value", "link"} or
as {"display_value", "value"}, and the same field may be "" in one row and an object in the next.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from kkassist.domain.case import ServerRow

_MOMENT = re.compile(r"\d{4}-\d\d-\d\d( \d\d:\d\d:\d\d)?")


def raw(value: object) -> str:
    """The raw value of a field in any shape."""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return _of_object(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def _of_object(value: Mapping[str, object]) -> str:
    if "value" in value:
        return raw(value["value"])
    link = value.get("link")
    return link.rstrip("/").rpartition("/")[2] if isinstance(link, str) else raw(value.get("display_value"))


def label(value: object) -> str:
    """The display text of a field, "" where the shape has none."""
    return raw(value.get("display_value")) if isinstance(value, Mapping) else ""


def is_true(value: str) -> bool:
    """A boolean field; "" is false."""
    return value in {"true", "1"}


def moment(text: str) -> datetime | None:
    """A raw date-time (UTC); None for "" and for what is no moment."""
    try:
        return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        return None


def raw_moment(at: datetime) -> str:
    """An aware instant as a raw value and as a literal in queries."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def server_row(record: Mapping[str, object], table: str) -> ServerRow:
    """A record as a noun. `table` is its class where the record does not say.

    Labels are kept where they tell more than the value; a moment's display is never kept, since it depends on the
    session user's zone and format.
    """
    fields = {name: raw(value) for name, value in record.items()}
    labels = {
        name: shown
        for name, value in record.items()
        if (shown := label(value)) and shown != fields[name] and not _MOMENT.fullmatch(fields[name])
    }
    return ServerRow(fields.get("sys_id", ""), fields.get("sys_class_name") or table, fields, labels)
