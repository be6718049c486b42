"""What GitHub's workflows may do in the account."""
