"""The only Excel: read an upload, mark the user's own file, write templates, receipts and reports."""
