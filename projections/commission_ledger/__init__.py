"""Double entry for every money fact of the associates' pay."""
