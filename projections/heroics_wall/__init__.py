"""Verified acts of service above and beyond."""
