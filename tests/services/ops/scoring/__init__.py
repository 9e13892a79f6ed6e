"""Tests of how the loyalty score is calibrated and measured."""
