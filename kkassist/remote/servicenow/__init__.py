"""ServiceNow's REST API as it really behaves. Usable without the store."""
