"""The sale room: its commands, events, state, decisions and policies."""
