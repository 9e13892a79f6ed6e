"""The commission account room: its commands, events, state, decisions and policies."""
