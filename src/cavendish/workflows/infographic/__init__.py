"""Infographics: structured data to a brief, a prompt and a picture."""
