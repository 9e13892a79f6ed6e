"""Imports: reading, tracing, reconciling, resuming."""
