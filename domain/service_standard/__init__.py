"""The service standard room: its commands, events, state, decisions and policies."""
