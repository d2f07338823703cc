"""Robot platforms behind one port."""
