"""From the entries of any format to the log: reconciled, resumed, written in batches."""
