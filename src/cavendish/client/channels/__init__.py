"""The ways to pictures: which there are, where they stand, and how they are tried and compared."""
