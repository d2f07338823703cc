"""Letters: a text template with `{field}` places, filled with the case's values as a Dane reads them."""

import string
from importlib.resources import files

from kkassist.domain.dates import danish_date
from kkassist.domain.errors import Refused
from kkassist.domain.language import say
from kkassist.processes import kinds
from kkassist.processes.words import CaseFacts, Letter, Option, Process

ALWAYS = frozenset({"dags_dato"})
"""Places every letter may use besides the process' fields."""


def template_text(letter: Letter) -> str:
    """The template as it lies in resources/letters."""
    return (files("kkassist") / "resources" / "letters" / letter.template).read_text(encoding="utf-8")


def places(text: str) -> frozenset[str]:
    """The names of the `{places}` in `text`. Raises `ValueError` when a brace is left open."""
    return frozenset(name for _, name, _, _ in string.Formatter().parse(text) if name is not None)


def render_letter(letter: Letter, process: Process, facts: CaseFacts) -> str:
    """The letter's text. A CPR number is never written; raises `Refused` naming the fields that are empty."""
    text = template_text(letter)
    values = {"dags_dato": danish_date(facts.today)}
    missing = []
    for field in process.fields:
        if field.id not in places(text):
            continue
        value = facts.values.get(field.id, "")
        if not value:
            missing.append(field.label)
        table = facts.settings.get(field.options_from, {})
        options = field.options or tuple(Option(key, row.get("navn", key)) for key, row in table.items())
        values[field.id] = kinds.show(value, field.kind, options)
    if missing:
        raise Refused(say("Brevet mangler: {fields}. Udfyld dem i sagen først.", fields=", ".join(missing)))
    return text.format(**values)
