"""What a policy would be worth: markets cleared under it, and what governments make of that."""
