"""Calibration and backtests of the score."""
