"""The reactions: what follows by itself from facts of the log, and from what other services tell."""
