"""The pieces are tried in a real application without a screen."""

import os

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


@pytest.fixture(autouse=True)
def light(qapp):
    """Each test starts in the light scheme at 100 % text."""
    from ui.theme import apply_theme

    apply_theme(qapp, "light", 1.0)
