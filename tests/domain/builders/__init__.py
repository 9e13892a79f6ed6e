"""Example builders: one command or event of each class, of which a test changes only what it is about."""
