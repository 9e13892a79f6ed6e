"""One reader for each file format; each reads its files into source documents."""
