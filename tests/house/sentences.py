"""Every Danish sentence the program can say: the literal keys of `say(…)`, the tables of words that modules with
a `say(…)` keep, and the texts of the declarations.

`python tests/house/sentences.py` lists those that have no English yet.
"""

import ast
import json
import string
import sys
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
ENGLISH = ROOT / "kkassist" / "resources" / "translations" / "en.json"
_NO_WORDS = {"ui/widgets/gallery.py", "ui/theme.py", "ui/icons.py"}
"""Tables of samples, colours and paths."""
_SHOWN = {"title", "label", "text", "header", "note", "help", "area", "description", "unit", "group", "per"}


def said_in_code() -> Iterator[tuple[str, str]]:
    """(sentence, file:line) of each literal `say("…")`."""
    for path in sorted([*(ROOT / "kkassist").rglob("*.py"), *(ROOT / "ui").rglob("*.py")]):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id == "say"
                and node.args
            ):
                for sentence in _literals(node.args[0]):
                    yield sentence, f"{path.relative_to(ROOT)}:{node.lineno}"


def said_in_tables() -> Iterator[tuple[str, str]]:
    """(sentence, file:line) of each word with a capital letter in a constant (`_STATES = {…}`) of the window, of the
    views, of the sources' names and of the calculations."""
    core = ("domain/sourced.py", "actions/queue.py", "actions/sources.py", "rules/registry.py")
    for path in [*(ROOT / "kkassist" / name for name in core), *sorted((ROOT / "ui").rglob("*.py"))]:
        place = path.relative_to(ROOT).as_posix()
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.Assign | ast.AnnAssign) and place not in _NO_WORDS and _is_table(node):
                for part in ast.walk(node.value or node):
                    if isinstance(part, ast.Constant) and isinstance(part.value, str) and _is_word(part.value):
                        yield part.value, f"{place}:{part.lineno}"


def _is_table(node: ast.Assign | ast.AnnAssign) -> bool:
    name = node.targets[0] if isinstance(node, ast.Assign) else node.target
    table = isinstance(node.value, ast.Dict | ast.Tuple | ast.List)
    return table and isinstance(name, ast.Name) and name.id.isupper()


def _is_word(text: str) -> bool:
    return text[:1].isupper() and len(text) > 1 and not text.isupper() and "+" not in text and "_" not in text


def said_in_declarations() -> Iterator[tuple[str, str]]:
    """(sentence, process id) of every text a declaration shows."""
    from kkassist.processes.catalogue import catalogue

    for process in catalogue().values():
        yield from ((sentence, process.id) for sentence in _shown(process))


def without_english() -> list[tuple[str, str]]:
    """The sentences, each once, that have no English or one whose {values} differ."""
    english = json.loads(ENGLISH.read_text(encoding="utf-8"))
    found = dict([*said_in_declarations(), *said_in_tables(), *said_in_code()])
    return [
        (sentence, place)
        for sentence, place in found.items()
        if sentence.strip() and (sentence not in english or _values(sentence) != _values(english[sentence]))
    ]


def _literals(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from _literals(node.body)
        yield from _literals(node.orelse)


def _shown(declared: object) -> Iterator[str]:
    if isinstance(declared, tuple):
        for one in declared:
            yield from _shown(one)
    elif is_dataclass(declared):
        for field in fields(declared):
            value = getattr(declared, field.name)
            if isinstance(value, str):
                if field.name in _SHOWN and value:
                    yield value
            else:
                yield from _shown(value)


def _values(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


if __name__ == "__main__":
    json.dump(dict(without_english()), sys.stdout, ensure_ascii=False, indent=1)
