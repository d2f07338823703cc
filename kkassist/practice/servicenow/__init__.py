"""The practice city's ServiceNow: a Table API with the habits of the real one, on loopback."""
