"""Calibrating the loyalty score, and measuring how well it predicts."""
