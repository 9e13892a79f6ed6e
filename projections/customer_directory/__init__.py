"""Who the customers are: what each can be found by, whom they belong to, and which records are one person."""
