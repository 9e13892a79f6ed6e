"""The shop's rules: pure decisions and facts, without I/O, clock or randomness."""
