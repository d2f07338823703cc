"""kkassist: the whole program without a window."""

__version__ = "0.1.0"
