"""How strong the relationship with each customer is, and why."""
