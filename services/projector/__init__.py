"""The projector: folds the stream into the tables that people read."""
