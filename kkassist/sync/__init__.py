"""One loop per workspace: pull, push, conflicts, backoff."""
