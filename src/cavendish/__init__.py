"""Cavendish."""
