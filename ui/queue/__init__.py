"""The queue: a list of any length on the left, the case and what surrounds it beside."""
