"""The pay periods of each scope, and which of them are closed."""
