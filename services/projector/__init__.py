"""The projector: folds the stream into the read models; stalled when it is behind and does not get on."""
