"""Encoded queries with literals that cannot change their meaning, in pieces that fit a URL."""

from collections.abc import Sequence
from typing import Final
from urllib.parse import quote

from kkassist.domain.case import ServerRow

MAX_URL: Final = 2_048
_ROOM_FOR_THE_REST: Final = 900
"""Characters of a URL kept free for its address, fields and the rest of the query."""


def literal(value: str) -> str:
    """A value as a literal: the separator doubled. ValueError for line ends, which no query can hold."""
    if "\n" in value or "\r" in value:
        raise ValueError("a query literal must be one line")
    return value.replace("^", "^^")


def equals(field: str, value: str) -> str:
    """`field` is this value."""
    return f"{field}={literal(value)}"


def any_of(field: str, values: Sequence[str]) -> str:
    """`field` is one of these; `IN` where no value has a comma, which it cannot escape."""
    if len(values) == 1:
        return equals(field, values[0])
    if any("," in value for value in values):
        return "^OR".join(equals(field, value) for value in values)
    return f"{field}IN{','.join(literal(value) for value in values)}"


def both(*parts: str) -> str:
    """All of these; empty parts are left out."""
    return "^".join(part for part in parts if part)


def in_pieces(values: Sequence[str], room: int = MAX_URL - _ROOM_FOR_THE_REST) -> list[list[str]]:
    """The values in pieces whose `IN` lists fit a URL of 2,048 characters."""
    pieces: list[list[str]] = []
    left = 0
    for value in values:
        size = len(quote(literal(value), safe="")) + 3
        if not pieces or size > left:
            pieces.append([])
            left = room
        pieces[-1].append(value)
        left -= size
    return pieces


def key_of(row: ServerRow, field: str) -> tuple[str, str]:
    """Where a row stands in the order (moment, sys_id)."""
    return row.fields.get(field, ""), row.sys_id
