"""The demo: a simulated shop whose season is a sequence of commands."""
