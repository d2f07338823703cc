"""Excel's column letters: 1 is A, 27 is AA."""

from functools import cache

LAST_COLUMN = 16_384
"""XFD: the widest sheet Excel opens."""
LAST_ROW = 1_048_576


@cache
def letter(column: int) -> str:
    """The letters of a 1-based column number."""
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


@cache
def number(letters: str) -> int:
    """The 1-based column number of letters such as "AB" (upper case)."""
    column = 0
    for sign in letters:
        column = column * 26 + ord(sign) - 64
    return column
