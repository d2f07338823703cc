"""How every workbook we write looks: one palette, one set of formats, and the words that practice data carries."""

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from kkassist.domain.language import say

_COPENHAGEN = ZoneInfo("Europe/Copenhagen")
BLUE, PALE, INK, QUIET = "#000C2E", "#E6EEF7", "#1B1B1B", "#5C6470"
"""The city's dark blue, a pale band, text, and secondary text."""
WARNING = "#8A1F11"

_HEADER = {"bold": True, "text_wrap": True, "valign": "top", "border": 1}
_LOOKS: Mapping[str, Mapping[str, object]] = {
    "title": {"bold": True, "font_size": 18, "font_color": BLUE},
    "practice": {"bold": True, "font_color": WARNING},
    "quiet": {"font_color": QUIET, "text_wrap": True, "valign": "top"},
    "label": {"font_color": QUIET, "valign": "top"},
    "value": {"valign": "top", "text_wrap": True, "align": "left"},
    "header": {**_HEADER, "bg_color": BLUE, "font_color": "#FFFFFF"},
    "optional_header": {**_HEADER, "bg_color": PALE, "font_color": BLUE},
    "heading": {"bold": True, "font_size": 12, "font_color": BLUE},
    "wrap": {"text_wrap": True, "valign": "top"},
    "text": {"num_format": "@"},
    "amount": {"num_format": "#,##0.00"},
    "amount_left": {"num_format": "#,##0.00", "align": "left", "valign": "top"},
    "count": {"num_format": "#,##0"},
    "count_left": {"num_format": "#,##0", "align": "left", "valign": "top"},
    "number": {"num_format": "0.00"},
    "date": {"num_format": "dd-mm-yyyy", "align": "left"},
    "instant": {"num_format": "dd-mm-yyyy hh:mm:ss", "align": "left", "valign": "top"},
    "field": {"border": 1, "bg_color": "#FFFFFF", "align": "left"},
    "text_field": {"border": 1, "num_format": "@", "align": "left"},
    "amount_field": {"border": 1, "num_format": "#,##0.00", "align": "left"},
    "row_total": {"bold": True, "num_format": "#,##0"},
    "total": {"bold": True, "top": 1, "num_format": "#,##0"},
    "total_amount": {"bold": True, "top": 1, "num_format": "#,##0.00"},
    "total_label": {"bold": True, "top": 1},
}  # fmt: skip

_OPTIONS = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
"""What a user or a robot wrote never becomes a formula or a link."""


class Book:
    """A workbook being written, with the formats by name."""

    def __init__(self, path: str, *, practice: bool) -> None:
        self.book = xlsxwriter.Workbook(path, dict(_OPTIONS))
        self.practice = practice
        self._formats: dict[str, Format] = {}

    def look(self, name: str) -> Format:
        """The format called `name`, made once."""
        if name not in self._formats:
            self._formats[name] = self.book.add_format(dict(_LOOKS[name]))
        return self._formats[name]

    def sheet(self, name: str, *, tab: str = BLUE) -> Worksheet:
        """A new sheet; practice data says so in its print header."""
        sheet = self.book.add_worksheet(name)
        sheet.hide_gridlines(2)
        sheet.set_tab_color(tab)
        sheet.set_paper(9)  # A4
        sheet.set_footer("&L&A&RSide &P af &N")
        if self.practice:
            sheet.set_header(f"&C{practice_words()}")
        return sheet

    def top(self, sheet: Worksheet, title: str) -> int:
        """Title, and the practice words when it is practice; returns the next free row (0-based)."""
        sheet.write_string(0, 0, title, self.look("title"))
        sheet.set_row(0, 28)
        if self.practice:
            sheet.write_string(1, 0, practice_words(), self.look("practice"))
        return 3


def practice_words() -> str:
    """What every sheet with made-up people says."""
    return say("ØVELSE – intet her er ægte")


def local(instant: datetime) -> datetime:
    """An aware instant as the clock in Copenhagen showed it, without zone: Excel knows none."""
    return instant.astimezone(_COPENHAGEN).replace(tzinfo=None)
