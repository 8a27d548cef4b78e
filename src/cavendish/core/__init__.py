"""Nouns: what the whole house talks about. Standard library only, no input or output."""
