"""Rebuild, verify, switch."""
