"""One case: the filled-in form in the middle, what surrounds it on the right."""
