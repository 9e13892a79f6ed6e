"""Tests of infra, on real servers."""
