"""One look: every text can be read, and pieces follow a change."""

import pytest
from PySide6.QtGui import QColor

from ui.icons import ICON_NAMES, icon, pixmap
from ui.theme import DARK, LIGHT, TEXT_PAIRS, apply_theme, contrast, px, theme, tokens


def test_contrast_is_measured_as_wcag_does():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("look", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("ink", "ground"), TEXT_PAIRS)
def test_every_text_is_readable_on_its_ground(look, ink, ground):
    assert contrast(look.hex(ink), look.hex(ground)) >= 4.5


@pytest.mark.parametrize("look", [LIGHT, DARK], ids=["light", "dark"])
def test_the_focus_ring_and_marks_stand_out_from_every_ground(look):
    for ground in ("canvas", "surface", "sunken", "selection"):
        assert contrast(look.hex("accent"), look.hex(ground)) >= 3
    assert contrast(look.hex("faint"), look.hex("surface")) >= 3


def test_a_new_scheme_reaches_palette_tokens_and_listeners(qapp, qtbot):
    with qtbot.waitSignal(theme().changed):
        apply_theme(qapp, "dark", 1.5)
    assert tokens() is DARK
    assert px(20) == 30
    assert qapp.palette().window().color() == QColor(DARK.canvas)


@pytest.mark.parametrize("name", ICON_NAMES)
def test_every_icon_is_drawn_in_its_colour_at_every_resolution(qapp, name):
    picture = pixmap(name, "red", 20, 2.0)
    assert picture.width() == 40
    image = picture.toImage()
    solid = [image.pixelColor(x, y) for x in range(40) for y in range(40)]
    inks = [color for color in solid if color.alpha() == 255]
    assert inks
    red = QColor(LIGHT.red)
    assert all(abs(ink.red() - red.red()) < 3 and abs(ink.blue() - red.blue()) < 3 for ink in inks)
    assert not icon(name).isNull()
