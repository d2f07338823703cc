"""Commands, settings and the composition of the program."""
