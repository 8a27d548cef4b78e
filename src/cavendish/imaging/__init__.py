"""Pixels: pure functions over bytes and arrays."""
