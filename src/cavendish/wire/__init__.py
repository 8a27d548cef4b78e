"""Dialects: pure translation between our nouns and a provider's words. No input or output."""
