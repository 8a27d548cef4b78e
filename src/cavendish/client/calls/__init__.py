"""A call's way: from a caller's words to a checked request, its routes, and the purchase."""
