"""Every shape that was ever stored: one file per topic, as the bytes lie in the log and a line end. Never
edit one.

A shape that has to change gets a new topic (`.v2`), a new file, and an upcaster in domain/topics.py; the old
file stays.
"""
