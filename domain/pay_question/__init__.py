"""The pay question room: its commands, events, state, decisions and policies."""
