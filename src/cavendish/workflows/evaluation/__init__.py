"""The same prompts through several channels, side by side: rows, measures, a sheet to look at."""
