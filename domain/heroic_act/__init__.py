"""The heroic act room: its commands, events, state, decisions and policies."""
