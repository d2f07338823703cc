"""The verbs of the day, small: what the window and the command line can do."""
