"""Durable state: the journal and the blobs."""
