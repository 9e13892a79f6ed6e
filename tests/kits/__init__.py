"""The kits by which other services consume events."""
