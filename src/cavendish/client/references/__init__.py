"""References: the pictures a caller hands in, checked, made ready and told apart."""
