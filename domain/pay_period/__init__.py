"""The pay period room: its commands, events, state, decisions and policies."""
