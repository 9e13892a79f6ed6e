"""Double entry for every money event of the associates' pay."""
