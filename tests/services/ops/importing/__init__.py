"""Imports: reading, tracing, accounting, resuming."""
