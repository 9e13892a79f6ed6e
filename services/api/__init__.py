"""The HTTP API: commands in, read models out, errors as problem details (RFC 9457).

Commands that wait at the same time share one group commit.

`at_least` gives read-your-writes: the position of a command's last event, which the tables must have reached.
"""
