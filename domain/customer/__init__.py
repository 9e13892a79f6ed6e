"""The customer room: its commands, events, state, decisions and policies."""
