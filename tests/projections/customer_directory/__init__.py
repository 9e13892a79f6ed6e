"""Who the customers are, and what of it they can be found by."""
