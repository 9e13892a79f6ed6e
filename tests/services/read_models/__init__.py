"""Tests of what several services read."""
