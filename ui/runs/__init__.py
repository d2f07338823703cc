"""Robot runs: each row's fate, and the receipt."""
