"""The relay on real servers."""
