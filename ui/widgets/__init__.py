"""The pieces every place is built from. They take plain values and know nothing of the core but its language."""
