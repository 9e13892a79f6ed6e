"""Calibration and backtests of the loyalty score."""
