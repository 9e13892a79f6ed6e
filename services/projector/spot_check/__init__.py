"""Spot checks: keys of the serving tables folded again from the log and compared, in the background."""
