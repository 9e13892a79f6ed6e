"""The projector on real servers."""
