"""The projector: folds the stream into the projections' tables."""
