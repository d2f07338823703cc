"""What a user reads, in her language. The Danish sentence is its own key."""

import json
from functools import cache
from importlib.resources import files
from typing import Literal

Language = Literal["da", "en"]

_language: Language = "da"


def speak(language: Language) -> None:
    """Choose the language of everything said from now on (the setting `user.language`)."""
    global _language  # noqa: PLW0603 - one program speaks one language, chosen once at start
    _language = language


def spoken() -> Language:
    """The language in use."""
    return _language


def say(danish: str, **values: object) -> str:
    """The sentence in the user's language with its `{values}` filled in."""
    sentence = danish if _language == "da" else _english().get(danish, danish)
    return sentence.format(**values) if values else sentence


@cache
def _english() -> dict[str, str]:
    source = files("kkassist") / "resources" / "translations" / "en.json"
    sentences: dict[str, str] = json.loads(source.read_text(encoding="utf-8"))
    return sentences
