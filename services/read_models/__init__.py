"""What services read: the projections' rows, as of now or of the past, and waiting for a position."""
