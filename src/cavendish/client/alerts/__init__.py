"""Alerts: what is set, when it is looked, and the ways they are told by."""
