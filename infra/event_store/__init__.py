"""The event store: the one ordered event log, and the only way to append to it."""
