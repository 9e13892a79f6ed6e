"""The versions of the score's parameters."""
