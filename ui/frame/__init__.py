"""The window's frame: rail, ribbon, state of the sources, the bar over a selection."""
