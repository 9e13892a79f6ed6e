"""The shop's rules: commands, events, evolve and decide; pure, without I/O, clock or randomness."""
