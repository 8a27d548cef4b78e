"""Schema steps. Loaded only when a journal's schema is not the current one."""
