"""The associate room: its commands, events, state, decisions and policies."""
