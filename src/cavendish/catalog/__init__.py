"""Facts about models and channels, each with source and date, and what they make things cost."""
