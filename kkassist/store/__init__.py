"""The only SQL: tables, projected views, reads, the outbox, search, audit, backup."""
