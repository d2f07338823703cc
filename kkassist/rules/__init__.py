"""Law and arithmetic: pure functions with their source."""
