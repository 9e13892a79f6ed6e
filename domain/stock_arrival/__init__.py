"""The stock arrival room: its commands, events, state, decisions and policies."""
