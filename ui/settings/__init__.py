"""Who I am here, how it looks, and the outside systems."""
