"""A made-up shop that plays a season: the same season for the same last day, on every machine."""
