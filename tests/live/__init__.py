"""The real service, proven by whoever has a key; never part of the tests."""
