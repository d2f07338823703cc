"""The outbox: what is on its way, and what only the user can settle."""
