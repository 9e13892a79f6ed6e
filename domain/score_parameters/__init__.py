"""The score parameters room: its commands, events, state, decisions and policies."""
