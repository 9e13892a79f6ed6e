"""Rounds of chaos: real processes under load, seeded faults, an independent check after each."""
