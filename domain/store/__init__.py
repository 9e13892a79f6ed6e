"""The store room: its commands, events, state, decisions and policies."""
