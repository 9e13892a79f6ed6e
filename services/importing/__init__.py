"""Imports: history from files of several formats, as commands into the log."""
