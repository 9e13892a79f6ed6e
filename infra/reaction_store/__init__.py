"""Where the reactions are kept: how far each has followed the log, and what was kept as a dead letter with
its reason.
"""
