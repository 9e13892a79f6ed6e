"""Where projections are kept, on a real PostgreSQL."""
