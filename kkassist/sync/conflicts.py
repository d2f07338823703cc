"""Three-way merge of one field: what the server had when she edited, what she wants, what the server has now.

| base | mine | theirs | outcome |
| --- | --- | --- | --- |
| a | b | a | send: nobody else touched it |
| a | b | b | same: it is so already |
| a | a | c | same: she wants nothing changed |
| a | b | c | conflict: she decides |

Different fields of one case never meet here: they merge silently.
"""

from enum import StrEnum


class Merge(StrEnum):
    """What becomes of a field's change."""

    SEND = "send"
    SAME = "same"
    CONFLICT = "conflict"


def merge(base: str, mine: str, theirs: str) -> Merge:
    """The outcome for raw values. Line ends and trailing blanks, which servers rewrite, do not tell values apart."""
    if is_same(theirs, mine) or is_same(base, mine):
        return Merge.SAME
    return Merge.SEND if is_same(theirs, base) else Merge.CONFLICT


def is_same(one: str, other: str) -> bool:
    """Whether two raw values mean the same text."""
    return plain(one) == plain(other)


def plain(text: str) -> str:
    """The text with line feeds alone and no blanks at line or text ends."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(line.rstrip() for line in lines).strip()
