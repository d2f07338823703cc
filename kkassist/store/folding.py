"""Danish letters for searching and for sorting; SQLite and PostgreSQL know neither the way Danes mean it."""

import re
import unicodedata

_SEARCH = str.maketrans({"å": "a", "æ": "a", "ø": "o", "ä": "a", "ö": "o", "ß": "s", "đ": "d", "ł": "l", "ð": "d"})
_SORT = str.maketrans({"æ": "{", "ä": "{", "ø": "|", "ö": "|", "å": "}", "ü": "y"})
_WORD = re.compile(r"[^\W_]+")


def fold(text: str) -> str:
    """Text as search compares it: Åge, Aage and AAGE alike, Sørensen, Soerensen and sorensen alike, é as e.

    Folding is coarser than spelling (both sides are folded), so that a hit is never missed for a letter.
    """
    lowered = text.lower() if text.isascii() else unicodedata.normalize("NFC", text).casefold().translate(_SEARCH)
    if not lowered.isascii():
        split = unicodedata.normalize("NFKD", lowered)
        lowered = "".join(letter for letter in split if not unicodedata.combining(letter))
    return lowered.replace("aa", "a").replace("ae", "a").replace("oe", "o")


def words(text: str) -> list[str]:
    """The folded words and numbers of a text, in order."""
    return _WORD.findall(fold(text))


def danish_key(text: str) -> str:
    """A key that sorts as a Dane does: æ, ø, å last, aa as å, without regard to case; compare it byte by byte."""
    spelled = text.lower() if text.isascii() else unicodedata.normalize("NFC", text).casefold()
    lowered = spelled.replace("aa", "å").translate(_SORT)
    if lowered.isascii():
        return lowered
    split = unicodedata.normalize("NFKD", lowered)
    return "".join(letter for letter in split if not unicodedata.combining(letter))
