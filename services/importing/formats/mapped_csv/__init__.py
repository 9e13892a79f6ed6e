"""Any CSV file, read by a TOML mapping."""
