"""History from files: rows become commands, each with a key of its own, so that a run can be repeated and resumed."""
