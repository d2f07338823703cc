"""Clones of a workbook's own cell styles with a fill laid on. Source: ECMA-376 part 1, § 18.8."""

import copy
from collections.abc import Iterable
from typing import Any

from lxml import etree

from kkassist.sheets.peek import safe_xml
from kkassist.sheets.splice import UnknownShape

FILLS = {"error": "FFFFC7CE", "warning": "FFFFEB9C"}
"""Excel's own pale red and amber: readable under black text, and known to every user."""


class Restyled:
    """The style part of one workbook, growing by a clone for each (style, fill) asked for."""

    def __init__(self, styles: bytes) -> None:
        self._root: Any = safe_xml(styles)
        self._name = self._root.tag.rpartition("}")[0] + "}"
        self._fills: Any = self._root.find(self._name + "fills")
        self._formats: Any = self._root.find(self._name + "cellXfs")
        if self._fills is None or self._formats is None or not len(self._formats):
            raise UnknownShape
        self._own = len(self._formats)
        self._ours: dict[tuple[int, str], int] = {}
        self._fill_at: dict[str, int] = {}
        self._plain: dict[int, int] = {}
        self._undo_earlier_marks()

    def __call__(self, style: int, fill: str) -> int:
        """Index of `style` with `fill` laid on; an empty fill gives top-aligned plain text."""
        if style >= self._own:
            raise UnknownShape
        key = (self._plain.get(style, style) if fill else 0, fill)
        if key not in self._ours:
            clone = copy.deepcopy(self._formats[key[0]])
            if fill:
                clone.set("fillId", str(self._fill(fill)))
                clone.set("applyFill", "1")
            self._formats.append(clone)
            self._ours[key] = len(self._formats) - 1
        return self._ours[key]

    def unmarked(self, style: int) -> int:
        """The style a cell had before an earlier copy marked it, or `style` itself."""
        return self._plain.get(style, style)

    def earlier_marks(self) -> Iterable[int]:
        """The styles that an earlier marked copy laid on cells."""
        return self._plain.keys()

    def xml(self) -> bytes:
        """The part as it is to be written."""
        for part in (self._fills, self._formats):
            part.set("count", str(len(part)))
        written: bytes = etree.tostring(self._root, xml_declaration=True, encoding="UTF-8", standalone=True)
        return written

    def _fill(self, name: str) -> int:
        if name not in self._fill_at:
            fill = etree.SubElement(self._fills, self._name + "fill")
            pattern = etree.SubElement(fill, self._name + "patternFill", patternType="solid")
            etree.SubElement(pattern, self._name + "fgColor", rgb=FILLS[name])
            etree.SubElement(pattern, self._name + "bgColor", indexed="64")
            self._fill_at[name] = len(self._fills) - 1
        return self._fill_at[name]

    def _undo_earlier_marks(self) -> None:
        """A mended copy comes back with our fills in it: find for each the style it was cloned from."""
        ours = set()
        for index, fill in enumerate(self._fills):
            color = fill.find(f"{self._name}patternFill/{self._name}fgColor")
            if color is not None and color.get("rgb") in FILLS.values():
                ours.add(str(index))
        if not ours:
            return
        originals: dict[bytes, int] = {}
        for index, style in enumerate(self._formats):
            if style.get("fillId", "0") not in ours:
                originals.setdefault(_without_fill(style), index)
        for index, style in enumerate(self._formats):
            if style.get("fillId", "0") in ours:
                self._plain[index] = originals.get(_without_fill(style), 0)


def _without_fill(style: Any) -> bytes:
    clone = copy.deepcopy(style)
    for name in ("fillId", "applyFill"):
        clone.attrib.pop(name, None)
    clone.tail = None
    written: bytes = etree.tostring(clone, method="c14n")
    return written
