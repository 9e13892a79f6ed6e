"""Tests of the pure folds: given events, then these rows."""
