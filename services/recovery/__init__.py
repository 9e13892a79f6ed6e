"""Recovery: stream and log compared, a new epoch, the stream filled from the log, catching up."""
