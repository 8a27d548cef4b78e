"""Does a relay keep its word? Few calls, each of which can show one thing, and what they showed."""
