"""The return room: its commands, events, state, decisions and policies."""
