"""The window's places over a real desk."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from upload_desk import desk, places, platform

__all__ = ["desk", "places", "platform"]
