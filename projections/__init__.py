"""Pure folds of the history and the tables they fill, one folder per question."""
