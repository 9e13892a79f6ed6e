"""Where projections are kept: generations and their tables, checkpoints, parked events, and what services say of themselves."""
