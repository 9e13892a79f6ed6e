"""The outside world: the event log, messaging, PostgreSQL, keys, clock, ids and settings."""
