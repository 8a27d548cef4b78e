"""What is worth an alert: budgets that fill, spending and errors that are not as usual."""
