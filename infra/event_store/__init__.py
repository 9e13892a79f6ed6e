"""The one ordered log of facts, and the only way to write to it."""
