"""A practice UiPath Orchestrator: queues, jobs and robots that work in time."""
