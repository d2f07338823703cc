"""The catalogue: one declaration per process, and the words it is made of."""
