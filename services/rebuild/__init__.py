"""Blue/green rebuild: the next generation is built from the log, tried, caught up, verified and switched to.

Catch-up folds what was appended meanwhile; a switch is one transaction; a rollback switches back to the
generation before. Partial rebuilds fold single keys in place.
"""
