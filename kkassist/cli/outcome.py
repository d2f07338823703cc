"""What a command gives back: one JSON object for scripts, lines for people."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Outcome:
    """`data` is the JSON object of the contract; `lines` are what a person reads."""

    data: Mapping[str, object]
    lines: Sequence[str] = ()
    exit_code: int = 0


def jsonable(value: object) -> object:
    """Plain JSON values: amounts and dates as text (ISO; instants in UTC with Z), dataclasses as objects."""
    match value:
        case Enum():
            return value.value
        case None | bool() | int() | float() | str():
            return value
        case Decimal():
            return format(value, "f")
        case datetime():
            return value.isoformat().replace("+00:00", "Z")
        case date():
            return value.isoformat()
        case Path():
            return str(value)
        case Mapping():
            return {str(jsonable(key)): jsonable(one) for key, one in value.items()}
        case Sequence() | set() | frozenset():
            return [jsonable(one) for one in value]
        case _ if is_dataclass(value):
            return {field.name: jsonable(getattr(value, field.name)) for field in fields(value)}
        case _:
            return str(value)
