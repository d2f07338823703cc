"""The only network."""
