"""The reactions: a process manager for each thing that follows by itself from events or messages of other
services.

Each has a subscription to the log with its own position. Its commands have idempotency keys made of the
trigger.
"""
