"""Analysis of history."""
