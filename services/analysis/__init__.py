"""Analysis of history: pay under other rules, backtests of the score, the trace of a statement.

Writes nothing.
"""
