"""The window's places over a real desk."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from upload_desk import desk, places, platform
from window_desk import filled_home, office, telling, window, window_city

__all__ = ["desk", "filled_home", "office", "places", "platform", "telling", "window", "window_city"]
