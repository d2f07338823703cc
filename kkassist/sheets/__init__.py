"""The only Excel: read, find, mark, template, receipt, workload."""
