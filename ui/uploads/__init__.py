"""Mass uploads: choose a file, see what is wrong, have it approved, send it."""
