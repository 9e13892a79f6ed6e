"""The relay: carries the event log onto JetStream, unchanged and in order."""
