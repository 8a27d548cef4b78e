"""Doors: ways in, without logic."""
